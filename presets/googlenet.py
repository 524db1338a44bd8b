"""GoogLeNet: windows of several sizes look at the same place side by side."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.merge import Concat
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Widths: 1 x 1; 1 x 1 before 3 x 3, 3 x 3; 1 x 1 before the second 3 x 3, that; 1 x 1 behind the pooling."""

NAMES = ("one", "three_before", "three", "five_before", "five", "pooled")


def unit(kernel: int, stride: int = 1) -> Drawing:
    """Convolution, normalization, rectifier."""
    drawing = inside(width=64)
    padding = kernel // 2
    drawing.put("conv", Conv2d(64, kernel, stride, padding, bias=False), bind={"out_channels": "width"})
    drawing.put("bn", BatchNorm2d(eps=0.001))
    drawing.put("relu", ReLU())
    return close(drawing)


def inception() -> Drawing:
    """Four paths side by side, stacked."""
    drawing = inside((192, 28, 28), **dict(zip(NAMES, INCEPTIONS["3a"], strict=True)))
    drawing.put("branch1", Block("unit_1"), "x", bind={"width": "one"})
    drawing.put("branch2_0", Block("unit_1"), "x", bind={"width": "three_before"})
    drawing.put("branch2_1", Block("unit_3"), bind={"width": "three"})
    drawing.put("branch3_0", Block("unit_1"), "x", bind={"width": "five_before"})
    drawing.put("branch3_1", Block("unit_3"), bind={"width": "five"})
    drawing.put("branch4_0", MaxPool2d(3, 1, 1, ceil_mode=True), "x")
    drawing.put("branch4_1", Block("unit_1"), bind={"width": "pooled"})
    drawing.put("cat", Concat(), "branch1", "branch2_1", "branch3_1", "branch4_1")
    return close(drawing)


@preset(
    title=say("GoogLeNet"),
    task="classification",
    parameters=6_624_904,
    reference='Szegedy and others, "Going deeper with convolutions", 2015',
    variables=(CLASSES,),
    notes=say(
        "Small and large windows side by side; 1 × 1 convolutions before them keep the cost low. As in torchvision, "
        "the third path has a window of 3 where the paper has 5, and each convolution is normalized."
    ),
)
def googlenet(classes: int) -> Network:
    """Nine inception modules, without the auxiliary heads."""
    drawing = Drawing("GoogLeNet", classes=classes)
    for kernel in (1, 3):
        drawing.define(f"unit_{kernel}", unit(kernel))
    drawing.define("stem_unit", unit(7, 2))
    body = inception()
    body.blocks = {name: drawing.blocks[name] for name in ("unit_1", "unit_3")}
    drawing.define("inception", body)
    drawing.put("input", Input((3, 224, 224)))
    drawing.block("conv1", "stem_unit", width=64)
    drawing.put("maxpool1", MaxPool2d(3, 2, ceil_mode=True))
    drawing.block("conv2", "unit_1", width=64)
    drawing.block("conv3", "unit_3", width=192)
    drawing.put("maxpool2", MaxPool2d(3, 2, ceil_mode=True))
    for name, widths in INCEPTIONS.items():
        drawing.block(f"inception{name}", "inception", **dict(zip(NAMES, widths, strict=True)))
        if name == "3b":
            drawing.put("maxpool3", MaxPool2d(3, 2, ceil_mode=True))
        if name == "4e":
            drawing.put("maxpool4", MaxPool2d(2, 2, ceil_mode=True))
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.put("dropout", Dropout(0.2))
    drawing.put("fc", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
