"""Everything one can do in the window, in one table.

The menu, the shortcuts, the search for commands and the page of shortcuts are made from it.  A new command is one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from graph.text import Message, say
from gui.canvas.keys import KEYS

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

    *room* names the room it belongs to, if it is one only.  The keys of a *canvas* command are taken by the drawing
    itself, while it has the focus.
    """

    id: str
    text: Message
    icon: str
    shortcuts: tuple[str, ...]
    menu: str
    room: str
    run: Callable[[Window], Any]
    enabled: Callable[[Window], bool] = _always
    canvas: bool = False

    @property
    def shortcut(self) -> str:
        """The first of its keys, or nothing."""
        return self.shortcuts[0] if self.shortcuts else ""


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
    canvas: bool = False,
) -> Command:
    return Command(id, text, icon, tuple(keys.split()), menu, room, run, enabled, canvas)


def _has_document(window: Window) -> bool:
    return window.session.document is not None


def _on_drawing(window: Window) -> bool:
    return window.room == "design" and window.canvas is not None


def _compare(window: Window) -> object:
    from gui.comparing import offer

    return offer(window)


def _selected(window: Window) -> bool:
    return _on_drawing(window) and bool(window.canvas.selection)


def _any_selected(window: Window) -> bool:
    return _selected(window) or (_on_drawing(window) and bool(window.canvas.scene.noted))


def _noted(window: Window) -> bool:
    return _on_drawing(window) and bool(window.canvas.network.notes)


def _block_selected(window: Window) -> bool:
    if not _selected(window):
        return False
    from graph.network import Block

    nodes = window.canvas.network.nodes
    return any(isinstance(nodes[n].layer, Block) for n in window.canvas.selection if n in nodes)


def _linked_selected(window: Window) -> bool:
    """Whether the definition of a selected block stands elsewhere too."""
    if not _block_selected(window):
        return False
    from graph.edit import standings
    from graph.network import Block

    network, nodes = window.session.document.network, window.canvas.network.nodes
    blocks = {nodes[n].kind for n in window.canvas.selection if n in nodes and isinstance(nodes[n].layer, Block)}
    return any(standings(network, block) > 1 for block in blocks)


def _several_selected(window: Window) -> bool:
    return _selected(window) and len(window.canvas.selection) > 1


def _inside_block(window: Window) -> bool:
    return _on_drawing(window) and bool(window.session.document.trail)


def _filled(window: Window) -> bool:
    return _on_drawing(window) and bool(window.canvas.network.nodes)


def _drawn(id: str, text: Message, does: str, menu: str, **more: Any) -> Command:
    """A command of the drawing: *does* names the method of the canvas, which knows its keys itself."""
    owner, _, method = does.partition(".")
    keys = " ".join(k for k, m in KEYS.items() if m == does)

    def run(window: Window) -> None:
        getattr(getattr(window.canvas, owner), method)()

    return _command(id, text, run, keys=keys, menu=menu, room="design", canvas=True, **{"enabled": _on_drawing, **more})


def _room(name: str) -> Callable[[Window], Any]:
    return lambda window: window.show_room(name)


