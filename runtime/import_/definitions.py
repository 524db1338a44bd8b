"""Blocks defined once: levels that are equal inside, up to numbers, share a definition whose variables are these.

A number that is a multiple of another, or half of it, follows it (``4 * width``, ``kernel // 2``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graph.layer import RESERVED, Layer, kinds
from graph.layout import arrange
from graph.names import free_name
from graph.network import TAKEN, Block, Edge, Network, Node, check_name
from graph.tensors import Tensor
from graph.variables import evaluate
from runtime.import_.nest import Level
from runtime.import_.steps import Plan, Ref

_PLAIN = ("", "Sequential", "ModuleList", "ModuleDict")
"""Modules whose class says nothing: blocks made of them are called after their node."""

_WIDTHS = ("out_channels", "out_features", "groups", "num_groups", "width")
_CALLED = {"out_channels": "width", "out_features": "width", "kernel_size": "kernel"}

Slot = tuple[str, str]
"""A number inside a block: the name of the node, and of its value."""


@dataclass
class _Use:
    """A level where it stands, as far as sharing cares."""

    level: Level
    network: Network
    slots: dict[Slot, int]
    label: str
    block: Block | None = None


@dataclass
class _Maker:
    plan: Plan
    blocks: dict[str, Network] = field(default_factory=dict)
    uses: dict[int, _Use] = field(default_factory=dict)


def define(plan: Plan, level: Level, name: str) -> Network:
    """The network of *plan*, nested as *level* says, laid out."""
    maker = _Maker(plan)
    for height in range(level.height):
        same: dict[object, list[_Use]] = {}
        for one in _at_height(level, height):
            use = _use(maker, one)
            same.setdefault(_structure(use), []).append(use)
        for named in _by_label(same.values()):
            for uses, block in named:
                _share(maker, uses, block)
    top = _network(maker, level, name)
    return _placed(top.change(name=name, blocks=maker.blocks))


def _at_height(level: Level, height: int) -> Iterator[Level]:
    for inner in level.levels:
        yield from _at_height(inner, height)
        if inner.height == height:
            yield inner


def _use(maker: _Maker, level: Level) -> _Use:
    network = _network(maker, level, "block")
    slots = {(n.name, key): number for n in network.nodes.values() for key, number in _numbers(n).items()}
    path = ".".join(level.path)
    kind = maker.plan.classes.get(path, "").lstrip("_")
    label = (
        kind if kind not in _PLAIN else level.path[-1].rstrip("0123456789_") or level.path[-2].rstrip("0123456789_s")
    )
    use = _Use(level, network, slots, label or "block")
    maker.uses[id(level)] = use
    return use


def _numbers(node: Node) -> dict[str, int]:
    """Values of a node that an expression may give; a size counts if it is equal along all axes."""
    if isinstance(node.layer, Block):
        return dict(node.layer.values)
    if node.kind == "Input":
        return {}
    found: dict[str, int] = {}
    for spec in node.layer.specs:
        value = getattr(node.layer, spec.name)
        if spec.type == "int":
            found[spec.name] = value
        elif spec.type == "size" and isinstance(value, tuple) and len(set(value)) == 1:
            found[spec.name] = value[0]
    return found


def _structure(use: _Use) -> object:
    """Equal for levels that one definition can serve."""
    nodes = []
    for node in use.network.nodes.values():
        if isinstance(node.layer, Block):
            nodes.append((node.name, node.layer.name))
            continue
        fixed = (
            {}
            if node.kind == "Input"
            else {k: v for k, v in node.layer.values.items() if (node.name, k) not in use.slots}
        )
        nodes.append((node.name, node.kind, tuple(fixed.items())))
    return use.label, tuple(nodes), use.network.edges


def _by_label(groups: Any) -> Iterator[list[tuple[list[_Use], str]]]:
    """Groups of uses with a readable name each: the commonest bears the label, the others say what differs."""
    labels: dict[str, list[list[_Use]]] = {}
    for uses in groups:
        labels.setdefault(uses[0].label, []).append(uses)
    for label, mine in labels.items():
        yield [(uses, _wanted(label, uses, mine)) for uses in mine]


def _wanted(label: str, uses: list[_Use], others: list[list[_Use]]) -> str:
    alone = len(uses) == 1 and uses[0].level.path[-1].startswith(label) and not label[0].isupper()
    if alone and not uses[0].level.path[-1].isdigit():
        return uses[0].level.path[-1].replace("-", "_")
    first = max(others, key=len)
    if uses is first:
        return label
    mine, its = (Counter(_kinds_of(u[0].network)) for u in (uses, first))
    more, less = list(mine - its), list(its - mine)
    if 1 <= len(more) <= 2:
        return label + "With" + "And".join(more)
    if 1 <= len(less) <= 2 and not more:
        return label + "Without" + "And".join(less)
    return label


def _kinds_of(network: Network) -> list[str]:
    return [n.kind[:1].upper() + n.kind[1:] for n in network.nodes.values() if n.kind not in ("Input", "Output")]


def _share(maker: _Maker, uses: list[_Use], wanted: str) -> None:
    """Make one definition for *uses*."""
    name = _name(wanted, maker.blocks)
    columns = {slot: tuple(use.slots[slot] for use in uses) for slot in uses[0].slots}
    varying = {slot: column for slot, column in columns.items() if len(set(column)) > 1}
    variables, bound = _variables(varying)
    nodes = {}
    for node in uses[0].network.nodes.values():
        bind = {key: expression for (owner, key), expression in bound.items() if owner == node.name}
        nodes[node.name] = Node(node.name, node.layer, bind=bind)
    first = {variable: column[0] for variable, column in variables.items()}
    maker.blocks[name] = uses[0].network.change(name=name, nodes=nodes, variables=first)
    for i, use in enumerate(uses):
        use.block = Block(name, {variable: column[i] for variable, column in variables.items()})


def _name(wanted: str, taken: dict[str, Network]) -> str:
    wanted = wanted.replace("-", "_")[:70]
    try:
        check_name(wanted)
    except Exception as error:
        from graph.errors import NetworkError

        if not isinstance(error, NetworkError):
            raise
        wanted = f"block_{wanted}"
    return wanted if wanted not in taken else free_name(wanted, taken)


def _variables(varying: dict[Slot, tuple[int, ...]]) -> tuple[dict[str, tuple[int, ...]], dict[Slot, str]]:
    """Variables with their column of numbers, and the expression that each slot follows."""
    variables: dict[str, tuple[int, ...]] = {}
    bound: dict[Slot, str] = {}
    families: dict[str, str] = {}
    order = sorted(varying, key=lambda slot: max(varying[slot]) if slot[1] in _WIDTHS else 0)
    for slot in order:
        column, value = varying[slot], slot[1]
        found = next((v for v, c in variables.items() if c == column and families[v] == _family(value)), None)
        if found is None:
            found = _follows(column, _family(value), variables, families)
        if found is None:
            found = _free_variable(_CALLED.get(value, value), slot[0], variables)
            variables[found], families[found] = column, _family(value)
        bound[slot] = found
    return variables, bound


def _family(value: str) -> str:
    return "width" if value in _WIDTHS or value.startswith("width") else value.rstrip("0123456789")


def _follows(
    column: tuple[int, ...], family: str, variables: dict[str, tuple[int, ...]], families: dict[str, str]
) -> str | None:
    """An expression of another variable that gives this column."""
    candidates = []
    for variable in variables:
        if family == "width" and families[variable] == "width":
            candidates += [f"{factor} * {variable}" for factor in range(2, 9)]
        if family == "padding" and families[variable] in ("kernel_size", "kernel"):
            candidates.append(f"{variable} // 2")
    for candidate in candidates:
        variable = next(v for v in variables if v in candidate.split())
        if all(evaluate(candidate, {variable: n}) == c for n, c in zip(variables[variable], column, strict=True)):
            return candidate
    return None


def _free_variable(wanted: str, node: str, variables: dict[str, tuple[int, ...]]) -> str:
    if wanted in RESERVED or wanted in TAKEN:
        wanted = f"{wanted}_number"
    if wanted not in variables:
        return wanted
    named = f"{node.replace('-', '_')}_{wanted}"
    if not node[0].isdigit() and named not in variables:
        return named
    return free_name(wanted, variables)


def _network(maker: _Maker, level: Level, name: str) -> Network:
    """The nodes and edges of a level, its inner blocks defined already."""
    plan = maker.plan
    taken = set(level.parts)
    ins = {ref: _port("input", i, taken) for i, ref in enumerate(level.inputs)}
    nodes = {n: Node(n, _arriving(plan, ref)) for ref, n in ins.items()}
    edges: list[Edge] = []

    def source(ref: Ref) -> tuple[str, str]:
        if ref in ins:
            return ins[ref], "out"
        owner = level.owner(ref)
        assert owner is not None
        part = level.parts[owner]
        return owner, _outs(part)[ref] if isinstance(part, Level) else "out"

    for part_name, part in level.parts.items():
        if isinstance(part, Level):
            block = maker.uses[id(part)].block
            assert block is not None
            nodes[part_name] = Node(part_name, block)
            edges += [Edge(*source(ref), part_name, port) for ref, port in _ins(part).items()]
            continue
        step = plan.steps[part]
        nodes[part_name] = Node(part_name, step.layer)
        for port, given in zip(step.layer.inputs, step.takes, strict=False):
            refs = () if given is None else (given,) if isinstance(given, Ref) else given
            edges += [Edge(*source(ref), part_name, port.name) for ref in refs]
    outs = plan.outputs if not level.path else {_port("output", i, taken): r for i, r in enumerate(level.outputs)}
    for port_name, ref in outs.items():
        port_name = port_name if port_name not in nodes else free_name(port_name, nodes)
        nodes[port_name] = Node(port_name, kinds()["Output"]())
        edges.append(Edge(*source(ref), port_name, "x"))
    return Network(name, nodes, tuple(edges), blocks=maker.blocks)


def _ins(level: Level) -> dict[Ref, str]:
    taken = set(level.parts)
    return {ref: _port("input", i, taken) for i, ref in enumerate(level.inputs)}


def _outs(level: Level) -> dict[Ref, str]:
    taken = set(level.parts)
    for i, _ in enumerate(level.inputs):
        _port("input", i, taken)
    return {ref: _port("output", i, taken) for i, ref in enumerate(level.outputs)}


def _port(word: str, index: int, taken: set[str]) -> str:
    name = word if not index else f"{word}{index + 1}"
    name = name if name not in taken else free_name(name, taken)
    taken.add(name)
    return name


def _arriving(plan: Plan, ref: Ref) -> Layer:
    """The Input of a block, with the shape of what arrives at its first use."""
    flow = plan.steps[ref.step].flow
    shape = tuple(d for d in flow.dims[1:] if isinstance(d, int)) if isinstance(flow, Tensor) else ()
    return kinds()["Input"](shape=shape or (1,))


def _placed(network: Network) -> Network:
    """Every level laid out by itself."""
    blocks = {name: _arranged(network.inside(name)).change(blocks={}) for name in network.blocks}
    return _arranged(network).change(blocks=blocks)


def _arranged(network: Network) -> Network:
    places = arrange(network)
    return network.change(
        nodes={n: Node(n, m.layer, places[n], m.bind, m.frozen, m.bypass) for n, m in network.nodes.items()}
    )
