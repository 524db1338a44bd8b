"""Objects on pictures: boxes with their class, those that are sure enough, and without those that say it twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gui import theme
from gui.contrast import readable
from gui.pictures import class_color

SHARP = 480
"""Pictures are enlarged to about so many pixels before boxes are drawn on them, so that lines and words are fine."""


class Object(NamedTuple):
    """A box in pixels of its picture: left, top, right and bottom; its class by number and by name, how sure it is."""

    left: float
    top: float
    right: float
    bottom: float
    number: int
    name: str
    score: float = 1.0


def kept(objects: Sequence[Object], threshold: float, overlap: float) -> list[Object]:
    """The objects that are sure enough, the surest first; of two of a class that overlap more, the surer one only.

    Source: greedy non-maximum suppression, as in Girshick and others, 2014.
    """
    sure = sorted((one for one in objects if one.score > threshold), key=lambda one: -one.score)
    found: list[Object] = []
    for one in sure:
        if all(one.number != other.number or iou(one, other) <= overlap for other in found):
            found.append(one)
    return found


def iou(a: Object, b: Object) -> float:
    """Intersection over union of two boxes."""
    wide = min(a.right, b.right) - max(a.left, b.left)
    high = min(a.bottom, b.bottom) - max(a.top, b.top)
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    areas = (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top)
    return both / (areas - both)


def rows(values: np.ndarray | Sequence[Sequence[float]], classes: Sequence[str]) -> list[Object]:
    """Objects from rows of left, top, right, bottom, class and perhaps a score; rows of class −1 are none."""
    found = []
    for left, top, right, bottom, label, *score in np.asarray(values, float).reshape(-1, _width(values)).tolist():
        if label >= 0:
            name = classes[int(label)] if int(label) < len(classes) else str(int(label))
            found.append(Object(left, top, right, bottom, int(label), name, *score))
    return found


def _width(values: np.ndarray | Sequence[Sequence[float]]) -> int:
    return len(values[0]) if len(values) else 5


def boxed(
    picture: QImage, objects: Sequence[Object], *, words: bool = True, scores: bool = False, side: int = SHARP
) -> QImage:
    """*picture* with the boxes of *objects*, each in the color of its class, its name over it.

    Lines and words are as large as they must be where the longer side is *side* pixels on the screen; unsure boxes are
    paler there, where *scores* would have no room.
    """
    scale = max(1.0, SHARP / max(picture.width(), picture.height(), 1))
    size = (picture.size().toSizeF() * scale).toSize()
    made = picture.convertToFormat(QImage.Format.Format_RGB32).scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation
    )
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.font(max(16, round(11 * SHARP / side)), theme.SEMIBOLD))
    line = max(2.4, 1.5 * SHARP / side)
    for one in reversed(objects):  # the surest on top
        color = QColor(*class_color(one.number + 1))
        pale = QColor(color)
        pale.setAlphaF(1.0 if scores else min(1.0, 0.4 + 0.6 * max(0.0, one.score)))
        rect = QRectF(one.left * scale, one.top * scale, (one.right - one.left) * scale, (one.bottom - one.top) * scale)
        painter.setPen(QPen(pale, line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
        if words:
            _name(painter, rect, color, f"{one.name} {one.score:.2f}" if scores else one.name)
    painter.end()
    return made


def _name(painter: QPainter, rect: QRectF, color: QColor, text: str) -> None:
    metrics = painter.fontMetrics()
    room = QRectF(rect.left(), rect.top() - metrics.height(), metrics.horizontalAdvance(text) + 8, metrics.height())
    if room.top() < 0:
        room.moveTop(rect.top())
    painter.fillRect(room, color)
    painter.setPen(readable(color, QColor("black"), QColor("white")))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
