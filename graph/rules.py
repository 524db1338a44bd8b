"""The rules by which a network is judged: one function per problem, and the fixes of errors by their code.

To add a problem, write a function here and decorate it: :func:`node_rule` for what a single node shows, or
:func:`network_rule` for what only the whole shows; :func:`fixes_for` gives ways out of an error that a layer raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from graph import edit
from graph.layer import Layer
from graph.layers.activation import Softmax
from graph.layers.convolution import Convolution
from graph.layers.loss import CrossEntropyLoss
from graph.layers.source import Input, Target
from graph.layers.tensor_ops import Flatten
from graph.network import Edge, Network
from graph.problems import Fix, Problem
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report

NodeRule = Callable[["Report", str], Iterator[Problem]]
NetworkRule = Callable[["Report"], Iterator[Problem]]
Fixer = Callable[["Report", str], tuple[Fix, ...]]

NODE_RULES: list[NodeRule] = []
NETWORK_RULES: list[NetworkRule] = []
_FIXERS: dict[str, Fixer] = {}


def node_rule(rule: NodeRule) -> NodeRule:
    """Ask *rule* about every node, at every depth."""
    NODE_RULES.append(rule)
    return rule


def network_rule(rule: NetworkRule) -> NetworkRule:
    """Ask *rule* once about the whole network."""
    NETWORK_RULES.append(rule)
    return rule


def fixes_for(code: str) -> Callable[[Fixer], Fixer]:
    """The decorated function gives the ways out of errors with this *code*."""

    def register(fixer: Fixer) -> Fixer:
        _FIXERS[code] = fixer
        return fixer

    return register


def fixes_of(code: str, report: Report, name: str) -> tuple[Fix, ...]:
    """Ways out of the error *code* at the node *name*."""
    fixer = _FIXERS.get(code)
    return fixer(report, name) if fixer else ()


def _put_between(network: Network, edge: Edge, layer: Layer) -> Network:
    source, target = network.nodes[edge.source], network.nodes[edge.target]
    at = ((source.at[0] + target.at[0]) / 2, (source.at[1] + target.at[1]) / 2)
    grown, name = edit.add(network, layer, at=at)
    return edit.insert(grown, name, edge)


def _insert(report: Report, name: str, into: str, layer: Layer, text: str) -> tuple[Fix, ...]:
    edges = [e for e in report.network.incoming.get(name, ()) if e.into == into]
    if len(edges) != 1:
        return ()
    return (Fix(f"insert_{layer.kind.lower()}", say(text), lambda n: _put_between(n, edges[0], layer), safe=True),)


@fixes_for("linear_on_maps")
def insert_flatten(report: Report, name: str) -> tuple[Fix, ...]:
    """A Flatten turns the maps into a vector."""
    return _insert(report, name, "x", Flatten(), "Insert Flatten")


@fixes_for("window_too_large")
def pad_or_shrink(report: Report, name: str) -> tuple[Fix, ...]:
    """A convolution with padding "same" always fits."""
    layer = report.facts[name].layer
    if not isinstance(layer, Convolution) or any(s != 1 for s in layer.stride):
        return ()
    return (Fix("pad_same", say("Pad with zeros"), lambda n: edit.set_values(n, name, padding="same")),)


@fixes_for("same_with_stride")
def pad_by_number(report: Report, name: str) -> tuple[Fix, ...]:
    """Half the window on each side: the size is divided by the stride."""
    layer = cast(Convolution, report.facts[name].layer)
    pads = tuple(d * (k - 1) // 2 for k, d in zip(layer.kernel_size, layer.dilation, strict=True))
    text = say("Set the padding to {padding}", padding="×".join(map(str, pads)))
    return (Fix("pad_by_number", text, lambda n: edit.set_values(n, name, padding=pads), safe=True),)


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


@node_rule
def softmax_before_loss(report: Report, name: str) -> Iterator[Problem]:
    """CrossEntropyLoss applies the softmax itself; twice makes learning slow."""
    network = report.network
    if not isinstance(network.nodes[name].layer, CrossEntropyLoss):
        return
    for edge in network.incoming.get(name, ()):
        if edge.into == "input" and isinstance(network.nodes[edge.source].layer, Softmax):
            before = network.incoming.get(edge.source, ())
            message = say(
                "{loss} applies the softmax itself; after {softmax} it is applied twice, and learning is slow.",
                loss=name,
                softmax=edge.source,
            )
            fixes = (_take_before(edge, before[0]),) if before else ()
            yield Problem("softmax_before_loss", "warning", name, message, fixes)


def _take_before(edge: Edge, before: Edge) -> Fix:
    text = say("Take the scores of {name} instead", name=before.source)
    moved = Edge(before.source, before.out, edge.target, edge.into)
    return Fix("loss_before_softmax", text, lambda n: edit.connect(n, moved), safe=True)


@node_rule
def strides_disagree(report: Report, name: str) -> Iterator[Problem]:
    """Two paths meet whose pixels do not lie on one another."""
    from graph.receptive import disagree

    edges = report.network.incoming.get(name, ())
    parts = [(e.source, report.facts[e.source].fields) for e in edges]
    for source, fields in parts[1:]:
        if report.facts[name].outputs and disagree(parts[0][1], fields):
            message = say(
                "The paths through {a} and {b} have different strides: their maps have one size, but a value of one "
                "does not stand for the same place as that of the other.",
                a=parts[0][0],
                b=source,
            )
            yield Problem("strides_disagree", "warning", name, message)
            return


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
        connected = name in network.incoming or name in network.outgoing
        if connected:
            message = say("{name} leads to no Output and to no loss: it is never computed.", name=name)
            yield Problem("unused", "warning", name, message)


@network_rule
def loss_missing(report: Report) -> Iterator[Problem]:
    """Without a loss nothing can be learned; the one that fits the answer is offered."""
    if report.losses or not report.parameters or not report.ends:
        return
    name = report.ends[-1]
    scores = _scores(report, name)
    message = say("The network has no loss: it can be looked at and exported, but not trained.")
    text = say("Add CrossEntropyLoss and its Target")
    fixes = (Fix("add_loss", text, lambda n: _with_loss(n, scores)),) if scores else ()
    yield Problem("loss_missing", "hint", name, message, fixes)


def _scores(report: Report, name: str) -> str:
    """The node whose vector holds the scores of the classes, before any Softmax."""
    network = report.network
    while isinstance(network.nodes[name].layer, Softmax) or network.nodes[name].kind == "Output":
        edges = network.incoming.get(name, ())
        if not edges:
            return ""
        name = edges[0].source
    value = report.facts[name].output
    return name if isinstance(value, Tensor) and len(value.dims) == 2 else ""


def _with_loss(network: Network, scores: str) -> Network:
    at = network.nodes[scores].at
    port = network.outputs(network.nodes[scores])[0].name
    grown, loss = edit.add(
        network, CrossEntropyLoss(), name="" if "loss" in network else "loss", at=(at[0] + 212, at[1] + 96)
    )
    grown, target = edit.add(grown, Target(), name="" if "target" in network else "target", at=(at[0] + 212, at[1]))
    grown = edit.connect(grown, Edge(scores, port, loss, "input"))
    return edit.connect(grown, Edge(target, "out", loss, "target"))


__all__ = ["NETWORK_RULES", "NODE_RULES", "fixes_for", "fixes_of", "network_rule", "node_rule"]
