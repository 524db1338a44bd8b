"""The process that trains one run: ``python -P -m runtime.worker RUN``, also under torchrun.

Without RUN it makes itself ready, waits on its standard input for the folder of a run (a JSON text on one line), and
ends if that never comes.  Once it knows its run it depends on nobody: it says everything in the run's files.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from graph.errors import CanevasError, FileError
from graph.text import say, use_language
from runtime.control import Control
from runtime.journal import Journal, hold
from runtime.machine import out_of_memory
from runtime.processes import LANGUAGE
from runtime.run import Run


def main(arguments: list[str]) -> int:
    """Train the run that *arguments* name, or the one that standard input will name."""
    faulthandler.enable()
    use_language(os.environ.get(LANGUAGE, "en"))
    if len(arguments) > 1:
        sys.stderr.write("usage: python -P -m runtime.worker [RUN]\n")
        return 2
    folder = arguments[0] if arguments else _told()
    if folder is None:
        return 0
    return work(Run(folder))


def work(run: Run) -> int:
    """Train *run* and say how it ended; the exit status is 0 unless it failed."""
    first = int(os.environ.get("RANK", "0")) == 0
    journal = Journal(run, speaks=first)
    try:
        _ = run.spec
        lock = hold(run) if first else None
    except (CanevasError, OSError) as e:  # no run, or another's: not a word into its files
        sys.stderr.write(f"{e}\n")
        return 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        journal.state("starting")
        journal.beat()
        from runtime import engine

        state = engine.train(run, journal)
    except BaseException as e:
        state = "failed"
        with contextlib.suppress(OSError):  # the disk may be full, which may be why we are here
            traceback.print_exc()
            sys.stderr.flush()
            journal.event("error", **_told_error(e))
    with contextlib.suppress(OSError):
        journal.close(state)
    if lock is not None:
        lock.close()
    return 1 if state == "failed" else 0


def _told_error(error: BaseException) -> dict[str, Any]:
    """What kind of mistake it is, at which node, and one sentence about it."""
    cause = error.__cause__ or error
    path = getattr(error, "path", "")
    name = type(cause).__name__
    if out_of_memory(error):
        text = say("There is not enough memory: make the batch or the images smaller, or close other programs.")
        return {"kind": "memory", "path": path, "text": str(text)}
    if isinstance(error, FileError):
        return {"kind": "file", "path": path, "text": str(error)}
    if isinstance(error, CanevasError):
        return {"kind": "model" if path else "data" if name == "DataError" else "run", "path": path, "text": str(error)}
    if isinstance(error, OSError):
        text = say("The system refuses: {why}.", why=error.strerror or str(error))
        return {"kind": "file", "path": path, "text": str(text)}
    lines = str(error).strip().splitlines() or [""]
    text = say("Training broke off: {name}: {why} (more in stderr.log).", name=type(error).__name__, why=lines[0][:300])
    return {"kind": "bug", "path": path, "text": str(text)}


def _stop(number: int, frame: object) -> None:
    """Asked to end by a signal: stop at the next look, with a checkpoint."""
    Control.interrupted = True


def _told() -> str | None:
    """Import what training needs, then wait to be told a run; from then on nobody holds our streams."""
    from runtime import engine  # noqa: F401 (this is what one waits for otherwise)

    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return None
    folder = json.loads(line)
    log = os.open(Path(folder) / "stderr.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream, replaced in ((nothing, 0), (nothing, 1), (log, 2)):
        os.dup2(stream, replaced)
    return str(folder)


def leave(status: int) -> None:
    """End with *status*; of several processes at once, for all is written by then.

    What carries tensors between processes has threads of its own, and one that is still at work while Python takes
    itself apart aborts the process.
    """
    if "RANK" not in os.environ:
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
