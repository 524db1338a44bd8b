"""A window with a trained run at hand, and the ways to bring it into any state: for pictures of every screen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

WIDTH, HEIGHT = 1600, 1000
LOOK, STILL = 0.15, 0.6
"""Seconds between two looks at the window, and how long it must look the same to count as done."""


class Studio:
    """The window, and the run it may look at."""

    def __init__(self, run: Path | None) -> None:
        from gui import app

        self.app = app.application()
        self.app.setCursorFlashTime(0)  # a blinking cursor would never be still
        self.window = app.open_window()
        self.session = self.window.session
        self.run = run
        self.window.resize(WIDTH, HEIGHT)
        self.window.show()
        self.settle()

    @property
    def document(self):
        """The drawing that is shown."""
        return self.session.document

    @property
    def canvas(self):
        """Its canvas."""
        return self.window.canvas

    def settle(self, seconds: float = LOOK) -> None:
        """Let everything happen that happens by itself."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.app.processEvents()
            time.sleep(0.01)

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
        """Wait for something to come true."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"{what} did not happen within {seconds:g} s")
            self.settle(0.05)

    def quiet(self, seconds: float = 60.0) -> None:
        """Wait until no answer is awaited and the window looks the same for a while."""
        until, since, before = time.monotonic() + seconds, time.monotonic(), None
        while time.monotonic() < until:
            self.settle(LOOK)
            now = self.picture().toImage()
            if self.session.service.busy or now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > STILL:
                return

    def open(self, preset: str) -> None:
        """A drawing of a preset, in the Design room."""
        self.window.files.preset(preset)
        self._show_drawing()

    def open_run(self) -> None:
        """The network of the run, fitted to its data as it is, in the Design room; and the run is looked at."""
        from gui.document import Document
        from runtime.run import Run

        self.window.files.add(Document(Run(self.run).network))
        self._show_drawing()
        self.look_at_run()

    def _show_drawing(self) -> None:
        self.window.show_room("design")
        self.settle()
        self.canvas.show_everything()
        self.settle()

    def enter(self, *trail: str) -> None:
        """Look into a block."""
        self.document.enter(trail)
        self.settle()
        self.canvas.show_everything()
        self.settle()

    def select(self, *names: str) -> None:
        """Select nodes of what is shown."""
        self.canvas.scene.select(names)
        self.settle()

    def use_data(self) -> None:
        """What the run learned from, or the digits, looked at by the service."""
        from gui.data.watch import DataWatch
        from runtime.data.description import Description
        from runtime.run import Run

        self.session.choose_data(Run(self.run).data if self.run else Description("digits"))
        watch = DataWatch.of(self.session)
        watch.want()
        self.wait(lambda: watch.facts is not None, "reading the data")

    def look_at_run(self) -> None:
        """The trained run is the one that is looked at."""
        from runtime.run import Run

        self.session.show_run(Run(self.run))

    def picture(self):
        """The window, and above it the cards and menus that are windows of their own."""
        from PySide6.QtCore import QRect
        from PySide6.QtGui import QPainter

        from gui import theme

        found = self.window.grab()
        painter = QPainter(found)
        for other in self.app.topLevelWidgets():
            if other.isVisible() and other is not self.window:
                at = QRect(self.window.mapFromGlobal(other.pos()), other.size())
                painter.drawPixmap(at.topLeft(), other.grab())
                painter.setPen(theme.theme().color("line2"))  # offscreen no window has a frame
                painter.drawRect(at.adjusted(-1, -1, 0, 0))
        painter.end()
        return found

    def save(self, file: Path) -> None:
        """A picture of the window, at the scale that QT_SCALE_FACTOR asks for."""
        self.quiet()
        file.parent.mkdir(parents=True, exist_ok=True)
        double = "@2x" if os.environ.get("QT_SCALE_FACTOR") == "2" else ""
        self.picture().save(str(file.with_name(f"{file.name}{double}.png")))

    def close(self) -> None:
        """Leave nothing behind."""
        if (card := self.app.activePopupWidget()) is not None:
            card.close()
        for document in self.session.documents:
            document.stack.setClean()
        self.window.close()
        self.settle()
