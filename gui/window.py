"""The window: it puts the rooms, the bars and the commands together, and decides nothing itself.

A room is a page that is built when it is first visited.  When the language changes, all pages are built anew: what they
show lives in the session and in the documents, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QRect, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget

from graph import text
from graph.text import tr
from gui import theme
from gui.commands import COMMANDS, by_id
from gui.dialogs import Notice
from gui.files import Files
from gui.openings import Openings
from gui.parts import column, within
from gui.session import Session
from gui.settings import language_code
from gui.status import Status
from gui.topbar import TopBar
from gui.valid_input import ValidInput

if TYPE_CHECKING:
    from gui.canvas import CanvasView
    from gui.design import Design
    from gui.document import Document


def _design(window: Window) -> QWidget:
    from gui.design import Design

    return Design(window)


def _welcome(window: Window) -> QWidget:
    from gui.welcome import Welcome

    return Welcome(window)


def _presets(window: Window) -> QWidget:
    from gui.gallery import Gallery

    return Gallery(window)


def _data(window: Window) -> QWidget:
    from gui.data import DataRoom

    return DataRoom(window.session)


def _train(window: Window) -> QWidget:
    from gui.training import TrainingRoom

    return TrainingRoom(window.session)


def _test(window: Window) -> QWidget:
    from gui.testing import TestingRoom

    return TestingRoom(window.session)


def _settings(window: Window) -> QWidget:
    from gui.settings_page import SettingsPage

    return SettingsPage(window.session.settings)


def _shortcuts(window: Window) -> QWidget:
    from gui.settings_page import ShortcutsPage

    return ShortcutsPage()


PAGES: dict[str, Callable[[Window], QWidget]] = {
    "welcome": _welcome,
    "presets": _presets,
    "design": _design,
    "data": _data,
    "train": _train,
    "test": _test,
    "settings": _settings,
    "shortcuts": _shortcuts,
}
"""How each page is made."""


class Window(QMainWindow):
    """The one window of the program."""

    room_changed = Signal(str)
    rebuilt = Signal()

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.session = session or Session()
        self.session.setParent(self)
        self.files, self._valid, self.openings = Files(self), ValidInput(self), Openings()
        self._valid.found.connect(lambda sizes: self.status.show_valid(sizes))
        self.room = "welcome"
        self._pages: dict[str, QWidget] = {}
        self.actions_by_id: dict[str, QAction] = {}
        self._leaving = False
        self.setMinimumSize(960, 600)
        self.resize(1360, 860)
        self._follow_session()
        self.build()
        self._recall()

    # building

    def build(self) -> None:
        """Make bars and pages, in the language in use; pages that were there before are made anew when visited."""
        for action in self.actions_by_id.values():
            action.deleteLater()
        self._close_pages()
        self.actions_by_id = {c.id: self._action(c) for c in COMMANDS}
        self.bar, self.notice, self.status = TopBar(self), Notice(), Status()
        self.status.problems_wanted.connect(self._show_problems)
        self.status.asked.connect(self._explain_total)
        self._stack = QStackedWidget()
        self._stack.setProperty("role", "page")
        within(page := QWidget(), column(self.bar, self.notice, self.openings, self._stack, self.status, space=0))
        page.setProperty("role", "page")
        self.setCentralWidget(page)
        self.show_room(self.room)
        self._show_report()

    def _action(self, command: Any) -> QAction:
        action = QAction(str(command.text), self)
        action.setObjectName(command.id)
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
        if command.canvas:  # the drawing takes these keys itself; here they are only shown
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        else:
            self.addAction(action)
        action.triggered.connect(lambda _=False, id=command.id: self.do(id))
        return action

    def _follow_session(self) -> None:
        session = self.session
        session.room_wanted.connect(self.show_room)
        session.document_changed.connect(self._show_document)
        session.documents_changed.connect(self.refresh)
        session.said.connect(lambda sentence: self.status.say(sentence))
        session.settings.changed.connect(self._follow_setting)

    # rooms

    def page(self, room: str) -> QWidget:
        """The page of a room, built at the first visit."""
        if room not in self._pages:
            made = PAGES[room](self)
            made.setObjectName(made.objectName() or f"page-{room}")
            self._pages[room] = made
            self._stack.addWidget(made)
        return self._pages[room]

    def show_room(self, room: str) -> None:
        """Go to a room; those of the work need a document."""
        if room in ("design", "data", "train", "test") and self.session.document is None:
            room = "welcome"
        self.room = room
        self._stack.setCurrentWidget(self.page(room))
        self.refresh()
        self._focus_room()
        self.room_changed.emit(room)

    def _focus_room(self) -> None:
        """Keys go to what one comes for: the drawing, or the button to begin with."""
        if self.room == "design" and self.canvas is not None:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        elif (start := self.page(self.room).findChild(QWidget, "start")) is not None:
            start.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.page(self.room).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def design(self) -> Design:
        """The Design room."""
        return self.page("design")  # type: ignore[return-value]

    @property
    def canvas(self) -> CanvasView | None:
        """The drawing, if the Design room was ever visited."""
        return self.design.canvas if "design" in self._pages else None

    # commands

    def do(self, id: str) -> None:
        """Do a command of the table, if it can be done now."""
        command = by_id(id)
        if command.enabled(self):
            command.run(self)
            self.refresh()

    def search_commands(self) -> None:
        """Open the search for commands."""
        from gui.command_search import Search, commands

        Search(self, tr("What do you want to do?"), commands(self)).appear()

    def search_nodes(self) -> None:
        """Open the search for nodes of the drawing."""
        from gui.command_search import Search, nodes

        Search(self, tr("Which node?"), nodes(self)).appear()

    def refresh(self) -> None:
        """Show what can be done now, and the titles as they are now."""
        for command in COMMANDS:
            self.actions_by_id[command.id].setEnabled(command.enabled(self))
        self.bar.refresh()
        document = self.session.document
        self.setWindowTitle(f"{document.title}[*] – Canevas" if document else "Canevas")
        self.setWindowModified(document is not None and document.dirty)

    # following

    def _show_document(self, document: Document | None) -> None:
        if document is not None and not document.property("followed"):
            document.setProperty("followed", True)
            document.stack.indexChanged.connect(lambda _: self._step())
            document.analyzed.connect(lambda _, d=document: self._analyzed(d))
            document.renamed.connect(lambda _: self.session.documents_changed.emit())
            document.dirty_changed.connect(lambda _: self.session.documents_changed.emit())
        self.refresh()
        self._show_report()

    def _step(self) -> None:
        if not self._leaving:
            self.refresh()

    def _analyzed(self, document: Document) -> None:
        if document is self.session.document:
            self._show_report()
            self.refresh()

    def _show_report(self) -> None:
        document = self.session.document
        self.status.setVisible(document is not None)
        report = document.report if document else None
        self.status.show_report(report)
        if "design" not in self._pages:  # else its panel of problems tells, which knows the data and the machine too
            self.status.show_problems(report.problems if report else ())
        self._valid.watch(report)

    def _show_problems(self) -> None:
        self.show_room("design")
        self.design.problems.walk()

    def _explain_total(self, quantity: str, beside: QRect) -> None:
        from gui.explanation_card import show_explanation

        if (document := self.session.document) is not None:
            show_explanation(self, document.report, "", quantity, beside)

    def _follow_setting(self, name: str) -> None:
        values = self.session.settings.values
        if name == "theme":
            theme.apply(QApplication.instance(), values.theme)
        elif name == "autosave":
            for document in self.session.documents:
                document.autosave.seconds = values.autosave
        elif name == "language":
            text.use_language(language_code(values.language))
            said = self.status.said
            self.build()
            self.status.say(said)
            self.rebuilt.emit()

    def _close_pages(self) -> None:
        """Let the pages end what they have begun; they are made anew when they are visited again."""
        for page in self._pages.values():
            if hasattr(page, "close_down"):
                page.close_down()
        self._pages = {}

    # coming and going

    def _recall(self) -> None:
        geometry = self.session.settings.recall("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def closeEvent(self, event: QCloseEvent) -> None:
        if any(d.dirty for d in self.session.documents):
            event.ignore()
            self.files.close_all(self.close)
            return
        self._leaving = True
        self.session.settings.remember("geometry", self.saveGeometry())
        self._close_pages()
        self.session.close()
        event.accept()
