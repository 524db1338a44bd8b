"""How many images each class has, as bars; many classes scroll, long names are cut."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import number, tr
from gui import theme
from gui.data.facts import PARTS, Facts

ROW, NAME, COUNT = 20, 96, 52
"""Height of a row; widths of the name at the left and of the number at the right."""
SHADES = {"train": 1.0, "validation": 0.6, "test": 0.35}
"""How strong the color of each part is."""


def stacked(facts: Facts) -> list[tuple[str, list[int]]]:
    """For each class its name and its images in train, validation and test."""
    return [
        (name, [facts.counts[part][i] if part in facts.counts else 0 for part in PARTS])
        for i, name in enumerate(facts.classes)
    ]


def widths(counts: Sequence[int], most: int, room: int) -> list[int]:
    """Pixels of each part of a bar, *room* for the class with the *most* images; what is there shows at least a pixel.

    >>> widths([50, 25, 0], 100, 200)
    [100, 50, 0]
    """
    return [max(1, round(n / most * room)) if n and most else 0 for n in counts]


class Histogram(QWidget):
    """Bars of all classes, each in three shades: train, validation, test."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[int]]] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def show_facts(self, facts: Facts | None) -> None:
        """Show the classes of a data set."""
        self.rows = stacked(facts) if facts else []
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, ROW * len(self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, ROW * len(self.rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((sum(counts) for _, counts in self.rows), default=1)
        room = self.width() - NAME - COUNT
        first, last = event.rect().top() // ROW, event.rect().bottom() // ROW + 1
        for i, (name, counts) in enumerate(self.rows[first:last], first):
            y = i * ROW
            painter.setFont(theme.font(theme.LABEL))
            painter.setPen(t.color("t2"))
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, NAME - 8)
            painter.drawText(QRect(0, y, NAME - 8, ROW), Qt.AlignmentFlag.AlignVCenter, shown)
            painter.drawText(
                QRect(self.width() - COUNT, y, COUNT, ROW),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                number(sum(counts)),
            )
            painter.setPen(Qt.PenStyle.NoPen)
            x = NAME
            for part, width in zip(PARTS, widths(counts, most, room), strict=True):
                painter.setBrush(t.color("acc", SHADES[part]))
                painter.drawRect(QRectF(x, y + 5, max(0, width - 1), ROW - 10))
                x += width

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        i = int(event.position().y()) // ROW
        self.setToolTip(in_words(*self.rows[i]) if 0 <= i < len(self.rows) else "")

    def leaveEvent(self, event: QEvent) -> None:
        self.setToolTip("")


def in_words(name: str, counts: Sequence[int]) -> str:
    """A class and its images, part by part."""
    return tr(
        "{name}: {train} to learn from, {validation} to validate, {test} to test",
        name=name,
        **dict(zip(PARTS, counts, strict=True)),
    )
