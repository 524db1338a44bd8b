"""Convolutions: small windows of shared weights that slide over their input.

Source: LeCun and others, "Backpropagation applied to handwritten zip code recognition", 1989.
"""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from graph.arithmetic import pair, slide, slide_worked, times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import Same, Size1, Size2, Size3, value
from graph.windows import Seen, Slide


class Convolution(Layer):
    """What convolutions over any number of axes share."""

    category = "conv"
    formula = "y[o, i] = b[o] + Σ w[o, c, u] · x[c, s·i + d·u − p]"
    source = "LeCun and others, 1989"
    axes: ClassVar[int] = 2

    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | Same
    dilation: tuple[int, ...]
    groups: int
    bias: bool
    padding_mode: str
    padding_value: float

    @property
    def caption(self) -> str:
        """Filters, kernel, and what is unusual."""
        parts = [number(self.out_channels), pair(self.kernel_size)]
        if any(s > 1 for s in self.stride):
            parts.append("/" + (str(self.stride[0]) if len(set(self.stride)) == 1 else pair(self.stride)))
        if any(d > 1 for d in self.dilation):
            parts.append("d" + (str(self.dilation[0]) if len(set(self.dilation)) == 1 else pair(self.dilation)))
        if self.groups > 1:
            parts.append(f"g{number(self.groups)}")
        return ", ".join(parts)

    def pads(self) -> tuple[tuple[int, int], ...]:
        """Zeros before and after each axis; "same" puts the odd one behind, as torch does."""
        if self.padding == "same":
            totals = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return tuple([(t // 2, t - t // 2) for t in totals])
        return tuple([(p, p) for p in self.padding])

    def output(self, x: Tensor) -> Tensor:
        """``out_channels`` maps, each axis as :func:`graph.arithmetic.slide` says.

        Raises:
            ShapeError: wrong rank, a window larger than the map, groups that do not divide, "same" with a stride.
        """
        if len(x.spatial) != self.axes or x.channels_last:
            raise ShapeError(
                "{kind} needs {axes} after the channels; it receives {shape}.",
                code="rank",
                kind=self.kind,
                axes={1: "L", 2: "H × W", 3: "D × H × W"}[self.axes],
                shape=str(x),
            )
        if x.channels % self.groups or self.out_channels % self.groups:
            raise ShapeError(
                "groups={groups} must divide both {a} and {b} channels.",
                code="groups",
                groups=self.groups,
                a=x.channels,
                b=self.out_channels,
            )
        if self.padding == "same" and any(s != 1 for s in self.stride):
            raise ShapeError(
                'padding="same" keeps the size, which a stride of {stride} cannot: set the stride to 1, or the '
                "padding to a number.",
                code="same_with_stride",
                stride=max(self.stride),
            )
        if self.padding_mode != "zeros":
            self._check_border(x)
        return x.with_spatial(self.out_channels, self._positions(x))

    def _positions(self, x: Tensor) -> tuple[int, ...]:
        """How many positions the window takes along each axis."""
        sizes = zip(x.spatial, self.kernel_size, self.stride, self.pads(), self.dilation, strict=True)
        return tuple([slide(n, k, s, before, d, after) for n, k, s, (before, after), d in sizes])

    def _check_border(self, x: Tensor) -> None:
        """A mirror or the opposite side can only lend as many pixels as there are, and neither is a number."""
        if self.padding_value:
            raise ShapeError(
                'A border of {value} is a number, and "{mode}" copies what is there: set the border to zeros, or the '
                "value to 0.",
                code="padding_value",
                value=f"{self.padding_value:g}",
                mode=self.padding_mode,
            )
        limit = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        for n, pads in zip(x.spatial, self.pads(), strict=True):
            if limit is not None and max(pads) > n - limit:
                raise ShapeError(
                    'A border of {p} in the mode "{mode}" needs more than the {n} pixels there are.',
                    code="padding_too_large",
                    p=max(pads),
                    mode=self.padding_mode,
                    n=n,
                )

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """``(out_channels, in_channels / groups, *kernel_size)``, and a bias per filter."""
        found = {"weight": Weight((self.out_channels, x.channels // self.groups, *self.kernel_size))}
        if self.bias:
            found["bias"] = Weight((self.out_channels,))
        return found

    def macs(self, x: Tensor) -> int:
        """Each output value is a sum over the window and the channels of its group."""
        return prod(self._positions(x)) * self.out_channels * prod(self.kernel_size) * (x.channels // self.groups)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """A slide along each axis."""
        steps = zip(self.kernel_size, self.stride, self.pads(), self.dilation, strict=True)
        border = "" if self.padding_mode == "zeros" else self.padding_mode
        return (tuple([Slide(k, s, before, d, border) for k, s, (before, _), d in steps]),)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torch's constructor: ``in_channels`` follows from what arrives.

        Torch pads with zeros only; where the border has another value, it is added before (:meth:`call`).
        """
        found = super().arguments(x)
        if found.pop("padding_value", 0.0):
            found.pop("padding", None)
        return {"in_channels": x.channels, "out_channels": found.pop("out_channels")} | found

    def call(self, own: str, *names: Any) -> str:
        """``conv(nn.functional.pad(x, (2, 2, 2, 2), value=-1.0))`` where the border is not zero."""
        return f"{own}({padded(names[0], self.pads(), self.padding_value)})" if self.padding_value else ""

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its shape, its weights and its multiply-adds."""
        arrives: Tensor = x[0]
        per_filter = times(*self.kernel_size, arrives.channels // self.groups)
        if quantity == "output":
            return self._explain_output(arrives)
        if quantity == "weights":
            total = number(sum(w.size for w in self.weights(arrives).values()))
            inner = f"({per_filter} + 1)" if self.bias else per_filter
            why = say("Every filter has a weight per position of its window and channel, and a bias.")
            plain = say("Every filter has a weight per position of its window and channel.")
            formula = "(k × k × C + 1) × filters" if self.bias else "k × k × C × filters"
            worked = f"{inner} × {number(self.out_channels)} = {total}"
            return Explanation(formula, worked, total, why if self.bias else plain, self.source)
        if quantity == "macs":
            out = self.output(arrives)
            total = number(self.macs(arrives))
            worked = f"{times(*out.spatial)} × {per_filter} × {number(self.out_channels)} = {total}"
            why = say("At every position, each filter multiplies and adds its whole window.")
            return Explanation("H × W × k × k × C × filters", worked, total, why, self.source)
        return None

    def _explain_output(self, x: Tensor) -> Explanation:
        out = self.output(x)
        (before, after), k, s, d = self.pads()[-1], self.kernel_size[-1], self.stride[-1], self.dilation[-1]
        n = x.spatial[-1]
        if before == after:
            worked = slide_worked(n, k, s, before, d)
        else:
            worked = f"⌊({n} + {before + after} − {d * (k - 1) + 1}) / {s}⌋ + 1 = {out.spatial[-1]}"
        why = say("The window takes as many positions as fit into the padded input.")
        return Explanation("⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1", worked, str(out), why, "Dumoulin and Visin, 2016")


def padded(name: str, pads: tuple[tuple[int, int], ...], value: float) -> str:
    """The expression that adds a border of *value*; torch lists the axes from the last."""
    border = ", ".join(str(n) for pair in reversed(pads) for n in pair)
    return f"nn.functional.pad({name}, ({border}), value={value!r})"


def filters_value() -> Any:
    """The value ``out_channels``."""
    return value(
        8, low=1, high=1_000_000, label="Filters", always=True, help="How many filters, and so how many maps come out."
    )


def kernel_value(axes: int) -> Any:
    """The value ``kernel_size`` over so many axes."""
    help = "Size of the sliding window along each axis."
    return value((3,) * axes, low=1, high=10_000, label="Kernel", always=True, help=help)


def stride_value(axes: int) -> Any:
    """The value ``stride``."""
    help = "By how many pixels the window moves: 2 halves the size."
    return value((1,) * axes, low=1, high=10_000, label="Stride", help=help)


def padding_value(axes: int) -> Any:
    """The value ``padding``."""
    help = 'Zeros added around the maps; "same" adds as many as keep the size.'
    return value((0,) * axes, low=0, high=10_000, label="Padding", help=help)


def dilation_value(axes: int) -> Any:
    """The value ``dilation``."""
    help = "Distance between the pixels that the window reads: it sees further with as many weights."
    return value((1,) * axes, low=1, high=10_000, label="Dilation", help=help)


def groups_value() -> Any:
    """The value ``groups``."""
    return value(
        1,
        low=1,
        high=1_000_000,
        label="Groups",
        help="Splits the channels into groups that do not see each other; as many as channels is a depthwise one.",
    )


def bias_value() -> Any:
    """The value ``bias``."""
    return value(True, label="Bias", help="Adds a learned number to each map.")


def padding_mode_value() -> Any:
    """The value ``padding_mode``."""
    return value(
        "zeros",
        choices=("zeros", "reflect", "replicate", "circular"),
        label="Border",
        help="What is added around the maps: zeros, a mirror image, the border's own values, or the opposite side.",
    )


def padding_number_value() -> Any:
    """The value ``padding_value``."""
    help = "The number that the border is filled with: -1 is white paper where ink is 1."
    return value(0.0, low=-1e6, high=1e6, label="Border value", help=help)


@kind
class Conv2d(Convolution):
    """Slides learned filters over the maps; each filter gives one map that shows where its pattern stands."""

    axes = 2
    words = "convolution filter filtre noyau kernel"

    out_channels: int = filters_value()
    kernel_size: Size2 = kernel_value(2)
    stride: Size2 = stride_value(2)
    padding: Size2 | Same = padding_value(2)
    dilation: Size2 = dilation_value(2)
    groups: int = groups_value()
    bias: bool = bias_value()
    padding_mode: str = padding_mode_value()
    padding_value: float = padding_number_value()


@kind
class Conv1d(Convolution):
    """Slides learned filters along a signal; each filter gives one signal that shows where its pattern stands."""

    axes = 1
    words = "convolution signal filter filtre noyau kernel"

    out_channels: int = filters_value()
    kernel_size: Size1 = kernel_value(1)
    stride: Size1 = stride_value(1)
    padding: Size1 | Same = padding_value(1)
    dilation: Size1 = dilation_value(1)
    groups: int = groups_value()
    bias: bool = bias_value()
    padding_mode: str = padding_mode_value()
    padding_value: float = padding_number_value()


@kind
class Conv3d(Convolution):
    """Slides learned filters through a volume, such as a scan or a film."""

    axes = 3
    words = "convolution volume filter filtre noyau kernel"

    out_channels: int = filters_value()
    kernel_size: Size3 = kernel_value(3)
    stride: Size3 = stride_value(3)
    padding: Size3 | Same = padding_value(3)
    dilation: Size3 = dilation_value(3)
    groups: int = groups_value()
    bias: bool = bias_value()
    padding_mode: str = padding_mode_value()
    padding_value: float = padding_number_value()
