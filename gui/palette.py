"""What can be put on the drawing: kinds of layers by family, blocks of this network, and presets to open.

A row is dragged onto the canvas, or added with a double click or Enter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem
from PySide6.QtWidgets import QLineEdit, QTabBar, QWidget

from graph.errors import CanevasError
from graph.layer import CATEGORIES, Layer, help_of, kinds
from graph.network import Network
from graph.text import number, tr
from gui import palette_blocks, theme
from gui.numbers import short
from gui.palette_rows import DEFINITION, HELP, ICON, NAME, WHAT, Tree, item
from gui.parts import column, divider, label, within
from gui.search import best, words_of
from runtime import library
from runtime.import_.builders import listed

OPEN = {"io", "conv", "dense", "merge", "loss"}
"""Families that are open at first; a search opens all."""
TABS = ("layers", "blocks", "presets")


def families(query: str = "") -> dict[str, list[type[Layer]]]:
    """The kinds that answer *query*, by family, in the order of the palette; families without any are left out."""
    offered = (cls for cls in kinds().values() if cls.offered)
    found = best(query, offered, lambda cls: (cls.__name__, words_of(cls)))
    groups: dict[str, list[type[Layer]]] = {category: [] for category in CATEGORIES}
    for cls in found:
        groups[cls.category].append(cls)
    return {category: group for category, group in groups.items() if group}


class Palette(QWidget):
    """The panel at the left of the drawing."""

    kind_wanted = Signal(str)
    block_wanted = Signal(str)
    preset_wanted = Signal(str)
    torchvision_wanted = Signal(str)
    definition_wanted = Signal(object)
    """A block that does not stand in the network yet is wanted: its definition."""
    refused = Signal(str)
    """Why a kept block cannot be renamed or removed."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._network: Network | None = None
        self._shut = {*CATEGORIES, "torchvision"} - OPEN
        self.search = QLineEdit()
        self.search.setObjectName("palette-search")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(theme.icon("search", "t3"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._add_first)
        self.tabs = QTabBar()
        self.tabs.setProperty("role", "panel")
        self.tabs.setExpanding(False)
        for text in (tr("Layers"), tr("Blocks"), tr("Presets")):
            self.tabs.addTab(text)
        self.tabs.currentChanged.connect(self._fill)
        self.tree = Tree()
        self.tree.chosen.connect(self._choose)
        self.tree.turned.connect(self._turned)
        self.tree.unwanted.connect(self._remove_mine)
        self.tree.model().itemChanged.connect(self._rename_mine)
        self._fill_soon = QTimer(self, singleShot=True, interval=0)  # a row that is being edited stays until then
        self._fill_soon.timeout.connect(self._fill)
        self.tree.selectionModel().currentChanged.connect(lambda index, _: self._help(index))
        self.help = label(role="label", wrap=True)
        self.help.setContentsMargins(14, 10, 14, 12)
        self.help.setMinimumHeight(56)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        top = column(self.search, self.tabs, space=6, margin=(12, 12, 12, 0))
        within(self, column(top, divider(), self.tree, divider(), self.help, space=0))
        self.search.installEventFilter(self)
        self._fill()

    def show_network(self, network: Network | None) -> None:
        """Show the blocks of *network*."""
        blocks = network.blocks if network else {}
        same = self._network is not None and blocks is self._network.blocks
        self._network = network
        if not same and self.tabs.currentIndex() == 1:
            self._fill()

    def refresh(self) -> None:
        """Show the blocks as they are now."""
        if self.tabs.currentIndex() == 1:
            self._fill()

    def seek(self) -> None:
        """Go to the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _fill(self) -> None:
        tab = TABS[self.tabs.currentIndex()]
        query = self.search.text()
        words = {"layers": tr("Search layers"), "blocks": tr("Search blocks"), "presets": tr("Search presets")}
        self.search.setPlaceholderText(words[tab])
        model = self.tree.model()
        model.clear()
        for made in getattr(self, f"_{tab}")(query):
            model.appendRow(made)
        for at in range(model.rowCount()):
            index = model.index(at, 0)
            self.tree.setExpanded(index, bool(query) or index.data(NAME) not in self._shut)
        self.help.setText(self._hint(tab, query) if not model.rowCount() else self._usage(tab))

    def _layers(self, query: str) -> list[QStandardItem]:
        items = []
        for category, group in families(query).items():
            head = item("family", category, str(CATEGORIES[category]), category, number(len(group)))
            head.setData(theme.theme().family_icon(category), ICON)
            for cls in group:
                head.appendRow(item("kind", cls.__name__, cls.__name__, category, cls().caption, help=tr(help_of(cls))))
            items.append(head)
        return items

    def _blocks(self, query: str) -> list[QStandardItem]:
        return palette_blocks.rows(self._network, query)

    def _rename_mine(self, row: QStandardItem) -> None:
        """The title of a kept block was edited."""
        if row.data(WHAT) != "mine" or row.data(DEFINITION) is None or row.text() == row.data(DEFINITION).name:
            return
        try:
            library.rename(Path(row.data(NAME)), row.text())
        except CanevasError as error:
            self.refused.emit(str(error))
        self._fill_soon.start()

    def _remove_mine(self, file: str) -> None:
        try:
            library.remove(Path(file))
        except CanevasError as error:
            self.refused.emit(str(error))
        self._fill()

    def _presets(self, query: str) -> list[QStandardItem]:
        from presets import presets

        items = []
        for preset in best(query, presets().values(), lambda p: (str(p.title), f"{p.name} {p.task}")):
            below = tr("{n} parameters", n=preset.parameters)
            help = "\n".join(filter(None, (str(preset.notes), str(preset.reference))))
            made = item("preset", preset.name, str(preset.title), "acc", "", below, help=help)
            made.setData("workflow", ICON)
            items.append(made)
        found = best(query, listed(), lambda b: (b.title, f"{b.name} {b.task} torchvision"))
        if found:
            head = item("family", "torchvision", "torchvision", "acc", number(len(found)))
            head.setData("library", ICON)
            for known in found:
                below = tr("{n} parameters", n=known.parameters)
                help = f"torchvision.models.{known.name}: {short(known.gmacs * 1e9)} {tr('multiply-adds')}"
                made = item("torchvision", known.name, known.title, "acc", "", below, help=help)
                made.setData("workflow", ICON)
                head.appendRow(made)
            items.append(head)
        return items

    def _hint(self, tab: str, query: str) -> str:
        if query:
            return tr("Nothing is called {query}.", query=query)
        if tab == "blocks":
            return tr("Select nodes and press Ctrl+G to make a block.")
        return ""

    def _usage(self, tab: str) -> str:
        if tab == "blocks" and not self.search.text():
            return tr("Drag a row onto the drawing. Ctrl+G makes a block of selected nodes; its menu saves it here.")
        if tab == "presets":
            return tr("Double-click opens a preset beside what is open.")
        return tr("Drag a row onto the drawing, or add it with a double click.")

    def _help(self, index: QModelIndex) -> None:
        if index.isValid() and index.data(HELP):
            self.help.setText(index.data(HELP))

    def _turned(self, family: str, on: bool) -> None:
        (self._shut.discard if on else self._shut.add)(family)

    def _add_first(self) -> None:
        index = self.tree.first()
        if index is not None:
            self.tree.setCurrentIndex(index)
            self._choose(index.data(WHAT), index.data(NAME))

    def _choose(self, what: str, name: str) -> None:
        signals = {"kind": self.kind_wanted, "block": self.block_wanted, "preset": self.preset_wanted}
        signals["torchvision"] = self.torchvision_wanted
        if what in signals:
            signals[what].emit(name)
        elif (definition := self.tree.currentIndex().data(DEFINITION)) is not None:
            self.definition_wanted.emit(definition)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """The arrow down leads from the search into the list."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
            first = self.tree.first()
            if first is not None:
                self.tree.setFocus(Qt.FocusReason.TabFocusReason)
                self.tree.setCurrentIndex(first)
            return True
        return super().eventFilter(watched, event)
