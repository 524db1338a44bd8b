"""A picture of a whole network, drawn from what analysis found: a body per layer, as high as its maps and as deep as
their number, in the color of its family; links that pass over layers are arcs.
"""

from __future__ import annotations

from functools import lru_cache
from math import log2
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

if TYPE_CHECKING:
    from graph.analysis import Report

SHOWN = ("conv", "pool", "dense", "res", "attn", "det", "merge")
"""Families that are bodies; the others (activations, reshaping) would only repeat the one before, and are shown only
where a network has nothing else."""

MOST = 32
"""So many bodies are drawn at most; of more, some evenly."""


class Body(NamedTuple):
    """One layer: its family, and its height, depth and width as shares of the largest."""

    name: str
    family: str
    high: float
    deep: float
    flat: bool


@lru_cache(maxsize=64)
def bodies(report: Report) -> tuple[Body, ...]:
    """The bodies of a network, in the order of the flow."""
    from graph.layer import Layer
    from graph.tensors import Tensor

    every = []
    for path, fact in report.leaves():
        out = fact.output
        if isinstance(fact.layer, Layer) and fact.layer.category != "io" and isinstance(out, Tensor):
            side = max((d for d in out.spatial if isinstance(d, int)), default=0)
            every.append((path, fact.layer.category, side, out.channels))
    found = [body for body in every if body[1] in SHOWN] or every
    if len(found) > MOST:  # evenly, at a step that no pattern of blocks has
        found = [found[round(i * (len(found) - 1) / (MOST - 1))] for i in range(MOST)]
    most_side = max((side for *_, side, _ in found), default=1) or 1
    most = max((channels for *_, channels in found), default=1)
    return tuple(
        Body(
            path,
            family,
            0.28 + 0.72 * (side / most_side) ** 0.6 if side else 0.35 + 0.4 * log2(1 + channels) / log2(2 + most),
            0.25 + 0.75 * log2(1 + channels) / log2(1 + most) if side else 0.2,
            not side,
        )
        for path, family, side, channels in found
    )


class NetworkPicture(QWidget):
    """The picture of a network, as wide as it may be."""

    def __init__(self, height: int = 168) -> None:
        super().__init__()
        self._bodies: tuple[Body, ...] = ()
        self._arcs: tuple[tuple[int, int], ...] = ()
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_report(self, report: Report) -> None:
        """Show the network of *report*."""
        self._bodies = bodies(report)
        self._arcs = arcs(report, self._bodies)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_bodies(painter, QRectF(self.rect()).adjusted(28, 20, -28, -20), self._bodies, self._arcs)


def arcs(report: Report, shown: tuple[Body, ...]) -> tuple[tuple[int, int], ...]:
    """Links that pass over bodies, at every depth: from which body to which."""
    found: set[tuple[int, int]] = set()
    _arcs_of(report, "", -1, shown, found)
    return tuple(sorted(found))


def _arcs_of(report: Report, prefix: str, entry: int, shown: tuple[Body, ...], found: set[tuple[int, int]]) -> None:
    """Gather the arcs of one level; *entry* is the body before it, which its inputs come from."""
    network, last = report.network, dict[str, int]()
    for name in network.order:
        path = prefix + name
        mine = [i for i, body in enumerate(shown) if body.name == path or body.name.startswith(f"{path}.")]
        sources = [last[e.source] for e in network.incoming.get(name, ())]
        start = max(sources, default=entry)
        last[name] = mine[-1] if mine else start
        if not mine:
            continue
        found |= {(s, mine[0]) for s in sources if s >= 0 and mine[0] - s > 1}
        if (inside := report.facts[name].inside) is not None:
            _arcs_of(inside, f"{path}.", start, shown, found)


def paint_bodies(
    painter: QPainter, area: QRectF, shown: tuple[Body, ...], over: tuple[tuple[int, int], ...] = ()
) -> None:
    """Draw the bodies side by side into *area*."""
    if not shown:
        return
    t, slot = theme.theme(), area.width() / len(shown)
    slot = min(slot, 46.0)
    left = area.center().x() - slot * len(shown) / 2
    tops = []
    for i, body in enumerate(shown):
        color = t.family(body.family)
        high = area.height() * body.high * (0.78 if over else 0.92)
        wide = max(3.0, slot * (0.22 if body.flat else 0.18 + 0.3 * body.deep))
        slant = 0.0 if body.flat else min(slot * 0.34, high * 0.3)
        x, y = left + i * slot + (slot - wide - slant) / 2, area.center().y() - (high - slant) / 2
        if over:
            y += area.height() * 0.09
        painter.setPen(QPen(color, 1.25))
        painter.setBrush(t.family(body.family, 0.2))
        front = QRectF(x, y, wide, high - slant)
        if body.flat:
            painter.drawRoundedRect(front, min(3.0, wide / 3), min(3.0, wide / 3))
        else:
            a, b, c = front.topLeft(), front.topRight(), front.bottomRight()
            shift = QPointF(slant, -slant)
            painter.setBrush(t.family(body.family, 0.12))
            painter.drawPolygon(QPolygonF([a, a + shift, b + shift, b]))
            painter.drawPolygon(QPolygonF([b, b + shift, c + shift, c]))
            painter.setBrush(t.family(body.family, 0.3))
            painter.drawRect(front)
        tops.append(QPointF(x + (wide + slant) / 2, y - slant))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(t.family("merge"), 1.25))
    for start, end in over:
        a, b = tops[start], tops[end]
        top = min(p.y() for p in tops[start : end + 1]) - 12 - min(14, 2 * (end - start))
        path = QPainterPath(a)
        path.cubicTo(QPointF(a.x(), top), QPointF(b.x(), top), b)
        painter.drawPath(path)
