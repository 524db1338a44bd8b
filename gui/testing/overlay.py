"""What is drawn over an image that one looks at: heat, a grid, boxes; as a value, and painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gui import theme
from gui.contrast import readable
from gui.parts import mixed

COLD, WARM, HOT = QColor("#2B3FA8"), QColor("#E0459B"), QColor("#FFE066")
"""Colors of what counts little, more and most: on an image, so the same in every theme."""


@dataclass(frozen=True)
class Mark:
    """A rectangle in pixels of the image; *filled* and *strength* are opacities of body and edge, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    color: QColor
    wide: float = 2.0
    filled: float = 0.0
    strength: float = 1.0
    dashed: bool = False
    word: str = ""
    dot: bool = False
    """Whether its middle is marked."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """Everything that is drawn over an image of *size* (height, width); *grid* are rows and columns."""

    size: tuple[int, int] = (1, 1)
    heat: QImage | None = None
    grid: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


NOTHING = Overlay()


def paint(painter: QPainter, place: QRectF, overlay: Overlay) -> None:
    """Draw it where the image stands."""
    painter.save()
    painter.setClipRect(place)
    if overlay.heat is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, overlay.heat)
    if overlay.grid:
        _grid(painter, place, *overlay.grid)
    x, y = place.width() / overlay.size[1], place.height() / overlay.size[0]
    for mark in overlay.marks:
        width, height = (mark.right - mark.left) * x, (mark.bottom - mark.top) * y
        _mark(painter, QRectF(place.left() + mark.left * x, place.top() + mark.top * y, width, height), mark)
    painter.restore()


def _grid(painter: QPainter, place: QRectF, rows: int, columns: int) -> None:
    for color, wide in ((QColor(0, 0, 0, 110), 2.0), (QColor(255, 255, 255, 170), 1.0)):
        painter.setPen(QPen(color, wide))
        for i in range(1, columns):
            x = place.left() + i * place.width() / columns
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        for i in range(1, rows):
            y = place.top() + i * place.height() / rows
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))


def _mark(painter: QPainter, rect: QRectF, mark: Mark) -> None:
    body, edge = QColor(mark.color), QColor(mark.color)
    body.setAlphaF(mark.filled)
    edge.setAlphaF(mark.strength)
    if mark.filled:
        painter.fillRect(rect, body)
    if mark.wide:
        style = Qt.PenStyle.DashLine if mark.dashed else Qt.PenStyle.SolidLine
        shade = QColor(0, 0, 0, round(120 * mark.strength))  # a dark edge, so that it shows on every image
        for color, wide in ((shade, mark.wide + 1.5), (edge, mark.wide)):
            painter.setPen(QPen(color, wide, style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)
    if mark.dot:
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.setBrush(edge)
        painter.drawEllipse(rect.center(), 3.5, 3.5)
    if mark.word:
        _word(painter, rect, mark)


def _word(painter: QPainter, rect: QRectF, mark: Mark) -> None:
    painter.setFont(theme.font(theme.AXIS, theme.SEMIBOLD))
    metrics = painter.fontMetrics()
    room = QRectF(
        rect.left(), rect.top() - metrics.height(), metrics.horizontalAdvance(mark.word) + 8, metrics.height()
    )
    clip = painter.clipBoundingRect()
    if room.top() < clip.top():
        room.moveTop(rect.top())
    room.moveLeft(max(clip.left(), min(room.left(), clip.right() - room.width())))
    painter.fillRect(room, mark.color)
    painter.setPen(readable(mark.color, QColor("black"), QColor("white")))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, mark.word)


def heat(values: np.ndarray) -> QImage:
    """Values from 0 on ``(H, W)`` as a transparent layer: the more, the warmer and the less transparent.

    Nothing where all are 0.
    """
    most = float(values.max()) if values.size else 0.0
    shares = np.clip(np.nan_to_num(values) / most, 0, 1) if most > 0 else np.zeros(values.shape)
    ramp = np.array([_shade(i / 255) for i in range(256)], np.uint8)
    pixels = np.ascontiguousarray(ramp[(shares * 255).round().astype(np.uint8)])
    form = QImage.Format.Format_RGBA8888
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form).copy()


def _shade(share: float) -> tuple[int, int, int, int]:
    color = mixed(COLD, WARM, share * 2) if share < 0.5 else mixed(WARM, HOT, share * 2 - 1)
    return color.red(), color.green(), color.blue(), round(205 * share**0.7)
