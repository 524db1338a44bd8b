"""How rules announce themselves: one decorated function per problem.

:func:`node_rule` marks a rule about what a single node shows, asked at every depth; :func:`network_rule` one about what
only the whole shows; :func:`fixes_for` a function that gives ways out of an error which a layer raised, by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from graph.network import Edge, Node
from graph.problems import Fix, Problem

if TYPE_CHECKING:
    from graph.analysis import Report

NodeRule = Callable[["Report", str], Iterator[Problem]]
NetworkRule = Callable[["Report"], Iterator[Problem]]
Fixer = Callable[["Report", str], tuple[Fix, ...]]

NODE_RULES: list[NodeRule] = []
NETWORK_RULES: list[NetworkRule] = []
_FIXERS: dict[str, Fixer] = {}


def node_rule(rule: NodeRule) -> NodeRule:
    """Ask *rule* about every node, at every depth."""
    NODE_RULES.append(rule)
    return rule


def network_rule(rule: NetworkRule) -> NetworkRule:
    """Ask *rule* once about the whole network."""
    NETWORK_RULES.append(rule)
    return rule


def fixes_for(*codes: str) -> Callable[[Fixer], Fixer]:
    """The decorated function gives the ways out of errors with these *codes*."""

    def register(fixer: Fixer) -> Fixer:
        _FIXERS.update(dict.fromkeys(codes, fixer))
        return fixer

    return register


def fixes_of(code: str, report: Report, name: str) -> tuple[Fix, ...]:
    """Ways out of the error *code* at the node *name*."""
    fixer = _FIXERS.get(code)
    return fixer(report, name) if fixer else ()


def arriving(report: Report, name: str, into: str = "") -> tuple[Edge, ...]:
    """Edges that end at a node, or at one of its ports."""
    return tuple(e for e in report.network.incoming.get(name, ()) if into in ("", e.into))


def before(report: Report, name: str) -> Node | None:
    """The node that feeds the only edge into *name*; None if there are none or several."""
    edges = report.network.incoming.get(name, ())
    return report.network.nodes[edges[0].source] if len(edges) == 1 else None


def only_user(report: Report, name: str) -> Node | None:
    """The node that alone takes what *name* gives; None if there are none or several."""
    edges = report.network.outgoing.get(name, ())
    return report.network.nodes[edges[0].target] if len(edges) == 1 else None
