"""One editor per type of value: number, switch, choice, size, shape, text.

An editor shows a value, says while one types why a text is no value (``refused``), and announces a valid new value when
it is finished (``edited``).  Adding a type of value is one entry in :data:`EDITORS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from graph.text import Message, say, tr
from graph.values import Spec
from gui.box import Box, next_value, read_number, shown
from gui.parts import Switch

Check = Callable[[Any], Any]
"""Gives a raw value in its normal form, or raises a CanevasError that says why not."""


class Editor(QWidget):
    """What all editors share: they show a value and announce another."""

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__()
        self.spec, self.check = spec, check
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(6)

    def show_value(self, value: Any, text: str = "") -> None:
        """Show *value* without announcing it; *text* is another way to write it (an expression)."""
        raise NotImplementedError

    def holds(self, box: QWidget) -> QWidget:
        """Put *box* into the editor; it takes the focus for it."""
        self.line.addWidget(box, 1)
        if self.focusProxy() is None:
            self.setFocusProxy(box)
        return box


class NumberEditor(Editor):
    """A whole number or a fraction."""

    def __init__(self, spec: Spec, check: Check, expression: Check | None = None) -> None:
        super().__init__(spec, check)
        self._expression = expression
        self._box = Box(self._read, next_value)
        self._box.edited.connect(self.edited.emit)
        self._box.refused.connect(self.refused.emit)
        self.holds(self._box)

    def _read(self, text: str) -> Any:
        if self._expression and re.search(r"[A-Za-z_]", text) and not re.fullmatch(r"\s*[\d.]+[eE][+-]?\d+\s*", text):
            return self._expression(text)
        return self.check(read_number(text, self.spec.type == "int"))

    def show_value(self, value: Any, text: str = "") -> None:
        self._box.set_value(value, text)


class TextEditor(Editor):
    """Any text."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._box = Box(check)
        self._box.edited.connect(self.edited.emit)
        self._box.refused.connect(self.refused.emit)
        self.holds(self._box)

    def show_value(self, value: Any, text: str = "") -> None:
        self._box.set_value(value, text)


class ShapeEditor(Editor):
    """Any number of sizes in one line: ``3 × 224 × 224``, or with commas or spaces."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._box = Box(self._read)
        self._box.edited.connect(self.edited.emit)
        self._box.refused.connect(self.refused.emit)
        self.holds(self._box)

    def _read(self, text: str) -> Any:
        parts = [p for p in re.split(r"\s*[x×,;*]\s*|\s+", text.strip()) if p]
        return self.check(tuple(int(read_number(p, whole=True)) for p in parts))

    def show_value(self, value: Any, text: str = "") -> None:
        self._box.set_value(value, text)


class NumbersEditor(ShapeEditor):
    """One or more numbers in one line: ``1, 2.5, 1``."""

    def _read(self, text: str) -> Any:
        parts = [p for p in re.split(r"\s*[,;]\s*|\s+", text.strip()) if p]
        return self.check(tuple(float(read_number(p, whole=False)) for p in parts))

    def show_value(self, value: Any, text: str = "") -> None:
        self._box.set_value(value, text or ", ".join(map(shown, value or ())))


class SizeEditor(Editor):
    """One box per axis: height and width, or depth, height and width."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._boxes: list[Box] = []
        for axis in range(spec.length):
            box = Box(self._reader(axis), next_value)
            box.edited.connect(lambda _: self._emit())
            box.refused.connect(self.refused.emit)
            box.setAccessibleName(f"{tr(spec.label or spec.name)} {axis + 1}")
            self._boxes.append(box)
            self.holds(box)

    def _reader(self, axis: int) -> Callable[[str], int]:
        def read(text: str) -> int:
            n = int(read_number(text, whole=True))
            others = [n if b.value is None else b.value for b in self._boxes]
            return int(self.check(tuple(n if i == axis else o for i, o in enumerate(others)))[axis])

        return read

    def _emit(self) -> None:
        self.edited.emit(tuple(b.value for b in self._boxes))

    def show_value(self, value: Any, text: str = "") -> None:
        sizes: Sequence[Any] = value if isinstance(value, (tuple, list)) else (None,) * len(self._boxes)
        for box, size in zip(self._boxes, sizes, strict=True):
            box.set_value(size)


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._switch = Switch()
        self._switch.clicked.connect(lambda on: self.edited.emit(bool(on)))
        self.line.addStretch(1)
        self.line.addWidget(self._switch)
        self.setFocusProxy(self._switch)

    def show_value(self, value: Any, text: str = "") -> None:
        self._switch.setChecked(bool(value))


