"""What follows from a network: shapes, weights, costs, receptive fields and errors, node by node.

:func:`analyze` is a pure function.  Given the report of an earlier state it keeps every fact that cannot have changed:
it finds changed nodes by identity and goes on from a node only where its facts differ, so that moving a node costs
nothing and an edit costs what follows from it.  Downstream of an error there is no second error: facts are unknown.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from graph.checks import check_flows
from graph.errors import CanevasError, InvalidValue, NetworkError, ShapeError
from graph.layer import TRAINING, Layer, Weight
from graph.network import Block, Network, Node
from graph.problems import Problem, problems_of
from graph.receptive import START, Field, Fields, sizes, strides, through, together
from graph.repeats import numbered, repeat_refusal, times, unrolled
from graph.tensors import Flow, Loss, Tensor
from graph.variables import resolve
from graph.windows import Seen

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "uint8": 1}
"""Bytes per element, by element type."""


class ReceptiveField(NamedTuple):
    """What a value sees of the first input: pixels per axis, pixels between neighbors, and whether it sees all."""

    size: tuple[int, ...]
    stride: tuple[float, ...]
    whole: bool


@dataclass(frozen=True)
class Fact:
    """What analysis found about a node.

    Args:
        layer: the layer with its bound values resolved.
        inputs: per input port what arrives: a value, None where unknown or free, a tuple for a port that takes many.
        outputs: per output port what leaves; empty where unknown.
        weights: tensors of the state_dict by their key below the node's path (of a block: of all inside).
        trainable: parameters that learn; *parameters* counts the frozen ones too, buffers never.
        macs: multiply-adds per image.
        fields: what its values see of the network's inputs.
        seen: per input port what an output position sees of it.
        error: why nothing more is known.
        inside: the report of a block's inside.
    """

    layer: Layer | Block
    inputs: tuple[Any, ...] = ()
    outputs: tuple[Flow, ...] = ()
    weights: Mapping[str, Weight] = field(default_factory=dict)
    parameters: int = 0
    trainable: int = 0
    macs: int = 0
    fields: Fields = ()
    seen: tuple[Seen, ...] = ()
    error: CanevasError | None = None
    inside: Report | None = None

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """The field on the first input that is seen; None where none is or nothing is known."""
        if not self.fields:
            return None
        return ReceptiveField(sizes(self.fields), tuple(map(float, strides(self.fields))), self.fields[0].whole)

    @property
    def output(self) -> Flow | None:
        """What leaves the first output port, if it is known."""
        return self.outputs[0] if self.outputs else None


Arrivals = Mapping[str, tuple[Flow | None, Fields]]


class State(NamedTuple):
    """What the inside of a block inherits: whether all of it is frozen, and whether its weights are another node's."""

    frozen: bool = False
    borrowed: bool = False

    def of(self, node: Node) -> State:
        """The state of what is inside *node*."""
        if not node.frozen and not node.shares:
            return self
        return State(self.frozen or node.frozen, self.borrowed or bool(node.shares))


PLAIN = State()


