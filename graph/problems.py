"""What is wrong with a network, where, why, and how to mend it.

Errors come from the facts (a layer that cannot take what arrives), the rest from the rules of :mod:`graph.rules`.  A
fix is a function from a network to a network, so that the window, the command line and a test apply it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from graph.errors import NetworkError, ShapeError
from graph.network import Network
from graph.repeats import numbered
from graph.text import Message

if TYPE_CHECKING:
    from graph.analysis import Report

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


def problems_of(report: Report) -> tuple[Problem, ...]:
    """Every problem of a report, blocks included: errors first, then in the order of the flow."""
    found = list(_level(report, (), ""))
    return tuple(sorted(found, key=lambda p: ORDER[p.severity]))


def _level(report: Report, trail: tuple[str, ...], prefix: str) -> Iterator[Problem]:
    from graph.rules import NETWORK_RULES, NODE_RULES, fixes_of  # rules build on this module

    for name in report.network.order:
        fact = report.facts[name]
        if fact.error is not None:
            code = fact.error.code if isinstance(fact.error, ShapeError) else "invalid_value"
            problem = Problem(code, "error", name, fact.error.message, fixes_of(code, report, name))
            yield _lifted(problem, trail, prefix)
        for rule in NODE_RULES:
            for problem in rule(report, name):
                yield _lifted(problem, trail, prefix)
        if fact.inside is not None and numbered(report.network.nodes[name]):
            yield from _repetitions(fact.inside, (*trail, name), f"{prefix}{name}.")
        elif fact.inside is not None:
            yield from _level(fact.inside, (*trail, name), f"{prefix}{name}.")
    for whole in NETWORK_RULES if not trail else ():
        yield from whole(report)


def _repetitions(chain: Report, trail: tuple[str, ...], prefix: str) -> Iterator[Problem]:
    """The problems inside a repeated block: one that every repetition has is told of the first."""
    told: set[tuple[str, str]] = set()
    for number, fact in ((n, f) for n, f in chain.facts.items() if n.isdigit()):
        here = f"{prefix}{number}."
        for problem in _level(fact.inside, trail, here) if fact.inside is not None else ():
            what = problem.code, problem.path.removeprefix(here)
            if what not in told:
                told.add(what)
                yield problem


def _lifted(problem: Problem, trail: tuple[str, ...], prefix: str) -> Problem:
    """The same problem seen from the top: its path in full, its fixes acting on the whole network."""
    if not trail:
        return problem
    fixes = tuple(Fix(f.id, f.text, _inside(trail, f.apply), f.safe) for f in problem.fixes)
    return Problem(problem.code, problem.severity, prefix + problem.path, problem.message, fixes)


def _inside(trail: tuple[str, ...], apply: Callable[[Network], Network]) -> Callable[[Network], Network]:
    from graph.edit import put_inside

    return lambda network: put_inside(network, trail, apply(network.within(trail)))


def mend(network: Network) -> tuple[Network, list[Problem]]:
    """Apply every safe fix until none is left; the problems that were mended, in order.

    A fix that the network refuses is passed over.
    """
    from graph.analysis import analyze

    mended: list[Problem] = []
    for _ in range(1000):  # each round mends one problem; the bound only guards against fixes that undo each other
        for problem in analyze(network).problems:
            fix = next((f for f in problem.fixes if f.safe), None)
            if fix is None:
                continue
            try:
                network = fix.apply(network)
            except NetworkError:
                continue
            mended.append(problem)
            break
        else:
            return network, mended
    return network, mended
