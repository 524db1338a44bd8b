"""What a person can do about training: start, pause, resume, stop, set the learning rate.  Nothing here blocks."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from graph.errors import CanevasError
from gui.background import in_background
from gui.runs import Runs
from gui.session import Session
from gui.training import begin
from runtime.run import Run

PATIENCE = 3000
"""Milliseconds after which a button that was pressed can be pressed again, whatever became of it."""


class Controls(QObject):
    """Carries out what the buttons of the strip ask for."""

    begun = Signal(object)
    """A new run has been handed to a worker."""
    free = Signal(bool)
    """Whether buttons can be pressed: not between a press and what the files say came of it."""

    def __init__(self, session: Session, runs: Runs, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runs = session, runs
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self.release)

    def start(self) -> None:
        """Train the network that is drawn from the beginning, by the recipe."""
        document, data = self._session.document, self._session.data
        if document is None or data is None:
            return
        self._hold()
        try:
            plan = begin.planned(document, self._session.recipe, data, self._runs.root)
        except CanevasError as error:
            self._refused(str(error))
            return
        if plan.begun is not None:
            self._session.say(begin.begins(plan.begun))
        rows = self._runs.rows
        in_background(self, lambda: begin.begin(plan, rows), self._started, self._refused)

    def resume(self) -> None:
        """Have a worker go on with the run that is looked at, from its last checkpoint."""
        run = self._session.run
        if run is not None:
            self._hold()
            in_background(self, lambda: begin.go_on(run), lambda _: self._runs.look(), self._refused)

    def send(self, command: str, **values: object) -> None:
        """Ask the worker of the run that is looked at for something."""
        if self._session.run is None:
            return
        try:
            self._session.run.send(command, **values)
        except CanevasError as error:
            self._session.say(str(error))
            return
        if command != "set":
            self._hold()

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the run that trains."""
        self.send("set", learning_rate=rate)

    def release(self) -> None:
        """The files have said something: buttons can be pressed."""
        self._patience.stop()
        self.free.emit(True)

    def _hold(self) -> None:
        self.free.emit(False)
        self._patience.start()

    def _started(self, run: Run) -> None:
        self.begun.emit(run)

    def _refused(self, sentence: str) -> None:
        self.release()
        self._session.say(sentence)
