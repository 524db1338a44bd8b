"""What follows from a network: shapes, weights, costs, receptive fields and errors, node by node.

:func:`analyze` is a pure function.  Given the report of an earlier state it keeps every fact that cannot have changed:
it finds changed nodes by identity and goes on from a node only where its facts differ, so that moving a node costs
nothing and an edit costs what follows from it.  Downstream of an error there is no second error: facts are unknown.
"""

from __future__ import annotations

import gc
import heapq
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from graph.effect import effect
from graph.errors import CanevasError, InvalidValue, NetworkError, ShapeError
from graph.layer import Layer, Port
from graph.network import Block, Edge, Network, Node
from graph.problems import Judged
from graph.receptive import START, Field, Fields, through, together
from graph.repeats import numbered, repeat_refusal, times, unrolled
from graph.report import BYTES, NONE, PLAIN, Arrivals, Fact, Inside, ReceptiveField, Report, State
from graph.tensors import Flow, Tensor
from graph.variables import resolve

__all__ = ["BYTES", "Fact", "ReceptiveField", "Report", "analyze"]


def analyze(network: Network, previous: Report | None = None) -> Report:
    """Everything that can be known of *network* without running it.

    Args:
        network: what to look at.
        previous: the report of an earlier state of it; what cannot have changed is taken over.
    """
    with _uncollected():
        return _report(network, network.variables, {}, previous, PLAIN)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is looked for meanwhile: facts refer to no later ones, and all are kept.

    Python would walk through all facts again whenever they have grown by a quarter: of 100,000 nodes half the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _report(
    network: Network, variables: Mapping[str, int], arrivals: Arrivals, previous: Report | None, state: State
) -> Report:
    if previous is None or previous.state != state:
        level = _Level(network, variables, arrivals, state, {})
        for name in network.order:
            level.facts[name] = level.fact(name)
        return level.report()
    todo = _changed(network, variables, arrivals, previous)
    same = network.nodes.keys() == previous.facts.keys()
    if same and not todo:
        return Report(network, previous.facts, variables, arrivals, state, previous.said)
    old = previous.facts
    facts = dict(old) if same else {name: old[name] for name in network.nodes if name in old}
    level = _Level(network, variables, arrivals, state, facts)
    _follow(level, todo)
    return level.report(previous.said)


def _follow(level: _Level, todo: list[str]) -> None:
    """Find the facts of the nodes *todo* anew, and those of the nodes behind whose own facts differ by it."""
    network, facts = level.network, level.facts
    place = network.place
    heap = [place[name] for name in todo]
    heapq.heapify(heap)
    waiting = set(heap)
    while heap:
        name = network.order[heapq.heappop(heap)]
        old = facts.get(name)
        facts[name] = new = level.fact(name, old)
        several = new.inside is not None and len(new.outputs) > 1  # of which each sees what it sees
        if old is not None and old.outputs == new.outputs and old.fields == new.fields and not several:
            continue
        for edge in network.outgoing.get(name, ()):
            if (behind := place[edge.target]) not in waiting:
                waiting.add(behind)
                heapq.heappush(heap, behind)


def _changed(network: Network, variables: Mapping[str, int], arrivals: Arrivals, previous: Report) -> list[str]:
    """Nodes whose own facts may differ from the previous ones."""
    before = previous.network
    old_nodes, same_edges = before.nodes, network.edges is before.edges
    same_blocks, same_variables = network.blocks is before.blocks, variables == previous.variables
    found = []
    for name, node in network.nodes.items():
        old = old_nodes.get(name)
        if (
            (old is not node and (old is None or not _alike(old, node)))
            or (not same_edges and network.incoming.get(name) != before.incoming.get(name))
            or (not same_blocks and isinstance(node.layer, Block))
            or (not same_variables and (node.bind or isinstance(node.layer, Block)))
            or (name in arrivals and arrivals[name] != previous.arrivals.get(name))
        ):
            found.append(name)
    return found


def _alike(a: Node, b: Node) -> bool:
    """Whether two nodes can only differ in their place."""
    return (
        a.layer is b.layer
        and a.bind == b.bind
        and a.frozen == b.frozen
        and a.bypass == b.bypass
        and a.repeat == b.repeat
        and a.shares == b.shares
    )


