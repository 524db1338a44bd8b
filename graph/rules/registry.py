"""How rules announce themselves: one decorated function per problem.

========================  =============================================================================================
``@node_rule``            what a node shows by itself, or with those beside it; asked at every depth, and again only
                          where something of that changed.  ``@node_rule(Conv2d, "pool")``: of these kinds and families
``@level_rule``           what only all nodes together show; asked of the network and of the inside of each block
``@network_rule``         what only the whole shows; asked once
``@data_rule``            in what a network does not fit its data or the machine (:mod:`graph.circumstances`)
``@fixes_for("code")``    ways out of an error that a layer raised, by its code
========================  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

from graph.circumstances import Circumstances
from graph.network import Edge, Node
from graph.problems import Fix, Problem

if TYPE_CHECKING:
    from graph.report import Report

NodeRule = Callable[["Report", str], Iterable[Problem]]
LevelRule = Callable[["Report"], Iterable[Problem]]
DataRule = Callable[["Report", Circumstances], Iterable[Problem]]
Fixer = Callable[["Report", str], tuple[Fix, ...]]

NODE_RULES: list[tuple[NodeRule, tuple[type | str, ...]]] = []
"""Each with the kinds and families that it is about; with none, about every node."""
LEVEL_RULES: list[LevelRule] = []
NETWORK_RULES: list[LevelRule] = []
DATA_RULES: list[DataRule] = []
_FIXERS: dict[str, Fixer] = {}
_BY_LAYER: dict[type, tuple[NodeRule, ...]] = {}


@overload
def node_rule(*about: type | str) -> Callable[[NodeRule], NodeRule]: ...
@overload
def node_rule(rule: NodeRule, /) -> NodeRule: ...
def node_rule(*about: Any) -> Any:
    """Ask the decorated rule about every node, or with arguments: about nodes of these kinds (or families, by name)."""
    if len(about) == 1 and not isinstance(about[0], (type, str)):
        return _register(about[0], ())
    return lambda rule: _register(rule, about)


def _register(rule: NodeRule, about: tuple[type | str, ...]) -> NodeRule:
    NODE_RULES.append((rule, about))
    _BY_LAYER.clear()
    return rule


def rules_for(layer: type) -> tuple[NodeRule, ...]:
    """The rules to ask about a node whose layer is of this class."""
    found = _BY_LAYER.get(layer)
    if found is None:
        found = _BY_LAYER[layer] = tuple(rule for rule, about in NODE_RULES if not about or _is_one(layer, about))
    return found


def _is_one(layer: type, about: tuple[type | str, ...]) -> bool:
    family = getattr(layer, "category", None)
    return any(a == family if isinstance(a, str) else issubclass(layer, a) for a in about)


def level_rule(rule: LevelRule) -> LevelRule:
    """Ask *rule* once about the network, and once about the inside of each block."""
    LEVEL_RULES.append(rule)
    return rule


def network_rule(rule: LevelRule) -> LevelRule:
    """Ask *rule* once about the whole network."""
    NETWORK_RULES.append(rule)
    return rule


def data_rule(rule: DataRule) -> DataRule:
    """Ask *rule* about the network with what is known of data and machine, if anything is."""
    DATA_RULES.append(rule)
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
    return tuple([e for e in report.network.incoming.get(name, ()) if into in ("", e.into)])


def before(report: Report, name: str) -> Node | None:
    """The node that feeds the only edge into *name*; None if there are none or several."""
    edges = report.network.incoming.get(name, ())
    return report.network.nodes[edges[0].source] if len(edges) == 1 else None


def only_user(report: Report, name: str) -> Node | None:
    """The node that alone takes what *name* gives; None if there are none or several."""
    edges = report.network.outgoing.get(name, ())
    return report.network.nodes[edges[0].target] if len(edges) == 1 else None
