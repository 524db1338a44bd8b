"""Where a node stands in its network: what it gets its values from, what gets values from it, how deep it lies."""

from __future__ import annotations

from collections.abc import Mapping

from graph.network import Edge, Network
from graph.report import Report


def sources(network: Network, name: str) -> tuple[str, ...]:
    """The nodes that a node sees: whatever feeds it, directly or not, in stored order."""
    return _reached(network, name, {n: tuple(e.source for e in edges) for n, edges in network.incoming.items()})


def followers(network: Network, name: str) -> tuple[str, ...]:
    """The nodes that see a node: whatever it feeds, directly or not, in stored order."""
    return _reached(network, name, {n: tuple(e.target for e in edges) for n, edges in network.outgoing.items()})


def _reached(network: Network, name: str, next_to: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: set[str] = set()
    todo = [name]
    while todo:
        fresh = set(next_to.get(todo.pop(), ())) - found
        found |= fresh
        todo += fresh
    return tuple(n for n in network.nodes if n in found)


def longest_path(network: Network, name: str = "") -> tuple[str, ...]:
    """The longest way from an input to a node, its ends included; to any node if none is named."""
    length: dict[str, int] = {}
    before: dict[str, str] = {}
    for node in network.order:
        edge: Edge | None = max(network.incoming.get(node, ()), key=lambda e: length[e.source], default=None)
        length[node] = 1 + (length[edge.source] if edge is not None else 0)
        if edge is not None:
            before[node] = edge.source
    at = name or max(length, key=lambda n: length[n], default="")
    path = [at] if at else []
    while path and path[-1] in before:
        path.append(before[path[-1]])
    return tuple(reversed(path))


def dead_ends(report: Report) -> tuple[str, ...]:
    """Nodes that no output and no loss needs: what they compute is thrown away."""
    needed = report.inference | report.training
    return tuple(name for name in report.network.nodes if name not in needed)
