"""The loading example of an export: a few lines of Python to be read and copied."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from graph.text import tr
from gui import parts, theme
from gui.fold import Fold

MOST = 16
"""Lines that are shown at once at most."""
FRAME = 46
"""Pixels of the field around its lines: margins, and the bar that moves them sideways."""


class Example(QWidget):
    """A heading, closed at first, over the lines and a button that copies them."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setObjectName("loading-example")
        self.text.setAccessibleName(tr("Loading example"))
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.AXIS)
        self.text.setFont(font)
        self._where = parts.label(tr("It has been run in the fresh process, as it stands here."), "hint", wrap=True)
        copy = parts.tool("copy", tr("Copy"), self.copy, name="copy-example")
        head = parts.row(self._where, copy)
        head.setStretch(0, 1)
        inside = parts.within(QWidget(), parts.column(head, self.text, space=6))
        self.fold = Fold(tr("Loading example"), inside)
        parts.within(self, parts.column(self.fold, space=0))

    def show_text(self, text: str) -> None:
        """Show these lines; nothing for none."""
        self.text.setPlainText(text.rstrip("\n"))
        lines = min(max(text.rstrip("\n").count("\n") + 1, 1), MOST)
        self.text.setFixedHeight(lines * self.text.fontMetrics().lineSpacing() + FRAME)
        self.setVisible(bool(text))

    def copy(self) -> None:
        """Put the lines on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText() + "\n")
