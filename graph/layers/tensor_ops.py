"""Tensor operations: the same values in another shape, order or extent."""

from __future__ import annotations

from math import prod
from typing import Any

from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Dim, Tensor
from graph.text import number, say
from graph.values import Shape, value
from graph.windows import WHOLE, Nearest, Seen, Shift, Slide


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


def axis(dim: int, x: Tensor, *, batch: bool = False) -> int:
    """The axis *dim* counted from the front.

    Raises:
        ShapeError: there is no such axis, or it is the batch's where *batch* is false.
    """
    n = len(x.dims)
    if not -n <= dim < n or (not batch and dim % n == 0):
        raise ShapeError(
            "dim={dim} names no axis that can be used here: choose from {first} to {last}.",
            code="no_such_axis",
            dim=dim,
            first=0 if batch else 1,
            last=n - 1,
        )
    return dim % n


def _put(x: Tensor, at: int, *sizes: Dim) -> Tensor:
    """*x* with the axis *at* replaced by axes of these sizes."""
    return Tensor((*x.dims[:at], *sizes, *x.dims[at + 1 :]), x.channels_last, x.dtype)


def _sized(x: Tensor, at: int) -> int:
    n = x.dims[at]
    if not isinstance(n, int):
        raise ShapeError("Axis {axis} is the batch; its size is not known here.", code="batch_axis", axis=at)
    return n


def _dim(default: int = 1, help: str = "The axis: 0 is the batch, 1 the channels.") -> Any:
    return value(default, low=-6, high=5, label="Axis", always=True, help=help)


@kind
class Identity(Layer):
    """Lets everything pass unchanged: a place to look at, or to put something later."""

    category = "tens"
    formula = "x"
    words = "pass nothing rien identité"


@kind
class Unflatten(Layer):
    """Folds one axis into several: a vector becomes maps again."""

    category = "tens"
    words = "reshape déplier maps cartes"

    dim: int = _dim()
    unflattened_size: Shape = value(
        (1, 28, 28), low=1, high=1_000_000, label="Sizes", always=True, help="The sizes that the axis is folded into."
    )

    def output(self, x: Tensor) -> Tensor:
        """The axis replaced by several.

        Raises:
            ShapeError: the sizes do not multiply to that of the axis.
        """
        at = axis(self.dim, x)
        n = _sized(x, at)
        if prod(self.unflattened_size) != n:
            raise ShapeError(
                "{sizes} is {product}, but the axis has {n} values.",
                code="size_differs",
                sizes=" × ".join(map(str, self.unflattened_size)),
                product=prod(self.unflattened_size),
                n=n,
            )
        return _put(x, at, *self.unflattened_size)._replace(channels_last=False)


