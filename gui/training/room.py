"""The Train room: what is trained, how, how it goes, and which runs there are.

The room wires: it hears of runs and of the session, and tells its parts.  What it shows is decided in
:mod:`gui.training.words`, :mod:`gui.training.readiness` and :mod:`gui.training.drawn`.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from graph.checks import task
from graph.errors import CanevasError
from graph.problems import Fix
from graph.text import Message, tr
from gui import parts, theme
from gui.data.watch import DataWatch
from gui.runs import Course, Progress, Runs
from gui.session import Session
from gui.training import begin
from gui.training.controls import Controls
from gui.training.drawn import Ticked, drawn
from gui.training.notice import Notice
from gui.training.previews import samples_of
from gui.training.readiness import Obstacle, obstacles
from gui.training.recipe import RecipePanel
from gui.training.samples import Samples
from gui.training.strip import ProgressStrip
from gui.training.table import ROW, RunsCard
from gui.training.trials import TrialCard
from gui.training.words import strip
from runtime.data.description import Description
from runtime.run import Run

DEATH = 500
"""Milliseconds after which the system tells for certain how a process died."""
CALM = 400
"""Milliseconds between two looks at the strip while only numbers change."""


class TrainingRoom(QWidget):
    """Recipe at the left; progress, curves and runs in the middle; samples at the right."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self.watch = DataWatch.of(session)
        self.runs = Runs.of(session)
        self.controls = Controls(session, self.runs, self)
        self.ticked = Ticked()
        self.recipe, self.samples = RecipePanel(session), Samples()
        self.strip, self.notice, self.table = ProgressStrip(), Notice(), RunsCard()
        self.trial = TrialCard(session)
        self.curves = None
        self._previewed: tuple[Path, int] | None = None
        self._state: str | None = None
        self._note = ""
        self._found_first = False
        self._build()
        self._connect()
        self._calm = QTimer(self, singleShot=True, interval=CALM)
        self._calm.timeout.connect(self._show_state)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._check)
        self._document_changed()
        self._look_at()

    def _build(self) -> None:
        self.recipe.setFixedWidth(288)
        self.samples.setFixedWidth(296)
        self.middle = QVBoxLayout()
        self.middle.setContentsMargins(16, 8, 16, 16)
        self.middle.setSpacing(12)
        self.middle.addWidget(self.notice)
        self.middle.addWidget(self.trial)
        self.middle.addStretch(1)
        self.middle.addWidget(self.table)
        center = QVBoxLayout()
        center.setSpacing(0)
        center.addWidget(self.strip)
        center.addLayout(self.middle, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (self.recipe, parts.upright()):
            layout.addWidget(item)
        layout.addLayout(center, 1)
        for item in (parts.upright(), self.samples):
            layout.addWidget(item)

    def _connect(self) -> None:
        session = self.session
        session.document_changed.connect(self._document_changed)
        session.run_changed.connect(self._look_at)
        session.train_wanted.connect(self.start)
        self.watch.changed.connect(self._check_soon)
        session.data_changed.connect(self._check_soon)
        session.recipe_changed.connect(self._check_soon)
        self.runs.listed.connect(self._list)
        self.runs.grown.connect(self._grown)
        self.runs.failed.connect(session.say)
        self.strip.asked.connect(self.do)
        self.controls.begun.connect(self._begun)
        self.controls.free.connect(self.strip.enable)
        self.table.chosen.connect(session.show_run)
        self.table.ticked.connect(self.tick)
        self.table.renamed.connect(self.runs.rename)
        self.table.deleted.connect(self._delete)
        self.recipe.trial_wanted.connect(self.try_first)
        self.trial.busy_changed.connect(lambda busy: self.recipe.allow_trials(not busy))
        self.notice.room_wanted.connect(session.want_room)
        self.notice.data_wanted.connect(lambda name: session.choose_data(Description(name)))
        self.notice.fix_wanted.connect(self._fix)
        theme.changed.connect(self._draw)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.curves is None:
            QTimer.singleShot(0, self, self._build_curves)
        self.runs.start()
        self.watch.want()
        self._show_state()

    def _build_curves(self) -> None:
        """Plots come with the first look at the room: what draws them takes a while to import."""
        if self.curves is not None:
            return
        from gui.training.curves import Curves

        self.curves = Curves()
        self.curves.rate_wanted.connect(self.controls.set_rate)
        self.middle.takeAt(2)
        self.middle.insertWidget(2, self.curves, 1)
        self._draw()
        self._show_state()

    # the document and the data

    def _document_changed(self) -> None:
        document = self.session.document
        if document is not None:
            document.analyzed.connect(self._check_soon, Qt.ConnectionType.UniqueConnection)
        self._check_soon()
        self._draw()

    def _check_soon(self) -> None:
        self._soon.start()

    def _obstacles(self) -> tuple[Obstacle, ...]:
        document = self.session.document
        report = document.report if document is not None else None
        chosen, recipe = self.session.data is not None, self.session.recipe
        return obstacles(report, self.watch.facts, chosen, self.watch.refused, recipe)

    def _check(self) -> None:
        course = self.course
        live = course is not None and course.live
        gone = begin.gone(course) if course is not None else ""
        ended = (Obstacle(Message(gone)),) if gone else ()
        noted = (Obstacle(Message(self._note), blocker=False),) if live and self._note else ()
        self.notice.show_obstacles(ended + noted + (() if live else self._obstacles()))

    def _fix(self, fix: Fix) -> None:
        document = self.session.document
        if document is None:
            return
        try:
            document.edit(fix.apply(document.network), str(fix.text))
        except CanevasError as error:
            self.session.say(str(error))

    # the run that is looked at

    @property
    def course(self) -> Course | None:
        """What has been read of the run that is looked at."""
        return self.runs.courses.get(self.session.run.folder) if self.session.run is not None else None

    def _look_at(self) -> None:
        run = self.session.run
        if run is not None:
            self.ticked.add(run)
            self.runs.follow(run)
        self._previewed = None
        self.samples.clear(tr("The answers appear here after the first epoch."))
        self._show_state()
        self._list()
        self._draw()

    def _grown(self, course: Course) -> None:
        if course.run == self.session.run:
            if course.state != self._state:
                self._show_state()
            elif not self._calm.isActive():
                self._calm.start()
            if course.note != self._note:
                self._note = course.note
                self._check_soon()
        if self.curves is not None and course.run in self.ticked:
            if any(d.course is course for d in self.curves.drawn):
                self.curves.grown()
            else:
                self._draw()

    def _show_state(self) -> None:
        course = self.course
        state = course.state if course is not None else "created" if self.session.run is not None else ""
        progress = course.progress if course is not None else Progress()
        self.strip.show_strip(strip(state, progress, self.session.recipe.epochs), state)
        if state != self._state:
            self._state = state
            self.controls.release()
            self._check_soon()
            if state == "crashed":
                QTimer.singleShot(DEATH, self, self._check)
            self._draw()
        if self.curves is not None:
            self.curves.allow_rate(course is not None and course.live)
        self._show_samples(course)

    def _show_samples(self, course: Course | None) -> None:
        if course is None or (course.run.folder, course.previews) == self._previewed or not self.isVisible():
            return
        self._previewed = (course.run.folder, course.previews)
        if found := samples_of(course.run):
            self.samples.show_samples(*found)

    # the list

    def _list(self) -> None:
        rows = self.runs.rows
        if rows or self.runs.courses:
            self._attach()
        self.ticked.keep({r.run.folder for r in rows} | ({self.session.run.folder} if self.session.run else set()))
        current = self.session.run.folder if self.session.run is not None else None
        self.table.show_rows(rows, self.ticked.colors(), current)
        self.table.setFixedHeight(36 + 30 + 6 + ROW * max(2, min(len(rows), 4)))

    def _attach(self) -> None:
        """With the first list of a window: look at a run that trains, else at the newest one."""
        if self._found_first:
            return
        self._found_first = True
        if self.session.run is None and (first := begin.first(self.runs.rows)) is not None:
            self.session.show_run(first)

    def tick(self, run: Run) -> None:
        """Draw *run*, or draw it no more."""
        if run in self.ticked:
            self.ticked.remove(run)
            if run != self.session.run:
                self.runs.leave(run)
        else:
            self.ticked.add(run)
            self.runs.follow(run)
        self._list()
        self._draw()

    def _delete(self, run: Run) -> None:
        if run == self.session.run:
            self.session.show_run(None)
        self.ticked.remove(run)
        self.runs.delete(run)

    def _draw(self) -> None:
        if self.curves is not None:
            self.curves.epochs = self.session.recipe.epochs
            self.curves.task = task(self.session.document.network) if self.session.document is not None else ""
            self.curves.show_runs(drawn(self.runs.courses, self.ticked.colors(), self.session.run))

    # what can be done

    def do(self, action: str) -> None:
        """What a button of the strip asks for."""
        if action == "start":
            self.start()
        elif action == "continue":
            self.controls.resume()
        else:
            self.controls.send(action)

    def start(self) -> None:
        """Begin a new run of the network that is drawn, unless something stands in the way."""
        if self._free():
            self.controls.start()

    def try_first(self, do: str) -> None:
        """Try the network that is drawn before it is trained, unless something stands in the way."""
        if self._free():
            self.trial.begin(do)

    def _free(self) -> bool:
        """Whether nothing stands in the way; what does is shown."""
        in_the_way = self._obstacles()
        self.notice.show_obstacles(in_the_way)
        return not any(o.blocker for o in in_the_way)

    def _begun(self, run: Run) -> None:
        self._found_first = True
        for folder in list(self.ticked.places):
            self.tick(Run(folder))
        self.session.show_run(run)
        self.runs.refresh()
