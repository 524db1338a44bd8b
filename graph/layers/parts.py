"""Parts of tensors: a piece, a stretch, a place, or the mean over axes."""

from __future__ import annotations

from math import prod
from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.layers.tensor_ops import axis, dim_value, put, rearranged, sized
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import Shape, value
from graph.windows import WHOLE, Seen, Shift


@kind
class Chunk(Layer):
    """Splits an axis into equal parts and gives one of them; the last may be smaller."""

    category = "tens"
    module = ""
    words = "split diviser morceau partie"

    chunks: int = value(2, low=1, high=1_000_000, label="Parts", help="Into how many parts the axis is split.")
    index: int = value(0, low=0, high=1_000_000, label="Which", help="The part that is given; 0 is the first.")
    dim: int = dim_value()

    def output(self, x: Tensor) -> Tensor:
        """The size of that part: ``⌈n / parts⌉``, less for the last.

        Raises:
            ShapeError: there is no such part.
        """
        at = axis(self.dim, x)
        n = sized(x, at)
        size = -(-n // self.chunks)
        start = size * self.index
        if start >= n:
            raise ShapeError(
                "{n} values split into {chunks} parts of {size} have no part {index}.",
                code="no_such_part",
                n=n,
                chunks=self.chunks,
                size=size,
                index=self.index,
            )
        return put(x, at, min(size, n - start))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted along an axis of space."""
        n = -(-sized(x[0], axis(self.dim, x[0])) // self.chunks)
        return (_shifted(x[0], axis(self.dim, x[0]), self.index * n),)

    def expression(self, *names: Any) -> str:
        """``x.chunk(2, dim=1)[0]``."""
        return f"{names[0]}.chunk({self.chunks}, dim={self.dim})[{self.index}]"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The share of one part."""
        if quantity != "output":
            return None
        n, size = sized(x[0], axis(self.dim, x[0])), self.output(*x).dims[axis(self.dim, x[0])]
        why = say("All parts are equal but the last, which has what remains.")
        worked = f"⌈{n}/{self.chunks}⌉ = {-(-n // self.chunks)}"
        worked += f"; {n} − {self.index}·{-(-n // self.chunks)} = {size}" if size != -(-n // self.chunks) else ""
        return Explanation("⌈n / parts⌉", worked, str(self.output(*x)), why)


def _shifted(x: Tensor, at: int, by: int) -> Seen:
    first = 1 if x.channels_last else 2
    if not x.spatial or not first <= at < first + len(x.spatial):
        return None
    return tuple(Shift(by if i == at - first else 0) for i in range(len(x.spatial)))


@kind
class Slice(Layer):
    """Keeps the values from one place to another along an axis."""

    category = "tens"
    module = ""
    words = "crop part découper tranche narrow"

    dim: int = dim_value()
    start: int = value(
        0, low=0, high=100_000_000, label="From", help="The first value that is kept; 0 is the first of all."
    )
    length: int = value(1, low=1, high=100_000_000, label="Length", help="How many values are kept.")

    def output(self, x: Tensor) -> Tensor:
        """``length`` along the axis.

        Raises:
            ShapeError: the end lies beyond the axis.
        """
        at = axis(self.dim, x)
        n = sized(x, at)
        if self.start + self.length > n:
            raise ShapeError(
                "Values {start} to {end} are asked of an axis of {n}.",
                code="beyond_the_end",
                start=self.start,
                end=self.start + self.length - 1,
                n=n,
            )
        return put(x, at, self.length)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted along an axis of space."""
        return (_shifted(x[0], axis(self.dim, x[0]), self.start),)

    def expression(self, *names: Any) -> str:
        """``x.narrow(1, start, length)``."""
        return f"{names[0]}.narrow({self.dim}, {self.start}, {self.length})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """From where to where."""
        if quantity != "output":
            return None
        n, last = sized(x[0], axis(self.dim, x[0])), self.start + self.length - 1
        why = say("Of {n} values along the axis, those from {a} to {b} are kept.", n=n, a=self.start, b=last)
        worked = f"{last} − {self.start} + 1 = {self.length}"
        return Explanation("last − first + 1", worked, str(self.output(*x)), why)


@kind
class Select(Layer):
    """Keeps one place of an axis, which is gone then: the class token of a transformer is place 0."""

    category = "tens"
    module = ""
    words = "token index choisir sélectionner"

    dim: int = dim_value()
    index: int = value(
        0, low=-100_000_000, high=100_000_000, label="Which", help="The place that is kept; -1 is the last."
    )

    def output(self, x: Tensor) -> Tensor:
        """One axis less.

        Raises:
            ShapeError: there is no such place.
        """
        at = axis(self.dim, x)
        n = sized(x, at)
        if not -n <= self.index < n:
            raise ShapeError("An axis of {n} has no place {index}.", code="beyond_the_end", n=n, index=self.index)
        keeps = x.channels_last and at != len(x.dims) - 1 and len(x.dims) > 3
        return Tensor((*x.dims[:at], *x.dims[at + 1 :]), keeps, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.select(1, 0)``."""
        return f"{names[0]}.select({self.dim}, {self.index})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """One axis less."""
        why = say("Of an axis of {n}, one place is kept, and the axis is gone.", n=str(x[0].dims[axis(self.dim, x[0])]))
        return rearranged(self, x[0], why) if quantity == "output" else None


@kind
class MeanOver(Layer):
    """Takes the mean over some axes: over height and width, it is global average pooling."""

    category = "tens"
    module = ""
    words = "average global moyenne globale reduce pooling"

    dims: Shape = value((2, 3), low=-6, high=5, label="Axes", help="The axes that the mean is taken over.")
    keepdim: bool = value(False, label="Keep the axes", help="Keeps them with size 1 instead of removing them.")

    def output(self, x: Tensor) -> Tensor:
        """Without these axes, or with size 1.

        Raises:
            ShapeError: an axis is named twice, is not there, or is the batch.
        """
        gone = [axis(d, x) for d in self.dims]
        if len(set(gone)) != len(gone):
            raise ShapeError(
                "An axis is named twice in {axes}.", code="no_such_axis", axes=", ".join(map(str, self.dims))
            )
        if self.keepdim:
            return x._replace(dims=tuple(1 if i in gone else d for i, d in enumerate(x.dims)))
        dims = tuple(d for i, d in enumerate(x.dims) if i not in gone)
        return Tensor(dims, x.channels_last and len(x.dims) - 1 not in gone and len(dims) > 2, x.dtype)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Everything, where an axis of space is averaged."""
        first = 1 if x[0].channels_last else 2
        space = range(first, first + len(x[0].spatial))
        return (WHOLE if any(axis(d, x[0]) in space for d in self.dims) else None,)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """What is taken together."""
        if quantity != "output":
            return None
        gone = [d for i, d in enumerate(x[0].dims) if i in {axis(d, x[0]) for d in self.dims}]
        many = number(prod(d for d in gone if isinstance(d, int)))
        why = say("Each result is the mean of {n} values.", n=many)
        return Explanation("Σ x / n", f"{x[0]} → {self.output(*x)}", str(self.output(*x)), why, "Lin and others, 2014")

    def expression(self, *names: Any) -> str:
        """``x.mean((2, 3))``."""
        inner = ", ".join(map(str, self.dims)) + ("," if len(self.dims) == 1 else "")
        return f"{names[0]}.mean(({inner}){', keepdim=True' if self.keepdim else ''})"
