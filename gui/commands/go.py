"""Where one goes: nodes, problems, rooms, documents."""

from __future__ import annotations

from graph.text import say
from gui.commands.command import Command, command, drawn, filled, has_document, noted, on_drawing, room

COMMANDS: tuple[Command, ...] = (
    drawn("next_comment", say("Next comment"), "notes.next", enabled=noted),
    command(
        "find",
        say("Find a node"),
        lambda w: w.search_nodes(),
        icon="scan-search",
        keys="Ctrl+F",
        room="design",
        enabled=filled,
    ),
    command(
        "palette",
        say("Search layers"),
        lambda w: w.design.palette.seek(),
        icon="search",
        keys="Ctrl+K",
        room="design",
        enabled=on_drawing,
    ),
    command(
        "next_problem",
        say("Next problem"),
        lambda w: w.design.problems.walk(),
        icon="circle-alert",
        keys="F8",
        room="design",
        enabled=lambda w: on_drawing(w) and bool(w.design.problems.problems),
    ),
    command(
        "previous_problem",
        say("Previous problem"),
        lambda w: w.design.problems.walk(-1),
        keys="Shift+F8",
        room="design",
        enabled=lambda w: on_drawing(w) and bool(w.design.problems.problems),
    ),
    command(
        "preview_fix",
        say("Preview the next fix"),
        lambda w: w.design.problems.preview_next(),
        icon="eye",
        keys="Alt+F8",
        room="design",
        enabled=lambda w: on_drawing(w) and bool(w.design.problems.problems),
    ),
    command(
        "apply_fix",
        say("Apply the previewed fix"),
        lambda w: w.design.problems.mend_previewed(),
        icon="wrench",
        keys="Ctrl+F8",
        room="design",
        enabled=lambda w: on_drawing(w) and bool(w.design.problems.problems),
    ),
    command("welcome", say("Welcome"), room("welcome"), icon="house", keys="Ctrl+0"),
    command("presets", say("All presets"), room("presets"), icon="layout-grid", keys="Ctrl+Shift+N"),
    command("design", say("Design"), room("design"), icon="workflow", keys="Ctrl+1", enabled=has_document),
    command("data", say("Data"), room("data"), icon="database", keys="Ctrl+2", enabled=has_document),
    command("train_room", say("Train"), room("train"), icon="chart-line", keys="Ctrl+3", enabled=has_document),
    command("test", say("Test"), room("test"), icon="flask-conical", keys="Ctrl+4", enabled=has_document),
    command(
        "next_document",
        say("Next document"),
        lambda w: w.files.turn(1),
        keys="Ctrl+Tab",
        enabled=lambda w: len(w.session.documents) > 1,
    ),
    command(
        "previous_document",
        say("Previous document"),
        lambda w: w.files.turn(-1),
        keys="Ctrl+Shift+Tab",
        enabled=lambda w: len(w.session.documents) > 1,
    ),
)
