"""Networks to measure with."""

from __future__ import annotations

from itertools import pairwise

from graph import Edge, Layer, Network, Node
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input

ROWS = 25
"""Nodes per column: the flow runs down, then on in the next column."""


def residual(count: int = 1000) -> Network:
    """A network of *count* nodes with a shortcut in every fifth, as they occur in practice; early pooling."""
    layers: list[tuple[str, Layer]] = [
        ("input", Input((3, 224, 224))),
        ("stem", Conv2d(16, 7, 2, 3)),
        ("pool", MaxPool2d(2)),
    ]
    edges = [Edge("input", "out", "stem", "x"), Edge("stem", "out", "pool", "x")]
    last = "pool"
    while len(layers) < count:
        i = len(layers)
        entry = last
        for name, layer in ((f"conv{i}", Conv2d(16, 3, padding=1)), (f"norm{i}", BatchNorm2d()), (f"add{i}", Add())):
            layers.append((name, layer))
            edges.append(Edge(last, "out", name, "x"))
            last = name
        edges.append(Edge(entry, "out", last, "x"))
    nodes = {
        name: Node(name, layer, at=(i // ROWS * 250.0, i % ROWS * 120.0))
        for i, (name, layer) in enumerate(layers[:count])
    }
    return Network("residual", nodes, tuple(e for e in edges if e.source in nodes and e.target in nodes))


def unlike(count: int = 1000) -> Network:
    """A chain of *count* nodes, no two of them the same layer on the same shape: each has to be asked."""
    layers: list[tuple[str, Layer]] = [("input", Input((3, 224, 224)))]
    while len(layers) < count:
        i = len(layers)
        layers += [(f"conv{i}", Conv2d(i, 3, padding=1)), (f"norm{i}", BatchNorm2d()), (f"act{i}", ReLU())]
    layers = layers[:count]
    nodes = {name: Node(name, layer) for name, layer in layers}
    return Network("unlike", nodes, tuple(Edge(a, "out", b, "x") for (a, _), (b, _) in pairwise(layers)))