WORDS: dict[Any, Message] = {
    None: say("none"),
    "same": say("same"),
    "en": say("English"),
    "fr": say("Français"),
    "system": say("As the system"),
    "dark": say("Dark"),
    "light": say("Light"),
    "auto": say("Automatic"),
    "cpu": say("CPU"),
    "cuda": say("CUDA"),
    "mps": say("MPS"),
    "class": say("a class"),
    "mask": say("a mask"),
    "numbers": say("numbers"),
    "filter": say("per filter"),
    "unit": say("per unit"),
    "measure": say("measure"),
    "loss": say("loss"),
    "none": say("none"),
}
"""How words that are values are shown; those that are names of torch stay as they are."""


def word(value: Any) -> str:
    """A value that is a word, as a person reads it."""
    return str(WORDS[value]) if value in WORDS else str(value)


class Choice(QComboBox):
    """A list of words; the wheel turns it only while it has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(60)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A word too long for the field ends in dots; a style sheet would cut it anywhere."""
        if self.currentIndex() < 0:
            super().paintEvent(event)
            return
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        control = QStyle.ComplexControl.CC_ComboBox
        painter.drawComplexControl(control, option)
        room = self.style().subControlRect(control, option, QStyle.SubControl.SC_ComboBoxEditField, self)
        dots = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(option.currentText, dots, room.width())
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ChoiceEditor(Editor):
    """One of several words."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._list = Choice()
        for choice in spec.choices:
            self._list.addItem(word(choice), choice)
        self._list.activated.connect(lambda i: self.edited.emit(self._list.itemData(i)))
        self.holds(self._list)

    def show_value(self, value: Any, text: str = "") -> None:
        self._list.setCurrentIndex(max(0, self._list.findData(value)))


class WordEditor(Editor):
    """A number or a size, or a word instead of it: ``same``, ``none``."""

    def __init__(self, spec: Spec, check: Check, inner: Editor) -> None:
        super().__init__(spec, check)
        self._inner, self._last = inner, spec.default
        inner.edited.connect(self._numbered)
        inner.refused.connect(self.refused.emit)
        self.holds(inner)
        self._buttons: dict[Any, QPushButton] = {}
        for one in (*spec.words, *((None,) if spec.optional else ())):
            button = QPushButton(word(one))
            button.setProperty("role", "word")
            button.setCheckable(True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda on, one=one: self._worded(one, on))
            self._buttons[one] = button
            self.line.addWidget(button)

    def _is_word(self, value: Any) -> bool:
        return value is None or isinstance(value, str)

    def _numbered(self, value: Any) -> None:
        self._last = value
        self.edited.emit(value)

    def _worded(self, one: Any, on: bool) -> None:
        self.edited.emit(one if on else self._number())

    def _number(self) -> Any:
        if not self._is_word(self._last):
            return self._last
        if self.spec.type == "numbers":
            return (1.0,)
        low = int(self.spec.low) if self.spec.low is not None else 0
        first = {"size": (low,) * self.spec.length, "shape": (low,), "numbers": (1.0,)}
        return first.get(self.spec.type, low)

    def show_value(self, value: Any, text: str = "") -> None:
        is_word = self._is_word(value)
        for one, button in self._buttons.items():
            button.setChecked(is_word and one == value)
        self._inner.setEnabled(not is_word)
        self._inner.show_value(None if is_word else value, text)
        if not is_word:
            self._last = value


EDITORS: dict[str, type[Editor]] = {
    "int": NumberEditor,
    "float": NumberEditor,
    "bool": SwitchEditor,
    "choice": ChoiceEditor,
    "text": TextEditor,
    "size": SizeEditor,
    "shape": ShapeEditor,
    "numbers": NumbersEditor,
}
"""The editor of each type of value."""


def editor(spec: Spec, check: Check, expression: Check | None = None) -> Editor:
    """An editor for *spec*; with *expression*, whole numbers may also be written with variables."""
    cls = EDITORS[spec.type]
    made = NumberEditor(spec, check, expression) if cls is NumberEditor and spec.type == "int" else cls(spec, check)
    return WordEditor(spec, check, made) if spec.words or spec.optional else made
