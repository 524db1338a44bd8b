"""LeNet-5, as it is taught today: dense second convolution, ReLU-free, max replaced by the original means."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import Tanh
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.pooling import AvgPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing
from presets.registry import Trial, preset, right


@preset(
    title=say("LeNet-5"),
    task="classification",
    parameters=61_706,
    reference='LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998',
    variables=(
        Spec("classes", "int", 10, low=2, high=100_000, label="Classes", help="How many classes it tells apart."),
    ),
    notes=say(
        "The original connects the maps of the second convolution to only some of the first, by a table: 60,000 "
        "parameters. This is the dense version that is taught today."
    ),
    trial=Trial("digits", 10, 5, right(98.9)),
)
def lenet5(classes: int) -> Network:
    """Two convolutions with means between, three dense layers; 32 x 32 pixels."""
    drawing = Drawing("LeNet-5", classes=classes)
    drawing.put("input", Input((1, 32, 32)))
    for i, filters in ((1, 6), (3, 16)):
        drawing.put(f"c{i}", Conv2d(filters, 5))
        drawing.put(f"tanh{i}", Tanh())
        drawing.put(f"s{i + 1}", AvgPool2d(2))
    drawing.put("flatten", Flatten())
    for name, features in (("c5", 120), ("f6", 84)):
        drawing.put(name, Linear(features))
        drawing.put(f"tanh{name[1]}", Tanh())
    drawing.put("scores", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
