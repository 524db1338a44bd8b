"""The variables of a network: named numbers that values may follow (``out_channels = 2*width``)."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from graph.errors import CanevasError
from graph.text import tr
from graph.values import INT_LIMIT, Spec
from graph.variables import check_variable
from gui.form import Form
from gui.parts import column, flag, label, row, tool, within


class Variables(QWidget):
    """A form of the variables, with a line that adds one."""

    edited = Signal(str, int)
    removed = Signal(str)

    def __init__(self, variables: Mapping[str, int]) -> None:
        super().__init__()
        specs = [Spec(name, "int", number, low=-INT_LIMIT, high=INT_LIMIT) for name, number in variables.items()]
        self._names = set(variables)
        self.form = Form(specs, variables)
        self.form.changed.connect(self.edited.emit)
        for name, field in self.form.fields.items():
            remove = tool("x", tr("Remove the variable {name}", name=name), lambda n=name: self.removed.emit(n))
            field.layout().itemAt(0).layout().addWidget(remove)
            field.editor.setFixedWidth(116)
        self._name = QLineEdit()
        self._name.setObjectName("new-variable")
        self._name.setPlaceholderText(tr("New variable"))
        self._name.textEdited.connect(self._check)
        self._name.returnPressed.connect(self._add)
        self._refusal = label(role="error", wrap=True)
        self._refusal.hide()
        add = tool("plus", tr("Add the variable"), self._add)
        hint = tr("Type a variable's name into a field of a node, or a sum such as 2*width, and the field follows it.")
        within(
            self,
            column(
                label(tr("Variables"), "strong"),
                label(hint, "hint", wrap=True),
                self.form,
                row(self._name, add),
                self._refusal,
                space=8,
            ),
        )
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _check(self, text: str) -> bool:
        sentence = ""
        if text:
            try:
                check_variable(text)
            except CanevasError as error:
                sentence = str(error)
            if text in self._names:
                sentence = tr("There is a variable {name} already.", name=text)
        flag(self._name, "invalid", bool(sentence))
        self._refusal.setText(sentence)
        self._refusal.setVisible(bool(sentence))
        return bool(text) and not sentence

    def _add(self) -> None:
        if self._check(self._name.text()):
            self.edited.emit(self._name.text(), 1)
