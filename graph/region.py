"""Which pixels one output position depends on, exactly: sets of positions followed backwards, clipped at every border.

Along an axis, positions are kept as *runs*, so that holes stay holes: a dilated window reads every other position, and
behind a stride some of those may see nothing at all.  A *box* is a set per axis, and a *region* the boxes that paths
bring together; only at the inputs is the first and the last pixel taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from graph.windows import NOTHING, Adapt, Blend, Each, Nearest, Seen, Shift, Slide, Turned, Unseen, Whole, Window

if TYPE_CHECKING:
    from graph.report import Fact, Report

Interval = tuple[int, int]
Intervals = dict[str, tuple[Interval, ...]]

Places = tuple[Interval, ...]
"""Positions along an axis: runs from first to last, in order, with a hole between any two."""

Box = tuple[Places, ...]
"""All positions whose place along each axis is in the set of that axis."""

Region = tuple[Box, ...]
"""The positions in any of the boxes."""

Wanted = dict[str, dict[str, Region]]
"""What is asked of the nodes of a level, by name and output port."""

BOX_LIMIT = 64
"""So many boxes stay apart; more of them are taken as one that holds all, which may be larger than they are."""


def sees(report: Report, path: str, position: tuple[int, ...]) -> Intervals:
    """The first and the last pixel that one output position of the node at *path* depends on, along each axis.

    Channels are not told apart: a position sees what any of its channels sees, and where pixels are made of channels
    (PixelShuffle), each is taken to be made of all.

    Args:
        report: what analysis found.
        path: a node whose first output is a tensor; blocks are looked through.
        position: one index per spatial axis of that output (empty for a vector).

    Returns:
        ``{input: ((first, last), ... per axis)}``, pixels of the input, both ends included; an input that nothing
        reaches (or only padding) is absent.
    """
    *trail, name = path.split(".")
    levels = [report]
    for part in trail:
        inside = levels[-1].facts[part].inside
        assert inside is not None
        levels.append(inside)
    network = levels[-1].network
    ports = network.outputs(network.nodes[name])
    box: Box = tuple(((i, i),) for i in position)
    wanted: Wanted = {name: {ports[0].name if ports else "": (box,)}}
    for inner, outer, block in zip(levels[:0:-1], levels[-2::-1], reversed(trail), strict=True):
        found = _backward(inner, wanted)
        wanted = {}
        for edge in outer.network.incoming.get(block, ()):
            if edge.into in found:
                _ask(wanted, edge.source, edge.out, found[edge.into])
    return {input: _hull(region) for input, region in _backward(report, wanted).items()}


def _hull(region: Region) -> tuple[Interval, ...]:
    return tuple((min(s[0][0] for s in axis), max(s[-1][1] for s in axis)) for axis in zip(*region, strict=True))


def _ask(wanted: Wanted, name: str, out: str, region: Region) -> None:
    asked = wanted.setdefault(name, {})
    asked[out] = united(asked[out], region) if out in asked else region


def _backward(report: Report, wanted: Wanted) -> dict[str, Region]:
    """Follow what is *wanted* back to the inputs of this level."""
    network, reached = report.network, dict[str, Region]()
    for name in reversed(network.order):
        mine = wanted.get(name)
        if mine is None:
            continue
        fact = report.facts[name]
        if network.nodes[name].kind == "Input":
            reached[name] = _all(mine)
            continue
        if not fact.outputs and network.nodes[name].kind != "Output":
            continue
        for (port, place), region in _back(report, name, fact, mine).items():
            for index, edge in enumerate(e for e in network.incoming.get(name, ()) if e.into == port):
                if index == place or place is None:
                    _ask(wanted, edge.source, edge.out, region)
    return reached


def _all(asked: Mapping[str, Region]) -> Region:
    """What is asked of all the output ports of a node together."""
    first, *more = asked.values()
    for region in more:
        first = united(first, region)
    return first


def _back(report: Report, name: str, fact: Fact, mine: Mapping[str, Region]) -> dict[tuple[str, int | None], Region]:
    """What one node asks of its input ports, by port and number of the edge there (None: all of them)."""
    node = report.network.nodes[name]
    ports = report.network.inputs(node)
    if fact.inside is not None:
        inner: Wanted = {}
        for out, region in mine.items():
            for edge in fact.inside.network.incoming.get(out, ()):
                _ask(inner, edge.source, edge.out, region)
        return {(port, None): region for port, region in _backward(fact.inside, inner).items()}
    if node.bypass:  # the first that arrives goes on unchanged
        return {(ports[0].name, 0): _all(mine)} if ports else {}
    found: dict[tuple[str, int | None], Region] = {}
    region = _all(mine)
    for port, arrives, seen in zip(ports, fact.inputs, fact.seen, strict=True):
        for index, x in enumerate(arrives if port.many else (arrives,)):
            own = seen.values[index] if isinstance(seen, Each) else seen
            sizes: tuple[int, ...] = getattr(x, "spatial", ())
            if x is not None and (asked := _through(region, own, sizes)):
                found[port.name, index] = asked
    return found


def _through(region: Region, seen: Seen, sizes: tuple[int, ...]) -> Region:
    """What positions in *region* read of maps of the given *sizes*; empty if only padding."""
    found: Region = ()
    for box in region:
        asked = _read_box(box, seen, sizes)
        if all(asked):
            found = united(found, (asked,))
    return found if not isinstance(seen, Unseen) else ()


def _read_box(box: Box, seen: Seen, sizes: tuple[int, ...]) -> Box:
    whole: Box = tuple([((0, n - 1),) for n in sizes])
    if isinstance(seen, Turned):
        pairs = zip(seen.axes, whole, strict=True)
        return tuple([everything if at is None or at >= len(box) else box[at] for at, everything in pairs])
    if isinstance(seen, Whole | Unseen | Each) or len(box) != len(sizes):
        return whole
    if seen is not None:
        return tuple([read(window, n, places) for n, window, places in zip(sizes, seen, box, strict=True)])
    # a map of one position is stretched over all; where sizes differ otherwise, values have been dealt anew
    if any(1 < n <= places[-1][1] for n, places in zip(sizes, box, strict=True)):
        return whole
    return tuple([places if n > 1 else ((0, 0),) for n, places in zip(sizes, box, strict=True)])


@lru_cache(maxsize=16_384, typed=True)
def read(window: Window, n: int, places: Places) -> Places:
    """Which of n input positions are read through *window* at any of the output positions *places*.

    >>> read(Slide(3, dilation=2), 9, ((0, 0), (3, 3)))
    ((0, 0), (2, 5), (7, 7))
    """
    found: set[Interval] = set()
    border: str = getattr(window, "border", "")
    for first, last in places:
        low, high = window.sees(first)[0], window.sees(last)[1]
        if not _joins(window) or (border and (low < 0 or high >= n)):
            for j in range(first, last + 1):
                found.update(_read_one(window, n, j))
        elif high >= 0 and low < n:
            found.add((max(low, 0), min(high, n - 1)))
    return _runs(found)


def _joins(window: Window) -> bool:
    """Whether neighboring positions read neighboring ones, so that nothing is left out between the first and last."""
    if isinstance(window, Slide):
        return window.gap == 1 and window.stride <= window.kernel
    if isinstance(window, Nearest | Blend):  # a cubic blend reads less where it hits a position exactly
        return window.m >= window.n and (isinstance(window, Nearest) or window.taps == 2)
    return isinstance(window, Shift | Adapt)


def _read_one(window: Window, n: int, j: int) -> Iterable[Interval]:
    """What is read at position *j*, where a border says what stands beyond it."""
    raw = window.sees(j)
    if raw == NOTHING:
        return []
    border: str = getattr(window, "border", "")
    if border and (raw[0] < 0 or raw[1] >= n):
        folded = (BORDERS[border](i, n) for i in range(raw[0], raw[1] + 1, window.gap))
        return [(i, i) for i in folded]
    if window.gap == 1:
        return [(max(raw[0], 0), min(raw[1], n - 1))] if raw[1] >= 0 and raw[0] < n else []
    return [(i, i) for i in range(raw[0], raw[1] + 1, window.gap) if 0 <= i < n]


BORDERS = {
    "reflect": lambda i, n: -i if i < 0 else 2 * (n - 1) - i if i >= n else i,
    "replicate": lambda i, n: min(max(i, 0), n - 1),
    "circular": lambda i, n: i % n,
}
"""Which of n positions stands at place i beyond the border, by the mode of the padding."""


def _runs(found: Iterable[Interval]) -> Places:
    """The same positions as runs in order, those that touch joined."""
    runs: list[Interval] = []
    for first, last in sorted(found):
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(runs[-1][1], last)
        else:
            runs.append((first, last))
    return tuple(runs)


def united(a: Region, b: Region) -> Region:
    """The positions in either, in as few boxes as are easily found."""
    boxes = list(a)
    for box in b:
        boxes = _with(boxes, box)
    if len(boxes) > BOX_LIMIT:
        return (tuple(_runs(run for places in axis for run in places) for axis in zip(*boxes, strict=True)),)
    return tuple(boxes)


def _with(boxes: list[Box], box: Box) -> list[Box]:
    """*boxes* and one more; two that differ along one axis only are one."""
    for i, other in enumerate(boxes):
        if len(other) != len(box):  # of maps that were folded: only their whole is known, and it holds the other
            return boxes if len(other) > len(box) else [*boxes[:i], box, *boxes[i + 1 :]]
        if all(map(_within, box, other)):
            return boxes
        differing = [k for k, (p, q) in enumerate(zip(box, other, strict=True)) if p != q]
        if len(differing) == 1 or all(map(_within, other, box)):
            joined = tuple([_runs((*p, *q)) for p, q in zip(box, other, strict=True)])
            return _with(boxes[:i] + boxes[i + 1 :], joined)
    return [*boxes, box]


def _within(a: Places, b: Places) -> bool:
    """Whether all positions of *a* are among those of *b*."""
    if len(b) == 1:
        return b[0][0] <= a[0][0] and a[-1][1] <= b[0][1]
    return _runs((*a, *b)) == b
