"""Transposed convolutions: maps made larger by windows that every value writes.

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section 4.
"""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from graph.arithmetic import pair, times
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.layers.convolution import bias_value, dilation_value, filters_value, groups_value
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import Size1, Size2, Size3, value
from graph.windows import Seen, Spread


class TransposedConvolution(Layer):
    """What transposed convolutions over any number of axes share."""

    category = "conv"
    formula = "y[o, s·i + d·u − p] += w[c, o, u] · x[c, i]"
    source = "Zeiler and others, 2010"
    words = "deconvolution upsampling transposée suréchantillonnage enlarge agrandir"
    axes: ClassVar[int] = 2

    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    output_padding: tuple[int, ...]
    groups: int
    bias: bool
    dilation: tuple[int, ...]

    @property
    def caption(self) -> str:
        """Filters, kernel and stride."""
        parts = [number(self.out_channels), pair(self.kernel_size)]
        if any(s > 1 for s in self.stride):
            parts.append("×" + (str(self.stride[0]) if len(set(self.stride)) == 1 else pair(self.stride)))
        return ", ".join(parts)

    def output(self, x: Tensor) -> Tensor:
        """``(n − 1)s − 2p + d(k − 1) + output_padding + 1`` along each axis.

        Raises:
            ShapeError: wrong rank, groups that do not divide, nothing left after the padding is cut off, or an
                output_padding that is not smaller than stride or dilation.
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
        return x.with_spatial(self.out_channels, tuple(self._grown(i, n) for i, n in enumerate(x.spatial)))

    def _grown(self, axis: int, n: int) -> int:
        k, s, p = self.kernel_size[axis], self.stride[axis], self.padding[axis]
        d, extra = self.dilation[axis], self.output_padding[axis]
        if extra >= max(s, d):
            raise ShapeError(
                "output_padding={extra} must be smaller than the stride of {s} or the dilation of {d}.",
                code="output_padding",
                extra=extra,
                s=s,
                d=d,
            )
        grown = (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
        if grown < 1:
            raise ShapeError(
                "A padding of {p} cuts off all that a window of {k} makes of {n}: choose a smaller padding.",
                code="padding_too_large",
                p=p,
                k=k,
                n=n,
            )
        return grown

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """``(in_channels, out_channels / groups, *kernel_size)``, and a bias per filter."""
        found = {"weight": Weight((x.channels, self.out_channels // self.groups, *self.kernel_size))}
        return found | {"bias": Weight((self.out_channels,))} if self.bias else found

    def macs(self, x: Tensor) -> int:
        """Each input value is multiplied by the window of each filter of its group."""
        return x.size * prod(self.kernel_size) * (self.out_channels // self.groups)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """A spread along each axis."""
        steps = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return (tuple(Spread(k, s, p, d) for k, s, p, d in steps),)

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """As torch's constructor: ``in_channels`` follows from what arrives."""
        found = super().arguments(x)
        return {"in_channels": x.channels, "out_channels": found.pop("out_channels")} | found

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its shape and of its weights."""
        arrives: Tensor = x[0]
        if quantity == "output":
            n, k, s, p = arrives.spatial[-1], self.kernel_size[-1], self.stride[-1], self.padding[-1]
            d, extra, out = self.dilation[-1], self.output_padding[-1], self.output(arrives)
            worked = f"({n} − 1)·{s} − 2·{p} + {d}·({k} − 1) + {extra} + 1 = {out.spatial[-1]}"
            why = say("Every input value writes a whole window, a stride further than its neighbor.")
            return Explanation("(n − 1)s − 2p + d(k − 1) + e + 1", worked, str(out), why, "Dumoulin and Visin, 2016")
        if quantity == "weights":
            total = number(sum(w.size for w in self.weights(arrives).values()))
            inner = times(*self.kernel_size, arrives.channels // self.groups)
            worked = f"{f'({inner} + 1)' if self.bias else inner} × {number(self.out_channels)} = {total}"
            why = say("Every filter has a weight per position of its window and channel, and a bias.")
            plain = say("Every filter has a weight per position of its window and channel.")
            formula = "(k × k × C + 1) × filters" if self.bias else "k × k × C × filters"
            return Explanation(formula, worked, total, why if self.bias else plain, self.source)
        if quantity == "macs":
            total = number(self.macs(arrives))
            window = times(*self.kernel_size, self.out_channels // self.groups)
            worked = f"{times(*arrives.spatial, arrives.channels)} × {window} = {total}"
            why = say("Every input value is multiplied by the window of each filter.")
            return Explanation("H × W × C × k × k × filters", worked, total, why, self.source)
        return None


def _output_padding(axes: int) -> Any:
    help = "Adds rows at the far side, to choose between the sizes that the same stride could come from."
    return value((0,) * axes, low=0, high=10_000, label="Output padding", help=help)


def _cut(axes: int) -> Any:
    help = "How much is cut off at each border of the result: the padding of the convolution that it undoes."
    return value((0,) * axes, low=0, high=10_000, label="Padding", help=help)


def _spacing(axes: int) -> Any:
    help = "By how many pixels the windows of two neighbors lie apart in the result: 2 doubles the size."
    return value((2,) * axes, low=1, high=10_000, label="Stride", always=True, help=help)


def _spread_kernel(axes: int) -> Any:
    help = "Size of the window that every input value writes, along each axis."
    return value((2,) * axes, low=1, high=10_000, label="Kernel", always=True, help=help)


@kind
class ConvTranspose2d(TransposedConvolution):
    """Makes maps larger: every value writes a learned window, and where windows overlap they add up."""

    axes = 2

    out_channels: int = filters_value()
    kernel_size: Size2 = _spread_kernel(2)
    stride: Size2 = _spacing(2)
    padding: Size2 = _cut(2)
    output_padding: Size2 = _output_padding(2)
    groups: int = groups_value()
    bias: bool = bias_value()
    dilation: Size2 = dilation_value(2)


@kind
class ConvTranspose1d(TransposedConvolution):
    """Makes signals longer: every value writes a learned window, and where windows overlap they add up."""

    axes = 1

    out_channels: int = filters_value()
    kernel_size: Size1 = _spread_kernel(1)
    stride: Size1 = _spacing(1)
    padding: Size1 = _cut(1)
    output_padding: Size1 = _output_padding(1)
    groups: int = groups_value()
    bias: bool = bias_value()
    dilation: Size1 = dilation_value(1)


@kind
class ConvTranspose3d(TransposedConvolution):
    """Makes volumes larger: every value writes a learned window, and where windows overlap they add up."""

    axes = 3

    out_channels: int = filters_value()
    kernel_size: Size3 = _spread_kernel(3)
    stride: Size3 = _spacing(3)
    padding: Size3 = _cut(3)
    output_padding: Size3 = _output_padding(3)
    groups: int = groups_value()
    bias: bool = bias_value()
    dilation: Size3 = dilation_value(3)
