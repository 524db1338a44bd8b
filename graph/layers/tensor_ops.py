"""Tensor operations: the same values in another shape."""

from __future__ import annotations

from math import prod

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import value


@kind
class Flatten(Layer):
    """Writes all the maps of an image one behind the other as a vector."""

    category = "tens"
    words = "vector vecteur aplatir"

    start_dim: int = value(1, low=0, high=5, label="First axis", help="The first axis to be joined; 0 is the batch.")
    end_dim: int = value(
        -1, low=-6, high=5, label="Last axis", help="The last axis to be joined; -1 is the last of all."
    )

    def output(self, x: Tensor) -> Tensor:
        """The axes from first to last become one.

        Raises:
            ShapeError: there are no such axes, or the batch would be joined.
        """
        n = len(x.dims)
        if not (-n <= self.end_dim < n and 1 <= self.start_dim <= self.end_dim % n):
            raise ShapeError(
                "Axes {first} to {last} cannot be joined in {shape}: the batch is axis 0, the last is {n}.",
                code="no_such_axis",
                first=self.start_dim,
                last=self.end_dim,
                shape=str(x),
                n=n - 1,
            )
        end = self.end_dim % n
        joined = prod(d for d in x.dims[self.start_dim : end + 1] if isinstance(d, int))
        return Tensor((*x.dims[: self.start_dim], joined, *x.dims[end + 1 :]), False, x.dtype)

    def explain(self, quantity: str, *x: Tensor) -> Explanation | None:
        """The product of the axes that were joined."""
        if quantity != "output":
            return None
        y = number(self.output(*x).size)
        return Explanation("C × H × W", f"{x[0]} = {y}", y, say("Every value keeps its place in one long row."))
