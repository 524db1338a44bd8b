"""What the inspector shows above the numbers: the network, a node, or several nodes.

Each is a page made for one subject; while the subject stays the same, its values are shown anew by ``follow``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from graph import edit
from graph.errors import CanevasError
from graph.layer import Layer, help_of, kinds
from graph.network import Block, Network, Node
from graph.text import number, tr, tr_count
from graph.values import INT_LIMIT, Spec
from graph.variable_edits import fix_variable, rename_variable
from graph.variables import evaluate
from gui import theme
from gui.document import Document
from gui.form import Form
from gui.name_field import NameField
from gui.parts import Elided, Picture, Switch, button, column, divider, label, row, within
from gui.trail import Trail
from gui.variables import Variables

MARGIN = (16, 14, 16, 14)
LAYERS = 12
"""So many layers of a block are listed at most."""


class Page(QWidget):
    """What all subjects share: a heading, and edits that may be refused under a field."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self.form: Form | None = None
        self.rows: QVBoxLayout = column(space=0)
        within(self, self.rows)

    def follow(self) -> None:
        """The network changed, the subject stayed: show its values as they are now."""

    def head(self, icon: str, color: str, name: QWidget, chip: str, words: str) -> None:
        """The heading: what it is, its name, a sentence."""
        first = row(Picture(icon, color, 18), name, space=6)
        first.setStretchFactor(name, 1)
        if chip:
            tag = label(chip, "chip")
            tag.setMaximumWidth(150)
            first.addWidget(tag)
        inside = column(first, space=6, margin=(16, 12, 16, 12))
        if isinstance(name, NameField):
            refusal = label(role="error", wrap=True)
            refusal.hide()
            name.refused.connect(lambda sentence: (refusal.setText(sentence), refusal.setVisible(bool(sentence))))
            inside.addWidget(refusal)
        if words:
            inside.addWidget(label(words, "label", wrap=True))
        self.rows.addWidget(within(QWidget(), inside))

    def section(self, layout: QHBoxLayout | QVBoxLayout) -> None:
        """Another part of the page, below a line."""
        self.rows.addWidget(divider())
        self.rows.addWidget(within(QWidget(), layout))

    def attempt(self, change: Callable[[Network], Network], text: str, name: str, merge: str = "") -> None:
        """Make a change one step of the history; a refusal is shown under the field *name*."""
        document = self.document
        try:
            key = f"{'.'.join(document.trail)}/{merge}" if merge else ""
            document.edit_shown(change(document.shown), text, merge=key)
        except CanevasError as error:
            if self.form is not None and name in self.form.fields:
                self.form.refuse(name, str(error))


class NetworkPage(Page):
    """Nothing is selected: the network that is looked at, and its variables."""

    chosen = Signal(object)
    """Names of the nodes that are to be selected."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        network = document.shown
        name: QWidget
        if document.trail:
            name = Elided(document.trail[-1], "title")
        else:
            name = NameField(network.name, self._check_name)
            name.changed.connect(self._rename)
        words = tr_count("{n} node", "{n} nodes", len(network.nodes))
        self.head("workflow", "acc", name, tr("Block") if document.trail else tr("Network"), words)
        self.variables = Variables(network)
        self.variables.edited.connect(self.set_variable)
        self.variables.renamed.connect(self.rename_variable)
        self.variables.removed.connect(self.remove_variable)
        self.variables.shown.connect(self.chosen)
        self.section(column(self.variables, margin=MARGIN))

    def follow(self) -> None:
        self.variables.follow(self.document.shown)

    def _check_name(self, text: str) -> None:
        if not text.strip() or len(text) > 200:
            raise CanevasError("A network needs a name of at most {n} characters.", n=200)

    def _rename(self, text: str) -> None:
        self.document.edit_shown(self.document.shown.change(name=text.strip()), tr("Rename the network"))

    def set_variable(self, name: str, value: int) -> None:
        """Give a variable a number; a new one comes so."""
        text = tr("Set the variable {name}", name=name)
        self._change(lambda top, trail: set_inside(top, trail, name, value), name, text, f"variable {name}")

    def rename_variable(self, name: str, new: str) -> None:
        """Another name, for all that follow it too."""
        text = tr("Rename the variable {name}", name=name)
        self._change(lambda top, trail: rename_variable(top, name, new, trail), name, text)

    def remove_variable(self, name: str) -> None:
        """Put its number in its place, and let it go."""
        text = tr("Remove the variable {name}", name=name)
        self._change(lambda top, trail: fix_variable(top, name, trail), name, text)

    def _change(self, change: Callable[[Network, Trail], Network], name: str, text: str, merge: str = "") -> None:
        """Make a change of a variable one step of the history; a refusal is shown below it."""
        document = self.document
        try:
            key = f"{'.'.join(document.trail)}/{merge}" if merge else ""
            document.edit(change(document.network, document.trail), text, merge=key)
        except CanevasError as error:
            if name in self.variables.fields:
                self.variables.refuse(name, str(error))


def set_inside(network: Network, trail: Trail, name: str, value: int) -> Network:
    """A variable's number, in the network or in the definition of a block."""
    return edit.put_inside(network, trail, edit.set_variable(network.within(trail), name, value))


