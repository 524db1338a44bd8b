"""A hand on a real mouse and a real keyboard: everything goes through the X server, as from a person."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

PATIENCE = 60_000
"""Milliseconds after which waiting is given up."""


class Hand:
    """Moves, clicks, drags and types with xdotool, while the window goes on living."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot

    def do(self, *words: object) -> None:
        """Run xdotool, letting the window answer meanwhile: a drag is an event loop of its own."""
        process = subprocess.Popen(["xdotool", *map(str, words)])
        self.qtbot.waitUntil(lambda: process.poll() is not None, timeout=PATIENCE)
        assert process.returncode == 0, words
        self.settle()

    def settle(self) -> None:
        """Let the events that are on their way arrive: a round trip through the X server."""
        process = subprocess.Popen(["xdotool", "getmouselocation"], stdout=subprocess.DEVNULL)
        self.qtbot.waitUntil(lambda: process.poll() is not None, timeout=PATIENCE)

    def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until *condition* is true."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=int(seconds * 1000))

    def place(self, widget: QWidget, at: QPoint | None = None) -> tuple[int, int]:
        """A point of *widget* (its middle if none is given) on the screen."""
        point = widget.mapToGlobal(at if at is not None else widget.rect().center())
        return point.x(), point.y()

    def click(self, widget: QWidget, at: QPoint | None = None, button: int = 1) -> None:
        """Move there and click."""
        self.until(widget.isVisible)
        self.scroll_to(widget)
        x, y = self.place(widget, at)
        self.do("mousemove", x, y, "click", button)

    def scroll_to(self, widget: QWidget) -> None:
        """Turn the wheel over the area that holds *widget* until all of it can be seen."""
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        while area is not None and widget.visibleRegion().boundingRect() != widget.rect():
            bar, (x, y) = area.verticalScrollBar(), self.place(area.viewport())
            if bar.value() == bar.maximum():
                return
            self.do("mousemove", x, y, "click", 5)

    def double_click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Move there and click twice."""
        x, y = self.place(widget, at)
        self.do("mousemove", x, y, "click", "--repeat", 2, "--delay", 40, 1)

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 8) -> None:
        """Press at *start*, move in steps, release at *end*."""
        words: list[object] = ["mousemove", *start, "mousedown", 1]
        for i in range(1, steps + 1):
            x = start[0] + (end[0] - start[0]) * i // steps
            y = start[1] + (end[1] - start[1]) * i // steps
            words += ["mousemove", x, y, "sleep", 0.05]
        self.do(*words, "mouseup", 1)

    def keys(self, *names: str) -> None:
        """Press keys, by X's names: ``Return``, ``ctrl+z``."""
        for name in names:
            self.do("key", "--clearmodifiers", name)

    def type(self, text: str) -> None:
        """Type *text* where the focus is."""
        self.do("type", "--delay", 5, text)

    def write(self, field: QWidget, text: str) -> None:
        """Click into a field, replace what stands in it, and confirm."""
        self.click(field)
        self.keys("ctrl+a")
        self.type(text)
        self.keys("Return")
