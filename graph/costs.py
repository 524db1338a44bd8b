"""What a node, a block or a network costs at a batch and a precision: bytes of weights, of activations, of training.

In 16 bits, activations and the weights of inference take half; training keeps its weights, their gradients and the two
moments of Adam in 32 bits (mixed precision).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from graph.layer import Weight
from graph.network import Block
from graph.report import BYTES, Fact, Inside, Report

PRECISIONS = ("float32", "bfloat16", "float16")
"""Element types that a network is computed in."""
KEPT_PER_WEIGHT = 12
"""Bytes of training per parameter that learns, beside its value: its gradient and two moments of Adam, 4 bytes each."""


class Terms(NamedTuple):
    """On what terms a cost is asked: how many images at once, in which precision."""

    batch: int = 1
    precision: str = "float32"

    def bytes(self, dtype: str) -> int:
        """Bytes of an element that is of type *dtype* in 32 bits."""
        return BYTES[self.precision] if dtype == "float32" else BYTES.get(dtype, 8)


ONE = Terms()
"""One image, 32 bits."""


class Memory(NamedTuple):
    """Bytes: of weights in inference, of activations (for the whole batch), and of all that training keeps."""

    weights: int
    activations: int
    training: int


def memory_of(fact: Fact, terms: Terms = ONE) -> Memory:
    """The bytes of one node; of a block, of all that is inside."""
    weights = weights_bytes(fact.weights, terms)
    full = weights_bytes(fact.weights, Terms())
    kept = activations(fact, terms)
    return Memory(weights, kept, full + KEPT_PER_WEIGHT * fact.trainable + kept)


def total(report: Report, terms: Terms = ONE) -> Memory:
    """The bytes of a whole network: inference needs what its outputs need, training what its losses need, too."""
    weights = [f.weights for f in report.facts.values()]
    inference = sum(activations(report.facts[n], terms) for n in report.inference)
    both = sum(activations(report.facts[n], terms) for n in report.inference | report.training)
    full = sum(weights_bytes(w, Terms()) for w in weights)
    training = full + KEPT_PER_WEIGHT * report.trainable + both
    return Memory(sum(weights_bytes(w, terms) for w in weights), inference, training)


def weights_bytes(weights: Mapping[str, Weight], terms: Terms = ONE) -> int:
    """Bytes of parameters and buffers."""
    return sum(w.size * terms.bytes(w.dtype) for w in weights.values())


def activations(fact: Fact, terms: Terms = ONE) -> int:
    """Bytes of all that a node computes for a batch; of a block, of all inside."""
    if fact.inside is not None:
        inside = fact.inside
        return sum(activations(f, terms) for name, f in inside.facts.items() if name not in inside.arrivals)
    return terms.batch * sum(o.size * terms.bytes(getattr(o, "dtype", "int64")) for o in fact.outputs)


def touched(fact: Fact, terms: Terms = ONE) -> int:
    """Bytes that computing a node reads and writes: what arrives, its weights, what leaves; of a block, its inside."""
    if fact.inside is not None:
        return weights_bytes(fact.weights, terms) + activations(fact, terms)
    read: int = terms.batch * sum(x.size * terms.bytes(getattr(x, "dtype", "int64")) for x in arriving(fact))
    return read + weights_bytes(fact.weights, terms) + activations(fact, terms)


def arriving(fact: Fact) -> list[Any]:
    """All that arrives at a node, port by port; nothing for what is free."""
    found: list[Any] = []
    for x in fact.inputs:
        many = isinstance(x, tuple) and not hasattr(x, "dims")
        found += [part for part in (x if many else (x,)) if part is not None]
    return found


def whole(report: Report) -> Fact:
    """A network as one fact, as if it were a block: its weights, its counts, and all that is inside."""
    outputs = tuple(report.outputs.values())
    return Fact(
        Block(report.network.name or "network"),
        tuple(report.inputs.values()),
        outputs,
        Inside(report),
        report.parameters,
        report.trainable,
        report.macs,
        inside=report,
    )


def biases(weights: Iterable[tuple[str, Weight]]) -> int:
    """How many of the parameters are biases."""
    return sum(w.size for key, w in weights if w.parameter and key.rpartition(".")[2] == "bias")
