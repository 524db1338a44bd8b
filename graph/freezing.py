"""Freeze a network but for its last layers: what was learned before is kept, and the rest learns the new task."""

from __future__ import annotations

from collections.abc import Collection

from graph.adjust import freeze
from graph.analysis import analyze
from graph.definitions import make_own, standings
from graph.errors import InvalidValue
from graph.inside import put_inside
from graph.layer import Layer
from graph.layers.fcn import BilinearConvTranspose2d
from graph.network import Block, Network
from graph.repeats import numbered
from graph.report import Fact, Report

Trail = tuple[str, ...]


def freeze_but_last(network: Network, n: int) -> Network:
    """*network* with all weights frozen but those of the last *n* layers; 0 freezes all.

    What counts as a layer is what :func:`weighted` says; a normalization goes with the layer before it.  A block that
    is frozen in part gets a definition of its own where others have the same; one that is repeated learns as a whole.

    Raises:
        InvalidValue: *n* is negative.
    """
    if n < 0:
        raise InvalidValue("The last {n} layers cannot learn: say 0 or more.", n=n)
    report = analyze(network)
    return set_learning(network, learning(report, n))


def set_learning(network: Network, learns: Collection[str]) -> Network:
    """*network* in which exactly the layers at the paths *learns* learn, and all others with weights are frozen."""
    return _at(network, (), "", _owned(analyze(network)), frozenset(learns))


def learning(report: Report, n: int) -> frozenset[str]:
    """Paths of the layers that learn when the last *n* do: from the n-th last one with a window or a dense layer on."""
    counted, owned = weighted(report), _owned(report)
    if not n:
        return frozenset()
    first = owned.index(counted[-n]) if n < len(counted) else 0
    return frozenset(owned[first:])


def weighted(report: Report) -> tuple[str, ...]:
    """Paths of the layers that count, in the order of execution: those with weights that are no normalization."""
    return tuple(path for path, fact in report.leaves() if _learns(fact) and _category(fact) != "norm")


def learning_now(report: Report) -> int:
    """How many of the layers that count learn now."""
    facts = dict(report.leaves())
    return sum(facts[path].trainable > 0 for path in weighted(report))


def _owned(report: Report) -> tuple[str, ...]:
    return tuple(path for path, fact in report.leaves() if _learns(fact))


def _learns(fact: Fact) -> bool:
    """Whether a layer has weights that could learn; an interpolation that is drawn frozen stays so."""
    return bool(fact.parameters) and not isinstance(fact.layer, BilinearConvTranspose2d)


def _category(fact: Fact) -> str:
    return fact.layer.category if isinstance(fact.layer, Layer) else ""


def _at(network: Network, trail: Trail, prefix: str, owned: tuple[str, ...], learns: frozenset[str]) -> Network:
    """*network* with what stands inside the blocks of *trail* frozen as *learns* says."""
    here = network.within(trail)
    cold: list[str] = []
    warm: list[str] = []
    mixed: list[str] = []
    for name, node in here.nodes.items():
        mine = [path for path in owned if path == prefix + name or path.startswith(f"{prefix}{name}.")]
        if not mine:
            continue
        on = sum(path in learns for path in mine)
        (warm if on else cold).append(name)
        open_ = on and isinstance(node.layer, Block) and not numbered(node)
        if open_ and (on < len(mine) or _frozen_inside(here, node.kind)):
            mixed.append(name)
    made = freeze(freeze(here, cold, True), warm, False)
    if made is not here:
        network = put_inside(network, trail, made) if trail else made
    for name in mixed:
        network = _at(_own(network, trail, name), (*trail, name), f"{prefix}{name}.", owned, learns)
    return network


def _own(network: Network, trail: Trail, name: str) -> Network:
    """*network* in which nobody else shows the definition of the block *name*."""
    here = network.within(trail)
    if standings(network, here.nodes[name].kind) < 2:
        return network
    made = make_own(here, name)
    return put_inside(network, trail, made) if trail else made


def _frozen_inside(network: Network, block: str) -> bool:
    inside = network.inside(block)
    nodes = inside.nodes.values()
    return any(n.frozen or (isinstance(n.layer, Block) and _frozen_inside(inside, n.kind)) for n in nodes)
