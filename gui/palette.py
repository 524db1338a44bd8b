"""What can be put on the drawing: kinds of layers by family, blocks of this network, and presets to open.

A row is dragged onto the canvas, or added with a double click or Enter.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QTreeView,
    QWidget,
)

from graph.layer import CATEGORIES, Layer, help_of, kinds
from graph.network import Network
from graph.text import number, tr, tr_count
from gui import theme
from gui.parts import column, divider, label, within
from gui.search import best

KIND, BLOCK = "application/x-canevas-kind", "application/x-canevas-block"
"""What a dragged row carries: the name of a kind, or of a block of the network."""

ROLE = Qt.ItemDataRole.UserRole
WHAT, NAME, COLOR, ICON, ASIDE, BELOW, HELP = (ROLE + i for i in range(1, 8))
OPEN = {"io", "conv", "dense", "merge", "loss"}
"""Families that are open at first; a search opens all."""
TABS = ("layers", "blocks", "presets")


def families(query: str = "") -> dict[str, list[type[Layer]]]:
    """The kinds that answer *query*, by family, in the order of the palette; families without any are left out."""
    offered = (cls for cls in kinds().values() if cls.offered)
    found = best(query, offered, lambda cls: (cls.__name__, f"{cls.words} {tr(help_of(cls))}"))
    groups: dict[str, list[type[Layer]]] = {category: [] for category in CATEGORIES}
    for cls in found:
        groups[cls.category].append(cls)
    return {category: group for category, group in groups.items() if group}


class Palette(QWidget):
    """The panel at the left of the drawing."""

    kind_wanted = Signal(str)
    block_wanted = Signal(str)
    preset_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._network: Network | None = None
        self._shut = set(CATEGORIES) - OPEN
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
        for item in getattr(self, f"_{tab}")(query):
            model.appendRow(item)
        for at in range(model.rowCount()):
            index = model.index(at, 0)
            self.tree.setExpanded(index, bool(query) or index.data(NAME) not in self._shut)
        self.help.setText(self._hint(tab, query) if not model.rowCount() else self._usage(tab))

    def _layers(self, query: str) -> list[QStandardItem]:
        items = []
        for category, group in families(query).items():
            head = _item("family", category, str(CATEGORIES[category]), category, number(len(group)))
            head.setData(theme.theme().family_icon(category), ICON)
            for cls in group:
                head.appendRow(
                    _item("kind", cls.__name__, cls.__name__, category, cls().caption, help=tr(help_of(cls)))
                )
            items.append(head)
        return items

    def _blocks(self, query: str) -> list[QStandardItem]:
        network = self._network
        if network is None:
            return []
        uses: dict[str, int] = {}
        for inside in (network, *network.blocks.values()):
            for node in inside.nodes.values():
                uses[node.kind] = uses.get(node.kind, 0) + 1
        items = []
        for name in best(query, network.blocks, lambda name: (name, "")):
            layers = tr_count("{n} layer", "{n} layers", len(network.blocks[name].nodes))
            used = tr_count("used once", "used {n} times", uses.get(name, 0)) if uses.get(name) else tr("not used")
            item = _item("block", name, name, "tens", "", f"{layers}, {used}")
            item.setData("box", ICON)
            items.append(item)
        return items

    def _presets(self, query: str) -> list[QStandardItem]:
        from presets import presets

        items = []
        for preset in best(query, presets().values(), lambda p: (str(p.title), f"{p.name} {p.task}")):
            below = tr("{n} parameters", n=preset.parameters) if preset.parameters else tr(preset.task)
            item = _item("preset", preset.name, str(preset.title), "acc", "", below, help=str(preset.reference))
            item.setData("workflow", ICON)
            items.append(item)
        return items

    def _hint(self, tab: str, query: str) -> str:
        if query:
            return tr("Nothing is called {query}.", query=query)
        if tab == "blocks":
            return tr("Select nodes and press Ctrl+G to make a block.")
        return ""

    def _usage(self, tab: str) -> str:
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
            self._choose(index.data(WHAT), index.data(NAME))

    def _choose(self, what: str, name: str) -> None:
        signals = {"kind": self.kind_wanted, "block": self.block_wanted, "preset": self.preset_wanted}
        if what in signals:
            signals[what].emit(name)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """The arrow down leads from the search into the list."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
            first = self.tree.first()
            if first is not None:
                self.tree.setFocus(Qt.FocusReason.TabFocusReason)
                self.tree.setCurrentIndex(first)
            return True
        return super().eventFilter(watched, event)


