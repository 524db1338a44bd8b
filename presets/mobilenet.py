"""MobileNet: depthwise and pointwise convolutions instead of whole ones, for small machines."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import ReLU, ReLU6
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.merge import Add
from graph.layers.normalization import BatchNorm2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Width and stride of each separable convolution of the first version."""

V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, width, repeats and first stride of the stages of the second version."""


def separable(channels: int) -> Drawing:
    """A 3 x 3 filter per map, then a 1 x 1 convolution over all of them."""
    drawing = inside((channels, 32, 32), width=64, stride=1)
    depthwise = Conv2d(channels, 3, padding=1, groups=channels, bias=False)
    drawing.put("depthwise", depthwise, bind={"stride": "stride"})
    drawing.put("norm1", BatchNorm2d())
    drawing.put("relu1", ReLU())
    drawing.put("pointwise", Conv2d(64, 1, bias=False), bind={"out_channels": "width"})
    drawing.put("norm2", BatchNorm2d())
    drawing.put("relu2", ReLU())
    return close(drawing)


@preset(
    title=say("MobileNet v1"),
    task="classification",
    parameters=4_231_976,
    reference='Howard and others, "MobileNets: efficient convolutional neural networks for mobile vision", 2017',
    variables=(CLASSES,),
    notes=say(
        "A depthwise and a pointwise convolution together need about a ninth of the multiplications of one of 3."
    ),
)
def mobilenet_v1(classes: int) -> Network:
    """Thirteen separable convolutions."""
    drawing = Drawing("MobileNet v1", classes=classes)
    drawing.put("input", Input((3, 224, 224)))
    drawing.put("conv", Conv2d(32, 3, 2, 1, bias=False))
    drawing.put("norm", BatchNorm2d())
    drawing.put("relu", ReLU())
    channels = 32
    for i, (width, stride) in enumerate(V1, 1):
        if f"separable_{channels}" not in drawing.blocks:
            drawing.define(f"separable_{channels}", separable(channels))
        drawing.block(f"separable{i}", f"separable_{channels}", width=width, stride=stride)
        channels = width
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.put("fc", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()


def unit(kernel: int, width: str, stride: str = "1", groups: str = "1", last: bool = False) -> Drawing:
    """A convolution, its normalization and (but for the last of a block) its rectifier; named 0, 1, 2 as in torch."""
    drawing = inside(width=32, stride=1, groups=1)
    bind = {"out_channels": width, "stride": stride, "groups": groups}
    drawing.put("0", Conv2d(32, kernel, padding=kernel // 2, bias=False), bind=bind)
    drawing.put("1", BatchNorm2d())
    if not last:
        drawing.put("2", ReLU6())
    return close(drawing)


def inverted(expand: bool, skip: bool) -> Drawing:
    """Widen by a 1 x 1 convolution, filter each map by itself, narrow again; the skip joins the narrow ends."""
    drawing = inside((16, 32, 32), hidden=96, width=16, stride=1)
    drawing.define("pointwise_unit", unit(1, "width"))
    drawing.define("depthwise_unit", unit(3, "width", "stride", "groups"))
    body = inside((16, 32, 32), hidden=96, width=16, stride=1)
    children = 0
    if expand:
        body.put("0", Block("pointwise_unit"), bind={"width": "hidden"})
        children = 1
    depthwise = {"width": "hidden", "stride": "stride", "groups": "hidden"}
    body.put(str(children), Block("depthwise_unit"), bind=depthwise)
    body.put(str(children + 1), Conv2d(16, 1, bias=False), bind={"out_channels": "width"})
    body.put(str(children + 2), BatchNorm2d())
    body.blocks = dict(drawing.blocks)
    drawing.define("inverted_body" if expand else "first_body", close(body))
    bind = {"hidden": "hidden", "width": "width", "stride": "stride"}
    drawing.put("conv", Block("inverted_body" if expand else "first_body"), "x", bind=bind)
    if skip:
        drawing.put("add", Add(), "x", "conv")
    return close(drawing)


@preset(
    title=say("MobileNet v2"),
    task="classification",
    parameters=3_504_872,
    reference='Sandler and others, "MobileNetV2: inverted residuals and linear bottlenecks", 2018',
    variables=(CLASSES,),
    notes=say("Blocks are narrow outside and wide inside, and end without an activation: the narrow ends keep all."),
)
def mobilenet_v2(classes: int) -> Network:
    """Seventeen inverted residual blocks; nodes named as in torchvision."""
    drawing = Drawing("MobileNet v2", classes=classes)
    drawing.put("input", Input((3, 224, 224)))
    features = inside((3, 224, 224))
    features.define("first_block", inverted(expand=False, skip=False))
    features.define("inverted_residual", inverted(expand=True, skip=True))
    features.define("inverted_down", inverted(expand=True, skip=False))
    features.define("convolution_unit", unit(3, "width", "stride"))
    features.block("0", "convolution_unit", width=32, stride=2)
    channels, i = 32, 1
    for expansion, width, repeats, first in V2:
        for repeat in range(repeats):
            stride = first if repeat == 0 else 1
            kind = "first_block" if expansion == 1 else "inverted_residual" if repeat else "inverted_down"
            values = {"hidden": channels * expansion, "width": width, "stride": stride}
            features.block(str(i), kind, **values)
            channels, i = width, i + 1
    features.block(str(i), "pointwise_unit", width=1280)
    drawing.define("feature_maps", close(features))
    drawing.block("features", "feature_maps")
    drawing.classify_mean(1280, classes, 0.2)
    return drawing.network()
