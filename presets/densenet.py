"""DenseNet: every layer receives what all the layers before it have found."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.merge import Concat
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import AvgPool2d, MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

GROWTH = 32
"""Maps that each layer adds."""


def dense_layer() -> Drawing:
    """Normalize, rectify, 1 x 1 to four times the growth; again, 3 x 3 to the growth; then stacked on what came."""
    drawing = inside(growth=GROWTH)
    drawing.put("norm1", BatchNorm2d(), "x")
    drawing.put("relu1", ReLU())
    drawing.put("conv1", Conv2d(4 * GROWTH, 1, bias=False), bind={"out_channels": "4 * growth"})
    drawing.put("norm2", BatchNorm2d())
    drawing.put("relu2", ReLU())
    new = drawing.put("conv2", Conv2d(GROWTH, 3, padding=1, bias=False), bind={"out_channels": "growth"})
    drawing.put("cat", Concat(), "x", new)
    return close(drawing)


def dense_block(layers: int) -> Drawing:
    """So many layers, each stacked on all before."""
    drawing = inside(growth=GROWTH)
    for i in range(1, layers + 1):
        drawing.block(f"denselayer{i}", "dense_layer")
    return close(drawing)


def transition() -> Drawing:
    """Half as many maps, half as high and wide."""
    drawing = inside(width=128)
    drawing.put("norm", BatchNorm2d())
    drawing.put("relu", ReLU())
    drawing.put("conv", Conv2d(128, 1, bias=False), bind={"out_channels": "width"})
    drawing.put("pool", AvgPool2d(2))
    return close(drawing)


@preset(
    title=say("DenseNet-121"),
    task="classification",
    parameters=7_978_856,
    reference='Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", 2017',
    variables=(CLASSES,),
    notes=say("Nothing is forgotten: maps are only ever added, so each layer can be narrow."),
)
def densenet121(classes: int) -> Network:
    """Four dense blocks of 6, 12, 24 and 16 layers."""
    drawing = Drawing("DenseNet-121", classes=classes)
    drawing.define("dense_layer", dense_layer())
    drawing.define("transition", transition())
    drawing.put("input", Input((3, 224, 224)))
    drawing.put("conv0", Conv2d(64, 7, 2, 3, bias=False))
    drawing.put("norm0", BatchNorm2d())
    drawing.put("relu0", ReLU())
    drawing.put("pool0", MaxPool2d(3, 2, 1))
    channels = 64
    for i, layers in enumerate((6, 12, 24, 16), 1):
        body = dense_block(layers)
        body.blocks = {"dense_layer": drawing.blocks["dense_layer"]}
        drawing.define(f"{('six', 'twelve', 'twenty_four', 'sixteen')[i - 1]}_layers", body)
        drawing.block(f"denseblock{i}", f"{('six', 'twelve', 'twenty_four', 'sixteen')[i - 1]}_layers")
        channels += GROWTH * layers
        if i < 4:
            channels //= 2
            drawing.block(f"transition{i}", "transition", width=channels)
    drawing.put("norm5", BatchNorm2d())
    drawing.put("relu5", ReLU())
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.put("classifier", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
