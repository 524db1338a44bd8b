"""A pill that is pressed in or not: a small choice beside a title."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from gui import theme

HEIGHT, EDGE = 20, 8


class Chip(QAbstractButton):
    """A checkable pill; *bare* ones show no body until they are checked or hovered."""

    def __init__(self, text: str, *, bare: bool = False) -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self._bare = bare
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:
        font = theme.font(theme.AXIS, theme.MEDIUM)
        return QSize(QFontMetrics(font).horizontalAdvance(self.text()) + 2 * EDGE + 2, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accented = self.isChecked() and not self._bare
        if self.isChecked() or self.underMouse() or not self._bare:
            painter.setBrush(t.color("accsoft" if accented else "bg3"))
        painter.setPen(QPen(t.color("acc"), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), HEIGHT / 2, HEIGHT / 2)
        painter.setFont(theme.font(theme.AXIS, theme.MEDIUM))
        token = "acc" if accented else "t1" if self.isChecked() or self.underMouse() else "t2"
        painter.setPen(t.color(token if self.isEnabled() else "t3"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
