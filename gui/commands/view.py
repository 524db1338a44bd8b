"""What is seen of a drawing, and where one looks."""

from __future__ import annotations

from graph.text import say
from gui.commands.command import Command, command, drawn, filled, selected

COMMANDS: tuple[Command, ...] = (
    drawn("frame_all", say("Show everything"), "look.frame_all", icon="maximize", enabled=filled),
    drawn("frame_selection", say("Show the selection"), "look.frame_selection", icon="scan", enabled=selected),
    drawn("zoom_in", say("Zoom in"), "look.zoom_in", icon="zoom-in"),
    drawn("zoom_out", say("Zoom out"), "look.zoom_out", icon="zoom-out"),
    drawn("zoom_full", say("Zoom to 100 %"), "look.zoom_full"),
    drawn("minimap", say("Map"), "look.turn_map", icon="map"),
    drawn("next_number", say("Other numbers on the nodes"), "showing.next_number", enabled=filled),
    drawn("next_warmth", say("Heat map"), "showing.next_warmth", icon="thermometer", enabled=filled),
    drawn("walk_down", say("Follow the links down"), "look.walk_down", icon="arrow-down", enabled=filled),
    drawn("walk_up", say("Follow the links up"), "look.walk_up", icon="arrow-up", enabled=filled),
    drawn("walk_left", say("Go to the left"), "look.walk_left", icon="arrow-left", enabled=filled),
    drawn("walk_right", say("Go to the right"), "look.walk_right", icon="arrow-right", enabled=filled),
    drawn("reach_down", say("Select what follows too"), "look.reach_down", enabled=filled),
    drawn("reach_up", say("Select what comes before too"), "look.reach_up", enabled=filled),
    drawn("reach_left", say("Select the left neighbor too"), "look.reach_left", enabled=filled),
    drawn("reach_right", say("Select the right neighbor too"), "look.reach_right", enabled=filled),
    command(
        "field",
        say("Receptive field"),
        lambda w: w.design.show_field(),
        icon="scan-eye",
        keys="Ctrl+Shift+F",
        room="design",
        enabled=selected,
    ),
)
