"""What differs between two networks: in structure, and in the facts that follow from it.

Nodes are matched by name, since the name is what weights and files know them by; a node that was renamed counts as one
that went and one that came.  Places on the drawing make no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graph.analysis import Fact, analyze
from graph.layer import Layer
from graph.network import Block, Edge, Network, Node
from graph.text import Message, number, say

How = Literal["added", "removed", "changed"]
VARIABLE = "variable "
"""What begins the name of the quantity where a variable of the network differs."""
QUANTITIES = {
    "output": say("output"),
    "parameters": say("parameters"),
    "macs": say("multiply-adds"),
    "receptive_field": say("receptive field"),
}
"""The names of facts."""


@dataclass(frozen=True)
class NodeChange:
    """A node that came, went or changed; of a change, the values before and after by name."""

    path: str
    how: How
    kind: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        """In words."""
        if self.how == "added":
            return say("{path} ({kind}) was added", path=self.path, kind=self.kind)
        if self.how == "removed":
            return say("{path} ({kind}) was removed", path=self.path, kind=self.kind)
        changes = ", ".join(f"{name} {plain(a)} → {plain(b)}" for name, (a, b) in self.values.items())
        return say("{path} ({kind}): {changes}", path=self.path, kind=self.kind, changes=changes)


@dataclass(frozen=True)
class EdgeChange:
    """An edge that came or went; *path* is that of the block it lies in, empty for the network itself."""

    path: str
    how: How
    edge: Edge

    @property
    def message(self) -> Message:
        """In words."""
        prefix = f"{self.path}." if self.path else ""
        shown = f"{prefix}{self.edge.source} → {prefix}{self.edge.target}"
        return say("{edge} was added", edge=shown) if self.how == "added" else say("{edge} was removed", edge=shown)


@dataclass(frozen=True)
class FactChange:
    """A fact about a node in both networks that differs: ``output``, ``parameters``, ``macs``, ``receptive_field``.

    Of the whole network, whose *path* is empty: ``parameters``, ``macs``, and ``variable NAME``.
    """

    path: str
    quantity: str
    before: str
    after: str

    @property
    def message(self) -> Message:
        """In words."""
        variable = self.quantity.removeprefix(VARIABLE)
        if variable != self.quantity:
            return say("variable {name}: {before} → {after}", name=variable, before=self.before, after=self.after)
        return say(
            "{path}: {quantity} {before} → {after}",
            path=self.path or say("total"),
            quantity=QUANTITIES[self.quantity],
            before=self.before,
            after=self.after,
        )

    @property
    def detail(self) -> Message:
        """The same without its path, to stand below it."""
        name = QUANTITIES.get(self.quantity, self.quantity.removeprefix(VARIABLE))
        return say("{quantity} {before} → {after}", quantity=name, before=self.before, after=self.after)


@dataclass(frozen=True)
class Diff:
    """All that differs; false if nothing does."""

    nodes: tuple[NodeChange, ...]
    edges: tuple[EdgeChange, ...]
    facts: tuple[FactChange, ...]

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges or self.facts)


def diff(a: Network, b: Network) -> Diff:
    """What differs in *b* from *a*."""
    changes = list(_level(a, b, ""))
    nodes = tuple(c for c in changes if isinstance(c, NodeChange))
    edges = tuple(c for c in changes if isinstance(c, EdgeChange))
    return Diff(nodes, edges, tuple(_facts(a, b)))


def _level(a: Network, b: Network, path: str) -> Iterator[NodeChange | EdgeChange]:
    prefix = f"{path}." if path else ""
    same = a.blocks is b.blocks or dict(a.blocks) == dict(b.blocks)  # else what differs may lie deeper
    for name in dict.fromkeys([*a.nodes, *b.nodes]):
        before, after = a.nodes.get(name), b.nodes.get(name)
        if before is None or after is None:
            node = after or before
            assert node is not None
            yield NodeChange(prefix + name, "removed" if after is None else "added", node.kind)
            continue
        changed = values(before, after)
        if changed:
            yield NodeChange(prefix + name, "changed", after.kind, changed)
        if isinstance(before.layer, Block) and isinstance(after.layer, Block):
            inner = a.inside(before.layer.name), b.inside(after.layer.name)
            if not same or inner[0].nodes != inner[1].nodes or inner[0].edges != inner[1].edges:
                yield from _level(*inner, prefix + name)
    gone, come = set(a.edges) - set(b.edges), set(b.edges) - set(a.edges)
    yield from (EdgeChange(path, "removed", e) for e in a.edges if e in gone)
    yield from (EdgeChange(path, "added", e) for e in b.edges if e in come)


def values(a: Node, b: Node) -> dict[str, tuple[Any, Any]]:
    """What differs between two nodes of one name, but for their places."""
    found: dict[str, tuple[Any, Any]] = {}
    if a.kind != b.kind or type(a.layer) is not type(b.layer):
        found["kind"] = (a.kind, b.kind)
    else:
        before, after = dict(a.layer.values), dict(b.layer.values)
        found = {k: (before.get(k), after.get(k)) for k in {**before, **after} if before.get(k) != after.get(k)}
    bound = {**a.bind, **b.bind}
    found |= {f"bind {k}": (a.bind.get(k), b.bind.get(k)) for k in bound if a.bind.get(k) != b.bind.get(k)}
    for flag in ("frozen", "bypass", "repeat", "shares"):
        if getattr(a, flag) != getattr(b, flag):
            found[flag] = (getattr(a, flag), getattr(b, flag))
    return found


def _facts(a: Network, b: Network) -> Iterator[FactChange]:
    for name in dict.fromkeys([*a.variables, *b.variables]):
        old, new = a.variables.get(name), b.variables.get(name)
        if old != new:
            yield FactChange("", VARIABLE + name, plain(old), plain(new))
    before, after = analyze(a), analyze(b)
    for quantity in ("parameters", "macs"):
        old, new = getattr(before, quantity), getattr(after, quantity)
        if old != new:
            yield FactChange("", quantity, number(old), number(new))
    others = dict(after.leaves())
    for path, fact in before.leaves():
        other = others.get(path)
        if other is None:
            continue
        was, now = _shown(fact), _shown(other)
        yield from (FactChange(path, q, was[q], now[q]) for q in was if was[q] != now[q])


def _shown(fact: Fact) -> dict[str, str]:
    """The facts of a node as text."""
    field = fact.receptive_field
    if isinstance(fact.layer, Layer) and not fact.layer.inputs:
        field = None
    whole = "" if field is None else "×".join(map(str, field.size)) + (" *" if field.whole else "")
    return {
        "output": ", ".join(map(str, fact.outputs)) or "?",
        "parameters": number(fact.parameters),
        "macs": number(fact.macs),
        "receptive_field": whole,
    }


def plain(value: Any) -> str:
    """A value as it stands in a sentence: ``3×3``; a dash for none."""
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return "-" if value is None else str(value)
