"""The Design room: what to take at the left, the drawing in the middle, what it is at the right, problems below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QUndoView, QWidget

from graph.errors import CanevasError
from graph.layer import Layer, kinds
from graph.network import Block, Network
from graph.repeats import standing
from graph.text import tr
from gui.canvas import CanvasView
from gui.document import Document
from gui.explanation_card import show_explanation
from gui.inspector import Inspector
from gui.palette import Palette
from gui.parts import column, divider, label, row, tool, within
from gui.problems import Problems
from gui.tabs import DocumentTabs

if TYPE_CHECKING:
    from graph.analysis import Report
    from gui.circumstances import Surroundings
    from gui.comparison import Comparison
    from gui.receptive import FieldPanel
    from gui.window import Window

PALETTE, INSPECTOR = 256, 320
"""Widths of the panels at first."""


class Design(QWidget):
    """Puts palette, tabs, canvas, inspector and problems together."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window, self._session = window, window.session
        self.palette, self.inspector, self.problems = Palette(), Inspector(), Problems()
        self.tabs = DocumentTabs(self._session, window.files.new, window.files.close)
        self.canvases: dict[Document, CanvasView] = {}
        self._empty = QWidget()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._history: QUndoView | None = None
        self._field: FieldPanel | None = None
        self.comparison: Comparison | None = None
        self._around: Surroundings | None = None
        middle = QWidget()
        within(middle, column(self.tabs, self._stack, self.problems, space=0))
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setHandleWidth(1)
        for part, least in ((self.palette, 180), (middle, 320), (self.inspector, 260)):
            part.setMinimumWidth(least)
            self._split.addWidget(part)
        self._split.setChildrenCollapsible(False)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([PALETTE, 1024, INSPECTOR])
        within(self, column(self._split, space=0))
        self._connect()
        self.show_document(self._session.document)

    def _connect(self) -> None:
        session = self._session
        session.document_changed.connect(self.show_document)
        session.documents_changed.connect(self._tidy)
        self.palette.kind_wanted.connect(lambda kind: self._put(kinds()[kind]()))
        self.palette.block_wanted.connect(lambda block: self._put(Block(block)))
        self.palette.definition_wanted.connect(self._put)
        self.palette.refused.connect(self._window.notice.say)
        self.palette.preset_wanted.connect(self._window.files.preset)
        self.palette.torchvision_wanted.connect(self._window.files.torchvision)
        self.problems.shown.connect(self.show_path)
        self.problems.previewed.connect(self._preview)
        self.problems.listed.connect(lambda problems: self.canvas and self.canvas.badges.show(problems))
        self.problems.listed.connect(self._window.status.show_problems)
        self.inspector.renamed.connect(lambda _, new: self.canvas and self.canvas.scene.select((new,)))
        self.inspector.entered.connect(lambda name: self._enter(name))
        self.inspector.chosen.connect(lambda names: self.canvas and self.canvas.scene.select(names))
        self.inspector.dissolved.connect(lambda name: self.canvas and self._do("dissolve", name))
        self.inspector.field_wanted.connect(self.show_field)
        self.inspector.wanted.connect(lambda id, name: self.canvas and self._do(id, name))

    def _judge_beside(self) -> None:
        """Judge networks beside the data and the machine from now on."""
        from gui.circumstances import Surroundings  # not before a network is open: a window shows sooner

        around = self._around = Surroundings(self._session)
        around.changed.connect(self.problems.refresh)
        self.problems.judge_beside(lambda: around.now)

    def _preview(self, after: Report | None) -> None:
        if self.canvas is None:
            return
        if after is None:
            self.canvas.preview.end()
        else:
            self.canvas.preview.show(after)

    @property
    def canvas(self) -> CanvasView | None:
        """The drawing of the current document; none while two networks are compared."""
        if self.comparison is not None:
            return None
        document = self._session.document
        return self.canvases.get(document) if document else None

    def show_document(self, document: Document | None) -> None:
        """Show another document."""
        self.end_comparison()
        if document is None:
            self._stack.setCurrentWidget(self._empty)
        else:
            if self._around is None:
                self._judge_beside()
            if document not in self.canvases:
                self._add(document)
            self._stack.setCurrentWidget(self.canvases[document])
        self.inspector.show_document(document)
        self.problems.show_document(document)
        self.palette.show_network(document.network if document else None)
        if self.canvas is not None:
            self.inspector.select(self.canvas.scene.selection)
        if self._field is not None and self._field.isVisible():
            self._field.show_node(document, self._selected_path(document) if document else "")

    def _add(self, document: Document) -> None:
        canvas = CanvasView(document)
        canvas.selection_changed.connect(lambda names: self._selected(document, names))
        canvas.entered.connect(lambda _: self._entered(document))
        canvas.told.connect(self._session.say)
        canvas.network_wanted.connect(self._window.files.named)
        canvas.menu_wanted.connect(self._menu)
        canvas.number_asked.connect(lambda name, quantity, place: self._explain(document, name, quantity, place))
        document.analyzed.connect(lambda _: self._analyzed(document))
        self.canvases[document] = canvas
        self._stack.addWidget(canvas)

    def _explain(self, document: Document, name: str, quantity: str, place: QRect) -> None:
        """A number on a node was clicked: say how it comes about."""
        show_explanation(self, document.report, document.path(name), quantity, place)

    def _tidy(self) -> None:
        """Let the canvases of closed documents go."""
        for document in [d for d in self.canvases if d not in self._session.documents]:
            canvas = self.canvases.pop(document)
            self._stack.removeWidget(canvas)
            canvas.hide()
            canvas.deleteLater()

    def _selected(self, document: Document, names: object) -> None:
        if document is self._session.document:
            self.inspector.select(tuple(names))  # type: ignore[arg-type]
            if self._field is not None and self._field.isVisible():
                self._field.show_node(document, self._selected_path(document))
            self._window.refresh()

    def _selected_path(self, document: Document) -> str:
        """The path of the first selected node; empty for none."""
        names = self.canvases[document].selection
        return document.path(names[0]) if names else ""

    def show_field(self, path: str = "") -> None:
        """Show the receptive field of a node large: of the one at *path*, else of the one that is selected."""
        document = self._session.document
        if document is None:
            return
        if self._field is None:
            from gui.receptive import FieldPanel

            self._field = FieldPanel(self, self._session)
        self._field.show_node(document, path or self._selected_path(document))
        self._field.show()
        self._field.raise_()
        self._field.picture.setFocus(Qt.FocusReason.OtherFocusReason)

    def _entered(self, document: Document) -> None:
        if document is self._session.document:
            self.inspector.select(self.canvases[document].scene.selection)
            self.inspector.refresh()
            self._window.refresh()

    def _analyzed(self, document: Document) -> None:
        if document is self._session.document:
            self.problems.refresh()
            self.palette.show_network(document.network)
            self.tabs.count()

    def show_path(self, path: str) -> None:
        """Go to the node at *path*, into blocks if it is in one, and select it."""
        document, canvas = self._session.document, self.canvas
        if document is None or canvas is None:
            return
        trail, name = standing(document.network, path)
        document.enter(trail)
        canvas.look.show(name)

    def _put(self, layer: Layer | Block | Network) -> None:
        """Add a layer (or the definition of a block), fed by what is selected."""
        if self.canvas is not None:
            self.canvas.actions.add(layer, after=self.canvas.selection)

    def _enter(self, name: str) -> None:
        document = self._session.document
        if document is not None:
            document.enter((*document.trail, name))

    def _do(self, id: str, name: str) -> None:
        """Do a command to a node."""
        assert self.canvas is not None
        self.canvas.scene.select((name,))
        self._window.do(id)

    def _menu(self, place: QPoint) -> None:
        """The menu of a right click: what one can do with what is selected."""
        from gui.commands import COMMANDS

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window.refresh()
        for command in COMMANDS:
            if command.room == "design" and command.menu in ("edit", "network") and command.enabled(self._window):
                menu.addAction(self._window.actions_by_id[command.id])
        menu.popup(place)

    def keep_blocks(self) -> None:
        """Put the definitions of the selected blocks among the own blocks."""
        from runtime import library

        canvas = self.canvas
        if canvas is None:
            return
        names = [n for n in canvas.selection if isinstance(canvas.network[n].layer, Block)]
        for block in dict.fromkeys(canvas.network[n].kind for n in names):
            try:
                made = library.keep(canvas.network, block)
            except CanevasError as error:
                self._window.notice.say(str(error))
                return
            self._session.say(tr("{name} is in your blocks: the palette shows them.", name=made.title))
        self.palette.refresh()

    def save_picture(self, file: Path) -> None:
        """Save the drawing as SVG or PNG, by the ending of *file*."""
        canvas = self.canvas
        if canvas is None:
            return
        try:
            canvas.look.save_picture(file)
        except CanevasError as error:
            self._window.notice.say(str(error))
            return
        self._session.say(tr("Saved {file}", file=file.name))

    def compare(self, before: Network, after: Network, titles: tuple[str, str]) -> None:
        """Show two networks in one drawing, instead of that of the document; Escape comes back."""
        from gui.comparison import Comparison

        self.end_comparison()
        page = Comparison(before, after, titles)
        page.closed.connect(self.end_comparison)
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self.comparison = page
        self.inspector.select(())
        for aside in (self.palette, self.inspector, self.problems):
            aside.hide()
        self._window.refresh()
        page.view.setFocus()

    def end_comparison(self) -> None:
        """Come back to the drawing of the document."""
        page, self.comparison = self.comparison, None
        if page is None:
            return
        self._stack.removeWidget(page)
        page.hide()
        page.deleteLater()
        for aside in (self.palette, self.inspector, self.problems):
            aside.show()
        if (canvas := self.canvas) is not None:
            self._stack.setCurrentWidget(canvas)
            canvas.view.setFocus()
            self.inspector.select(canvas.selection)
        self._window.refresh()

    def turn_history(self) -> None:
        """Open the list of all steps, or close it; a click goes back to a step."""
        if self._history is None:
            self._history = QUndoView()
            self._history.setObjectName("history")
            self._history.setEmptyLabel(tr("As it was opened"))
            title = row(
                label(tr("History"), "strong"),
                None,
                tool("x", tr("Close"), self.turn_history),
                margin=(16, 2, 8, 2),
            )
            steps = column(self._history, margin=(8, 0, 8, 8))
            self._history_panel = within(QWidget(), column(divider(), title, steps, space=0))
            self._history_panel.setFixedHeight(240)
            self._history_panel.hide()
            self.inspector.layout().addWidget(self._history_panel)
            self._session.document_changed.connect(self._show_history)
        self._show_history(self._session.document)
        self._history_panel.setVisible(self._history_panel.isHidden())

    def _show_history(self, document: Document | None) -> None:
        if self._history is not None:
            self._history.setStack(document.stack if document else None)
