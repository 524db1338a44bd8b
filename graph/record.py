"""What a network looks like as plain data, the content of a file: written in a stable order, read without trust.

A node is ``{"name", "kind" or "block", "at", ...values that differ from the defaults, "bind", "frozen", "bypass",
"repeat", "shares"}``; an
edge is a pair of ends, each ``name``, ``name:port`` where the port is not the first one, or ``name:port[1]`` where a
port that takes many receives several.  Nothing that is not understood is dropped: it is refused by name and place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from graph.checks import extents, fits, training_only
from graph.errors import CanevasError
from graph.inside import prune
from graph.layer import Port, kinds
from graph.network import Block, Edge, Network, Node, Note, check_name
from graph.repeats import REPEAT, check_repeat
from graph.text import say
from graph.untrusted import Unreadable, checked_fields, checked_list, checked_object, checked_text, unknown
from graph.values import Spec, shown
from graph.variables import BINDABLE, check_variable, names_in

NODE_LIMIT, EDGE_LIMIT, BLOCK_LIMIT, NOTE_LIMIT = 100_000, 400_000, 10_000, 10_000
"""No file holds more of each, so that a hostile one is refused before it hurts."""

PLACE_LIMIT = 1e8
"""Pixels; no node stands further out."""

FIELDS = ("name", "kind", "block", "at", "bind", "frozen", "bypass", "repeat", "shares")
"""Fields of a node beside its values."""

_END = re.compile(r"([A-Za-z0-9_-]{1,85})(?::([A-Za-z0-9_-]{1,85})(?:\[(0|[1-9][0-9]{0,5})\])?)?")


def to_record(network: Network) -> dict[str, Any]:
    """The data of *network*, without blocks that stand nowhere."""
    network = prune(network)
    found = {"name": network.name, **_level_record(network)}
    if network.blocks:
        found["blocks"] = {name: _level_record(network.inside(name)) for name in network.blocks}
    if network.notes:
        found["notes"] = found.pop("notes")  # last, behind the blocks
    return found


def _level_record(network: Network) -> dict[str, Any]:
    found: dict[str, Any] = {"variables": dict(network.variables)} if network.variables else {}
    found["nodes"] = [_node_record(node) for node in network.nodes.values()]
    found["edges"] = list(_edge_records(network))
    if network.notes:
        found["notes"] = [_note_record(note) for note in network.notes]
    return found


def _node_record(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"name": node.name}
    values: dict[str, Any]
    if isinstance(node.layer, Block):
        found["block"], values = node.layer.name, dict(node.layer.values)
    else:
        found["kind"], values = node.layer.kind, node.layer.changed
    if node.at != (0.0, 0.0):
        found["at"] = _place(node.at)
    found |= {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    if node.bind:
        found["bind"] = dict(node.bind)
    found |= {flag: True for flag in ("frozen", "bypass") if getattr(node, flag)}
    found |= {"repeat": node.repeat} if node.repeat != 1 else {}
    return found | ({"shares": node.shares} if node.shares else {})


def _edge_records(network: Network) -> Iterator[list[str]]:
    outs = {n.name: [p.name for p in network.outputs(n)] for n in network.nodes.values()}
    ins = {n.name: network.inputs(n) for n in network.nodes.values()}
    total: dict[tuple[str, str], int] = {}
    for e in network.edges:
        total[e.target, e.into] = total.get((e.target, e.into), 0) + 1
    seen: dict[tuple[str, str], int] = {}
    for e in network.edges:
        source = e.source if e.out == outs[e.source][0] else f"{e.source}:{e.out}"
        target = e.target if e.into == ins[e.target][0].name else f"{e.target}:{e.into}"
        if total[e.target, e.into] > 1:
            target = f"{e.target}:{e.into}[{seen.get((e.target, e.into), 0)}]"
            seen[e.target, e.into] = seen.get((e.target, e.into), 0) + 1
        yield [source, target]


def _note_record(note: Note) -> dict[str, Any]:
    found: dict[str, Any] = {"text": note.text, "at": _place(note.at), "size": _place(note.size)}
    return found | ({"frames": list(note.frames)} if note.frames else {})


def _place(at: tuple[float, float]) -> list[float]:
    return [int(v) if float(v).is_integer() else float(v) for v in at]


def from_record(data: Mapping[str, Any]) -> Network:
    """The network that *data* describes.

    Raises:
        Unreadable: it describes none; says where and why.
    """
    checked_fields(data, ("format", "version", "name", "variables", "nodes", "edges", "blocks", "notes"), "")
    raw_blocks = checked_object(data.get("blocks", {}), "blocks")
    if len(raw_blocks) > BLOCK_LIMIT:
        raise Unreadable("blocks", say("there are more than {n} blocks", n=BLOCK_LIMIT))
    levels: dict[str, Network] = {}
    for name, raw in raw_blocks.items():
        place = f"blocks.{shown(name)}"
        with _at(place):
            check_name(name)
        raw = checked_object(raw, place)
        checked_fields(raw, ("variables", "nodes", "edges", "notes"), place)
        levels[name] = _level(name, raw, raw_blocks, f"blocks.{name}.")
    name = checked_text(data.get("name", "network"), "name", 200)
    top = _level(name, data, raw_blocks, "").change(blocks=levels)
    with _at("blocks"):
        extents(top)  # before anything asks for ports: a block inside itself has none
        for block, level in levels.items():
            if reason := training_only(level.nodes.values()):
                raise Unreadable(f"blocks.{block}", reason)
    _limits(top)
    levels = {block: _wired(top.inside(block), raw_blocks[block], f"blocks.{block}.") for block in levels}
    return _wired(top, data, "").change(blocks={n: level.change(blocks={}) for n, level in levels.items()})


def _level(name: str, data: Mapping[str, Any], blocks: Mapping[str, Any], prefix: str) -> Network:
    """One level, its edges left out: they need to know the ports of every block."""
    variables: dict[str, int] = {}
    for variable, raw in checked_object(data.get("variables", {}), f"{prefix}variables").items():
        with _at(f"{prefix}variables.{shown(variable)}"):
            variables[check_variable(variable)] = Spec(variable, "int", 0).check(raw)
    nodes: dict[str, Node] = {}
    for i, raw in enumerate(checked_list(data.get("nodes", []), f"{prefix}nodes", NODE_LIMIT)):
        node = _node(checked_object(raw, f"{prefix}nodes[{i}]"), blocks, variables, f"{prefix}nodes[{i}]")
        if node.name in nodes:
            raise Unreadable(f"{prefix}nodes[{i}]", say("there are two nodes called {name}", name=node.name))
        nodes[node.name] = node
    for i, node in enumerate(nodes.values()):
        if node.shares and node.shares not in nodes:
            sentence = say("there is no node called {name}")
            raise Unreadable(f"{prefix}nodes[{i}] {node.name}.shares", unknown(sentence, node.shares, nodes))
    notes = []
    for i, raw in enumerate(checked_list(data.get("notes", []), f"{prefix}notes", NOTE_LIMIT)):
        notes.append(_note(checked_object(raw, f"{prefix}notes[{i}]"), nodes, f"{prefix}notes[{i}]"))
    return Network(name, nodes, (), variables, notes=tuple(notes))


def _node(raw: Mapping[str, Any], blocks: Mapping[str, Any], variables: Mapping[str, int], place: str) -> Node:
    with _at(place):
        name = check_name(raw.get("name"))
    place = f"{place} {name}"
    if ("kind" in raw) == ("block" in raw):
        raise Unreadable(place, say("a node has a kind or a block, and not both"))
    at = _pair(raw.get("at", (0.0, 0.0)), f"{place}.at")
    frozen, bypass = (_flag(raw.get(flag, False), f"{place}.{flag}") for flag in ("frozen", "bypass"))
    bind = checked_object(raw.get("bind", {}), f"{place}.bind")
    if "block" in raw:
        if not isinstance(raw["block"], str) or raw["block"] not in blocks:
            raise Unreadable(place, say("there is no block called {name}", name=shown(raw["block"])))
        inner = checked_object(checked_object(blocks[raw["block"]], "blocks").get("variables", {}), "blocks")
        specs = {v: Spec(v, "int", 0) for v in inner}
        bindable = {**specs, REPEAT: Spec(REPEAT, "int", 1)}
    else:
        cls = kinds().get(raw["kind"]) if isinstance(raw["kind"], str) else None
        if cls is None:
            raise Unreadable(place, unknown(say("there is no kind called {name}"), raw["kind"], kinds()))
        bindable = specs = {spec.name: spec for spec in cls.specs}
    checked_fields(raw, (*FIELDS, *specs), place)
    with _at(place):
        values = {k: specs[k].check(v) for k, v in raw.items() if k not in FIELDS}
        layer = Block(raw["block"], values) if "block" in raw else kinds()[raw["kind"]](**values)
    for value, expression in bind.items():
        _binding(value, expression, bindable, variables, f"{place}.bind")
    node = Node(
        name, layer, at, bind, frozen, bypass, shares=checked_text(raw.get("shares", ""), f"{place}.shares", 100)
    )
    if "repeat" not in raw:
        return node
    if "block" not in raw:
        raise Unreadable(f"{place}.repeat", say("only a block can be repeated"))
    if REPEAT in bind:
        raise Unreadable(f"{place}.repeat", say("it follows an expression already"))
    with _at(f"{place}.repeat"):
        return replace(node, repeat=check_repeat(node, raw["repeat"]))


def _binding(value: str, expression: Any, specs: Mapping[str, Spec], variables: Mapping[str, int], place: str) -> None:
    if value not in specs or specs[value].type not in BINDABLE:
        raise Unreadable(place, say("there is no number called {name} to bind", name=shown(value)))
    with _at(place):
        for name in names_in(expression):
            if name not in variables:
                raise Unreadable(place, unknown(say("there is no variable called {name}"), name, variables))


def _wired(network: Network, data: Mapping[str, Any], prefix: str) -> Network:
    """*network* with the edges of *data*, each checked as if it were drawn."""
    outs = {n.name: {p.name: p for p in network.outputs(n)} for n in network.nodes.values()}
    ins = {n.name: {p.name: p for p in network.inputs(n)} for n in network.nodes.values()}
    edges: list[Edge] = []
    numbered: dict[tuple[str, str], list[int | None]] = {}
    places: dict[tuple[str, str], list[int]] = {}
    seen: set[Edge] = set()
    for i, raw in enumerate(checked_list(data.get("edges", []), f"{prefix}edges", EDGE_LIMIT)):
        place = f"{prefix}edges[{i}]"
        if not isinstance(raw, list) or len(raw) != 2:
            raise Unreadable(place, say("an edge is a pair of ends, not {given}", given=shown(raw)))
        (source, out, number), (target, into, index) = (_end(end, place) for end in raw)
        if number is not None:
            raise Unreadable(place, say("only the end of an edge is numbered"))
        given, taken = _port(outs, source, out, place), _port(ins, target, into, place)
        edge = Edge(source, given.name, target, taken.name)
        if edge in seen:
            raise Unreadable(place, say("the edge {edge} is there twice", edge=str(edge)))
        if not fits(given, taken):
            raise Unreadable(place, say("{target} does not take what {source} gives", source=source, target=target))
        if not taken.many and (target, taken.name) in places:
            raise Unreadable(place, say("{name}:{port} takes one edge only", name=target, port=taken.name))
        seen.add(edge)
        edges.append(edge)
        numbered.setdefault((target, taken.name), []).append(index)
        places.setdefault((target, taken.name), []).append(i)
    for port, indices in numbered.items():
        _sort(edges, places[port], indices, f"{prefix}edges: {port[0]}:{port[1]}")
    made = network.change(edges=tuple(edges))
    with _at(f"{prefix}edges"):
        _ = made.order
    return made


def _end(raw: Any, place: str) -> tuple[str, str, int | None]:
    match = _END.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise Unreadable(place, say("{given} is no end of an edge: write name, or name:port", given=shown(raw)))
    name, port, index = match.groups()
    return name, port or "", None if index is None else int(index)


def _port(ports: Mapping[str, Mapping[str, Port]], name: str, port: str, place: str) -> Port:
    if name not in ports:
        raise Unreadable(place, unknown(say("there is no node called {name}"), name, ports))
    found = ports[name].get(port) if port else next(iter(ports[name].values()), None)
    if found is None:
        raise Unreadable(place, say("{name} has no such port {port}", name=name, port=port))
    return found


def _sort(edges: list[Edge], places: list[int], indices: list[int | None], place: str) -> None:
    """Bring the edges into one port into the order of their numbers; those without one fill what is free."""
    given = [i for i in indices if i is not None]
    free = iter(sorted(set(range(len(places))) - set(given)))
    if len(set(given)) < len(given) or any(i >= len(places) for i in given):
        raise Unreadable(place, say("its edges must be numbered from 0 on, each number once"))
    wanted = [i if i is not None else next(free) for i in indices]
    found = [edges[i] for i in places]
    for edge, number in zip(found, wanted, strict=True):
        edges[places[number]] = edge


def _note(raw: Mapping[str, Any], nodes: Mapping[str, Node], place: str) -> Note:
    checked_fields(raw, ("text", "at", "size", "frames"), place)
    frames = checked_list(raw.get("frames", []), f"{place}.frames", NODE_LIMIT)
    for name in frames:
        if not isinstance(name, str) or name not in nodes:
            raise Unreadable(f"{place}.frames", say("there is no node called {name}", name=shown(name)))
    text, at = (
        checked_text(raw.get("text", ""), f"{place}.text", 10_000),
        _pair(raw.get("at", (0.0, 0.0)), f"{place}.at"),
    )
    return Note(text, at, _pair(raw.get("size", (180.0, 64.0)), f"{place}.size"), tuple(frames))


def _limits(network: Network) -> None:
    levels = [network, *network.blocks.values()]
    if sum(len(level.nodes) for level in levels) > NODE_LIMIT:
        raise Unreadable("nodes", say("there are more than {n} nodes", n=NODE_LIMIT))


def _flag(raw: Any, place: str) -> bool:
    if type(raw) is not bool:
        raise Unreadable(place, say("there must be true or false, not {given}", given=shown(raw)))
    return raw


def _pair(raw: Any, place: str) -> tuple[float, float]:
    good = isinstance(raw, (list, tuple)) and len(raw) == 2 and all(type(v) in (int, float) for v in raw)
    if not good or not all(math.isfinite(v) and abs(v) <= PLACE_LIMIT for v in raw):
        raise Unreadable(place, say("there must be two finite numbers [x, y], not {given}", given=shown(raw)))
    return float(raw[0]), float(raw[1])


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say where it was that a value or a name was refused."""
    try:
        yield
    except CanevasError as error:
        raise Unreadable(place, error.message) from None
