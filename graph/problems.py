"""What is wrong with a network, where, why, and how to mend it.

Errors come from the facts (a layer that cannot take what arrives), the rest from the rules of :mod:`graph.rules`.  A
fix is a function from a network to a network, so that the window, the command line and a test apply it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from graph.circumstances import UNKNOWN, Circumstances
from graph.errors import CanevasError, ShapeError
from graph.network import Network
from graph.repeats import numbered
from graph.text import Message

if TYPE_CHECKING:
    from graph.report import Fact, Report

Severity = Literal["error", "warning", "hint"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "hint": 2}
"""Severities from worst to least."""


@dataclass(frozen=True)
class Fix:
    """A way out: what it does in words, and the function that does it.

    *safe* fixes change nothing that a person meant; ``check --fix`` applies only those.
    """

    id: str
    text: Message
    apply: Callable[[Network], Network]
    safe: bool = False


@dataclass(frozen=True)
class Problem:
    """Something wrong: a code to look it up by, how bad it is, the path of the node, a sentence, and ways out."""

    code: str
    severity: Severity
    path: str
    message: Message
    fixes: tuple[Fix, ...] = field(default=(), hash=False, compare=False)


class Judged(NamedTuple):
    """What the rules said of each node of one level, with the network and the facts that they looked at."""

    network: Network
    facts: Mapping[str, Fact]
    found: Mapping[str, tuple[Problem, ...]]
    """Only nodes that have problems."""


class Deep(NamedTuple):
    """A problem as it is seen where it lies, and the names of the blocks around it."""

    trail: tuple[str, ...]
    prefix: str
    problem: Problem


def problems_of(report: Report, around: Circumstances = UNKNOWN) -> tuple[Problem, ...]:
    """Every problem of a report, blocks included: errors first, then in the order of the flow.

    Args:
        report: what analysis found.
        around: what is known of data and machine; rules about what is not known keep silent.
    """
    from graph.rules import NETWORK_RULES  # rules build on this module

    found = [_lifted(deep) for deep in report.deep]
    for rule in NETWORK_RULES:
        found += rule(report)
    return _sorted([*found, *misfits(report, around)])


def misfits(report: Report, around: Circumstances) -> tuple[Problem, ...]:
    """Everything in which a network does not fit its data or the machine; nothing is known: nothing is said."""
    from graph.rules import DATA_RULES

    return () if around == UNKNOWN else _sorted([p for rule in DATA_RULES for p in rule(report, around)])


def _sorted(found: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(found, key=lambda p: ORDER[p.severity]))


def judge(report: Report, before: Judged | None) -> Judged:
    """Ask the rules about each node of a level; of *before*, the same level some edits ago, keep what still holds.

    A rule looks at a node, at those beside it and at the edges of these, so nothing else can have changed its answer.
    """
    nodes = report.network.nodes
    if before is None:
        return Judged(report.network, report.facts, _asked(report, nodes))
    found = {name: problems for name, problems in before.found.items() if name in nodes}
    again = _concerned(report, before)
    for name in again:
        found.pop(name, None)
    return Judged(report.network, report.facts, found | _asked(report, again))


def _asked(report: Report, names: Iterable[str]) -> dict[str, tuple[Problem, ...]]:
    from graph.layers.tensor_ops import Identity
    from graph.rules import NOTHING, SEVERAL, fixes_of, rules_for

    found: dict[str, tuple[Problem, ...]] = {}
    facts, nodes, incoming = report.facts, report.network.nodes, report.network.incoming

    def acting(name: str) -> type:
        """The class whose rules hold: what is bypassed lets everything pass, and need not even fit."""
        return Identity if nodes[name].bypass else facts[name].layer.__class__

    for name in names:
        fact, edges = facts[name], incoming.get(name, ())
        if (error := fact.error) is not None:
            code = error.code if isinstance(error, ShapeError) else "invalid_value"
            found[name] = (Problem(code, "error", name, error.message, fixes_of(code, report, name)),)
        feeding = acting(edges[0].source) if len(edges) == 1 else SEVERAL if edges else NOTHING
        for rule in rules_for(acting(name), feeding):
            for problem in rule(report, name):
                found[name] = (*found.get(name, ()), problem)
    return found


def _concerned(report: Report, before: Judged) -> set[str]:
    """Nodes about which a rule may say something else than *before*: those that changed, and those beside them."""
    network, facts = report.network, report.facts
    nodes, old_nodes, old_facts = network.nodes, before.network.nodes, before.facts
    changed = {n for n, fact in facts.items() if old_facts.get(n) is not fact or old_nodes.get(n) is not nodes[n]}
    into, out = network.incoming, network.outgoing
    if network.edges is not before.network.edges:
        old_into, old_out = before.network.incoming, before.network.outgoing
        changed |= {n for n in nodes if into.get(n) != old_into.get(n) or out.get(n) != old_out.get(n)}
    beside = {e.source for n in changed for e in into.get(n, ())} | {e.target for n in changed for e in out.get(n, ())}
    return changed | beside


def deep(report: Report) -> tuple[Deep, ...]:
    """What the rules said of all nodes of a level and of the insides of its blocks, in the order of the flow."""
    from graph.rules import LEVEL_RULES

    nodes, facts, said = report.network.nodes, report.facts, report.judged.found
    found: list[Deep] = []
    for name in report.network.order:
        if name in said:
            found += [Deep((), "", problem) for problem in said[name]]
        if (inside := facts[name].inside) is None:
            continue
        inner = _repetitions(inside) if numbered(nodes[name]) else ((d, d.prefix) for d in inside.deep)
        found += [Deep((name, *d.trail), f"{name}.{prefix}", d.problem) for d, prefix in inner]
    for rule in LEVEL_RULES:
        found += [Deep((), "", problem) for problem in rule(report)]
    return tuple(found)


def _repetitions(chain: Report) -> Iterator[tuple[Deep, str]]:
    """The problems inside a repeated block, with their prefix: one that every repetition has is told of the first."""
    told: set[tuple[str, str]] = set()
    for number, fact in ((n, f) for n, f in chain.facts.items() if n.isdigit()):
        for one in fact.inside.deep if fact.inside is not None else ():
            what = one.problem.code, one.prefix + one.problem.path
            if what not in told:
                told.add(what)
                yield one, f"{number}.{one.prefix}"


def _lifted(found: Deep) -> Problem:
    """The same problem seen from the top: its path in full, its fixes acting on the whole network."""
    trail, prefix, problem = found
    if not trail:
        return problem
    fixes = tuple(Fix(f.id, f.text, _inside(trail, f.apply), f.safe) for f in problem.fixes)
    return Problem(problem.code, problem.severity, prefix + problem.path, problem.message, fixes)


def _inside(trail: tuple[str, ...], apply: Callable[[Network], Network]) -> Callable[[Network], Network]:
    from graph.edit import put_inside

    return lambda network: put_inside(network, trail, apply(network.within(trail)))


def mend(network: Network, around: Circumstances = UNKNOWN) -> tuple[Network, list[Problem]]:
    """Apply every safe fix until none is left; the problems that were mended, in order.

    A fix that the network refuses is passed over.
    """
    from graph.analysis import analyze

    mended: list[Problem] = []
    report = analyze(network)
    for _ in range(1000):  # each round mends one problem; the bound only guards against fixes that undo each other
        for problem in problems_of(report, around):
            fix = next((f for f in problem.fixes if f.safe), None)
            if fix is None:
                continue
            try:
                network = fix.apply(network)
            except CanevasError:
                continue
            mended.append(problem)
            report = analyze(network, report)
            break
        else:
            return network, mended
    return network, mended
