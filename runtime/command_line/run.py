"""One command, from its words to its exit status."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from graph import layer
from graph.text import LANGUAGES, tr, use_language
from runtime.command_line.output import tell
from runtime.command_line.parser import commands, parsed, parser

Presets = Callable[[], ModuleType]
"""Imports the package ``presets``, which this one stands beside and may not know."""


def run(words: list[str], presets: Presets) -> int:
    """Do what *words* say."""
    args = parsed(words)
    args.presets = presets
    if {"source", "a"} & set(vars(args)) or args.command == "presets":  # what knows a kind or a preset
        for sentence in (*layer.refused_plugins(), *presets().refused_plugins()):
            tell(sentence)
    module, _, name = args.does.partition(":")
    return int(getattr(import_module(f"runtime.command_line.{module}"), name)(args))


def is_window(words: list[str]) -> bool:
    """Whether *words* ask for the window: nothing at all, or a network to open.

    Raises:
        SystemExit: they are neither that nor a command.
    """
    if not words:
        return True
    first = words[0]
    if first.startswith("-") or first in [command.name for command in commands()]:
        return False
    if len(words) == 1 and (":" in first or "." in first or Path(first).exists()):
        return True
    near = difflib.get_close_matches(first, [command.name for command in commands()], 1)
    hint = tr("; did you mean {near}?", near=near[0]) if near else ""
    parser().error(tr("there is no command {word}{hint}", word=repr(first)[:60], hint=hint))
    raise AssertionError  # error() has ended the program


def speak() -> None:
    """Use the language of the terminal, if it ships."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if code := os.environ.get(name, "").split(":")[0][:2].lower():
            use_language(code if code in LANGUAGES else "en")
            break
    for stream in (sys.stdout, sys.stderr):  # a terminal that knows no × shows a ? rather than nothing at all
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
