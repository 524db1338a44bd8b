"""A sheet: small networks side by side on one input, each with a note that says what to notice."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from graph import Edge, Layer, Network, Node, Note
from graph.layers.source import Input, Output

COLUMN, ROW, TOP = 312.0, 112.0, 144.0
"""Pixels from column to column, from row to row, and from the input to the first row."""

WIDE, LETTERS, LINE, HEAD = 276.0, 36, 16, 56
"""Of a note: its width, how many letters a line of it holds, the height of a line and of what stands around them."""

Step = tuple[str, Layer] | tuple[str, Layer, tuple[str, ...]]
"""A node's name and layer; and, where it does not follow the one before alone, what it follows."""


def sheet(name: str, shape: tuple[int, ...], columns: Sequence[tuple[str, str, Sequence[Step]]]) -> Network:
    """The network of the *columns*: each a name, a note, and steps from the input to an output of that name."""
    middle = (len(columns) - 1) * COLUMN / 2
    nodes = {"input": Node("input", Input(shape), (middle - middle % 4, 0.0))}
    edges: list[Edge] = []
    notes: list[Note] = []
    for place, (output, text, steps) in enumerate(columns):
        x, last = place * COLUMN, "input"
        for row, (step, layer, *given) in enumerate((*steps, (output, Output()))):
            nodes[step] = Node(step, layer, (x, TOP + row * ROW))
            for source in given[0] if given else (last,):
                edges.append(Edge(source, "out", step, layer.inputs[0].name))
            last = step
        high = float(HEAD + LINE * ceil(len(text) / LETTERS))
        notes.append(Note(text, (x, TOP + (len(steps) + 1) * ROW), (WIDE, high)))
    return Network(name, nodes, tuple(edges), notes=tuple(notes))
