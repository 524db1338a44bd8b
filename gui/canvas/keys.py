"""The keys that work on the canvas by themselves; commands, menus and the page of shortcuts read them here."""

from __future__ import annotations

KEYS: dict[str, str] = {
    "Tab": "look.quick_add",
    "Del": "actions.remove",
    "Backspace": "actions.remove",
    "Ctrl+X": "actions.bridge",
    "Ctrl+C": "actions.copy",
    "Ctrl+V": "actions.paste",
    "Ctrl+Shift+V": "actions.paste_linked",
    "Ctrl+D": "actions.duplicate",
    "Ctrl+Shift+D": "actions.duplicate_linked",
    "Ctrl+A": "look.select_all",
    "Ctrl+G": "actions.wrap",
    "Ctrl+Shift+G": "actions.unwrap",
    "Ctrl+L": "actions.arrange",
    "N": "showing.next_number",
    "H": "showing.next_warmth",
    "C": "notes.add",
    "Shift+C": "notes.next",
    "B": "actions.bypass",
    "L": "actions.freeze",
    "K": "actions.link",
    "F": "look.frame_selection",
    "Home": "look.frame_all",
    "+": "look.zoom_in",
    "-": "look.zoom_out",
    "Alt+M": "look.turn_map",
    "Return": "look.enter",
    "Enter": "look.enter",
    "Esc": "look.leave",
    "Alt+Down": "look.walk_down",
    "Alt+Up": "look.walk_up",
    "Alt+Left": "look.walk_left",
    "Alt+Right": "look.walk_right",
    "Alt+Shift+Down": "look.reach_down",
    "Alt+Shift+Up": "look.reach_up",
    "Alt+Shift+Left": "look.reach_left",
    "Alt+Shift+Right": "look.reach_right",
}
"""Keys that work on the canvas by themselves, and the method of the canvas that each calls.

Arrows alone move what is selected, with Shift by larger steps; with Ctrl they make a selected note larger or smaller.
"""
