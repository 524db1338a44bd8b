"""Trains in the window as a person does: ``python -m tools.in_window FILE SOURCE --data DATA ...``.

The words are those of ``canevas train``.  They are not given to the program but done by hand: the preset is opened from
the welcome page, its variables and its input are typed, the data chosen or dropped, what does not fit is mended by the
buttons that are offered, the recipe is filled in, Start is pressed, and in the end the run is tested.  What came of it
is written to FILE as JSON.  Settings and runs lie where CANEVAS_HOME and XDG_CONFIG_HOME say.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from gui import app
from gui.data.watch import DataWatch
from gui.fold import Fold
from gui.form import Form
from gui.window import Window
from runtime.command_line.parser import parsed
from runtime.run import LIVE, Run

PATIENCE = 120.0
"""Seconds after which what a person waits for counts as failed, training left out."""
LOOK = 0.05
"""Seconds between two looks at the screen."""
RECIPE = {"epochs": "epochs", "steps": "steps", "batch": "batch", "lr": "learning_rate", "seed": "seed"}
"""Which field of the recipe each word of the command line fills in; the threads are among them, too."""
ROOMS = {"design": "room-design", "data": "room-data", "train": "room-train_room", "test": "room-test"}


class Person:
    """Somebody in front of the window, with a mouse, a keyboard and patience."""

    def __init__(self, window: Window) -> None:
        self.window, self.session = window, window.session

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """Look on until something is there; returns it.

        Raises:
            TimeoutError: it does not come.
        """
        until = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > until:
                raise TimeoutError(f"{what}: not within {seconds:g} s; the window says: {self.window.status.said}")
            QTest.qWait(round(1000 * LOOK))
        return found

    def press(self, name: str, inside: QWidget | None = None) -> None:
        """Press the button called *name* as soon as it can be seen and pressed."""
        place = inside or self.window
        self.click(self.wait(lambda: _usable(place.findChildren(QAbstractButton, name)), f"the button {name}"))

    def click(self, widget: QWidget) -> None:
        """Click on something."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type(self, field: QWidget, text: str) -> None:
        """Type into a field, and Enter."""
        box = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)
        QTest.keyClick(box, Qt.Key.Key_Return)

    def fill(self, form: Form, name: str, value: Any) -> None:
        """Fill in a field of a form, its group opened if it is closed."""
        field = form.fields[name]
        above = field.parentWidget()
        while field.spec.fold and not isinstance(above, Fold):
            above = above.parentWidget()
        if isinstance(above, Fold):
            above.open()
        self.type(field.editor, str(value))
        if field.refusal:
            raise ValueError(f"{name} = {value}: {field.refusal}")

    def go(self, room: str) -> None:
        """Go to a room by the bar."""
        self.press(ROOMS[room])
        self.wait(lambda: self.window.room == room, f"the room {room}")

    def draw(self, args: Namespace) -> None:
        """Open the preset, and set its variables and its input."""
        name = args.source.removeprefix("preset:")
        card = lambda: self.window.findChild(QWidget, f"preset-{name}")  # noqa: E731
        self.wait(lambda: self.window.findChildren(QWidget, "preset-lecture"), "the presets")
        if card() is None:
            self.press("all-presets")
        self.click(self.wait(card, f"the card of {name}"))
        self.wait(lambda: self.session.document is not None, "the drawing")
        inspector = self.window.design.inspector
        for variable, number in args.set:
            self.type(inspector.page.variables.fields[variable].editor, str(number))
        if args.input:
            document = self.session.document
            name = next(node.name for node in document.network.nodes.values() if node.kind == "Input")
            self.window.canvas.scene.select((name,))
            self.wait(lambda: inspector.form, "the form of the input")
            self.fill(inspector.form, "shape", " x ".join(map(str, args.input)))

    def choose(self, data: str) -> None:
        """Choose included data, or drop a file or a folder, and wait until they are read."""
        self.go("data")
        panel = self.window.page("data").choose
        if os.path.exists(data):
            mime, at = QMimeData(), QPointF(panel.drop.rect().center())
            mime.setUrls([QUrl.fromLocalFile(os.path.abspath(data))])
            left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
            panel.drop.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, mime, left, none))
        else:
            self.press(f"data-{data}", panel)
        watch = DataWatch.of(self.session)
        self.wait(lambda: watch.facts or watch.refused, f"reading {data}")
        if watch.refused:
            raise ValueError(watch.refused)

    def train(self, args: Namespace) -> tuple[Run, float]:
        """Mend what does not fit, fill in the recipe, start, and wait for the end; the run, and its CPU seconds."""
        self.go("train")
        room = self.window.page("train")
        self.wait(lambda: room.curves, "the curves")
        self._mend(room, {"set_input"} if args.input else set())
        for word, name in {**RECIPE, "threads": "threads"}.items():
            if (value := getattr(args, word)) is not None:
                self.fill(room.recipe.form, name, value)
        before = self.session.run
        self.press("start", room.strip)
        self.wait(lambda: self.session.run is not before, "the run", PATIENCE)
        run, used = self.session.run, {}
        self.wait(lambda: _over(run, used) and room.course.state == run.state, "the end", 3600.0)
        if run.state != "done":
            raise ValueError(f"{run.state}: {run.error}")
        return run, sum(used.values())

    def _mend(self, room: QWidget, leave: set[str]) -> None:
        """Press the first way out of each obstacle until nothing is left to press."""
        QTest.qWait(round(1000 * LOOK))
        while fixes := [o.fixes[0] for o in room.notice.shown if o.fixes and o.fixes[0].id not in leave]:
            shown = room.notice.shown
            self.press(f"fix-{fixes[0].id}", room.notice)
            self.wait(lambda shown=shown: room.notice.shown != shown, str(fixes[0].text))
            QTest.qWait(round(1000 * LOOK))

    def test(self) -> dict[str, Any]:
        """Which part the Test room takes, and the measures that it finds there."""
        self.go("test")
        tester = self.window.page("test").tester
        self.wait(lambda: tester.refused or (tester.result and not tester.busy), "the test")
        if tester.refused:
            raise ValueError(tester.refused)
        return {"part": tester.result.part, "measures": dict(tester.result.metrics)}

    def leave(self) -> None:
        """Close the window, nothing saved."""
        for document in self.session.documents:
            document.stack.setClean()
        self.window.close()


def _usable(found: list[QAbstractButton]) -> QAbstractButton | None:
    return next((one for one in found if one.isVisible() and one.isEnabled()), None)


def _over(run: Run, used: dict[int, float]) -> bool:
    """Whether a run is at its end; notes on the way the CPU seconds that its processes have *used*."""
    try:
        worker = psutil.Process(run.worker.pid) if run.worker is not None else None
        for one in (worker, *worker.children(recursive=True)) if worker is not None else ():
            used[one.pid] = sum(one.cpu_times()[:2])
    except psutil.Error:
        pass
    return run.state not in (*LIVE, "created")


def trained(words: list[str]) -> dict[str, Any]:
    """What came of training by *words* in a window of its own: ``{run (its folder), seconds (CPU), tested}``."""
    args = parsed(["train", *words])
    app.application()
    person = Person(app.open_window())
    person.window.resize(1600, 1000)
    person.window.show()
    app.after_first_paint(person.window, "")
    try:
        person.draw(args)
        person.choose(args.data)
        run, seconds = person.train(args)
        found = {"run": str(Path(run.folder)), "seconds": seconds, "tested": person.test()}
    finally:
        person.leave()
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(trained(sys.argv[2:])), encoding="utf-8")
