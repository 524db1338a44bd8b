"""The nodes and edges of one level, ports included."""

from __future__ import annotations

from collections.abc import Mapping

from graph.layer import Layer, kinds
from graph.names import free_name
from graph.network import Block, Edge, Network, Node
from graph.tensors import Tensor
from runtime.import_.nest import Level
from runtime.import_.steps import Plan, Ref


def wire(plan: Plan, level: Level, name: str, used: Mapping[int, Block], blocks: Mapping[str, Network]) -> Network:
    """The network of a *level*, whose inner levels are defined: *used* is what stands for each of them."""
    ins, outs = _ports(level)
    nodes = {port: Node(port, _arriving(plan, ref)) for ref, port in ins.items()}
    edges: list[Edge] = []
    owners: dict[str, str] = {}

    def source(ref: Ref) -> tuple[str, str]:
        if ref in ins:
            return ins[ref], "out"
        owner = level.owner(ref)
        part = level.parts[owner]
        return owner, _ports(part)[1][ref] if isinstance(part, Level) else "out"

    for part_name, part in level.parts.items():
        if isinstance(part, Level):
            nodes[part_name] = Node(part_name, used[id(part)])
            edges += [Edge(*source(ref), part_name, port) for ref, port in _ports(part)[0].items()]
            continue
        step = plan.steps[part]
        owner = owners.setdefault(step.weights, part_name) if step.weights else part_name
        nodes[part_name] = Node(part_name, step.layer, shares=owner if owner != part_name else "")
        for port, given in zip(step.layer.inputs, step.takes, strict=False):
            refs = () if given is None else (given,) if isinstance(given, Ref) else given
            edges += [Edge(*source(ref), part_name, port.name) for ref in refs]
    for ref, port in outs.items() if level.path else ((ref, name) for name, ref in plan.outputs.items()):
        port = port if port not in nodes else free_name(port, nodes)
        nodes[port] = Node(port, kinds()["Output"]())
        edges.append(Edge(*source(ref), port, "x"))
    return Network(name, nodes, tuple(edges), blocks=blocks)


def _ports(level: Level) -> tuple[dict[Ref, str], dict[Ref, str]]:
    """Names of the Input and Output nodes of a level, by the value that passes."""
    taken = set(level.parts)

    def named(word: str, refs: list[Ref]) -> dict[Ref, str]:
        found = {}
        for i, ref in enumerate(refs):
            name = word if not i else f"{word}{i + 1}"
            found[ref] = name if name not in taken else free_name(name, taken)
            taken.add(found[ref])
        return found

    return named("input", level.inputs), named("output", level.outputs)


def _arriving(plan: Plan, ref: Ref) -> Layer:
    """The Input of a block, with the shape of what arrives at its first use."""
    flow = plan.steps[ref.step].flow
    shape = tuple(d for d in flow.dims[1:] if isinstance(d, int)) if isinstance(flow, Tensor) else ()
    return kinds()["Input"](shape=shape or (1,))
