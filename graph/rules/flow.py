"""Rules about what is connected to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.layer import Layer
from graph.layers.dropout import DROPOUTS
from graph.layers.loss import Judgment
from graph.layers.merge import Concat, Pointwise
from graph.layers.pooling import Pooling
from graph.layers.source import Input, Target
from graph.network import Block, Edge, Network
from graph.problems import Fix, Problem, Severity
from graph.rules.registry import SEVERAL, level_rule, network_rule, node_rule
from graph.text import say

if TYPE_CHECKING:
    from graph.report import Report


@level_rule
def input_free(report: Report) -> Iterator[Problem]:
    """An input port that needs something gets nothing; of a node without any link, ``detached`` tells."""
    network = report.network
    for name, fact in report.in_order:
        if fact.outputs and fact.inside is None:  # what is computed had all it needs
            continue
        edges, ports = network.incoming.get(name, ()), network.inputs(network.nodes[name])
        taken = {e.into for e in edges}
        free = next((p.name for p in ports if p.name not in taken and not p.optional), "")
        if not free or (not edges and name not in network.outgoing and len(network.nodes) > 1):
            continue
        needed = name in report.inference or name in report.training
        message = say("Nothing is connected to the input {port} of {name}.", port=free, name=name)
        severity: Severity = "error" if needed and (edges or name in network.outgoing) else "warning"
        yield Problem("input_free", severity, name, message, _feeds(report, name))


def _feeds(report: Report, name: str) -> tuple[Fix, ...]:
    """A target for the loss that waits for one."""
    network, node = report.network, report.network.nodes[name]
    if not isinstance(node.layer, Judgment) or node.layer.task == "regression":
        return ()
    taken = {e.into for e in network.incoming.get(name, ())}
    if "target" in taken or "input" not in taken:
        return ()
    given = Target("mask" if node.layer.task == "segmentation" else "class")

    def give(network: Network) -> Network:
        at = network.nodes[name].at
        grown, target = edit.add(network, given, at=(at[0] + 212, at[1] - 96))
        return edit.connect(grown, Edge(target, "out", name, "target"))

    return (Fix("add_target", say("Add the Target"), give, safe=True),)


@level_rule
def detached(report: Report) -> Iterator[Problem]:
    """A node that nothing leads to and that leads nowhere."""
    network = report.network
    if len(network.nodes) < 2:
        return
    into, out = network.incoming, network.outgoing
    for name in [n for n in network.nodes if n not in into and n not in out]:
        if name in report.roles["input"]:
            continue
        message = say("{name} is linked to nothing: it takes no part in the network.", name=name)
        yield Problem("detached", "hint", name, message, (_removed(name),))


def _removed(name: str) -> Fix:
    return Fix("remove", say("Remove {name}", name=name), lambda n: edit.remove(n, [name]))


@network_rule
def no_input(report: Report) -> Iterator[Problem]:
    """A network begins with an Input."""
    network = report.network
    if network.nodes and not report.roles["input"]:
        message = say("The network has no Input: nothing tells what it receives.")
        first = next(iter(network.nodes.values()))

        def give(network: Network) -> Network:
            return edit.add(network, Input(), at=(first.at[0], first.at[1] - 96))[0]

        yield Problem("no_input", "error", first.name, message, (Fix("add_input", say("Add an Input"), give),))


@network_rule
def unused(report: Report) -> Iterator[Problem]:
    """A node that neither the outputs nor the losses need is never computed; the branch it stands in can go."""
    network = report.network
    needed = report.inference | report.training
    left = [name for name in network.nodes if name not in needed and name not in report.roles["input"]]
    idle = [name for name in left if name in network.incoming or name in network.outgoing]
    if not idle:
        return
    text = say("Remove all {n} nodes that lead nowhere", n=len(idle))
    branch = Fix("remove_idle", text, lambda n: edit.remove(n, idle))
    for name in idle:
        message = say("{name} leads to no Output and to no loss: it is never computed.", name=name)
        yield Problem("unused", "warning", name, message, (_removed(name) if len(idle) == 1 else branch,))


@network_rule
def input_unused(report: Report) -> Iterator[Problem]:
    """An Input that nothing takes, beside others."""
    network = report.network
    inputs = report.roles["input"]
    for name in inputs:
        if name not in network.outgoing and len(network.nodes) > 1:
            message = say("Nothing takes what {name} receives.", name=name)
            yield Problem("input_unused", "warning", name, message, (_removed(name),) if len(inputs) > 1 else ())


@node_rule(Pointwise, Concat, after=(Layer, Block))
def merge_of_one(report: Report, name: str) -> Iterator[Problem]:
    """A sum or a stack of a single thing is that thing."""
    message = say("{name} merges a single input: it does nothing until a second one arrives.", name=name)
    fix = Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]))
    yield Problem("merge_of_one", "hint", name, message, (fix,))


@node_rule(Pointwise, Concat, after=SEVERAL)
def merge_of_same(report: Report, name: str) -> Iterator[Problem]:
    """The same values arrive twice at a merge."""
    sources = [e[:2] for e in report.network.incoming[name]]
    if len(set(sources)) == len(sources):
        return
    source = next(s for s, out in sources if sources.count((s, out)) > 1)
    message = say("{source} arrives twice at {name}: the second tells nothing new.", source=source, name=name)

    def once(network: Network) -> Network:
        edges = network.edges
        return network.with_edges(e for i, e in enumerate(edges) if e.target != name or e not in edges[:i])

    fix = Fix("unlink", say("Take the second link away"), once)
    yield Problem("merge_of_same", "warning", name, message, (fix,))


@node_rule(Pooling, *DROPOUTS)
def no_effect(report: Report, name: str) -> Iterator[Problem]:
    """A layer whose values make it do nothing."""
    fact = report.facts[name]
    layer = fact.layer
    if not fact.outputs or report.network.nodes[name].bypass:
        return
    if isinstance(layer, Pooling):
        idle = set(layer.kernel_size) == {1} and set(layer.step) == {1}
    else:
        idle = layer.values["p"] == 0.0
    if idle:
        message = say("{name} does nothing with these values.", name=name)
        fix = Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]), safe=True)
        yield Problem("no_effect", "hint", name, message, (fix,))
