"""A sheet: small networks side by side on one input, each with a note that says what to notice."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from graph import Edge, Layer, Network, Node, Note
from graph.layers.source import Input, Output

COLUMN, ROW, TOP, ASIDE = 312.0, 112.0, 144.0, 212.0
"""Pixels from column to column, from row to row, from the input to the first row, and to what stands aside."""

WIDE, LETTERS, LINE, HEAD = 276.0, 36, 16, 56
"""Of a note: its width, how many letters a line of it holds, the height of a line and of what stands around them."""

Step = tuple[str, Layer] | tuple[str, Layer, tuple[str, ...]]
"""A node's name and layer; and, where it does not follow the one before alone, what it follows."""


def sheet(
    name: str, shape: tuple[int, ...], columns: Sequence[tuple[str, str, Sequence[Step]]], wide: float = COLUMN
) -> Network:
    """The network of the *columns*: each a name, a note, and steps from the input to an output of that name.

    A step that does not follow the one before it stands beside it; columns are *wide* enough for that.
    """
    middle = (len(columns) - 1) * wide / 2
    nodes = {"input": Node("input", Input(shape), (middle - middle % 4, 0.0))}
    edges: list[Edge] = []
    notes: list[Note] = []
    for place, (output, text, steps) in enumerate(columns):
        x, row, last = place * wide, 0, "input"
        for step, layer, *given in (*steps, (output, Output())):
            sources = given[0] if given else (last,)
            aside = last not in sources and not any(source in sources for source in list(nodes)[-2:])
            nodes[step] = Node(step, layer, (x + ASIDE, TOP + (row - 1) * ROW) if aside else (x, TOP + row * ROW))
            edges += [Edge(source, "out", step, layer.inputs[0].name) for source in sources]
            row, last = row + (not aside), step
        high = float(HEAD + LINE * ceil(len(text) / LETTERS))
        notes.append(Note(text, (x, TOP + row * ROW), (WIDE, high)))
    return Network(name, nodes, tuple(edges), notes=tuple(notes))
