"""Everything one can do in the window, in one table.

The menu, the shortcuts, the search for commands and the page of shortcuts are made from it.  A new command is one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.network import Block
from graph.text import Message, say

if TYPE_CHECKING:
    from gui.window import Window

MENUS: dict[str, Message] = {
    "file": say("File"),
    "edit": say("Edit"),
    "view": say("View"),
    "network": say("Network"),
    "go": say("Go"),
    "help": say("Help"),
}
"""Menus, in their order."""


def _always(window: Window) -> bool:
    return True


@dataclass(frozen=True)
class Command:
    """One thing to do: its id, its words, where it stands, its keys, and whether it can be done now.

    *room* names the room it belongs to; its keys work only there, and only where the drawing has the focus if they
    are plain letters.
    """

    id: str
    text: Message
    icon: str
    shortcuts: tuple[str, ...]
    menu: str
    room: str
    run: Callable[[Window], Any]
    enabled: Callable[[Window], bool] = _always

    @property
    def shortcut(self) -> str:
        """The first of its keys, or nothing."""
        return self.shortcuts[0] if self.shortcuts else ""

    @property
    def on_canvas(self) -> bool:
        """Whether its keys would be letters in a field, and so work on the drawing only."""
        return self.room == "design" and any("Ctrl" not in s and "Alt" not in s and s[0] != "F" for s in self.shortcuts)


def _command(
    id: str,
    text: Message,
    run: Callable[[Window], Any],
    *,
    icon: str = "",
    keys: str = "",
    menu: str = "",
    room: str = "",
    enabled: Callable[[Window], bool] = _always,
) -> Command:
    return Command(id, text, icon, tuple(keys.split()), menu, room, run, enabled)


def _has_document(window: Window) -> bool:
    return window.session.document is not None


def _on_drawing(window: Window) -> bool:
    return window.room == "design" and window.canvas is not None


def _selected(window: Window) -> bool:
    return _on_drawing(window) and bool(window.canvas.selection)


def _block_selected(window: Window) -> bool:
    if not _selected(window):
        return False
    nodes = window.canvas.network.nodes
    return any(isinstance(nodes[n].layer, Block) for n in window.canvas.selection if n in nodes)


def _several_selected(window: Window) -> bool:
    return _selected(window) and len(window.canvas.selection) > 1


def _inside_block(window: Window) -> bool:
    return _on_drawing(window) and bool(window.session.document.trail)


def _filled(window: Window) -> bool:
    return _on_drawing(window) and bool(window.canvas.network.nodes)


def _act(name: str, *args: Any) -> Callable[[Window], Any]:
    """A command that edits what is drawn."""
    return lambda window: getattr(window.canvas.actions, name)(*args)


def _look(name: str, *args: Any) -> Callable[[Window], Any]:
    """A command that changes what is seen of the drawing."""
    return lambda window: getattr(window.canvas.look, name)(*args)


def _drawn(id: str, text: Message, run: Callable[[Window], Any], keys: str, menu: str, **more: Any) -> Command:
    """A command of the drawing."""
    return _command(id, text, run, keys=keys, menu=menu, room="design", **{"enabled": _on_drawing, **more})


def _room(name: str) -> Callable[[Window], Any]:
    return lambda window: window.show_room(name)


COMMANDS: tuple[Command, ...] = (
    # file
    _command("new", say("New network"), lambda w: w.files.new(), icon="plus", keys="Ctrl+N", menu="file"),
    _command("open", say("Open ..."), lambda w: w.files.ask_open(), icon="folder-open", keys="Ctrl+O", menu="file"),
    _command(
        "save", say("Save"), lambda w: w.files.save(), icon="save", keys="Ctrl+S", menu="file", enabled=_has_document
    ),
    _command(
        "save_as",
        say("Save as ..."),
        lambda w: w.files.ask_save(),
        keys="Ctrl+Shift+S",
        menu="file",
        enabled=_has_document,
    ),
    _command(
        "save_drawing",
        say("Save the drawing as a picture ..."),
        lambda w: w.files.ask_picture(),
        icon="image",
        keys="Ctrl+Shift+E",
        menu="file",
        room="design",
        enabled=_on_drawing,
    ),
    _command(
        "close", say("Close"), lambda w: w.files.close(), icon="x", keys="Ctrl+W", menu="file", enabled=_has_document
    ),
    _command("quit", say("Quit"), lambda w: w.close(), icon="log-out", keys="Ctrl+Q", menu="file"),
    # edit
    _command(
        "undo",
        say("Undo"),
        lambda w: w.session.document.stack.undo(),
        icon="undo-2",
        keys="Ctrl+Z",
        menu="edit",
        enabled=lambda w: _has_document(w) and w.session.document.stack.canUndo(),
    ),
    _command(
        "redo",
        say("Redo"),
        lambda w: w.session.document.stack.redo(),
        icon="redo-2",
        keys="Ctrl+Shift+Z Ctrl+Y",
        menu="edit",
        enabled=lambda w: _has_document(w) and w.session.document.stack.canRedo(),
    ),
    _command(
        "history",
        say("History"),
        lambda w: w.design.turn_history(),
        icon="history",
        keys="Ctrl+Alt+Z",
        menu="edit",
        room="design",
        enabled=_on_drawing,
    ),
    _drawn(
        "cut",
        say("Cut"),
        lambda w: (w.canvas.actions.copy(), w.canvas.actions.remove()),
        "Ctrl+X",
        "edit",
        icon="scissors",
        enabled=_selected,
    ),
    _drawn("copy", say("Copy"), _act("copy"), "Ctrl+C", "edit", icon="copy", enabled=_selected),
    _drawn("paste", say("Paste"), _act("paste"), "Ctrl+V", "edit", icon="clipboard-paste"),
    _drawn("paste_linked", say("Paste with links"), _act("paste_linked"), "Ctrl+Shift+V", "edit"),
    _drawn("duplicate", say("Duplicate"), _act("duplicate"), "Ctrl+D", "edit", icon="copy-plus", enabled=_selected),
    _drawn(
        "duplicate_linked",
        say("Duplicate with links"),
        _act("duplicate_linked"),
        "Ctrl+Shift+D",
        "edit",
        enabled=_selected,
    ),
    _drawn("delete", say("Delete"), _act("remove"), "Del Backspace", "edit", icon="trash-2", enabled=_selected),
    _drawn("bridge", say("Delete and reconnect"), _act("bridge"), "Shift+Del", "edit", enabled=_selected),
    _drawn("select_all", say("Select all"), _look("select_all"), "Ctrl+A", "edit", enabled=_filled),
    # the network
    _drawn("add", say("Add a layer"), _look("seek"), "Tab Space", "network", icon="plus"),
    _drawn(
        "link",
        say("Link the selected nodes"),
        _act("link"),
        "Ctrl+L",
        "network",
        icon="spline",
        enabled=_several_selected,
    ),
    _drawn("wrap", say("Make a block"), _act("wrap"), "Ctrl+G", "network", icon="group", enabled=_selected),
    _drawn(
        "dissolve",
        say("Dissolve the block"),
        _act("unwrap"),
        "Ctrl+Shift+G",
        "network",
        icon="ungroup",
        enabled=_block_selected,
    ),
    _drawn("rename", say("Rename"), lambda w: w.design.inspector.edit_name(), "F2", "network", icon="pencil"),
    _drawn("freeze", say("Freeze the weights"), _act("freeze"), "L", "network", icon="lock", enabled=_selected),
    _drawn("bypass", say("Bypass"), _act("bypass"), "B", "network", icon="route", enabled=_selected),
    _drawn(
        "lay_out", say("Lay out"), _act("arrange"), "Ctrl+Shift+L", "network", icon="layout-dashboard", enabled=_filled
    ),
    # what is seen
    _drawn("frame_all", say("Show everything"), _look("frame_all"), "Home", "view", icon="maximize", enabled=_filled),
    _drawn(
        "frame_selection",
        say("Show the selection"),
        _look("frame_selection"),
        "F",
        "view",
        icon="scan",
        enabled=_selected,
    ),
    _drawn("zoom_in", say("Zoom in"), lambda w: w.canvas.view.zoom_step(1), "Ctrl++ Ctrl+=", "view", icon="zoom-in"),
    _drawn("zoom_out", say("Zoom out"), lambda w: w.canvas.view.zoom_step(-1), "Ctrl+-", "view", icon="zoom-out"),
    _drawn("minimap", say("Map"), lambda w: w.canvas.turn_map(), "Alt+M", "view", icon="map"),
    _drawn(
        "leave",
        say("Leave the block"),
        lambda w: w.session.document.enter(w.session.document.trail[:-1]),
        "Esc",
        "view",
        icon="log-out",
        enabled=_inside_block,
    ),
    _drawn(
        "enter",
        say("Open the block"),
        lambda w: w.design.enter_selected(),
        "Return",
        "view",
        icon="log-in",
        enabled=_block_selected,
    ),
    # go
    _command(
        "palette",
        say("Search layers"),
        lambda w: w.design.palette.seek(),
        icon="search",
        keys="Ctrl+K",
        menu="go",
        room="design",
        enabled=_on_drawing,
    ),
    _command(
        "next_problem",
        say("Next problem"),
        lambda w: w.design.problems.walk(),
        icon="circle-alert",
        keys="F8",
        menu="go",
        room="design",
        enabled=lambda w: _on_drawing(w) and bool(w.design.problems.problems),
    ),
    _command(
        "previous_problem",
        say("Previous problem"),
        lambda w: w.design.problems.walk(-1),
        keys="Shift+F8",
        menu="go",
        room="design",
        enabled=lambda w: _on_drawing(w) and bool(w.design.problems.problems),
    ),
    _command("welcome", say("Welcome"), _room("welcome"), icon="house", keys="Ctrl+0", menu="go"),
    _command(
        "design", say("Design"), _room("design"), icon="workflow", keys="Ctrl+1", menu="go", enabled=_has_document
    ),
    _command("data", say("Data"), _room("data"), icon="database", keys="Ctrl+2", menu="go", enabled=_has_document),
    _command(
        "train_room", say("Train"), _room("train"), icon="chart-line", keys="Ctrl+3", menu="go", enabled=_has_document
    ),
    _command("test", say("Test"), _room("test"), icon="flask-conical", keys="Ctrl+4", menu="go", enabled=_has_document),
    _command(
        "next_document",
        say("Next document"),
        lambda w: w.files.turn(1),
        keys="Ctrl+Tab",
        menu="go",
        enabled=lambda w: len(w.session.documents) > 1,
    ),
    _command(
        "previous_document",
        say("Previous document"),
        lambda w: w.files.turn(-1),
        keys="Ctrl+Shift+Tab",
        menu="go",
        enabled=lambda w: len(w.session.documents) > 1,
    ),
    _command(
        "train",
        say("Start training"),
        lambda w: w.session.train(),
        icon="play",
        keys="Ctrl+Return",
        menu="network",
        enabled=_has_document,
    ),
    # help
    _command(
        "commands",
        say("Search commands"),
        lambda w: w.search_commands(),
        icon="search",
        keys="Ctrl+Shift+P",
        menu="help",
    ),
    _command("shortcuts", say("Shortcuts"), _room("shortcuts"), icon="keyboard", keys="F1", menu="help"),
    _command("settings", say("Settings"), _room("settings"), icon="settings", keys="Ctrl+,", menu="help"),
)


def by_id(id: str) -> Command:
    """The command called *id*."""
    return next(c for c in COMMANDS if c.id == id)
