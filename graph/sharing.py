"""Nodes that use the weights of another node beside them, as a head that reads every level of a pyramid.

The owner holds the weights and counts them; those that share it are the same module, called again.  They are one layer,
so that an edit of the values of any of them is an edit of all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.layer import Layer, Weight
from graph.layers.source import Input, Output
from graph.network import Block, Network, Node
from graph.text import Message, say

if TYPE_CHECKING:
    from graph.analysis import Report


def sharers(network: Network, name: str) -> tuple[str, ...]:
    """Names of the nodes that use the weights of the node *name*, in stored order."""
    return tuple(n.name for n in network.nodes.values() if n.shares == name)


def group(network: Network, name: str) -> tuple[str, ...]:
    """All nodes that use the same weights as *name*, itself included: the owner first."""
    owner = network.nodes[name].shares or name
    return (owner, *sharers(network, owner)) if owner in network.nodes else (name,)


def grouped(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """*names* with all those that use the same weights."""
    return tuple(dict.fromkeys(n for name in names for n in group(network, network.node(name).name)))


def share_refusal(network: Network, name: str, owner: str) -> Message | None:
    """Why the node *name* cannot use the weights of *owner*; None where it can.  Shapes are another matter: see
    :func:`misfit`.
    """
    if owner not in network.nodes:
        return say("{name} uses the weights of {owner}, and there is no such node beside it.", name=name, owner=owner)
    mine, its = network.nodes[name], network.nodes[owner]
    if owner == name:
        return say("{name} has its own weights already.", name=name)
    if its.shares:
        return say("{owner} has no weights of its own: it uses those of {other}.", owner=owner, other=its.shares)
    if used := sharers(network, name):
        return say("{other} uses the weights of {name}, so {name} keeps its own.", name=name, other=used[0])
    if its.bypass:
        return say("{owner} is bypassed, and has no weights that {name} could use.", owner=owner, name=name)
    if mine.kind != its.kind or isinstance(mine.layer, Block) != isinstance(its.layer, Block):
        return say(
            "{name} is a {kind} and {owner} a {other}: only nodes of one kind can share weights.",
            name=name,
            kind=mine.kind,
            owner=owner,
            other=its.kind,
        )
    if isinstance(its.layer, (Input, Output)):
        return say("{kind} has no weights that could be shared.", kind=its.kind)
    return _unlike(mine, its)


def _unlike(mine: Node, its: Node) -> Message | None:
    """What differs in the values of two nodes of one kind."""
    a, b = ({**n.layer.values, **n.bind, "repeat": n.bind.get("repeat", n.repeat)} for n in (mine, its))
    for value in {**a, **b}:
        if a.get(value) != b.get(value):
            return say(
                "{value} is {mine} at {name} and {its} at {owner}: to share weights, all values must be equal.",
                value=value,
                mine=_plain(a.get(value)),
                name=mine.name,
                its=_plain(b.get(value)),
                owner=its.name,
            )
    return None


def _plain(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else "-" if value is None else str(value)


def misfit(report: Report, name: str) -> Message | None:
    """Why the weights of the owner do not fit what arrives at *name*; None where they do or nothing is known."""
    owner = report.network.nodes[name].shares
    if owner not in report.facts:
        return None
    mine, its = needs(report, name), needs(report, owner)
    if mine is None or its is None:
        return None
    if not its:
        return say("{kind} has no weights that could be shared.", kind=report.network.nodes[name].kind)
    if mine == its:
        return None
    key = next((k for k in {**mine, **its} if mine.get(k) != its.get(k)), "")
    return say(
        "{name} would need {key} of {mine}, and {owner} has {its}: what arrives at both must have the same channels.",
        name=name,
        key=key or say("weights"),
        mine=_plain(mine[key].shape) if key in mine else "-",
        owner=owner,
        its=_plain(its[key].shape) if key in its else "-",
    )


def needs(report: Report, name: str) -> dict[str, Weight] | None:
    """The weights that the node *name* works with, its own or borrowed; None where shapes are unknown."""
    fact = report.facts[name]
    if fact.inside is not None:
        found: dict[str, Weight] = {}
        for inner, node in fact.inside.network.nodes.items():
            below = {} if node.shares else needs(fact.inside, inner)
            if below is None:
                return None
            found |= {f"{inner}.{key}" if key else inner: weight for key, weight in below.items()}
        return found
    if not isinstance(fact.layer, Layer) or fact.error is not None:
        return None
    if isinstance(fact.layer, (Input, Output)):
        return {}
    return fact.layer.weights(*fact.inputs) if fact.outputs else None


def without(nodes: Mapping[str, Node], gone: Collection[str]) -> dict[str, Node]:
    """*nodes* without those *gone*; where an owner goes, the first that used its weights has them for its own."""
    heirs: dict[str, str] = {}
    found: dict[str, Node] = {}
    for name, node in nodes.items():
        if name in gone:
            continue
        if node.shares and node.shares in gone:
            heir = heirs.setdefault(node.shares, name)
            node = replace(node, shares="" if heir == name else heir)
        found[name] = node
    return found


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """*node* using the weights of the same owner under its new name."""
    return replace(node, shares=names[node.shares]) if node.shares in names and node.shares else node


def split(network: Network, chosen: Collection[str]) -> Message | None:
    """Why *chosen* cannot go elsewhere together: one of them shares weights with a node that stays."""
    for node in network.nodes.values():
        if node.shares and (node.name in chosen) != (node.shares in chosen):
            return say(
                "{name} uses the weights of {owner}: choose both, or neither.", name=node.name, owner=node.shares
            )
    return None
