"""Tensor operations: the same values in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from graph.arithmetic import times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Dim, Tensor
from graph.text import Message, number, say
from graph.values import Shape, value
from graph.windows import Seen, Turned


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
        out, first = self.output(*x), self.start_dim
        joined = [str(d) for d in x[0].dims[first : self.end_dim % len(x[0].dims) + 1]]
        worked = f"{' × '.join(joined)} = {times(*out.shape[first - 1 : first])}"
        return Explanation("C × H × W", worked, str(out), say("Every value keeps its place in one long row."))


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


def put(x: Tensor, at: int, *sizes: Dim) -> Tensor:
    """*x* with the axis *at* replaced by axes of these sizes."""
    return Tensor((*x.dims[:at], *sizes, *x.dims[at + 1 :]), x.channels_last, x.dtype)


def sized(x: Tensor, at: int) -> int:
    """Size of the axis *at*.

    Raises:
        ShapeError: it is that of the batch, which is not known.
    """
    n = x.dims[at]
    if not isinstance(n, int):
        raise ShapeError("Axis {axis} is the batch; its size is not known here.", code="batch_axis", axis=at)
    return n


def rearranged(layer: Layer, x: Tensor, why: Message) -> Explanation:
    """A shape whose axes have changed, and no value."""
    out = str(layer.output(x))
    return Explanation("x → y", f"{x} → {out}", out, why)


def turned(x: Tensor, order: Sequence[int], out: Tensor) -> Seen:
    """What is seen of *x* whose axes stand in another *order* in *out*: the same position where space keeps its own."""
    first, before = (1 if t.channels_last else 2 for t in (x, out))
    places = {d: at - before if 0 <= at - before < len(out.spatial) else None for at, d in enumerate(order)}
    axes = tuple([places[first + i] for i in range(len(x.spatial))])
    return None if axes == tuple(range(len(out.spatial))) else Turned(axes)


def dim_value(default: int = 1, help: str = "The axis: 0 is the batch, 1 the channels.") -> Any:
    """The value ``dim``."""
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

    dim: int = dim_value()
    unflattened_size: Shape = value(
        (1, 28, 28), low=1, high=1_000_000, label="Sizes", always=True, help="The sizes that the axis is folded into."
    )

    def output(self, x: Tensor) -> Tensor:
        """The axis replaced by several.

        Raises:
            ShapeError: the sizes do not multiply to that of the axis.
        """
        at = axis(self.dim, x)
        n = sized(x, at)
        if prod(self.unflattened_size) != n:
            raise ShapeError(
                "{sizes} is {product}, but the axis has {n} values.",
                code="size_differs",
                sizes=" × ".join(map(str, self.unflattened_size)),
                product=prod(self.unflattened_size),
                n=n,
            )
        return put(x, at, *self.unflattened_size)._replace(channels_last=False)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The product of the sizes."""
        if quantity != "output":
            return None
        worked = f"{number(prod(self.unflattened_size))} = {times(*self.unflattened_size)}"
        why = say("Every value keeps its place in the row, which is folded.")
        return Explanation("n = a × b × …", worked, str(self.output(*x)), why)


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

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The same number of values before and after."""
        if quantity != "output":
            return None
        out = self.output(*x)
        worked = f"{times(*x[0].shape)} = {number(x[0].size)} = {times(*out.shape)}"
        why = say("There are as many values as before, read in the same order.")
        return Explanation("a × b × … = c × d × …", worked, str(out), why)

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

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """The same position, its axes in the new order."""
        return (turned(x[0], self.dims, self.output(*x)),)

    def expression(self, *names: Any) -> str:
        """``x.permute(0, 2, 3, 1)``."""
        return f"{names[0]}.permute({', '.join(map(str, self.dims))})"

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The order of the axes."""
        return (
            rearranged(self, x[0], say("The same values; only the order of the axes changes."))
            if quantity == "output"
            else None
        )


@kind
class Rescale(Layer):
    """Multiplies every value by a number and adds another: bytes become numbers around zero."""

    category = "tens"
    formula = "a · x + b"
    module = ""
    words = "scale shift multiply add number normalize échelle décaler nombre"

    factor: float = value(1.0, low=-1e6, high=1e6, label="Factor", help="What every value is multiplied by.")
    offset: float = value(0.0, low=-1e6, high=1e6, label="Offset", help="What is added then.")

    @property
    def caption(self) -> str:
        """Factor and offset."""
        return f"× {self.factor:.4g}" + (f" + {self.offset:.4g}" if self.offset else "")

    def expression(self, *names: Any) -> str:
        """``x * 2.0 + 0.5``."""
        scaled = f"{names[0]} * {self.factor!r}" if self.factor != 1 or not self.offset else str(names[0])
        return f"{scaled} + {self.offset!r}" if self.offset else scaled
