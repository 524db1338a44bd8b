"""Why an edge may not be drawn, a block not stand there, and what a network is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from graph.errors import NetworkError
from graph.layer import TRAINING, Layer, Port
from graph.network import Block, Edge, Network, Node
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
    if not fits(out, into):
        return say(
            "{source} gives {given}, and {target} takes {taken} at {port}.",
            source=edge.source,
            given=things(out.accepts),
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


def fits(out: Port, into: Port) -> bool:
    """Whether some value that leaves *out* is taken by *into*."""
    return any(issubclass(given, into.accepts) for given in out.accepts)


def things(accepts: Iterable[type]) -> Message:
    """What a port carries, in words."""
    found = [_THINGS.get(t.__name__, say(t.__name__.lower())) for t in accepts]
    if len(found) == 1:
        return found[0]
    return say("{a} or {b}", a=found[0], b=things(list(accepts)[1:]))


_THINGS = {"Tensor": say("a tensor"), "Labels": say("labels"), "Loss": say("a loss")}


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


def block_refusal(name: str, definition: Network, blocks: Mapping[str, Network]) -> Message | None:
    """Why *definition* may not be what the block *name* stands for; None where it may.

    A block cannot stand inside itself, and what is known in training only stands in the network itself, where the
    loss is summed and the target is found.
    """
    if name in used_blocks(definition.nodes.values(), {**blocks, name: definition}):
        return say("The block {name} would stand inside itself, without end.", name=name)
    return _training_only(definition.nodes.values())


def _training_only(nodes: Iterable[Node]) -> Message | None:
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
    found = _training_only(network[name] for name in chosen)
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
    """What training makes of the network, by its losses: ``"classification"``; empty where there is none."""
    layers = (node.layer for node in network.nodes.values())
    return next((layer.task for layer in layers if isinstance(layer, Layer) and layer.task), "")
