"""What training needs around an opened network: a target, losses, and the heads that exist for them alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph.analysis import analyze
from graph.layer import kinds
from graph.layout import arrange
from graph.names import free_name
from graph.network import Block, Edge, Network, Node
from graph.tensors import Tensor

End = tuple[str, str]
"""A node and its output port."""


def with_losses(network: Network, shares: Mapping[End, float], gives: str = "class") -> Network:
    """*network* with a CrossEntropyLoss on each of the scores, all of one Target; *shares* are their factors.

    The first is called ``loss``, the others after the node that gives the scores: ``aux1_loss``.  It stands last, since
    a network is judged by the scores of its last loss.
    """
    target = _free("target", network)
    nodes = {**network.nodes, target: Node(target, kinds()["Target"](gives=gives))}
    edges = list(network.edges)
    main, *others = shares.items()
    for (source, out), share in (*others, main):
        name = _free("loss" if (source, out) == main[0] else f"{source}_loss", network)
        nodes[name] = Node(name, kinds()["CrossEntropyLoss"](share=share))
        edges += [Edge(source, out, name, "input"), Edge(target, "out", name, "target")]
    made = network.change(nodes=nodes, edges=tuple(edges))
    places = arrange(made)
    return made.change(nodes={name: replace(node, at=places[name]) for name, node in made.nodes.items()})


def _free(wanted: str, network: Network) -> str:
    return wanted if wanted not in network else free_name(wanted, network.nodes)


def scores(network: Network, name: str, axes: int = 2) -> End | None:
    """What arrives at the Output called *name*, if it is one number per class; with 4 *axes*, per class and pixel."""
    edge = network.incoming[name][0]
    fact = analyze(network).facts[name]
    arriving = fact.inputs[0] if fact.inputs else None
    return (edge.source, edge.out) if isinstance(arriving, Tensor) and len(arriving.dims) == axes else None


def with_classes(network: Network, classes: int) -> Network:
    """*network* with a variable ``classes`` that the last layers before its outputs and losses follow."""
    found = network
    for node in network.nodes.values():
        if node.kind in ("Output", "CrossEntropyLoss"):
            edge = network.incoming[node.name][0]
            found, _ = _follow(found, found, edge, classes)
    if found is network or "classes" in network.variables:
        return network
    return found.change(variables={"classes": classes, **found.variables})


def _follow(top: Network, level: Network, edge: Edge, classes: int) -> tuple[Network, Network]:
    """*top* and *level* after the layer whose width arrives by *edge* follows the classes; blocks are entered."""
    node = level.nodes[edge.source]
    if isinstance(node.layer, Block):
        inside = top.inside(node.layer.name)
        inner = inside.incoming[edge.out][0]
        top, followed = _follow(top, inside, inner, classes)
        if followed is inside:
            return top, level
        name = node.layer.name
        definition = followed.change(variables={**followed.variables, "classes": classes}, blocks={})
        top = top.change(blocks={**top.blocks, name: definition})
        layer = Block(name, {**node.layer.values, "classes": classes})
        return _put(top, level, replace(node, layer=layer, bind={**node.bind, "classes": "classes"}))
    key = next((k for k in ("out_features", "out_channels") if getattr(node.layer, k, 0) == classes), "")
    if key in node.bind:  # a block that stands twice is followed twice
        return _put(top, level, node) if node.bind[key] == "classes" else (top, level)
    if key:
        return _put(top, level, replace(node, bind={**node.bind, key: "classes"}))
    before = level.incoming.get(edge.source, ())
    if not before or any(hasattr(node.layer, k) for k in ("out_features", "out_channels")):
        return top, level
    for one in before:
        top, level = _follow(top, level, one, classes)
    return top, level


def _put(top: Network, level: Network, node: Node) -> tuple[Network, Network]:
    """The node in its level; the top too, where they are the same."""
    changed = level.change(nodes={**level.nodes, node.name: node})
    if top.nodes is level.nodes:
        changed = changed.change(blocks=top.blocks)
        return changed, changed
    return top, changed
