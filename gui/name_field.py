"""A name that is edited in place; under it stands why a name is refused, while one types."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from graph.errors import CanevasError
from graph.text import tr
from gui.parts import flag

Check = Callable[[str], object]
"""Raises a CanevasError if a name cannot be taken."""


class NameField(QLineEdit):
    """Announces a new name when it is finished; Escape takes back what was typed."""

    changed = Signal(str)
    refused = Signal(str)

    def __init__(self, name: str, check: Check, tip: str = "") -> None:
        super().__init__(name)
        self._name, self._check = name, check
        self.setProperty("role", "name")
        self.setObjectName("name")
        self.setAccessibleName(tr("Name"))
        self.setToolTip("\n".join(part for part in (name, tip) if part))
        self.setCursorPosition(0)
        self.textEdited.connect(self._good)
        self.editingFinished.connect(self._finish)

    def _good(self, text: str) -> bool:
        sentence = ""
        if text != self._name:
            try:
                self._check(text)
            except CanevasError as error:
                sentence = str(error)
        flag(self, "invalid", bool(sentence))
        self.refused.emit(sentence)
        return not sentence

    def _finish(self) -> None:
        text = self.text()
        if text != self._name and self._good(text):
            self._name = text
            self.changed.emit(text)
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._name:
            self.setText(self._name)
            self._good(self._name)
        else:
            super().keyPressEvent(event)
