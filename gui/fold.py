"""A heading that opens and closes what stands under it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui import theme
from gui.parts import column, within


class Fold(QWidget):
    """A heading that opens and closes what stands under it, and says its state at the right while it is closed."""

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget, *, opened: bool = False, state: str = "") -> None:
        super().__init__()
        self._content = content
        self._head = _FoldHead(title, state)
        self._head.setChecked(opened)
        self._head.toggled.connect(self._turn)
        within(self, column(self._head, content, space=0))
        content.setVisible(opened)

    def _turn(self, on: bool) -> None:
        self._content.setVisible(on)
        self.toggled.emit(on)

    def show_state(self, state: str) -> None:
        """What it says at the right while it is closed."""
        self._head.state = state
        self._head.update()

    def open(self, on: bool = True) -> None:
        """Open it, or close it."""
        self._head.setChecked(on)


class _FoldHead(QAbstractButton):
    def __init__(self, title: str, state: str) -> None:
        super().__init__()
        self.state = state
        self.setText(title)
        self.setCheckable(True)
        self.setFixedHeight(32)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(160, 32)

    def enterEvent(self, event: QEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3" if self.underMouse() else "bg2"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0, 2, 0, -2), 6, 6)
        arrow = theme.pixmap(
            "chevron-down" if self.isChecked() else "chevron-right", "t3", 14, self.devicePixelRatioF()
        )
        painter.drawPixmap(4, (self.height() - 14) // 2, arrow)
        space = self.rect().adjusted(26, 0, -8, 0)
        painter.setFont(theme.font(theme.BODY, theme.MEDIUM))
        painter.setPen(t.color("t1"))
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter, self.text())
        used = painter.fontMetrics().horizontalAdvance(self.text()) + 12
        if self.state and not self.isChecked():
            painter.setFont(theme.font(theme.LABEL))
            painter.setPen(t.color("t3"))
            rest = QRect(space.left() + used, 0, space.width() - used, self.height())
            text = painter.fontMetrics().elidedText(self.state, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
