"""A network in two: the dense part, whose values are plain tensors, and what makes detections of them.

How many objects there are depends on the image, and a graph of fixed shapes cannot say so.  What stands before the
first node that gives anything but a tensor per image can leave as such a graph; the rest is written as Python.  A node
without weights that gives both, a tensor and more, stands in either part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from graph import edit
from graph.analysis import Report, analyze
from graph.errors import CanevasError, NetworkError
from graph.layer import INFERENCE, TRAINING, Layer
from graph.layers.source import Input, Output
from graph.names import free_name
from graph.network import Edge, Network, Node
from graph.report import Fact
from graph.tensors import Tensor
from graph.text import say
from runtime.schedule import passed

T = TypeVar("T")
Start = tuple[str, str]
"""A node and one of its output ports."""


@dataclass(frozen=True)
class Part:
    """A part of a network that is a network itself; *paths* says which weights of the whole are its own, and where."""

    network: Network
    paths: Mapping[str, str] = field(default_factory=dict)

    def weights(self, whole: Mapping[str, T], keys: list[str]) -> dict[str, T]:
        """The weights of this part under its own *keys*, out of those of the whole."""
        return {key: whole[self._there(key)] for key in keys}

    def _there(self, key: str) -> str:
        for here, there in self.paths.items():
            if key == here or key.startswith(here + "."):
                return there + key[len(here) :]
        return key


@dataclass(frozen=True)
class Split:
    """The dense part, and the rest if there is one.

    *between* says what the rest takes, in order: by its name the output of the dense part, empty for an input.
    """

    dense: Part
    rest: Part | None = None
    between: Mapping[str, str] = field(default_factory=dict)


def split(network: Network) -> Split:
    """*network* in two; without a rest where everything is dense.

    Raises:
        CanevasError: it gives losses only, or nothing in it is dense.
    """
    report = analyze(network)
    if not report.outputs:
        raise NetworkError("The network answers nothing, it gives losses only: add an Output, or take .pt or .py.")
    if all(_plain(flow) for flow in report.outputs.values()):
        return Split(Part(network))
    opened, paths = _opened(network)
    report = analyze(_in_use(opened))
    dense, both = _dense(report)
    starts = _crossing(report, dense, both)
    inner = [start for start in starts if start[0] not in report.roles["input"]]
    if not inner:
        why = say("{name} has no part that gives plain tensors before its detections: take .pt.", name=network.name)
        raise CanevasError(why)
    head, names = _head(report, dense, inner)
    rest, between = _rest(report, dense - both, starts, names)
    found = Split(Part(head, _moved(paths, opened, head)), Part(rest, _moved(paths, opened, rest)), between)
    for part in (head, rest):
        if error := next((fact.error for _, fact in analyze(part).leaves() if fact.error), None):
            raise CanevasError(error.message)
    return found


def _plain(flow: object) -> bool:
    """Whether it is a tensor with a row per image: regions (R) are as many as the image has."""
    return isinstance(flow, Tensor) and flow.dims[:1] != ("R",)


def _all_plain(fact: Fact) -> bool:
    """Whether a node, and all inside it that is computed in use, gives plain tensors only."""
    if fact.inside is None:
        training = isinstance(fact.layer, Layer) and fact.layer.when == TRAINING
        return training or all(map(_plain, fact.outputs))
    return all(map(_plain, fact.outputs)) and all(_all_plain(inner) for inner in fact.inside.facts.values())


def _opened(network: Network) -> tuple[Network, dict[str, str]]:
    """*network* with the blocks dissolved that are dense in part; where weights went: new prefixes to old ones."""
    paths: dict[str, str] = {}
    kept: set[str] = set()
    while True:
        report = analyze(network)
        mixed = (n for n, f in report.facts.items() if f.inside is not None and not _all_plain(f) and n not in kept)
        name = next(mixed, None)
        if name is None:
            return network, paths
        try:
            network, moved = edit.unwrap(network, name)
        except NetworkError:  # it shares its weights, or an edge would be there twice: it stays as a whole
            kept.add(name)
            continue
        paths |= {new: _before(paths, old) for old, new in moved.items() if old != new}


def _before(paths: Mapping[str, str], path: str) -> str:
    name, dot, below = path.partition(".")
    return paths.get(name, name) + dot + below


def _in_use(network: Network) -> Network:
    """What is left of *network* where nothing is learned."""
    passing = [name for name, node in network.nodes.items() if passed(node, INFERENCE)]
    bridged = edit.bridge(network, passing)
    needed = analyze(bridged).inference
    return edit.remove(bridged, [name for name in bridged.nodes if name not in needed])


def _dense(report: Report) -> tuple[set[str], set[str]]:
    """Nodes that are computed from dense ones and give plain tensors; those of them that give something else, too."""
    found, both = set[str](), set[str]()
    for name in report.network.order:
        before = report.network.incoming.get(name, ())
        if not all(e.source in found and _plain(_flow(report, e.source, e.out)) for e in before):
            continue
        fact = report.facts[name]
        if _all_plain(fact):
            found.add(name)
        elif fact.inside is None and not fact.weights and any(map(_plain, fact.outputs)):
            both.add(name)
            found.add(name)
    of_use = {e.source for e in report.network.edges if e.target in found}
    return found - (both - of_use), both & of_use


def _flow(report: Report, name: str, out: str) -> object:
    """What leaves a node at one of its ports."""
    ports = [port.name for port in report.network.outputs(report.network.nodes[name])]
    return report.facts[name].outputs[ports.index(out)]


def _crossing(report: Report, dense: set[str], both: set[str]) -> list[Start]:
    """What leaves a node that is in the dense part alone for one of the rest, each once."""
    alone = dense - both
    wanted = [e for e in report.network.edges if e.source in alone and e.target not in alone]
    return list(dict.fromkeys((e.source, e.out) for e in wanted))


def _head(report: Report, dense: set[str], starts: list[Start]) -> tuple[Network, dict[Start, str]]:
    """The dense part with an Output for each of *starts*, and the names of these."""
    whole = report.network
    head = edit.remove(whole, [name for name in whole.nodes if name not in dense])
    nodes, edges = dict(head.nodes), list(head.edges)
    names: dict[Start, str] = {}
    for source, out in starts:
        name, taken = f"{source}_{out}", {*whole.nodes, *nodes}
        name = free_name(name, taken) if name in taken else name
        nodes[name] = Node(name, Output(), whole.nodes[source].at)
        edges.append(Edge(source, out, name, "x"))
        names[source, out] = name
    made = head.change(nodes=nodes, notes=()).with_edges(edges)
    return edit.prune(made), names


def _rest(
    report: Report, gone: set[str], starts: list[Start], outputs: Mapping[Start, str]
) -> tuple[Network, dict[str, str]]:
    """What is not *gone*, with an Input for each of *starts*, first those that the dense part gives; what it takes."""
    whole = report.network
    kept = {name for name in whole.nodes if name not in gone}
    rest = edit.remove(whole, gone)
    nodes, begins = dict[str, Node](), dict[Start, str]()
    for source, out in sorted(starts, key=lambda start: start not in outputs):
        flow = _flow(report, source, out)
        name = source if len(report.facts[source].outputs) == 1 else f"{source}_{out}"
        name = free_name(name, {*kept, *nodes}) if name in {*kept, *nodes} else name
        nodes[name] = Node(name, Input(flow.shape))  # type: ignore[attr-defined]
        begins[source, out] = name
    edges = [
        e._replace(source=begins[e.source, e.out], out="out") if (e.source, e.out) in begins else e
        for e in whole.edges
        if e.target in kept
    ]
    title = f"{whole.name}: {', '.join(report.outputs)}"
    made = rest.change(name=title, nodes={**nodes, **rest.nodes}, notes=()).with_edges(edges)
    return edit.prune(made), {name: outputs.get(start, "") for start, name in begins.items()}


def _moved(paths: Mapping[str, str], whole: Network, part: Network) -> dict[str, str]:
    """Where the weights of *part* are in the network that was split: dissolved blocks, and owners left behind."""
    owners = {name: whole.nodes[name].shares for name, node in part.nodes.items() if name in whole.nodes}
    left = {name: owner for name, owner in owners.items() if owner and not part.nodes[name].shares}
    return {
        name: paths.get(left.get(name, name), left.get(name, name)) for name in part.nodes if name in {*paths, *left}
    }


def leaves(report: Report) -> Iterator[str]:
    """The keys of a network's weights, in the order of its nodes."""
    for path, fact in report.leaves():
        yield from (f"{path}.{key}" if key else path for key in fact.weights)
