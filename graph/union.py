"""Two networks in one drawing: everything that is in either, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from graph.analysis import Fact
from graph.diff import How, values
from graph.network import Block, Edge, Network

WIDE, HIGH = 212.0, 96.0
"""How far apart two nodes stand at least, across and down, in pixels of the scene."""


@dataclass(frozen=True)
class Mark:
    """What became of a node: it was added, removed, or changed, and then which values (before, after).

    One that is the same in both and gives something else *follows* from other changes.
    """

    how: How | Literal["follows"]
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Union:
    """One level of two networks: all their nodes and edges, and the marks of those that differ.

    *network* is there to be drawn, not to be computed: an input may have an edge of either.
    """

    network: Network
    nodes: Mapping[str, Mark]
    edges: Mapping[Edge, How]

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges)


def united(a: Network, b: Network, trail: tuple[str, ...] = ()) -> Union:
    """What is in *a* or *b* after entering the block nodes named by *trail*; nodes of *b* stand where they stand there.

    A node of *a* that is gone stands where it stood, or beside what stands there now.  A block inside of which anything
    differs counts as changed.
    """
    before, after = _within(a, trail), _within(b, trail)
    marks: dict[str, Mark] = {}
    nodes = dict(after.nodes)
    for name, node in after.nodes.items():
        old = before.nodes.get(name)
        if old is None:
            marks[name] = Mark("added")
        elif found := values(old, node):
            marks[name] = Mark("changed", found)
        elif isinstance(node.layer, Block) and isinstance(old.layer, Block) and united(before, after, (name,)):
            marks[name] = Mark("changed")
    for name, node in before.nodes.items():
        if name not in nodes:
            nodes[name] = replace(node, at=_free(node.at, [n.at for n in nodes.values()]))
            marks[name] = Mark("removed")
    gone, come = [e for e in before.edges if e not in set(after.edges)], set(after.edges) - set(before.edges)
    edges: dict[Edge, How] = dict.fromkeys(gone, "removed")
    edges |= dict.fromkeys((e for e in after.edges if e in come), "added")
    drawn = Network(after.name, nodes, (*after.edges, *gone), blocks={**before.blocks, **after.blocks})
    return Union(drawn, marks, edges)


def following(union: Union, old: Mapping[str, Fact], new: Mapping[str, Fact]) -> dict[str, Mark]:
    """Marks of the nodes that are the same in both, and of which something else is known since: *old* was, *new* is."""
    found = {}
    for name in union.network.nodes:
        before, after = old.get(name), new.get(name)
        if name in union.nodes or before is None or after is None:
            continue
        if (before.outputs, before.parameters) != (after.outputs, after.parameters):
            found[name] = Mark("follows")
    return found


def _within(network: Network, trail: tuple[str, ...]) -> Network:
    """The inside of a block, with all definitions; nothing where the network has no such block."""
    for name in trail:
        node = network.nodes.get(name)
        if node is None or not isinstance(node.layer, Block):
            return Network(blocks=network.blocks)
        network = network.inside(node.layer.name)
    return network


def _free(at: tuple[float, float], taken: list[tuple[float, float]]) -> tuple[float, float]:
    x, y = at
    while any(abs(x - there[0]) < WIDE and abs(y - there[1]) < HIGH for there in taken):
        x += WIDE
    return x, y
