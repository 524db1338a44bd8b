"""How a receptive field grew: the layers whose windows add up to it, at any depth, along the path that sees most.

A step adds ``(k − 1) · d · S`` pixels, where S is the number of pixels between two values that it looks at; after it,
S is larger by its stride.  Where paths meet, the chain follows the one that sees most and names the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from graph.analysis import Report
from graph.receptive import Field, Fields, disagree, sees
from graph.report import Fact
from graph.tensors import Tensor
from graph.windows import NOTHING, Each, Slide, Turned, Unseen, Whole, Window

Sizes = tuple[int, ...]
Place = tuple[str, ...]
"""A node: names of the blocks from the outside in, then its own."""


class Branch(NamedTuple):
    """Another path that arrives at a step: its last node, the pixels it sees, and whether its strides differ."""

    path: str
    size: Sizes
    disagrees: bool = False


class Step(NamedTuple):
    """A layer that makes the field larger, or its steps.

    Args:
        path: the layer.
        windows: what it looks at along each axis; empty where it does not slide.
        jump: pixels between two values that it looks at, per axis (S before it).
        added: pixels by which it makes the field larger, per axis; empty where everything is seen.
        size: pixels seen after it, per axis; empty where everything is seen.
        branches: the other paths that arrive here.
        whole: whether it, or something before it, sees all of the image.
    """

    path: str
    windows: tuple[Window, ...]
    jump: tuple[Fraction, ...]
    added: Sizes
    size: Sizes
    branches: tuple[Branch, ...] = ()
    whole: bool = False

    def term(self, axis: int = -1) -> str:
        """What it adds along an axis, written out: ``(3 − 1)·2``; without a sum where its window has none."""
        window = self.windows[axis] if len(self.windows) == len(self.added) else None
        if not isinstance(window, Slide) or self.added[axis] != _adds(window, self.jump[axis]):
            return str(self.added[axis])
        gap = f"·{window.dilation}" if window.dilation > 1 else ""
        jump = f"·{self.jump[axis]}" if self.jump[axis] != 1 else ""
        return f"({window.kernel} − 1){gap}{jump}"


def _adds(window: Slide, jump: Fraction) -> Fraction:
    return (window.kernel - 1) * window.dilation * jump


def growth(report: Report, path: str, source: str = "") -> list[Step]:
    """The steps that add up to the field of the node at *path*, in the order of the flow.

    Args:
        report: what analysis found.
        path: a node, inside of blocks too.
        source: the input of the network whose pixels are counted; the first that is seen if empty.
    """
    fields = report[path].fields
    source = source or (fields[0].input if fields else "")
    return [step for _, step in _walk(report, path, source) if step is not None][::-1]


def trace(report: Report, path: str, position: Sizes, source: str = "") -> list[tuple[Step, Sizes]]:
    """The steps of :func:`growth`, each with the position whose field lies in the middle of what the next one sees.

    So the rectangles that :func:`graph.receptive.sees` finds for them lie one inside the other.
    """
    fields = report[path].fields
    source = source or (fields[0].input if fields else "")
    found: list[tuple[Step, Sizes]] = []
    at = position
    for fact, step in _walk(report, path, source):
        out = fact.output
        size = out.spatial if isinstance(out, Tensor) else ()
        at = tuple(n // 2 for n in size) if len(at) != len(size) else tuple(map(_kept, at, size))
        if step is not None:
            found.append((step, at))
        at = _looked_at(fact, at)
    return found[::-1]


def _kept(i: int, n: int) -> int:
    return min(max(i, 0), n - 1)


def _looked_at(fact: Fact, at: Sizes) -> Sizes:
    """The middle of what a position sees of the first input; empty (so: the middle) where it sees all."""
    windows = _windows(fact)
    if not windows:
        return () if any(isinstance(s, (Whole, Turned)) for s in fact.seen) else at
    if len(windows) != len(at):
        return ()
    spans = [w.sees(i) for w, i in zip(windows, at, strict=True)]
    return tuple((a + b) // 2 if (a, b) != NOTHING else i for (a, b), i in zip(spans, at, strict=True))


def _windows(fact: Fact) -> tuple[Window, ...]:
    """What a layer slides over its first input, per axis; empty where it does not slide."""
    seen = fact.seen[0] if fact.seen else None
    if isinstance(seen, Each):
        return seen.values[0]
    return () if seen is None or isinstance(seen, (Whole, Unseen, Turned)) else seen


def _walk(report: Report, path: str, source: str) -> Iterator[tuple[Fact, Step | None]]:
    """From the node at *path* back to the input *source*: the facts of the layers passed, with the steps they make."""
    begin = _innermost(report, tuple(path.split(".")))
    at = next(_outermost(report, begin), None) if begin is not None else None
    while at is not None:
        level = _level(report, at[:-1])
        name = at[-1]
        fact = level.facts[name]
        arriving = _arriving(report, at, source)
        local = bool(now.axes) if (now := _field(fact.fields, source)) is not None else False
        chosen = max(arriving, key=lambda a: _rank(_field(a[1].fields, source), local), default=None)
        if chosen is None:
            return
        others = [a for a in arriving if a[0] != chosen[0]]
        yield fact, _step(".".join(at), fact, chosen[1], [(".".join(p), f) for p, f in others], source)
        at = chosen[0]


def _step(path: str, fact: Fact, before: Fact, others: list[tuple[str, Fact]], source: str) -> Step | None:
    now, then = _field(fact.fields, source), _field(before.fields, source)
    if now is None or then is None or fact.inside is not None:
        return None
    branches = tuple(_branch(p, f, before.fields, source) for p, f in others)
    whole = now.whole and not then.whole
    if not now.axes:
        return Step(path, (), (), (), (), branches, True) if then.axes else None
    if len(now.axes) != len(then.axes):
        return None
    added = tuple(a.size - b.size for a, b in zip(now.axes, then.axes, strict=True))
    same = all(a.stride == b.stride for a, b in zip(now.axes, then.axes, strict=True))
    telling = any(b.disagrees or b.size != tuple(a.size for a in then.axes) for b in branches)
    if not any(added) and same and not whole and not telling:
        return None
    jump = tuple(r.stride for r in then.axes)
    return Step(path, _windows(fact), jump, added, tuple(r.size for r in now.axes), branches, whole)


def _branch(path: str, fact: Fact, main: Fields, source: str) -> Branch:
    field = _field(fact.fields, source)
    size = tuple(r.size for r in field.axes) if field is not None else ()
    return Branch(path, size, disagree(main, fact.fields))


def _field(fields: Fields, source: str) -> Field | None:
    return next((f for f in fields if f.input == source), None)


def _rank(field: Field | None, local: bool) -> tuple[bool, Sizes]:
    """How much a path sees; where *local*, those that see everything (gates) come last, else first."""
    return (False, ()) if field is None else (bool(field.axes) == local, tuple(r.size for r in field.axes))


def _level(report: Report, trail: Place) -> Report:
    """The report of the inside of the blocks of *trail*."""
    for name in trail:
        inside = report.facts[name].inside
        assert inside is not None
        report = inside
    return report


def _innermost(report: Report, at: Place, port: str = "") -> Place | None:
    """The layer at a place: of a block, the one that feeds its output port (the first if none is named)."""
    level, name = _level(report, at[:-1]), at[-1]
    inside = level.facts[name].inside
    if inside is None or level.network[name].bypass:
        return at
    ports = level.network.outputs(level.network[name])
    port = port or (ports[0].name if ports else "")
    edges = inside.network.incoming.get(port, ())
    return _innermost(report, (*at, edges[0].source), edges[0].out) if edges else None


def _arriving(report: Report, at: Place, source: str) -> list[tuple[Place, Fact]]:
    """The layers that feed the one at a place, outside of its block too, as far as they see *source*."""
    found = dict.fromkeys(_feeding(report, at))
    facts = [(p, _level(report, p[:-1]).facts[p[-1]]) for p in found]
    return [(p, f) for p, f in facts if _field(f.fields, source) is not None]


def _feeding(report: Report, at: Place) -> Iterator[Place]:
    trail, name = at[:-1], at[-1]
    level = _level(report, trail)
    ports = level.network.inputs(level.network[name])
    unseen = {p.name for p, s in zip(ports, level.facts[name].seen, strict=False) if isinstance(s, Unseen)}
    for edge in level.network.incoming.get(name, ()):
        place = _innermost(report, (*trail, edge.source), edge.out) if edge.into not in unseen else None
        if place is not None:
            yield from _outermost(report, place)


def _outermost(report: Report, at: Place) -> Iterator[Place]:
    """The layer at a place: of an input of a block, what feeds it outside."""
    todo = [at]
    while todo:
        at = todo.pop()
        trail, name = at[:-1], at[-1]
        if not trail or name not in _level(report, trail).arrivals:
            yield at
            continue
        outer, places = trail[:-1], []
        for edge in _level(report, outer).network.incoming.get(trail[-1], ()):
            if edge.into == name and (place := _innermost(report, (*outer, edge.source), edge.out)) is not None:
                places.append(place)
        todo += reversed(places)


def rectangle(report: Report, path: str, position: Sizes, source: str) -> tuple[tuple[int, int], ...]:
    """The pixels of the input *source* that a position sees, clipped; empty where it sees none.

    Beside a gate that has seen all of the image, those that it sees without the gate.
    """
    field = _field(report[path].fields, source)
    image = report.inputs.get(source)
    gated = field is not None and field.whole and 0 < len(field.axes) == len(position)
    if field is None or not gated or not isinstance(image, Tensor):
        return sees(report, path, position).get(source, ())
    spans = []
    for reach, at, n in zip(field.axes, position, image.spatial, strict=True):
        turn, phase = divmod(at, len(reach.lo))
        first, last = reach.step * turn + reach.lo[phase], reach.step * turn + reach.hi[phase]
        spans.append((max(first, 0), min(last, n - 1)))
    return tuple(spans) if all(first <= last for first, last in spans) else ()
