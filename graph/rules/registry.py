"""How rules announce themselves: one decorated function per problem.

========================  =============================================================================================
``@node_rule``            what a node shows by itself, or with those beside it; asked at every depth, and again only
                          where something of that changed.  ``@node_rule(Conv2d, "pool")``: of these kinds and families;
                          ``after=(Dropout,)``: where the one thing that feeds it is of these; ``after=SEVERAL``: where
                          several feed it
``@level_rule``           what only all nodes together show; asked of the network and of the inside of each block
``@network_rule``         what only the whole shows; asked once
``@data_rule``            in what a network does not fit its data or the machine (:mod:`graph.circumstances`)
``@fixes_for("code")``    ways out of an error that a layer raised, by its code
========================  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from graph.circumstances import Circumstances
from graph.network import Edge, Node
from graph.problems import Fix, Problem

if TYPE_CHECKING:
    from graph.report import Report

NodeRule = Callable[["Report", str], Iterable[Problem]]
LevelRule = Callable[["Report"], Iterable[Problem]]
DataRule = Callable[["Report", Circumstances], Iterable[Problem]]
Fixer = Callable[["Report", str], tuple[Fix, ...]]


class SEVERAL:
    """Stands for what feeds a node that several edges lead to."""


class NOTHING:
    """Stands for what feeds a node that no edge leads to."""


class About(NamedTuple):
    """The kinds and families of the nodes that a rule is about, and of what feeds them; empty: all."""

    kinds: tuple[type | str, ...] = ()
    after: tuple[type | str, ...] = ()


NODE_RULES: list[tuple[NodeRule, About]] = []
LEVEL_RULES: list[LevelRule] = []
NETWORK_RULES: list[LevelRule] = []
DATA_RULES: list[DataRule] = []
_FIXERS: dict[str, Fixer] = {}
_BY_CLASS: dict[tuple[type, type], tuple[NodeRule, ...]] = {}


@overload
def node_rule(*kinds: type | str, after: type | tuple[type | str, ...] = ()) -> Callable[[NodeRule], NodeRule]: ...
@overload
def node_rule(rule: NodeRule, /) -> NodeRule: ...
def node_rule(*kinds: Any, after: Any = ()) -> Any:
    """Ask the decorated rule about every node, or with arguments: about nodes of these kinds (or families, by name).

    Args:
        kinds: classes of layers, or names of families.
        after: the same of the layer that feeds the node alone; or :class:`SEVERAL`.
    """
    if len(kinds) == 1 and not isinstance(kinds[0], (type, str)):
        return _register(kinds[0], About())
    return lambda rule: _register(rule, About(kinds, after if isinstance(after, tuple) else (after,)))


def _register(rule: NodeRule, about: About) -> NodeRule:
    NODE_RULES.append((rule, about))
    _BY_CLASS.clear()
    return rule


def rules_for(layer: type, feeding: type = NOTHING) -> tuple[NodeRule, ...]:
    """The rules to ask about a node whose layer is of the class *layer*, and what feeds it of the class *feeding*."""
    found = _BY_CLASS.get((layer, feeding))
    if found is None:
        found = tuple(r for r, about in NODE_RULES if _is_one(layer, about.kinds) and _is_one(feeding, about.after))
        _BY_CLASS[layer, feeding] = found
    return found


def _is_one(layer: type, kinds: tuple[type | str, ...]) -> bool:
    family = getattr(layer, "category", None)
    return not kinds or any(k == family if isinstance(k, str) else issubclass(layer, k) for k in kinds)


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


def before(report: Report, name: str) -> Node:
    """The node that feeds *name*, of those that feed it the first."""
    return report.network.nodes[report.network.incoming[name][0].source]


def only_user(report: Report, name: str) -> Node | None:
    """The node that alone takes what *name* gives; None if there are none or several."""
    edges = report.network.outgoing.get(name, ())
    return report.network.nodes[edges[0].target] if len(edges) == 1 else None
