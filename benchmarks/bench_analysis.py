"""Analysis of a network of 1,000 nodes: from nothing, after an edit, after a move."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace

from benchmarks.harness import Figure, report, seconds
from benchmarks.networks import residual
from graph import Network
from graph.analysis import analyze

NODES = 1000
DEPTH = 45
"""Nodes before the end that the edit is made at: what follows from it is less than 50 facts."""
REPEATS = 50


def changed(network: Network, name: str, **parts: object) -> Network:
    """The network with another node in the place of the one called *name*."""
    return network.change(nodes={**network.nodes, name: replace(network.nodes[name], **parts)})


def alternating(network: Network, other: Network) -> Callable[[], None]:
    """Many analyses, each after one edit: there and back again."""

    def run() -> None:
        found = analyze(network)
        for step in range(REPEATS):
            found = analyze(network if step % 2 else other, found)

    return run


def main() -> None:
    network = residual(NODES)
    conv = next(name for name in list(network.nodes)[-DEPTH:] if name.startswith("conv"))
    layer = network.nodes[conv].layer
    # a wider window changes what all later nodes see, but no shape: every fact behind it is new
    edited = changed(network, conv, layer=layer.with_values(kernel_size=5, padding=2))
    moved = changed(network, conv, at=(1.0, 2.0))
    before, after = analyze(network), analyze(edited)
    facts = sum(before[name] != after[name] for name in network.nodes)
    gc.freeze()

    cold = seconds(lambda: analyze(network.change(edges=tuple(network.edges))), repeat=21)
    edit = (seconds(alternating(network, edited), repeat=5) - cold) / REPEATS
    move = (seconds(alternating(network, moved), repeat=5) - cold) / REPEATS
    report(
        [
            Figure("analysis, 1,000 nodes, cold", cold * 1e3, "ms", most=30),
            Figure("analysis, 1,000 nodes, after one edit", edit * 1e3, "ms", most=2, note=f"{facts} facts changed"),
            Figure("analysis, 1,000 nodes, after a move", move * 1e3, "ms", most=2, note="no fact changed"),
        ]
    )


if __name__ == "__main__":
    main()
