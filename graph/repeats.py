"""Blocks that stand several times, one after the other, at a single node: each repetition with weights of its own.

What stands at such a node is a chain of blocks named ``0``, ``1``, ``2`` ..., as ``nn.Sequential`` names them, so that
paths, keys and facts of a repetition are those of any node: ``stage.1.conv1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from graph.errors import InvalidValue
from graph.layers.source import Input, Output
from graph.network import Block, Edge, Network, Node
from graph.text import Message, say
from graph.values import shown
from graph.variables import evaluate, resolve

REPEAT = "repeat"
"""What ``Node.bind`` calls the number of repetitions."""

REPEAT_LIMIT = 1000
"""Repetitions at one node."""

_ENTER, _LEAVE = Input(), Output()


def numbered(node: Node) -> bool:
    """Whether the insides of *node* bear numbers: it is repeated, or as often as an expression says."""
    return isinstance(node.layer, Block) and (node.repeat != 1 or REPEAT in node.bind)


def check_repeat(node: Node, n: object) -> int:
    """*n* if a block can stand so many times.

    Raises:
        InvalidValue: it cannot.
    """
    if type(n) is not int or not 1 <= n <= REPEAT_LIMIT:
        raise InvalidValue(
            "{name} can stand 1 to {limit} times, not {given}.", name=node.name, limit=REPEAT_LIMIT, given=shown(n)
        )
    return n


def times(node: Node, variables: Mapping[str, int]) -> int:
    """How many times the block of *node* stands there.

    Raises:
        InvalidValue: the expression it follows gives no such number.
    """
    n = evaluate(node.bind[REPEAT], variables) if REPEAT in node.bind else node.repeat
    return check_repeat(node, n)


def repeat_refusal(network: Network, node: Node) -> Message | None:
    """Why the block of *node* cannot be repeated; None where it can."""
    if not isinstance(node.layer, Block):
        return say("{name} is no block: only a block can be repeated.", name=node.name)
    ins, outs = network.inputs(node), network.outputs(node)
    if len(ins) != 1 or len(outs) != 1:
        return say(
            "{block} has {inputs} inputs and {outputs} outputs: to be repeated it needs one of each, "
            "since each repetition feeds the next.",
            block=node.layer.name,
            inputs=len(ins),
            outputs=len(outs),
        )
    if port := next((p.name for p in (*ins, *outs) if p.name.isdigit()), ""):
        return say(
            "The port {port} of {block} bears a number, as repetitions do: rename it.", port=port, block=node.kind
        )
    return None


def unrolled(network: Network, node: Node, layer: Block, n: int) -> Network:
    """The chain that stands at *node*: its block *n* times, between the ports of one."""
    enter, leave = network.inputs(node)[0].name, network.outputs(node)[0].name
    names = [str(i) for i in range(n)]
    nodes = {enter: Node(enter, _ENTER)} | {name: Node(name, layer) for name in names} | {leave: Node(leave, _LEAVE)}
    edges = [Edge(a, leave, b, enter) for a, b in pairwise(names)]
    ends = Edge(enter, "out", names[0], enter), Edge(names[-1], leave, leave, "x")
    return network.unrolled(nodes, (ends[0], *edges, ends[1]))


def standing(network: Network, path: str) -> tuple[tuple[str, ...], str]:
    """Where the node at *path* is drawn: names of the blocks to enter (no numbers of repetitions), and its name."""
    *parts, name = path.split(".")
    trail: list[str] = []
    rest = [*parts, name]
    while len(rest) > 1:
        here = network.within(tuple(trail))
        node = here.nodes.get(rest[0])
        if node is None or not isinstance(node.layer, Block):
            break
        skip = 2 if numbered(node) else 1
        if len(rest) <= skip:  # a repetition as a whole is its node
            return tuple(trail), rest[0]
        trail.append(rest[0])
        rest = rest[skip:]
    return tuple(trail), rest[-1]


def laid_out(network: Network, limit: int) -> int:
    """How many nodes *network* comes to with the insides of all blocks counted as often as they stand and repeat.

    Counting ends beyond *limit*.  A number of repetitions that cannot be found counts as one.
    """
    known: dict[tuple[str, tuple[tuple[str, int], ...]], int] = {}

    def count(level: Network, variables: Mapping[str, int]) -> int:
        total = len(level.nodes)
        for node in level.nodes.values():
            if total > limit:
                break
            if isinstance(node.layer, Block) and node.layer.name in network.blocks:
                try:
                    n, layer = times(node, variables), resolve(node, variables)
                except InvalidValue:
                    n, layer = 1, node.layer
                assert isinstance(layer, Block)
                inside = network.inside(layer.name)
                values = {**inside.variables, **layer.values}
                key = layer.name, tuple(sorted(values.items()))
                if key not in known:
                    known[key] = count(inside, values)
                total += n * known[key]
        return total

    return count(network, network.variables)
