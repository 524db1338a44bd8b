"""What the inspector shows above the numbers of a node: its name, its values, its states, what is inside.

The forms and edits are those of :mod:`gui.subjects`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from graph import edit
from graph.errors import CanevasError
from graph.layer import Layer, help_of, kinds
from graph.network import Block, Network, Node
from graph.repeats import REPEAT, REPEAT_LIMIT, numbered, repeat_refusal, times
from graph.text import say, tr
from graph.values import INT_LIMIT, Spec
from graph.variables import evaluate
from gui import theme
from gui.document import Document
from gui.form import FIELD, Form
from gui.inside import Inside
from gui.name_field import NameField
from gui.parts import Switch, column, divider, label, row
from gui.sharing import WeightsOf, owners
from gui.subjects import MARGIN, Page


class NodePage(Page):
    """One node: its name, its values, its states, and what is inside if it is a block."""

    renaming = Signal(str)
    """The node is about to bear this name."""
    renamed = Signal(str, str)
    entered = Signal(str)
    dissolved = Signal(str)
    wanted = Signal(str, str)
    """Somebody wants a command done to the node: its id, and the name of the node."""

    def __init__(self, document: Document, node: Node) -> None:
        super().__init__(document)
        self._name = node.name
        self._states: list[Callable[[Node], None]] = []
        name = NameField(node.name, self._renaming, tr("Also the name of its weights in the saved file"))
        name.changed.connect(self._rename)
        if isinstance(node.layer, Layer):
            category = node.layer.category
            words = tr(help_of(kinds()[node.kind]))
            self.head(theme.theme().family_icon(category), category, name, node.kind, words)
        else:
            self.head("box", "t2", name, node.kind, tr("A block: a network that stands for one layer."))
        self._add_form(node)
        if isinstance(node.layer, Block):
            self._add_inside(node)

    def follow(self) -> None:
        node = self.document.shown.nodes[self._name]
        if self.form is not None:
            self.form.show_values(*values_of(self.document.shown, node))
        for show in self._states:
            show(node)

    # its name

    def _renaming(self, text: str) -> edit.Moved:
        return edit.rename(self.document.shown, self._name, text)

    def _rename(self, text: str) -> None:
        old, moved = self._name, self._renaming(text)
        self._name = text
        self.renaming.emit(text)
        self.document.edit_shown(moved.network, tr("Rename {name}", name=old), paths=moved.paths)
        self.renamed.emit(old, text)

    # its values

    def _add_form(self, node: Node) -> None:
        network = self.document.shown
        if isinstance(node.layer, Block):
            variables = network.inside(node.layer.name).variables
            specs: Sequence[Spec] = [Spec(v, "int", n, low=-INT_LIMIT) for v, n in variables.items()]
            if repeat_refusal(network, node) is None or numbered(node):
                specs = [repetitions(), *specs]
        else:
            specs = node.layer.specs
        values, bound = values_of(network, node)
        rows = column(space=4, margin=MARGIN)
        if specs:
            self.form = Form(specs, values, names=True, bind=bound, expression=lambda _, text: self._number(text))
            self.form.changed.connect(self._set)
            self.form.bound.connect(self._bind)
            rows.addWidget(self.form)
        report = self.document.shown_report
        if report is not None and node.name in report.facts and report.facts[node.name].parameters:
            tip = tr("Its weights keep their values in training")
            rows.addLayout(self._state(node, tr("Freeze weights"), "freeze", tip))
        if node.shares or owners(network, report, node.name):
            rows.addLayout(self._weights_of(node))
        if can_pass(network, node):
            rows.addLayout(self._state(node, tr("Bypass"), "bypass", tr("What arrives leaves it unchanged")))
        if rows.count():
            self.section(rows)

    def _number(self, text: str) -> int:
        return evaluate(text, self.document.shown.variables)

    def _set(self, name: str, value: Any) -> None:
        node = self._name
        text = tr("Set {value} of {node}", value=name, node=node)

        def change(network: Network) -> Network | edit.Moved:
            if name == REPEAT:
                return edit.repeat(network, node, value)
            return edit.set_values(network, node, **{name: value})

        self.attempt(change, text, name, f"{node}.{name}")

    def _bind(self, name: str, expression: str) -> None:
        node = self._name
        text = tr("Bind {value} of {node}", value=name, node=node)

        def change(network: Network) -> Network | edit.Moved:
            if name == REPEAT:
                return edit.repeat(network, node, expression.strip() or times(network[node], network.variables))
            return edit.bind(network, node, name, expression)

        self.attempt(change, text, name, f"{node}.{name}")

    def _state(self, node: Node, text: str, what: str, tip: str) -> QHBoxLayout:
        """A switch for a state of the node: frozen, bypassed."""
        switch, words = Switch(), label(text, "label")
        switch.setObjectName(what)
        switch.setAccessibleName(text)
        words.setFixedHeight(28)
        for part in (switch, words):
            part.setToolTip(tip)
        change = edit.freeze if what == "freeze" else edit.bypass

        def show(now: Node) -> None:
            switch.setChecked(now.frozen if what == "freeze" else now.bypass)

        def turn(on: bool) -> None:
            self.document.edit_shown(change(self.document.shown, [self._name], on), f"{text}: {self._name}")

        switch.clicked.connect(turn)
        self._states.append(show)
        show(node)
        return row(words, None, switch)

    # what belongs to its weights and its inside

    def _weights_of(self, node: Node) -> QHBoxLayout:
        """Whose weights it uses."""
        words, choice = label(tr("Weights of"), "label"), WeightsOf(self.document, node.name, self._share)
        words.setFixedHeight(28)
        choice.setFixedWidth(FIELD)
        words.setToolTip(tr("Nodes that use the same weights are one layer that stands at several places"))
        self._states.append(lambda _: choice.follow())
        return row(words, None, choice)

    def _share(self, owner: str) -> None:
        text = tr("Weights of {name}", name=self._name)
        self.attempt(lambda network: edit.share(network, self._name, owner), text, "")

    def _add_inside(self, node: Node) -> None:
        part = Inside(self.document, node)
        part.entered.connect(lambda: self.entered.emit(self._name))
        part.dissolved.connect(lambda: self.dissolved.emit(self._name))
        part.owned.connect(lambda: self.wanted.emit("make_own", self._name))
        part.kept.connect(lambda: self.wanted.emit("keep_block", self._name))
        self.rows.addWidget(divider())
        self.rows.addWidget(part)


def values_of(network: Network, node: Node) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a node as they are now, and the expressions that some of them follow."""
    if isinstance(node.layer, Block):
        values: dict[str, Any] = {**network.inside(node.layer.name).variables, **node.layer.values}
        values[REPEAT] = node.repeat
    else:
        values = dict(node.layer.values)
    for name, expression in node.bind.items():
        try:
            now = evaluate(expression, network.variables)
        except CanevasError:
            continue  # what is wrong with it is said where the numbers would be
        values[name] = (now,) * len(values[name]) if isinstance(values.get(name), tuple) else now
    return values, dict(node.bind)


def repetitions() -> Spec:
    """How often a block stands at a node, as a value of a form."""
    help = say("How many times the block stands here, one after the other, each with weights of its own.")
    return Spec(REPEAT, "int", 1, low=1, high=REPEAT_LIMIT, label=say("Repeat").template, help=help.template)


def can_pass(network: Network, node: Node) -> bool:
    """Whether a node could be bypassed: what arrives at its first input may leave its first output."""
    inputs, outputs = network.inputs(node), network.outputs(node)
    return bool(inputs and outputs and set(inputs[0].accepts) & set(outputs[0].accepts))