class ManyPage(Page):
    """Several nodes are selected: which."""

    def __init__(self, document: Document, nodes: Sequence[Node]) -> None:
        super().__init__(document)
        title = label(tr_count("{n} node selected", "{n} nodes selected", len(nodes)), "title")
        self.head("square-dashed", "acc", title, "", ", ".join(n.name for n in nodes[:40]))


class NodePage(Page):
    """One node: its name, its values, its states, and what is inside if it is a block."""

    renaming = Signal(str)
    """The node is about to bear this name."""
    renamed = Signal(str, str)
    entered = Signal(str)
    dissolved = Signal(str)

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
            self._add_inside(node.layer)

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
        if can_pass(network, node):
            rows.addLayout(self._state(node, tr("Bypass"), "bypass", tr("What arrives leaves it unchanged")))
        if rows.count():
            self.section(rows)

    def _number(self, text: str) -> int:
        return evaluate(text, self.document.shown.variables)

    def _set(self, name: str, value: Any) -> None:
        node = self._name
        text = tr("Set {value} of {node}", value=name, node=node)
        self.attempt(lambda network: edit.set_values(network, node, **{name: value}), text, name, f"{node}.{name}")

    def _bind(self, name: str, expression: str) -> None:
        node = self._name
        text = tr("Bind {value} of {node}", value=name, node=node)
        self.attempt(lambda network: edit.bind(network, node, name, expression), text, name, f"{node}.{name}")

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

    # its inside

    def _add_inside(self, block: Block) -> None:
        """The layers inside a block, with their weights, and the ways in and out."""
        report = self.document.shown_report
        fact = report.facts.get(self._name) if report else None
        inside = fact.inside if fact else None
        network = self.document.shown.inside(block.name)
        layers = [n for n in network.nodes.values() if n.kind not in ("Input", "Output")]
        count = label(tr_count("{n} layer", "{n} layers", len(layers)), "label")
        rows = column(row(label(tr("Inside"), "strong"), None, count), 2, space=4, margin=MARGIN)
        for node in layers[:LAYERS]:
            weights = inside.facts[node.name].parameters if inside else 0
            rows.addLayout(_layer_line(node, weights))
        if len(layers) > LAYERS:
            rows.addWidget(label(tr("... and {n} more.", n=len(layers) - LAYERS), "faint"))
        enter = button(tr("Open block"), "log-in", do=lambda: self.entered.emit(self._name), name="open-block")
        dissolve = button(tr("Dissolve"), "ungroup", do=lambda: self.dissolved.emit(self._name), name="dissolve")
        rows.addSpacing(6)
        rows.addLayout(row(enter, dissolve))
        self.section(rows)


def _layer_line(node: Node, weights: int) -> QHBoxLayout:
    """A layer inside a block: its family, its kind and main values, its weights."""
    layer = node.layer
    category = layer.category if isinstance(layer, Layer) else "tens"
    caption = layer.caption if isinstance(layer, Layer) else ""
    icon = theme.theme().family_icon(category) if isinstance(layer, Layer) else "box"
    words = Elided(" – ".join(part for part in (node.kind, caption) if part), "label")
    line = row(Picture(icon, category, 14), words, label(number(weights) if weights else "", "sum"))
    line.setStretchFactor(words, 1)
    return line


def values_of(network: Network, node: Node) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a node as they are now, and the expressions that some of them follow."""
    if isinstance(node.layer, Block):
        values: dict[str, Any] = {**network.inside(node.layer.name).variables, **node.layer.values}
    else:
        values = dict(node.layer.values)
    for name, expression in node.bind.items():
        try:
            now = evaluate(expression, network.variables)
        except CanevasError:
            continue  # what is wrong with it is said where the numbers would be
        values[name] = (now,) * len(values[name]) if isinstance(values.get(name), tuple) else now
    return values, dict(node.bind)


def can_pass(network: Network, node: Node) -> bool:
    """Whether a node could be bypassed: what arrives at its first input may leave its first output."""
    inputs, outputs = network.inputs(node), network.outputs(node)
    return bool(inputs and outputs and set(inputs[0].accepts) & set(outputs[0].accepts))
