"""The lecture's network with separable convolutions: each map is filtered by itself, then all are mixed."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing, close, inside
from presets.registry import Trial, preset, right


def separable() -> Drawing:
    """A 3 x 3 filter per map, then a 1 x 1 convolution over all maps, as the lecture draws it: without biases."""
    drawing = inside((8, 28, 28), channels=8, width=8)
    depthwise = Conv2d(8, 3, padding="same", groups=8, bias=False)
    drawing.put("depthwise", depthwise, bind={"out_channels": "channels", "groups": "channels"})
    drawing.put("pointwise", Conv2d(8, 1, bias=False), bind={"out_channels": "width"})
    return close(drawing)


@preset(
    title=say("Lecture network, separable"),
    task="classification",
    parameters=18_474,
    reference='After Chollet, "Xception: deep learning with depthwise separable convolutions", 2017',
    variables=(
        Spec("width", "int", 8, low=1, high=1024, label="Width", help="Filters of the first stage; it doubles twice."),
        Spec("classes", "int", 10, low=2, high=100_000, label="Classes", help="How many classes it tells apart."),
    ),
    notes=say(
        "A convolution of 3 from 512 to 512 maps has 2,359,296 weights; a separable one has 512 × 9 + 512 × 512 = "
        "266,752, nearly nine times fewer."
    ),
    trial=Trial("digits", 10, 6, right(99.3)),
)
def lecture_separable(width: int, classes: int) -> Network:
    """The convolutions but for the first are separable."""
    drawing = Drawing("Lecture network, separable", width=width, classes=classes)
    drawing.define("separable", separable())
    drawing.put("input", Input((1, 28, 28)))
    drawing.put("conv1", Conv2d(width, 3, padding="same"), bind={"out_channels": "width"})
    drawing.put("relu1", ReLU())
    before, i = "width", 1
    for stage, factor in enumerate((1, 2, 4), 1):
        now = "width" if factor == 1 else f"{factor} * width"
        for _ in range(1 if stage == 1 else 2):
            i += 1
            drawing.put(f"conv{i}", Block("separable"), bind={"channels": before, "width": now})
            drawing.put(f"relu{i}", ReLU())
            before = now
        if stage < 3:
            drawing.put(f"pool{stage}", MaxPool2d(2))
    drawing.put("flatten", Flatten())
    drawing.put("dense", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
