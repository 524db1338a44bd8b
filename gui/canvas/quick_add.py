"""A search box on the canvas: a few letters, Enter, and the layer stands there, linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from graph.layer import CATEGORIES, Layer, help_of, kinds
from graph.network import Block, Network
from graph.text import tr
from gui import parts
from gui import theme as look
from gui.canvas.faces import families, families_of
from gui.canvas.hit import End, takes
from gui.ready_blocks import at_hand
from gui.search import best, words_of
from runtime.import_.builders import listed

WIDTH, ROW, ROWS = 320, 30, 9
ENTRY = Qt.ItemDataRole.UserRole


class Entry(NamedTuple):
    """Something that can be added: its layer (or the definition of a block), its name, its family, and words for it.

    A whole network has no layer: *source* names it (``preset:NAME``, ``torchvision:NAME``), and it opens beside.
    """

    layer: Layer | Block | Network | None
    name: str
    category: str
    words: str
    help: str
    source: str = ""

    @property
    def hint(self) -> str:
        """What stands at the right of its row."""
        if self.layer is None:
            return tr("Preset") if self.source.startswith("preset:") else "torchvision"
        return str(CATEGORIES[self.category]) if isinstance(self.layer, Layer) else tr("Block")

    @property
    def icon(self) -> str:
        """What stands at the left of its row."""
        if self.layer is None:
            return "workflow"
        return look.theme().family_icon(self.category) if isinstance(self.layer, Layer) else "box"


def entries(network: Network, end: End | None = None) -> list[Entry]:
    """All kinds, the blocks of *network*, whole networks; where *end* is given, only what could be linked to it."""
    found = []
    order = list(CATEGORIES)
    for cls in sorted((c for c in kinds().values() if c.offered), key=lambda c: order.index(c.category)):
        found.append(Entry(cls(), cls.__name__, cls.category, words_of(cls), tr(help_of(cls))))
    for name in network.blocks:
        family = (families(network, name) or ("tens",))[0]
        found.append(Entry(Block(name), name, family, tr("Block"), tr("A block of this network.")))
    for made in at_hand():
        if made.definition is not None:
            family = (families_of(made.definition) or ("tens",))[0]
            found.append(Entry(made.definition, made.title, family, f"{tr('Block')} {made.words}", made.help))
    if end is not None:
        return [e for e in found if e.layer is not None and takes(network, e.layer, end)]
    return [*found, *_networks()]


def _networks() -> list[Entry]:
    from presets import presets

    ours = (
        Entry(None, str(p.title), "acc", f"{p.name} {p.task}", str(p.reference), f"preset:{p.name}")
        for p in presets().values()
    )
    theirs = (
        Entry(
            None,
            b.title,
            "acc",
            f"{b.name} {b.task} torchvision",
            f"torchvision.models.{b.name}",
            f"torchvision:{b.name}",
        )
        for b in listed()
    )
    return [*ours, *theirs]


def search(query: str, found: list[Entry]) -> list[Entry]:
    """Those that answer *query*, the best first; whole networks only where something is asked for."""
    return best(query, (e for e in found if query.strip() or e.layer is not None), lambda e: (e.name, e.words))


class QuickAdd(QFrame):
    """The box; it goes when something is chosen, on Escape, and when one clicks elsewhere."""

    chosen = Signal(object)
    """What to add: a Layer, a Block, or the definition of one."""
    opened = Signal(str)
    """A whole network is wanted: ``preset:NAME`` or ``torchvision:NAME``."""
    gone = Signal()

    def __init__(self, parent: QWidget, found: list[Entry], hint: str) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self._entries = found
        self.field = QLineEdit()
        self.field.setProperty("role", "bare")
        self.field.setPlaceholderText(hint)
        self.field.setFixedHeight(32)
        self.field.addAction(look.icon("search", "t3"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = parts.label("", "hint", wrap=True)
        self.empty.setContentsMargins(10, 6, 10, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        for widget in (self.field, parts.divider(), self.list, self.empty):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._search)
        self.list.itemClicked.connect(lambda item: self._choose(item))
        self.field.installEventFilter(self)
        self._search("")

    def open(self, at: QPoint) -> None:
        """Show it with its corner at *at* of its parent, kept within it."""
        self.adjustSize()
        room = self.parentWidget().rect().adjusted(8, 8, -8, -8)
        x = max(room.left(), min(at.x(), room.right() - WIDTH))
        y = max(room.top(), min(at.y(), room.bottom() - (ROW * ROWS + 52)))
        self.move(x, y)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_box(self) -> None:
        """Let it go, once."""
        if self.isVisible():
            self.hide()
            self.gone.emit()

    def _search(self, query: str) -> None:
        found = search(query, self._entries)
        self.list.clear()
        for entry in found:
            item = QListWidgetItem(entry.name)
            item.setData(ENTRY, entry)
            item.setToolTip(entry.help)
            item.setSizeHint(QSize(WIDTH - 12, ROW))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(found))
        self.list.setFixedHeight(ROW * min(ROWS, max(1, len(found))) + 4)
        self.empty.setVisible(not found)
        self.empty.setText(tr("Nothing is called {query}.", query=query) if query else tr("Nothing fits here."))
        self.setFixedWidth(WIDTH)
        self.adjustSize()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            entry: Entry = item.data(ENTRY)
            self.close_box()
            if entry.layer is None:
                self.opened.emit(entry.source)
            else:
                self.chosen.emit(entry.layer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.close_box()
        if event.type() != QEvent.Type.KeyPress:
            return False
        act = self._keys().get(event.key())
        if act is None:
            return False
        act()
        return True

    def _keys(self) -> dict[int, Callable[[], None]]:
        key = Qt.Key
        return {
            key.Key_Down: lambda: self._go(1),
            key.Key_Up: lambda: self._go(-1),
            key.Key_PageDown: lambda: self._go(ROWS),
            key.Key_PageUp: lambda: self._go(-ROWS),
            key.Key_Return: lambda: self._choose(self.list.currentItem()),
            key.Key_Enter: lambda: self._choose(self.list.currentItem()),
            key.Key_Tab: lambda: self._choose(self.list.currentItem()),
            key.Key_Escape: self.close_box,
        }

    def _go(self, by: int) -> None:
        if self.list.count():
            self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + by)))


class _Row(QStyledItemDelegate):
    """An icon in the color of its family, the name, and the family in grey."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        t, entry, rect = look.theme(), index.data(ENTRY), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setBrush(t.color("bg3", 1.0 if chosen else 0.5))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)
        dpr = painter.device().devicePixelRatioF()
        drawn = look.pixmap(entry.icon, entry.category, 16, dpr)
        painter.drawPixmap(rect.left() + 10, rect.center().y() - 7, drawn)
        text = QRect(rect.left() + 36, rect.top(), rect.width() - 46, rect.height())
        painter.setFont(look.font(11))
        painter.setPen(t.color("t3"))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.hint)
        painter.setFont(look.font(13))
        painter.setPen(t.color("t1"))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, entry.name)
        painter.restore()
