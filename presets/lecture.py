"""The network of the lecture: handwritten digits, six convolutions, two poolings, one dense layer."""

from __future__ import annotations

from itertools import pairwise

from graph import Edge, Layer, Network, Node, Note
from graph.layers.activation import ReLU, Softmax
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output, Target
from graph.layers.tensor_ops import Flatten
from graph.text import say, tr
from graph.values import Spec
from presets.registry import Trial, preset, right

COLUMN, ROW = 304.0, 96.0
"""Pixels from column to column and from row to row."""

MISPRINT = say(
    "The lecture prints {printed} weights: it leaves out the last layer's {biases} biases. With them, the total is "
    "{total}.",
    printed=33_720,
    biases=10,
    total=33_730,
)

Row = tuple[str, Layer, dict[str, str]]


@preset(
    title=say("Lecture network"),
    task="classification",
    parameters=33_730,
    reference=(
        'After LeCun and others, "Gradient-based learning applied to document recognition", 1998: convolutions, '
        "pooling, a dense layer, on grey digits of 28 × 28 pixels"
    ),
    variables=(
        Spec("width", "int", 8, low=1, high=1024, label="Width", help="Filters of the first stage; it doubles twice."),
        Spec("classes", "int", 10, low=2, high=100_000, label="Classes", help="How many classes it tells apart."),
    ),
    notes=MISPRINT,
    trial=Trial("digits", 10, 6, right(99.3)),
)
def lecture(width: int, classes: int) -> Network:
    """Two convolutions and a pooling, twice; two convolutions; a dense layer whose scores meet the target."""
    columns: list[list[Row]] = [
        [("input", Input((1, 28, 28)), {}), *_stage(1, width, 1), ("pool1", MaxPool2d(2), {})],
        [*_stage(3, width, 2), ("pool2", MaxPool2d(2), {})],
        [
            *_stage(5, width, 4),
            ("flatten", Flatten(), {}),
            ("dense", Linear(classes), {"out_features": "classes"}),
            ("softmax", Softmax(), {}),
            ("output", Output(), {}),
        ],
    ]
    rows = [row for column in columns for row in column]
    places = {name: (x * COLUMN, y * ROW) for x, column in enumerate(columns) for y, (name, *_) in enumerate(column)}
    for name in ("flatten", "dense", "softmax", "output"):  # below the frame of the last stage
        places[name] = (places[name][0], places[name][1] + 24.0)
    nodes = {name: Node(name, layer, places[name], bind) for name, layer, bind in rows}
    right, scores = places["dense"]
    nodes["target"] = Node("target", Target(), (right + COLUMN, scores))
    nodes["loss"] = Node("loss", CrossEntropyLoss(), (right + COLUMN, scores + ROW))
    edges = [Edge(a[0], "out", b[0], "x") for a, b in pairwise(rows)]
    edges += [Edge("dense", "out", "loss", "input"), Edge("target", "out", "loss", "target")]
    notes = [Note(tr("Stage {n}", n=i + 1), frames=frame) for i, frame in enumerate(_frames(columns))]
    if (width, classes) == (8, 10):
        notes.append(Note(str(MISPRINT), (-24.0, 6 * ROW + 24.0), (228.0, 116.0)))
    return Network(tr("Lecture network"), nodes, tuple(edges), {"width": width, "classes": classes}, notes=tuple(notes))


def _stage(first: int, width: int, factor: int) -> list[Row]:
    """Two convolutions that keep the size, each with its rectifier."""
    bind = {"out_channels": f"{factor} * width" if factor > 1 else "width"}
    return [
        row
        for i in (first, first + 1)
        for row in (
            (f"conv{i}", Conv2d(factor * width, 3, padding="same"), bind),
            (f"relu{i}", ReLU(), dict[str, str]()),
        )
    ]


def _frames(columns: list[list[Row]]) -> list[tuple[str, ...]]:
    """The nodes of each stage: the convolutions and what belongs to them."""
    return [
        tuple(name for name, *_ in column if name.startswith(("input", "conv", "relu", "pool"))) for column in columns
    ]
