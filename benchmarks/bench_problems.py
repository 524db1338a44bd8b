"""Problems of a network of 1,000 nodes: what the rules say of all of it, and what they say again after an edit."""

from __future__ import annotations

import gc
from collections.abc import Callable

from benchmarks.harness import Figure, medians, report
from benchmarks.networks import residual
from graph import Network, analyze, edit
from graph.analysis import Report
from graph.layers.convolution import Conv2d
from graph.problems import Problem

NODES, EDITS = 1000, 40


def tidy() -> Network:
    """A network in which there is nothing to say of single nodes: its convolutions have no bias before their norm."""
    network = residual(NODES)
    for node in network.nodes.values():
        if isinstance(node.layer, Conv2d):
            network = edit.set_values(network, node.name, bias=False)
    return network


def edits(network: Network) -> list[Report]:
    """Reports of the network after one edit each, none of which has been asked for its problems."""
    *_, name = (n for n in network.nodes if n.startswith("conv"))
    first = analyze(network)
    _ = first.problems
    other = edit.set_values(network, name, padding_mode="reflect")
    return [analyze(other, first) for _ in range(EDITS)]


def asked(make: Callable[[], list[Report]]) -> tuple[Callable[[], None], Callable[[], list[Problem]]]:
    """How to get reports ready, and to ask them for their problems."""
    ready: list[Report] = []

    def prepare() -> None:
        ready[:] = make()

    return prepare, lambda: [problem for found in ready for problem in found.problems]


def main() -> list[Figure]:
    network = tidy()
    gc.freeze()
    prepare, ask = asked(lambda: [analyze(network)])
    (whole,) = medians([ask], repeat=21, before=prepare)
    prepare, ask = asked(lambda: edits(network))
    (many,) = medians([ask], repeat=11, before=prepare)
    return [
        Figure("problems, 1,000 nodes, from nothing", whole * 1e3, "ms", most=5),
        Figure("problems, 1,000 nodes, after one edit", many / EDITS * 1e3, "ms", most=1.5),
    ]


if __name__ == "__main__":
    report(main())
