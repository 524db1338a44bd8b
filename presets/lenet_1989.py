"""The first convolutional network that learned by backpropagation to read: zip codes, 1989."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import Tanh
from graph.layers.dense import Linear
from graph.layers.local import TableConv2d
from graph.layers.loss_numbers import MSELoss
from graph.layers.source import Input, OneHot, Output, Target
from graph.layers.tensor_ops import Flatten, Rescale
from graph.text import say
from presets.drawing import Drawing, close, inside
from presets.registry import Trial, preset, right

DIGITS = 10
TABLE = "0-7 x4; 4-11 x4; 0-3, 8-11 x4"
"""Each map of the second layer sees eight of the twelve of the first; the paper leaves open which."""


def scaled_tanh() -> Drawing:
    """``1.7159 tanh(⅔ x)``: it is ±1 at ±1, where the targets lie, and steepest between."""
    drawing = inside((12, 8, 8))
    drawing.put("before", Rescale(2 / 3))
    drawing.put("tanh", Tanh())
    drawing.put("after", Rescale(1.7159))
    return close(drawing)


@preset(
    title=say("LeNet 1989"),
    task="classification",
    parameters=9_760,
    reference='LeCun and others, "Backpropagation applied to handwritten zip code recognition", 1989',
    notes=say(
        "Weights are shared along the image, biases are not: every unit has its own. The border is filled with −1, the "
        "value of the background; the targets are +1 for the right digit and −1 for the others."
    ),
    trial=Trial("digits", 20, 7, right(99.3)),
)
def lenet_1989() -> Network:
    """1,256 units, 64,660 connections, 9,760 weights; images of 16 x 16 pixels."""
    drawing = Drawing("LeNet 1989")
    drawing.define("scaled_tanh", scaled_tanh())
    drawing.put("input", Input((1, 16, 16)))
    border = {"stride": 2, "padding": 2, "padding_value": -1.0, "biases": "unit"}
    drawing.put("h1", TableConv2d("0 x12", 5, **border))
    drawing.put("f1", Block("scaled_tanh"))
    drawing.put("h2", TableConv2d(TABLE, 5, **border))
    drawing.put("f2", Block("scaled_tanh"))
    drawing.put("flatten", Flatten())
    drawing.put("h3", Linear(30))
    drawing.put("f3", Block("scaled_tanh"))
    drawing.put("dense", Linear(DIGITS))
    scores = drawing.put("f4", Block("scaled_tanh"))
    drawing.put("output", Output())
    drawing.put("target", Target())
    drawing.put("wanted", OneHot(DIGITS, -1.0, 1.0))
    drawing.put("loss", MSELoss(), scores)
    drawing.link("wanted", "loss", "target")
    return drawing.network()
