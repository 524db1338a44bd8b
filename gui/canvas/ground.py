"""What a node stands on: its shadow and its body, painted once for all alike; and the miniature of a block.

Round corners and shadows take most of the time that a node takes to be painted, and hardly differ from node to node.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from gui import theme as look
from gui.canvas.letters import RADIUS

MARGIN = 12.0
"""Pixels of the scene around a node that its ring, badge and shadow may need."""
MINIATURE = 46.0
"""Width of the miniature of a block."""

Size = tuple[float, float]


def blank(size: Size, scale: float, dpr: float) -> QPixmap:
    """An empty picture for a node of *size*, its :data:`MARGIN` included."""
    width, height = ((side + 2 * MARGIN) * scale * dpr for side in size)
    made = QPixmap(max(1, int(width + 1.5)), max(1, int(height + 1.5)))
    made.setDevicePixelRatio(dpr)
    made.fill(Qt.GlobalColor.transparent)
    return made


def brush(made: QPixmap, scale: float) -> QPainter:
    """A painter on such a picture, the upper left corner of the node at the origin."""
    painter = QPainter(made)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    painter.translate(MARGIN, MARGIN)
    return painter


@lru_cache(maxsize=24)
def ground(size: Size, block: bool, fill: str, scale: float, dpr: float, theme: str) -> QPixmap:
    """The picture of a node without anything on it; to be copied, not to be painted on."""
    made = blank(size, scale, dpr)
    painter = brush(made, scale)
    body(painter, size, QColor(fill), block=block)
    painter.end()
    return made


def body(painter: QPainter, size: Size, fill: QColor, *, block: bool, hot: bool = False, bypass: bool = False) -> None:
    """Paint the body of a node; of a *block* with a second sheet behind it."""
    t, rect = look.theme(), QRectF(0, 0, *size)
    if block:
        painter.setPen(QPen(t.color("line2"), 1))
        painter.setBrush(t.color("bg1"))
        painter.drawRoundedRect(rect.adjusted(4.5, 4.5, 3.5, 3.5), RADIUS, RADIUS)
    _shadow(painter, rect)
    pen = QPen(t.color("wire" if hot else "line2"), 1)
    if bypass:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def _shadow(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for grow, alpha in ((3.0, 10), (2.0, 12), (1.0, 14)):
        painter.setBrush(QColor(0, 0, 0, alpha * (2 if look.theme().dark else 1)))
        painter.drawRoundedRect(rect.adjusted(-grow / 2, 0, grow / 2, grow), RADIUS + grow / 2, RADIUS + grow / 2)


def miniature(painter: QPainter, rect: QRectF, inside: Sequence[str]) -> None:
    """A block's inside at a glance: a bar per layer with the edge of its family."""
    t = look.theme()
    painter.setPen(QPen(t.color("line"), 1))
    painter.setBrush(t.color("bg0" if t.dark else "bg3", 0.6))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if not inside:
        return
    pitch = min((rect.height() - 10) / len(inside), 19.0)
    height, width = max(2.0, min(8.0, pitch * 0.6)), rect.width() - 14
    top = rect.center().y() - (pitch * (len(inside) - 1) + height) / 2
    x = rect.left() + 7
    painter.setPen(QPen(t.color("wire"), 1))
    painter.drawLine(
        QPointF(rect.center().x(), top + height), QPointF(rect.center().x(), top + pitch * (len(inside) - 1))
    )
    bars = [QRectF(x, top + i * pitch, width, height) for i in range(len(inside))]
    painter.setPen(QPen(t.color("line2"), 0.75))
    painter.setBrush(t.color("bg2"))
    painter.drawRects(bars)  # corners too small to be seen round; a round one takes five times as long
    for bar, family in zip(bars, inside, strict=True):
        painter.fillRect(QRectF(x, bar.top(), 2.5, height), t.family(family))
