"""Axes exchanged, added and taken away, while every value stays what it is."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.layers.tensor_ops import axis, dim_value, rearranged, turned
from graph.tensors import Tensor
from graph.text import say
from graph.values import value
from graph.windows import Seen


@kind
class Transpose(Layer):
    """Exchanges two axes."""

    category = "tens"
    module = ""
    words = "swap échanger transposer"

    dim0: int = value(1, low=-6, high=5, label="First axis", help="The axis that takes the place of the second.")
    dim1: int = value(2, low=-6, high=5, label="Second axis", help="The axis that takes the place of the first.")

    def output(self, x: Tensor) -> Tensor:
        """The sizes exchanged.

        Raises:
            ShapeError: one of the axes is not there, or is the batch.
        """
        a, b = axis(self.dim0, x), axis(self.dim1, x)
        dims = list(x.dims)
        dims[a], dims[b] = dims[b], dims[a]
        channels = len(dims) - 1 if x.channels_last else 1
        moved = b if channels == a else a if channels == b else channels
        return Tensor(tuple(dims), moved == len(dims) - 1 and len(dims) > 2, x.dtype)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position, two of its axes exchanged."""
        order, a, b = list(range(len(x[0].dims))), axis(self.dim0, x[0]), axis(self.dim1, x[0])
        order[a], order[b] = b, a
        return (turned(x[0], order, self.output(*x)),)

    def expression(self, *names: Any) -> str:
        """``x.transpose(1, 2)``."""
        return f"{names[0]}.transpose({self.dim0}, {self.dim1})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The order of the axes."""
        return (
            rearranged(self, x[0], say("The same values; only the order of the axes changes."))
            if quantity == "output"
            else None
        )


@kind
class Squeeze(Layer):
    """Removes an axis of size 1."""

    category = "tens"
    module = ""
    words = "remove axis retirer axe"

    dim: int = dim_value(-1)

    def output(self, x: Tensor) -> Tensor:
        """One axis less.

        Raises:
            ShapeError: the axis has another size.
        """
        at = axis(self.dim, x)
        if x.dims[at] != 1:
            raise ShapeError(
                "Only an axis of size 1 can be removed; axis {axis} has {n}.",
                code="size_differs",
                axis=at,
                n=str(x.dims[at]),
            )
        keeps = x.channels_last and at != len(x.dims) - 1 and len(x.dims) > 3
        return Tensor((*x.dims[:at], *x.dims[at + 1 :]), keeps, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.squeeze(-1)``."""
        return f"{names[0]}.squeeze({self.dim})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """One axis less."""
        return (
            rearranged(self, x[0], say("An axis of size 1 tells nothing apart: it is left out."))
            if quantity == "output"
            else None
        )


@kind
class Unsqueeze(Layer):
    """Adds an axis of size 1."""

    category = "tens"
    module = ""
    words = "add axis ajouter axe"

    dim: int = value(1, low=1, high=5, label="Place", help="Where the new axis stands; 1 is behind the batch.")

    def output(self, x: Tensor) -> Tensor:
        """One axis more.

        Raises:
            ShapeError: the place lies beyond the last axis.
        """
        if self.dim > len(x.dims):
            raise ShapeError(
                "A new axis can stand at 1 to {last}, not at {dim}.",
                code="no_such_axis",
                last=len(x.dims),
                dim=self.dim,
            )
        keeps = x.channels_last and self.dim < len(x.dims)
        return Tensor((*x.dims[: self.dim], 1, *x.dims[self.dim :]), keeps, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.unsqueeze(1)``."""
        return f"{names[0]}.unsqueeze({self.dim})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """One axis more."""
        return (
            rearranged(self, x[0], say("An axis of size 1 comes in; the values stay."))
            if quantity == "output"
            else None
        )
