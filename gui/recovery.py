"""What keeps unsaved work through a crash: a copy beside the program's own files, and the list of those left behind.

A document with edits that no file holds is copied at most *seconds* after the first of them; the copy goes when the
document is saved or closed.  A copy whose process is gone was left by a crash.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from graph import files
from graph.errors import CanevasError, FileError
from graph.text import say, tr
from runtime.folders import state_home
from runtime.weights.origin import Origin

if TYPE_CHECKING:
    from gui.document import Document

SECONDS = 30
FORMAT, VERSION = "canevas recovery", 1


def folder() -> Path:
    """Where the copies lie."""
    return state_home() / "recovery"


class Autosave(QObject):
    """Copies one document while it has unsaved edits."""

    failed = Signal(str)
    """A copy could not be written: why."""

    def __init__(self, document: Document, seconds: float = SECONDS) -> None:
        super().__init__(document)
        self._file = folder() / f"{os.getpid()}-{uuid.uuid4().hex[:12]}.json"
        self._written = False
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self.write)
        self.seconds = seconds
        document.changed.connect(self._changed)
        document.dirty_changed.connect(self._dirty)

    def write(self) -> None:
        """Copy the document now, if it has unsaved edits."""
        self._due.stop()
        document = self.parent()
        if not document.dirty:
            self.remove()
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            files.write(self._file, json.dumps(_record(document)).encode("utf-8", "replace"))
            self._written = True
        except (OSError, FileError) as error:
            self.failed.emit(tr("Unsaved work could not be kept safe: {reason}", reason=str(error)))

    def remove(self) -> None:
        """Forget the copy: the work is saved, or was given up."""
        self._due.stop()
        if self._written:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
            self._written = False

    def _changed(self) -> None:
        if not self._due.isActive():
            self._due.start(round(self.seconds * 1000))

    def _dirty(self, dirty: bool) -> None:
        if not dirty:
            self.remove()


def _record(document: Document) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "saved": time.time(),
        "file": str(document.file) if document.file else "",
        "title": document.title,
        "network": files.dumps(document.network),
        "weights": {path: list(place) for path, place in document.state.weights.items()},
        "origin": origin.to_dict() if (origin := document.state.origin) else None,
    }


@dataclass(frozen=True)
class Recovered:
    """A copy that a crash left behind."""

    copy: Path
    title: str
    saved: float
    """When it was written: seconds since 1970."""
    file: Path | None = None
    """Where the document had been saved before, if it had."""

    def open(self, parent: QObject | None = None) -> Document:
        """The document, with its edits unsaved; the copy becomes that of this process.

        Raises:
            FileError: the copy is damaged; it stays where it is.
        """
        from gui.document import Document

        record = _read(self.copy)
        network = files.loads(str(record.get("network", "")), self.copy)
        document = Document(network, self.file, _weights(record.get("weights")), parent, _origin(record.get("origin")))
        document.stack.resetClean()
        document.autosave.write()
        self.discard()
        return document

    def discard(self) -> None:
        """Delete the copy."""
        with suppress(OSError):
            self.copy.unlink(missing_ok=True)


def recovered() -> list[Recovered]:
    """What crashes left behind, the latest first; damaged copies are listed too, and refused when opened."""
    return sorted(_left(), key=lambda r: -r.saved)


def _left() -> Iterator[Recovered]:
    for copy in folder().glob("*.json"):
        try:
            record = _read(copy)
        except FileError:
            with suppress(OSError):
                yield Recovered(copy, copy.stem, copy.stat().st_mtime)
            continue
        if not _alive(record):
            file, saved = record.get("file"), record.get("saved")
            yield Recovered(
                copy,
                str(record.get("title", copy.stem))[:200],
                float(saved) if isinstance(saved, (int, float)) else copy.stat().st_mtime,
                Path(file) if isinstance(file, str) and file else None,
            )


def _read(copy: Path) -> dict[str, Any]:
    try:
        record = json.loads(copy.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(copy, say("{reason}", reason=error.strerror or type(error).__name__)) from None
    except (ValueError, RecursionError):
        raise FileError(copy, say("it is damaged")) from None
    if not isinstance(record, dict) or record.get("format") != FORMAT or record.get("version") != VERSION:
        raise FileError(copy, say("it is no copy of a drawing that this version wrote"))
    return record


def _alive(record: dict[str, Any]) -> bool:
    """Whether the process that wrote it still runs: a number is given again, so its start is compared too."""
    try:
        return abs(psutil.Process(int(record["pid"])).create_time() - float(record["started"])) < 1.0
    except (psutil.Error, KeyError, TypeError, ValueError, OverflowError):
        return False


def _weights(raw: object) -> dict[str, tuple[str, str]]:
    if not isinstance(raw, dict):
        return {}
    good = {p: v for p, v in raw.items() if isinstance(v, list) and len(v) == 2 and all(isinstance(x, str) for x in v)}
    return {path: (place[0], place[1]) for path, place in good.items()}


def _origin(raw: object) -> Origin | None:
    """Where the weights came from; what cannot be read is forgotten."""
    try:
        return Origin.from_dict(raw) if isinstance(raw, dict) else None
    except CanevasError:
        return None
