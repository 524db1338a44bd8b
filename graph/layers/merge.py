"""Merges: several paths become one."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Layer, Port, kind
from graph.tensors import Tensor
from graph.values import value


@kind
class Add(Layer):
    """Adds its inputs value by value: a skip connection lets what came before pass unchanged."""

    category = "merge"
    formula = "x₁ + x₂ + …"
    source = "He and others, 2016"
    words = "sum skip residual somme résiduelle"
    module = ""
    inputs = (Port("x", many=True),)

    def output(self, x: tuple[Tensor, ...]) -> Tensor:
        """The shape that all inputs share.

        Raises:
            ShapeError: two shapes differ.
        """
        for other in x[1:]:
            if other.dims != x[0].dims:
                raise ShapeError(
                    "Add needs equal shapes; it receives {a} and {b}: bring one to the other's size and channels.",
                    code="merge_differs",
                    a=str(x[0]),
                    b=str(other),
                )
        return x[0]

    def expression(self, *names: Any) -> str:
        """``a + b + c``, summed in the order of the edges."""
        return " + ".join(names[0])


@kind
class Concat(Layer):
    """Puts its inputs one behind the other along an axis: maps are stacked on maps."""

    category = "merge"
    formula = "[x₁; x₂; …]"
    source = "Szegedy and others, 2015"
    words = "concatenate cat concaténer skip"
    module = ""
    inputs = (Port("x", many=True),)

    dim: int = value(
        1, low=-6, high=5, label="Axis", help="The axis along which they are joined: 1 is that of the maps."
    )

    def output(self, x: tuple[Tensor, ...]) -> Tensor:
        """Sizes add up along ``dim`` and must agree elsewhere.

        Raises:
            ShapeError: they differ elsewhere, or there is no such axis.
        """
        first = x[0]
        if not -len(first.dims) <= self.dim < len(first.dims) or self.dim % len(first.dims) == 0:
            raise ShapeError(
                "dim={dim} names no axis that can be joined: choose from 1 to {last}.",
                code="no_such_axis",
                dim=self.dim,
                last=len(first.dims) - 1,
            )
        axis = self.dim % len(first.dims)
        for other in x[1:]:
            if other.dims[:axis] + other.dims[axis + 1 :] != first.dims[:axis] + first.dims[axis + 1 :]:
                raise ShapeError(
                    "Concat joins along axis {axis}; the others must agree, but it receives {a} and {b}.",
                    code="merge_differs",
                    axis=axis,
                    a=str(first),
                    b=str(other),
                )
        total = sum(t.dims[axis] for t in x if isinstance(t.dims[axis], int))  # type: ignore[misc]
        return first._replace(dims=(*first.dims[:axis], total, *first.dims[axis + 1 :]))

    def expression(self, *names: Any) -> str:
        """``torch.cat((a, b), dim=1)``."""
        inner = ", ".join(names[0]) + ("," if len(names[0]) == 1 else "")
        return f"torch.cat(({inner}), dim={self.dim})"
