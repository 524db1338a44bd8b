"""Follow runs from the window: what their files say, as it grows, and the list of all of them.

Files are the truth: a run that another window or the command line started is followed like one of ours.  Only what is
new is read, five times a second; what is long is read beside the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from graph.errors import CanevasError
from gui.background import in_background
from gui.plots.curves import Series
from gui.session import Session
from runtime.folders import runs_home
from runtime.records import Lines, Place, read_lines
from runtime.run import LIVE, Run, runs

TICK, LOOK = 200, 2000
"""Milliseconds between two looks at the run that is followed, and at the list of runs."""

QUANTITIES = ("loss", "map50", "map", "miou", "dice", "accuracy", "r2", "mae", "rmse", "learning_rate")
JUDGES = ("map50", "miou", "accuracy", "r2")
"""What networks are judged by, whichever a run has measured first."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: steps made and to make, steps of an epoch, epochs to see, seconds of training gone and left."""

    step: int = 0
    steps: int = 0
    per_epoch: int = 0
    epochs: int = 0
    elapsed: float = 0.0
    left: float | None = None

    @property
    def epoch(self) -> float:
        """Epochs seen; a part of one counts."""
        return self.step / self.per_epoch if self.per_epoch else 0.0


class Course:
    """What has been read of a run so far: its curves by ``part.quantity``, its progress, its last error."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.state = "created"
        self.error: dict[str, Any] | None = None
        self.hello: dict[str, Any] = {}
        self.progress = Progress()
        self.series: dict[str, Series] = {}
        self.best: dict[str, tuple[float, float]] = {}
        self.last: dict[str, float] = {}
        self.checkpoint: dict[str, Any] = {}
        self.previews = 0
        self.note = ""
        """What the worker has done to go on, in a sentence: it took smaller pieces for want of memory."""
        self._metrics, self._events = Place(), Place()

    def read(self) -> bool:
        """Take in what the files say by now; whether it was anything new."""
        metrics = self._lines("metrics.jsonl", self._metrics)
        events = self._lines("events.jsonl", self._events)
        self._metrics, self._events = metrics.place, events.place
        if metrics.again:
            self.series = {k: s for k, s in self.series.items() if k == "speed"}
            self.best.clear()
        self._take_metrics(metrics.records)
        for event in events.records:
            self._take_event(event)
        state = self.run.state
        changed = state != self.state or bool(metrics.records or events.records or metrics.again)
        self.state = state
        return changed

    def _lines(self, name: str, since: Place) -> Lines:
        return read_lines(self.run.folder / name, since)

    def _take_metrics(self, records: list[dict[str, Any]]) -> None:
        grown: dict[str, tuple[list[float], list[float]]] = {}
        for record in records:
            step, part = record.get("step"), record.get("part", "train")
            if not isinstance(step, int):
                continue
            for name, value in _quantities(record):
                key = name if name == "learning_rate" else f"{part}.{name}"
                xs, ys = grown.setdefault(key, ([], []))
                xs.append(step)
                ys.append(value)
                self._note(key, value, record)
            if step > self.progress.step:
                self.progress = replace(self.progress, step=step)
        for key, (xs, ys) in grown.items():
            self.series.setdefault(key, Series()).extend(xs, ys)

    def _note(self, key: str, value: float, record: dict[str, Any]) -> None:
        self.last[key] = value
        better = min if key.endswith(("loss", "rate", "mae", "rmse")) else max
        known = self.best.get(key)
        if known is None or better(value, known[0]) != known[0]:
            self.best[key] = (value, float(record.get("epoch") or 0))

    def _take_event(self, event: dict[str, Any]) -> None:
        take = _EVENTS.get(str(event.get("event")))
        if take is not None:
            take(self, event)

    def _hello(self, event: dict[str, Any]) -> None:
        self.hello, self.error, self.note = event, None, ""

    def _error(self, event: dict[str, Any]) -> None:
        self.error = event

    def _logged(self, event: dict[str, Any]) -> None:
        if event.get("kind") == "memory":
            self.note = str(event.get("text", ""))

    def _previewed(self, event: dict[str, Any]) -> None:
        self.previews += 1

    def _checkpointed(self, event: dict[str, Any]) -> None:
        self.checkpoint = event

    def _progressed(self, event: dict[str, Any]) -> None:
        counted = {name: event[key] for key, name in _COUNTS.items() if type(event.get(key)) is int}
        times = {key: float(event[key]) for key in ("elapsed", "left") if isinstance(event.get(key), (int, float))}
        self.progress = replace(self.progress, **counted, **{"left": None, **times})
        speed, step = event.get("images_per_second"), event.get("step")
        if isinstance(speed, (int, float)) and isinstance(step, int):
            series = self.series.setdefault("speed", Series())
            series.cut(step - 1)
            series.extend([step], [float(speed)])
            self.last["speed"] = float(speed)

    def _finished(self, event: dict[str, Any]) -> None:
        step = self.progress.step if event.get("early") else self.progress.steps
        self.progress = replace(self.progress, step=step, left=None)

    @cached_property
    def signals(self) -> bool:
        """Whether its network takes signals, not images."""
        try:
            nodes = self.run.network.nodes.values()
        except CanevasError:
            return False
        shapes = [node.layer.shape for node in nodes if node.kind == "Input"]
        return bool(shapes) and all(len(shape) == 2 for shape in shapes)

    @property
    def live(self) -> bool:
        """Whether a worker trains it."""
        return self.state in LIVE


_COUNTS = {"step": "step", "steps": "steps", "epoch_steps": "per_epoch", "epochs": "epochs"}
_EVENTS: dict[str, Callable[[Course, dict[str, Any]], None]] = {
    "hello": Course._hello,
    "progress": Course._progressed,
    "preview": Course._previewed,
    "checkpoint": Course._checkpointed,
    "error": Course._error,
    "log": Course._logged,
    "done": Course._finished,
}


def _quantities(record: dict[str, Any]) -> Iterable[tuple[str, float]]:
    for name in QUANTITIES:
        value = record.get(name)
        if isinstance(value, (int, float)):
            yield name, float(value)
    terms = record.get("losses")
    if isinstance(terms, dict) and len(terms) > 1:
        yield from ((f"losses.{n}", float(v)) for n, v in terms.items() if isinstance(v, (int, float)))


@dataclass(frozen=True)
class Summary:
    """A run as a row of the table; numbers are None while there are none."""

    run: Run
    name: str
    network: str
    state: str
    rate: float
    optimizer: str
    epochs: int
    epoch: int
    accuracy: float | None
    judge: str
    """Which measure *accuracy* is."""
    loss: float | None
    seconds: float | None
    size: int


class Known:
    """What the list keeps of a run, so that only what is new is read: a mark of its files, its row, its course."""

    def __init__(self, run: Run) -> None:
        self.run, self.mark = run, ()
        self.row: Summary | None = None
        self._course: Course | None = None

    def look(self) -> None:
        """Read what is new; the row is None where the run cannot be read."""
        mark = _mark(self.run)
        if mark == self.mark:
            return
        self.mark = mark
        course = self._course or Course(self.run)
        try:
            course.read()
            spec, recipe = self.run.spec, self.run.recipe.to_dict()
            self.row = summed(course, self.run.name, str(spec["network"].get("name", "")), recipe, self.run.size())
        except (CanevasError, AttributeError):
            self.row = None
        self._course = course if course.live else None


def summed(course: Course, name: str, network: str, recipe: dict[str, Any], size: int) -> Summary:
    """The row of a run whose files have been read already."""
    judged = ((course.best.get(f"{part}.{name}"), name) for part in ("validation", "train") for name in JUDGES)
    accuracy, judge = next((pair for pair in judged if pair[0]), (None, ""))
    loss = course.best.get("validation.loss") or course.best.get("train.loss")
    return Summary(
        course.run,
        name,
        network,
        course.state,
        float(recipe["learning_rate"]),
        str(recipe["optimizer"]),
        course.progress.epochs or int(recipe["epochs"]),
        int(course.progress.epoch),
        accuracy[0] if accuracy else None,
        judge,
        loss[0] if loss else None,
        course.progress.elapsed or None,
        size,
    )


class Runs(QObject):
    """All runs below a folder, and those that are followed."""

    listed = Signal()
    """The list has other rows, or a row says something else."""
    grown = Signal(object)
    """The files of a followed run say something new: its Course."""
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.rows: tuple[Summary, ...] = ()
        self.courses: dict[Path, Course] = {}
        self._wanted: set[Path] = set()
        self._known: dict[Path, Known] = {}
        self._listing = False
        self._last_look = 0.0
        self._clock = QTimer(self)
        self._clock.setInterval(TICK)
        self._clock.timeout.connect(self.look)

    @classmethod
    def of(cls, session: Session) -> Runs:
        """The runs of a session: one list for all its rooms."""
        return session.findChild(cls) or cls(session)

    def start(self) -> None:
        """Begin to look at the files."""
        self._clock.start()
        self.refresh()

    def stop(self) -> None:
        """Look no more; training goes on without us."""
        self._clock.stop()

    @property
    def root(self) -> Path:
        """The folder that runs lie in: the one of the settings, or the usual one."""
        chosen = self._session.settings.values.runs_folder
        return Path(chosen).expanduser() if chosen else runs_home()

    def follow(self, run: Run) -> Course | None:
        """Read *run* from now on; its Course if it is there already, else it comes with :attr:`grown`."""
        if run.folder in self.courses or run.folder in self._wanted:
            return self.courses.get(run.folder)
        self._wanted.add(run.folder)
        in_background(self, lambda: _read(run), self._begin, self._fail)
        return None

    def _begin(self, course: Course) -> None:
        if course.run.folder in self._wanted:
            self._wanted.discard(course.run.folder)
            self.courses[course.run.folder] = course
            self.grown.emit(course)

    def leave(self, run: Run) -> None:
        """Follow *run* no more."""
        self._wanted.discard(run.folder)
        self.courses.pop(run.folder, None)

    def look(self) -> None:
        """Read what is new in the runs that are followed; now and then look at the list too."""
        now = time.monotonic()
        whole = now - self._last_look > LOOK / 1000
        for course in list(self.courses.values()):
            if (course.live or whole) and course.read():
                self.grown.emit(course)
        if whole:
            self._last_look = now
            self.refresh()

    def refresh(self) -> None:
        """Look which runs there are and what they say, beside the event loop; only what changed is read."""
        if self._listing:
            return
        self._listing = True
        root, known = self.root, dict(self._known)
        in_background(self, lambda: _listed(root, known), self._took)

    def _took(self, known: dict[Path, Known]) -> None:
        self._listing = False
        self._known = known
        rows = tuple(k.row for k in known.values() if k.row is not None)
        if rows != self.rows:
            self.rows = rows
            self.listed.emit()

    def rename(self, run: Run, name: str) -> None:
        """Call *run* something else."""
        in_background(self, lambda: run.rename(name), lambda _: self._again(run), self._fail)

    def delete(self, run: Run) -> None:
        """Remove *run* from the disk."""
        self.leave(run)
        in_background(self, run.delete, lambda _: self._again(run), self._fail)

    def _again(self, run: Run) -> None:
        self._known.pop(run.folder, None)
        self.refresh()

    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self.refresh()


def _read(run: Run) -> Course:
    course = Course(run)
    course.read()
    return course


def _listed(root: Path, known: dict[Path, Known]) -> dict[Path, Known]:
    """What is known of the runs below *root*, newest first."""
    found = {}
    for run in runs(root):
        found[run.folder] = known.get(run.folder) or Known(run)
        found[run.folder].look()
    return found


def _mark(run: Run) -> tuple[float, ...]:
    """Changes whenever a row could say something else: a file has grown, or the worker is gone."""
    times: list[float] = []
    for name in ("spec.json", "worker.json", "metrics.jsonl", "events.jsonl", "result.json"):
        try:
            status = (run.folder / name).stat()
        except OSError:
            times.append(0.0)
        else:
            # the heartbeat rewrites worker.json every second; only the state in it matters to a row
            times.append(status.st_size if name == "worker.json" else status.st_mtime)
    return (*times, float(run.alive()))
