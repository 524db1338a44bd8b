"""The curve of a trial: a loss over steps, or over learning rates with the one to take marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots.ticks import Ticks, log_ticks, ticks

LEFT, BOTTOM, TOP, RIGHT = 48, 22, 8, 12
"""Room beside the drawing for the texts of its axes."""
ABOVE = 1.25
"""How far above the first loss the axis goes; what runs away leaves the picture."""


@dataclass(frozen=True)
class Drawing:
    """What is drawn: losses as measured and, where there are, smoothed, at positions; the *marked* one with its word;
    *axis* says what positions are.

    With *log*, positions are rates, drawn by their logarithm.
    """

    at: Sequence[float]
    losses: Sequence[float]
    smoothed: Sequence[float] = ()
    log: bool = False
    marked: float | None = None
    word: str = ""
    axis: str = ""

    @property
    def places(self) -> list[float]:
        """Positions on the axis."""
        return [math.log10(x) for x in self.at] if self.log else list(self.at)

    @property
    def top(self) -> float:
        """Where the vertical axis ends."""
        first = max(self.losses[:10], default=1.0)
        return max(min(max(self.losses, default=1.0), ABOVE * first) * 1.06, 1e-12)


class TrialCurve(QWidget):
    """Paints a :class:`Drawing`."""

    def __init__(self) -> None:
        super().__init__()
        self.drawing = Drawing((), ())
        self.setMinimumHeight(120)

    def sizeHint(self) -> QSize:
        return QSize(420, 168)

    def show_drawing(self, drawing: Drawing) -> None:
        """Draw this from now on."""
        self.drawing = drawing
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawing = self.drawing
        if len(drawing.losses) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.AXIS))
        room = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        low, high = drawing.places[0], drawing.places[-1]
        across = lambda x: room.left() + (x - low) / (high - low) * room.width()  # noqa: E731
        up = lambda y: room.bottom() - y / drawing.top * room.height()  # noqa: E731
        self._axes(painter, room, across, up, (low, high))
        if drawing.marked is not None:
            self._mark(painter, room, across(math.log10(drawing.marked) if drawing.log else drawing.marked))
        painter.setClipRect(room.adjusted(0, -TOP, 0, 2))
        for values, width, alpha in self._lines():
            color = theme.theme().color("acc", alpha)
            painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            points = [QPointF(across(x), up(y)) for x, y in zip(drawing.places, values, strict=True)]
            painter.drawPolyline(QPolygonF(points))

    def _lines(self) -> list[tuple[Sequence[float], float, float]]:
        """Values, width and opacity of each line, the one on top last."""
        losses = (self.drawing.losses, 1.0, 0.35)
        return [losses, (self.drawing.smoothed, 2.0, 1.0)] if self.drawing.smoothed else [(*losses[:1], 2.0, 1.0)]

    def _axes(self, painter: QPainter, room: QRectF, across, up, ends: tuple[float, float]) -> None:
        t = theme.theme()
        upright: Ticks = ticks(0.0, self.drawing.top, max(3, int(room.height() // 28)))
        for at, text in upright:
            painter.setPen(QPen(t.color("line2" if at == 0 else "line"), 1))
            painter.drawLine(QPointF(room.left(), up(at)), QPointF(room.right(), up(at)))
            painter.setPen(t.color("t3"))
            box = QRectF(0, up(at) - 10, LEFT - 8, 20)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        count = max(2, int(room.width() // 80))
        marks = log_ticks(*ends, count) if self.drawing.log else ticks(*ends, count, whole=True)
        for at, text in marks:
            box = QRectF(across(at) - 40, room.bottom() + 4, 80, BOTTOM - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, text)

        painter.setPen(t.color("t3"))
        painter.drawText(room.adjusted(8, 0, 0, -4), Qt.AlignmentFlag.AlignBottom, self.drawing.axis)

    def _mark(self, painter: QPainter, room: QRectF, x: float) -> None:
        """An upright line with its word, at the side where there is room."""
        t = theme.theme()
        painter.setPen(QPen(t.color("ok"), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        painter.setFont(theme.font(theme.LABEL, theme.MEDIUM))
        width = painter.fontMetrics().horizontalAdvance(self.drawing.word)
        left = x - width - 8 if x + width + 8 > room.right() else x + 8
        box = QRectF(left, room.bottom() - 22, width, 18)
        painter.fillRect(box.adjusted(-3, 0, 3, 0), t.color("bg1"))
        painter.setPen(t.color("ok"))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.drawing.word)
        painter.setFont(theme.font(theme.AXIS))
