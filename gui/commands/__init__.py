"""Everything one can do in the window: a file per menu, a row per command.

The menus, the shortcuts, the search for commands and the page of shortcuts are made from it.
"""

from __future__ import annotations

from dataclasses import replace

from graph.text import Message, say
from gui.commands import edit, file, go, help, network, view
from gui.commands.command import Command

__all__ = ["COMMANDS", "MENUS", "Command", "by_id"]

MENUS: dict[str, Message] = {
    "file": say("File"),
    "edit": say("Edit"),
    "view": say("View"),
    "network": say("Network"),
    "go": say("Go"),
    "help": say("Help"),
}
"""Menus, in their order."""

_ROWS = {"file": file, "edit": edit, "network": network, "view": view, "go": go, "help": help}

COMMANDS: tuple[Command, ...] = tuple(
    replace(command, menu=menu) for menu, rows in _ROWS.items() for command in rows.COMMANDS
)


def by_id(id: str) -> Command:
    """The command called *id*."""
    return next(c for c in COMMANDS if c.id == id)
