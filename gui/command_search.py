"""Search boxes over the window, for commands and for nodes: type a few letters, Enter takes the first one found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from graph.layer import Layer
from graph.text import tr
from gui import theme
from gui.commands import COMMANDS, MENUS
from gui.parts import column, divider, within
from gui.search import best
from gui.topbar import keys_text

if TYPE_CHECKING:
    from gui.window import Window

ENTRY = Qt.ItemDataRole.UserRole + 1
WIDTH, ROWS = 520, 10


class Entry(NamedTuple):
    """Something that can be found: its words, other words to find it by, how it looks, and what it does."""

    text: str
    words: str
    icon: str
    color: str
    aside: str
    run: Callable[[], object]


def commands(window: Window) -> list[Entry]:
    """The commands that can be done now."""
    return [
        Entry(
            str(c.text),
            f"{MENUS[c.menu]} {c.id}",
            c.icon,
            "t2",
            keys_text(c.shortcut),
            lambda id=c.id: window.do(id),
        )
        for c in COMMANDS
        if c.id != "commands" and c.enabled(window)
    ]


def nodes(window: Window) -> list[Entry]:
    """The nodes of the current document, those inside blocks too."""
    document = window.session.document
    if document is None:
        return []
    found = []
    for path, fact in document.report.leaves():
        layer = fact.layer
        category = layer.category if isinstance(layer, Layer) else "tens"
        kind = layer.kind if isinstance(layer, Layer) else ""
        show: Callable[[], object] = lambda path=path: window.design.show_path(path)  # noqa: E731
        found.append(Entry(path, kind, theme.theme().family_icon(category), category, kind, show))
    return found


class Search(QFrame):
    """A box over the window; Escape, or a click beside it, closes it."""

    def __init__(self, window: Window, hint: str, entries: list[Entry]) -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("search")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "popup")
        self._window, self._entries = window, entries
        self.box = QLineEdit()
        self.box.setProperty("role", "bare")
        self.box.setPlaceholderText(hint)
        self.box.addAction(theme.icon("search", "t3"), QLineEdit.ActionPosition.LeadingPosition)
        self.box.setFixedHeight(40)
        self.box.textChanged.connect(self._fill)
        self.box.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(QStandardItemModel(self))
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self._take(index.data(ENTRY)))
        within(self, column(self.box, divider(), self.list, space=0, margin=6))
        self.setFixedWidth(WIDTH)
        self._fill("")

    def appear(self) -> None:
        """Open in the upper middle of the window."""
        self.adjustSize()
        place = self._window.mapToGlobal(self._window.rect().topLeft())
        self.move(place.x() + (self._window.width() - self.width()) // 2, place.y() + 96)
        self.show()
        self.box.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fill(self, query: str) -> None:
        model = self.list.model()
        model.clear()
        for entry in best(query, self._entries, lambda e: (e.text, e.words)):
            item = QStandardItem(entry.text)
            item.setData(entry, ENTRY)
            item.setEditable(False)
            model.appendRow(item)
        self.list.setFixedHeight(max(1, min(ROWS, model.rowCount())) * 32 + 4)
        self.adjustSize()
        if model.rowCount():
            self.list.setCurrentIndex(model.index(0, 0))
        else:
            item = QStandardItem(tr("Nothing is called {query}.", query=query))
            item.setEnabled(False)
            model.appendRow(item)

    def _take(self, entry: Entry | None) -> None:
        if entry is not None:
            self.close()
            entry.run()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Arrows walk through what is found, while one goes on typing."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
            if event.key() in by:
                rows = self.list.model().rowCount()
                at = max(0, min(rows - 1, self.list.currentIndex().row() + by[Qt.Key(event.key())]))
                self.list.setCurrentIndex(self.list.model().index(at, 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentIndex().data(ENTRY))
                return True
        return super().eventFilter(watched, event)


class _Rows(QStyledItemDelegate):
    """What is found: its icon, its words, and at the right its keys or its kind."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        return QSize(100, 32)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        t, entry = theme.theme(), index.data(ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(2, 1, -2, -1)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3" if option.state & QStyle.StateFlag.State_Selected else "bg2"))
            painter.drawRoundedRect(area, 6, 6)
        middle, aside = Qt.AlignmentFlag.AlignVCenter, ""
        if entry is not None:
            aside = entry.aside
            if entry.icon:
                picture = theme.pixmap(entry.icon, entry.color, 16, painter.device().devicePixelRatioF())
                painter.drawPixmap(area.left() + 8, area.center().y() - 7, picture)
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t3"))
        wide = painter.fontMetrics().horizontalAdvance(aside)
        painter.drawText(area.adjusted(0, 0, -10, 0), middle | Qt.AlignmentFlag.AlignRight, aside)
        painter.setFont(theme.font())
        painter.setPen(t.color("t1" if entry else "t3"))
        room = QRect(area.left() + 34, area.top(), area.width() - 34 - wide - 24, area.height())
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, middle, text)
        painter.restore()
