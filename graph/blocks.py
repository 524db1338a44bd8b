"""Nodes become a block, and a block becomes nodes again.

A block is defined once, in ``Network.blocks``, and may stand at many nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from graph.checks import wrap_refusal
from graph.errors import NetworkError
from graph.inside import prune
from graph.layers.source import Input, Output
from graph.names import free_name
from graph.network import Block, Edge, Network, Node, Note, check_name
from graph.repeats import REPEAT, numbered, repeat_refusal, times
from graph.sharing import group, renamed
from graph.variables import evaluate, names_in, substitute

STEP = 96.0
"""Pixels from a port to the nodes it feeds, in the drawing of a new block."""


class Moved(NamedTuple):
    """A network after an edit that moved weights: *paths* maps old prefixes to new ones."""

    network: Network
    paths: Mapping[str, str]


def wrap(network: Network, names: Iterable[str], block_name: str = "") -> Moved:
    """Make one block of these nodes; a node of the same name stands in their place.

    Its ports are named ``input`` and ``output``, or, where there are several, after the nodes inside they connect.

    Raises:
        NetworkError: the nodes cannot be one block, or the name is taken.
    """
    chosen = dict.fromkeys(names)
    if reason := wrap_refusal(network, chosen):
        raise NetworkError(reason)
    others = (set(network.nodes) - set(chosen)) | set(network.blocks)
    block_name = block_name or free_name("block", others)
    if check_name(block_name) in network.blocks:
        raise NetworkError("There is a block called {name} already: choose another name.", name=block_name)
    node_name = free_name(block_name, others) if block_name in others else block_name

    crossing_in = [e for e in network.edges if e.target in chosen and e.source not in chosen]
    crossing_out = [e for e in network.edges if e.source in chosen and e.target not in chosen]
    taken = set(chosen)
    ins = _ports(((e.source, e.out), e.target) for e in crossing_in)
    enter = {key: _port_name("input", inner, "in", len(ins) > 1, taken) for key, inner in ins.items()}
    outs = _ports(((e.source, e.out), e.source) for e in crossing_out)
    leave = {key: _port_name("output", inner, "out", len(outs) > 1, taken) for key, inner in outs.items()}

    nodes = {name: node for name, node in network.nodes.items() if name in chosen}
    inner: list[Edge] = []
    outer: list[Edge] = []
    for e in network.edges:
        if e.source in chosen and e.target in chosen:
            inner.append(e)
        elif e.target in chosen:
            inner.append(Edge(enter[e.source, e.out], "out", e.target, e.into))
            outer.append(Edge(e.source, e.out, node_name, enter[e.source, e.out]))
        elif e.source in chosen:
            outer.append(Edge(node_name, leave[e.source, e.out], e.target, e.into))
        else:
            outer.append(e)
    inner += [Edge(source, out, port, "x") for (source, out), port in leave.items()]
    used = dict.fromkeys(v for n in nodes.values() for expr in n.bind.values() for v in names_in(expr))
    definition = Network(
        block_name,
        _with_ports(nodes, list(enter.values()), list(leave.values())),
        tuple(inner),
        {v: network.variables[v] for v in used if v in network.variables},
        notes=tuple(n for n in network.notes if n.frames and set(n.frames) <= set(chosen)),
    )
    at = min(n.at[0] for n in nodes.values()), min(n.at[1] for n in nodes.values())
    block = Node(node_name, Block(block_name), at, {v: v for v in definition.variables})
    first = next(iter(nodes))
    made = network.with_edges(dict.fromkeys(outer)).change(
        nodes={k: v for n, m in network.nodes.items() for k, v in _standing(n, m, first, block, chosen)},
        blocks={**network.blocks, block_name: definition},
        notes=_notes_outside(network.notes, chosen, node_name),
    )
    return Moved(made, {name: f"{node_name}.{name}" for name in nodes})


def _ports(ends: Iterable[tuple[tuple[str, str], str]]) -> dict[tuple[str, str], str]:
    """The inner node that names each port, by the output that feeds it; one port per output."""
    found: dict[tuple[str, str], str] = {}
    for key, inner in ends:
        found.setdefault(key, inner)
    return found


def _port_name(plain: str, inner: str, side: str, several: bool, taken: set[str]) -> str:
    name = f"{inner}_{side}" if several and inner.isidentifier() else plain
    if name in taken:
        name = free_name(name, taken)
    taken.add(name)
    return name


def _with_ports(nodes: Mapping[str, Node], ins: list[str], outs: list[str]) -> dict[str, Node]:
    """The nodes of a definition, with a row of ports above and one below."""
    left = min(n.at[0] for n in nodes.values())
    top, bottom = min(n.at[1] for n in nodes.values()), max(n.at[1] for n in nodes.values())
    found = {name: Node(name, Input(), (left + 212.0 * i, top - STEP)) for i, name in enumerate(ins)}
    found |= nodes
    return found | {name: Node(name, Output(), (left + 212.0 * i, bottom + STEP)) for i, name in enumerate(outs)}


def _standing(name: str, node: Node, first: str, block: Node, chosen: Mapping[str, None]) -> list[tuple[str, Node]]:
    """What stands in the stored order where *name* stood: the block in the place of the first chosen node."""
    if name == first:
        return [(block.name, block)]
    return [] if name in chosen else [(name, node)]


def _notes_outside(notes: tuple[Note, ...], chosen: Mapping[str, None], block: str) -> tuple[Note, ...]:
    found = []
    for note in notes:
        if not note.frames or not set(note.frames) & set(chosen):
            found.append(note)
        elif not set(note.frames) <= set(chosen):
            found.append(replace(note, frames=tuple(dict.fromkeys(block if f in chosen else f for f in note.frames))))
    return tuple(found)


def unwrap(network: Network, name: str) -> Moved:
    """Dissolve the block at the node *name*: what is inside stands in its place, under its own name where that is free.

    Of a repeated block that is its repetitions, one after the other.

    Raises:
        NetworkError: it is no block, it is bypassed, shares its weights, or an edge would be there twice.
    """
    node = network.nodes.get(name)
    if node is None or not isinstance(node.layer, Block):
        raise NetworkError("{name} is no block: there is nothing to dissolve.", name=name)
    if node.bypass:
        raise NetworkError("{name} is bypassed: let it work again before you dissolve it.", name=name)
    if len(together := group(network, name)) > 1:
        other = next(n for n in together if n != name)
        raise NetworkError(
            "{name} and {other} use the same weights: give each its own before you dissolve {name}.",
            name=name,
            other=other,
        )
    if numbered(node):
        return _laid_out(network, node)
    inside = network.inside(node.layer.name)
    ports = {n.name for n in inside.nodes.values() if isinstance(n.layer, (Input, Output))}
    taken = set(network.nodes) - {name}
    names: dict[str, str] = {}
    for inner in inside.nodes:
        if inner not in ports:
            names[inner] = inner if inner not in taken else free_name(inner, taken)
            taken.add(names[inner])
    meanings: dict[str, str | int] = {**inside.variables, **node.layer.values, **node.bind}
    shift = _shift(inside, ports, node)
    nodes = {names[i]: renamed(_dissolved(inside[i], names[i], meanings, shift, node.frozen), names) for i in names}
    edges = _dissolved_edges(network, inside, name, ports, names)
    if len(set(edges)) < len(edges):
        raise NetworkError("{name} cannot be dissolved: an edge would be there twice.", name=name)
    frames = [
        replace(n, frames=tuple(names[f] for f in n.frames if f in names), at=_moved(n.at, shift)) for n in inside.notes
    ]
    made = network.with_edges(edges).change(
        nodes={k: v for n, m in network.nodes.items() for k, v in (nodes.items() if n == name else [(n, m)])},
        notes=(*(_reframed(n, name, tuple(nodes)) for n in network.notes), *frames),
    )
    return Moved(prune(made, [node.layer.name]), {f"{name}.{i}": new for i, new in names.items()})


def _laid_out(network: Network, node: Node) -> Moved:
    """The repetitions of *node* as nodes, one after the other; the first keeps its name."""
    if reason := repeat_refusal(network, node):
        raise NetworkError(reason)
    enter, leave = network.inputs(node)[0].name, network.outputs(node)[0].name
    taken, names = set(network.nodes), [node.name]
    for _ in range(times(node, network.variables) - 1):
        names.append(free_name(node.name, taken))
        taken.add(names[-1])
    bind = {value: expression for value, expression in node.bind.items() if value != REPEAT}
    places = [(node.at[0], node.at[1] + i * STEP) for i in range(len(names))]
    chain = {n: replace(node, name=n, at=at, repeat=1, bind=bind) for n, at in zip(names, places, strict=True)}
    between = [Edge(a, leave, b, enter) for a, b in pairwise(names)]
    edges = [e._replace(source=names[-1]) if e.source == node.name else e for e in network.edges]
    at = next((i for i, e in enumerate(edges) if e.source == names[-1]), len(edges))
    made = network.with_edges([*edges[:at], *between, *edges[at:]]).change(
        nodes={k: v for n, m in network.nodes.items() for k, v in (chain.items() if n == node.name else [(n, m)])},
        notes=tuple(_reframed(n, node.name, tuple(names)) for n in network.notes),
    )
    return Moved(made, {f"{node.name}.{i}": name for i, name in enumerate(names)})


def _shift(inside: Network, ports: set[str], node: Node) -> tuple[float, float]:
    """From places inside to places outside: the upper left corner of what is inside goes where the block stood."""
    places = [n.at for n in inside.nodes.values() if n.name not in ports] or [node.at]
    return node.at[0] - min(x for x, _ in places), node.at[1] - min(y for _, y in places)


def _moved(at: tuple[float, float], shift: tuple[float, float]) -> tuple[float, float]:
    return at[0] + shift[0], at[1] + shift[1]


def _dissolved(
    node: Node, name: str, meanings: Mapping[str, str | int], shift: tuple[float, float], frozen: bool
) -> Node:
    """A node of the inside as it stands outside: what it bound to the block's variables follows what these mean."""
    bind = {value: substitute(expression, meanings) for value, expression in node.bind.items()}
    fixed = {v: evaluate(e, {}) for v, e in bind.items() if e != node.bind[v] and not names_in(e)}
    standing = fixed.pop(REPEAT, 1)
    if standing > 1:  # a block that stands once by an expression keeps it, and so its number
        bind.pop(REPEAT)
        node = replace(node, repeat=standing)
    layer = node.layer
    if fixed and isinstance(layer, Block):
        layer = Block(layer.name, {**layer.values, **fixed})
    elif fixed and not isinstance(layer, Block):
        floats = {s.name for s in layer.specs if s.type == "float"}
        layer = layer.with_values(**{k: float(v) if k in floats else v for k, v in fixed.items()})
    bind = {value: expression for value, expression in bind.items() if value not in fixed}
    at = _moved(node.at, shift)
    if (name, layer, at, bind, node.frozen or frozen) == (node.name, node.layer, node.at, node.bind, node.frozen):
        return node
    return replace(node, name=name, layer=layer, at=at, bind=bind, frozen=node.frozen or frozen)