class _Level:
    """A network while its facts are found: the whole, or the inside of a block with what arrives there."""

    def __init__(
        self,
        network: Network,
        variables: Mapping[str, int],
        arrivals: Arrivals,
        state: State,
        facts: dict[str, Fact],
    ) -> None:
        self.network, self.variables, self.arrivals, self.state, self.facts = network, variables, arrivals, state, facts
        self._nodes, self._incoming = network.nodes, network.incoming

    def report(self, said: Judged | None = None) -> Report:
        """What was found; *said* is what the rules said of an earlier state."""
        return Report(self.network, self.facts, self.variables, self.arrivals, self.state, said)

    def fact(self, name: str, old: Fact | None = None) -> Fact:
        """What is true of a node, once the facts of all before it are found."""
        node = self._nodes[name]
        try:
            layer = resolve(node, self.variables)
        except CanevasError as error:
            return Fact(node.layer, error=error)
        if name in self.arrivals:  # an Input of a block: what arrives outside
            value, arriving = self.arrivals[name]
            return Fact(layer, outputs=() if value is None else (value,), fields=arriving)
        if isinstance(layer, Block):
            inputs, fields, _ = self._arriving(name, self.network.inputs(node))
            return self._block(node, layer, inputs, fields, old)
        inputs, fields, known = self._arriving(name, layer.inputs)
        if not known:
            return Fact(layer, inputs)
        return self._leaf(node, layer, inputs, fields)

    def _arriving(self, name: str, ports: tuple[Port, ...]) -> tuple[tuple[Any, ...], list[Fields], bool]:
        """Per port the values and the fields that arrive, and whether all is known that is needed."""
        edges = self._incoming.get(name, ())
        if len(ports) == 1 == len(edges):
            value, fields = self._leaving(edges[0])
            return ((value,) if ports[0].many else value,), [fields], value is not None
        inputs: list[Any] = []
        seen: list[Fields] = []
        known = True
        for port in ports:
            mine = [self._leaving(e) for e in edges if e.into == port.name]
            values = tuple([value for value, _ in mine])
            known = known and None not in values and (bool(values) or port.optional)
            inputs.append(values if port.many else values[0] if values else None)
            seen.append(together([fields for _, fields in mine]))
        return tuple(inputs), seen, known

    def _leaving(self, edge: Edge) -> tuple[Flow | None, Fields]:
        """What an edge carries, None where unknown, and what that sees."""
        fact = self.facts[edge.source]
        if len(fact.outputs) == 1:
            return fact.outputs[0], fact.fields
        if not fact.outputs:
            return None, fact.fields
        ports = self.network.outputs(self._nodes[edge.source])
        fields = fact.fields if fact.inside is None else fact.inside.facts[edge.out].fields  # maps of several scales
        return fact.outputs[next(i for i, p in enumerate(ports) if p.name == edge.out)], fields

    def _leaf(self, node: Node, layer: Layer, inputs: tuple[Any, ...], fields: list[Fields]) -> Fact:
        if node.bypass and inputs:
            if inputs[0] == ():
                return Fact(layer, inputs)
            through_it = inputs[0][0] if isinstance(inputs[0], tuple) and not hasattr(inputs[0], "dims") else inputs[0]
            return Fact(layer, inputs, (through_it,), fields=fields[0], seen=(None,) * len(inputs))
        try:
            outputs, weights, parameters, macs, seen = effect(layer, inputs)
        except ShapeError as error:
            return Fact(layer, inputs, error=error)
        if len(inputs) == 1:
            visible = through(fields[0], seen[0])
        elif inputs:
            visible = together([through(f, s) for f, s in zip(fields, seen, strict=True)])
        else:
            visible = _origin(node, outputs)
        if node.shares or self.state.borrowed:
            weights, parameters = NONE, 0
        learns = 0 if node.frozen or self.state.frozen else parameters
        return Fact(layer, inputs, outputs, weights, parameters, learns, macs, visible, seen)

    def _block(self, node: Node, layer: Block, inputs: tuple[Any, ...], fields: list[Fields], old: Fact | None) -> Fact:
        network = self.network
        if numbered(node):
            if reason := repeat_refusal(network, node):
                return Fact(layer, inputs, error=NetworkError(reason))
            try:
                inside, variables = unrolled(network, node, layer, times(node, self.variables)), dict[str, int]()
            except InvalidValue as error:
                return Fact(layer, inputs, error=error)
        else:
            inside = network.inside(layer.name)
            variables = {**inside.variables, **layer.values}
        ports = zip(network.inputs(node), inputs, fields, strict=True)
        arrivals = {port.name: (value, seen) for port, value, seen in ports}
        report = _report(inside, variables, arrivals, old.inside if old is not None else None, self.state.of(node))
        leaving = [report.facts[port.name] for port in network.outputs(node)]
        outputs = tuple([fact.inputs[0] for fact in leaving if fact.inputs])
        if len(outputs) < len(leaving) or None in outputs:
            outputs = ()
        if node.bypass and inputs:
            return Fact(layer, inputs, (inputs[0],) if inputs[0] is not None else (), fields=fields[0], seen=(None,))
        visible = together([f.fields for f in leaving])
        parameters = trainable = macs = 0
        for fact in report.facts.values():
            parameters += fact.parameters
            trainable += fact.trainable
            macs += fact.macs
        return Fact(layer, inputs, outputs, Inside(report), parameters, trainable, macs, visible, (), None, report)


def _origin(node: Node, outputs: tuple[Flow, ...]) -> Fields:
    """What an input sees of itself."""
    if node.kind != "Input" or not outputs or not isinstance(outputs[0], Tensor):
        return ()
    return (Field(node.name, (START,) * len(outputs[0].spatial)),)
