"""The page of settings, made from the table of settings; and the page of shortcuts, made from the table of commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from graph.errors import InvalidValue
from graph.text import tr
from graph.values import Spec
from gui import dialogs
from gui.commands import COMMANDS, MENUS
from gui.editors import Check, TextEditor
from gui.form import Form
from gui.parts import column, frame, label, row, tool, within
from gui.settings import Settings, Values
from gui.topbar import keys_text
from runtime.folders import data_home, runs_home

WIDTH = 720


class FolderEditor(TextEditor):
    """A folder: typed, or chosen."""

    def __init__(self, spec: Spec, check: Check) -> None:
        super().__init__(spec, check)
        self._box.setPlaceholderText(str(data_home() if spec.name == "data_folder" else runs_home()))
        self.line.addWidget(tool("folder-open", tr("Choose a folder"), self._choose))

    def _choose(self) -> None:
        dialogs.ask_folder(
            self.window(), tr("Choose a folder"), self._chosen, start=str(self._box.value or Path.home())
        )

    def _chosen(self, folder: Path) -> None:
        self._box.set_value(str(folder))
        self.edited.emit(str(folder))


def _folder(raw: Any) -> Any:
    if raw and not Path(raw).expanduser().is_absolute():
        raise InvalidValue("{given} is no full path: begin at the root of the disk.", given=str(raw))
    return raw


class SettingsPage(QScrollArea):
    """Everything that can be chosen; each choice holds at once."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setObjectName("settings-page")
        self._settings = settings
        values = {spec.name: getattr(settings.values, spec.name) for spec in Values.specs}
        folders = dict.fromkeys(("data_folder", "runs_folder"), FolderEditor)
        self.form = Form(Values.specs, values, check=self._check, width=280, helps=True, editors=folders)
        self.form.changed.connect(settings.set)
        card = frame("card")
        within(card, column(self.form, margin=20))
        _page(self, column(label(tr("Settings"), "welcome"), 8, card, None, space=12, margin=32))

    def _check(self, name: str, value: Any) -> None:
        if name.endswith("_folder"):
            _folder(value)


class ShortcutsPage(QScrollArea):
    """The keys of every command, by menu."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setObjectName("shortcuts-page")
        parts: list[Any] = [label(tr("Shortcuts"), "welcome"), 8]
        for key, title in MENUS.items():
            commands = [c for c in COMMANDS if c.menu == key and c.shortcuts]
            if commands:
                parts += [label(str(title), "title"), _keys(commands), 8]
        _page(self, column(*parts, None, space=8, margin=32))


def _keys(commands: list[Any]) -> QWidget:
    card, grid = frame("card"), QGridLayout()
    grid.setContentsMargins(20, 14, 20, 14)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    for i, command in enumerate(commands):
        keys = row(*(label(keys_text(k), "key") for k in command.shortcuts), space=4)
        line = row(label(str(command.text)), None, keys)
        grid.addLayout(line, i // 2, i % 2)
    return within(card, grid)


def _page(area: QScrollArea, content: Any) -> None:
    """Put *content* into the middle of a page that scrolls."""
    inner = QWidget()
    inner.setFixedWidth(WIDTH)
    inner.setLayout(content)
    outer = QWidget()
    within(outer, row(None, inner, None, space=0))
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setWidget(outer)
