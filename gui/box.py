"""A line of text that is read as one value: numbers are understood however people write them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLineEdit

from graph.errors import CanevasError
from graph.text import say
from gui.parts import flag


def shown(value: Any) -> str:
    """A value as it stands in a field."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, (tuple, list)):
        return " × ".join(str(v) for v in value)
    return str(value)


class NotANumber(CanevasError):
    """What was typed is no number at all."""


def read_number(text: str, whole: bool) -> int | float:
    """The number that *text* says; decimal comma and thin spaces are understood.

    Raises:
        NotANumber: it says none.
    """
    plain = text.strip().replace("\u2009", "").replace("\u202f", "").replace(" ", "")
    try:
        if whole:
            return int(plain)
        return float(plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain)
    except ValueError:
        form = "Type a whole number, such as {example}." if whole else "Type a number, such as {example}."
        raise NotANumber(say(form, example="16" if whole else "0.01")) from None


class Box(QLineEdit):
    """A line of text that is read as one value; arrows step numbers, Escape takes back what was typed."""

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, read: Callable[[str], Any], step: Callable[[Any, int], Any] | None = None) -> None:
        super().__init__()
        self._read, self._step = read, step
        self._value: Any = None
        self.setMinimumWidth(36)
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self._finish)

    def sizeHint(self) -> QSize:
        return QSize(72, 28)

    def set_value(self, value: Any, text: str = "") -> None:
        """Show *value* (as *text*, if that is another way to write it)."""
        self._value = value
        self._accept()
        new = text or shown(value)
        if self.text() != new:
            self.setText(new)
            self.setCursorPosition(0)

    @property
    def value(self) -> Any:
        """The last valid value."""
        return self._value

    def _typed(self, text: str) -> None:
        try:
            self._read(text)
        except CanevasError as error:
            flag(self, "invalid", True)
            self.refused.emit(str(error))
        else:
            self._accept()

    def _accept(self) -> None:
        flag(self, "invalid", False)
        self.refused.emit("")

    def _finish(self) -> None:
        if not self.isModified():
            return
        try:
            value = self._read(self.text())
        except CanevasError:
            return  # the sentence stands under the field already
        self.setModified(False)
        self._announce(value)

    def _announce(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self.edited.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.set_value(self._value)
            self.setModified(False)
        elif event.key() in steps and self._step:
            self._move(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """While nothing is being typed, undo and redo are those of the document."""
        if event.type() == QEvent.Type.ShortcutOverride and not self.isModified():
            key: QKeyEvent = event  # type: ignore[assignment]
            if key.matches(QKeySequence.StandardKey.Undo) or key.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return False
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and self._step and event.angleDelta().y():
            self._move(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()  # the panel scrolls; a value is never changed in passing

    def _move(self, by: int) -> None:
        try:
            now = self._read(self.text())
            new = self._read(shown(self._step(now, by))) if self._step else now
        except (CanevasError, TypeError):
            return
        self.setText(shown(new))
        self._accept()
        self._announce(new)


def next_value(value: Any, by: int) -> Any:
    """The value one step up or down: by one, or for fractions by one in their first digit."""
    if isinstance(value, int):
        return value + by
    if value == 0:
        return 0.01 * by
    digit = 10.0 ** math.floor(math.log10(abs(value)))
    if by < 0 and math.isclose(abs(value), digit):
        digit /= 10  # below 0.001 comes 0.0009
    return float(f"{value + by * digit:.10g}")
