"""Merges: several paths become one."""

from __future__ import annotations

from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Port, kind
from graph.tensors import Dim, Tensor
from graph.text import say
from graph.values import value
from graph.windows import Each, Seen, Shift


class Pointwise(Layer):
    """What merges that act value by value share; sizes of 1 are stretched, as torch broadcasts them."""

    category = "merge"
    module = ""
    inputs = (Port("x", many=True),)

    def output(self, x: tuple[Tensor, ...]) -> Tensor:
        """The shape that all inputs share; where one has size 1, that of the others.

        Raises:
            ShapeError: two shapes differ.
        """
        found = x[0]
        for other in x[1:]:
            dims = _stretched(found.dims, other.dims)
            if dims is None:
                raise ShapeError(
                    "{kind} needs equal shapes; it receives {a} and {b}: bring one to the other's size and channels.",
                    code="merge_differs",
                    kind=self.kind,
                    a=str(found),
                    b=str(other),
                )
            found = found._replace(dims=dims)
        return found

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position."""
        return (None,)


def _stretched(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    if a == b:
        return a
    if len(a) != len(b) or not all(p == q or 1 in (p, q) for p, q in zip(a, b, strict=True)):
        return None
    return tuple(q if p == 1 else p for p, q in zip(a, b, strict=True))


@kind
class Add(Pointwise):
    """Adds its inputs value by value: a skip connection lets what came before pass unchanged."""

    formula = "x₁ + x₂ + …"
    source = "He and others, 2016"
    words = "sum skip residual somme résiduelle"

    def expression(self, *names: Any) -> str:
        """``a + b + c``, summed in the order of the edges."""
        return " + ".join(names[0])


@kind
class Multiply(Pointwise):
    """Multiplies its inputs value by value: one can open and close the other like a gate."""

    formula = "x₁ · x₂ · …"
    source = "Hu, Shen and Sun, 2018"
    words = "product gate attention produit porte squeeze excitation"

    def expression(self, *names: Any) -> str:
        """``a * b * c``."""
        return " * ".join(names[0])


@kind
class Maximum(Pointwise):
    """Keeps, value by value, the largest of its inputs."""

    formula = "max(x₁, x₂, …)"
    source = "Goodfellow and others, 2013"
    words = "maxout max plus grand"

    def expression(self, *names: Any) -> str:
        """``torch.maximum(torch.maximum(a, b), c)``."""
        first, *rest = names[0]
        for name in rest:
            first = f"torch.maximum({first}, {name})"
        return str(first)


@kind
class Mean(Pointwise):
    """The mean of its inputs, value by value: a small committee of networks."""

    formula = "(x₁ + x₂ + …) / n"
    words = "average ensemble moyenne"

    def expression(self, *names: Any) -> str:
        """``(a + b) / 2``."""
        return f"({' + '.join(names[0])}) / {len(names[0])}"


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

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position; along an axis of space, each of the values begins where the one before it ends."""
        values: tuple[Tensor, ...] = x[0]
        space = len(values[0].spatial)
        at = self.dim % len(values[0].dims) - (1 if values[0].channels_last else 2)
        if not 0 <= at < space:
            return (None,)
        starts = [sum(v.spatial[at] for v in values[:i]) for i in range(len(values))]
        return (Each(tuple([tuple([Shift(-start if i == at else 0) for i in range(space)]) for start in starts])),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum along the axis."""
        if quantity != "output" or not x[0]:
            return None
        out, axis = self.output(*x), self.dim % len(x[0][0].dims)
        parts = [str(t.dims[axis]) for t in x[0]]
        why = say("What arrives stands one behind the other; nothing is added up.")
        worked = f"{' + '.join(parts)} = {out.dims[axis]}"
        return Explanation("C₁ + C₂ + …", worked, str(out), why, self.source)

    def expression(self, *names: Any) -> str:
        """``torch.cat((a, b), dim=1)``."""
        inner = ", ".join(names[0]) + ("," if len(names[0]) == 1 else "")
        return f"torch.cat(({inner}), dim={self.dim})"
