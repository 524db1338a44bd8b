"""Where things stand on the canvas: boxes of nodes, slots of their ports, and quick answers to "what is near?".

Plain numbers in pixels of the scene (zoom 1), no Qt: painting, hit testing and routing all ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import floor
from typing import NamedTuple

from graph.network import Block, Edge, Network, Node

NODE, BLOCK = (180.0, 64.0), (176.0, 100.0)
"""Width and height of a node and of a block."""
GRID = 4.0
"""Places are multiples of it."""
GAP, COLUMN = 32.0, 304.0
"""Free pixels below a node, and from one column to the next."""
PORT = 8.0
"""Diameter of a port."""

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle by its sides."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Rect:
        """The same with *by* pixels more on each side."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def meets(self, other: Rect) -> bool:
        """Whether the two have a point in common."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )

    def holds(self, point: Point) -> bool:
        """Whether *point* lies in it."""
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def moved(self, dx: float, dy: float) -> Rect:
        """The same elsewhere."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    @property
    def center(self) -> Point:
        """The point in its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def around(rects: Iterable[Rect]) -> Rect | None:
    """The smallest rectangle that holds all of *rects*; None for none."""
    sides = list(zip(*rects, strict=True))
    return Rect(min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])) if sides else None


class Slot(NamedTuple):
    """A dot at which links begin or end; a port that takes many has one per edge, and one if it is free."""

    port: str
    at: Point
    edge: Edge | None = None
    """The edge that ends here (inputs only)."""
    taken: bool = False


class Box(NamedTuple):
    """A node as it stands: its rectangle and its slots."""

    name: str
    rect: Rect
    ins: tuple[Slot, ...]
    outs: tuple[Slot, ...]

    def end(self, edge: Edge) -> Point:
        """Where *edge* arrives."""
        for slot in self.ins:
            if slot.edge == edge:
                return slot.at
        return self.rect.center[0], self.rect.top

    def start(self, port: str) -> Point:
        """Where the edges of an output port begin."""
        for slot in self.outs:
            if slot.port == port:
                return slot.at
        return self.rect.center[0], self.rect.bottom

    def moved(self, dx: float, dy: float) -> Box:
        """The same elsewhere."""
        shift = [tuple(s._replace(at=(s.at[0] + dx, s.at[1] + dy)) for s in slots) for slots in (self.ins, self.outs)]
        return Box(self.name, self.rect.moved(dx, dy), *shift)


def size_of(node: Node) -> Point:
    """Width and height of a node."""
    return BLOCK if isinstance(node.layer, Block) else NODE


def box(network: Network, node: Node) -> Box:
    """The box of a node of *network*."""
    (x, y), (w, h) = node.at, size_of(node)
    span = NODE[0]  # of a block too, so that links between the two are upright
    found: list[tuple[str, Edge | None]] = []
    incoming = network.incoming.get(node.name, ())
    for port in network.inputs(node):
        mine = [e for e in incoming if e.into == port.name]
        found += [(port.name, e) for e in mine] or [(port.name, None)]
    outputs = network.outputs(node)
    used = {e.out for e in network.outgoing.get(node.name, ())}
    step_in, step_out = span / (len(found) + 1), span / (len(outputs) + 1)
    return Box(
        node.name,
        Rect(x, y, x + w, y + h),
        tuple(Slot(p, (x + step_in * (i + 1), y), e, e is not None) for i, (p, e) in enumerate(found)),
        tuple(Slot(p.name, (x + step_out * (i + 1), y + h), None, p.name in used) for i, p in enumerate(outputs)),
    )


def snapped(value: float, grid: float = GRID) -> float:
    """The multiple of *grid* nearest to *value*."""
    return floor(value / grid + 0.5) * grid


class Cells:
    """Things by the squares of a wide grid that they touch, so that "what is near" asks few of them."""

    SIDE = 512.0

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], dict[object, Rect]] = {}
        self._rects: dict[object, Rect] = {}

    def put(self, key: object, rect: Rect) -> None:
        """Let *key* stand at *rect*, wherever it stood before."""
        self.drop(key)
        self._rects[key] = rect
        for cell in self._touched(rect):
            self._cells.setdefault(cell, {})[key] = rect

    def drop(self, key: object) -> None:
        """Forget *key*."""
        if (old := self._rects.pop(key, None)) is None:
            return
        for cell in self._touched(old):
            self._cells[cell].pop(key, None)
            if not self._cells[cell]:
                del self._cells[cell]

    def near(self, rect: Rect) -> dict[object, Rect]:
        """What meets *rect*, with where it stands."""
        left, top, right, bottom = rect
        groups: Iterable[Mapping[object, Rect]]
        if (right - left) * (bottom - top) > len(self._cells) * self.SIDE**2:
            groups = (self._rects,)
        else:
            groups = (self._cells.get(cell, _NONE) for cell in self._touched(rect))
        return {  # Rect.meets, written out: this is asked thousands of times a second
            key: at
            for group in groups
            for key, at in group.items()
            if at[0] <= right and left <= at[2] and at[1] <= bottom and top <= at[3]
        }

    def clear(self) -> None:
        """Forget everything."""
        self._cells.clear()
        self._rects.clear()

    def __len__(self) -> int:
        return len(self._rects)

    def _touched(self, rect: Rect) -> Iterator[tuple[int, int]]:
        left, right = floor(rect.left / self.SIDE), floor(rect.right / self.SIDE)
        top, bottom = floor(rect.top / self.SIDE), floor(rect.bottom / self.SIDE)
        if (right - left) * (bottom - top) > 10_000:  # a link across the whole world stands in its ends' squares only
            yield from {(left, top), (right, bottom), (left, bottom), (right, top)}
            return
        for i in range(left, right + 1):
            for j in range(top, bottom + 1):
                yield i, j


_NONE: Mapping[object, Rect] = {}
