"""VGG: nothing but 3 x 3 convolutions and poolings, in five stages, then three dense layers."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

REFERENCE = 'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015'
WIDTHS = (64, 128, 256, 512, 512)
NUMBERS = ("", "one", "two", "three", "four")


def stage(convolutions: int, norm: bool) -> Drawing:
    """So many convolutions of the same width, each with its rectifier."""
    drawing = inside(width=64)
    for i in range(1, convolutions + 1):
        drawing.put(f"conv{i}", Conv2d(64, 3, padding=1), bind={"out_channels": "width"})
        if norm:
            drawing.put(f"norm{i}", BatchNorm2d())
        drawing.put(f"relu{i}", ReLU())
    return close(drawing)


def vgg(name: str, depths: tuple[int, ...], classes: int, norm: bool = False) -> Network:
    """VGG with so many convolutions per stage."""
    drawing = Drawing(name, classes=classes)
    for n in dict.fromkeys(depths):
        drawing.define(f"{NUMBERS[n]}_convolutions" if n > 1 else "one_convolution", stage(n, norm))
    drawing.put("input", Input((3, 224, 224)))
    for i, (n, width) in enumerate(zip(depths, WIDTHS, strict=True), 1):
        drawing.block(f"stage{i}", f"{NUMBERS[n]}_convolutions" if n > 1 else "one_convolution", width=width)
        drawing.put(f"pool{i}", MaxPool2d(2))
    drawing.put("avgpool", AdaptiveAvgPool2d(7))
    drawing.put("flatten", Flatten())
    for i in (6, 7):
        drawing.put(f"fc{i}", Linear(4096))
        drawing.put(f"relu{i}", ReLU())
        drawing.put(f"drop{i}", Dropout())
    drawing.put("fc8", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()


NOTE = say(
    "Two convolutions of 3 see as far as one of 5 with fewer weights, three as far as one of 7. Nine tenths of all "
    "weights lie in the three dense layers."
)
DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}


@preset(
    title=say("VGG11"),
    task="classification",
    parameters=132_863_336,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg11(classes: int) -> Network:
    """Eight convolutions."""
    return vgg("VGG11", DEPTHS["vgg11"], classes)


@preset(
    title=say("VGG13"),
    task="classification",
    parameters=133_047_848,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg13(classes: int) -> Network:
    """Ten convolutions."""
    return vgg("VGG13", DEPTHS["vgg13"], classes)


@preset(
    title=say("VGG16"),
    task="classification",
    parameters=138_357_544,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg16(classes: int) -> Network:
    """Thirteen convolutions; 71.6 % right at the first guess on ImageNet, 90.4 % among five."""
    return vgg("VGG16", DEPTHS["vgg16"], classes)


@preset(
    title=say("VGG19"),
    task="classification",
    parameters=143_667_240,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg19(classes: int) -> Network:
    """Sixteen convolutions."""
    return vgg("VGG19", DEPTHS["vgg19"], classes)


@preset(
    title=say("VGG11 with normalization"),
    task="classification",
    parameters=132_868_840,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg11_bn(classes: int) -> Network:
    """Eight convolutions, each normalized over the batch."""
    return vgg("VGG11 with normalization", DEPTHS["vgg11"], classes, norm=True)


@preset(
    title=say("VGG13 with normalization"),
    task="classification",
    parameters=133_053_736,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg13_bn(classes: int) -> Network:
    """Ten convolutions, each normalized over the batch."""
    return vgg("VGG13 with normalization", DEPTHS["vgg13"], classes, norm=True)


@preset(
    title=say("VGG16 with normalization"),
    task="classification",
    parameters=138_365_992,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg16_bn(classes: int) -> Network:
    """Thirteen convolutions, each normalized over the batch."""
    return vgg("VGG16 with normalization", DEPTHS["vgg16"], classes, norm=True)


@preset(
    title=say("VGG19 with normalization"),
    task="classification",
    parameters=143_678_248,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def vgg19_bn(classes: int) -> Network:
    """Sixteen convolutions, each normalized over the batch."""
    return vgg("VGG19 with normalization", DEPTHS["vgg19"], classes, norm=True)
