"""Blocks defined once: levels that are equal inside, up to numbers, share a definition whose variables are these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graph.layer import Layer
from graph.layout import arrange
from graph.network import Block, Network, Node
from runtime.import_.binding import Slot, variables_of
from runtime.import_.naming import label_of, names_for
from runtime.import_.nest import Level
from runtime.import_.steps import Plan
from runtime.import_.wiring import wire

Blocks = dict[int, Block]
"""What stands for a level where it is used, by the level's identity."""


def define(plan: Plan, top: Level, name: str) -> Network:
    """The network of *plan*, nested as the level *top* says, each block defined once, all laid out."""
    made: dict[str, Network] = {}
    used: Blocks = {}
    groups: dict[str, list[Level]] = {}
    for height in range(top.height):
        same: dict[object, list[tuple[Level, Network]]] = {}
        for level in _at_height(top, height):
            network = wire(plan, level, "block", used, made)
            same.setdefault(_structure(label_of(plan, level), network), []).append((level, network))
        for uses in same.values():
            key = f"block{len(made)}"
            made[key] = _shared([network for _, network in uses], [level for level, _ in uses], key, used)
            groups[key] = [level for level, _ in uses]
    network = wire(plan, top, name, used, made)
    return _placed(_renamed(network.change(name=name, blocks=made), names_for(plan, groups, made)))


def _at_height(level: Level, height: int) -> Iterator[Level]:
    for inner in level.levels:
        yield from _at_height(inner, height)
        if inner.height == height:
            yield inner


def _numbers(node: Node) -> dict[str, int]:
    """Values of a node that an expression may give; a size counts if it is equal along all axes."""
    if isinstance(node.layer, Block):
        return dict(node.layer.values)
    found: dict[str, int] = {}
    for spec in node.layer.specs if node.kind != "Input" else ():
        value = getattr(node.layer, spec.name)
        if spec.type == "int":
            found[spec.name] = value
        elif spec.type == "size" and isinstance(value, tuple) and len(set(value)) == 1:
            found[spec.name] = value[0]
    return found


def _structure(label: str, network: Network) -> object:
    """Equal for levels that one definition can serve: all but numbers, and the shapes that arrive."""
    nodes = []
    for node in network.nodes.values():
        numbers = _numbers(node)
        values = node.layer.values if isinstance(node.layer, Layer) and node.kind != "Input" else {}
        nodes.append((node.name, node.kind, node.shares, tuple((k, v) for k, v in values.items() if k not in numbers)))
    return label, tuple(nodes), network.edges


def _shared(networks: list[Network], levels: list[Level], key: str, used: Blocks) -> Network:
    """One definition for *networks* that are equal up to numbers; notes what stands for their *levels*."""
    slots: list[dict[Slot, int]] = [
        {(n.name, value): number for n in network.nodes.values() for value, number in _numbers(n).items()}
        for network in networks
    ]
    columns = {slot: tuple(one[slot] for one in slots) for slot in slots[0]}
    variables, bound = variables_of({slot: column for slot, column in columns.items() if len(set(column)) > 1})
    for i, level in enumerate(levels):
        used[id(level)] = Block(key, {variable: column[i] for variable, column in variables.items()})
    nodes = {}
    for node in networks[0].nodes.values():
        bind = {value: expression for (owner, value), expression in bound.items() if owner == node.name}
        nodes[node.name] = replace(node, bind=bind)
    return networks[0].change(nodes=nodes, variables={v: column[0] for v, column in variables.items()}, blocks={})


def _renamed(network: Network, names: Mapping[str, str]) -> Network:
    """*network* with other names for its blocks."""

    def level(one: Network, name: str) -> Network:
        nodes = {
            n: replace(node, layer=Block(names[node.layer.name], node.layer.values))
            if isinstance(node.layer, Block)
            else node
            for n, node in one.nodes.items()
        }
        return one.change(name=name, nodes=nodes, blocks={})

    blocks = {names[key]: level(one, names[key]) for key, one in network.blocks.items()}
    return level(network, network.name).change(blocks=blocks)


def _placed(network: Network) -> Network:
    """Every level laid out by itself."""
    blocks = {name: _arranged(network.inside(name)).change(blocks={}) for name in network.blocks}
    return _arranged(network).change(blocks=blocks)


def _arranged(network: Network) -> Network:
    places = arrange(network)
    return network.change(nodes={name: replace(node, at=places[name]) for name, node in network.nodes.items()})
