"""SqueezeNet: as good as AlexNet with a fiftieth of its weights."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dropout import Dropout
from graph.layers.merge import Concat
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

FIRES = (16, 16, 32, 32, 48, 48, 64, 64)
"""Width of the squeezed part of each fire module; what it expands to is four times as wide, twice."""


def fire() -> Drawing:
    """Squeeze to few maps by 1 x 1, then expand by 1 x 1 and by 3 x 3 side by side."""
    drawing = inside((96, 54, 54), width=16)
    drawing.put("squeeze", Conv2d(16, 1), bind={"out_channels": "width"})
    narrow = drawing.put("squeeze_activation", ReLU())
    ends = []
    for kernel in (1, 3):
        bind = {"out_channels": "4 * width"}
        drawing.put(f"expand{kernel}x{kernel}", Conv2d(64, kernel, padding=kernel // 2), narrow, bind=bind)
        ends.append(drawing.put(f"expand{kernel}x{kernel}_activation", ReLU()))
    drawing.put("cat", Concat(), *ends)
    return close(drawing)


@preset(
    title=say("SqueezeNet"),
    task="classification",
    parameters=1_248_424,
    reference='Iandola and others, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016',
    variables=(CLASSES,),
    notes=say("It ends without a dense layer: a 1 × 1 convolution gives a map per class, and its mean is the score."),
)
def squeezenet(classes: int) -> Network:
    """Eight fire modules between two convolutions."""
    drawing = Drawing("SqueezeNet", classes=classes)
    drawing.define("fire", fire())
    drawing.put("input", Input((3, 224, 224)))
    drawing.put("conv1", Conv2d(96, 7, 2))
    drawing.put("relu1", ReLU())
    drawing.put("pool1", MaxPool2d(3, 2, ceil_mode=True))
    for i, width in enumerate(FIRES, 2):
        drawing.block(f"fire{i}", "fire", width=width)
        if i in (4, 8):
            drawing.put(f"pool{i}", MaxPool2d(3, 2, ceil_mode=True))
    drawing.put("dropout", Dropout())
    drawing.put("conv10", Conv2d(classes, 1), bind={"out_channels": "classes"})
    drawing.put("relu10", ReLU())
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.classify()
    return drawing.network()
