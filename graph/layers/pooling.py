"""Pooling: maps made smaller by keeping the largest or the mean of each window, by fixed step or to a fixed size."""

from __future__ import annotations

from typing import Any, ClassVar

from graph.arithmetic import pair, slide, slide_worked, starts_beyond
from graph.errors import ShapeError
from graph.layer import Explanation, Layer, kind
from graph.tensors import Tensor
from graph.text import say
from graph.values import Size1, Size2, Size3, value
from graph.windows import Seen, Slide


def check_maps(layer: Layer, x: Tensor, axes: int) -> None:
    """What arrives has so many axes after the channels.

    Raises:
        ShapeError: it has not.
    """
    if len(x.spatial) != axes or x.channels_last:
        raise ShapeError(
            "{kind} needs {axes} after the channels; it receives {shape}.",
            code="rank",
            kind=layer.kind,
            axes={1: "L", 2: "H × W", 3: "D × H × W"}[axes],
            shape=str(x),
        )


def positions(out: Tensor, n: int, k: int, s: int, p: int = 0, d: int = 1, *, ceil: bool = False) -> Explanation:
    """How many positions a window takes along the last axis of *out*, worked out."""
    why = say("The window takes as many positions as fit into the padded input.")
    if ceil:
        why = say("The window takes as many positions as fit into the padded input, and one that reaches over its end.")
    if starts_beyond(n, k, s, p, d, ceil=ceil):
        why = say("Rounded up, a last window would begin beyond the map; it would see nothing, and is left out.")
    formula = "⌈(n + 2p − d(k − 1) − 1) / s⌉ + 1" if ceil else "⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1"
    return Explanation(formula, slide_worked(n, k, s, p, d, ceil=ceil), str(out), why, "Dumoulin and Visin, 2016")


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
        check_maps(self, x, self.axes)
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
        return positions(self.output(arrives), n, k, s, p, d, ceil=self.ceil_mode)


def _window(axes: int) -> Any:
    help = "Size of the window along each axis."
    return value((2,) * axes, low=1, high=10_000, label="Window", always=True, help=help)


def _stride() -> Any:
    help = "By how many pixels the window moves; its own size if not given."
    return value(None, low=1, high=10_000, label="Stride", help=help)


def _padding(axes: int) -> Any:
    help = "Pixels added around that change no maximum and count as zero in a mean; at most half the window."
    return value((0,) * axes, low=0, high=10_000, label="Padding", help=help)


def _dilation(axes: int) -> Any:
    help = "Distance between the pixels that the window reads."
    return value((1,) * axes, low=1, high=10_000, label="Dilation", help=help)


def _ceil_mode() -> Any:
    help = "Lets a last window reach over the border instead of dropping the rest."
    return value(False, label="Round up", help=help)


def _count_include_pad() -> Any:
    help = "Counts the added zeros when it takes the mean at the border."
    return value(True, label="Count the padding", help=help)


MAX = "y[i] = max x[s·i + d·u − p]"
MEAN = "y[i] = mean x[s·i + u − p]"
MAX_WORDS = "max pooling subsampling sous-échantillonnage mise en commun regroupement"
MEAN_WORDS = "average mean pooling moyenne sous-échantillonnage mise en commun regroupement"


@kind
class MaxPool2d(Pooling):
    """Keeps the largest value of each window: what matters is that a pattern is there, less exactly where."""

    axes, formula, words = 2, MAX, MAX_WORDS

    kernel_size: Size2 = _window(2)
    stride: Size2 | None = _stride()
    padding: Size2 = _padding(2)
    dilation: Size2 = _dilation(2)
    ceil_mode: bool = _ceil_mode()


@kind
class MaxPool1d(Pooling):
    """Keeps the largest value of each window of a signal."""

    axes, formula, words = 1, MAX, MAX_WORDS

    kernel_size: Size1 = _window(1)
    stride: Size1 | None = _stride()
    padding: Size1 = _padding(1)
    dilation: Size1 = _dilation(1)
    ceil_mode: bool = _ceil_mode()


@kind
class MaxPool3d(Pooling):
    """Keeps the largest value of each window of a volume."""

    axes, formula, words = 3, MAX, MAX_WORDS

    kernel_size: Size3 = _window(3)
    stride: Size3 | None = _stride()
    padding: Size3 = _padding(3)
    dilation: Size3 = _dilation(3)
    ceil_mode: bool = _ceil_mode()


@kind
class AvgPool2d(Pooling):
    """Keeps the mean of each window."""

    axes, formula, words = 2, MEAN, MEAN_WORDS
    source = "LeCun and others, 1989"

    kernel_size: Size2 = _window(2)
    stride: Size2 | None = _stride()
    padding: Size2 = _padding(2)
    ceil_mode: bool = _ceil_mode()
    count_include_pad: bool = _count_include_pad()


