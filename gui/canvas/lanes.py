"""Lanes beside the nodes: links that go around the same nodes run side by side, the shorter ones inside."""

from __future__ import annotations

from graph.network import Edge
from gui.canvas.geometry import Rect
from gui.canvas.routes import Near, Route, shifted

LANE, MOST = 12.0, 12
"""Pixels from one lane to the next, and how many there are; what finds none free shares the innermost."""
APART = 8.0
"""Pixels along a lane between the end of one link and the beginning of the next."""
REGION = 256.0
"""Links are put into lanes within strips of the scene so wide, so that a change moves few of them."""


class Lanes:
    """The links that go around something, and the lane of each; what is not touched by a change stays as it is."""

    def __init__(self) -> None:
        self._ways: dict[Edge, Route] = {}
        self._regions: dict[int, set[Edge]] = {}
        self._changed: set[int] = set()

    def put(self, edge: Edge, way: Route) -> None:
        """*edge* runs along *way*, or beside it."""
        self.drop(edge)
        region = _region(way)
        self._ways[edge] = way
        self._regions.setdefault(region, set()).add(edge)
        self._changed.add(region)

    def drop(self, edge: Edge) -> None:
        """*edge* goes around nothing any more."""
        way = self._ways.pop(edge, None)
        if way is not None:
            region = _region(way)
            self._regions[region].discard(edge)
            self._changed.add(region)

    def settle(self, near: Near) -> dict[Edge, Route]:
        """The ways of all links in the strips where something changed; *near* tells which nodes are in the way."""
        found: dict[Edge, Route] = {}
        for region in self._changed:
            found |= side_by_side({e: self._ways[e] for e in self._regions.get(region, ())}, near)
        self._changed = set()
        return found


def _region(way: Route) -> int:
    assert way.gutter is not None
    return int(way.gutter // REGION)


def side_by_side(ways: dict[Edge, Route], near: Near) -> dict[Edge, Route]:
    """*ways* shifted so that no two run over each other where there is room: the shorter one stays further inside."""
    spans = []
    for edge, way in ways.items():
        low, high = _upright(way)
        spans.append((high - low, low, edge, high, way))
    spans.sort()  # no two have the same edge
    taken: list[tuple[float, float, float]] = []
    found = {}
    for _, low, edge, high, way in spans:
        x = way.gutter or 0.0
        here = _free(x, LANE if x >= way.points[0][0] else -LANE, low, high, taken)
        if here != x and near(Rect(here - LANE / 2, low, here + LANE / 2, high)):
            here = x
        taken.append((here, low - APART, high + APART))
        found[edge] = shifted(way, here - x) if here != x else way
    return found


def _free(x: float, step: float, low: float, high: float, taken: list[tuple[float, float, float]]) -> float:
    """The first lane, from *x* outwards, in which nothing runs between *low* and *high*; *x* itself if none is free."""
    beside = [at for at, top, bottom in taken if top < high and low < bottom]
    for lane in range(MOST):
        here = x + lane * step
        if all(abs(at - here) > LANE - 2 for at in beside):
            return here
    return x


def _upright(way: Route) -> tuple[float, float]:
    """From where to where the upright part runs."""
    ys = [y for x, y in way.points[1:-1] if x == way.gutter]
    return min(ys), max(ys)
