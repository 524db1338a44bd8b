"""Rules about losses and answers: what a network learns by, and what it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.layer import Layer
from graph.layers.activation import LogSoftmax, Sigmoid, Softmax
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss, FocalLoss, NLLLoss
from graph.layers.loss_numbers import BCEWithLogitsLoss
from graph.layers.source import Output, Target
from graph.network import Block, Edge, Network
from graph.problems import Fix, Problem
from graph.rules.edits import put_between
from graph.rules.registry import arriving, before, network_rule, node_rule
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.report import Report

COMPETING = (Softmax, LogSoftmax)
"""What turns scores into probabilities of classes of which one is right."""
BENDING = ("ReLU", "ReLU6", "Sigmoid", "Tanh", "Softplus")
"""Activations that leave no score as it is, or cut half of them."""


@network_rule
def loss_missing(report: Report) -> Iterator[Problem]:
    """Without a loss nothing can be learned; the one that fits the answer is offered."""
    if report.losses or not report.parameters or not report.ends:
        return
    name = report.ends[-1]
    scores = _scores(report, name)
    message = say("The network has no loss: it can be looked at and exported, but not trained.")
    text = say("Add CrossEntropyLoss and its Target")
    gives = "mask" if scores and len(report.facts[scores].output.dims) == 4 else "class"  # type: ignore[union-attr]
    fixes = (Fix("add_loss", text, lambda n: _with_loss(n, scores, gives)),) if scores else ()
    yield Problem("loss_missing", "hint", name, message, fixes)


@network_rule
def no_answer(report: Report) -> Iterator[Problem]:
    """Scores that only a loss takes: the network can be trained, but answers nothing."""
    if report.ends or not report.losses:
        return
    edges = [e for e in arriving(report, report.losses[0]) if e.into == "input"]
    if not edges:
        return
    message = say(
        "{name} feeds only the loss: the network can be trained, but it answers nothing.", name=edges[0].source
    )
    text = say("Add Softmax and Output")
    fix = Fix("add_answer", text, lambda n: _with_answer(n, edges[0]))
    yield Problem("no_answer", "warning", edges[0].source, message, (fix,))


def _with_answer(network: Network, edge: Edge) -> Network:
    x, y = network.nodes[edge.source].at
    grown, softmax = edit.add(network, Softmax(), at=(x, y + 96))
    grown, output = edit.add(grown, Output(), at=(x, y + 192))
    grown = edit.connect(grown, Edge(edge.source, edge.out, softmax, "x"))
    return edit.connect(grown, Edge(softmax, "out", output, "x"))


def _scores(report: Report, name: str) -> str:
    """The node whose vector, or maps, hold the scores of the classes, before any Softmax."""
    network = report.network
    while isinstance(network.nodes[name].layer, COMPETING) or network.nodes[name].kind == "Output":
        edges = network.incoming.get(name, ())
        if not edges:
            return ""
        name = edges[0].source
    value = report.facts[name].output
    return name if isinstance(value, Tensor) and len(value.dims) in (2, 4) and not value.channels_last else ""


def _with_loss(network: Network, scores: str, gives: str) -> Network:
    x, y = network.nodes[scores].at
    port = network.outputs(network.nodes[scores])[0].name
    loss_name = "" if "loss" in network else "loss"
    target_name = "" if "target" in network else "target"
    grown, loss = edit.add(network, CrossEntropyLoss(), name=loss_name, at=(x + 304, y + 96))
    grown, target = edit.add(grown, Target(gives), name=target_name, at=(x + 304, y))
    grown = edit.connect(grown, Edge(scores, port, loss, "input"))
    grown = edit.connect(grown, Edge(target, "out", loss, "target"))
    if any(isinstance(n.layer, Output) for n in network.nodes.values()) or scores in network.outgoing:
        return grown
    return _with_answer(grown, Edge(scores, port, loss, "input"))  # else the loss alone would take the scores


@node_rule(CrossEntropyLoss)
def softmax_before_loss(report: Report, name: str) -> Iterator[Problem]:
    """CrossEntropyLoss applies the softmax itself; twice makes learning slow."""
    network = report.network
    for edge in arriving(report, name, "input"):
        if isinstance(network.nodes[edge.source].layer, COMPETING):
            feeding = network.incoming.get(edge.source, ())
            message = say(
                "{loss} applies the softmax itself; after {softmax} it is applied twice, and learning is slow.",
                loss=name,
                softmax=edge.source,
            )
            fixes = (_take_before(network, edge, COMPETING),) if feeding else ()
            yield Problem("softmax_before_loss", "warning", name, message, fixes)


@node_rule(BCEWithLogitsLoss, FocalLoss)
def sigmoid_before_loss(report: Report, name: str) -> Iterator[Problem]:
    """A loss that applies the sigmoid (or the softmax) itself, after one that has been applied already."""
    network, layer = report.network, report.facts[name].layer
    own = COMPETING if getattr(layer, "over", "sigmoid") == "softmax" else (Sigmoid,)
    for edge in arriving(report, name, "input"):
        if isinstance(network.nodes[edge.source].layer, own):
            feeding = network.incoming.get(edge.source, ())
            message = say(
                "{loss} turns scores into probabilities itself; {before} has done so already, and learning is slow.",
                loss=name,
                before=edge.source,
            )
            fixes = (_take_before(network, edge, own),) if feeding else ()
            yield Problem("sigmoid_before_loss", "warning", name, message, fixes)


@node_rule(NLLLoss)
def logarithm_missing(report: Report, name: str) -> Iterator[Problem]:
    """NLLLoss wants the logarithms of probabilities; from anything else it learns nonsense, below zero and on."""
    network = report.network
    for edge in arriving(report, name, "input"):
        given = network.nodes[edge.source].layer
        if isinstance(given, LogSoftmax) or not report.facts[edge.source].outputs:
            continue
        message = say(
            "{loss} wants the logarithms of probabilities, as LogSoftmax gives them; {before} gives others, and the "
            "loss can fall below zero without end.",
            loss=name,
            before=edge.source,
        )
        feeding = network.incoming.get(edge.source, ())
        scores = feeding[0] if isinstance(given, Softmax) and feeding else edge
        yield Problem("logarithm_missing", "warning", name, message, (_with_logarithm(edge, scores),))


def _with_logarithm(edge: Edge, scores: Edge) -> Fix:
    """A LogSoftmax on *scores* that feeds the loss, instead of what does now."""
    wanted = Edge(scores.source, scores.out, edge.target, edge.into)

    def apply(network: Network) -> Network:
        return put_between(edit.connect(network, wanted) if wanted != edge else network, wanted, LogSoftmax())

    text = say("Take LogSoftmax of {name}", name=scores.source)
    return Fix("log_softmax", text, apply, safe=True)


def _take_before(network: Network, edge: Edge, kinds: tuple[type, ...]) -> Fix:
    """The loss takes what stands before all layers of these *kinds* that follow each other there."""

    def scores(network: Network) -> Edge:
        found = edge
        while isinstance(network.node(found.source).layer, kinds) and (before := network.incoming.get(found.source)):
            found = before[0]
        return found

    def apply(network: Network) -> Network:
        start = scores(network)
        return edit.connect(network, Edge(start.source, start.out, edge.target, edge.into))

    text = say("Take the scores of {name} instead", name=scores(network).source)
    return Fix("loss_before_softmax", text, apply, safe=True)


@node_rule("act", after=(Layer, Block))
def activation_on_scores(report: Report, name: str) -> Iterator[Problem]:
    """An activation between the last weights and the softmax or loss hides half of the scores."""
    if report.network.nodes[name].kind not in BENDING:
        return
    users = [report.network.nodes[e.target] for e in report.network.outgoing.get(name, ())]
    if any(isinstance(u.layer, (*COMPETING, CrossEntropyLoss)) for u in users):
        message = say(
            "{name} stands between the scores and {user}: scores may be negative, and it bends or cuts them.",
            name=name,
            user=users[0].name,
        )
        yield Problem("activation_on_scores", "warning", name, message, (_bridged(name),))
        return
    outputs = [u.name for u in users if isinstance(u.layer, Output)]
    cuts = report.network.nodes[name].kind in ("ReLU", "ReLU6")
    if outputs and cuts and isinstance((feeding := before(report, name)).layer, Linear):
        message = say(
            "What {before} computes passes {name} before it becomes the answer {output}: all below zero is cut to 0.",
            before=feeding.name,
            name=name,
            output=outputs[0],
        )
        yield Problem("activation_on_answer", "hint", name, message, (_bridged(name),))


def _bridged(name: str) -> Fix:
    return Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]))


@node_rule(CrossEntropyLoss)
def one_score(report: Report, name: str) -> Iterator[Problem]:
    """A choice among one class is no choice."""
    fact = report.facts[name]
    if not fact.inputs or not isinstance(fact.inputs[0], Tensor):
        return
    if fact.inputs[0].channels == 1:
        message = say("{name} receives a single score: with one class, every answer is right.", name=name)
        yield Problem("one_score", "warning", name, message)


@node_rule("loss", "det")
def loss_without_share(report: Report, name: str) -> Iterator[Problem]:
    """A loss that counts nothing."""
    if getattr(report.facts[name].layer, "share", 1.0) == 0.0:
        message = say("The share of {name} is 0: it is shown, but nothing is learned from it.", name=name)
        fix = Fix("share", say("Set the share to 1"), lambda n: edit.set_values(n, name, share=1.0))
        yield Problem("loss_without_share", "hint", name, message, (fix,))
