"""What is done with files, and the ways out of the window."""

from __future__ import annotations

from importlib import import_module

from graph.text import say
from gui.commands.command import Command, command, has_document, on_drawing, transfer

COMMANDS: tuple[Command, ...] = (
    command("new", say("New network"), lambda w: w.files.new(), icon="plus", keys="Ctrl+N"),
    command("open", say("Open ..."), lambda w: w.files.ask_open(), icon="folder-open", keys="Ctrl+O"),
    command("save", say("Save"), lambda w: w.files.save(), icon="save", keys="Ctrl+S", enabled=has_document),
    command(
        "save_as",
        say("Save as ..."),
        lambda w: w.files.ask_save(),
        keys="Ctrl+Shift+S",
        enabled=has_document,
    ),
    command(
        "save_drawing",
        say("Save the drawing as a picture ..."),
        lambda w: w.files.ask_picture(),
        icon="image",
        keys="Ctrl+Shift+E",
        room="design",
        enabled=on_drawing,
    ),
    command("close", say("Close"), lambda w: w.files.close(), icon="x", keys="Ctrl+W", enabled=has_document),
    command(
        "compare",
        say("Compare with ..."),
        lambda w: import_module("gui.comparing").offer(w),
        icon="git-compare",
        room="design",
        enabled=on_drawing,
    ),
    command("fine_tune", say("Fine-tune on my images ..."), transfer("fine_tune"), icon="wand-sparkles"),
    command("quit", say("Quit"), lambda w: w.close(), icon="log-out", keys="Ctrl+Q"),
)
