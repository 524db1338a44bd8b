"""What is done with definitions of blocks where they stand: repeated at a node, made its own, named anew."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from graph.adjust import bounded
from graph.blocks import Moved
from graph.checks import training_only
from graph.errors import NetworkError
from graph.fragments import with_blocks
from graph.inside import prune
from graph.layer import Layer
from graph.names import free_name
from graph.network import Block, Network, Node, check_name
from graph.repeats import REPEAT, check_repeat, numbered, repeat_refusal, times
from graph.sharing import group


def repeat(network: Network, name: str, n: int | str) -> Moved:
    """Let the block at the node *name* stand *n* times, one after the other; a text is an expression of variables.

    A block that stands once by a number, and not by an expression, is not numbered: ``stage.conv1``, where repetitions
    are ``stage.0.conv1``, ``stage.1.conv1``.  Nodes that use the same weights are repeated alike.

    Raises:
        NetworkError: it is no block, has not one input and one output, or all comes to too much.
        InvalidValue: *n* is no such number.
    """
    node = network.node(name)
    bind = {value: expression for value, expression in node.bind.items() if value != REPEAT}
    if isinstance(n, str):
        made = replace(node, repeat=1, bind={**bind, REPEAT: n.strip()})
    else:
        made = replace(node, repeat=check_repeat(node, n), bind=bind)
    if (made.repeat, made.bind) == (node.repeat, node.bind):
        return Moved(network, {})
    if reason := repeat_refusal(network, made):
        raise NetworkError(reason)
    times(made, network.variables)
    names = group(network, name)
    changed = {one: replace(network[one], repeat=made.repeat, bind=made.bind) for one in names}
    moved = bounded(network.change(nodes={**network.nodes, **changed}))
    paths = {}
    if numbered(node) != numbered(made):
        paths = {names[0]: f"{names[0]}.0"} if numbered(made) else {f"{names[0]}.0": names[0]}
    return Moved(moved, paths)


def standings(network: Network, block: str) -> int:
    """At how many nodes the definition *block* stands, in the network and in its other definitions."""
    levels = (network, *network.blocks.values())
    return sum(isinstance(n.layer, Block) and n.layer.name == block for level in levels for n in level.nodes.values())


def make_own(network: Network, name: str) -> Network:
    """Give the node *name* a copy of its definition, so that what is edited inside changes nothing elsewhere.

    Raises:
        NetworkError: it is no block, or its definition stands nowhere else.
    """
    node = network.node(name)
    if not isinstance(node.layer, Block):
        raise NetworkError("{name} is no block: it has no inside to call its own.", name=name)
    block, mine = node.layer.name, group(network, name)
    if standings(network, block) <= len(mine):
        raise NetworkError("{block} stands nowhere else: {name} has it for its own already.", block=block, name=name)
    own = free_name(block, {*network.blocks})
    nodes = {n: replace(network[n], layer=_named(network[n], own)) for n in mine}
    copy = network.blocks[block].change(name=own)
    return network.change(nodes={**network.nodes, **nodes}, blocks={**network.blocks, own: copy})


def name_block(network: Network, old: str, new: str) -> Network:
    """The network in which the definition *old* is called *new*, wherever it stands.

    Raises:
        NetworkError: the name is taken or cannot be one.
    """
    network.inside(old)
    if old == new:
        return network
    if check_name(new) in network.blocks:
        raise NetworkError("There is a block called {name} already: choose another name.", name=new)

    def called(level: Network) -> Network:
        users = {n: m for n, m in level.nodes.items() if isinstance(m.layer, Block) and m.layer.name == old}
        if not users:
            return level
        renamed = {n: replace(m, layer=_named(m, new)) for n, m in users.items()}
        return level.change(nodes={n: renamed.get(n, m) for n, m in level.nodes.items()})

    blocks = {
        (new if n == old else n): called(b.change(name=new) if n == old else b) for n, b in network.blocks.items()
    }
    return called(network).change(blocks=blocks)


def definition(network: Network, block: str) -> Network:
    """The definition *block* as a network that stands by itself, with the blocks that stand inside it and no others.

    Raises:
        NetworkError: there is no such block.
    """
    return prune(network.inside(block))


def bring(network: Network, layer: Layer | Block | Network) -> tuple[Network, Layer | Block]:
    """*network* with the definition *layer* among its blocks, and the block that stands for it; a layer stays itself.

    A definition that is there already is used; if another one has its name, it gets a free one.

    Raises:
        NetworkError: it holds what is for training only, or all comes to too much.
    """
    if not isinstance(layer, Network):
        return network, layer
    if reason := training_only(layer.nodes.values()):
        raise NetworkError(reason)
    wanted = block_name(layer.name)
    own = {wanted: layer.change(name=wanted, blocks={}), **{n: b for n, b in layer.blocks.items() if n != wanted}}
    blocks, called = with_blocks(network.blocks, own)
    made = network if blocks is network.blocks else bounded(network.change(blocks=blocks))
    return made, Block(called.get(wanted, wanted))


def block_name(title: str) -> str:
    """What a block with this *title* is called in a network.

    >>> block_name("Inverted residual (v2)"), block_name("42")
    ('inverted_residual_v2', 'block_42')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    found = re.sub(r"[^A-Za-z0-9_]+", "_", plain if plain.isidentifier() else plain.lower()).strip("_")[:60]
    if not found or found[0].isdigit():
        found = f"block_{found}" if found else "block"
    try:
        return check_name(found)
    except NetworkError:
        return f"block_{found}"


def _named(node: Node, block: str) -> Block:
    assert isinstance(node.layer, Block)
    return Block(block, node.layer.values)
