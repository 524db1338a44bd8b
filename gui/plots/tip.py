"""The small card beside the crosshair: a heading and one value per curve."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme

ROW, EDGE, GAP = 18, 10, 16


class TipRow(NamedTuple):
    """One curve: its color (token or ``#RRGGBB``) and opacity, its name, its value as text."""

    color: str
    alpha: float
    word: str
    value: str


class Tip(QWidget):
    """Shows rows beside a position; never takes the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.heading, self.rows = "", []
        self.hide()

    def show_rows(self, heading: str, rows: list[TipRow], x: float) -> None:
        """Show *rows* at the right of *x* pixels of the parent, or at its left where there is no room."""
        self.heading, self.rows = heading, rows
        words = QFontMetrics(theme.font(theme.LABEL))
        values = QFontMetrics(theme.font(theme.LABEL, theme.MEDIUM))
        inner = max(
            max(words.horizontalAdvance(r.word) + values.horizontalAdvance(r.value) for r in rows) + 16 + GAP,
            words.horizontalAdvance(heading),
        )
        width, height = inner + 2 * EDGE, ROW * (len(rows) + 1) + EDGE + 4
        left = x + 12 if x + 12 + width < self.parentWidget().width() else x - 12 - width
        self.setGeometry(int(max(0, left)), 4, width, height)
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.color("line2"), 1))
        painter.setBrush(t.color("bg2"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.font(theme.LABEL))
        painter.setPen(t.color("t2"))
        painter.drawText(QPoint(EDGE, EDGE + 10), self.heading)
        for i, row in enumerate(self.rows):
            middle = EDGE + ROW * (i + 1) + 5
            color = QColor(t.color(row.color))
            color.setAlphaF(row.alpha)
            painter.setPen(QPen(color, 2))
            painter.drawLine(EDGE, middle, EDGE + 8, middle)
            painter.setFont(theme.font(theme.LABEL))
            painter.setPen(t.color("t2"))
            painter.drawText(QPoint(EDGE + 16, middle + 5), row.word)
            painter.setFont(theme.font(theme.LABEL, theme.MEDIUM))
            painter.setPen(t.color("t1"))
            space = self.rect().adjusted(EDGE, middle - 9, -EDGE, 0)
            space.setHeight(ROW)
            painter.drawText(space, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.value)
