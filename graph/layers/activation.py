"""Activations: a curve applied to every value by itself."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Layer, kind
from graph.tensors import Tensor
from graph.values import value
from graph.windows import WHOLE, Seen


@kind
class ReLU(Layer):
    """Keeps positive values and replaces negative ones by zero."""

    category = "act"
    formula = "max(0, x)"
    source = "Nair and Hinton, 2010"
    words = "rectifier rectifieur"


@kind
class LeakyReLU(Layer):
    """Keeps positive values and shrinks negative ones, so that their gradient never dies."""

    category = "act"
    formula = "max(0, x) + slope · min(0, x)"
    source = "Maas, Hannun and Ng, 2013"
    words = "leaky fuite rectifier"

    negative_slope: float = value(
        0.01, low=0.0, high=1.0, label="Negative slope", help="By how much negative values are multiplied."
    )

    @property
    def caption(self) -> str:
        """The slope."""
        return f"{self.negative_slope:g}"


@kind
class Softmax(Layer):
    """Turns scores into probabilities: all positive, and their sum is one."""

    category = "act"
    formula = "exp(xᵢ) / Σⱼ exp(xⱼ)"
    source = "Bridle, 1990"
    words = "probabilities probabilités"

    dim: int = value(
        1, low=-6, high=5, label="Axis", always=True, help="The axis whose values compete: 1 is that of the classes."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: there is no such axis.
        """
        if not -len(x.dims) <= self.dim < len(x.dims):
            raise ShapeError(
                "dim={dim} names no axis of {n}: choose from 0 to {last}.",
                code="no_such_axis",
                dim=self.dim,
                n=len(x.dims),
                last=len(x.dims) - 1,
            )
        return x

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position of every channel; along an axis of space, the whole of it."""
        axis = self.dim % len(x[0].dims)
        return (WHOLE if axis > 1 else None,)
