"""The main job without a screen: train the lecture's network on handwritten digits, test it, take it away."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from graph.text import tr
from runtime.command_line.output import tell

FILE = "lecture.pt"


def screen() -> bool:
    """Whether a window can open here: a display that answers, or one that was chosen for Qt on purpose."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("WAYLAND_DISPLAY")) or _answers(os.environ.get("DISPLAY", ""))


def _answers(display: str) -> bool:
    """Whether an X server listens at *display* (``:1``, ``host:0.0``); a variable left over from elsewhere is none."""
    match = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d{1,5})(\.\d+)?", display)
    if match is None:
        return False
    host, number = match["host"], int(match["number"])
    local = host in ("", "unix")
    family, places = (
        (socket.AF_UNIX, [f"\0/tmp/.X11-unix/X{number}", f"/tmp/.X11-unix/X{number}"])
        if local
        else (socket.AF_INET, [(host, 6000 + number)])
    )
    for place in places:
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(2.0)
            try:
                line.connect(place)
            except OSError:
                continue
            return True
    return False


def demonstrate(presets: Callable[[], ModuleType]) -> int:
    """Train, test and export in the terminal; the steps are the commands that one would type."""
    from runtime.command_line.run import run

    tell(tr("There is no screen here for the window. The same job in the terminal:"))
    folder = _fresh_folder()
    steps = (
        ["train", "preset:lecture", "--data", "digits", "--run", str(folder)],
        ["test", str(folder)],
        ["export", str(folder), "-o", FILE],
    )
    for step in steps:
        tell(f"\n$ canevas {' '.join(step)}")
        status = run(step, presets)
        if status:
            return status
    tell(tr("\nTake {file} with you: torch opens it without Canevas.", file=str(Path(FILE).resolve())))
    return 0


def _fresh_folder() -> Path:
    from runtime.folders import runs_home

    number = 1
    while (folder := runs_home() / f"lecture-{number}").exists():
        number += 1
    return folder
