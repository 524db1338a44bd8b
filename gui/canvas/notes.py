"""How frames and notes are painted."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from graph.text import tr
from gui import theme as look
from gui.canvas.letters import RADIUS, font, line, whole


def frame(painter: QPainter, rect: QRectF, title: str, size: str = "") -> None:
    """A frame around nodes, its title at the upper left, the size of its maps at the right."""
    t = look.theme()
    painter.setPen(QPen(t.color("line2"), 1))
    painter.setBrush(QBrush(t.color("bg1", 0.5)))
    painter.drawRoundedRect(rect, 10, 10)
    taken = line(painter, font(12), t.color("t3"), rect.right() - 12, rect.top() + 22, size, right=True)
    line(painter, font(12), t.color("t2"), rect.left() + 12, rect.top() + 22, title, rect.width() - 32 - taken)


def note(painter: QPainter, rect: QRectF, text: str) -> None:
    """A text on the drawing."""
    t = look.theme()
    painter.setPen(QPen(t.color("warn", 0.3), 1))
    painter.setBrush(t.color("warnbg"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    scale = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
    icon = look.pixmap("sticky-note", "warn", 14, max(1.0, scale))
    painter.drawPixmap(QRectF(rect.left() + 12, rect.top() + 12, 14, 14), icon, QRectF(icon.rect()))
    line(painter, font(12), t.color("warn"), rect.left() + 34, rect.top() + 24, tr("Note"))
    painter.setFont(font(12))
    painter.setPen(t.color("t1"))
    wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
    painter.drawText(rect.adjusted(12, 34, -12, -8), wrapped, whole(text))


def ring(painter: QPainter, rect: QRectF, radius: float) -> None:
    """The ring of a comment that is selected, with a handle at each corner."""
    t = look.theme()
    pixel = 1 / max(painter.worldTransform().m11(), 0.02)
    painter.setPen(QPen(t.color("acc"), max(2.0, 1.5 * pixel)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, radius, radius)
    side = max(7.0, 6 * pixel)
    painter.setPen(QPen(t.color("acc"), max(1.5, pixel)))
    painter.setBrush(t.color("bg0"))
    for x in (rect.left(), rect.right()):
        for y in (rect.top(), rect.bottom()):
            painter.drawRoundedRect(QRectF(x - side / 2, y - side / 2, side, side), 2, 2)
