"""The bar on top: the document at the left, the rooms in the middle, what one does at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QToolButton, QWidget

from graph.text import tr
from gui import theme
from gui.commands import COMMANDS, MENUS, by_id
from gui.parts import Elided, button, label, row, tool, upright, within

if TYPE_CHECKING:
    from gui.window import Window

ROOMS = ("design", "data", "train_room", "test")
"""Commands of the four rooms, in the order in which people work."""


class Logo(QWidget):
    """The sign of the program: a window with the four maps of a small network."""

    def __init__(self, side: int = 20) -> None:
        super().__init__()
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_logo(QPainter(self), self.width())


def paint_logo(painter: QPainter, side: int) -> None:
    """Draw the sign into a square of *side* pixels."""
    t, u = theme.theme(), side / 20
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(t.color("t2"), 1.25 * u))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(1.5 * u, 1.5 * u, 17 * u, 17 * u), 4 * u, 4 * u)
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y, color in ((6, 6, "t3"), (10.6, 6, "acc"), (6, 10.6, "acc"), (10.6, 10.6, "line2")):
        painter.setBrush(t.color(color))
        painter.drawRoundedRect(QRectF(x * u, y * u, 3.6 * u, 3.6 * u), 0.8 * u, 0.8 * u)


class TopBar(QFrame):
    """Where one is, and where one can go."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.setProperty("role", "bar")
        self.setFixedHeight(48)
        self.title = Elided("", "second", Qt.TextElideMode.ElideMiddle)
        self.title.setObjectName("document-title")
        self._line = upright(16)
        home = QToolButton()
        home.setObjectName("home")
        home.setToolTip(tr("Welcome"))
        home.setAccessibleName(tr("Welcome"))
        home.setFixedSize(28, 28)
        home.clicked.connect(lambda: window.do("welcome"))
        within(home, row(Logo(), margin=4))
        left = row(home, label("Canevas", "strong"), self._line, self.title, space=10, margin=(12, 0, 8, 0))
        left.setStretchFactor(self.title, 1)
        self._rooms = {c: self._room(c) for c in ROOMS}
        middle = row(*self._rooms.values(), space=8)
        self._design = self._right_of_design()
        self.menu = window_menu(window)
        more = tool("menu", tr("Menu"), self.open_menu, name="menu")
        self._more = more
        right = row(
            None,
            self._design,
            tool("settings", _tip("settings"), lambda: window.do("settings"), name="settings"),
            more,
            space=4,
            margin=(8, 0, 12, 0),
        )
        whole = row(within(QWidget(), left), within(QWidget(), middle), within(QWidget(), right), space=0)
        whole.setStretch(0, 1)
        whole.setStretch(2, 1)
        within(self, whole)

    def _room(self, id: str) -> QPushButton:
        command = by_id(id)
        made = button(str(command.text), command.icon, "room", lambda: self._window.do(id), name=f"room-{id}")
        made.setCheckable(True)
        made.setToolTip(_tip(id))
        return made

    def _right_of_design(self) -> QWidget:
        undo, redo = (tool(by_id(c).icon, _tip(c), lambda c=c: self._window.do(c), name=c) for c in ("undo", "redo"))
        lay_out = button(tr("Lay out"), by_id("lay_out").icon, "", lambda: self._window.do("lay_out"), name="lay_out")
        lay_out.setToolTip(_tip("lay_out"))
        train = button(tr("Train now"), "play", "main", lambda: self._window.do("train"), name="train")
        train.setToolTip(_tip("train"))
        self._buttons = {"undo": undo, "redo": redo, "lay_out": lay_out, "train": train}
        return within(QWidget(), row(undo, redo, 4, upright(16), 4, lay_out, 4, train, 8, space=4))

    def open_menu(self) -> None:
        """Open the menu of everything, below its button."""
        self._window.refresh()
        corner = self._more.mapToGlobal(QPoint(self._more.width(), self._more.height() + 4))
        self.menu.popup(corner - QPoint(self.menu.sizeHint().width(), 0))

    def refresh(self) -> None:
        """Show where one is now."""
        window = self._window
        document = window.session.document
        self.title.setText(document.title if document else "")
        self._line.setVisible(document is not None)
        for id, made in self._rooms.items():
            made.setEnabled(by_id(id).enabled(window))
            here = window.room == id.removesuffix("_room")
            made.setChecked(here)
            made.setIcon(theme.icon(by_id(id).icon, "acc" if here else "t2"))
        self._design.setVisible(window.room == "design")
        for id, made in self._buttons.items():
            made.setEnabled(by_id(id).enabled(window))
        if document is not None:
            stack = document.stack
            for id, text in (("undo", stack.undoText()), ("redo", stack.redoText())):
                self._buttons[id].setToolTip(f"{_tip(id)}\n{text}" if text else _tip(id))


def logo(side: int = 64) -> QIcon:
    """The sign of the program as an icon."""
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint_logo(painter, side)
    painter.end()
    return QIcon(made)


def _tip(id: str) -> str:
    command = by_id(id)
    return f"{command.text} ({keys_text(command.shortcut)})" if command.shortcut else str(command.text)


def keys_text(keys: str) -> str:
    """Keys as the system writes them: ``Ctrl+Z``, or ``⌘Z``."""
    from PySide6.QtGui import QKeySequence

    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def window_menu(window: Window) -> QMenu:
    """The menu made from the table of commands: one submenu per menu of the table."""
    menu = QMenu(window)
    for key, title in MENUS.items():
        sub = menu.addMenu(str(title))
        sub.setObjectName(f"menu-{key}")
        if key == "file":
            window.files.fill_recent(sub)
        for command in COMMANDS:
            if command.menu == key:
                sub.addAction(window.actions_by_id[command.id])
    return menu
