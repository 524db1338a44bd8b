"""Analysis of networks of 1,000 to 100,000 nodes: from nothing, after an edit, after a move; and their layout.

From nothing means that nothing is kept: not the order of the network, and no answer of an earlier analysis.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace

from benchmarks.harness import Figure, forgetting, medians, report, seconds
from benchmarks.networks import residual, unlike
from graph import Network
from graph.analysis import Report, analyze
from graph.layout import arrange

NODES = 1000
MANY = (10_000, 100_000)
LARGE = 1094
"""Nodes of EfficientNetV2-L with its blocks dissolved."""
DEPTH = 45
"""Nodes before the end that the edit is made at: what follows from it is less than 50 facts."""
REPEATS = 50

forget = forgetting("graph")


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


def cold(network: Network) -> Callable[[], Report]:
    """An analysis of a network that nobody has asked anything yet."""
    return lambda: analyze(Network(network.name, network.nodes, network.edges))


def after_edits() -> list[Figure]:
    network = residual(NODES)
    conv = next(name for name in list(network.nodes)[-DEPTH:] if name.startswith("conv"))
    layer = network.nodes[conv].layer
    # a wider window changes what all later nodes see, but no shape: every fact behind it is new
    edited = changed(network, conv, layer=layer.with_values(kernel_size=5, padding=2))
    moved = changed(network, conv, at=(1.0, 2.0))
    before, after = analyze(network), analyze(edited)
    facts = sum(before[name] != after[name] for name in network.nodes)
    gc.freeze()
    once, edit, move = medians([lambda: analyze(network), alternating(network, edited), alternating(network, moved)])
    edit, move = (edit - once) / REPEATS, (move - once) / REPEATS
    return [
        Figure("analysis, 1,000 nodes, after one edit", edit * 1e3, "ms", most=1, note=f"{facts} facts changed"),
        Figure("analysis, 1,000 nodes, after a move", move * 1e3, "ms", most=1, note="no fact changed"),
    ]


def from_nothing() -> list[Figure]:
    network, different = residual(NODES), unlike(NODES)
    gc.freeze()
    alike, each = medians([cold(network), cold(different)], repeat=21, before=forget)
    figures = [
        Figure("analysis, 1,000 nodes, from nothing", alike * 1e3, "ms", most=15),
        Figure("analysis, 1,000 nodes, no two alike", each * 1e3, "ms", most=20, note="every layer is asked"),
    ]
    for count in MANY:
        large = residual(count)
        gc.freeze()
        small, took = medians([cold(network), cold(large)], repeat=5, before=forget)
        growth = (took / count) / (small / NODES)
        note = f"{took:.2f} s in all"
        figures.append(Figure(f"time per node, {count:,} / 1,000 nodes", growth, "×", most=1.5, note=note))
    return figures


def layouts() -> list[Figure]:
    network, large = residual(LARGE), residual(10 * LARGE)
    took, long = seconds(lambda: arrange(network)), seconds(lambda: arrange(large), repeat=3)
    return [
        Figure(f"layout, {LARGE:,} nodes", took * 1e3, "ms", most=500),
        Figure("layout, time per node, ten times as many", long / took / 10, "×", most=1.5),
    ]


if __name__ == "__main__":
    report([*from_nothing(), *after_edits(), *layouts()])
