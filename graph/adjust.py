"""Edits of what nodes are: their layers, values, places and states, the variables they follow, and notes.

How they are wired stays as it is (but where another layer has other ports), and so do the edges, object by object.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graph.checks import extents, fits
from graph.errors import InvalidValue, NetworkError
from graph.layer import Layer, Port
from graph.network import Block, Edge, Network, Node, Note
from graph.repeats import REPEAT, numbered, times
from graph.sharing import group, grouped, misfit, share_refusal
from graph.values import INT_LIMIT, Spec, shown
from graph.variables import BINDABLE, check_variable, names_in, resolve


def put_layer(network: Network, name: str, layer: Layer | Block) -> Network:
    """Another layer at the node *name*; edges stay where its ports allow, bound values where it has them.

    A port that it does not have is taken for the one at the same place, so that a Conv2d may become a Concat.  Nodes
    that use the same weights become that layer too.
    """
    for one in group(network, network.node(name).name):
        network = _put_layer(network, one, layer)
    return network


def _put_layer(network: Network, name: str, layer: Layer | Block) -> Network:
    old = network.node(name)
    if layer == old.layer and type(layer) is type(old.layer) and not isinstance(layer, Block):
        return network
    if isinstance(layer, Block):
        network.inside(layer.name)
    bound = {REPEAT} if isinstance(layer, Block) else {s.name for s in layer.specs if s.type in BINDABLE}
    times = old.repeat if isinstance(layer, Block) else 1
    made = replace(old, layer=layer, bind={k: v for k, v in old.bind.items() if k in bound}, repeat=times)
    resolve(made, network.variables)
    changed = network.change(nodes={**network.nodes, name: made})
    if network.inputs(old) == network.inputs(made) and network.outputs(old) == network.outputs(made):
        return changed
    into = _matching(network.inputs(old), network.inputs(made))
    out = _matching(network.outputs(old), network.outputs(made))
    edges: list[Edge] = []
    single = {p.name for p in network.inputs(made) if not p.many}
    for edge in network.edges:
        found: Edge | None = edge
        if edge.target == name:
            found = edge._replace(into=into[edge.into]) if edge.into in into else None
            if found and found.into in single and any(e.target == name and e.into == found.into for e in edges):
                found = None
        elif edge.source == name:
            found = edge._replace(out=out[edge.out]) if edge.out in out else None
        if found and (edge is found or found not in edges) and _typed(changed, found):
            edges.append(found)
    return changed.with_edges(edges)


def set_values(network: Network, name: str, **values: Any) -> Network:
    """Other values at the node *name* (of a block: of its variables); a value that was bound is so no longer.

    Nodes that use the same weights get them too.

    Raises:
        InvalidValue: there is no such value, or it is out of its range.
    """
    node = network.node(name)
    bind = {k: v for k, v in node.bind.items() if k not in values} if node.bind else node.bind
    if isinstance(node.layer, Block):
        known = network.inside(node.layer.name).variables
        _known(node, values, known)
        checked = {k: Spec(k, "int", 0).check(v) for k, v in values.items()}
        layer: Layer | Block = Block(node.layer.name, {**node.layer.values, **checked})
        same = layer.values == node.layer.values
    else:
        _known(node, values, [s.name for s in node.layer.specs])
        layer = node.layer.with_values(**values)
        same = layer == node.layer
    if same and len(bind) == len(node.bind):
        return network
    return _put(network, name, layer=layer, bind=bind)


def bind(network: Network, name: str, value: str, expression: str) -> Network:
    """Let *value* of the node *name* follow *expression*; empty: let it keep the number that it has now.

    Raises:
        InvalidValue: no such value, no expression, or a number out of the range of the value.
    """
    node = network.node(name)
    if not expression.strip():
        if value not in node.bind:
            return network
        layer = resolve(node, network.variables)
        now = layer.values[value]
        return set_values(network, name, **{value: now})
    if node.bind.get(value) == expression.strip():
        return network
    if isinstance(node.layer, Block):
        _known(node, [value], network.inside(node.layer.name).variables)
    made = replace(node, bind={**node.bind, value: expression.strip()})
    resolve(made, network.variables)
    return _put(network, name, bind=made.bind)


def _put(network: Network, name: str, **changes: Any) -> Network:
    """The node *name*, and those that use the same weights, with other parts."""
    names = group(network, name)
    return network.change(nodes={**network.nodes, **{n: replace(network[n], **changes) for n in names}})


def bounded(network: Network) -> Network:
    """*network*, if what its repeated blocks come to can be drawn.

    Raises:
        NetworkError: it cannot.
    """
    if network.blocks:
        extents(network)
    return network


def share(network: Network, name: str, owner: str) -> Network:
    """Let the node *name* use the weights of *owner*, a node beside it; empty: let it have its own again.

    Raises:
        NetworkError: they do not fit: another kind, other values, other shapes.
    """
    node = network.node(name)
    if node.shares == owner:
        return network
    if not owner:
        return network.change(nodes={**network.nodes, name: replace(node, shares="")})
    if reason := share_refusal(network, name, owner):
        raise NetworkError(reason)
    frozen = network[owner].frozen
    made = network.change(nodes={**network.nodes, name: replace(node, shares=owner, frozen=frozen)})
    from graph.analysis import analyze  # which rests on this module

    if reason := misfit(analyze(made), name):
        raise NetworkError(reason)
    return made


def set_variable(network: Network, name: str, number: int | None) -> Network:
    """Give the variable *name* a number; None removes it.

    Raises:
        NetworkError: it cannot bear the name, or values still follow it.
        InvalidValue: a value that follows it would leave its range.
    """
    users = [n for n in network.nodes.values() if any(name in names_in(e) for e in n.bind.values())]
    if number is None:
        if users:
            names = ", ".join(n.name for n in users[:5])
            raise NetworkError("{name} is still used by {nodes}: unbind their values first.", name=name, nodes=names)
        return network.change(variables={k: v for k, v in network.variables.items() if k != name})
    if type(number) is not int or abs(number) > INT_LIMIT:
        raise InvalidValue("{name} must be a whole number, not {given}.", name=name, given=shown(number))
    if network.variables.get(name) == number:
        return network
    variables = {**network.variables, check_variable(name): number}
    for node in users:
        resolve(node, variables)
        if numbered(node):
            times(node, variables)
    return bounded(network.change(variables=variables))


def move(network: Network, places: Mapping[str, tuple[float, float]]) -> Network:
    """Nodes at other places.

    Raises:
        InvalidValue: a place is not finite.
    """
    for at in places.values():
        if not all(math.isfinite(v) for v in at):
            raise InvalidValue("A node cannot stand at {at}.", at=shown(at))
    moved = {name: replace(network.node(name), at=at) for name, at in places.items() if network[name].at != at}
    return network.change(nodes={**network.nodes, **moved}) if moved else network


def freeze(network: Network, names: Iterable[str], on: bool) -> Network:
    """Freeze nodes, or let them learn again; with them those that use the same weights."""
    names = grouped(network, names)
    changed = {n: replace(network.node(n), frozen=on) for n in names if network.node(n).frozen != on}
    return network.change(nodes={**network.nodes, **changed}) if changed else network


def bypass(network: Network, names: Iterable[str], on: bool) -> Network:
    """Bypass nodes, or let them work again.

    Raises:
        NetworkError: a node has nothing that it could pass on.
    """
    for name in names if on else ():
        inputs, outputs = network.inputs(network.node(name)), network.outputs(network[name])
        if not inputs or not outputs or not set(inputs[0].accepts) & set(outputs[0].accepts):
            raise NetworkError("{name} cannot be bypassed: what arrives is not what leaves.", name=name)
    changed = {n: replace(network.node(n), bypass=on) for n in names if network.node(n).bypass != on}
    return network.change(nodes={**network.nodes, **changed}) if changed else network


def set_notes(network: Network, notes: Iterable[Note]) -> Network:
    """Other notes on the drawing."""
    found = tuple(notes)
    return network if found == network.notes else network.change(notes=found)


def _matching(old: tuple[Port, ...], new: tuple[Port, ...]) -> dict[str, str]:
    """Where edges of each old port go: to the port of the same name, else to the one at the same place."""
    names = {p.name for p in new}
    return {p.name: p.name if p.name in names else new[min(i, len(new) - 1)].name for i, p in enumerate(old) if new}


def _typed(network: Network, edge: Edge) -> bool:
    return fits(network.port(edge.source, edge.out, out=True), network.port(edge.target, edge.into, out=False))


def _known(node: Node, given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise InvalidValue(
                "{kind} has no value called {name}; it has {known}.",
                kind=node.kind,
                name=name,
                known=", ".join(known) or "-",
            )
