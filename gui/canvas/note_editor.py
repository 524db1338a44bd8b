"""The place where the text of a comment is written: over the drawing, exactly where the comment stands."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from graph.network import Note
from graph.text import tr
from gui import theme as look

LONGEST = 10_000
"""Most letters of a comment; a file holds no longer one."""


class NoteEditor(QPlainTextEdit):
    """Enter or a click elsewhere keeps what is written, Shift+Enter begins a line, Escape gives it up."""

    done = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QWidget, text: str, *, title: bool) -> None:
        super().__init__(text, parent)
        self.edited: tuple[int, Note] = (-1, Note(""))
        self._title, self._over = title, False
        self.setObjectName("note-editor")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(tr("Text of the comment"))
        self.setPlaceholderText(tr("What is this part for?") if title else tr("Write a note"))
        self.setToolTip(
            tr("Enter keeps it, Escape gives it up") if title else tr("Enter keeps it, Shift+Enter begins a line")
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if title:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.document().setDocumentMargin(4)

    def begin(self) -> None:
        """Take the keys; what was written before is selected."""
        self.show()
        self.raise_()
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def place(self, rect: QRectF, scale: float) -> None:
        """Stand where the comment stands: *rect* of the viewport."""
        self.setFont(look.font(max(11, round(12 * scale))))
        if self._title:
            high = max(26, self.fontMetrics().height() + 10)
            place = QRectF(rect.left() + 7 * scale, rect.top() + 5 * scale, max(180.0, rect.width() * 0.6), high)
        else:
            place = rect.adjusted(7 * scale, 30 * scale, -7 * scale, -6 * scale)
            place.setSize(place.size().expandedTo(QRectF(0, 0, 160, 48).size()))
        self.setGeometry(place.toRect())

    def finish(self) -> None:
        """Keep what is written."""
        if not self._over:
            self._over = True
            self.done.emit(self.toPlainText()[:LONGEST])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self._over = True
            self.given_up.emit()
        elif enter and (self._title or not event.modifiers() & Qt.KeyboardModifier.ShiftModifier):
            self.finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.finish()
