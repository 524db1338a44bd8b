"""What analysis found: the facts of each node, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from graph.errors import CanevasError
from graph.layer import TRAINING, Layer, Port, Weight
from graph.network import Block, Network, Node
from graph.problems import Deep, Judged, Problem, deep, judge, problems_of
from graph.receptive import Fields, sizes, strides
from graph.repeats import numbered
from graph.tensors import Flow, Loss
from graph.windows import Seen

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "uint8": 1}
"""Bytes per element, by element type."""


class ReceptiveField(NamedTuple):
    """What a value sees of the first input: pixels per axis, pixels between neighbors, and whether it sees all."""

    size: tuple[int, ...]
    stride: tuple[float, ...]
    whole: bool


NONE: Mapping[str, Weight] = MappingProxyType({})
"""No weights."""


class Fact(NamedTuple):
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
    weights: Mapping[str, Weight] = NONE
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
        return field_of(self.fields)

    @property
    def leaving(self) -> dict[str, Fields]:
        """Of a block whose outputs see different things, what each of them sees, by its name; else nothing.

        A pyramid's finest map has a step of 4 pixels, its coarsest one of 64: what they have together says neither.
        """
        inside = self.inside
        if inside is None or len(self.outputs) < 2:
            return {}
        found = {name: inside.facts[name].fields for name in inside.roles["output"]}
        return found if len(set(found.values())) > 1 else {}

    @property
    def output(self) -> Flow | None:
        """What leaves the first output port, if it is known."""
        return self.outputs[0] if self.outputs else None


def field_of(fields: Fields) -> ReceptiveField | None:
    """The field on the first input that is seen; None where none is."""
    if not fields:
        return None
    return ReceptiveField(sizes(fields), tuple(map(float, strides(fields))), fields[0].whole)


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
    before: Judged | None = None
    """What the rules said of an earlier state, if they were asked."""

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

    @property
    def in_order(self) -> Iterator[tuple[str, Fact]]:
        """Each node with its fact, in the order of the flow; the facts themselves stand as they were found."""
        return ((name, self.facts[name]) for name in self.network.order if name in self.facts)

    @cached_property
    def macs(self) -> int:
        """Multiply-adds per image in inference."""
        return sum(f.macs for name, f in self.facts.items() if name in self.inference)

    @cached_property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Names of the nodes where the network begins and ends, in stored order: ``input``, ``output``, ``loss``."""
        found: dict[str, list[str]] = {"input": [], "output": [], "loss": []}
        for name, node in self.network.nodes.items():
            if role := _ROLES[node.layer.__class__]:
                found[role].append(name)
        return {role: tuple(names) for role, names in found.items()}

    @cached_property
    def inputs(self) -> dict[str, Flow]:
        """What each ``Input`` gives."""
        return {n: self.facts[n].outputs[0] for n in self.roles["input"] if self.facts[n].outputs}

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """Names of the ``Output`` nodes; without any, of the nodes that feed nothing (a loss never)."""
        if named := self.roles["output"]:
            return named
        nodes, begins = self.network.nodes, self.roles["input"]
        last = (name for name in nodes if name not in self.network.outgoing)
        return tuple(name for name in last if _when(nodes[name]) != TRAINING and name not in begins)

    @cached_property
    def outputs(self) -> dict[str, Flow]:
        """What the network answers, by the name of the ``Output`` (or of the node that feeds nothing)."""
        found = {}
        for name in self.ends:
            fact = self.facts[name]
            value = fact.inputs[0] if name in self.roles["output"] else fact.output
            if value is not None:
                found[name] = value
        return found

    @property
    def losses(self) -> tuple[str, ...]:
        """Names of the nodes that give a loss, in stored order."""
        return self.roles["loss"]

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
        weights, kept, activations = self._memory
        training = weights + 12 * self.trainable + batch * kept
        return {"weights": weights, "activations": batch * activations, "training": training}

    @cached_property
    def _memory(self) -> tuple[int, int, int]:
        """Bytes of the weights; and for one image of all that is computed in training, and of what the outputs need."""
        weights = sum(w.size * BYTES[w.dtype] for f in self.facts.values() for w in f.weights.values())
        held = {name: self._held(name) for name in self.inference | self.training}
        return weights, sum(held.values()), sum(held[name] for name in self.inference)

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

    @cached_property
    def judged(self) -> Judged:
        """What the rules say of each node of this level."""
        return judge(self, self.before)

    @cached_property
    def deep(self) -> tuple[Deep, ...]:
        """The problems of all nodes of this level and of the insides of its blocks."""
        return deep(self)

    @property
    def said(self) -> Judged | None:
        """What the rules said last, of this state or an earlier one: for the report of the next state."""
        found: Judged | None = self.__dict__.get("judged", self.before)
        return found


class Inside(Mapping[str, Weight]):
    """The tensors of all that is inside a block, by their key below its path; gathered when somebody asks."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @cached_property
    def _found(self) -> dict[str, Weight]:
        facts = self._report.facts.items()
        return {f"{name}.{key}" if key else name: w for name, fact in facts for key, w in fact.weights.items()}

    def __getitem__(self, key: str) -> Weight:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _when(node: Node) -> str:
    return node.layer.when if isinstance(node.layer, Layer) else "both"


class _Roles(dict[type, str]):
    """What a layer of each class is in the whole: ``input``, ``output``, ``loss`` or, mostly, nothing of these."""

    def __missing__(self, layer: type) -> str:
        name = layer.__name__ if issubclass(layer, Layer) else ""
        gives: tuple[Port, ...] = getattr(layer, "outputs", ())
        role = {"Input": "input", "Output": "output"}.get(name, "loss" if any(Loss in p.accepts for p in gives) else "")
        self[layer] = role
        return role


_ROLES = _Roles()


def _needed(network: Network, ends: tuple[str, ...]) -> frozenset[str]:
    """Nodes on the way to *ends*; found once for all networks that share their edges."""
    kept: dict[tuple[str, ...], frozenset[str]] = network.__dict__.setdefault("_leading", {})
    if ends not in kept:
        kept[ends] = _before(network, ends)
    return kept[ends]


def _before(network: Network, ends: tuple[str, ...]) -> frozenset[str]:
    found, todo = set(ends), list(ends)
    while todo:
        for edge in network.incoming.get(todo.pop(), ()):
            if edge.source not in found:
                found.add(edge.source)
                todo.append(edge.source)
    return frozenset(found)
