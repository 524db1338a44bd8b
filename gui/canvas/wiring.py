"""What new links follow from a wish: which ports are meant, and how what follows makes room.  Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from graph import edit
from graph.checks import refusal
from graph.errors import NetworkError
from graph.layer import Port
from graph.network import Edge, Network
from gui.canvas.geometry import GAP, GRID, NODE, Point, Rect, size_of, snapped


def free_place(start: Point, taken: Callable[[Rect], bool]) -> Point:
    """*start*, or the nearest place to the right of it where no node stands."""
    x, y = start
    for _ in range(64):
        if not taken(Rect(x + 1, y + 1, x + NODE[0] - 1, y + NODE[1] - 1)):
            break
        x += NODE[0] + GAP
    return x, y


def fed(network: Network, sources: Iterable[str], target: str, *, strict: bool = False) -> Network:
    """*network* with an edge from each of *sources* to a free input of *target* that takes it.

    Where nothing fits it stays without (*strict*: it is refused with the reason).
    """
    for source in sources:
        edges = [
            Edge(source, out.name, target, into.name)
            for into in free(network, target)
            for out in network.outputs(network.nodes[source])
        ]
        if not edges and strict:
            edges = [
                Edge(source, out.name, target, into.name)
                for into in network.inputs(network.nodes[target])
                for out in network.outputs(network.nodes[source])
            ]
        if strict and not edges:
            raise NetworkError("Nothing leads from {source} into {target}.", source=source, target=target)
        good = next((e for e in edges if refusal(network, e) is None), None)
        if good is not None or (strict and edges):
            network = edit.connect(network, good or edges[0])
    return network


def free(network: Network, name: str) -> list[Port]:
    """Input ports of a node that are free, or take many."""
    taken = {e.into for e in network.incoming.get(name, ())}
    return [p for p in network.inputs(network.nodes[name]) if p.many or p.name not in taken]


def taker(network: Network, names: Iterable[str]) -> str:
    """The one among *names* that takes many inputs: all others are meant to feed it."""
    takers = [n for n in names if any(p.many for p in network.inputs(network.nodes[n]))]
    return takers[0] if len(takers) == 1 else ""


def with_room(network: Network, name: str) -> Network:
    """*network* with what follows the new node *name* moved down, where it would stand on top of it."""
    node = network.nodes[name]
    bottom = node.at[1] + size_of(node)[1]
    followers, todo = set(), [name]
    while todo:
        for edge in network.outgoing.get(todo.pop(), ()):
            if edge.target not in followers:
                followers.add(edge.target)
                todo.append(edge.target)
    column = [
        network.nodes[f].at[1]
        for f in followers
        if abs(network.nodes[f].at[0] - node.at[0]) < NODE[0] and network.nodes[f].at[1] >= node.at[1] - NODE[1]
    ]
    missing = bottom + GAP - min(column) if column else 0.0
    if missing <= 0:
        return network
    down = snapped(missing + GRID / 2)
    return edit.move(
        network,
        {
            f: (network.nodes[f].at[0], network.nodes[f].at[1] + down)
            for f in followers
            if abs(network.nodes[f].at[0] - node.at[0]) < NODE[0] and network.nodes[f].at[1] >= min(column)
        },
    )
