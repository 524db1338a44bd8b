"""Which color on a mask is which class: a swatch before each name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from graph.text import tr_count
from gui import theme
from gui.flow import Flow
from gui.parts import Elided, clear, row, within
from gui.pictures import class_color

SIDE, NAME, MOST = 10, 140, 24
"""Pixels of a swatch and of a name at most; so many classes are told."""


def colors_of(classes: Sequence[str]) -> dict[str, QColor | None]:
    """The color of each class on a mask; None for the first, which leaves the image as it is."""
    return {name: QColor(*class_color(i)) if i else None for i, name in enumerate(classes)}


def paint_swatch(painter: QPainter, place: QRectF, color: QColor | None) -> None:
    """A small square of a color; empty where a class has none."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.theme().color("t3"), 1) if color is None else Qt.PenStyle.NoPen)
    painter.setBrush(color if color is not None else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5) if color is None else place, 2, 2)


class Swatch(QWidget):
    """The color of a class."""

    def __init__(self, color: QColor | None) -> None:
        super().__init__()
        self.color = color
        self.setFixedSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_swatch(QPainter(self), QRectF(self.rect()), self.color)


class MaskLegend(QWidget):
    """The classes of masks in as many lines as they need; not there where nothing has a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: tuple[str, ...] = ()
        self._flow = Flow(12)
        self.setLayout(self._flow)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_classes(self, classes: Sequence[str]) -> None:
        """Show other classes, in the order of their numbers."""
        self.setVisible(bool(classes))
        if tuple(classes) == self.classes:
            return
        self.classes = tuple(classes)
        clear(self._flow)
        entries = list(colors_of(classes).items())
        for name, color in entries[:MOST]:
            self._flow.addWidget(_entry(Swatch(color), name))
        if len(entries) > MOST:
            self._flow.addWidget(Elided(tr_count("and {n} more", "and {n} more", len(entries) - MOST), "hint"))
        self.setAccessibleName(", ".join(classes))
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(NAME, self._flow.minimumSize().height())


def _entry(swatch: Swatch, name: str) -> QWidget:
    said = Elided(name, "hint")
    said.setMaximumWidth(NAME)
    return within(QWidget(), row(swatch, said, space=6))
