"""What is done to a drawing: undo, copies, what is taken away."""

from __future__ import annotations

from graph.text import say
from gui.commands.command import Command, any_selected, command, drawn, filled, has_document, on_drawing, selected

COMMANDS: tuple[Command, ...] = (
    command(
        "undo",
        say("Undo"),
        lambda w: w.session.document.stack.undo(),
        icon="undo-2",
        keys="Ctrl+Z",
        enabled=lambda w: has_document(w) and w.session.document.stack.canUndo(),
    ),
    command(
        "redo",
        say("Redo"),
        lambda w: w.session.document.stack.redo(),
        icon="redo-2",
        keys="Ctrl+Shift+Z Ctrl+Y",
        enabled=lambda w: has_document(w) and w.session.document.stack.canRedo(),
    ),
    command(
        "history",
        say("History"),
        lambda w: w.design.turn_history(),
        icon="rotate-ccw-clock",
        keys="Ctrl+Alt+Z",
        room="design",
        enabled=on_drawing,
    ),
    drawn("copy", say("Copy"), "actions.copy", icon="copy", enabled=selected),
    drawn("paste", say("Paste"), "actions.paste", icon="clipboard-paste"),
    drawn("paste_linked", say("Paste with links"), "actions.paste_linked"),
    drawn("duplicate", say("Duplicate"), "actions.duplicate", icon="copy-plus", enabled=selected),
    drawn("duplicate_linked", say("Duplicate with links"), "actions.duplicate_linked", enabled=selected),
    drawn("delete", say("Delete"), "actions.remove", icon="trash", enabled=any_selected),
    drawn("bridge", say("Delete and reconnect"), "actions.bridge", icon="unplug", enabled=selected),
    drawn("select_all", say("Select all"), "look.select_all", icon="square-dashed", enabled=filled),
    drawn("copy_drawing", say("Copy the drawing as a picture"), "look.copy_picture", enabled=filled),
)
