"""Maxout: the largest of a few weighted sums, an activation that is learned."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import Maxout
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing
from presets.registry import Trial, preset, right


@preset(
    title=say("Maxout"),
    task="classification",
    parameters=1_233_610,
    reference='Goodfellow and others, "Maxout networks", 2013',
    variables=(
        Spec("width", "int", 240, low=1, high=10_000, label="Units", help="How many units each hidden layer has."),
        Spec("pieces", "int", 5, low=1, high=100, label="Pieces", help="Of how many sums a unit keeps the largest."),
        Spec("classes", "int", 10, low=2, high=100_000, label="Classes", help="How many classes it tells apart."),
    ),
    notes=say(
        "With two pieces and the weights +1 and −1 a unit computes the absolute value: max(x, −x). The lecture writes "
        "abs(x) = max(z1..z5) beside it, which is the general maxout."
    ),
    trial=Trial("digits", 10, 5, right(97.4)),
)
def maxout(width: int, pieces: int, classes: int) -> Network:
    """Two hidden layers of maxout units and dropout, on digits of 28 x 28 pixels."""
    drawing = Drawing("Maxout", width=width, pieces=pieces, classes=classes)
    drawing.put("input", Input((1, 28, 28)))
    drawing.put("flatten", Flatten())
    drawing.put("drop0", Dropout(0.2))
    for i in (1, 2):
        drawing.put(f"dense{i}", Linear(width * pieces), bind={"out_features": "width * pieces"})
        drawing.put(f"maxout{i}", Maxout(pieces), bind={"pieces": "pieces"})
        drawing.put(f"drop{i}", Dropout(0.5))
    drawing.put("scores", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()
