"""Why an edge may not be drawn, a block not stand there, and what a network is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from graph.errors import NetworkError, ShapeError
from graph.layer import TRAINING, Layer, Port
from graph.network import Block, Edge, Network, Node
from graph.repeats import laid_out, numbered
from graph.sharing import split
from graph.tensors import Tensor
from graph.text import Message, say


def refusal(network: Network, edge: Edge) -> Message | None:
    """The sentence that says why *edge* may not be drawn; None where it may.

    An input that is taken already is no reason: the new edge replaces the old one.
    """
    try:
        out = network.port(edge.source, edge.out, out=True)
        into = network.port(edge.target, edge.into, out=False)
    except NetworkError as error:
        return error.message
    if edge.source == edge.target:
        return say("{name} cannot feed itself: an edge leads on to another node.", name=edge.source)
    if edge in network.incoming.get(edge.target, ()):
        return say("{source} feeds {target} already.", source=edge.source, target=edge.target)
    given = _given(network, edge) or out.accepts
    if not any(issubclass(one, into.accepts) for one in given):
        return say(
            "{source} gives {given}, and {target} takes {taken} at {port}.",
            source=edge.source,
            given=things(given),
            target=edge.target,
            taken=things(into.accepts),
            port=into.name,
        )
    if closes_cycle(network, edge.source, edge.target):
        return say(
            "{target} leads to {source} already: the edge would close a circle, and a network flows one way.",
            source=edge.source,
            target=edge.target,
        )
    return None


def _given(network: Network, edge: Edge) -> tuple[type, ...]:
    """What a layer that nothing feeds gives with its values: a Target gives labels or numbers."""
    layer = network.nodes[edge.source].layer
    if not isinstance(layer, Layer) or layer.inputs or network.nodes[edge.source].bind:
        return ()
    found = layer.output()
    return (type(found),) if len(layer.outputs) == 1 else ()


def fits(out: Port, into: Port) -> bool:
    """Whether some value that leaves *out* is taken by *into*."""
    return any(issubclass(given, into.accepts) for given in out.accepts)


def things(accepts: Iterable[type]) -> Message:
    """What a port carries, in words."""
    found = [_THINGS.get(t.__name__, say(t.__name__.lower())) for t in accepts]
    if len(found) == 1:
        return found[0]
    return say("{a} or {b}", a=found[0], b=things(list(accepts)[1:]))


def check_flows(layer: Layer, inputs: tuple[Any, ...]) -> None:
    """See to it that what arrives is what each port takes: an edge may carry one of several things.

    Raises:
        ShapeError: labels arrive where a tensor is computed with, or the other way round.
    """
    for x in inputs:
        if type(x) is not Tensor and x is not None and type(x) is not tuple:
            break
    else:
        return
    for port, x in zip(layer.inputs, inputs, strict=True):
        if x is not None and type(x) is not tuple and not isinstance(x, port.accepts):
            raise ShapeError(
                "{kind} takes {taken} at {port}; it receives {given}.",
                code="wrong_flow",
                kind=layer.kind,
                taken=things(port.accepts),
                port=port.name,
                given=things([type(x)]),
            )


_THINGS = {
    "Tensor": say("a tensor"),
    "Labels": say("labels"),
    "Boxes": say("boxes"),
    "Detections": say("detections"),
    "Sizes": say("sizes of images"),
    "Anchors": say("anchors"),
    "Regions": say("regions"),
    "Matches": say("matches of regions"),
    "Loss": say("a loss"),
}


def closes_cycle(network: Network, source: str, target: str) -> bool:
    """Whether an edge from *source* to *target* would close a circle."""
    before, after = (network.__dict__.setdefault(key, {}) for key in ("_before", "_after"))
    # A drag asks for one end and all the others: the answer for the end that stays is kept.
    if source in before:
        return target in before[source]
    if target not in after:
        before[source] = _reached(source, network.incoming, lambda e: e.source)
        after[target] = _reached(target, network.outgoing, lambda e: e.target)
    return source in after[target]


def _reached(start: str, edges: Mapping[str, tuple[Edge, ...]], end: Callable[[Edge], str]) -> frozenset[str]:
    found, todo = {start}, [start]
    while todo:
        for edge in edges.get(todo.pop(), ()):
            name = end(edge)
            if name not in found:
                found.add(name)
                todo.append(name)
    return frozenset(found)


def blocks_of(nodes: Iterable[Node]) -> Iterator[str]:
    """Names of the definitions that stand at *nodes*, with repetition."""
    return (node.layer.name for node in nodes if isinstance(node.layer, Block))


def used_blocks(nodes: Iterable[Node], blocks: Mapping[str, Network]) -> set[str]:
    """Names of the definitions that *nodes* need, those inside of others included."""
    found: set[str] = set()
    todo = list(blocks_of(nodes))
    while todo:
        name = todo.pop()
        if name not in found and name in blocks:
            found.add(name)
            todo.extend(blocks_of(blocks[name].nodes.values()))
    return found


DEPTH_LIMIT, EXTENT_LIMIT = 50, 10_000
"""Blocks in blocks, and by how many nodes the insides of all blocks, counted as often as they stand, may come to more
than is drawn: ten times the largest network of torchvision, and still opened within a second."""


def extents(network: Network) -> dict[str, tuple[int, int]]:
    """Per block, how many nodes it comes to and how deep it goes, blocks inside counted as often as they stand.

    Repetitions count in the whole only: how many there are is known where the variables are.

    Raises:
        NetworkError: a block stands inside itself, or it all comes to more than anyone can draw.
    """
    levels = (network, *network.blocks.values())
    limit = EXTENT_LIMIT + sum(len(level.nodes) for level in levels)
    found: dict[str, tuple[int, int]] = {}
    inner = {name: Counter(blocks_of(block.nodes.values())) for name, block in network.blocks.items()}
    for start in network.blocks:
        trail = [] if start in found else [(start, iter(inner[start]))]
        while trail:
            name, rest = trail[-1]
            deeper = next((n for n in rest if n not in found and n in inner), None)
            if deeper is None:
                found[name] = _extent(network.blocks[name], inner[name], found, limit)
                trail.pop()
            elif any(deeper == waiting for waiting, _ in trail):
                raise NetworkError("The block {name} would stand inside itself, without end.", name=deeper)
            else:
                trail.append((deeper, iter(inner[deeper])))
    _, depth = _extent(network, Counter(blocks_of(network.nodes.values())), found, limit)
    if any(numbered(node) for level in levels for node in level.nodes.values()):
        _bounded(laid_out(network, limit), depth, limit)
    return found


def _extent(level: Network, inner: Counter[str], known: Mapping[str, tuple[int, int]], limit: int) -> tuple[int, int]:
    count = len(level.nodes) + sum(times * known[n][0] for n, times in inner.items() if n in known)
    depth = 1 + max((known[n][1] for n in inner if n in known), default=0)
    _bounded(count, depth, limit)
    return count, depth


def _bounded(count: int, depth: int, limit: int) -> None:
    if count > limit or depth > DEPTH_LIMIT:
        raise NetworkError(
            "The blocks stand {depth} deep in one another and come to {count} nodes: more than can be drawn.",
            depth=depth,
            count=count,
        )


def training_only(nodes: Iterable[Node]) -> Message | None:
    """Why these nodes may not stand in a block: a loss or a target among them."""
    for node in nodes:
        if isinstance(node.layer, Layer) and node.layer.when == TRAINING:
            return say("{name} is for training only: it stands in the network itself, not in a block.", name=node.name)
    return None


def wrap_refusal(network: Network, names: Iterable[str]) -> Message | None:
    """Why the nodes *names* may not become one block; None where they may."""
    chosen = list(names)
    if not chosen:
        return say("Choose the nodes that the block shall hold.")
    for name in chosen:
        if name not in network:
            return say("There is no node called {name}.", name=name)
        if network[name].kind in ("Input", "Output") and isinstance(network[name].layer, Layer):
            return say("{name} stays outside: here the network itself begins or ends.", name=name)
    found = training_only(network[name] for name in chosen) or split(network, set(chosen))
    return found or _between(network, set(chosen))


def _between(network: Network, chosen: set[str]) -> Message | None:
    """A node that is not chosen but lies on the way from one that is to another that is."""
    after: set[str] = set()
    for name in network.order:
        edges = network.incoming.get(name, ())
        if name not in chosen and any(e.source in chosen or e.source in after for e in edges):
            after.add(name)
        elif name in chosen and (found := next((e.source for e in edges if e.source in after), None)):
            return say("{name} lies between the chosen nodes: choose it too.", name=found)
    return None


def task(network: Network) -> str:
    """What training makes of the network, by its target, else by its losses; empty where there is neither."""
    layers = [node.layer for node in network.nodes.values() if isinstance(node.layer, Layer) and node.layer.task]
    layers.sort(key=lambda layer: bool(layer.inputs))
    return layers[0].task if layers else ""