@dataclass(frozen=True, eq=False)
class Report:
    """The facts of a network, by node, and what follows from them."""

    network: Network
    facts: Mapping[str, Fact]
    variables: Mapping[str, int]
    arrivals: Arrivals = field(default_factory=dict)
    state: State = PLAIN

    def __getitem__(self, path: str) -> Fact:
        """The fact of the node at a path from the outside in: ``report["layer1.0.conv1"]``."""
        name, _, rest = path.partition(".")
        fact = self.facts[name]
        if not rest:
            return fact
        if fact.inside is None:
            raise KeyError(path)
        return fact.inside[rest]

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Fact]]:
        """Every layer that is no block, by path, in the order of execution."""
        for name in self.network.order:
            fact = self.facts[name]
            if fact.inside is None:
                yield prefix + name, fact
                continue
            inner = fact.inside.leaves(f"{prefix}{name}.")
            if numbered(self.network.nodes[name]):  # the ends of the chain are no layers of anybody
                inner = (found for found in inner if found[0].count(".", len(prefix)) > 1)
            yield from inner

    def within(self, trail: Iterable[str]) -> Report | None:
        """The report of the inside of the blocks named by *trail*, of a repeated one that of its first repetition."""
        found: Report | None = self
        for name in trail:
            node = found.network.nodes.get(name) if found else None
            fact = found.facts.get(name) if found else None
            found = fact.inside if fact else None
            if found is not None and node is not None and numbered(node):
                found = found.facts["0"].inside
        return found

    @cached_property
    def parameters(self) -> int:
        """Number of parameters, frozen ones included, buffers not."""
        return sum(f.parameters for f in self.facts.values())

    @cached_property
    def trainable(self) -> int:
        """Number of parameters that learn."""
        return sum(f.trainable for f in self.facts.values())

    @cached_property
    def macs(self) -> int:
        """Multiply-adds per image in inference."""
        return sum(f.macs for name, f in self.facts.items() if name in self.inference)

    @cached_property
    def inputs(self) -> dict[str, Flow]:
        """What each ``Input`` gives."""
        return {n: f.outputs[0] for n, f in self.facts.items() if self.network[n].kind == "Input" and f.outputs}

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """Names of the ``Output`` nodes; without any, of the nodes that feed nothing (a loss never)."""
        network = self.network
        named = tuple(n.name for n in network.nodes.values() if n.kind == "Output")
        if named:
            return named
        return tuple(
            n.name
            for n in network.nodes.values()
            if n.name not in network.outgoing and _when(n) != TRAINING and n.kind != "Input"
        )

    @cached_property
    def outputs(self) -> dict[str, Flow]:
        """What the network answers, by the name of the ``Output`` (or of the node that feeds nothing)."""
        found = {}
        for name in self.ends:
            fact = self.facts[name]
            value = fact.inputs[0] if self.network[name].kind == "Output" else fact.output
            if value is not None:
                found[name] = value
        return found

    @cached_property
    def losses(self) -> tuple[str, ...]:
        """Names of the nodes that give a loss, in stored order."""
        return tuple(
            n.name
            for n in self.network.nodes.values()
            if any(Loss in p.accepts for p in self.network.outputs(n))
            or any(isinstance(o, Loss) for o in self.facts[n.name].outputs)
        )

    @cached_property
    def inference(self) -> frozenset[str]:
        """Nodes that the outputs need."""
        return _needed(self.network, self.ends)

    @cached_property
    def training(self) -> frozenset[str]:
        """Nodes that the losses need."""
        return _needed(self.network, self.losses)

    def bytes(self, batch: int = 1) -> dict[str, int]:
        """Memory in bytes: ``weights`` (parameters and buffers), ``activations`` (every value that the outputs need,
        for *batch* images), ``training`` (weights with their gradients and two moments of Adam, and the activations).
        """
        weights = sum(w.size * BYTES[w.dtype] for f in self.facts.values() for w in f.weights.values())
        kept = batch * sum(self._held(name) for name in self.inference | self.training)
        activations = batch * sum(self._held(name) for name in self.inference)
        return {"weights": weights, "activations": activations, "training": weights + 12 * self.trainable + kept}

    def _held(self, name: str) -> int:
        """Bytes per image of all that a node computes; of a block, of all inside."""
        fact = self.facts[name]
        if fact.inside is not None:
            return sum(fact.inside._held(n) for n in fact.inside.facts if n not in fact.inside.arrivals)
        return sum(o.size * BYTES[getattr(o, "dtype", "int64")] for o in fact.outputs)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, where, and how to mend it: errors first, in the order of the flow."""
        return problems_of(self)


def analyze(network: Network, previous: Report | None = None) -> Report:
    """Everything that can be known of *network* without running it.

    Args:
        network: what to look at.
        previous: the report of an earlier state of it; what cannot have changed is taken over.
    """
    return _pass(network, network.variables, {}, previous, PLAIN)


def _pass(
    network: Network, variables: Mapping[str, int], arrivals: Arrivals, previous: Report | None, state: State
) -> Report:
    if previous is None or previous.state != state:
        facts: dict[str, Fact] = {}
        for name in network.order:
            facts[name] = _fact(network, network.nodes[name], facts, variables, arrivals, None, state)
        return Report(network, facts, variables, arrivals, state)
    todo = _changed(network, variables, arrivals, previous)
    if not todo and len(network.nodes) == len(previous.facts):
        return Report(network, previous.facts, variables, arrivals, state)
    facts = {name: fact for name in network.nodes if (fact := previous.facts.get(name)) is not None}
    place = _places(network)
    heap = [place[name] for name in todo]
    heapq.heapify(heap)
    waiting = set(heap)
    while heap:
        at = heapq.heappop(heap)
        name = network.order[at]
        old = facts.get(name)
        new = _fact(network, network.nodes[name], facts, variables, arrivals, old, state)
        facts[name] = new
        if old is not None and old.outputs == new.outputs and old.fields == new.fields:
            continue
        for edge in network.outgoing.get(name, ()):
            if place[edge.target] not in waiting:
                waiting.add(place[edge.target])
                heapq.heappush(heap, place[edge.target])
    return Report(network, facts, variables, arrivals, state)


def _places(network: Network) -> Mapping[str, int]:
    cache = network.__dict__
    if "_places" not in cache or cache["_places"][0] is not network.order:
        cache["_places"] = (network.order, {name: i for i, name in enumerate(network.order)})
    found: Mapping[str, int] = cache["_places"][1]
    return found


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


def _fact(
    network: Network,
    node: Node,
    facts: Mapping[str, Fact],
    variables: Mapping[str, int],
    arrivals: Arrivals,
    old: Fact | None,
    state: State,
) -> Fact:
    try:
        layer = resolve(node, variables)
    except CanevasError as error:
        return Fact(node.layer, error=error)
    if node.name in arrivals:  # an Input of a block: what arrives outside
        value, arriving = arrivals[node.name]
        return Fact(layer, outputs=() if value is None else (value,), fields=arriving)
    edges = network.incoming.get(node.name, ())
    inputs, parts, known = [], [], True
    for port in network.inputs(node):
        mine = [facts[e.source] for e in edges if e.into == port.name]
        values = [_leaving(network, e, facts) for e in edges if e.into == port.name]
        known = known and None not in values and (bool(values) or port.optional)
        inputs.append(tuple(values) if port.many else values[0] if values else None)
        parts.append([f.fields for f in mine])
    if not known and not isinstance(layer, Block):
        return Fact(layer, tuple(inputs))
    fields = [together(p) for p in parts]
    if isinstance(layer, Block):
        return _block(network, node, layer, tuple(inputs), fields, variables, old, state)
    return _leaf(node, layer, tuple(inputs), fields, state)


def _leaving(network: Network, edge: Any, facts: Mapping[str, Fact]) -> Flow | None:
    outputs = facts[edge.source].outputs
    if not outputs:
        return None
    if len(outputs) == 1:
        return outputs[0]
    ports = network.outputs(network.nodes[edge.source])
    return outputs[next(i for i, p in enumerate(ports) if p.name == edge.out)]


def _leaf(node: Node, layer: Layer, inputs: tuple[Any, ...], fields: list[Fields], state: State) -> Fact:
    if node.bypass and inputs:
        through_it = inputs[0][0] if isinstance(inputs[0], tuple) and not hasattr(inputs[0], "dims") else inputs[0]
        return Fact(layer, inputs, (through_it,), fields=fields[0], seen=(None,) * len(inputs))
    try:
        check_flows(layer, inputs)
        out = layer.output(*inputs)
        outputs: tuple[Flow, ...] = (out,) if len(layer.outputs) == 1 else tuple(out)
        weights = {} if node.shares or state.borrowed else layer.weights(*inputs)
        macs, seen = layer.macs(*inputs), layer.window(*inputs)
    except ShapeError as error:
        return Fact(layer, inputs, error=error)
    parameters = 0
    for weight in weights.values():
        if weight.parameter:
            parameters += weight.size
    if inputs:
        merged = through(fields[0], seen[0])
        if len(inputs) > 1:
            merged = together([merged, *(through(f, s) for f, s in zip(fields[1:], seen[1:], strict=True))])
    else:
        merged = _origin(node, outputs)
    learns = 0 if node.frozen or state.frozen else parameters
    return Fact(layer, inputs, outputs, weights, parameters, learns, macs, merged, seen)


def _origin(node: Node, outputs: tuple[Flow, ...]) -> Fields:
    if node.kind != "Input" or not outputs or not isinstance(outputs[0], Tensor):
        return ()
    return (Field(node.name, (START,) * len(outputs[0].spatial)),)


def _block(
    network: Network,
    node: Node,
    layer: Block,
    inputs: tuple[Any, ...],
    fields: list[Fields],
    variables: Mapping[str, int],
    old: Fact | None,
    state: State,
) -> Fact:
    if numbered(node):
        if reason := repeat_refusal(network, node):
            return Fact(layer, inputs, error=NetworkError(reason))
        try:
            inside, known = unrolled(network, node, layer, times(node, variables)), dict[str, int]()
        except InvalidValue as error:
            return Fact(layer, inputs, error=error)
    else:
        inside = network.inside(layer.name)
        known = {**inside.variables, **layer.values}
    ports = network.inputs(node)
    arrivals = {p.name: (x, f) for p, x, f in zip(ports, inputs, fields, strict=True)}
    before = old.inside if old is not None else None
    report = _pass(inside, known, arrivals, before, state.of(node))
    leaving = [report.facts[p.name] for p in network.outputs(node)]
    values = [f.inputs[0] if f.inputs else None for f in leaving]
    outputs: tuple[Flow, ...] = () if None in values else tuple(v for v in values if v is not None)
    if node.bypass and inputs:
        return Fact(layer, inputs, (inputs[0],) if inputs[0] is not None else (), fields=fields[0], seen=(None,))
    weights = {f"{n}.{k}" if k else n: w for n, f in report.facts.items() for k, w in f.weights.items()}
    merged = together(f.fields for f in leaving)
    facts = report.facts.values()
    return Fact(
        layer,
        inputs,
        outputs,
        weights,
        sum(f.parameters for f in facts),
        sum(f.trainable for f in facts),
        sum(f.macs for f in facts),
        merged,
        inside=report,
    )


def _when(node: Node) -> str:
    return node.layer.when if isinstance(node.layer, Layer) else "both"


def _needed(network: Network, ends: tuple[str, ...]) -> frozenset[str]:
    found, todo = set(ends), list(ends)
    while todo:
        for edge in network.incoming.get(todo.pop(), ()):
            if edge.source not in found:
                found.add(edge.source)
                todo.append(edge.source)
    return frozenset(found)
