"""A form made from specs: one row per value, with its word, its field, and under it why a text is refused.

The inspector, the recipe and the settings use the same form.  It announces only valid values that are new, when they
are finished, so that each is one step of the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from graph.text import number, tr
from graph.values import Spec
from gui import theme
from gui.box import shown
from gui.editors import Editor, NumberEditor, editor, word
from gui.fold import Fold
from gui.parts import Refusal, column, label, row, within

FIELD = 152
"""Width of the fields, in pixels."""

Expression = Callable[[str, str], Any]
"""``(name of the value, expression) -> its number``; raises a CanevasError."""


class FieldLabel(QWidget):
    """The word of a field, and after it in grey, where it fits, the name of torch's argument."""

    def __init__(self, word: str, name: str) -> None:
        super().__init__()
        self._word = word
        self._name = name if name != word.casefold().replace(" ", "_") else ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setFont(theme.font(theme.LABEL))
        painter.setPen(t.color("t2" if self.isEnabled() else "t3"))
        metrics = painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle, metrics.elidedText(self._word, Qt.TextElideMode.ElideRight, self.width()))
        used = metrics.horizontalAdvance(self._word) + 6
        painter.setFont(theme.font(theme.AXIS))
        if self._name and used + painter.fontMetrics().horizontalAdvance(self._name) <= self.width():
            painter.setPen(t.color("t3"))
            painter.drawText(QRect(used, 1, self.width() - used, self.height() - 1), middle, self._name)


class Field(QWidget):
    """One row of a form."""

    def __init__(self, spec: Spec, made: Editor, width: int, name: str = "", help: bool = False) -> None:
        super().__init__()
        self.spec, self.editor = spec, made
        self._words = FieldLabel(tr(spec.label) if spec.label else spec.name, name)
        made.setFixedWidth(width)
        self._refusal = Refusal()
        self._result = label(role="hint")
        self._result.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._result.hide()
        line = row(self._words, made, space=8)
        if help:
            words = column(self._words, label(tr(spec.help), "hint", wrap=True), space=0)
            line = row(words, made, space=24)
            line.setAlignment(made, Qt.AlignmentFlag.AlignTop)
            line.setStretchFactor(words, 1)
        within(self, column(line, self._result, self._refusal, space=2))
        tip = "\n".join(part for part in (name, tr(spec.help)) if part)
        for part in (self._words, made):
            part.setToolTip(tip)
        made.setAccessibleName(tr(spec.label) if spec.label else spec.name)
        made.setObjectName(spec.name)

    def refuse(self, sentence: str) -> None:
        """Show why what is typed cannot be taken; nothing for an empty sentence."""
        self._refusal.say(sentence)

    @property
    def refusal(self) -> str:
        """The sentence that stands under the field."""
        return self._refusal.sentence

    def show_value(self, value: Any, expression: str = "") -> None:
        """Show a value; of a bound one the *expression*, and its number below."""
        self.editor.show_value(value, expression)
        self._result.setVisible(bool(expression))
        result = f"= {number(value) if isinstance(value, int) else shown(value)}"
        self._result.setText(result if isinstance(self.editor, NumberEditor) else f"{expression} {result}")
        self.refuse("")


