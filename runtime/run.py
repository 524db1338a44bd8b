"""A run: one training, as a directory whose files are the truth.

    spec.json       what is trained: network, recipe, data, first weights and what they know of images; written once,
                    its name may change
    worker.json     who trains it: process, start time, machine, heartbeat, state; written by launcher and worker
    worker.lock     held by the worker as long as it lives, so that there is never a second one
    metrics.jsonl   the numbers of training, a line per record; no clock time: a resumed run writes the same bytes
    events.jsonl    what happened, with clock time: hello, state, progress, checkpoint, preview, answer, error, done
    control.jsonl   what is asked of the worker: start, pause, resume, stop, checkpoint, set, preview
    checkpoints/    last.pt, best.pt          previews/   answers for a few fixed images, epoch by epoch
    result.json     measures of each part with the best weights, when training is over
    stderr.log      what the worker said when it died

Free of torch: the window and the command line follow runs with it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph import files
from graph.errors import CanevasError, FileError
from graph.network import Network
from graph.text import Message, say
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.processes import began
from runtime.recipe import Recipe
from runtime.records import Lines, Place, append_line, read_json, read_lines, write_json

FORMAT, VERSION = "canevas-run", 1
COMMANDS = ("start", "pause", "resume", "stop", "checkpoint", "set", "preview")
STATES = ("created", "starting", "running", "paused", "stopped", "done", "failed", "crashed")
LIVE = ("starting", "running", "paused")
"""States that only a living process can be in; without one, they mean crashed."""
STALE = 30.0
"""Seconds without a heartbeat after which a worker on another machine counts as gone."""


class RunError(CanevasError):
    """Something that a run does not allow: a second worker, deleting while it trains, resuming what is over."""


@dataclass(frozen=True)
class Worker:
    """Who trains a run: process, its start (seconds since 1970), machine, last heartbeat, and the state it said."""

    pid: int
    started: float
    host: str
    time: float
    state: str

    def alive(self) -> bool:
        """Whether this very process still lives; on another machine, whether its heart beat lately."""
        if self.host != platform.node():
            return time.time() - self.time < STALE
        started = began(self.pid)
        return started is not None and abs(started - self.started) < 2.0  # the clock that it is counted from may be set


class Run:
    """The directory of one training, seen from outside: read it, ask its worker, rename it, delete it."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(os.path.abspath(folder))
        self._spec: tuple[int, dict[str, Any]] = (-1, {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.folder == other.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    # what is trained

    @property
    def spec(self) -> dict[str, Any]:
        """Content of ``spec.json``: name, created, network, weights, recipe, data.

        Raises:
            FileError: it is no run, or one of a later version.
        """
        file = self.folder / "spec.json"
        try:
            changed = file.stat().st_mtime_ns
            if changed != self._spec[0]:
                self._spec = (changed, _checked_spec(file))
        except OSError as e:
            raise FileError(self.folder, "this is no run: spec.json cannot be read ({why}).", why=_why(e)) from None
        return self._spec[1]

    @property
    def name(self) -> str:
        """What people call it; the folder keeps its own name."""
        return str(self.spec["name"])

    @property
    def created(self) -> float:
        """When it was made, seconds since 1970."""
        return float(self.spec["created"])

    @property
    def network(self) -> Network:
        """What is trained."""
        return files.loads(json.dumps(self.spec["network"]), str(self.folder / "spec.json"))

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        return Recipe.from_dict(self.spec["recipe"])

    @property
    def data(self) -> Description:
        """What it is trained on."""
        return Description.from_dict(self.spec["data"])

    # how it goes

    @property
    def worker(self) -> Worker | None:
        """Who trains it or did so last; None if nobody has yet."""
        said = read_json(self.folder / "worker.json")
        try:
            return Worker(**{name: said[name] for name in Worker.__dataclass_fields__})
        except (KeyError, TypeError):
            return None

    def alive(self) -> bool:
        """Whether a worker trains it at this moment."""
        worker = self.worker
        return worker is not None and worker.state in LIVE and worker.alive()

    @property
    def state(self) -> str:
        """One of :data:`STATES`; ``crashed`` where a process should live and none does."""
        worker = self.worker
        if worker is None:
            return "created"
        if worker.state in LIVE and not worker.alive():
            return "crashed"
        return worker.state if worker.state in STATES else "crashed"

    @property
    def resumable(self) -> bool:
        """Whether nobody trains it and it is not over."""
        return self.state in ("created", "stopped", "failed", "crashed")

    @property
    def result(self) -> dict[str, Any] | None:
        """The measures of each part once training is over; None before."""
        return read_json(self.folder / "result.json") or None

    def checkpoint(self, which: str = "best") -> Path | None:
        """File of the checkpoint ``"best"`` or ``"last"``; the last one if there is no best one; None if none."""
        for name in (which, "last"):
            file = self.folder / "checkpoints" / f"{name}.pt"
            if file.is_file():
                return file
        return None

    def metrics(self, since: Place = Place()) -> Lines:  # noqa: B008 (a frozen value)
        """Records of ``metrics.jsonl`` after *since*: ``{step, epoch, part, loss, losses, accuracy, ...}``."""
        return read_lines(self.folder / "metrics.jsonl", since)

    def events(self, since: Place = Place()) -> Lines:  # noqa: B008
        """Records of ``events.jsonl`` after *since*: ``{event, time, ...}``."""
        return read_lines(self.folder / "events.jsonl", since)

    def control(self, since: Place = Place()) -> Lines:  # noqa: B008
        """Commands in ``control.jsonl`` after *since*: ``{id, do, ...}``."""
        return read_lines(self.folder / "control.jsonl", since)

    def previews(self) -> list[Path]:
        """Files with the network's answers for the fixed images, oldest first."""
        return sorted((self.folder / "previews").glob("epoch-*.json"))

    @property
    def error(self) -> dict[str, Any] | None:
        """The last error that a worker reported since it began (``{kind, path, text}``); None if none."""
        last = None
        for event in self.events().records:
            if event["event"] in ("hello", "error"):
                last = event if event["event"] == "error" else None
        return last

    def size(self) -> int:
        """Bytes that it takes on the disk."""
        total = 0
        for file in self.folder.rglob("*"):
            try:
                total += file.lstat().st_size if not file.is_dir() else 0
            except OSError:  # it went away while we looked
                continue
        return total

    # what can be done with it

    def send(self, command: str, **values: Any) -> str:
        """Ask the worker for something; returns the id with which an ``answer`` event will come back.

        Raises:
            RunError: there is no such command.
            FileError: the directory cannot be written.
        """
        if command not in COMMANDS:
            raise RunError("A run knows no command {name}; it knows {known}.", name=command, known=", ".join(COMMANDS))
        record = {"id": uuid.uuid4().hex[:12], "do": command, **values}
        try:
            append_line(self.folder / "control.jsonl", record)
        except OSError as e:
            raise FileError(self.folder, "the worker cannot be asked: {why}.", why=_why(e)) from None
        return record["id"]

    def rename(self, name: str) -> None:
        """Call it something else; the folder stays where it is, for a worker may be writing in it.

        Raises:
            RunError: the name is empty.
            FileError: the directory cannot be written.
        """
        name = " ".join(str(name).split())[:200]
        if not name:
            raise RunError("A run needs a name.")
        try:
            write_json(self.folder / "spec.json", {**self.spec, "name": name})
        except OSError as e:
            raise FileError(self.folder, "it cannot be renamed: {why}.", why=_why(e)) from None

    def delete(self) -> None:
        """Remove the directory and all that is in it.

        Raises:
            RunError: a worker still trains it.
            FileError: it is no run, or the system refuses.
        """
        if self.alive():
            raise RunError("{name} is being trained: stop it before you delete it.", name=self.name)
        _ = self.spec  # a folder that is no run is never removed
        try:
            shutil.rmtree(self.folder)
        except OSError as e:
            raise FileError(self.folder, "it cannot be deleted: {why}.", why=_why(e)) from None


def create(
    root: str | Path,
    network: Network,
    weights: Mapping[str, tuple[str, str]] | None,
    recipe: Recipe,
    data: Description,
    *,
    name: str = "",
    folder: str | Path | None = None,
    preprocessing: Preprocessing | None = None,
    begun: Mapping[str, Any] | None = None,
) -> Run:
    """A new run below *root*, or exactly at *folder*: its directory and spec; nothing trains yet.

    *weights* names for each path the file and the key in it that its weights come from, *preprocessing* what they
    have learned to be done to images, and *begun* what is to be remembered of where they come from.

    Raises:
        RunError: *folder* holds something already.
        FileError: it cannot be made.
    """
    spec = {
        "format": FORMAT,
        "version": VERSION,
        "name": " ".join(name.split())[:200] or network.name,
        "created": time.time(),
        "network": json.loads(files.dumps(network)),
        "weights": {path: [str(Path(file).resolve()), key] for path, (file, key) in (weights or {}).items()},
        "recipe": recipe.to_dict(),
        "data": data.to_dict(),
        "preprocessing": preprocessing.to_dict() if preprocessing is not None else None,
        "begun": dict(begun) if begun is not None else None,
    }
    where = Path(folder) if folder is not None else Path(root)
    try:
        made = _claim(Path(folder)) if folder is not None else _free_folder(Path(root), network.name)
        for inner in ("checkpoints", "previews"):
            (made / inner).mkdir(exist_ok=True)
        write_json(made / "spec.json", spec)
    except OSError as e:
        raise FileError(where, "no run can be made there: {why}.", why=_why(e)) from None
    return Run(made)


def preprocessing_of(run: Run) -> Preprocessing | None:
    """What the first weights of *run* want done to images; None where the images themselves say it."""
    told = run.spec.get("preprocessing")
    return Preprocessing.from_dict(told) if told is not None else None


def runs(root: str | Path) -> list[Run]:
    """All runs directly below *root*, newest first; folders that are none are passed over."""
    found = []
    try:
        inside = list(Path(root).iterdir())
    except OSError:
        return []
    for folder in inside:
        run = Run(folder)
        try:
            found.append((run.created, run))
        except (FileError, ValueError):
            continue
    return [run for _, run in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _checked_spec(file: Path) -> dict[str, Any]:
    try:
        spec = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise FileError(file, "it is damaged: no JSON text.") from None
    if not isinstance(spec, dict) or spec.get("format") != FORMAT:
        raise FileError(file, "it does not describe a run.")
    if spec.get("version") != VERSION:
        raise FileError(
            file,
            "it is a run of version {version}; this program reads version {known}: take a newer program.",
            version=str(spec.get("version"))[:20],
            known=VERSION,
        )
    missing = {"name", "created", "network", "weights", "recipe", "data"} - set(spec)
    if missing:
        raise FileError(file, "it lacks {name}.", name=min(missing))
    try:
        float(spec["created"])
    except (TypeError, ValueError):
        raise FileError(file, "it does not say when it was created.") from None
    return spec


def _claim(folder: Path) -> Path:
    if (folder / "spec.json").exists():
        raise RunError("{folder} holds a run already: resume it, or choose another folder.", folder=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError("{folder} is not empty: choose another folder for the run.", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free_folder(root: Path, name: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40] or "run"
    number = 1
    while True:
        try:
            (root / f"{stem}-{number}").mkdir()
        except FileExistsError:
            number += 1
        else:
            return root / f"{stem}-{number}"


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def refusal(run: Run) -> Message | None:
    """Why *run* cannot be trained now; None if it can."""
    state = run.state
    if state in LIVE:
        return say("{name} is being trained already.", name=run.name)
    if state == "done":
        return say("{name} is over: every step of its recipe has been made. Start a new run to go on.", name=run.name)
    return None