def _transfer(module: str, does: str = "show") -> Callable[[Window], Any]:
    """Something about weights; what it needs is imported when it is first wanted."""
    return lambda window: getattr(import_module(f"gui.transfer.{module}"), does)(window)


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
    _command(
        "compare",
        say("Compare with ..."),
        _compare,
        icon="git-compare",
        menu="file",
        room="design",
        enabled=_on_drawing,
    ),
    _command("fine_tune", say("Fine-tune on my images ..."), _transfer("fine_tune"), icon="wand-sparkles", menu="file"),
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
        icon="rotate-ccw-clock",
        keys="Ctrl+Alt+Z",
        menu="edit",
        room="design",
        enabled=_on_drawing,
    ),
    _drawn("copy", say("Copy"), "actions.copy", "edit", icon="copy", enabled=_selected),
    _drawn("paste", say("Paste"), "actions.paste", "edit", icon="clipboard-paste"),
    _drawn("paste_linked", say("Paste with links"), "actions.paste_linked", "edit"),
    _drawn("duplicate", say("Duplicate"), "actions.duplicate", "edit", icon="copy-plus", enabled=_selected),
    _drawn("duplicate_linked", say("Duplicate with links"), "actions.duplicate_linked", "edit", enabled=_selected),
    _drawn("delete", say("Delete"), "actions.remove", "edit", icon="trash", enabled=_any_selected),
    _drawn("bridge", say("Delete and reconnect"), "actions.bridge", "edit", icon="unplug", enabled=_selected),
    _drawn("select_all", say("Select all"), "look.select_all", "edit", icon="square-dashed", enabled=_filled),
    _drawn("copy_drawing", say("Copy the drawing as a picture"), "look.copy_picture", "edit", enabled=_filled),
    # the network
    _drawn("add", say("Add a layer"), "look.quick_add", "network", icon="plus"),
    _drawn("link", say("Link the selected nodes"), "actions.link", "network", icon="spline", enabled=_several_selected),
    _drawn("wrap", say("Make a block"), "actions.wrap", "network", icon="group", enabled=_selected),
    _drawn("dissolve", say("Dissolve the block"), "actions.unwrap", "network", icon="ungroup", enabled=_block_selected),
    _drawn(
        "make_own",
        say("Make the block's definition its own"),
        "actions.make_own",
        "network",
        icon="copy",
        enabled=_linked_selected,
    ),
    _command(
        "keep_block",
        say("Save in my blocks"),
        lambda w: w.design.keep_blocks(),
        icon="library",
        menu="network",
        room="design",
        enabled=_block_selected,
    ),
    _drawn("enter", say("Open the block"), "look.enter", "network", icon="log-in", enabled=_block_selected),
    _drawn("leave", say("Leave the block"), "look.leave", "network", icon="log-out", enabled=_inside_block),
    _command(
        "rename",
        say("Rename"),
        lambda w: w.design.inspector.edit_name(),
        icon="pencil",
        keys="F2",
        menu="network",
        room="design",
        enabled=_on_drawing,
    ),
    _drawn("freeze", say("Freeze the weights"), "actions.freeze", "network", icon="lock", enabled=_selected),
    _command(
        "freeze_but_last",
        say("Freeze all but the last layers ..."),
        _transfer("freeze_dialog"),
        icon="lock",
        keys="Shift+L",
        menu="network",
        room="design",
        enabled=_filled,
    ),
    _command(
        "weights",
        say("Weights to begin with ..."),
        _transfer("weights_dialog"),
        icon="download",
        menu="network",
        room="design",
        enabled=_filled,
    ),
    _command(
        "new_head",
        say("New head for the classes of the data"),
        _transfer("commands", "new_head"),
        icon="replace",
        menu="network",
        room="design",
        enabled=_filled,
    ),
    _drawn("bypass", say("Bypass"), "actions.bypass", "network", icon="route", enabled=_selected),
    _drawn("comment", say("Add a comment"), "notes.add", "network", icon="message-square"),
    _drawn("next_comment", say("Next comment"), "notes.next", "go", enabled=_noted),
    _drawn("lay_out", say("Lay out"), "actions.arrange", "network", icon="layout-dashboard", enabled=_filled),
    # what is seen
    _drawn("frame_all", say("Show everything"), "look.frame_all", "view", icon="maximize", enabled=_filled),
    _drawn(
        "frame_selection", say("Show the selection"), "look.frame_selection", "view", icon="scan", enabled=_selected
    ),
    _drawn("zoom_in", say("Zoom in"), "look.zoom_in", "view", icon="zoom-in"),
    _drawn("zoom_out", say("Zoom out"), "look.zoom_out", "view", icon="zoom-out"),
    _drawn("zoom_full", say("Zoom to 100 %"), "look.zoom_full", "view"),
    _drawn("minimap", say("Map"), "look.turn_map", "view", icon="map"),
    _drawn("next_number", say("Other numbers on the nodes"), "showing.next_number", "view", enabled=_filled),
    _drawn("next_warmth", say("Heat map"), "showing.next_warmth", "view", icon="thermometer", enabled=_filled),
    _drawn("walk_down", say("Follow the links down"), "look.walk_down", "view", icon="arrow-down", enabled=_filled),
    _drawn("walk_up", say("Follow the links up"), "look.walk_up", "view", icon="arrow-up", enabled=_filled),
    _drawn("walk_left", say("Go to the left"), "look.walk_left", "view", icon="arrow-left", enabled=_filled),
    _drawn("walk_right", say("Go to the right"), "look.walk_right", "view", icon="arrow-right", enabled=_filled),
    _drawn("reach_down", say("Select what follows too"), "look.reach_down", "view", enabled=_filled),
    _drawn("reach_up", say("Select what comes before too"), "look.reach_up", "view", enabled=_filled),
    _drawn("reach_left", say("Select the left neighbor too"), "look.reach_left", "view", enabled=_filled),
    _drawn("reach_right", say("Select the right neighbor too"), "look.reach_right", "view", enabled=_filled),
    _command(
        "field",
        say("Receptive field"),
        lambda w: w.design.show_field(),
        icon="scan-eye",
        keys="Ctrl+Shift+F",
        menu="view",
        room="design",
        enabled=_selected,
    ),
    # go
    _command(
        "find",
        say("Find a node"),
        lambda w: w.search_nodes(),
        icon="scan-search",
        keys="Ctrl+F",
        menu="go",
        room="design",
        enabled=_filled,
    ),
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
    _command(
        "preview_fix",
        say("Preview the next fix"),
        lambda w: w.design.problems.preview_next(),
        icon="eye",
        keys="Alt+F8",
        menu="go",
        room="design",
        enabled=lambda w: _on_drawing(w) and bool(w.design.problems.problems),
    ),
    _command(
        "apply_fix",
        say("Apply the previewed fix"),
        lambda w: w.design.problems.mend_previewed(),
        icon="wrench",
        keys="Ctrl+F8",
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
