"""A convolution along one axis: the same few weights slide along a signal."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool1d
from graph.layers.convolution import Conv1d
from graph.layers.dense import Linear
from graph.layers.pooling import MaxPool1d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing
from presets.registry import preset


@preset(
    title=say("Signals"),
    task="classification",
    takes="signals",
    parameters=8_132,
    reference='After Waibel and others, "Phoneme recognition using time-delay neural networks", 1989',
    variables=(
        Spec("width", "int", 16, low=1, high=1024, label="Width", help="Filters of the first convolution."),
        Spec("classes", "int", 4, low=2, high=100_000, label="Classes", help="How many classes it tells apart."),
    ),
    notes=say(
        "One neuron that slides along a vector finds its pattern wherever it begins, with as many weights as its "
        "window is long. The mean over time at the end lets signals be of any length."
    ),
)
def conv1d_signal(width: int, classes: int) -> Network:
    """Three convolutions along a signal of one channel and 128 samples."""
    drawing = Drawing("Signals", width=width, classes=classes)
    drawing.put("input", Input((1, 128)))
    for i, factor in enumerate((1, 2, 4), 1):
        bind = {"out_channels": "width" if factor == 1 else f"{factor} * width"}
        drawing.put(f"conv{i}", Conv1d(width * factor, 5 if i == 1 else 3, padding="same"), bind=bind)
        drawing.put(f"relu{i}", ReLU())
        if i < 3:
            drawing.put(f"pool{i}", MaxPool1d(2))
    drawing.put("mean", AdaptiveAvgPool1d(1))
    drawing.put("flatten", Flatten())
    drawing.put("scores", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
