"""Which nodes are computed when: for the outputs (inference), for the losses (training), or for both.

A bypassed node is seen through: whoever takes its value takes what arrives at its first input.  A node that says what
it ``passes`` is, in the mode in which it is not computed, the value that arrives there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph.analysis import Report
from graph.errors import NetworkError
from graph.layer import INFERENCE, TRAINING, Layer
from graph.network import Edge, Network, Node
from graph.tensors import Loss

OTHER = {INFERENCE: TRAINING, TRAINING: INFERENCE}


class Value(NamedTuple):
    """What leaves a node at one of its output ports."""

    node: str
    port: int = 0


@dataclass(frozen=True)
class Schedule:
    """What a network takes, gives and computes.

    Args:
        inputs: nodes that receive what the model is called with, in stored order.
        targets: nodes that receive what is known in training only.
        outputs: the values that the network answers, by the name of the Output (or of the node that feeds nothing).
        losses: the values that training makes small, by the name of their node; of a node that gives several, by its
            name and that of the port (``loss.xy``).
        steps: per mode the nodes to compute, in order.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    outputs: dict[str, Value]
    losses: dict[str, Value]
    steps: dict[str, tuple[str, ...]]

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that give anything."""
        return tuple(mode for mode, given in ((INFERENCE, self.outputs), (TRAINING, self.losses)) if given)


def schedule(report: Report) -> Schedule:
    """The schedule of the network that *report* is about.

    Raises:
        NetworkError: something that lives in one mode only is needed in the other.
    """
    network = report.network
    outputs = {name: value for name in report.ends if (value := _answer(network, name)) is not None}
    giving = set(report.losses)
    losses: dict[str, Value] = {}
    for name in network.order:
        if name in giving and not _bypassed(network, name):
            losses |= _losses(network, name)
    wanted = {INFERENCE: list(outputs.values()), TRAINING: list(losses.values())}
    return Schedule(
        tuple(n.name for n in network.nodes.values() if _receives(n) and when(n) != TRAINING),
        tuple(n.name for n in network.nodes.values() if _receives(n) and when(n) == TRAINING),
        outputs,
        losses,
        {mode: _steps(network, mode, values) for mode, values in wanted.items()},
    )


def _losses(network: Network, name: str) -> dict[str, Value]:
    """The losses that leave a node."""
    ports = network.outputs(network.nodes[name])
    if len(ports) == 1:
        return {name: Value(name)}
    return {f"{name}.{port.name}": Value(name, i) for i, port in enumerate(ports) if Loss in port.accepts}


def taken(network: Network, name: str, mode: str = "") -> list[Any]:
    """Per input port of a node the value it takes: None where it is free, a tuple where it takes many.

    In a *mode* in which it only passes a value on, it takes nothing else.
    """
    edges = network.incoming.get(name, ())
    passes = passed(network.nodes[name], mode)
    found: list[Any] = []
    for port in network.inputs(network.nodes[name]):
        values = tuple(origin(network, edge) for edge in edges if edge.into == port.name)
        if passes and port.name != passes:
            values = ()
        found.append(values if port.many else values[0] if values else None)
    return found


def origin(network: Network, edge: Edge) -> Value:
    """The value that an edge carries, seen through bypassed nodes."""
    while _bypassed(network, edge.source):
        first = network.inputs(network.nodes[edge.source])[0].name
        before = [e for e in network.incoming.get(edge.source, ()) if e.into == first]
        if not before:
            raise NetworkError("{name} is bypassed, but nothing arrives at its first input.", name=edge.source)
        edge = before[0]
    ports = [port.name for port in network.outputs(network.nodes[edge.source])]
    return Value(edge.source, ports.index(edge.out))


def when(node: Node) -> str:
    """In which mode a node lives."""
    return node.layer.when if isinstance(node.layer, Layer) else "both"


def passed(node: Node, mode: str) -> str:
    """The input that the first output of a node is in a mode in which the node is not computed; empty if none."""
    return node.layer.passes if isinstance(node.layer, Layer) and when(node) == OTHER.get(mode) else ""


def _bypassed(network: Network, name: str) -> bool:
    node = network.nodes[name]
    return node.bypass and bool(network.inputs(node)) and bool(network.outputs(node))


def _receives(node: Node) -> bool:
    return isinstance(node.layer, Layer) and not node.layer.inputs


def _answer(network: Network, end: str) -> Value | None:
    """The value of an end: what arrives at an Output, what leaves any other node."""
    if network.outputs(network.nodes[end]) and not _bypassed(network, end):
        return Value(end)
    edges = network.incoming.get(end, ())
    return origin(network, edges[0]) if edges else None


def _steps(network: Network, mode: str, wanted: list[Value]) -> tuple[str, ...]:
    needed, todo = set[str](), list(wanted)
    while todo:
        name, port = todo.pop()
        node = network.nodes[name]
        if when(node) == OTHER[mode] and (port or not passed(node, mode)):
            raise NetworkError(
                "{name} lives in {own} only, but the {wanted} need it: take what stands before it.",
                name=name,
                own=OTHER[mode],
                wanted="outputs" if mode == INFERENCE else "losses",
            )
        if name not in needed:
            needed.add(name)
            todo += flat(taken(network, name, mode))
    return tuple(n for n in network.order if n in needed and not _receives(network.nodes[n]))


def flat(values: Iterable[Any]) -> list[Value]:
    """The values of :func:`taken` one by one, without the free ports."""
    found: list[Value] = []
    for value in values:
        found += [] if value is None else [value] if isinstance(value, Value) else list(value)
    return found
