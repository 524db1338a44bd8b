"""What a worker writes while it trains: metrics, events, its heartbeat; and the lock that keeps a second one out."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import IO, Any

from runtime.client import announce
from runtime.records import append_line, flush_to_disk, replacing
from runtime.run import Run, RunError

BEAT = 2.0
"""Seconds between heartbeats."""


class Journal:
    """The written side of a run.  Of several processes only the first one *speaks*; the others call in vain."""

    def __init__(self, run: Run, *, speaks: bool = True) -> None:
        self.run, self.speaks = run, speaks
        self.now = "starting"
        self._lines: list[bytes] = []
        self._metrics: IO[bytes] | None = None
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None

    def open(self, keep: int) -> None:
        """Go on writing metrics after the first *keep* bytes; what follows them was written by a worker that died."""
        if not self.speaks:
            return
        _end_line(self.run.folder / "events.jsonl")
        file = self.run.folder / "metrics.jsonl"
        if not file.exists():
            file.touch()
        elif file.stat().st_size != keep:
            _cut(file, keep)
        self._metrics = file.open("ab", buffering=0)

    def metrics(self, **record: Any) -> None:
        """Note a record; it reaches the file with :meth:`flush`."""
        if self.speaks:
            self._lines.append(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def flush(self) -> None:
        """Write the noted records."""
        if self._metrics is not None and self._lines:
            self._metrics.write(b"".join(self._lines))
            self._lines.clear()

    def settled(self) -> int:
        """Write the noted records, see them on the disk, and return the length of the file."""
        self.flush()
        if self._metrics is None:
            return 0
        os.fsync(self._metrics.fileno())
        return self._metrics.tell()

    def event(self, event: str, **values: Any) -> None:
        """Write an event with the time of the clock."""
        if self.speaks:
            record = {"event": event, "time": round(time.time(), 3), **values}
            append_line(self.run.folder / "events.jsonl", record)

    def state(self, name: str) -> None:
        """Say what the worker is doing now."""
        self.now = name
        if self.speaks:
            announce(self.run, os.getpid(), name)
            self.event("state", state=name)

    def beat(self) -> None:
        """Let the heart beat until :meth:`close`."""
        if self.speaks:
            self._heart = threading.Thread(target=self._beating, name="heart", daemon=True)
            self._heart.start()

    def _beating(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(OSError):  # a full disk stops neither the heart nor the training
                announce(self.run, os.getpid(), self.now)

    def close(self, state: str) -> None:
        """Write what is left, and the last state."""
        self._ended.set()
        if self._heart is not None:
            self._heart.join()
        if self._metrics is not None:
            self.flush()
            self._metrics.close()
        self.state(state)


def _end_line(file: Path) -> None:
    """End a line that a full disk left half written, so that it does not take the next one along."""
    with file.open("ab+") as f:
        if f.tell() == 0:
            return
        f.seek(-1, os.SEEK_END)
        if f.read() != b"\n":
            f.write(b"\n")


def _cut(file: Path, keep: int) -> None:
    """Keep the first bytes only, as another file: whoever reads along sees that it must begin again."""
    with replacing(file) as temporary:
        shutil.copyfile(file, temporary)
        os.truncate(temporary, keep)
        flush_to_disk(temporary)


def hold(run: Run) -> IO[str]:
    """The lock of a run, held as long as the returned file is open and the process lives.

    Raises:
        RunError: another process holds it.
    """
    file = (run.folder / "worker.lock").open("a+")
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise RunError("{name} is being trained by another process already.", name=run.name) from None
    return file
