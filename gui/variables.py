"""The variables of a network: named numbers that values may follow (``out_channels = 2*width``)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from graph.errors import CanevasError, NetworkError
from graph.network import Network
from graph.text import tr, tr_count
from graph.values import INT_LIMIT, Spec
from graph.variable_edits import Use, uses
from graph.variables import check_variable
from gui.editors import NumberEditor
from gui.name_field import NameField
from gui.parts import Refusal, button, clear, column, flag, label, row, tool, within

NUMBER, SIDE = 100, 28
"""Widths of the number of a variable, and of the button beside it."""


class Variable(QWidget):
    """One variable: its name, its number, and how often it is used; what is refused is said below."""

    edited = Signal(int)
    renamed = Signal(str)
    removed = Signal()
    shown = Signal(object)
    """Names of the nodes that use it are to be seen."""

    def __init__(self, name: str, number: int, check: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName(f"variable-{name}")
        self._name, self._number = name, number
        self._uses: tuple[Use, ...] = ()
        self.name = NameField(name, check, tr("All that follow it take the new name too"))
        self.name.setObjectName(f"name-{name}")
        self.name.setProperty("role", "")  # a field among fields, not a heading
        spec = Spec(name, "int", number, low=-INT_LIMIT, high=INT_LIMIT)
        self.editor = NumberEditor(spec, spec.check)
        self.editor.setObjectName(name)
        self.editor.setFixedWidth(NUMBER)
        self.editor.setAccessibleName(name)
        self._remove = tool("x", "", self.removed.emit, name=f"remove-{name}")
        self._below = row(space=0, margin=(8, 2, 0, 2))
        self._refusal = Refusal()
        self.name.changed.connect(self.renamed)
        self.name.refused.connect(self.refuse)
        self.editor.edited.connect(self.edited.emit)
        self.editor.refused.connect(self.refuse)
        line = row(self.name, self.editor, self._remove, space=4)
        line.setStretchFactor(self.name, 1)
        within(self, column(line, self._below, self._refusal, space=0))

    def refuse(self, sentence: str) -> None:
        """Show why something cannot be; nothing for an empty sentence."""
        self._refusal.say(sentence)

    @property
    def refusal(self) -> str:
        """The sentence that stands below."""
        return self._refusal.sentence

    def follow(self, number: int, found: tuple[Use, ...]) -> None:
        """Show its number and its uses as they are now."""
        if number != self._number or not self.refusal:
            self._number = number
            self.editor.show_value(number)
            self.refuse("")
        tip = tr("Put {n} in its place, and remove it", n=number) if found else tr("Remove it")
        self._remove.setToolTip(tip)
        self._remove.setAccessibleName(tip)
        if found != self._uses or not self._below.count():
            self._uses = found
            clear(self._below)
            self._below.addWidget(self._used() if found else label(tr("no value follows it"), "hint"))
            self._below.addStretch(1)

    def _used(self) -> QWidget:
        """How often it is used; a click shows where."""
        nodes = tuple(dict.fromkeys(use.node for use in self._uses))
        text = tr_count("one value follows it", "{n} values follow it", len(self._uses))
        tip = "\n".join(f"{use.node}: {use.value} = {use.expression}" for use in self._uses[:20])
        return button(text, role="link", do=lambda: self.shown.emit(nodes), tip=tip, name=f"uses-{self._name}")


class Variables(QWidget):
    """All variables of a network, and a line that adds one."""

    edited = Signal(str, int)
    renamed = Signal(str, str)
    removed = Signal(str)
    shown = Signal(object)

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.fields: dict[str, Variable] = {}
        rows = column(space=6)
        for name, number in network.variables.items():
            one = Variable(name, number, self._check)
            one.edited.connect(lambda n, name=name: self.edited.emit(name, n))
            one.renamed.connect(lambda new, name=name: self.renamed.emit(name, new))
            one.removed.connect(lambda name=name: self.removed.emit(name))
            one.shown.connect(self.shown)
            rows.addWidget(one)
            self.fields[name] = one
        self._name = QLineEdit()
        self._name.setObjectName("new-variable")
        self._name.setPlaceholderText(tr("New variable"))
        self._name.textEdited.connect(self._good)
        self._name.returnPressed.connect(self._add)
        self._refusal = Refusal()
        add = tool("plus", tr("Add the variable"), self._add)
        hint = tr("Type a variable's name into a field of a node, or a sum such as 2*width, and the field follows it.")
        title, below = label(tr("Variables"), "strong"), label(hint, "hint", wrap=True)
        within(self, column(title, below, rows, row(self._name, add, space=4), self._refusal, space=8))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.follow(network)

    def follow(self, network: Network) -> None:
        """Show numbers and uses as they are now."""
        found = uses(network)
        for name, one in self.fields.items():
            if name in network.variables:
                one.follow(network.variables[name], found[name])

    def refuse(self, name: str, sentence: str) -> None:
        """Show a sentence below a variable."""
        self.fields[name].refuse(sentence)

    def _check(self, text: str) -> None:
        check_variable(text)
        if text in self.fields:
            raise NetworkError("There is a variable {name} already.", name=text)

    def _good(self, text: str) -> bool:
        sentence = ""
        if text:
            try:
                self._check(text)
            except CanevasError as error:
                sentence = str(error)
        flag(self._name, "invalid", bool(sentence))
        self._refusal.say(sentence)
        return bool(text) and not sentence

    def _add(self) -> None:
        if self._good(self._name.text()):
            self.edited.emit(self._name.text(), 1)
