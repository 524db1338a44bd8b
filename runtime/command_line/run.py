"""One command, from its words to its exit status."""

from __future__ import annotations

import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from graph.text import LANGUAGES, Message, tr, use_language
from runtime.command_line.output import tell
from runtime.command_line.parser import commands, parsed, parser

Presets = Callable[[], ModuleType]
"""Imports the package ``presets``, which this one stands beside and may not know."""


def run(words: list[str], presets: Presets) -> int:
    """Do what *words* say."""
    args = parsed(words)
    args.presets = presets
    for sentence in _refused(args):
        tell(sentence)
    module, _, name = args.does.partition(":")
    return int(getattr(import_module(f"runtime.command_line.{module}"), name)(args))


def _refused(args: Namespace) -> list[Message]:
    """Which plug-ins could not be used, of those that the command would use: of kinds, of presets."""
    from graph import layer  # the window has no use for all this before it is painted
    from runtime.command_line.sources import PRESET

    named = [getattr(args, name, None) or "" for name in ("source", "a", "b")]
    found = layer.refused_plugins() if any(named) else []
    if args.command == "presets" or any(name.startswith(PRESET) for name in named):
        found += args.presets().refused_plugins()
    return found


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
