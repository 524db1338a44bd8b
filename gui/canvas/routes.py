"""How a link runs from port to port: straight, as a soft curve, or around what stands in its way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from gui.canvas.geometry import Point, Rect, around

CLOSE = 48.0
"""Nothing stands between two ports that are not further apart."""
LEAD, OVER, GUTTER, CORNER = 24.0, 60.0, 24.0, 10.0
"""How far a link goes on before it turns, how high it passes over what it comes back to, how far it keeps from nodes,
and the radius of its corners."""

Near = Callable[[Rect], list[Rect]]
"""The rectangles of nodes that meet a rectangle."""


class Route(NamedTuple):
    """The way of a link: its corners (*curve*: the four points of one cubic), and what surrounds it."""

    points: tuple[Point, ...]
    curve: bool
    bounds: Rect
    gutter: float | None = None
    """Where the upright part of a way around something runs; None where nothing is gone around."""

    @property
    def straight(self) -> bool:
        """Whether it is one line."""
        return len(self.points) == 2

    def sampled(self) -> tuple[Point, ...]:
        """The way as a chain of points."""
        return cubic(*self.points) if self.curve else self.points

    def middle(self) -> tuple[Point, bool]:
        """Where a label stands, and whether the link is upright there."""
        if self.curve:
            return cubic(*self.points)[8], True
        ends = max(pairwise(self.points), key=lambda s: hypot(s[1][0] - s[0][0], s[1][1] - s[0][1]))
        (ax, ay), (bx, by) = ends
        return ((ax + bx) / 2, (ay + by) / 2), abs(ax - bx) < abs(ay - by)


def _length(ends: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = ends
    return hypot(bx - ax, by - ay)


def route(start: Point, end: Point, near: Near | None = None) -> Route:
    """The way from an output at *start* (leaving downwards) to an input at *end* (arriving from above).

    *near* tells which nodes stand in a rectangle; without it nothing is in the way.
    """
    (x1, y1), (x2, y2) = start, end
    blocked = _blocked(start, end, near) if y2 - y1 > CLOSE else []
    if y2 - y1 >= 8 and not blocked:
        if abs(x1 - x2) < 0.5:
            return _made((start, end), curve=False)
        bend = max(16.0, min(0.5 * (y2 - y1), 80.0))
        return _made((start, (x1, y1 + bend), (x2, y2 - bend), end), curve=True)
    return _around(start, end, near, around(blocked))


def _made(points: tuple[Point, ...], *, curve: bool, gutter: float | None = None) -> Route:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return Route(points, curve, Rect(min(xs), min(ys), max(xs), max(ys)), gutter)


def shifted(way: Route, dx: float) -> Route:
    """*way* with its upright part elsewhere; its lane stays known as that which it has left."""
    start, *inner, end = way.points
    points = [(x + dx, y) if x == way.gutter else (x, y) for x, y in inner]
    return _made((start, *points, end), curve=False, gutter=way.gutter)


def _blocked(start: Point, end: Point, near: Near | None) -> list[Rect]:
    """Nodes on the direct way."""
    if near is None:
        return []
    (x1, y1), (x2, y2) = start, end
    area = Rect(min(x1, x2) - 4, y1 + 6, max(x1, x2) + 4, y2 - 6)
    if area.top >= area.bottom or not (met := near(area)):
        return []
    bend = max(16.0, min(0.5 * (y2 - y1), 80.0))
    way = cubic(start, (x1, y1 + bend), (x2, y2 - bend), end)
    return [r for r in met if _spans(r, x1, x2, y1, y2) or _hit(r.grown(4), way[1:-1])]


def _hit(rect: Rect, points: tuple[Point, ...]) -> bool:
    left, top, right, bottom = rect
    return any(left <= x <= right and top <= y <= bottom for x, y in points)


def _spans(rect: Rect, x1: float, x2: float, y1: float, y2: float) -> bool:
    """Whether an almost upright way must cross *rect*: sampled points may jump over a flat node."""
    return y1 < rect.top and rect.bottom < y2 and rect.left - 4 <= min(x1, x2) and max(x1, x2) <= rect.right + 4


def _around(start: Point, end: Point, near: Near | None, between: Rect | None) -> Route:
    """Down, across, up or down along a gutter, across, down; *between* is what stands in the way."""
    (x1, y1), (x2, y2) = start, end
    x = _gutter(x1, x2, y1 + LEAD / 2, y2 - LEAD / 2, near, between)
    if y2 - y1 > 2 * LEAD + 8:
        low, high = y1 + LEAD / 2, y2 - LEAD / 2
    else:  # up and over: high above the target where that is free, so that it crosses no title of a frame
        low = y1 + next(d for d in (LEAD, LEAD / 2) if d == LEAD / 2 or _free(near, x1, x, y1 + 4, y1 + d))
        high = y2 - next(d for d in (OVER, LEAD, LEAD / 2) if d == LEAD / 2 or _free(near, x, x2, y2 - d, y2 - 4))
    if abs(x - x1) < 0.5 and abs(x - x2) < 0.5:
        return _made((start, end), curve=False)
    turns = abs(x - x1) >= 0.5 and abs(x - x2) >= 0.5
    points = _thinned((start, (x1, low), (x, low), (x, high), (x2, high), end))
    return _made(points, curve=False, gutter=x if turns else None)


def _free(near: Near | None, x1: float, x2: float, y1: float, y2: float) -> bool:
    return near is None or not near(Rect(min(x1, x2), min(y1, y2) - 8, max(x1, x2), max(y1, y2)))


def _gutter(x1: float, x2: float, low: float, high: float, near: Near | None, between: Rect | None) -> float:
    """Where the upright part runs: between the two columns if there is room, else beside what stands in the way."""
    top, bottom = min(low, high), max(low, high)
    beside = (max(x1, x2) + 90 if between is None else between.right) + GUTTER  # whichever port the link goes to
    wanted = (x1 + x2) / 2 if abs(x1 - x2) > 200 else beside
    if near is None:
        return wanted
    best, cost = wanted, float("inf")
    tries = [wanted]
    for _ in range(12):
        if not tries:
            break
        x = tries.pop(0)
        met = near(Rect(x - GUTTER / 2 + 2, top, x + GUTTER / 2 - 2, bottom))
        if not met:
            far = abs(x - x1) + abs(x - x2) - (1 if x > x1 else 0)
            if far < cost:
                best, cost = x, far
            continue
        whole = around(met)
        assert whole is not None
        if x >= wanted:
            tries.append(whole.right + GUTTER)
        if x <= wanted:
            tries.append(whole.left - GUTTER)
    return best


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Without points that stand on the line between their neighbors."""
    found = [points[0]]
    for here, after in pairwise(points[1:]):
        (ax, ay), (bx, by), (cx, cy) = found[-1], here, after
        if abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1e-6:
            found.append(here)
    return (*found, points[-1])


def cubic(a: Point, b: Point, c: Point, d: Point, steps: int = 16) -> tuple[Point, ...]:
    """Points along a cubic Bézier curve, both ends included."""
    found = []
    for i in range(steps + 1):
        t = i / steps
        s = 1 - t
        p, q, r, u = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        found.append((p * a[0] + q * b[0] + r * c[0] + u * d[0], p * a[1] + q * b[1] + r * c[1] + u * d[1]))
    return tuple(found)


def distance(way: Route, point: Point) -> float:
    """From *point* to the nearest place of a link, in pixels of the scene."""
    chain = way.sampled()
    return min(_to_segment(point, a, b) for a, b in pairwise(chain))


def _to_segment(p: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) if length else 0.0
    return hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def crosses(way: Route, a: Point, b: Point) -> bool:
    """Whether the stroke from *a* to *b* cuts the link."""
    chain = way.sampled()
    return any(_cut(a, b, c, d) for c, d in pairwise(chain))


def _cut(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0