def _item(
    what: str, name: str, text: str, color: str, aside: str = "", below: str = "", help: str = ""
) -> QStandardItem:
    made = QStandardItem(text)
    for role, data in ((WHAT, what), (NAME, name), (COLOR, color), (ASIDE, aside), (BELOW, below), (HELP, help)):
        made.setData(data, role)
    made.setToolTip(help)
    made.setEditable(False)
    made.setDragEnabled(what in ("kind", "block"))
    made.setSelectable(True)
    return made


class _Model(QStandardItemModel):
    def mimeTypes(self) -> list[str]:
        return [KIND, BLOCK]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        made = QMimeData()
        for index in indexes:
            kind = KIND if index.data(WHAT) == "kind" else BLOCK
            made.setData(kind, QByteArray(index.data(NAME).encode()))
            made.setText(index.data(NAME))
        return made


class Tree(QTreeView):
    """Rows of 28 pixels (44 with a second line); a family opens and closes."""

    chosen = Signal(str, str)
    turned = Signal(str, bool)
    """Somebody opens a family, or closes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("palette-tree")
        self.setModel(_Model(self))
        self.setItemDelegate(Rows(self))
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setExpandsOnDoubleClick(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.doubleClicked.connect(self._announce)

    def _announce(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(WHAT), index.data(NAME))

    def turn(self, index: QModelIndex) -> None:
        """Open a family, or close it."""
        on = not self.isExpanded(index)
        self.setExpanded(index, on)
        self.turned.emit(index.data(NAME), on)

    def first(self) -> QModelIndex | None:
        """The first row that is no family."""
        index = self.model().index(0, 0)
        while index.isValid() and index.data(WHAT) == "family":
            index = self.indexBelow(index)
        return index if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.data(WHAT) == "family" and event.button() == Qt.MouseButton.LeftButton:
            self.turn(index)
            self.setCurrentIndex(index)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            if index.data(WHAT) == "family":
                self.turn(index)
            else:
                self._announce(index)
        else:
            super().keyPressEvent(event)


class Rows(QStyledItemDelegate):
    """Draws a row: a family with its icon, color and count; a kind with its usual values; two lines for the rest."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, 44 if index.data(BELOW) else 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        t, family = theme.theme(), index.data(WHAT) == "family"
        tree, area = self.parent(), option.rect.adjusted(8, 0, -8, 0)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if over or current:
            painter.setPen(t.color("acc") if current and tree.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3" if current or not family else "bg2"))
            painter.drawRoundedRect(area.adjusted(0, 0, -1, -1), 6, 6)
        dpr, left = painter.device().devicePixelRatioF(), area.left() + 36
        if family:
            arrow = theme.pixmap("chevron-down" if tree.isExpanded(index) else "chevron-right", "t3", 12, dpr)
            painter.drawPixmap(area.left() + 5, area.top() + 8, arrow)
            painter.drawPixmap(
                area.left() + 22, area.top() + 6, theme.pixmap(index.data(ICON), index.data(COLOR), 16, dpr)
            )
            left = area.left() + 46
        elif index.data(ICON):
            painter.drawPixmap(
                area.left() + 8, area.top() + 13, theme.pixmap(index.data(ICON), index.data(COLOR), 18, dpr)
            )
        right = area.right() - 8
        if over and not family and index.data(WHAT) != "preset":
            painter.drawPixmap(right - 10, area.center().y() - 6, theme.pixmap("grip-vertical", "t3", 14, dpr))
            right -= 18
        self._words(painter, QRect(left, area.top(), right - left, area.height()), index, family)
        painter.restore()

    def _words(self, painter: QPainter, area: QRect, index: QModelIndex, family: bool) -> None:
        t, elide, middle = theme.theme(), Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignVCenter
        text, aside, below = index.data(), index.data(ASIDE), index.data(BELOW)
        painter.setFont(theme.font(theme.BODY, theme.MEDIUM if family else theme.REGULAR))
        painter.setPen(t.color("t1"))
        metrics = painter.fontMetrics()
        line = area if not below else QRect(area.left(), area.top() + 4, area.width(), 20)
        painter.drawText(line, middle, metrics.elidedText(text, elide, line.width()))
        rest = line.adjusted(metrics.horizontalAdvance(text) + 10, 0, 0, 0)
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t3"))
        if aside and rest.width() > 20:
            short = painter.fontMetrics().elidedText(aside, elide, rest.width())
            painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, short)
        if below:
            second = QRect(area.left(), area.top() + 22, area.width(), 16)
            painter.drawText(second, middle, painter.fontMetrics().elidedText(below, elide, second.width()))
