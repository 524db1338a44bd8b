"""The panel at the right of the drawing: what is selected, its values, and what it does.

Nothing selected: the network itself.  One node: its name, help, form, states and numbers; several: what they weigh
together.  Every change is an edit of the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget

from graph import edit
from graph.errors import CanevasError
from graph.layer import Layer, help_of, kinds
from graph.network import Block, Node
from graph.text import number, tr, tr_count
from graph.values import INT_LIMIT, Spec
from graph.variables import evaluate
from gui import explanation, field, theme
from gui.document import Document
from gui.form import Form
from gui.parts import (
    Elided,
    Picture,
    Switch,
    button,
    column,
    divider,
    flag,
    frame,
    label,
    row,
    within,
)
from gui.variables import Variables

MARGIN = (16, 14, 16, 14)


class Name(QLineEdit):
    """A name that is edited in place; says under it why a name is refused."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.setProperty("role", "name")
        self.setObjectName("name")
        self.setAccessibleName(tr("Name"))
        self.setToolTip("\n".join((name, tr("Also the name of its weights in the saved file"))))
        self.setCursorPosition(0)
        self.editingFinished.connect(lambda: self.setCursorPosition(0))

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self.name)
            self.textEdited.emit(self.name)
        else:
            super().keyPressEvent(event)


