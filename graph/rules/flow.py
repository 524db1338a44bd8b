"""Rules about what is connected to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.layer import Layer
from graph.layers.loss import CrossEntropyLoss
from graph.layers.merge import Concat, Pointwise
from graph.layers.source import Input, Target
from graph.network import Edge, Network
from graph.problems import Fix, Problem
from graph.rules.registry import arriving, network_rule, node_rule
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report


@node_rule
def input_free(report: Report, name: str) -> Iterator[Problem]:
    """An input port that needs something gets nothing."""
    network, node = report.network, report.network.nodes[name]
    taken = {e.into for e in network.incoming.get(name, ())}
    free = [p for p in network.inputs(node) if p.name not in taken and not p.optional]
    if not free:
        return
    needed = name in report.inference or name in report.training
    lonely = name not in network.outgoing and not taken
    message = say("Nothing is connected to the input {port} of {name}.", port=free[0].name, name=name)
    yield Problem("input_free", "error" if needed and not lonely else "warning", name, message, _feeds(report, name))


def _feeds(report: Report, name: str) -> tuple[Fix, ...]:
    """A target for the loss that waits for one."""
    network, node = report.network, report.network.nodes[name]
    if not isinstance(node.layer, CrossEntropyLoss):
        return ()
    taken = {e.into for e in network.incoming.get(name, ())}
    if "target" in taken or "input" not in taken:
        return ()

    def give(network: Network) -> Network:
        at = network.nodes[name].at
        grown, target = edit.add(network, Target(), at=(at[0] + 212, at[1] - 96))
        return edit.connect(grown, Edge(target, "out", name, "target"))

    return (Fix("add_target", say("Add the Target"), give, safe=True),)


@network_rule
def no_input(report: Report) -> Iterator[Problem]:
    """A network begins with an Input."""
    network = report.network
    if network.nodes and not any(isinstance(n.layer, Input) for n in network.nodes.values()):
        message = say("The network has no Input: nothing tells what it receives.")
        first = next(iter(network.nodes.values()))

        def give(network: Network) -> Network:
            return edit.add(network, Input(), at=(first.at[0], first.at[1] - 96))[0]

        yield Problem("no_input", "error", first.name, message, (Fix("add_input", say("Add an Input"), give),))


@network_rule
def unused(report: Report) -> Iterator[Problem]:
    """A node that neither the outputs nor the losses need is never computed."""
    network = report.network
    for name, node in network.nodes.items():
        if name in report.inference or name in report.training or isinstance(node.layer, Input):
            continue
        if name in network.incoming or name in network.outgoing:
            message = say("{name} leads to no Output and to no loss: it is never computed.", name=name)
            yield Problem("unused", "warning", name, message)


@network_rule
def input_unused(report: Report) -> Iterator[Problem]:
    """An Input that nothing takes, beside others."""
    network = report.network
    inputs = [n.name for n in network.nodes.values() if isinstance(n.layer, Input)]
    for name in inputs:
        if name not in network.outgoing and len(network.nodes) > 1:
            message = say("Nothing takes what {name} receives.", name=name)
            remove = Fix("remove", say("Remove {name}", name=name), lambda n, name=name: edit.remove(n, [name]))  # type: ignore[misc]
            yield Problem("input_unused", "warning", name, message, (remove,) if len(inputs) > 1 else ())


@node_rule
def merge_of_one(report: Report, name: str) -> Iterator[Problem]:
    """A sum or a stack of a single thing is that thing."""
    node = report.network.nodes[name]
    if isinstance(node.layer, (Pointwise, Concat)) and len(arriving(report, name)) == 1:
        message = say("{name} merges a single input: it does nothing until a second one arrives.", name=name)
        fix = Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]))
        yield Problem("merge_of_one", "hint", name, message, (fix,))


@node_rule
def merge_of_same(report: Report, name: str) -> Iterator[Problem]:
    """The same values arrive twice at a merge."""
    node = report.network.nodes[name]
    edges = arriving(report, name)
    if not isinstance(node.layer, (Pointwise, Concat)) or len(edges) < 2:
        return
    sources = [(e.source, e.out) for e in edges]
    twice = next((s for s in sources if sources.count(s) > 1), None)
    if twice is not None:
        message = say("{source} arrives twice at {name}: the second tells nothing new.", source=twice[0], name=name)
        yield Problem("merge_of_same", "warning", name, message)


@node_rule
def no_effect(report: Report, name: str) -> Iterator[Problem]:
    """A layer whose values make it do nothing."""
    node, fact = report.network.nodes[name], report.facts[name]
    layer = fact.layer
    if not isinstance(layer, Layer) or not fact.outputs or node.bypass:
        return
    kernel, p = getattr(layer, "kernel_size", None), getattr(layer, "p", None)
    pools = layer.category == "pool" and kernel is not None and set(kernel) == {1} and set(layer.step) == {1}  # type: ignore[attr-defined]
    if pools or (layer.kind.startswith("Dropout") and p == 0.0):
        message = say("{name} does nothing with these values.", name=name)
        fix = Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]), safe=True)
        yield Problem("no_effect", "hint", name, message, (fix,))
