"""The map of the node, small: which of its values is looked at; a click chooses another."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from graph.text import tr
from gui import theme

SIDE = 112
LINES = 32
"""Maps with more values along a side are drawn without lines between them."""


class MapPicker(QWidget):
    """The values of a map as cells, the chosen one in the accent."""

    picked = Signal(object)
    """Another position."""

    def __init__(self) -> None:
        super().__init__()
        self.map: tuple[int, ...] = ()
        self.position: tuple[int, ...] = ()
        self.setFixedSize(SIDE, SIDE)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip(tr("The node's map: click the value to look at"))
        self.setAccessibleName(self.toolTip())

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def show_position(self, size: tuple[int, ...], position: tuple[int, ...]) -> None:
        """Show which value of a map of that size is looked at."""
        self.map, self.position = size, position
        self.setVisible(bool(size))
        self.update()

    def _grid(self) -> tuple[QRectF, int, int]:
        high, wide = (self.map[-2], self.map[-1]) if len(self.map) > 1 else (1, self.map[0])
        side = (SIDE - 2) / max(high, wide)
        box = QRectF(1, 1, wide * side, max(high * side, 6.0))
        return box, high, wide

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.map:
            return
        t, painter = theme.theme(), QPainter(self)
        box, high, wide = self._grid()
        painter.fillRect(box, t.color("bg2"))
        painter.setPen(QPen(t.color("line"), 1))
        if max(high, wide) <= LINES:
            for i in range(1, wide):
                x = box.left() + i * box.width() / wide
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            for i in range(1, high):
                y = box.top() + i * box.height() / high
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.setPen(QPen(t.color("line2"), 1))
        painter.drawRect(box)
        row, column = (self.position[-2], self.position[-1]) if len(self.map) > 1 else (0, self.position[0])
        cell = QRectF(0, 0, max(box.width() / wide, 4.0), max(box.height() / high, 4.0))
        cell.moveCenter(
            QPointF(box.left() + (column + 0.5) * box.width() / wide, box.top() + (row + 0.5) * box.height() / high)
        )
        painter.fillRect(cell, t.color("acc"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pick(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pick(event.position())

    def _pick(self, at: QPointF) -> None:
        if not self.map:
            return
        box, high, wide = self._grid()
        row = min(max(int((at.y() - box.top()) / box.height() * high), 0), high - 1)
        column = min(max(int((at.x() - box.left()) / box.width() * wide), 0), wide - 1)
        self.picked.emit((*self.position[:-2], row, column) if len(self.map) > 1 else (column,))
