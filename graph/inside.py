"""What is edited inside a block, stored in the network that the block belongs to.

Inside a definition one edits the network that :meth:`graph.network.Network.inside` gives, with the same edits as
everywhere; :func:`put_inside` stores it, for all the nodes that show this block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph.checks import extents, training_only, used_blocks
from graph.errors import NetworkError
from graph.layers.source import Input, Output
from graph.network import Block, Edge, Network, Node
from graph.repeats import REPEAT, numbered, times
from graph.variables import resolve


def put_inside(network: Network, trail: tuple[str, ...], inside: Network) -> Network:
    """Store *inside* as the definition of the block entered by *trail* (names of block nodes from the top).

    All nodes of the block show the new inside; edges to ports that are gone go too, edges to a port that only changed
    its name follow it.  Blocks made inside become blocks of *network*.

    Raises:
        NetworkError: a block would stand inside itself, or hold what is for training only; or it all comes to too much.
    """
    if not trail:
        return inside
    name = network.within(trail[:-1]).nodes[trail[-1]].kind
    old, new = network.blocks[name], inside.change(name=name, blocks={})
    blocks = {**inside.blocks, name: new}
    if reason := training_only(new.nodes.values()):
        raise NetworkError(reason)
    extents(network.change(blocks=blocks))
    ports = _new_ports(old, new)
    variables = frozenset(new.variables)
    fitted = {n: _fitted(definition, name, ports, variables) for n, definition in blocks.items()}
    return _fitted(network.change(blocks=fitted), name, ports, variables)


def _new_ports(old: Network, new: Network) -> dict[tuple[str, str], str]:
    """The new name of each port of *old* that is left, by its kind and old name.

    A port keeps its name; one that lost it is found again by its layer and place, which a change of name leaves alone.
    """
    found: dict[tuple[str, str], str] = {}
    fresh = [n for n in new.nodes.values() if n.name not in old.nodes]
    for node in (n for n in old.nodes.values() if isinstance(n.layer, (Input, Output))):
        if node.name in new.nodes and new[node.name].kind == node.kind:
            found[node.kind, node.name] = node.name
        else:
            again = [n for n in fresh if n.layer is node.layer and n.at == node.at]
            if len(again) == 1:
                found[node.kind, node.name] = again[0].name
    return found


def _fitted(network: Network, block: str, ports: Mapping[tuple[str, str], str], variables: frozenset[str]) -> Network:
    """*network* with the edges and values of its nodes of *block* fitted to the new definition."""
    users = {n.name for n in network.nodes.values() if isinstance(n.layer, Block) and n.layer.name == block}
    if not users:
        return network
    edges: list[Edge] = []
    for e in network.edges:
        out = ports.get(("Output", e.out)) if e.source in users else e.out
        into = ports.get(("Input", e.into)) if e.target in users else e.into
        if out is not None and into is not None:
            edges.append(e if (out, into) == (e.out, e.into) else Edge(e.source, out, e.target, into))
    nodes = {n: _with_variables(m, variables) if n in users else m for n, m in network.nodes.items()}
    if any(nodes[n] is not network.nodes[n] for n in users):
        network = network.change(nodes=nodes)
    return network.with_edges(edges)


def _with_variables(node: Node, variables: frozenset[str]) -> Node:
    """A node of a block without values for variables that the block has no longer."""
    assert isinstance(node.layer, Block)
    known = variables | {REPEAT}
    if {*node.layer.values, *node.bind} <= known:
        return node
    values = {k: v for k, v in node.layer.values.items() if k in variables}
    bind = {k: v for k, v in node.bind.items() if k in known}
    return replace(node, layer=Block(node.layer.name, values), bind=bind)


def place_paths(network: Network, trail: tuple[str, ...], paths: Mapping[str, str]) -> dict[str, str]:
    """The paths that change at the top when *paths* change inside the block entered by *trail*.

    The definition is shared: they change at every node of the block, however deep.
    """
    if not trail:
        return dict(paths)
    name = network.within(trail[:-1]).nodes[trail[-1]].kind
    prefixes = list(_places_of(network, name, network.variables))
    return {f"{p}.{old}": f"{p}.{new}" for p in prefixes for old, new in paths.items()}


def _places_of(network: Network, block: str, variables: Mapping[str, int]) -> Iterable[str]:
    for node in network.nodes.values():
        if not isinstance(node.layer, Block):
            continue
        numbers = [f".{i}" for i in range(times(node, variables))] if numbered(node) else [""]
        if node.layer.name == block:
            yield from (f"{node.name}{n}" for n in numbers)
            continue
        inside, layer = network.inside(node.layer.name), resolve(node, variables)
        assert isinstance(layer, Block)
        places = list(_places_of(inside, block, {**inside.variables, **layer.values}))
        yield from (f"{node.name}{n}.{p}" for n in numbers for p in places)


def prune(network: Network, names: Iterable[str] | None = None) -> Network:
    """*network* without definitions that stand nowhere: of *names* those that no definition in sight uses, else all."""
    if names is None:
        used = used_blocks(network.nodes.values(), network.blocks)
    else:
        everywhere = [n for part in (network, *network.blocks.values()) for n in part.nodes.values()]
        used = used_blocks(everywhere, network.blocks) | (set(network.blocks) - set(names))
    if used >= set(network.blocks):
        return network
    return network.change(blocks={n: b for n, b in network.blocks.items() if n in used})
