"""What is done to the network: nodes, blocks, weights, its training."""

from __future__ import annotations

from graph.text import say
from gui.commands.command import (
    Command,
    block_selected,
    command,
    drawn,
    filled,
    has_document,
    inside_block,
    linked_selected,
    on_drawing,
    selected,
    several_selected,
    transfer,
)

COMMANDS: tuple[Command, ...] = (
    drawn("add", say("Add a layer"), "look.quick_add", icon="plus"),
    drawn("link", say("Link the selected nodes"), "actions.link", icon="spline", enabled=several_selected),
    drawn("wrap", say("Make a block"), "actions.wrap", icon="group", enabled=selected),
    drawn("dissolve", say("Dissolve the block"), "actions.unwrap", icon="ungroup", enabled=block_selected),
    drawn(
        "make_own",
        say("Make the block's definition its own"),
        "actions.make_own",
        icon="copy",
        enabled=linked_selected,
    ),
    command(
        "keep_block",
        say("Save in my blocks"),
        lambda w: w.design.keep_blocks(),
        icon="library",
        room="design",
        enabled=block_selected,
    ),
    drawn("enter", say("Open the block"), "look.enter", icon="log-in", enabled=block_selected),
    drawn("leave", say("Leave the block"), "look.leave", icon="log-out", enabled=inside_block),
    command(
        "rename",
        say("Rename"),
        lambda w: w.design.inspector.edit_name(),
        icon="pencil",
        keys="F2",
        room="design",
        enabled=on_drawing,
    ),
    drawn("freeze", say("Freeze the weights"), "actions.freeze", icon="lock", enabled=selected),
    command(
        "freeze_but_last",
        say("Freeze all but the last layers ..."),
        transfer("freeze_dialog"),
        icon="lock",
        keys="Shift+L",
        room="design",
        enabled=filled,
    ),
    command(
        "weights",
        say("Weights to begin with ..."),
        transfer("weights_dialog"),
        icon="download",
        room="design",
        enabled=filled,
    ),
    command(
        "new_head",
        say("New head for the classes of the data"),
        transfer("commands", "new_head"),
        icon="replace",
        room="design",
        enabled=filled,
    ),
    drawn("bypass", say("Bypass"), "actions.bypass", icon="route", enabled=selected),
    drawn("comment", say("Add a comment"), "notes.add", icon="message-square"),
    drawn("lay_out", say("Lay out"), "actions.arrange", icon="layout-dashboard", enabled=filled),
    command(
        "train",
        say("Start training"),
        lambda w: w.session.train(),
        icon="play",
        keys="Ctrl+Return",
        enabled=has_document,
    ),
)
