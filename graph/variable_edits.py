"""Variables edited as a whole: where they are used, another name, their number in their place.

Inside a block its variables are those of the definition, and the nodes where it stands give them numbers; *trail* names
the block nodes from the top, as for :func:`graph.inside.put_inside`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from graph.errors import NetworkError
from graph.inside import put_inside
from graph.network import Block, Network, Node
from graph.repeats import REPEAT, times
from graph.variables import check_variable, names_in, resolve, substitute


class Use(NamedTuple):
    """A value that follows a variable: of which node, which one, and by what expression."""

    node: str
    value: str
    expression: str


def uses(network: Network) -> dict[str, tuple[Use, ...]]:
    """Where each variable is used, in the order of the nodes; one that nothing follows is there too."""
    found: dict[str, list[Use]] = {name: [] for name in network.variables}
    for node in network.nodes.values():
        for value, expression in node.bind.items():
            for name in names_in(expression):
                found.setdefault(name, []).append(Use(node.name, value, expression))
    return {name: tuple(where) for name, where in found.items()}


def rename_variable(network: Network, old: str, new: str, trail: tuple[str, ...] = ()) -> Network:
    """The variable *old* under the name *new*: every expression follows, and every node of the block that has it.

    Raises:
        NetworkError: there is no such variable, or *new* is taken or cannot be a name.
        InvalidValue: an expression would become too long.
    """
    here = network.within(trail)
    _known(here, old)
    if new == old:
        return network
    check_variable(new)
    if new in here.variables:
        raise NetworkError("There is a variable {name} already.", name=new)
    if trail:
        network = _standing(network, network.within(trail[:-1])[trail[-1]].kind, old, new)
        here = network.within(trail)
    variables = {new if name == old else name: n for name, n in here.variables.items()}
    nodes = dict(here.nodes)
    for node in _users(here, old):
        nodes[node.name] = replace(node, bind={v: substitute(e, {old: new}) for v, e in node.bind.items()})
    return put_inside(network, trail, here.change(nodes=nodes, variables=variables))


def fix_variable(network: Network, name: str, trail: tuple[str, ...] = ()) -> Network:
    """Put the number of the variable *name* in its place everywhere, and remove it: no value changes.

    Raises:
        NetworkError: there is no such variable, or nodes of the block give it other numbers.
    """
    here = network.within(trail)
    number = _known(here, name)
    if trail:
        _refuse_others(network, network.within(trail[:-1])[trail[-1]].kind, name, number)
    nodes = dict(here.nodes)
    for node in _users(here, name):
        bind = {v: substitute(e, {name: number}) for v, e in node.bind.items()}
        kept = {v: e for v, e in bind.items() if names_in(e)}
        nodes[node.name] = _fixed(replace(node, bind=bind), kept, here)
    variables = {other: n for other, n in here.variables.items() if other != name}
    return put_inside(network, trail, here.change(nodes=nodes, variables=variables))


def _users(network: Network, name: str) -> list[Node]:
    return [network[node] for node in dict.fromkeys(use.node for use in uses(network)[name])]


def _known(network: Network, name: str) -> int:
    if name not in network.variables:
        known = ", ".join(network.variables) or "-"
        raise NetworkError("The network has no variable {name}; it has {known}.", name=name, known=known)
    return network.variables[name]


def _fixed(node: Node, kept: dict[str, str], network: Network) -> Node:
    """*node* whose bound values are plain numbers, but for those *kept*."""
    plain = [v for v in node.bind if v not in kept]
    repeat = times(node, network.variables) if REPEAT in plain else node.repeat
    found = resolve(node, network.variables).values
    values = {v: found[v] for v in plain if v != REPEAT}
    layer = node.layer
    if isinstance(layer, Block):
        layer = Block(layer.name, {**layer.values, **values}) if values else layer
    else:
        layer = layer.with_values(**values)
    return replace(node, layer=layer, bind=kept, repeat=repeat)


def _standing(network: Network, block: str, old: str, new: str) -> Network:
    """*network* whose nodes of *block*, at every depth, give the number of *old* to *new*."""

    def renamed(node: Node) -> Node:
        if not isinstance(node.layer, Block) or node.layer.name != block:
            return node
        values = {new if k == old else k: v for k, v in node.layer.values.items()}
        bind = {new if k == old else k: v for k, v in node.bind.items()}
        return replace(node, layer=Block(block, values), bind=bind)

    def level(inside: Network) -> Network:
        nodes = {name: renamed(node) for name, node in inside.nodes.items()}
        return inside if all(nodes[n] is inside.nodes[n] for n in nodes) else inside.change(nodes=nodes)

    return level(network).change(blocks={name: level(inside) for name, inside in network.blocks.items()})


def _refuse_others(network: Network, block: str, name: str, number: int) -> None:
    """Refuse to fix a variable to which nodes of its block give other numbers."""
    others = [
        node.name
        for inside in (network, *network.blocks.values())
        for node in inside.nodes.values()
        if isinstance(node.layer, Block) and node.layer.name == block
        and (name in node.bind or node.layer.values.get(name, number) != number)
    ]  # fmt: skip
    if others:
        raise NetworkError(
            "{nodes} say otherwise: {name} is not {n} everywhere, and one number cannot take its place.",
            nodes=", ".join(others[:5]),
            name=name,
            n=number,
        )
