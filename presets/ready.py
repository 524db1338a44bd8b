"""Blocks worth having at hand: small networks with an input and an output, whose variables a node sets.

``presets.ready_blocks()["separable"].build(channels=32)`` is a definition: a :class:`graph.Network` whose ``Input`` and
``Output`` are its ports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from graph import Network
from graph.layers.activation import ReLU, ReLU6, Sigmoid
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat, Multiply
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.text import Message, say
from graph.values import Spec
from presets import densenet, resnet, unet
from presets.drawing import Drawing, close, inside
from presets.registry import numbers


@dataclass(frozen=True)
class ReadyBlock:
    """A block worth having at hand.

    Args:
        name: what its definition is called.
        title: what people read.
        help: one sentence: what it does, and what for.
        reference: where it was published.
        variables: the numbers it can be built with, with their defaults and ranges.
        make: draws it; called with every variable.
    """

    name: str
    title: Message
    help: Message
    reference: str
    variables: tuple[Spec, ...]
    make: Callable[..., Drawing] = field(repr=False)

    def build(self, **variables: int) -> Network:
        """The definition with these numbers as the defaults of its variables.

        Raises:
            InvalidValue: there is no such variable, or a number is out of its range.
        """
        found = numbers(self.name, self.variables, variables)
        return self.make(**found).network().change(name=self.name, variables=found)


def ready_blocks() -> Mapping[str, ReadyBlock]:
    """Every ready block by name, in the order of the palette."""
    return dict(_Ready.blocks)


class _Ready:
    blocks: ClassVar[dict[str, ReadyBlock]] = {}


def _ready(
    title: Message, help: Message, reference: str, variables: Iterable[Spec]
) -> Callable[[Callable[..., Drawing]], Callable[..., Drawing]]:
    """Offer what the decorated function draws under its name."""

    def register(make: Callable[..., Drawing]) -> Callable[..., Drawing]:
        name = make.__name__
        _Ready.blocks[name] = ReadyBlock(name, title, help, reference, tuple(variables), make)
        return make

    return register


def _number(name: str, default: int, label: str, help: str, high: int = 100_000) -> Spec:
    return Spec(name, "int", default, low=1, high=high, label=label, help=help)


CHANNELS = _number("channels", 64, "Channels", "How many maps arrive.")
WIDTH = _number("width", 64, "Width", "How many maps leave.")
STRIDE = _number("stride", 1, "Stride", "By how many pixels the window moves: 2 halves the size.", 16)
KERNEL = _number("kernel", 3, "Kernel", "Size of the window; an odd number keeps the size.", 99)
SIDE = 32
"""Height and width of the maps that a definition is shown with."""


@_ready(
    say("Convolution unit"),
    say("A convolution, its normalization and its rectifier: what most networks repeat."),
    "Ioffe and Szegedy, 2015",
    (_number("width", 64, "Width", "How many filters."), KERNEL, STRIDE),
)
def convolution_unit(width: int, kernel: int, stride: int) -> Drawing:
    """Convolution, normalization, rectifier."""
    drawing = inside((64, SIDE, SIDE), width=width, kernel=kernel, stride=stride)
    _convolution(drawing, "conv", width="width", kernel="kernel", stride="stride")
    drawing.put("norm", BatchNorm2d())
    drawing.put("relu", ReLU())
    return close(drawing)


def _convolution(drawing: Drawing, name: str, width: str, kernel: str = "1", stride: str = "", groups: str = "") -> str:
    """A convolution without bias that keeps the size; its values follow from expressions of the variables."""
    size = int(kernel) if kernel.isdigit() else 3
    bind = {"out_channels": width}
    bind |= {} if kernel.isdigit() else {"kernel_size": kernel, "padding": f"({kernel} - 1) // 2"}
    bind |= {"stride": stride} if stride else {}
    bind |= {"groups": groups} if groups else {}
    return drawing.put(name, Conv2d(64, size, padding=size // 2, bias=False), bind=bind)


@_ready(
    say("Depthwise separable convolution"),
    say("A filter for each map by itself, then a 1 × 1 convolution that mixes them: about k² times fewer weights."),
    "Sifre, 2014; Howard and others, 2017",
    (CHANNELS, WIDTH, KERNEL, STRIDE),
)
def separable(channels: int, width: int, kernel: int, stride: int) -> Drawing:
    """A filter per map, then a 1 x 1 convolution over all of them, each with its normalization and rectifier."""
    drawing = inside((channels, SIDE, SIDE), channels=channels, width=width, kernel=kernel, stride=stride)
    _convolution(drawing, "depthwise", width="channels", kernel="kernel", stride="stride", groups="channels")
    drawing.put("norm1", BatchNorm2d())
    drawing.put("relu1", ReLU())
    _convolution(drawing, "pointwise", width="width")
    drawing.put("norm2", BatchNorm2d())
    drawing.put("relu2", ReLU())
    return close(drawing)


@_ready(
    say("Residual block"),
    say("Two convolutions whose result is added to what arrived, so that they only learn what is missing."),
    resnet.REFERENCE,
    (_number("width", 64, "Width", "How many maps arrive and leave."),),
)
def residual(width: int) -> Drawing:
    """Two convolutions of 3 and a skip that changes nothing."""
    return _with_input(resnet.basic(False), width)


@_ready(
    say("Residual block, downsampling"),
    say("A residual block that changes size or width; a 1 × 1 convolution brings the skip to the same."),
    resnet.REFERENCE,
    (WIDTH, _number("stride", 2, "Stride", STRIDE.help, 16)),
)
def residual_down(width: int, stride: int) -> Drawing:
    """Two convolutions of 3 and a skip by a convolution of 1."""
    return resnet.basic(True)


@_ready(
    say("Bottleneck block"),
    say("A convolution of 3 between two of 1 that narrow and widen again by four, and a skip."),
    resnet.REFERENCE,
    (_number("width", 64, "Width", "The width of the narrow part; four times as many maps arrive and leave."),),
)
def bottleneck(width: int) -> Drawing:
    """Convolutions of 1, 3 and 1 and a skip that changes nothing."""
    return _with_input(resnet.bottleneck(False), 4 * width)


@_ready(
    say("Bottleneck block, downsampling"),
    say("A bottleneck block that changes size or width; a 1 × 1 convolution brings the skip to the same."),
    resnet.REFERENCE,
    (
        _number("width", 64, "Width", "The width of the narrow part; four times as many maps leave."),
        _number("stride", 2, "Stride", STRIDE.help, 16),
    ),
)
def bottleneck_down(width: int, stride: int) -> Drawing:
    """Convolutions of 1, 3 and 1 and a skip by a convolution of 1."""
    return resnet.bottleneck(True)


def _with_input(drawing: Drawing, channels: int) -> Drawing:
    """The drawing with so many maps arriving."""
    node = drawing.nodes["x"]
    drawing.nodes["x"] = type(node)("x", node.layer.with_values(shape=(channels, SIDE, SIDE)))  # type: ignore[union-attr]
    return drawing


EXPANSION = _number("expansion", 6, "Expansion", "How many times wider it is inside.", 100)


@_ready(
    say("Inverted residual"),
    say("Narrow outside and wide inside: each map of the wide part is filtered by itself, and the narrow ends add up."),
    "Sandler and others, 2018",
    (CHANNELS, EXPANSION),
)
def inverted_residual(channels: int, expansion: int) -> Drawing:
    """Widen, filter each map, narrow; the skip joins the narrow ends."""
    drawing = inside((channels, SIDE, SIDE), channels=channels, expansion=expansion)
    last = _inverted(drawing, "channels")
    drawing.put("add", Add(), "x", last)
    return close(drawing)


@_ready(
    say("Inverted residual, downsampling"),
    say("An inverted residual that changes size or width, and so has no skip."),
    "Sandler and others, 2018",
    (CHANNELS, WIDTH, EXPANSION, _number("stride", 2, "Stride", STRIDE.help, 16)),
)
def inverted_down(channels: int, width: int, expansion: int, stride: int) -> Drawing:
    """Widen, filter each map with a stride, narrow."""
    drawing = inside((channels, SIDE, SIDE), channels=channels, width=width, expansion=expansion, stride=stride)
    _inverted(drawing, "width", "stride")
    return close(drawing)


def _inverted(drawing: Drawing, width: str, stride: str = "") -> str:
    wide = "expansion * channels"
    _convolution(drawing, "expand", width=wide)
    drawing.put("norm1", BatchNorm2d())
    drawing.put("relu1", ReLU6())
    _convolution(drawing, "depthwise", width=wide, kernel="3", stride=stride, groups=wide)
    drawing.put("norm2", BatchNorm2d())
    drawing.put("relu2", ReLU6())
    _convolution(drawing, "project", width=width)
    return drawing.put("norm3", BatchNorm2d())


@_ready(
    say("Squeeze and excitation"),
    say("Each map is multiplied by a number from 0 to 1 that all the maps decide together: what matters here opens."),
    "Hu, Shen and Sun, 2018",
    (CHANNELS, _number("reduction", 16, "Reduction", "How many times narrower the decision is.", 1000)),
)
def squeeze_excitation(channels: int, reduction: int) -> Drawing:
    """The mean of each map, two 1 x 1 convolutions, a sigmoid, and a product with what arrived."""
    drawing = inside((channels, SIDE, SIDE), channels=channels, reduction=reduction)
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("fc1", Conv2d(4, 1), bind={"out_channels": "(channels - 1) // reduction + 1"})
    drawing.put("relu", ReLU())
    drawing.put("fc2", Conv2d(64, 1), bind={"out_channels": "channels"})
    drawing.put("sigmoid", Sigmoid())
    drawing.put("scale", Multiply(), "x", "sigmoid")
    return close(drawing)


@_ready(
    say("Inception module"),
    say("Windows of 1, 3 and 5 and a pooling look at the same place side by side, and what they find is stacked."),
    "Szegedy and others, 2015",
    (
        _number("one", 64, "1 × 1", "Filters of the path of 1 × 1."),
        _number("three_before", 96, "Before 3 × 3", "Filters of 1 × 1 that narrow what the 3 × 3 sees."),
        _number("three", 128, "3 × 3", "Filters of the path of 3 × 3."),
        _number("five_before", 16, "Before 5 × 5", "Filters of 1 × 1 that narrow what the 5 × 5 sees."),
        _number("five", 32, "5 × 5", "Filters of the path of 5 × 5."),
        _number("pooled", 32, "After the pooling", "Filters of 1 × 1 behind the pooling."),
    ),
)
def inception(**widths: int) -> Drawing:
    """Four paths side by side, stacked; the window of 5 is one, as in the paper."""
    drawing = inside((192, SIDE, SIDE), **widths)
    ends = [_rectified(drawing, "one", "x", "one", 1)]
    for name, kernel in (("three", 3), ("five", 5)):
        narrow = _rectified(drawing, f"{name}_before", "x", f"{name}_before", 1)
        ends.append(_rectified(drawing, name, narrow, name, kernel))
    pool = drawing.put("pool", MaxPool2d(3, 1, 1), "x")
    ends.append(_rectified(drawing, "pooled", pool, "pooled", 1))
    drawing.put("cat", Concat(), *ends)
    return close(drawing)


def _rectified(drawing: Drawing, name: str, source: str, width: str, kernel: int) -> str:
    drawing.put(f"conv_{name}", Conv2d(8, kernel, padding=kernel // 2), source, bind={"out_channels": width})
    return drawing.put(f"relu_{name}", ReLU())


@_ready(
    say("Dense layer"),
    say("A few new maps are made of all that arrive, and stacked on them: nothing found before is lost."),
    "Huang and others, 2017",
    (_number("growth", 32, "Growth", "How many maps it adds."),),
)
def dense_layer(growth: int) -> Drawing:
    """Normalize, rectify, convolve, twice; stacked on what arrived."""
    return densenet.dense_layer()


@_ready(
    say("Double convolution"),
    say("Two convolutions of 3 with normalization and rectifier: a level of a U-Net."),
    "Ronneberger, Fischer and Brox, 2015",
    (WIDTH,),
)
def double_convolution(width: int) -> Drawing:
    """Two convolutions of 3 that keep the size."""
    return unet.double(padded=True)


__all__ = ["ReadyBlock", "ready_blocks"]
