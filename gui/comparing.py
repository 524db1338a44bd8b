"""What the current network can be compared with: its saved version, another open one, a file, a preset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from graph import files
from graph.errors import CanevasError
from graph.network import Network
from graph.text import tr
from gui import dialogs
from gui.files import SUFFIX

if TYPE_CHECKING:
    from gui.window import Window


def offer(window: Window) -> QMenu:
    """A menu of what there is to compare with, under the pointer."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setObjectName("compare-with")
    document = window.session.document
    assert document is not None
    if document.file is not None:
        saved = menu.addAction(tr("The saved version"), lambda: _with_file(window, document.file, tr("saved")))
        saved.setEnabled(document.dirty)
    for other in window.session.documents:
        if other is not document:
            menu.addAction(other.title, lambda other=other: compare(window, other.network, other.title))
    menu.addSeparator()
    menu.addAction(tr("A file ..."), lambda: _ask(window))
    chosen = menu.addMenu(tr("A preset"))
    from presets import build, presets

    for preset in presets().values():
        chosen.addAction(str(preset.title), lambda p=preset: compare(window, build(p.name), str(p.title)))
    menu.popup(QCursor.pos())
    return menu


def compare(window: Window, before: Network, title: str) -> None:
    """Show what differs in the current network from *before*."""
    document = window.session.document
    if document is not None:
        window.show_room("design")
        window.design.compare(before, document.network, (title, document.title))


def _ask(window: Window) -> None:
    filters = f"{tr('Networks')} (*.{SUFFIX});;{tr('All files')} (*)"
    dialogs.ask_file(window, tr("Compare with a file"), filters, lambda file: _with_file(window, file, file.name))


def _with_file(window: Window, file: Path, title: str) -> None:
    try:
        compare(window, files.load(file), title)
    except CanevasError as error:
        window.notice.say(str(error))
