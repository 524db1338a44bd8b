"""Words on the drawing: fonts and lines made once, sentences in a small box."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from gui import theme as look

RADIUS = 6.0
"""Of the corners of nodes, notes and sentences."""


@lru_cache(maxsize=256)
def font(size: float, weight: QFont.Weight = look.REGULAR) -> QFont:
    """The interface font, made once per size and weight."""
    return look.font(size, weight)


@lru_cache(maxsize=256)
def metrics(of: QFont) -> QFontMetricsF:
    """The measures of a font."""
    return QFontMetricsF(of)


def line(
    painter: QPainter,
    of: QFont,
    color: QColor,
    x: float,
    baseline: float,
    text: str,
    room: float = 1e9,
    *,
    right: bool = False,
) -> float:
    """Write one line, shortened to *room*; returns its width."""
    if not text:
        return 0.0
    measures = metrics(of)
    width = measures.horizontalAdvance(text)
    if width > room:
        text = measures.elidedText(text, Qt.TextElideMode.ElideRight, room)
        width = measures.horizontalAdvance(text)
    painter.setFont(of)
    painter.setPen(color)
    painter.drawText(QPointF(x - width if right else x, baseline), text)
    return width


def whole(text: str) -> str:
    """*text* whose numbers and shapes stay on one line: their spaces must not break."""
    return text.replace("\u2009", "\u202f").replace(" × ", "\u00a0×\u00a0")


def sentence_size(text: str, width: float = 240.0) -> tuple[float, float]:
    """Width and height of the box of :func:`sentence`."""
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    area = metrics(font(12)).boundingRect(QRectF(0, 0, width - 24, 1000), flags, whole(text))
    return area.width() + 26, area.height() + 16


def sentence(painter: QPainter, x: float, y: float, text: str, *, wrong: bool = True) -> None:
    """A sentence in a small box whose upper left corner is (x, y)."""
    t = look.theme()
    rect = QRectF(x, y, *sentence_size(text))
    painter.setPen(QPen(t.color("err", 0.6) if wrong else t.color("line2"), 1))
    painter.setBrush(t.color("errbg" if wrong else "bg2"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.setFont(font(12))
    painter.setPen(t.color("t1"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect.adjusted(12, 7, -12, -7), flags, whole(text))
