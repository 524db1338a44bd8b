"""Where one finds out what can be done."""

from __future__ import annotations

from graph.text import say
from gui.commands.command import Command, command, room

COMMANDS: tuple[Command, ...] = (
    command(
        "commands",
        say("Search commands"),
        lambda w: w.search_commands(),
        icon="search",
        keys="Ctrl+Shift+P",
    ),
    command("shortcuts", say("Shortcuts"), room("shortcuts"), icon="keyboard", keys="F1"),
    command("settings", say("Settings"), room("settings"), icon="settings", keys="Ctrl+,"),
)
