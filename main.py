"""The door to Canevas: without a command the window opens; with one, the terminal is enough.

``python main.py --help`` names the commands; installed, the same is called ``canevas``.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    from runtime.command_line.guard import guarded

    return guarded(lambda: _main(sys.argv[1:] if words is None else words))


def _main(words: list[str]) -> int:
    from runtime.command_line import run

    run.speak()
    if not run.is_window(words):
        return run.run(words, _presets)
    from runtime.command_line import demonstration

    if demonstration.screen():
        from gui import app

        return app.main(*words)
    if words:
        from graph.errors import CanevasError

        raise CanevasError("There is no screen here to open {source} on: canevas --help names what works without one.",
                           source=words[0])  # fmt: skip
    return demonstration.demonstrate(_presets)


def _presets() -> object:
    return import_module("presets")


if __name__ == "__main__":
    sys.exit(main())
