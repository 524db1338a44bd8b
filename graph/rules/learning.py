"""Rules about what helps or hinders learning: activations, normalization, dropout, frozen weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.layers.activation import ReLU
from graph.layers.convolution import Convolution
from graph.layers.dense import Linear
from graph.layers.dropout import DROPOUTS
from graph.layers.fcn import BilinearConvTranspose2d
from graph.layers.layer_norm import LayerNorm, LayerNorm2d, LocalResponseNorm, RMSNorm
from graph.layers.normalization import BatchNorm2d, FrozenBatchNorm2d, GroupNorm, PerMapNormalization
from graph.network import Node
from graph.problems import Fix, Problem
from graph.rules.edits import put_between
from graph.rules.losses import COMPETING
from graph.rules.registry import before, level_rule, network_rule, node_rule, only_user
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.report import Report

NORMALIZATIONS = (
    *(PerMapNormalization, GroupNorm, FrozenBatchNorm2d),
    *(LayerNorm, LayerNorm2d, RMSNorm, LocalResponseNorm),
)
"""The kinds that bring values to one scale."""


@node_rule("act", after=("act",))
def activation_twice(report: Report, name: str) -> Iterator[Problem]:
    """An activation right after an activation."""
    node, feeding = report.network.nodes[name], before(report, name)
    if isinstance(node.layer, COMPETING) and not isinstance(feeding.layer, COMPETING):
        return
    message = say(
        "{name} follows {before}: two activations in a row bend the same values twice.", **_pair(feeding, node)
    )
    yield Problem("activation_twice", "warning", name, message, (_bridged(name),))


@node_rule(Linear, Convolution, after=(Linear, Convolution))
def linear_stack(report: Report, name: str) -> Iterator[Problem]:
    """Two weighted sums with nothing between are a single one."""
    node, feeding = report.network.nodes[name], before(report, name)
    if only_user(report, feeding.name) is None:
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
        (edge,) = report.network.incoming[name]
        fix = Fix("insert_relu", say("Insert ReLU"), lambda network: put_between(network, edge, ReLU()))
        yield Problem("linear_stack", "hint", name, message, (fix,))


@node_rule(PerMapNormalization, after=(Convolution, Linear))
def bias_before_norm(report: Report, name: str) -> Iterator[Problem]:
    """A normalization takes away the mean, and with it the bias before it."""
    node, feeding = report.network.nodes[name], before(report, name)
    bias = report.facts[feeding.name].weights.get("bias")
    if bias and only_user(report, feeding.name) is not None:
        message = say(
            "{name} takes away the mean, so the {n} biases of {before} have no effect.",
            n=bias.size,
            **_pair(feeding, node),
        )
        text = say("Leave out the biases of {name}", name=feeding.name)
        fix = Fix("no_bias", text, lambda n: edit.set_values(n, feeding.name, bias=False), safe=True)
        yield Problem("bias_before_norm", "hint", feeding.name, message, (fix,))


@node_rule(*NORMALIZATIONS, after=NORMALIZATIONS)
def norm_twice(report: Report, name: str) -> Iterator[Problem]:
    """A normalization right after a normalization."""
    node, feeding = report.network.nodes[name], before(report, name)
    message = say("{name} follows {before}: what is normalized already is normalized again.", **_pair(feeding, node))
    yield Problem("norm_twice", "warning", name, message, (_bridged(name),))


@node_rule(PerMapNormalization, after=DROPOUTS)
def dropout_before_norm(report: Report, name: str) -> Iterator[Problem]:
    """Dropout changes the variance in training only; running means then fit neither."""
    node, feeding = report.network.nodes[name], before(report, name)
    message = say(
        "{before} changes the variance while training but not afterwards; the running means of {name} then do not fit.",
        **_pair(feeding, node),
    )
    yield Problem("dropout_before_norm", "warning", name, message, (_bridged(feeding.name),))


@node_rule(*DROPOUTS)
def dropout_all(report: Report, name: str) -> Iterator[Problem]:
    """A dropout that lets nothing pass."""
    if getattr(report.facts[name].layer, "p", 0.0) == 1.0:
        message = say("{name} sets every value to zero while training: nothing can be learned through it.", name=name)
        fix = Fix("half", say("Set the probability to 0.5"), lambda n: edit.set_values(n, name, p=0.5))
        yield Problem("dropout_all", "warning", name, message, (fix,))


@node_rule(BatchNorm2d)
def norm_of_one(report: Report, name: str) -> Iterator[Problem]:
    """Batch normalization of single pixels needs many images."""
    fact = report.facts[name]
    x: Tensor | None = fact.inputs[0] if fact.outputs else None
    if x is not None and x.spatial == (1, 1):
        message = say(
            "{name} normalizes maps of one pixel: with a batch of 1 there is no mean to take, and torch refuses.",
            name=name,
        )
        yield Problem("norm_of_one", "hint", name, message)


@level_rule
def frozen_after_trainable(report: Report) -> Iterator[Problem]:
    """Frozen weights behind weights that learn: usually the other way round; an interpolation has nothing to learn."""
    network, facts = report.network, report.facts
    frozen = [n.name for n in network.nodes.values() if n.frozen and facts[n.name].parameters]
    learns: dict[str, str] = {}
    """Per node a node before it, or itself, that learns."""
    for name in network.order if frozen else ():
        feeding = network.incoming.get(name, ())
        first = next((learns[e.source] for e in feeding if e.source in learns), "")
        fixed = isinstance(facts[name].layer, BilinearConvTranspose2d)
        if first and network.nodes[name].frozen and facts[name].parameters and not fixed:
            message = say(
                "{name} is frozen but {before} before it learns: usually the first layers are kept and the last "
                "ones learn.",
                name=name,
                before=first,
            )
            text = say("Let {name} learn", name=name)
            fix = Fix("thaw", text, lambda n, name=name: edit.freeze(n, [name], False))  # type: ignore[misc]
            yield Problem("frozen_after_trainable", "hint", name, message, (fix,))
        if facts[name].trainable:
            learns[name] = name
        elif first:
            learns[name] = first


@network_rule
def all_frozen(report: Report) -> Iterator[Problem]:
    """A loss, but nothing that could learn."""
    if report.losses and report.parameters and not report.trainable:
        first = next(n for n, f in report.in_order if f.parameters)
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


def _pair(feeding: Node, node: Node) -> dict[str, str]:
    return {"before": feeding.name, "name": node.name}


def _bridged(name: str) -> Fix:
    return Fix("bridge", say("Remove {name}", name=name), lambda n: edit.bridge(n, [name]))
