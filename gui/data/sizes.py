"""How large images and their objects are: width across, height down from the top left, as pictures have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import tr, tr_count
from gui import theme
from gui.data.facts import Facts
from gui.plots.ticks import ticks

TALL, LEFT, HEAD = 156, 34, 18
"""Height of the picture; room for the numbers at the left and above."""
SMALLEST, LARGEST = 2.0, 9.0
"""Radius of the dot of one, and of as many as there are most of."""

Sizes = Sequence[tuple[tuple[int, int], int]]
"""Height and width, and how many have them."""


def radius(count: int, most: int) -> float:
    """How large a dot is: its area grows with the *count*.

    >>> radius(100, 100), radius(1, 10_000) < 2.2
    (9.0, True)
    """
    return SMALLEST + (LARGEST - SMALLEST) * (count / max(1, most)) ** 0.5


class SizesPlot(QWidget):
    """A dot for every size: images in the accent, objects in the color of detection; the more, the larger."""

    def __init__(self) -> None:
        super().__init__()
        self.images: Sizes = ()
        self.objects: Sizes = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Sizes of images and objects"))

    def show_facts(self, facts: Facts | None) -> None:
        """Show the sizes in a data set; nothing to see where all are one and there are no objects."""
        self.images = facts.sizes if facts else ()
        self.objects = Counter(facts.boxes or facts.objects).most_common() if facts else ()
        self.setVisible(len(self.images) > 1 or len(self.objects) > 1)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, TALL)

    minimumSizeHint = sizeHint

    @property
    def _most(self) -> tuple[int, int]:
        every = [size for size, _ in (*self.images, *self.objects)]
        return max((h for h, _ in every), default=1), max((w for _, w in every), default=1)

    def _box(self) -> QRectF:
        return QRectF(LEFT, HEAD, self.width() - LEFT - 10, TALL - HEAD - 6)

    def _scale(self) -> float:
        """Pixels of the screen per pixel of an image, the same both ways."""
        (high, wide), box = self._most, self._box()
        return min(box.width() / (wide * 1.06), box.height() / (high * 1.06))

    def point(self, size: tuple[int, int]) -> QPointF:
        """Where the dot of a height and a width stands."""
        box, scale = self._box(), self._scale()
        return QPointF(box.left() + size[1] * scale, box.top() + size[0] * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter, box, scale = theme.theme(), QPainter(self), self._box(), self._scale()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.AXIS))
        for at, text in ticks(0, box.width() / scale, 4, whole=True):
            x = box.left() + at * scale
            painter.setPen(QPen(t.color("line"), 1))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(t.color("t3"))
            painter.drawText(QRectF(x - 24, 0, 48, HEAD), Qt.AlignmentFlag.AlignHCenter, text)
        for at, text in ticks(0, box.height() / scale, 3, whole=True)[1:]:
            y = box.top() + at * scale
            painter.setPen(QPen(t.color("line"), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(t.color("t3"))
            room = QRectF(0, y - 8, LEFT - 6, 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(Qt.PenStyle.NoPen)
        for sizes, color in ((self.objects, t.family("det", 0.55)), (self.images, t.color("acc", 0.75))):
            most = max((count for _, count in sizes), default=1)
            painter.setBrush(color)
            for size, count in sizes:
                r = radius(count, most)
                painter.drawEllipse(self.point(size), r, r)

    def at(self, point: QPointF) -> str:
        """What the dot under a point stands for; nothing beside the dots."""
        found = []
        for sizes, objects in ((self.images, False), (self.objects, True)):
            for (height, width), count in sizes:
                apart = self.point((height, width)) - point
                found.append((apart.x() ** 2 + apart.y() ** 2, objects, f"{height} × {width}", count))
        if not found or min(found)[0] > LARGEST**2:
            return ""
        _, objects, size, count = min(found)
        if objects:
            return tr_count("{n} object of {size} pixels", "{n} objects of {size} pixels", count, size=size)
        return tr_count("{n} image of {size} pixels", "{n} images of {size} pixels", count, size=size)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.setToolTip(self.at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.setToolTip("")


def about(facts: Facts) -> str:
    """What the dots are, in words: how many sizes of images and of objects there are."""
    words = [tr_count("{n} size of image", "{n} sizes of images", len(facts.sizes))] if len(facts.sizes) > 1 else []
    if objects := facts.boxes or facts.objects:
        heights, widths = [h for h, _ in objects], [w for _, w in objects]
        small, large = f"{min(heights)} × {min(widths)}", f"{max(heights)} × {max(widths)}"
        words.append(tr("objects of {small} to {large}", small=small, large=large))
    return ", ".join(words)
