"""Pooling: maps made smaller by keeping the largest or the mean of each window, by fixed step or to a fixed size."""

from __future__ import annotations

from typing import Any, ClassVar

from graph.arithmetic import pair, slide, slide_worked
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Tensor
from graph.text import say
from graph.values import Size2, value
from graph.windows import Adapt, Seen, Slide


def _maps(layer: Layer, x: Tensor, axes: int) -> None:
    if len(x.spatial) != axes or x.tokens:
        raise ShapeError(
            "{kind} needs {axes} after the channels; it receives {shape}.",
            code="rank",
            kind=layer.kind,
            axes={1: "L", 2: "H × W", 3: "D × H × W"}[axes],
            shape=str(x),
        )


class Pooling(Layer):
    """What sliding poolings over any number of axes share."""

    category = "pool"
    source = "Zhou and Chellappa, 1988"
    axes: ClassVar[int] = 2

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] | None
    padding: tuple[int, ...]
    ceil_mode: bool

    @property
    def step(self) -> tuple[int, ...]:
        """The stride; the kernel's size where none is given, so that windows do not overlap."""
        return self.kernel_size if self.stride is None else self.stride

    @property
    def dilations(self) -> tuple[int, ...]:
        """One where the kind has no dilation."""
        found: tuple[int, ...] = getattr(self, "dilation", (1,) * self.axes)
        return found

    @property
    def caption(self) -> str:
        """Window and step."""
        step = str(self.step[0]) if len(set(self.step)) == 1 else pair(self.step)
        return f"{pair(self.kernel_size)}, /{step}"

    def output(self, x: Tensor) -> Tensor:
        """The same channels, each axis as :func:`graph.arithmetic.slide` says.

        Raises:
            ShapeError: wrong rank, a window larger than the map, a padding larger than half the window.
        """
        _maps(self, x, self.axes)
        for k, p in zip(self.kernel_size, self.padding, strict=True):
            if 2 * p > k:
                raise ShapeError(
                    "A padding of {p} is more than half the window of {k}: some windows would see nothing.",
                    code="padding_too_large",
                    p=p,
                    k=k,
                )
        sizes = zip(x.spatial, self.kernel_size, self.step, self.padding, self.dilations, strict=True)
        return x.with_spatial(x.channels, tuple(slide(n, k, s, p, d, ceil=self.ceil_mode) for n, k, s, p, d in sizes))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """A slide along each axis."""
        steps = zip(self.kernel_size, self.step, self.padding, self.dilations, strict=True)
        return (tuple(Slide(k, s, p, d) for k, s, p, d in steps),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its shape."""
        if quantity != "output":
            return None
        arrives: Tensor = x[0]
        n, k, s, p, d = (t[-1] for t in (arrives.spatial, self.kernel_size, self.step, self.padding, self.dilations))
        why = say("The window takes as many positions as fit into the padded input.")
        worked = slide_worked(n, k, s, p, d, ceil=self.ceil_mode)
        formula = "⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1"
        return Explanation(formula, worked, str(self.output(arrives)), why, "Dumoulin and Visin, 2016")


@kind
class MaxPool2d(Pooling):
    """Keeps the largest value of each window: what matters is that a pattern is there, less exactly where."""

    formula = "y[i] = max x[s·i + d·u − p]"
    words = "max pooling subsampling sous-échantillonnage regroupement"

    kernel_size: Size2 = value(
        (2, 2), low=1, high=10_000, label="Window", always=True, help="Height and width of the window."
    )
    stride: Size2 | None = value(
        None, low=1, high=10_000, label="Stride", help="By how many pixels the window moves; its own size if not given."
    )
    padding: Size2 = value(
        (0, 0), low=0, high=10_000, label="Padding", help="Pixels added around that never win; at most half the window."
    )
    dilation: Size2 = value(
        (1, 1), low=1, high=10_000, label="Dilation", help="Distance between the pixels that the window reads."
    )
    ceil_mode: bool = value(
        False, label="Round up", help="Lets a last window reach over the border instead of dropping the rest."
    )


@kind
class AvgPool2d(Pooling):
    """Keeps the mean of each window."""

    formula = "y[i] = mean x[s·i + u − p]"
    source = "LeCun and others, 1989"
    words = "average mean pooling moyenne sous-échantillonnage"

    kernel_size: Size2 = value(
        (2, 2), low=1, high=10_000, label="Window", always=True, help="Height and width of the window."
    )
    stride: Size2 | None = value(
        None, low=1, high=10_000, label="Stride", help="By how many pixels the window moves; its own size if not given."
    )
    padding: Size2 = value(
        (0, 0), low=0, high=10_000, label="Padding", help="Zeros added around; at most half the window."
    )
    ceil_mode: bool = value(
        False, label="Round up", help="Lets a last window reach over the border instead of dropping the rest."
    )
    count_include_pad: bool = value(
        True, label="Count the padding", help="Counts the added zeros when it takes the mean at the border."
    )


@kind
class AdaptiveAvgPool2d(Layer):
    """Gives maps of a fixed size, whatever arrives: each output is the mean of its share of the input."""

    category = "pool"
    formula = "y[i] = mean x[⌊i·n/m⌋ .. ⌈(i+1)·n/m⌉ − 1]"
    source = "He and others, 2014"
    words = "adaptive global average pooling adaptatif moyenne taille fixe"

    output_size: Size2 = value(
        (1, 1),
        low=1,
        high=10_000,
        label="Output size",
        always=True,
        help="Height and width of the maps that come out; 1 is the mean of the whole map.",
    )

    @property
    def caption(self) -> str:
        """The size that comes out."""
        return f"→ {pair(self.output_size)}"

    def output(self, x: Tensor) -> Tensor:
        """The same channels, ``output_size`` pixels.

        Raises:
            ShapeError: what arrives are no maps.
        """
        _maps(self, x, 2)
        return x.with_spatial(x.channels, self.output_size)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Its share of the input along each axis."""
        return (tuple(Adapt(n, m) for n, m in zip(x[0].spatial, self.output_size, strict=True)),)
