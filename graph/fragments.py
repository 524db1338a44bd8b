"""Copy and paste: a part of a network that can stand anywhere, and how it comes into another.

A fragment is a network itself: nodes, the edges between them, the blocks and variables that they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph.checks import refusal, used_blocks
from graph.errors import NetworkError
from graph.layer import Layer
from graph.names import free_name
from graph.network import Block, Edge, Network, Node, Note
from graph.sharing import renamed, without
from graph.variables import names_in


def take(network: Network, names: Iterable[str]) -> Network:
    """The fragment that these nodes make.

    Of nodes that share weights whose owner stays behind, the first has them for its own.

    Raises:
        NetworkError: there is no such node.
    """
    chosen = set(names)
    if missing := chosen - set(network.nodes):
        raise NetworkError("There is no node called {name}.", name=min(missing))
    nodes = without(network.nodes, set(network.nodes) - chosen)
    used = {v for node in nodes.values() for expression in node.bind.values() for v in names_in(expression)}
    needed = used_blocks(nodes.values(), network.blocks)
    return Network(
        network.name,
        nodes,
        tuple(e for e in network.edges if e.source in chosen and e.target in chosen),
        {v: number for v, number in network.variables.items() if v in used},
        {name: block for name, block in network.blocks.items() if name in needed},
        tuple(n for n in network.notes if n.frames and chosen.issuperset(n.frames)),
    )


def paste(
    network: Network,
    fragment: Network,
    offset: tuple[float, float] = (0.0, 0.0),
    keep_incoming: Iterable[Edge] = (),
) -> tuple[Network, dict[str, str]]:
    """*network* with a copy of *fragment*, and the new name of each of its nodes.

    A block of the same name is shared if it is the same, else the copy's gets another name; a variable of the same
    name is the network's own.

    Args:
        network: what to paste into.
        fragment: what :func:`take` gave, of this network or another.
        offset: pixels by which its nodes and notes are moved.
        keep_incoming: edges from nodes of *network* to nodes of the fragment (by their old names) to draw too.
    """
    blocks, called = with_blocks(network.blocks, fragment.blocks)
    taken, names = set(network.nodes), dict[str, str]()
    for old in fragment.nodes:
        names[old] = old if old not in taken else free_name(old, taken)
        taken.add(names[old])
    copies = {names[n.name]: renamed(_copy(n, names[n.name], offset, called), names) for n in fragment.nodes.values()}
    edges = [Edge(names[e.source], e.out, names[e.target], e.into) for e in fragment.edges]
    notes = [
        Note(n.text, (n.at[0] + offset[0], n.at[1] + offset[1]), n.size, tuple(names[f] for f in n.frames))
        for n in fragment.notes
    ]
    made = network.with_edges((*network.edges, *edges)).change(
        nodes={**network.nodes, **copies},
        variables={**fragment.variables, **network.variables} if fragment.variables else network.variables,
        blocks=blocks,
        notes=(*network.notes, *notes),
    )
    for edge in keep_incoming:
        kept = edge._replace(target=names.get(edge.target, edge.target))
        if edge.target in names and edge.source in network and refusal(made, kept) is None:
            made = made.change(edges=(*made.edges, kept))
    return made, names


def _copy(node: Node, name: str, offset: tuple[float, float], called: Mapping[str, str]) -> Node:
    at = node.at[0] + offset[0], node.at[1] + offset[1]
    return replace(node, name=name, layer=_called(node, called), at=at)


def _called(node: Node, called: Mapping[str, str]) -> Layer | Block:
    """The layer of *node*, a block under its new name."""
    layer = node.layer
    if isinstance(layer, Block) and called.get(layer.name, layer.name) != layer.name:
        return Block(called[layer.name], layer.values)
    return layer


def with_blocks(
    own: Mapping[str, Network], brought: Mapping[str, Network]
) -> tuple[Mapping[str, Network], dict[str, str]]:
    """The definitions of both, and what each of *brought* is called among them: those that are there are used."""
    if all(name in own and own[name] == block for name, block in brought.items()):
        return own, {}
    called, taken = dict[str, str](), {*own, *brought}
    for name, block in brought.items():
        if name in own and own[name] != block:
            called[name] = free_name(name, taken)
            taken.add(called[name])
    # a block that holds one that was renamed is another block, too
    changed = True
    while changed:
        changed = False
        for name, block in brought.items():
            holds = any(isinstance(n.layer, Block) and n.layer.name in called for n in block.nodes.values())
            if name in own and name not in called and holds:
                called[name], changed = free_name(name, taken), True
                taken.add(called[name])
    found = dict(own)
    for name, block in brought.items():
        new = called.get(name, name)
        if new not in found:
            nodes = {
                n: m if (layer := _called(m, called)) is m.layer else replace(m, layer=layer)
                for n, m in block.nodes.items()
            }
            found[new] = block.change(name=new, nodes=nodes)
    return found, called