def _dissolved_edges(
    network: Network, inside: Network, name: str, ports: set[str], names: Mapping[str, str]
) -> list[Edge]:
    """The edges of both levels, those that met at a port joined, the order of those into each port kept."""
    arriving = {e.into: e for e in network.incoming.get(name, ())}
    leaving = {e.target: e for e in inside.edges if e.target in ports}  # what feeds each Output

    def start(e: Edge) -> tuple[str, str] | None:
        """Where an edge of the inside begins, seen from outside."""
        if e.source not in ports:
            return names[e.source], e.out
        outer = arriving.get(e.source)
        return (outer.source, outer.out) if outer else None

    within = [
        Edge(*begin, names[e.target], e.into) for e in inside.edges if e.target not in ports and (begin := start(e))
    ]
    found: list[Edge] = []
    placed = False
    for e in network.edges:
        if name not in (e.source, e.target):
            found.append(e)
            continue
        if not placed:
            found += within
            placed = True
        if e.source == name and e.out in leaving and (begin := start(leaving[e.out])):
            found.append(Edge(*begin, e.target, e.into))
    return found if placed else found + within


def _reframed(note: Note, name: str, inner: tuple[str, ...]) -> Note:
    if name not in note.frames:
        return note
    return replace(note, frames=tuple(f for old in note.frames for f in (inner if old == name else (old,))))
