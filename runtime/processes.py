"""Processes of ours: how one is started so that it finds these packages, and whether one still lives."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from graph.text import language

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds the packages."""


LANGUAGE = "CANEVAS_LANGUAGE"
"""The variable of the environment that says in which language such a process speaks."""


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs *module* in a process of its own, whatever lies in the folder it stands in (-P)."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """The environment of such a process: it finds these packages wherever it stands, and speaks our language."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), LANGUAGE: language()}


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that was given up, and what it started; nothing where it has ended by itself."""
    if process.poll() is not None:
        return
    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
    process.kill()
    process.wait()


def began(pid: int) -> float | None:
    """When the process *pid* began; None if there is none, or a dead one that nobody has buried yet."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (psutil.Error, ValueError, OverflowError):
        return None
