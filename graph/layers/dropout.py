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


@kind
class StochasticDepth(Layer):
    """In training, leaves out a whole branch at random, so that the network learns to be any depth.

    The deeper the branch stands, the more often: *p* is the share at the last of *steps* branches, and the branch at
    place *step* is left out ``p · step / steps`` of the time.
    """

    category = "norm"
    formula = "x · Bernoulli(1 − q) / (1 − q), q = p · step / steps"
    source = "Huang and others, 2016"
    words = "branch drop path profondeur stochastique branche regularization régularisation"
    module = "runtime.modules"

    p: float = value(0.2, low=0.0, high=1.0, label="Probability", help="The share left out at the last branch.")
    mode: str = value(
        "row",
        choices=("row", "batch"),
        label="Drawn for",
        help="Each image by itself (row), or the whole batch at once.",
    )
    step: int = value(1, low=0, high=100_000, label="Place", help="Which branch this is, counted from the input.")
    steps: int = value(1, low=1, high=100_000, label="Of", help="How many branches there are.")

    @property
    def rate(self) -> float:
        """The share left out here."""
        return self.p * self.step / self.steps

    @property
    def caption(self) -> str:
        """The share left out here."""
        return f"{self.rate:.3g}"

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: its place lies beyond the last.
        """
        if self.step > self.steps:
            raise ShapeError(
                "A branch at place {step} of {steps} lies beyond the last.",
                code="beyond_the_end",
                step=self.step,
                steps=self.steps,
            )
        return x

    def arguments(self, *x: Any) -> dict[str, Any]:
        """The share left out here, and for what it is drawn."""
        return {"p": self.rate} | ({"mode": self.mode} if self.mode != "row" else {})


DROPOUTS = (Dropout, _WholeMaps)
"""The kinds that set values to zero at random, which changes how much they vary."""