@kind
class AvgPool1d(Pooling):
    """Keeps the mean of each window of a signal."""

    axes, formula, words = 1, MEAN, MEAN_WORDS

    kernel_size: Size1 = _window(1)
    stride: Size1 | None = _stride()
    padding: Size1 = _padding(1)
    ceil_mode: bool = _ceil_mode()
    count_include_pad: bool = _count_include_pad()


def _within(kernel: tuple[int, ...], x: Tensor) -> None:
    """Torch wants the windows of its mean over volumes to fit, whatever is padded or rounded up."""
    for n, k in zip(x.spatial, kernel, strict=False):
        if k > n:
            raise ShapeError(
                "A window of {window} does not fit in {n}: shrink the kernel.", code="window_too_large", window=k, n=n
            )


@kind
class AvgPool3d(Pooling):
    """Keeps the mean of each window of a volume."""

    axes, formula, words = 3, MEAN, MEAN_WORDS

    kernel_size: Size3 = _window(3)
    stride: Size3 | None = _stride()
    padding: Size3 = _padding(3)
    ceil_mode: bool = _ceil_mode()
    count_include_pad: bool = _count_include_pad()

    def output(self, x: Tensor) -> Tensor:
        """As every pooling; torch wants the window to fit into the volume without its padding.

        Raises:
            ShapeError: it does not, or what every pooling refuses.
        """
        _within(self.kernel_size, x)
        return super().output(x)


class PowerPooling(Layer):
    """What power-average poolings over any number of axes share."""

    category = "pool"
    source = "Simoncelli and Heeger, 1998"
    formula = "y[i] = (Σ x[s·i + u]^p)^(1/p)"
    words = "lp norm power puissance norme pooling mise en commun regroupement"
    axes: ClassVar[int] = 2

    norm_type: float
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] | None
    ceil_mode: bool

    @property
    def step(self) -> tuple[int, ...]:
        """The stride; the kernel's size where none is given."""
        return self.kernel_size if self.stride is None else self.stride

    @property
    def caption(self) -> str:
        """Power and window."""
        return f"L{self.norm_type:g}, {pair(self.kernel_size)}"

    def output(self, x: Tensor) -> Tensor:
        """The same channels, each axis as :func:`graph.arithmetic.slide` says.

        Raises:
            ShapeError: wrong rank, or a window larger than the map.
        """
        check_maps(self, x, self.axes)
        sizes = zip(x.spatial, self.kernel_size, self.step, strict=True)
        return x.with_spatial(x.channels, tuple(slide(n, k, s, 0, 1, ceil=self.ceil_mode) for n, k, s in sizes))

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """A slide along each axis."""
        return (tuple(Slide(k, s) for k, s in zip(self.kernel_size, self.step, strict=True)),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sum of its shape."""
        if quantity != "output":
            return None
        n, k, s = x[0].spatial[-1], self.kernel_size[-1], self.step[-1]
        return positions(self.output(*x), n, k, s, ceil=self.ceil_mode)


def _norm_type() -> Any:
    help = "1 is a sum, 2 a root of squares; the higher, the closer to the maximum."
    return value(2.0, low=1.0, high=100.0, label="Power", always=True, help=help)


@kind
class LPPool2d(PowerPooling):
    """Keeps a power mean of each window: between the mean and the maximum."""

    axes = 2

    norm_type: float = _norm_type()
    kernel_size: Size2 = _window(2)
    stride: Size2 | None = _stride()
    ceil_mode: bool = _ceil_mode()


@kind
class LPPool1d(PowerPooling):
    """Keeps a power mean of each window of a signal."""

    axes = 1

    norm_type: float = _norm_type()
    kernel_size: Size1 = _window(1)
    stride: Size1 | None = _stride()
    ceil_mode: bool = _ceil_mode()

    def arguments(self, *x: Any) -> dict[str, Any]:
        """As ``torch.nn.LPPool1d``, which multiplies by its window: a plain number."""
        return {k: v[0] if isinstance(v, tuple) else v for k, v in super().arguments(*x).items()}


@kind
class LPPool3d(PowerPooling):
    """Keeps a power mean of each window of a volume."""

    axes = 3

    norm_type: float = _norm_type()
    kernel_size: Size3 = _window(3)
    stride: Size3 | None = _stride()
    ceil_mode: bool = _ceil_mode()

    def output(self, x: Tensor) -> Tensor:
        """As the others, but a window never reaches over the border.

        Raises:
            ShapeError: it would, or what the others refuse.
        """
        _within(self.kernel_size, x)
        return super().output(x)
