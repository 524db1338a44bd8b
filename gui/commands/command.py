"""What a command is, when it can be done, and the short ways to write its row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from graph.text import Message
from gui.canvas.keys import KEYS

if TYPE_CHECKING:
    from gui.window import Window


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


def command(
    id: str,
    text: Message,
    run: Callable[[Window], Any],
    *,
    icon: str = "",
    keys: str = "",
    room: str = "",
    enabled: Callable[[Window], bool] = _always,
    canvas: bool = False,
) -> Command:
    """A command, whose menu is that of the file it stands in; *keys* are parted by spaces."""
    return Command(id, text, icon, tuple(keys.split()), "", room, run, enabled, canvas)


def has_document(window: Window) -> bool:
    """Whether a network is open."""
    return window.session.document is not None


def on_drawing(window: Window) -> bool:
    """Whether a drawing is looked at."""
    return window.room == "design" and window.canvas is not None


def selected(window: Window) -> bool:
    """Whether a node is selected."""
    return on_drawing(window) and bool(window.canvas.selection)


def any_selected(window: Window) -> bool:
    """Whether a node or a comment is selected."""
    return selected(window) or (on_drawing(window) and bool(window.canvas.scene.noted))


def noted(window: Window) -> bool:
    """Whether there are comments."""
    return on_drawing(window) and bool(window.canvas.network.notes)


def block_selected(window: Window) -> bool:
    """Whether a block is selected."""
    if not selected(window):
        return False
    from graph.network import Block

    nodes = window.canvas.network.nodes
    return any(isinstance(nodes[n].layer, Block) for n in window.canvas.selection if n in nodes)


def linked_selected(window: Window) -> bool:
    """Whether the definition of a selected block stands elsewhere too."""
    if not block_selected(window):
        return False
    from graph.edit import standings
    from graph.network import Block

    network, nodes = window.session.document.network, window.canvas.network.nodes
    blocks = {nodes[n].kind for n in window.canvas.selection if n in nodes and isinstance(nodes[n].layer, Block)}
    return any(standings(network, block) > 1 for block in blocks)


def several_selected(window: Window) -> bool:
    """Whether more than one node is selected."""
    return selected(window) and len(window.canvas.selection) > 1


def inside_block(window: Window) -> bool:
    """Whether one looks into a block."""
    return on_drawing(window) and bool(window.session.document.trail)


def filled(window: Window) -> bool:
    """Whether anything is drawn."""
    return on_drawing(window) and bool(window.canvas.network.nodes)


def drawn(id: str, text: Message, does: str, **more: Any) -> Command:
    """A command of the drawing: *does* names the method of the canvas, which knows its keys itself."""
    owner, _, method = does.partition(".")
    keys = " ".join(k for k, m in KEYS.items() if m == does)

    def run(window: Window) -> None:
        getattr(getattr(window.canvas, owner), method)()

    return command(id, text, run, keys=keys, room="design", canvas=True, **{"enabled": on_drawing, **more})


def room(name: str) -> Callable[[Window], Any]:
    """What shows a room or a page."""
    return lambda window: window.show_room(name)


def transfer(module: str, does: str = "show") -> Callable[[Window], Any]:
    """Something about weights; what it needs is imported when it is first wanted."""
    return lambda window: getattr(import_module(f"gui.transfer.{module}"), does)(window)