class Inspector(QWidget):
    """Shows and edits what is selected in the network that is looked at."""

    renamed = Signal(str, str)
    """A node has another name: the old one, the new one."""
    entered = Signal(str)
    """Somebody wants to look into the block of this name."""
    dissolved = Signal(str)
    """Somebody wants the block of this name replaced by what is inside."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document: Document | None = None
        self._names: tuple[str, ...] = ()
        self._subject: tuple[Any, ...] = ()
        self._basis: tuple[Any, ...] | None = None
        self.form: Form | None = None
        self._refresh_states = lambda: None
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        within(self, column(self._scroll, space=0))
        self._facts = column(space=0)
        QApplication.instance().focusChanged.connect(self._focus)

    def show_document(self, document: Document | None) -> None:
        """Show another document."""
        if self._document is not None:
            self._document.changed.disconnect(self._follow)
            self._document.analyzed.disconnect(self._explain)
        self._document = document
        self._names = ()
        if document is not None:
            document.changed.connect(self._follow)
            document.analyzed.connect(self._explain)
        self.refresh()

    def select(self, names: Sequence[str]) -> None:
        """Show the nodes called *names* of the network that is looked at."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.refresh()

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes it shows."""
        return self._names

    def edit_name(self) -> None:
        """Begin to edit the name."""
        if (found := self.findChild(QLineEdit, "name")) is not None:
            found.setFocus(Qt.FocusReason.ShortcutFocusReason)
            found.selectAll()

    # what is shown

    def refresh(self) -> None:
        """Build everything anew for what is selected."""
        document, self.form = self._document, None
        self._refresh_states = lambda: None
        self._subject, self._basis = self._what(), None
        page = QWidget()
        self._facts = column(space=0)
        if document is None:
            within(page, column(None))
        else:
            nodes = self._nodes()
            parts = self._of_network() if not nodes else self._of_node(nodes[0]) if len(nodes) == 1 else self._of_many()
            within(page, column(*parts, self._facts, None, space=0))
        old = self._scroll.takeWidget()
        self._scroll.setWidget(page)
        if old is not None:
            old.hide()
            old.deleteLater()
        self._explain()

    def _nodes(self) -> list[Node]:
        network = self._document.shown if self._document else None
        return [network.nodes[n] for n in self._names if n in network.nodes] if network else []

    def _what(self) -> tuple[Any, ...]:
        """What the page was built for: while this stays, only its values are shown anew."""
        if self._document is None:
            return ()
        network, nodes = self._document.shown, self._nodes()
        if not nodes:
            return ("network", tuple(network.variables), self._document.trail)
        inner = tuple(network.inside(n.layer.name) if isinstance(n.layer, Block) else None for n in nodes)
        return (tuple((n.name, n.kind) for n in nodes), *map(id, inner))

    def _follow(self, *_: object) -> None:
        """The network changed: show the values as they are now."""
        if self._what() != self._subject:
            self.refresh()
            return
        nodes = self._nodes()
        if self.form is not None and len(nodes) == 1:
            self.form.show_values(*self._values(nodes[0]))
        elif self.form is not None and self._document is not None:
            self.form.show_values(self._document.shown.variables)
        self._refresh_states()

    def _explain(self, *_: object) -> None:
        """The facts changed: write them anew, if they are other ones."""
        report, nodes = self._document.shown_report if self._document else None, self._nodes()
        known = report is not None and all(n.name in report.facts for n in nodes)
        facts = [report.facts[n.name] for n in nodes] if report is not None and known else []
        basis = (self._subject, report.network if report and not nodes else None, *facts) if known else None
        if basis is not None and _same(basis, self._basis):
            return
        self._basis = basis
        while self._facts.count():
            item = self._facts.takeAt(0)
            if item.widget():
                item.widget().hide()
                item.widget().deleteLater()
        if report is None or not known:
            return
        if not nodes:
            lines = explanation.lines_of_network(report)
        elif len(nodes) == 1:
            lines = explanation.lines_of_node(facts[0])
        else:
            lines = explanation.total_line(facts)
        inside = column(label(tr("What it does"), "strong"), 8, explanation.table(lines), space=0, margin=MARGIN)
        if len(nodes) == 1:
            self._explain_one(inside, nodes[0], facts[0])
        self._facts.addWidget(divider())
        self._facts.addWidget(within(QWidget(), inside))

    def _explain_one(self, inside: Any, node: Node, fact: Any) -> None:
        if fact.error is not None:
            wrong = within(frame("wrong"), column(label(str(fact.error), wrap=True), margin=10))
            inside.addSpacing(8)
            inside.addWidget(wrong)
        elif self._document is not None and (
            drawn := field.picture(self._document.report, self._document.path(node.name))
        ):
            inside.addWidget(divider())
            inside.addSpacing(14)
            inside.addWidget(drawn)

    # the parts of the page

    def _head(
        self, icon: str, color: str, name: QWidget, chip: str, help: str, problem: QWidget | None = None
    ) -> QWidget:
        first = row(Picture(icon, color, 18), name, space=6)
        first.setStretchFactor(name, 1)
        if chip:
            tag = label(chip, "chip")
            tag.setMaximumWidth(150)
            first.addWidget(tag)
        inside = column(first, space=6, margin=(16, 12, 16, 12))
        if problem is not None:
            inside.addWidget(problem)
        if help:
            inside.addWidget(label(help, "label", wrap=True))
        return within(QWidget(), inside)

    def _name_field(self, name: str, rename: Any) -> tuple[Name, QWidget]:
        box, refusal = Name(name), label(role="error", wrap=True)
        refusal.hide()

        def attempt(text: str) -> Any:
            try:
                done = rename(text) if text != box.name else None
            except CanevasError as error:
                flag(box, "invalid", True)
                refusal.setText(str(error))
                refusal.show()
                return None
            flag(box, "invalid", False)
            refusal.hide()
            return done

        def finish() -> None:
            apply = attempt(box.text())
            if apply:
                apply()

        box.textEdited.connect(attempt)
        box.editingFinished.connect(finish)
        return box, refusal

    def _of_node(self, node: Node) -> list[QWidget]:
        document = self._document
        assert document is not None
        network = document.shown

        def rename(text: str) -> Any:
            moved = edit.rename(network if network is document.shown else document.shown, node.name, text)

            def apply() -> None:
                self._names = (text,)
                document.edit_shown(moved.network, tr("Rename {name}", name=node.name), paths=moved.paths)
                self.renamed.emit(node.name, text)

            return apply

        box, refusal = self._name_field(node.name, rename)
        if isinstance(node.layer, Block):
            category, icon, color = "", "box", "t2"
            help = tr("A block: a network that stands for one layer.")
        else:
            category = node.layer.category
            icon, color = theme.theme().family_icon(category), category
            help = tr(help_of(kinds()[node.kind]))
        parts = [self._head(icon, color, box, node.kind, help, refusal), divider(), self._form_of(node)]
        if isinstance(node.layer, Block):
            parts += [divider(), self._inside(node)]
        return parts

    def _values(self, node: Node) -> tuple[dict[str, Any], dict[str, str]]:
        assert self._document is not None
        network = self._document.shown
        if isinstance(node.layer, Block):
            values = {**network.inside(node.layer.name).variables, **node.layer.values}
        else:
            values = dict(node.layer.values)
        for name, expression in node.bind.items():
            try:
                number_now = evaluate(expression, network.variables)
            except CanevasError:
                continue
            values[name] = (
                number_now
                if name not in values or not isinstance(values[name], tuple)
                else ((number_now,) * len(values[name]))
            )
        return values, dict(node.bind)

    def _form_of(self, node: Node) -> QWidget:
        document = self._document
        assert document is not None
        if isinstance(node.layer, Layer):
            specs: Sequence[Spec] = node.layer.specs
        else:
            low = -INT_LIMIT
            specs = [Spec(v, "int", n, low=low) for v, n in document.shown.inside(node.layer.name).variables.items()]
        values, bind = self._values(node)
        form = Form(specs, values, names=True, bind=bind, expression=lambda _, text: self._number(text))
        form.changed.connect(lambda name, value: self._set(node.name, name, value))
        form.bound.connect(lambda name, text: self._bind(node.name, name, text))
        self.form = form
        rows = column(form, space=4, margin=MARGIN)
        report = document.shown_report
        learns = report is not None and node.name in report.facts and report.facts[node.name].parameters
        if learns:
            rows.addLayout(
                self._state(node, tr("Freeze weights"), "freeze", tr("Its weights keep their values in training"))
            )
        if network_passes(document.shown, node):
            rows.addLayout(self._state(node, tr("Bypass"), "bypass", tr("What arrives leaves it unchanged")))
        if not specs and rows.count() == 1:
            return QWidget()
        return within(QWidget(), rows)

    def _state(self, node: Node, text: str, what: str, tip: str) -> Any:
        """A switch for a state of the node: frozen, bypassed."""
        switch, name = Switch(), node.name
        switch.setObjectName(what)
        switch.setAccessibleName(text)
        words = label(text, "label")
        words.setFixedHeight(28)
        for part in (switch, words):
            part.setToolTip(tip)

        def turn(on: bool) -> None:
            document = self._document
            if document is not None:
                change = edit.freeze if what == "freeze" else edit.bypass
                document.edit_shown(change(document.shown, [name], on), f"{text}: {name}")

        def show() -> None:
            now = self._document.shown.nodes.get(name) if self._document else None
            if now is not None:
                switch.setChecked(now.frozen if what == "freeze" else now.bypass)

        before = self._refresh_states
        self._refresh_states = lambda: (before(), show())
        switch.clicked.connect(turn)
        show()
        return row(words, None, switch)

    def _inside(self, node: Node) -> QWidget:
        """The layers inside a block, with their weights, and the ways in and out."""
        document = self._document
        assert document is not None
        assert isinstance(node.layer, Block)
        inside = document.shown.inside(node.layer.name)
        report = document.shown_report
        facts = report.facts[node.name].inside if report and node.name in report.facts else None
        layers = [n for n in inside.nodes.values() if n.kind not in ("Input", "Output")]
        rows = column(
            row(label(tr("Inside"), "strong"), None, label(tr_count("{n} layer", "{n} layers", len(layers)), "label")),
            space=4,
            margin=MARGIN,
        )
        for inner in layers[:12]:
            category = inner.layer.category if isinstance(inner.layer, Layer) else "tens"
            caption = inner.layer.caption if isinstance(inner.layer, Layer) else ""
            words = Elided(" – ".join(part for part in (inner.kind, caption) if part), "label")
            weights = facts.facts[inner.name].parameters if facts else 0
            line = row(
                Picture(theme.theme().family_icon(category), category, 14),
                words,
                label(number(weights) if weights else "", "sum"),
                space=8,
            )
            line.setStretchFactor(words, 1)
            rows.addLayout(line)
        if len(layers) > 12:
            rows.addWidget(label(tr("... and {n} more.", n=len(layers) - 12), "faint"))
        buttons = row(
            button(tr("Open block"), "log-in", do=lambda: self.entered.emit(node.name), name="open-block"),
            button(tr("Dissolve"), "ungroup", do=lambda: self.dissolved.emit(node.name), name="dissolve"),
            space=8,
        )
        rows.addSpacing(4)
        rows.addLayout(buttons)
        return within(QWidget(), rows)

    def _of_network(self) -> list[QWidget]:
        document = self._document
        assert document is not None
        network = document.shown

        def rename(text: str) -> Any:
            if not text.strip() or len(text) > 200:
                raise CanevasError("A network needs a name of at most {n} characters.", n=200)
            return lambda: document.edit_shown(document.shown.change(name=text.strip()), tr("Rename the network"))

        if document.trail:
            name: QWidget = Elided(document.trail[-1], "title")
            refusal = None
        else:
            name, refusal = self._name_field(network.name, rename)
        words = tr_count("{n} node", "{n} nodes", len(network.nodes))
        chip = tr("Block") if document.trail else tr("Network")
        variables = Variables(network.variables)
        variables.edited.connect(self._set_variable)
        variables.removed.connect(lambda v: self._set_variable(v, None))
        self.form = variables.form
        return [
            self._head("workflow", "acc", name, chip, words, refusal),
            divider(),
            within(QWidget(), column(variables, margin=MARGIN)),
        ]

    def _of_many(self) -> list[QWidget]:
        nodes = self._nodes()
        title = label(tr_count("{n} node selected", "{n} nodes selected", len(nodes)), "title")
        names = ", ".join(n.name for n in nodes[:40])
        return [self._head("square-dashed", "acc", title, "", names)]

    # edits

    def _number(self, text: str) -> int:
        assert self._document is not None
        return evaluate(text, self._document.shown.variables)

    def _set(self, node: str, name: str, value: Any) -> None:
        self._try(
            lambda network: edit.set_values(network, node, **{name: value}),
            tr("Set {value} of {node}", value=name, node=node),
            name,
            f"{node}.{name}",
        )

    def _bind(self, node: str, name: str, expression: str) -> None:
        self._try(
            lambda network: edit.bind(network, node, name, expression),
            tr("Bind {value} of {node}", value=name, node=node),
            name,
            f"{node}.{name}",
        )

    def _set_variable(self, name: str, value: int | None) -> None:
        self._try(
            lambda network: edit.set_variable(network, name, value),
            tr("Set the variable {name}", name=name),
            name,
            f"variable {name}" if value is not None else "",
        )

    def _try(self, change: Any, text: str, name: str, merge: str) -> None:
        """Apply a change to the network that is looked at; a refusal is shown under the field."""
        document = self._document
        if document is None:
            return
        try:
            document.edit_shown(
                change(document.shown), text, merge=f"{'.'.join(document.trail)}/{merge}" if merge else ""
            )
        except CanevasError as error:
            if self.form is not None and name in self.form.fields:
                self.form.refuse(name, str(error))

    def _focus(self, old: QWidget | None, new: QWidget | None) -> None:
        """Another field is entered: what follows is a step of its own in the history."""
        if self._document is not None and new is not None and self.isAncestorOf(new):
            self._document.seal()


def _same(a: tuple[Any, ...], b: tuple[Any, ...] | None) -> bool:
    """Whether two lists of facts are the same objects."""
    return (
        b is not None and len(a) == len(b) and a[0] == b[0] and all(x is y for x, y in zip(a[1:], b[1:], strict=True))
    )


def network_passes(network: Any, node: Node) -> bool:
    """Whether a node could be bypassed: what arrives at its first input may leave its first output."""
    inputs, outputs = network.inputs(node), network.outputs(node)
    return bool(inputs and outputs and set(inputs[0].accepts) & set(outputs[0].accepts))