@kind
class Reshape(Layer):
    """Reads the values of each example in order and writes them into another shape."""

    category = "tens"
    module = ""
    words = "view forme redimensionner"

    shape: Shape = value(
        (-1,), low=-1, high=100_000_000, label="Shape", help="The new sizes without the batch; -1 is what remains."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same number of values.

        Raises:
            ShapeError: they do not fit.
        """
        unknown, known = self.shape.count(-1), prod(s for s in self.shape if s != -1)
        if unknown > 1 or not known or x.size % known or (not unknown and known != x.size):
            raise ShapeError(
                "{n} values cannot be written as {shape}.",
                code="size_differs",
                n=x.size,
                shape=" × ".join(map(str, self.shape)),
            )
        return Tensor((x.dims[0], *(x.size // known if s == -1 else s for s in self.shape)), False, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.reshape(-1, ...)``: the batch is what remains, unless another axis is."""
        batch = f"{names[0]}.shape[0]" if -1 in self.shape else "-1"
        return f"{names[0]}.reshape({batch}, {', '.join(map(str, self.shape))})"


@kind
class Permute(Layer):
    """Puts the axes in another order."""

    category = "tens"
    module = ""
    words = "transpose channels last permuter axes"

    dims: Shape = value(
        (0, 2, 3, 1),
        low=0,
        high=5,
        label="Order",
        help="Which axis comes first, second, ...; 0, the batch, stays first.",
    )

    def output(self, x: Tensor) -> Tensor:
        """The sizes in that order; where axis 1 goes last, the channels stand last.

        Raises:
            ShapeError: the order does not name each axis once, the batch first.
        """
        if sorted(self.dims) != list(range(len(x.dims))) or self.dims[0] != 0:
            raise ShapeError(
                "The order {order} must name each of the {n} axes once, the batch first.",
                code="no_such_axis",
                order=", ".join(map(str, self.dims)),
                n=len(x.dims),
            )
        channels = len(x.dims) - 1 if x.channels_last else 1
        return Tensor(tuple(x.dims[d] for d in self.dims), self.dims[-1] == channels and len(x.dims) > 2, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.permute(0, 2, 3, 1)``."""
        return f"{names[0]}.permute({', '.join(map(str, self.dims))})"


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

    def expression(self, *names: Any) -> str:
        """``x.transpose(1, 2)``."""
        return f"{names[0]}.transpose({self.dim0}, {self.dim1})"


@kind
class Chunk(Layer):
    """Splits an axis into equal parts and gives one of them; the last may be smaller."""

    category = "tens"
    module = ""
    words = "split diviser morceau partie"

    chunks: int = value(2, low=1, high=1_000_000, label="Parts", help="Into how many parts the axis is split.")
    index: int = value(0, low=0, high=1_000_000, label="Which", help="The part that is given; 0 is the first.")
    dim: int = _dim()

    def output(self, x: Tensor) -> Tensor:
        """The size of that part: ``⌈n / parts⌉``, less for the last.

        Raises:
            ShapeError: there is no such part.
        """
        at = axis(self.dim, x)
        n = _sized(x, at)
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
        return _put(x, at, min(size, n - start))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted along an axis of space."""
        n = -(-_sized(x[0], axis(self.dim, x[0])) // self.chunks)
        return (_shifted(x[0], axis(self.dim, x[0]), self.index * n),)

    def expression(self, *names: Any) -> str:
        """``x.chunk(2, dim=1)[0]``."""
        return f"{names[0]}.chunk({self.chunks}, dim={self.dim})[{self.index}]"


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

    dim: int = _dim()
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
        n = _sized(x, at)
        if self.start + self.length > n:
            raise ShapeError(
                "Values {start} to {end} are asked of an axis of {n}.",
                code="beyond_the_end",
                start=self.start,
                end=self.start + self.length - 1,
                n=n,
            )
        return _put(x, at, self.length)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted along an axis of space."""
        return (_shifted(x[0], axis(self.dim, x[0]), self.start),)

    def expression(self, *names: Any) -> str:
        """``x.narrow(1, start, length)``."""
        return f"{names[0]}.narrow({self.dim}, {self.start}, {self.length})"


@kind
class Select(Layer):
    """Keeps one place of an axis, which is gone then: the class token of a transformer is place 0."""

    category = "tens"
    module = ""
    words = "token index choisir sélectionner"

    dim: int = _dim()
    index: int = value(
        0, low=-100_000_000, high=100_000_000, label="Which", help="The place that is kept; -1 is the last."
    )

    def output(self, x: Tensor) -> Tensor:
        """One axis less.

        Raises:
            ShapeError: there is no such place.
        """
        at = axis(self.dim, x)
        n = _sized(x, at)
        if not -n <= self.index < n:
            raise ShapeError("An axis of {n} has no place {index}.", code="beyond_the_end", n=n, index=self.index)
        keeps = x.channels_last and at != len(x.dims) - 1 and len(x.dims) > 3
        return Tensor((*x.dims[:at], *x.dims[at + 1 :]), keeps, x.dtype)

    def expression(self, *names: Any) -> str:
        """``x.select(1, 0)``."""
        return f"{names[0]}.select({self.dim}, {self.index})"


@kind
class Squeeze(Layer):
    """Removes an axis of size 1."""

    category = "tens"
    module = ""
    words = "remove axis retirer axe"

    dim: int = _dim(-1)

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

    def expression(self, *names: Any) -> str:
        """``x.mean((2, 3))``."""
        inner = ", ".join(map(str, self.dims)) + ("," if len(self.dims) == 1 else "")
        return f"{names[0]}.mean(({inner}){', keepdim=True' if self.keepdim else ''})"


@kind
class ChannelShuffle(Layer):
    """Deals the channels of several groups like cards, so that the next grouped convolution sees all of them."""

    category = "tens"
    source = "Zhang and others, 2018"
    words = "shuffle mélanger canaux"

    groups: int = value(
        2, low=1, high=1_000_000, label="Groups", always=True, help="How many groups are dealt together."
    )

    def output(self, x: Tensor) -> Tensor:
        """The same shape.

        Raises:
            ShapeError: the groups do not divide the channels.
        """
        if x.channels % self.groups or len(x.dims) < 3:
            raise ShapeError(
                "{groups} groups must divide the {channels} channels.",
                code="groups",
                groups=self.groups,
                channels=x.channels,
            )
        return x


@kind
class PixelShuffle(Layer):
    """Makes maps larger by laying the values of several maps side by side."""

    category = "tens"
    source = "Shi and others, 2016"
    words = "sub-pixel super resolution agrandir"

    upscale_factor: int = value(
        2, low=1, high=1000, label="Factor", always=True, help="By how much height and width grow."
    )

    def output(self, x: Tensor) -> Tensor:
        """``C / r²`` maps, r times as high and wide.

        Raises:
            ShapeError: r² does not divide the channels, or there are no maps.
        """
        r = self.upscale_factor
        if len(x.spatial) != 2 or x.channels % (r * r):
            raise ShapeError(
                "PixelShuffle by {r} needs maps whose number {r2} divides; it receives {shape}.",
                code="groups",
                r=r,
                r2=r * r,
                shape=str(x),
            )
        return x.with_spatial(x.channels // (r * r), tuple(n * r for n in x.spatial))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The pixel that it came from."""
        return (tuple(Nearest(n, n * self.upscale_factor) for n in x[0].spatial),)


@kind
class PixelUnshuffle(Layer):
    """Makes maps smaller without losing a value: pixels that lay side by side become maps."""

    category = "tens"
    source = "Shi and others, 2016"
    words = "space to depth réduire"

    downscale_factor: int = value(
        2, low=1, high=1000, label="Factor", always=True, help="By how much height and width shrink."
    )

    def output(self, x: Tensor) -> Tensor:
        """``C · r²`` maps, r times as small.

        Raises:
            ShapeError: r does not divide height and width, or there are no maps.
        """
        r = self.downscale_factor
        if len(x.spatial) != 2 or any(n % r for n in x.spatial):
            raise ShapeError(
                "PixelUnshuffle by {r} needs maps whose height and width {r} divides; it receives {shape}.",
                code="groups",
                r=r,
                shape=str(x),
            )
        return x.with_spatial(x.channels * r * r, tuple(n // r for n in x.spatial))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The pixels that became maps."""
        r = self.downscale_factor
        return ((Slide(r, r), Slide(r, r)),)


@kind
class Pad(Layer):
    """Adds a border of a chosen value, or of what lies beside it; negative numbers cut off."""

    category = "tens"
    module = ""
    words = "border padding bord remplissage"

    padding: Shape = value(
        (1, 1, 1, 1), low=-10_000, high=10_000, label="Border", help="Pixels added left, right, above and below."
    )
    mode: str = value(
        "constant",
        choices=("constant", "reflect", "replicate", "circular"),
        label="With",
        help="A constant, a mirror image, the border's own values, or the opposite side.",
    )
    fill: float = value(0.0, low=-1e6, high=1e6, label="Value", help="The constant.")

    def output(self, x: Tensor) -> Tensor:
        """Larger by the border.

        Raises:
            ShapeError: not two numbers per axis of space, or nothing is left, or more is mirrored than there is.
        """
        allowed = range(2, 2 * len(x.spatial) + 1, 2) if self.mode == "constant" else (2 * len(x.spatial),)
        if not x.spatial or x.channels_last or len(self.padding) not in allowed:
            raise ShapeError(
                "A border has two numbers per axis; {n} do not suit {shape}.",
                code="rank",
                n=len(self.padding),
                shape=str(x),
            )
        sizes = []
        for n, (before, after) in zip(x.spatial, self._pairs(x), strict=True):
            limit = {"reflect": n - 1, "circular": n}.get(self.mode)
            if n + before + after < 1 or (limit is not None and max(before, after) > limit):
                raise ShapeError(
                    "A border of {a} and {b} does not suit {n} pixels.",
                    code="padding_too_large",
                    a=before,
                    b=after,
                    n=n,
                )
            sizes.append(n + before + after)
        return x.with_spatial(x.channels, tuple(sizes))

    def _pairs(self, x: Tensor) -> list[tuple[int, int]]:
        """Before and after, per axis of space from the first; torch lists them from the last."""
        pairs = list(zip(self.padding[::2], self.padding[1::2], strict=True))
        return [(0, 0)] * (len(x.spatial) - len(pairs)) + pairs[::-1]

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Shifted by what is added before."""
        return (tuple(Shift(-before) for before, _ in self._pairs(x[0])),)

    def expression(self, *names: Any) -> str:
        """``nn.functional.pad(x, (1, 1, 1, 1), value=-1.0)``."""
        inner = ", ".join(map(str, self.padding))
        how = f', mode="{self.mode}"' if self.mode != "constant" else f", value={self.fill!r}" if self.fill else ""
        return f"nn.functional.pad({names[0]}, ({inner}){how})"
