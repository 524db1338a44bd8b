"""Dropout: values or whole maps set to zero at random while training."""

from __future__ import annotations

from typing import Any, ClassVar

from graph.errors import ShapeError
from graph.layer import Layer, kind
from graph.tensors import Tensor
from graph.values import value


@kind
class Dropout(Layer):
    """In training, sets values to zero at random, so that no value relies on another; does nothing in inference."""

    category = "norm"
    formula = "x · Bernoulli(1 − p) / (1 − p)"
    source = "Srivastava and others, 2014"
    words = "abandon regularization régularisation"

    p: float = value(0.5, low=0.0, high=1.0, label="Probability", help="The share of values set to zero.")

    @property
    def caption(self) -> str:
        """The probability."""
        return f"{self.p:g}"


class _WholeMaps(Layer):
    """Dropout of whole channels."""

    category = "norm"
    formula = "x · Bernoulli(1 − p) / (1 − p), one draw per map"
    source = "Tompson and others, 2015"
    words = "abandon regularization régularisation map carte"
    rank: ClassVar[int] = 4

    p: float

    @property
    def caption(self) -> str:
        """The probability."""
        return f"{self.p:g}"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: what arrives has another number of axes.
        """
        if len(x.dims) != self.rank:
            axes = {3: "C × L", 4: "C × H × W", 5: "C × D × H × W"}[self.rank]
            raise ShapeError(
                "{kind} needs {axes}; it receives {shape}.", code="rank", kind=self.kind, axes=axes, shape=str(x)
            )
        return x


def _p() -> Any:
    return value(0.5, low=0.0, high=1.0, label="Probability", help="The share of maps set to zero.")


@kind
class Dropout2d(_WholeMaps):
    """In training, sets whole maps to zero at random; does nothing in inference."""

    p: float = _p()


@kind
class Dropout1d(_WholeMaps):
    """In training, sets whole channels of a signal to zero at random; does nothing in inference."""

    rank = 3
    p: float = _p()


@kind
class Dropout3d(_WholeMaps):
    """In training, sets whole channels of a volume to zero at random; does nothing in inference."""

    rank = 5
    p: float = _p()
