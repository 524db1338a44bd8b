"""Edits that several fixes are made of: new nodes in an edge, with room made for them on the drawing."""

from __future__ import annotations

from dataclasses import replace

from graph import edit
from graph.layer import Layer
from graph.network import Edge, Network

PITCH, ASIDE = 96.0, 212.0
"""Pixels from the top of one node to that of the next below, and to that of one at its side."""
WIDTH, HEIGHT = 180.0, 64.0
"""Of a node."""


def put_between(network: Network, edge: Edge, *layers: Layer) -> Network:
    """New nodes with *layers* in *edge*, one after the other; what is in the way moves down."""
    return put_named(network, edge, *layers)[0]


def put_named(network: Network, edge: Edge, *layers: Layer) -> tuple[Network, tuple[str, ...]]:
    """The same, with the names of the new nodes."""
    network = _opened(network, edge, len(layers))
    (x, y), side = network.nodes[edge.target].at, network.nodes[edge.source].at[0]
    names = []
    for i, layer in enumerate(layers):
        at = _free(network, (x, y - PITCH * (len(layers) - i)), side)
        network, name = edit.add(network, layer, at=at)
        network = edit.insert(network, name, edge)
        edge = Edge(name, network.outputs(network.nodes[name])[0].name, edge.target, edge.into)
        names.append(name)
    return network, tuple(names)


def _opened(network: Network, edge: Edge, count: int) -> Network:
    """The network with room for *count* nodes above the end of *edge*, if it leads down to it."""
    above, below = network.node(edge.source).at[1], network.node(edge.target).at[1]
    by = PITCH * (count + 1) - (below - above)
    if above >= below or by <= 0:
        return network
    moved = {n: replace(m, at=(m.at[0], m.at[1] + by)) for n, m in network.nodes.items() if m.at[1] >= below}
    return network.change(nodes={**network.nodes, **moved})


def _free(network: Network, at: tuple[float, float], side: float) -> tuple[float, float]:
    """*at* if nothing stands there, else the same height at *side*, else the next free place to the right."""
    x, y = at
    for other in (x, side):
        if not _taken(network, other, y):
            return other, y
    while _taken(network, x, y):
        x += ASIDE
    return x, y


def _taken(network: Network, x: float, y: float) -> bool:
    return any(abs(n.at[0] - x) < WIDTH and abs(n.at[1] - y) < HEIGHT for n in network.nodes.values())
