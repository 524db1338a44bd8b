"""The panel at the right of the drawing: what is selected, its values, and what it does.

Above stands a page for the subject (:mod:`gui.subjects`), below the numbers (:mod:`gui.explanation`), then groups of
facts that open (:mod:`gui.groups`).  Every change is an edit of the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget

from graph.analysis import Fact, Report
from graph.edit import standings
from graph.network import Block, Node
from graph.text import tr
from gui import explanation, field
from gui.document import Document
from gui.explanation import Line, Lines
from gui.explanation_card import show_explanation
from gui.form import Form
from gui.groups import Groups
from gui.node_page import NodePage
from gui.parts import clear, column, divider, frame, label, within
from gui.subjects import MARGIN, ManyPage, NetworkPage, Page
from gui.trail import path_of


class Inspector(QWidget):
    """Shows and edits what is selected in the network that is looked at."""

    renamed = Signal(str, str)
    """A node has another name: the old one, the new one."""
    entered = Signal(str)
    """Somebody wants to look into the block of this name."""
    wanted = Signal(str, str)
    """Somebody wants a command done to a node: its id, and the name of the node."""
    dissolved = Signal(str)
    """Somebody wants the block of this name replaced by what is inside."""
    chosen = Signal(object)
    """Names of nodes that somebody wants to see selected."""
    field_wanted = Signal(str)
    """Somebody wants to see the receptive field of the node at this path, large."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document: Document | None = None
        self._names: tuple[str, ...] = ()
        self._subject: tuple[Any, ...] = ()
        self._basis: tuple[Any, ...] | None = None
        self._groups = Groups(self)
        self._groups.asked.connect(self.ask)
        self._groups.chosen.connect(self.chosen)
        self.page: Page | None = None
        self._facts = column(space=0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        within(self, column(self._scroll, space=0))
        QApplication.instance().focusChanged.connect(self._focus)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes it shows."""
        return self._names

    @property
    def form(self) -> Form | None:
        """The form of what it shows, if that has values."""
        return self.page.form if self.page is not None else None

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

    def edit_name(self) -> None:
        """Begin to edit the name."""
        if (found := self._scroll.widget().findChild(QLineEdit, "name")) is not None:
            found.setFocus(Qt.FocusReason.ShortcutFocusReason)
            found.selectAll()

    def refresh(self) -> None:
        """Build everything anew for what is selected."""
        self._subject, self._basis = self._what(), None
        self._facts = column(space=0)
        self.page = self._made_page()
        old = self._scroll.takeWidget()
        self._scroll.setWidget(
            within(QWidget(), column(*([self.page] if self.page else []), self._facts, None, space=0))
        )
        if old is not None:
            old.hide()
            old.deleteLater()
        self._explain()

    def _made_page(self) -> Page | None:
        document, nodes = self._document, self._nodes()
        if document is None:
            return None
        if not nodes:
            whole = NetworkPage(document)
            whole.chosen.connect(self.chosen)
            return whole
        if len(nodes) > 1:
            return ManyPage(document, nodes)
        page = NodePage(document, nodes[0])
        page.renaming.connect(self._rename)
        page.renamed.connect(self.renamed)
        page.entered.connect(self.entered)
        page.dissolved.connect(self.dissolved)
        page.wanted.connect(self.wanted)
        return page

    def _rename(self, new: str) -> None:
        """The node shown is about to bear another name: it stays the one that is shown."""
        self._names = (new,)

    def _nodes(self) -> list[Node]:
        network = self._document.shown if self._document else None
        return [network.nodes[n] for n in self._names if n in network.nodes] if network else []

    def _what(self) -> tuple[Any, ...]:
        """What the page was built for: while this stays, only its values are shown anew."""
        if self._document is None:
            return ()
        network, nodes = self._document.shown, self._nodes()
        if not nodes:
            return ("network", tuple(network.variables), self._document.trail, len(network.nodes), network.name)
        inner = tuple(network.inside(n.layer.name) if isinstance(n.layer, Block) else None for n in nodes)
        alone = tuple(standings(self._document.network, n.kind) if isinstance(n.layer, Block) else 0 for n in nodes[:1])
        return (tuple((n.name, n.kind) for n in nodes), alone, *map(id, inner))

    def _follow(self, *_: object) -> None:
        """The network changed: show the values as they are now."""
        if self._what() != self._subject:
            self.refresh()
        elif self.page is not None:
            self.page.follow()

    # what it does

    def _explain(self, *_: object) -> None:
        """The facts changed: write them anew, if they are other ones."""
        report, nodes = self._document.shown_report if self._document else None, self._nodes()
        if report is None or any(n.name not in report.facts for n in nodes):
            self._basis = None
            clear(self._facts)
            return
        facts = [report.facts[n.name] for n in nodes]
        basis = (self._subject, None if nodes else report, *facts)
        if self._basis is not None and _same(basis, self._basis):
            return
        self._basis = basis
        clear(self._facts)
        lines = Lines(self._lines(report, facts))
        lines.asked.connect(self.ask)
        inside = column(label(tr("What it does"), "strong"), 8, lines, space=0, margin=MARGIN)
        if len(nodes) == 1:
            for part in self._drawn(nodes[0].name, facts[0]):
                inside.addWidget(part)
        self._facts.addWidget(divider())
        self._facts.addWidget(within(QWidget(), inside))
        if len(nodes) < 2 and all(f.error is None for f in facts):
            name = nodes[0].name if nodes else ""
            for group in self._groups.made(self._document.report, self.path, report, name):
                self._facts.addWidget(divider())
                self._facts.addWidget(group)

    def _lines(self, report: Report, facts: list[Fact]) -> list[Line]:
        assert self._document is not None
        if len(facts) > 1:
            return explanation.total_line(facts)
        if facts or self._document.trail:
            return explanation.lines_of_node(self._document.report, self.path)
        return explanation.lines_of_network(report)

    @property
    def path(self) -> str:
        """The path of what it shows: of a node, of the block that is looked into; empty for the whole network."""
        document = self._document
        if document is None:
            return ""
        if self._names:
            return document.path(self._names[0])
        return path_of(document.network, document.trail) if document.trail else ""

    def ask(self, quantity: str, beside: QRect) -> None:
        """Explain a number of what is shown, beside where it stands on the screen."""
        if self._document is not None:
            show_explanation(self, self._document.report, self.path, quantity, beside, self._groups.terms)

    def _drawn(self, name: str, fact: Fact) -> list[QWidget]:
        """Below the numbers: what is wrong, or what it sees of the input."""
        assert self._document is not None
        if fact.error is not None:
            wrong = within(frame("wrong"), column(label(str(fact.error), wrap=True), margin=10))
            return [within(QWidget(), column(8, wrong, space=0))]
        path = self._document.path(name)
        drawn = field.picture(self._document.report, path)
        if drawn is None:
            return []
        drawn.asked.connect(self.ask)
        drawn.opened.connect(lambda: self.field_wanted.emit(path))
        return [divider(), within(QWidget(), column(14, drawn, space=0))]

    def _focus(self, old: QWidget | None, new: QWidget | None) -> None:
        """Another field is entered: what follows is a step of its own in the history."""
        if self._document is not None and new is not None and self.isAncestorOf(new):
            self._document.seal()


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two lists of facts are of the same subject, and the same objects."""
    return len(a) == len(b) and a[0] == b[0] and all(x is y for x, y in zip(a[1:], b[1:], strict=True))
