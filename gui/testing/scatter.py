"""What was foretold against what is right, a point for each image; a click on one shows it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import tr
from gui import parts, theme
from gui.data.values import short
from gui.editors import Choice
from gui.plots.ticks import ticks
from gui.testing.result import NumberResult

LEFT, BELOW, DOT, NEAR = 44, 34, 2.5, 8.0
"""Pixels at the left and below for the axes; the radius of a point; how near to one a click hits it."""


def span(right: np.ndarray, answers: np.ndarray) -> tuple[float, float]:
    """Where both axes begin and end, so that the diagonal is where answers are right; a twentieth beyond the ends.

    >>> span(np.array([0.0, 10.0]), np.array([2.0, 8.0]))
    (-0.5, 10.5)
    """
    both = np.concatenate((right, answers))
    both = both[np.isfinite(both)]
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
    edge = (high - low) / 20 or 1.0
    return low - edge, high + edge


class Scatter(QWidget):
    """The points of one number."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.right, self.answers = np.empty(0), np.empty(0)
        self._span, self._hot = (0.0, 1.0), -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_points(self, right: np.ndarray, answers: np.ndarray) -> None:
        """Show other points."""
        self.right, self.answers, self._span, self._hot = right, answers, span(right, answers), -1
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 300)

    def room(self) -> QRectF:
        """Where points may stand: a square."""
        side = min(self.width() - LEFT - 8, self.height() - BELOW - 8)
        return QRectF(LEFT, 4, side, side)

    def places(self) -> np.ndarray:
        """Where each point stands, ``(n, 2)``: what is right across, what was foretold upwards."""
        (low, high), room = self._span, self.room()
        x = room.left() + (self.right - low) / (high - low) * room.width()
        y = room.bottom() - (self.answers - low) / (high - low) * room.height()
        return np.stack((x, y), 1)

    def at(self, point: QPointF) -> int:
        """The image whose point is near; -1 for none."""
        away = np.hypot(*(self.places() - (point.x(), point.y())).T)
        return int(away.argmin()) if len(away) and away.min() <= NEAR else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter, room = theme.theme(), QPainter(self), self.room()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, room)
        painter.setPen(QPen(t.color("t3"), 1.25, Qt.PenStyle.DashLine))
        painter.drawLine(room.bottomLeft(), room.topRight())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("acc", 0.75))
        for x, y in self.places().tolist():
            painter.drawEllipse(QPointF(x, y), DOT, DOT)
        if 0 <= self._hot < len(self.right):
            painter.setPen(QPen(t.color("t1"), 1.5))
            painter.drawEllipse(QPointF(*self.places()[self._hot].tolist()), DOT + 2, DOT + 2)

    def _paint_axes(self, painter: QPainter, room: QRectF) -> None:
        t, (low, high) = theme.theme(), self._span
        painter.setPen(QPen(t.color("line"), 1))
        painter.setBrush(t.color("bg1"))
        painter.drawRect(room)
        painter.setFont(theme.font(theme.AXIS))
        for value, text in ticks(low, high, 5):
            share = (value - low) / (high - low)
            x, y = room.left() + share * room.width(), room.bottom() - share * room.height()
            painter.setPen(QPen(t.color("line"), 1))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(t.color("t2"))
            beside = QRectF(0, y - 8, LEFT - 6, 16)
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.drawText(QRectF(x - 30, room.bottom() + 2, 60, 14), Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(t.color("t3"))
        below = QRect(round(room.left()), round(room.bottom()) + 16, round(room.width()), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, tr("right across, foretold upwards"))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hot = self.at(event.position())
        if hot != self._hot:
            self._hot = hot
            self.setToolTip(self._in_words(hot) if hot >= 0 else "")
            self.setCursor(Qt.CursorShape.PointingHandCursor if hot >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def _in_words(self, i: int) -> str:
        said, right = short(float(self.answers[i])), short(float(self.right[i]))
        return tr("Sample {n}: {said} foretold, {right} is right", n=i, said=said, right=right)

    def leaveEvent(self, event: QEvent) -> None:
        self._hot = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self.at(event.position())) >= 0:
            self.chosen.emit(found)


class Scatters(QWidget):
    """The points of the number that is chosen; not there where no numbers are foretold."""

    chosen = Signal(int)
    """The index of the image whose point was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.result: NumberResult | None = None
        self.points, self.number = Scatter(), Choice()
        self.number.setObjectName("scatter-number")
        self.number.setMinimumWidth(104)
        self.number.setAccessibleName(tr("Number whose points are shown"))
        self.number.currentIndexChanged.connect(self._show)
        self.points.chosen.connect(self.chosen)
        self._only = parts.label(role="label")
        head = parts.row(parts.label(tr("Foretold and right"), "strong"), None, self._only, self.number, space=8)
        parts.within(self, parts.column(parts.divider(), head, self.points, space=12))

    def show_result(self, result: NumberResult | None) -> None:
        """Show what a test found."""
        self.result = result
        self.setVisible(result is not None)
        names = result.numbers if result else ()
        before = self.number.currentIndex()
        self.number.blockSignals(True)
        self.number.clear()
        self.number.addItems(list(names))
        self.number.setCurrentIndex(before if 0 <= before < len(names) else 0)
        self.number.blockSignals(False)
        self.number.setVisible(len(names) > 1)
        self._only.setText(names[0] if len(names) == 1 else "")
        self._show()

    def _show(self) -> None:
        at = max(0, self.number.currentIndex())
        if self.result is not None and self.result.numbers:
            self.points.show_points(self.result.right[:, at], self.result.answers[:, at])
