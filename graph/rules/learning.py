"""Rules about what helps or hinders learning: losses, activations, normalization, dropout, frozen weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.layer import Layer
from graph.layers.activation import LogSoftmax, Softmax
from graph.layers.convolution import Convolution
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss
from graph.layers.normalization import PerMapNormalization
from graph.layers.source import Output, Target
from graph.network import Block, Edge, Network, Node
from graph.problems import Fix, Problem
from graph.rules.registry import arriving, before, network_rule, node_rule, only_user
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report

COMPETING = (Softmax, LogSoftmax)


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
    """The node whose vector holds the scores of the classes, before any Softmax."""
    network = report.network
    while isinstance(network.nodes[name].layer, COMPETING) or network.nodes[name].kind == "Output":
        edges = network.incoming.get(name, ())
        if not edges:
            return ""
        name = edges[0].source
    value = report.facts[name].output
    return name if isinstance(value, Tensor) and len(value.dims) == 2 else ""


def _with_loss(network: Network, scores: str) -> Network:
    x, y = network.nodes[scores].at
    port = network.outputs(network.nodes[scores])[0].name
    loss_name = "" if "loss" in network else "loss"
    target_name = "" if "target" in network else "target"
    grown, loss = edit.add(network, CrossEntropyLoss(), name=loss_name, at=(x + 304, y + 96))
    grown, target = edit.add(grown, Target(), name=target_name, at=(x + 304, y))
    grown = edit.connect(grown, Edge(scores, port, loss, "input"))
    grown = edit.connect(grown, Edge(target, "out", loss, "target"))
    if any(isinstance(n.layer, Output) for n in network.nodes.values()) or scores in network.outgoing:
        return grown
    return _with_answer(grown, Edge(scores, port, loss, "input"))  # else the loss alone would take the scores


@node_rule
def softmax_before_loss(report: Report, name: str) -> Iterator[Problem]:
    """CrossEntropyLoss applies the softmax itself; twice makes learning slow."""
    network = report.network
    if not isinstance(network.nodes[name].layer, CrossEntropyLoss):
        return
    for edge in arriving(report, name, "input"):
        if isinstance(network.nodes[edge.source].layer, COMPETING):
            feeding = network.incoming.get(edge.source, ())
            message = say(
                "{loss} applies the softmax itself; after {softmax} it is applied twice, and learning is slow.",
                loss=name,
                softmax=edge.source,
            )
            fixes = (_take_before(edge, feeding[0]),) if feeding else ()
            yield Problem("softmax_before_loss", "warning", name, message, fixes)


def _take_before(edge: Edge, feeding: Edge) -> Fix:
    text = say("Take the scores of {name} instead", name=feeding.source)
    moved = Edge(feeding.source, feeding.out, edge.target, edge.into)
    return Fix("loss_before_softmax", text, lambda n: edit.connect(n, moved), safe=True)


@node_rule
def activation_twice(report: Report, name: str) -> Iterator[Problem]:
    """An activation right after an activation."""
    node, feeding = report.network.nodes[name], before(report, name)
    if feeding is None or not (_activates(node) and _activates(feeding)):
        return
    if isinstance(node.layer, COMPETING) and not isinstance(feeding.layer, COMPETING):
        return
    message = say(
        "{name} follows {before}: two activations in a row bend the same values twice.", **_pair(feeding, node)
    )
    yield Problem("activation_twice", "warning", name, message, (_bridged(name),))


@node_rule
def activation_on_scores(report: Report, name: str) -> Iterator[Problem]:
    """An activation between the last weights and the softmax or loss hides half of the scores."""
    node = report.network.nodes[name]
    if node.kind not in ("ReLU", "ReLU6", "Sigmoid", "Tanh", "Softplus"):
        return
    users = [report.network.nodes[e.target] for e in report.network.outgoing.get(name, ())]
    if any(isinstance(u.layer, (*COMPETING, CrossEntropyLoss)) for u in users):
        message = say(
            "{name} stands between the scores and {user}: scores may be negative, and it bends or cuts them.",
            name=name,
            user=users[0].name,
        )
        yield Problem("activation_on_scores", "warning", name, message, (_bridged(name),))


@node_rule
def linear_stack(report: Report, name: str) -> Iterator[Problem]:
    """Two weighted sums with nothing between are a single one."""
    node, feeding = report.network.nodes[name], before(report, name)
    if feeding is None or only_user(report, feeding.name) is None:
        return
    a, b = feeding.layer, node.layer
    dense = isinstance(a, Linear) and isinstance(b, Linear)
    convs = (
        isinstance(a, Convolution)
        and isinstance(b, Convolution)
        and a.groups == b.groups == 1
        and max(*a.kernel_size, *b.kernel_size) > 1
    )
    if dense or convs:
        message = say(
            "Between {before} and {name} stands no activation: two weighted sums in a row can only do what one could.",
            **_pair(feeding, node),
        )
        yield Problem("linear_stack", "hint", name, message)


@node_rule
def bias_before_norm(report: Report, name: str) -> Iterator[Problem]:
    """A normalization takes away the mean, and with it the bias before it."""
    node, feeding = report.network.nodes[name], before(report, name)
    if not isinstance(node.layer, PerMapNormalization) or feeding is None:
        return
    layer = feeding.layer
    bias = report.facts[feeding.name].weights.get("bias")
    if isinstance(layer, (Convolution, Linear)) and bias and only_user(report, feeding.name) is not None:
        message = say(
            "{name} takes away the mean, so the {n} biases of {before} have no effect.",
            n=bias.size,
            **_pair(feeding, node),
        )
        text = say("Leave out the biases of {name}", name=feeding.name)
        fix = Fix("no_bias", text, lambda n: edit.set_values(n, feeding.name, bias=False), safe=True)
        yield Problem("bias_before_norm", "hint", feeding.name, message, (fix,))


@node_rule
def norm_twice(report: Report, name: str) -> Iterator[Problem]:
    """A normalization right after a normalization."""
    node, feeding = report.network.nodes[name], before(report, name)
    if feeding is not None and _normalizes(node) and _normalizes(feeding):
        message = say(
            "{name} follows {before}: what is normalized already is normalized again.", **_pair(feeding, node)
        )
        yield Problem("norm_twice", "warning", name, message, (_bridged(name),))


@node_rule
def dropout_before_norm(report: Report, name: str) -> Iterator[Problem]:
    """Dropout changes the variance in training only; running means then fit neither."""
    node, feeding = report.network.nodes[name], before(report, name)
    if feeding is None or not isinstance(node.layer, PerMapNormalization) or not feeding.kind.startswith("Dropout"):
        return
    message = say(
        "{before} changes the variance while training but not afterwards; the running means of {name} then do not fit.",
        **_pair(feeding, node),
    )
    yield Problem("dropout_before_norm", "warning", name, message, (_bridged(feeding.name),))


@node_rule
def dropout_all(report: Report, name: str) -> Iterator[Problem]:
    """A dropout that lets nothing pass."""
    layer = report.facts[name].layer
    if isinstance(layer, Layer) and layer.kind.startswith("Dropout") and getattr(layer, "p", 0) == 1.0:
        message = say("{name} sets every value to zero while training: nothing can be learned through it.", name=name)
        fix = Fix("half", say("Set the probability to 0.5"), lambda n: edit.set_values(n, name, p=0.5))
        yield Problem("dropout_all", "warning", name, message, (fix,))


@node_rule
def norm_of_one(report: Report, name: str) -> Iterator[Problem]:
    """Batch normalization of single pixels needs many images."""
    fact = report.facts[name]
    if fact.layer.__class__.__name__ != "BatchNorm2d" or not fact.outputs:
        return
    x: Tensor = fact.inputs[0]
    if x.spatial == (1, 1):
        message = say(
            "{name} normalizes maps of one pixel: with a batch of 1 there is no mean to take, and torch refuses.",
            name=name,
        )
        yield Problem("norm_of_one", "hint", name, message)


@node_rule
def one_score(report: Report, name: str) -> Iterator[Problem]:
    """A choice among one class is no choice."""
    fact = report.facts[name]
    if not isinstance(fact.layer, CrossEntropyLoss) or not fact.inputs or not isinstance(fact.inputs[0], Tensor):
        return
    if len(fact.inputs[0].dims) == 2 and fact.inputs[0].dims[1] == 1:
        message = say("{name} receives a single score: with one class, every answer is right.", name=name)
        yield Problem("one_score", "warning", name, message)


@node_rule
def loss_without_share(report: Report, name: str) -> Iterator[Problem]:
    """A loss that counts nothing."""
    layer = report.facts[name].layer
    if isinstance(layer, Layer) and getattr(layer, "share", 1.0) == 0.0:
        message = say("The share of {name} is 0: it is shown, but nothing is learned from it.", name=name)
        fix = Fix("share", say("Set the share to 1"), lambda n: edit.set_values(n, name, share=1.0))
        yield Problem("loss_without_share", "hint", name, message, (fix,))


@node_rule
def frozen_after_trainable(report: Report, name: str) -> Iterator[Problem]:
    """Frozen weights behind weights that learn: usually the other way round."""
    node, fact = report.network.nodes[name], report.facts[name]
    if not node.frozen or not fact.parameters:
        return
    seen, todo = set(), [name]
    while todo:
        for edge in report.network.incoming.get(todo.pop(), ()):
            if edge.source in seen:
                continue
            seen.add(edge.source)
            todo.append(edge.source)
            if report.facts[edge.source].trainable:
                message = say(
                    "{name} is frozen but {before} before it learns: usually the first layers are kept and the last "
                    "ones learn.",
                    name=name,
                    before=edge.source,
                )
                fix = Fix("thaw", say("Let {name} learn", name=name), lambda n: edit.freeze(n, [name], False))
                yield Problem("frozen_after_trainable", "hint", name, message, (fix,))
                return


@network_rule
def all_frozen(report: Report) -> Iterator[Problem]:
    """A loss, but nothing that could learn."""
    if report.losses and report.parameters and not report.trainable:
        first = next(n for n, f in report.facts.items() if f.parameters)
        message = say("All {n} parameters are frozen: there is nothing left to learn.", n=report.parameters)
        names = [n.name for n in report.network.nodes.values() if n.frozen]
        fix = Fix("thaw_all", say("Let them learn"), lambda n: edit.freeze(n, names, False))
        yield Problem("all_frozen", "warning", first, message, (fix,))


@network_rule
def nothing_to_learn(report: Report) -> Iterator[Problem]:
    """A loss, but no weights."""
    if report.losses and not report.parameters and not any(f.error for f in report.facts.values()):
        message = say("The network has a loss but no weights: there is nothing to learn.")
        yield Problem("nothing_to_learn", "warning", report.losses[0], message)


def _activates(node: Node) -> bool:
    return not isinstance(node.layer, Block) and node.layer.category == "act"


def _normalizes(node: Node) -> bool:
    return isinstance(node.layer, Layer) and node.layer.category == "norm" and "Norm" in node.kind


def _pair(feeding: Node, node: Node) -> dict[str, str]:
    return {"before": feeding.name, "name": node.name}


def _bridged(name: str) -> Fix:
    return Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]))