class Form(QWidget):
    """Fields for *specs* that show *values*.

    *check* looks at a value beyond its spec (``(name, value)``, raises a CanevasError).  With *expression*, whole
    numbers may be written with variables; such a field announces ``bound`` instead of ``changed``.  *names* shows
    the names of the values too, where they are those of torch's arguments; *helps* shows the sentences of help.
    """

    changed = Signal(str, object)
    bound = Signal(str, str)

    def __init__(
        self,
        specs: Sequence[Spec],
        values: Mapping[str, Any],
        *,
        check: Callable[[str, Any], object] | None = None,
        expression: Expression | None = None,
        bind: Mapping[str, str] | None = None,
        width: int = FIELD,
        names: bool = False,
        helps: bool = False,
        editors: Mapping[str, Callable[[Spec, Callable[[Any], Any]], Editor]] | None = None,
    ) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        self._values: dict[str, Any] = {}
        self._check, self._expression = check, expression
        self._typed: dict[str, str] = {}
        self._folds: dict[str, tuple[Fold, list[Spec]]] = {}
        special = editors or {}
        rows = column(space=4)
        groups: dict[str, QVBoxLayout] = {"": rows}
        for spec in specs:
            if spec.fold not in groups:
                groups[spec.fold] = self._fold(spec.fold, rows)
            made = special[spec.name](spec, self._checker(spec)) if spec.name in special else self._editor(spec)
            field = Field(spec, made, width, spec.name if names else "", helps)
            made.edited.connect(lambda value, spec=spec: self._edited(spec, value))
            made.refused.connect(field.refuse)
            self.fields[spec.name] = field
            if spec.fold:
                self._folds[spec.fold][1].append(spec)
            groups[spec.fold].addWidget(field)
        within(self, rows)
        self.show_values(values, bind)

    def _fold(self, title: str, rows: QVBoxLayout) -> QVBoxLayout:
        content = QWidget()
        inside = column(space=4, margin=(0, 2, 0, 8))
        within(content, inside)
        fold = Fold(tr(title), content)
        self._folds[title] = (fold, [])
        rows.addWidget(fold)
        return inside

    def _editor(self, spec: Spec) -> Editor:
        read = self._reader(spec) if self._expression and spec.type == "int" else None
        return editor(spec, self._checker(spec), read)

    def _checker(self, spec: Spec) -> Callable[[Any], Any]:
        def check(raw: Any) -> Any:
            value = spec.check(raw)
            if self._check:
                self._check(spec.name, value)
            return value

        return check

    def _reader(self, spec: Spec) -> Callable[[str], Any]:
        def read(text: str) -> Bound:
            assert self._expression is not None
            self._checker(spec)(self._expression(spec.name, text))
            return Bound(text.strip())

        return read

    def _edited(self, spec: Spec, value: Any) -> None:
        if isinstance(value, Bound):
            self.bound.emit(spec.name, str(value))
        elif value != self._values.get(spec.name) or self._typed.get(spec.name):
            self._values[spec.name] = value
            self.changed.emit(spec.name, value)
            self._say_folds()

    def show_values(self, values: Mapping[str, Any], bind: Mapping[str, str] | None = None) -> None:
        """Show other values without announcing them; what is being typed in a field that keeps its value stays."""
        bind = bind or {}
        for name, field in self.fields.items():
            if name not in values:
                continue
            same = name in self._values and self._values[name] == values[name]
            if same and self._typed.get(name, "") == bind.get(name, "") and field.refusal:
                continue
            self._values[name] = values[name]
            self._typed[name] = bind.get(name, "")
            field.show_value(values[name], bind.get(name, ""))
        self._say_folds()

    def _say_folds(self) -> None:
        """A closed group says which of its values are not the defaults."""
        for fold, specs in self._folds.values():
            unusual = [s for s in specs if self._values.get(s.name) != s.default and not self.fields[s.name].isHidden()]
            fold.show_state(", ".join(_brief(s, self._values[s.name]) for s in unusual))

    def refuse(self, name: str, sentence: str) -> None:
        """Show a sentence under a field."""
        self.fields[name].refuse(sentence)

    def show_only(self, names: Sequence[str]) -> None:
        """Show only these fields."""
        for name, field in self.fields.items():
            field.setVisible(name in names)


class Bound(str):
    """An expression typed into a field of numbers."""

    __slots__ = ()


def _brief(spec: Spec, value: Any) -> str:
    name = tr(spec.label) if spec.label else spec.name
    if spec.type == "bool":
        return name
    return f"{name} {word(value) if spec.type == 'choice' else shown(value)}"
