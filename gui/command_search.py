"""The search for commands: type a few letters, Enter does the first one that is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from graph.text import tr
from gui import theme
from gui.commands import COMMANDS, MENUS, Command
from gui.parts import column, divider, within
from gui.search import best
from gui.topbar import keys_text

if TYPE_CHECKING:
    from gui.window import Window

COMMAND = Qt.ItemDataRole.UserRole + 1
WIDTH, ROWS = 520, 10


def found(query: str, window: Window) -> list[Command]:
    """Commands that answer *query* and can be done now, the best first."""
    able = [c for c in COMMANDS if c.id != "commands" and c.enabled(window)]
    return best(query, able, lambda c: (str(c.text), f"{MENUS[c.menu]} {c.id}" if c.menu else c.id))


class CommandSearch(QFrame):
    """A box over the window; Escape, or a click beside it, closes it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command-search")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "popup")
        self._window = window
        self.box = QLineEdit()
        self.box.setProperty("role", "bare")
        self.box.setPlaceholderText(tr("What do you want to do?"))
        self.box.addAction(theme.icon("search", "t3"), QLineEdit.ActionPosition.LeadingPosition)
        self.box.setFixedHeight(40)
        self.box.textChanged.connect(self._fill)
        self.list = QListView()
        self.list.setModel(QStandardItemModel(self))
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self._do(index.data(COMMAND)))
        self.list.setFixedHeight(ROWS * 32 + 4)
        within(self, column(self.box, divider(), self.list, space=0, margin=6))
        self.setFixedWidth(WIDTH)
        self.box.installEventFilter(self)
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
        for command in found(query, self._window):
            item = QStandardItem(str(command.text))
            item.setData(command, COMMAND)
            item.setEditable(False)
            model.appendRow(item)
        if model.rowCount():
            self.list.setCurrentIndex(model.index(0, 0))
        else:
            item = QStandardItem(tr("Nothing is called {query}.", query=query))
            item.setEnabled(False)
            model.appendRow(item)

    def _do(self, command: Command | None) -> None:
        if command is not None:
            window = self._window
            self.close()
            window.do(command.id)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Arrows walk through what is found, while one goes on typing."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
            if event.key() in by:
                rows = self.list.model().rowCount()
                at = max(0, min(rows - 1, self.list.currentIndex().row() + by[Qt.Key(event.key())]))
                self.list.setCurrentIndex(self.list.model().index(at, 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._do(self.list.currentIndex().data(COMMAND))
                return True
        return super().eventFilter(watched, event)


class _Rows(QStyledItemDelegate):
    """A command: its icon, its words, its keys."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        return QSize(100, 32)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        t, command = theme.theme(), index.data(COMMAND)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(2, 1, -2, -1)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3" if option.state & QStyle.StateFlag.State_Selected else "bg2"))
            painter.drawRoundedRect(area, 6, 6)
        middle = Qt.AlignmentFlag.AlignVCenter
        if command is not None and command.icon:
            dpr = painter.device().devicePixelRatioF()
            painter.drawPixmap(area.left() + 8, area.center().y() - 7, theme.pixmap(command.icon, "t2", 16, dpr))
        keys = keys_text(command.shortcut) if command else ""
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t3"))
        wide = painter.fontMetrics().horizontalAdvance(keys)
        painter.drawText(area.adjusted(0, 0, -10, 0), middle | Qt.AlignmentFlag.AlignRight, keys)
        painter.setFont(theme.font())
        painter.setPen(t.color("t1" if command else "t3"))
        room = QRect(area.left() + 34, area.top(), area.width() - 34 - wide - 24, area.height())
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, text)
        painter.restore()
