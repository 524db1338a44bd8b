"""The canvas as a widget: a document's network, drawn, with what stands around the drawing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph.network import Network
from graph.text import tr
from gui import theme as look
from gui.canvas.actions import Actions
from gui.canvas.badges import Badges
from gui.canvas.controls import Breadcrumbs, ZoomControl
from gui.canvas.figures import figure_at
from gui.canvas.geometry import Point
from gui.canvas.hand import Hand
from gui.canvas.hit import End
from gui.canvas.items import qrect
from gui.canvas.look import Look, block_of
from gui.canvas.minimap import Minimap, clearance
from gui.canvas.noting import Notes
from gui.canvas.preview import Preview
from gui.canvas.quick_add import WIDTH as QUICK_WIDTH
from gui.canvas.quick_add import QuickAdd, entries
from gui.canvas.scene import Scene
from gui.canvas.showing import Showing
from gui.canvas.viewport import View
from gui.document import Document

MARGIN = 16
"""Pixels between what stands over the canvas and its border."""


class CanvasView(QWidget):
    """Shows a document and lets one edit it.

    ``actions`` edit, ``notes`` comments, ``look`` walks and frames, ``showing`` says which numbers are seen: what
    commands call.  ``scene`` holds the items, ``view`` scrolls and zooms, ``hand`` takes mouse and keys.
    """

    selection_changed = Signal(object)
    """Names of the selected nodes of the network that is looked at."""
    entered = Signal(object)
    """Another place is looked at: names of the blocks from the outside in."""
    told = Signal(str)
    """A sentence for the status line: why something was refused."""
    network_wanted = Signal(str)
    """A whole network was chosen in the search: ``preset:NAME``, ``torchvision:NAME``."""
    menu_wanted = Signal(QPoint)
    """A right click, in coordinates of the screen; what is under the pointer is selected."""

    number_asked = Signal(str, str, QRect)
    """A number on a node was clicked: the node, the name under which it is explained, where it is on the screen."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.scene = Scene(self)
        self.view = View(self.scene, self)
        self.minimap = Minimap(self.view)
        self.zoom = ZoomControl(self.view, self.show_everything, self.turn_map, self.open_showing)
        self.crumbs = Breadcrumbs(self)
        self.actions, self.look = Actions(self), Look(self)
        self.hand = Hand(self)
        self.notes, self.showing = Notes(self), Showing(self)
        self.view.hand = self.hand
        self.badges = Badges(self)
        self.preview = Preview(self)  # before the drawing hears of changes: its marks go first
        self.search: QuickAdd | None = None
        self._trail = document.trail
        self._places: dict[tuple[str, ...], tuple[float, Point]] = {}
        self._framed = False
        self._mapped = True
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.crumbs)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.zoom.show_map(True)
        self._connect()
        self._show(None, document.network)
        self.scene.know(document.shown_report)

    def _connect(self) -> None:
        self.document.changed.connect(self._show)
        self.document.analyzed.connect(self._know)
        self.document.entered.connect(self._enter)
        self.scene.selection_changed.connect(self.selection_changed)
        self.view.looked.connect(self.place_overlays)
        self.minimap.wanted.connect(self.view.center_on)
        self.crumbs.wanted.connect(self.document.enter)
        look.changed.connect(self._look_anew)

    @property
    def network(self) -> Network:
        """The network that is looked at."""
        return self.document.shown

    @property
    def selection(self) -> tuple[str, ...]:
        """Names of the selected nodes, in stored order."""
        return self.scene.selection

    def selected_block(self) -> str:
        """Name of the one block that is selected; empty for none or several."""
        return block_of(self.network, self.selection)

    def viewport(self) -> QWidget:
        """The widget that gets the mouse."""
        return self.view.viewport()

    def show_everything(self) -> None:
        """Show all of the network."""
        self.view.frame(self.scene.drawing.bounds())
        if self._mapped:
            self.view.pan(clearance(self._nodes_on_screen(), self._map_place()), 0)

    def _map_place(self) -> QRect:
        """Where the minimap stands, or will."""
        area, size = self.view.rect(), self.minimap.sizeHint()
        return QRect(QPoint(area.width() - size.width() - MARGIN, area.height() - size.height() - MARGIN), size)

    def _nodes_on_screen(self) -> list[QRect]:
        """Where the nodes stand in the view."""
        return [self.view.mapFromScene(item.sceneBoundingRect()).boundingRect() for item in self.scene.nodes.values()]

    def turn_map(self) -> None:
        """Show the minimap, or hide it."""
        self._mapped = not self._mapped
        self.zoom.show_map(self._mapped)
        self.place_overlays()

    def open_showing(self) -> None:
        """Offer what may stand on the nodes, and what they may be warm by."""
        menu = self.showing.menu()
        at = self.zoom.mapToGlobal(QPoint(0, 0))
        menu.popup(QPoint(at.x(), at.y() - menu.sizeHint().height() - 4))

    def tell(self, text: str) -> None:
        """Say why something was refused: beside the pointer and in the status line."""
        self.hand.say(text)
        self.told.emit(text)

    def open_search(self, at: Point | None, end: End | None) -> None:
        """Open the box that searches what to add."""
        if self.search is not None:
            self.search.close_box()
        before = () if at is not None else self.selection
        hint = tr("Add a layer") if not before else tr("Add a layer after {name}", name=", ".join(before[-3:]))
        box = QuickAdd(self.view, entries(self.network, end), hint)
        box.chosen.connect(lambda layer: self.actions.add(layer, at, before, end))
        box.opened.connect(self.network_wanted.emit)
        box.gone.connect(self._search_gone)
        self.search = box
        where = self.view.mapFromScene(QPointF(*at)) if at is not None else self._search_place(before)
        box.open(where)

    def _search_place(self, names: tuple[str, ...]) -> QPoint:
        """Beside what will feed the new node; else in the upper middle of the canvas."""
        rect = self.scene.drawing.bounds(names) if names else None
        if rect is not None:
            return self.view.mapFromScene(QPointF(rect.right + 16, rect.top))
        return QPoint((self.view.width() - QUICK_WIDTH) // 2, self.view.height() // 5)

    def ask_figure(self, name: str, at: Point) -> None:
        """A node was clicked at a place of the scene: if a number stands there, ask how it comes about."""
        figure = figure_at(self.scene, name, at, self.view.scale_now) if name else None
        if figure is not None:
            place = self.view.mapFromScene(qrect(figure.rect)).boundingRect()
            place.moveTopLeft(self.viewport().mapToGlobal(place.topLeft()))
            self.number_asked.emit(figure.node, figure.quantity, place)

    def _search_gone(self) -> None:
        box, self.search = self.search, None
        if box is not None:
            box.deleteLater()
        self.view.setFocus()

    # what the document says

    def _show(self, before: Network | None, after: Network) -> None:
        if self._trail != self.document.trail:
            return  # entering another place follows
        if self.hand.gesture is not None:  # what is in hand belongs to the network before
            self.hand.cancel()
        self.scene.show(self.document.shown)
        self.minimap.refresh()
        self.minimap.setVisible(self._mapped and bool(self.scene.nodes))
        if self._trail:
            self.crumbs.show_trail(self.document.title, self._trail)

    def _know(self, report: object) -> None:
        self.scene.know(self.document.shown_report)
        self.minimap.refresh()

    def _enter(self, trail: tuple[str, ...]) -> None:
        self.hand.cancel()
        self._places[self._trail] = (self.view.scale_now, self.view.sight().center)
        came_out = self._trail[len(trail) :][:1] if self._trail[: len(trail)] == trail else ()
        self._trail = trail
        self.scene.select(())
        self.scene.show(self.document.shown)
        self.scene.know(self.document.shown_report)
        self.crumbs.show_trail(self.document.title, trail)
        if trail in self._places:
            scale, center = self._places[trail]
            self.view.zoom_to(scale)
            self.view.center_on(center)
        else:
            self.show_everything()
        self.scene.select(came_out)
        self.minimap.refresh()
        self.entered.emit(trail)

    # how it looks

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._framed:
            self._framed = True
            self._frame_first()
        self.place_overlays()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hand.cancel()
        self.hand.hush()

    def _frame_first(self) -> None:
        """Show the whole where it can be read, else its beginning."""
        whole = self.scene.drawing.bounds()
        if whole is None:
            self.view.center_on((0.0, 0.0))
            return
        area = self.viewport().rect()
        fits = min(area.width() / (whole.right - whole.left + 80), area.height() / (whole.bottom - whole.top + 80))
        if fits >= 0.45 or len(self.scene.nodes) > 200:
            self.show_everything()
            return
        self.view.zoom_to(0.8)
        self.view.center_on((whole.center[0], whole.top - 40 + area.height() / 1.6))

    def place_overlays(self) -> None:
        """Put what stands over the drawing into its corners."""
        area = self.view.rect()
        self.zoom.move(MARGIN, area.height() - self.zoom.height() - MARGIN)
        self.showing.legend.move(MARGIN, area.height() - self.zoom.height() - self.showing.legend.height() - MARGIN - 8)
        self.minimap.move(area.width() - self.minimap.width() - MARGIN, area.height() - self.minimap.height() - MARGIN)
        self.minimap.setVisible(self._mapped and bool(self.scene.nodes))
        self.minimap.update()

    def _look_anew(self) -> None:
        self.scene.forget_pictures()
        self.minimap.refresh()
        self.view.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._look_anew()
