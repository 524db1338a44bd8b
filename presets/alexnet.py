"""AlexNet: the network that brought convolutions back in 2012, in the one-column form of 2014."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing
from presets.registry import preset

CONVOLUTIONS = (
    Conv2d(64, 11, 4, 2),
    Conv2d(192, 5, padding=2),
    Conv2d(384, 3, padding=1),
    Conv2d(256, 3, padding=1),
    Conv2d(256, 3, padding=1),
)


@preset(
    title=say("AlexNet"),
    task="classification",
    parameters=61_100_840,
    reference='Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014',
    variables=(CLASSES,),
    notes=say("Nearly all of its weights lie in the first dense layer, nearly all of its work in the convolutions."),
)
def alexnet(classes: int) -> Network:
    """Five convolutions, three of them followed by a pooling; three dense layers."""
    drawing = Drawing("AlexNet", classes=classes)
    drawing.put("input", Input((3, 224, 224)))
    for i, convolution in enumerate(CONVOLUTIONS, 1):
        drawing.put(f"conv{i}", convolution)
        drawing.put(f"relu{i}", ReLU())
        if i in (1, 2, 5):
            drawing.put(f"pool{i}", MaxPool2d(3, 2))
    drawing.put("avgpool", AdaptiveAvgPool2d(6))
    drawing.put("flatten", Flatten())
    for i in (6, 7):
        drawing.put(f"drop{i}", Dropout())
        drawing.put(f"fc{i}", Linear(4096))
        drawing.put(f"relu{i}", ReLU())
    drawing.put("fc8", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
