"""EfficientNet: inverted residuals with gates, their depth, width and size grown together.

The nodes of B0 are named as in torchvision; those of Lite0 as in the weights that are published for it, but for the
underscores that begin their names there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graph import Block, Layer, Network
from graph.layers.activation import ReLU6, Sigmoid, SiLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout, StochasticDepth
from graph.layers.merge import Add, Multiply
from graph.layers.normalization import BatchNorm2d
from graph.layers.shuffle import Pad
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset


class Stage(NamedTuple):
    """A row of the table of the paper."""

    expansion: int
    kernel: int
    stride: int
    width: int
    repeats: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
"""Table 1 of the paper."""

REFERENCE = 'Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019'


class Inverted(NamedTuple):
    """One inverted residual: what arrives, how wide it becomes inside, and what leaves."""

    channels: int
    hidden: int
    width: int
    kernel: int
    stride: int

    @property
    def skips(self) -> bool:
        """Whether what arrives is added to what leaves."""
        return self.stride == 1 and self.channels == self.width


def residuals() -> Iterator[tuple[int, list[Inverted]]]:
    """The inverted residuals of each stage, counted from 1."""
    channels = 32
    for i, stage in enumerate(STAGES, 1):
        found = []
        for repeat in range(stage.repeats):
            stride = 1 if repeat else stage.stride
            found.append(Inverted(channels, channels * stage.expansion, stage.width, stage.kernel, stride))
            channels = stage.width
        yield i, found


def unit(activation: Layer | None) -> Drawing:
    """A convolution and its normalization, and what bends them; named 0, 1, 2 as in torch."""
    drawing = inside(width=32, kernel=1, stride=1, groups=1)
    bind = {
        "out_channels": "width",
        "kernel_size": "kernel",
        "stride": "stride",
        "padding": "kernel // 2",
        "groups": "groups",
    }
    drawing.put("0", Conv2d(32, 1, bias=False), bind=bind)
    drawing.put("1", BatchNorm2d())
    if activation is not None:
        drawing.put("2", activation)
    return close(drawing)


def gate() -> Drawing:
    """Squeeze and excitation: each map is multiplied by a number that all maps together decide."""
    drawing = inside(squeezed=8, width=32)
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("fc1", Conv2d(8, 1), bind={"out_channels": "squeezed"})
    drawing.put("activation", SiLU())
    drawing.put("fc2", Conv2d(32, 1), bind={"out_channels": "width"})
    drawing.put("scale_activation", Sigmoid())
    drawing.put("scale", Multiply(), "scale_activation", "x")
    return close(drawing)


def _body(expands: bool) -> Drawing:
    numbers = {"hidden": 96, "squeezed": 8, "width": 16, "kernel": 3, "stride": 1}
    drawing = inside((16, 32, 32), **numbers)
    names = iter("0123")
    if expands:
        drawing.put(next(names), Block("unit"), bind={"width": "hidden"})
    depthwise = {"width": "hidden", "kernel": "kernel", "stride": "stride", "groups": "hidden"}
    drawing.put(next(names), Block("unit"), bind=depthwise)
    drawing.put(next(names), Block("gate"), bind={"squeezed": "squeezed", "width": "hidden"})
    drawing.put(next(names), Block("linear_unit"), bind={"width": "width"})
    return close(drawing)


def mbconv(expands: bool, skips: bool) -> Drawing:
    """Widen, filter each map by itself, open and close the maps, narrow again."""
    numbers = {"hidden": 96, "squeezed": 8, "width": 16, "kernel": 3, "stride": 1}
    drawing = inside((16, 32, 32), **numbers, **({"place": 1} if skips else {}))
    body = "body" if expands else "first_body"
    drawing.put("block", Block(body), "x", bind={name: name for name in numbers})
    if skips:
        drawing.put("stochastic_depth", StochasticDepth(0.2, "row", 1, 16), bind={"step": "place"})
        drawing.put("add", Add(), "stochastic_depth", "x")
    return close(drawing)


@preset(
    title=say("EfficientNet-B0"),
    task="classification",
    parameters=5_288_548,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=say(
        "A gate in each block looks at all maps together and turns each of them up or down: from the first gate on, "
        "every value has seen the whole image."
    ),
)
def efficientnet_b0(classes: int) -> Network:
    """Sixteen inverted residuals with gates; nodes named as in torchvision."""
    drawing = Drawing("EfficientNet-B0", classes=classes)
    drawing.define("unit", unit(SiLU()))
    drawing.define("linear_unit", unit(None))
    drawing.define("gate", gate())
    drawing.define("first_body", _body(expands=False))
    drawing.define("body", _body(expands=True))
    drawing.define("first_mbconv", mbconv(expands=False, skips=False))
    drawing.define("mbconv", mbconv(expands=True, skips=True))
    drawing.define("mbconv_down", mbconv(expands=True, skips=False))
    drawing.put("input", Input((3, 224, 224)))
    features = inside((3, 224, 224))
    features.block("0", "unit", width=32, kernel=3, stride=2)
    place = 0
    for i, blocks in residuals():
        stage = inside((32, 112, 112))
        for j, one in enumerate(blocks):
            name = "first_mbconv" if one.hidden == one.channels else "mbconv" if one.skips else "mbconv_down"
            depth = {"place": place} if one.skips else {}
            values = {"hidden": one.hidden, "width": one.width, "kernel": one.kernel, "stride": one.stride}
            stage.block(str(j), name, **values, squeezed=max(1, one.channels // 4), **depth)
            place += 1
        drawing.define(f"stage{i}", close(stage))
        features.block(str(i), f"stage{i}")
    features.block("8", "unit", width=1280)
    drawing.define("feature_maps", close(features))
    drawing.block("features", "feature_maps")
    drawing.classify_mean(1280, classes, 0.2)
    return drawing.network()


EPS = 1e-3


def lite(expands: bool, down: bool, skips: bool) -> Drawing:
    """An inverted residual without a gate; where it halves, it pads one more on the right and below."""
    drawing = inside((16, 32, 32), hidden=96, width=16, kernel=3)
    if expands:
        drawing.put("expand_conv", Conv2d(96, 1, bias=False), bind={"out_channels": "hidden"})
        drawing.put("bn0", BatchNorm2d(EPS))
        drawing.put("relu0", ReLU6())
    bind = {"out_channels": "hidden", "groups": "hidden", "kernel_size": "kernel"}
    if down:
        drawing.put("pad", Pad((0, 1, 0, 1)), bind={})
        drawing.put("depthwise_conv", Conv2d(96, 3, 2, groups=96, bias=False), bind=bind)
    else:
        depthwise = Conv2d(96, 3, padding=1, groups=96, bias=False)
        drawing.put("depthwise_conv", depthwise, bind=bind | {"padding": "kernel // 2"})
    drawing.put("bn1", BatchNorm2d(EPS))
    drawing.put("relu1", ReLU6())
    drawing.put("project_conv", Conv2d(16, 1, bias=False), bind={"out_channels": "width"})
    last = drawing.put("bn2", BatchNorm2d(EPS))
    if skips:
        drawing.put("add", Add(), last, "x")
    return close(drawing)


def _padded(drawing: Drawing, kernel: int) -> Drawing:
    """The same with the border that a kernel of this size needs where it halves an even map."""
    before = (kernel - 2) // 2
    node = drawing.nodes["pad"]
    drawing.nodes["pad"] = type(node)("pad", Pad((before, kernel - 2 - before) * 2))
    return drawing


@preset(
    title=say("EfficientNet-Lite0"),
    task="classification",
    parameters=4_652_008,
    reference='Liu, "Higher accuracy on vision models with EfficientNet-Lite", 2020',
    variables=(CLASSES,),
    notes=say(
        "EfficientNet without gates, and with ReLU6 for SiLU: what small machines compute badly is left out. Where it "
        "halves a map it pads one more on the right and below, as TensorFlow does."
    ),
)
def efficientnet_lite0(classes: int) -> Network:
    """Sixteen inverted residuals without gates."""
    drawing = Drawing("EfficientNet-Lite0", classes=classes)
    drawing.define("first_residual", lite(expands=False, down=False, skips=False))
    drawing.define("residual", lite(expands=True, down=False, skips=True))
    drawing.define("widening", lite(expands=True, down=False, skips=False))
    for kernel in (3, 5):
        drawing.define(f"halving_{kernel}", _padded(lite(expands=True, down=True, skips=False), kernel))
    drawing.put("input", Input((3, 224, 224)))
    drawing.put("pad", Pad((0, 1, 0, 1)))
    drawing.put("conv_stem", Conv2d(32, 3, 2, bias=False))
    drawing.put("bn0", BatchNorm2d(EPS))
    drawing.put("relu0", ReLU6())
    blocks = inside((32, 112, 112))
    flat = [one for _, stage in residuals() for one in stage]
    for i, one in enumerate(flat):
        name = "residual" if one.skips else "widening"
        if one.hidden == one.channels:
            name = "first_residual"
        elif one.stride == 2:
            name = f"halving_{one.kernel}"
        blocks.block(str(i), name, hidden=one.hidden, width=one.width, kernel=one.kernel)
    drawing.define("residuals", close(blocks))
    drawing.block("blocks", "residuals")
    drawing.put("conv_head", Conv2d(1280, 1, bias=False))
    drawing.put("bn1", BatchNorm2d(EPS))
    drawing.put("relu1", ReLU6())
    drawing.put("avg_pooling", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.put("dropout", Dropout(0.2))
    drawing.put("fc", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
