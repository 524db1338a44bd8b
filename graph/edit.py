"""Every edit of a network, as a pure function: the network before goes in, the network after comes out.

What an edit does not touch is shared, object by object, so that "what changed" is a question of identity; an edit that
changes nothing returns the network itself.  Edits that change paths return :class:`Moved`, so that weights follow
their nodes.

Nodes and edges are edited here; the rest has modules of its own and is found here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from graph.adjust import bind, bypass, freeze, move, put_layer, set_notes, set_values, set_variable, share
from graph.blocks import Moved, unwrap, wrap
from graph.checks import fits, refusal
from graph.definitions import bring, definition, make_own, name_block, repeat, standings
from graph.errors import NetworkError
from graph.fragments import paste, take
from graph.inside import place_paths, prune, put_inside
from graph.layer import Layer
from graph.names import name_for
from graph.network import Block, Edge, Network, Node, Note, check_name
from graph.sharing import renamed, without

__all__ = [
    "Moved",
    "add",
    "bind",
    "bridge",
    "bring",
    "bypass",
    "connect",
    "definition",
    "disconnect",
    "freeze",
    "insert",
    "make_own",
    "move",
    "name_block",
    "paste",
    "place_paths",
    "prune",
    "put_inside",
    "put_layer",
    "remove",
    "rename",
    "reorder",
    "repeat",
    "set_notes",
    "set_values",
    "set_variable",
    "share",
    "standings",
    "take",
    "unwrap",
    "wrap",
]


def add(
    network: Network, layer: Layer | Block, name: str = "", at: tuple[float, float] = (0.0, 0.0)
) -> tuple[Network, str]:
    """A new node and its name, invented from the kind where none is given.

    Raises:
        NetworkError: the name is taken or cannot be one, or there is no such block.
    """
    if isinstance(layer, Block):
        network.inside(layer.name)
    name = _new_name(network, name) if name else name_for(layer, network.nodes)
    return network.change(nodes={**network.nodes, name: Node(name, layer, at)}), name


def remove(network: Network, names: Iterable[str]) -> Network:
    """The network without these nodes, their edges, and the frames that stood around nothing else.

    Where the owner of shared weights goes, the first node that used them has them for its own.
    """
    gone = {network.node(name).name for name in names}
    if not gone:
        return network
    nodes = without(network.nodes, gone)
    edges = [e for e in network.edges if e.source not in gone and e.target not in gone]
    notes = tuple(n for note in network.notes if (n := _without(note, gone)))
    return network.change(nodes=nodes, notes=notes).with_edges(edges)


def bridge(network: Network, names: Iterable[str]) -> Network:
    """Like :func:`remove`, but what came before each node now feeds what came after it, where it fits."""
    gone = {network.node(name).name for name in names}
    edges = list(network.edges)
    for name in (n for n in network.order if n in gone):
        ports = network.inputs(network[name])
        before = next((e for e in edges if ports and e.target == name and e.into == ports[0].name), None)
        edges = [found for e in edges if (found := _past(network, e, name, before, edges))]
    return remove(network.with_edges(edges), gone)


def _past(network: Network, edge: Edge, name: str, before: Edge | None, edges: Collection[Edge]) -> Edge | None:
    """*edge* as it is once *name* is gone and *before* reaches past it; None where nothing is left of it."""
    if edge.target == name:
        return None
    if edge.source != name:
        return edge
    if before is None:
        return None
    past = Edge(before.source, before.out, edge.target, edge.into)
    out = network.port(past.source, past.out, out=True)
    return past if past not in edges and fits(out, network.port(past.target, past.into, out=False)) else None


def connect(network: Network, edge: Edge) -> Network:
    """The network with *edge*; at an input that takes one edge only, it replaces the one that was there.

    Raises:
        NetworkError: the edge may not be drawn (:func:`graph.checks.refusal` says why).
    """
    if reason := refusal(network, edge):
        raise NetworkError(reason)
    edges = list(network.edges)
    if not network.port(edge.target, edge.into, out=False).many:
        for at, old in enumerate(edges):
            if old.target == edge.target and old.into == edge.into:
                edges[at] = edge
                return network.change(edges=tuple(edges))
    return network.change(edges=(*edges, edge))


def disconnect(network: Network, edges: Iterable[Edge]) -> Network:
    """The network without these edges.

    Raises:
        NetworkError: one of them is not there.
    """
    gone = set(edges)
    if missing := gone - set(network.edges):
        raise NetworkError("There is no edge {edge}.", edge=str(min(missing)))
    return network.with_edges([e for e in network.edges if e not in gone])


def reorder(network: Network, target: str, into: str, edges: Iterable[Edge]) -> Network:
    """The edges that arrive at a port which takes many, in another order.

    Raises:
        NetworkError: *edges* are not exactly those that arrive there.
    """
    wanted = list(edges)
    places = [i for i, e in enumerate(network.edges) if e.target == target and e.into == into]
    if sorted(wanted) != sorted(network.edges[i] for i in places):
        raise NetworkError("The order must name each edge into {name}:{port} once.", name=target, port=into)
    found = list(network.edges)
    for at, edge in zip(places, wanted, strict=True):
        found[at] = edge
    return network.with_edges(found)


def insert(network: Network, name: str, edge: Edge) -> Network:
    """Put the node *name* into *edge*: what flowed along it now flows through the node.

    Raises:
        NetworkError: there is no such edge, or the node cannot stand in it.
    """
    node = network.node(name)
    if edge not in network.edges:
        raise NetworkError("There is no edge {edge}.", edge=str(edge))
    inputs, outputs = network.inputs(node), network.outputs(node)
    if not inputs or not outputs:
        raise NetworkError("{name} cannot stand in an edge: nothing flows through it.", name=name)
    first = Edge(edge.source, edge.out, name, inputs[0].name)
    second = Edge(name, outputs[0].name, edge.target, edge.into)
    opened = disconnect(network, [edge])
    if first not in opened.edges:
        opened = connect(opened, first)
    if second in opened.edges:
        return opened
    made = connect(opened, second)
    # the new edge stands where the old one stood: a port that takes many keeps its order
    place = network.edges.index(edge)
    edges = [e for e in made.edges if e != second]
    kept = set(edges)
    at = sum(e in kept for e in network.edges[:place])
    return made.change(edges=(*edges[:at], second, *edges[at:]))


def rename(network: Network, old: str, new: str) -> Moved:
    """The network in which the node *old* is called *new*, and the path that changed.

    Raises:
        NetworkError: the name is taken or cannot be one.
    """
    node = network.node(old)
    if old == new:
        return Moved(network, {})
    _new_name(network, new)
    names = {old: new}
    nodes = {
        new if n == old else n: replace(node, name=new) if n == old else renamed(m, names)
        for n, m in network.nodes.items()
    }
    edges = [_renamed(e, old, new) for e in network.edges]
    notes = tuple(
        replace(n, frames=tuple(new if f == old else f for f in n.frames)) if old in n.frames else n
        for n in network.notes
    )
    return Moved(network.change(nodes=nodes, notes=notes).with_edges(edges), {old: new})


def _new_name(network: Network, name: str) -> str:
    if check_name(name) in network.nodes:
        raise NetworkError("There is a node called {name} already: choose another name.", name=name)
    return name


def _renamed(edge: Edge, old: str, new: str) -> Edge:
    if edge.source == old:
        return edge._replace(source=new)
    return edge._replace(target=new) if edge.target == old else edge


def _without(note: Note, gone: set[str]) -> Note | None:
    if not gone.intersection(note.frames):
        return note
    frames = tuple(f for f in note.frames if f not in gone)
    return replace(note, frames=frames) if frames else None
