"""Start workers and let them go: a worker outlives whoever started it.

Free of torch.  A preloaded worker has imported torch already and waits to be told its run, so that *Train* starts at
once; it ends with the process that started it if it was never told one.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Any

from graph.errors import FileError
from graph.text import Message, say
from runtime.processes import ROOT, began, command, environment
from runtime.records import write_json
from runtime.run import Run, RunError, refusal

_children: dict[Path, subprocess.Popen[bytes]] = {}
_past: list[subprocess.Popen[bytes]] = []
_waiting: list[subprocess.Popen[bytes]] = []


def launch(run: Run) -> int:
    """Have a worker train *run*, from its last checkpoint if it has one; returns the worker's process id.

    Raises:
        RunError: it is being trained already, or over.
        FileError: its directory cannot be written, or no process can be started.
    """
    if reason := refusal(run):
        raise RunError(reason)
    _bury()
    try:
        (run.folder / "control.jsonl").unlink(missing_ok=True)  # what was asked of an earlier worker
        process = _preloaded(run) or _fresh(run)
        if run.folder in _children:
            _past.append(_children[run.folder])  # it has said its last word and may still be on its way out
        _children[run.folder] = process
    except OSError as e:
        raise FileError(run.folder, "no worker can be started: {why}.", why=e.strerror or str(e)) from None
    return process.pid


resume = launch
"""Going on is starting again: the worker finds the last checkpoint by itself."""


def preload() -> None:
    """Have a worker ready: a process that imports torch in the background and waits.  One is kept, not more."""
    _bury()
    if not _waiting:
        _waiting.append(_start([], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL))


def dismiss() -> None:
    """Let the preloaded worker go, if there is one: at once, for it may be importing still and has nothing to lose."""
    while _waiting:
        process = _waiting.pop()
        process.kill()
        if process.stdin:
            process.stdin.close()
        process.wait()


def announce(run: Run, pid: int, state: str = "starting") -> None:
    """Write ``worker.json`` for the process *pid*: who trains, since when, and that its heart beats now."""
    said = {"pid": pid, "started": began(pid) or 0.0, "host": platform.node(), "time": time.time(), "state": state}
    write_json(run.folder / "worker.json", said, lasting=False)


def death(run: Run) -> Message | None:
    """Why the worker that this process started for *run* is no more; None if it lives or ended as it should."""
    process = _children.get(run.folder)
    if process is None:
        return None
    if process.poll() is None and began(process.pid) is None:  # dead, but for some threads that are still on their way
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
    code = process.returncode
    if not code:
        return None
    if code == -signal.SIGABRT or code in (-signal.SIGSEGV, -getattr(signal, "SIGBUS", 7), -signal.SIGILL):
        return say("The worker crashed (signal {code}); stderr.log in the run's folder says where.", code=-code)
    if code == -getattr(signal, "SIGKILL", 9):
        return say("The worker was killed: by hand, or by the system because memory ran out.")
    if code < 0:
        return say("The worker was ended by signal {code}.", code=-code)
    return say("The worker ended with status {code}; stderr.log in the run's folder says why.", code=code)


def _preloaded(run: Run) -> subprocess.Popen[bytes] | None:
    while _waiting:
        process = _waiting.pop()
        if process.poll() is not None:
            continue
        assert process.stdin is not None
        announce(run, process.pid)  # before it can say something itself
        try:
            process.stdin.write(json.dumps(str(run.folder)).encode() + b"\n")
            process.stdin.close()
        except OSError:  # it died between two looks
            process.wait()
            continue
        return process
    return None


def _fresh(run: Run) -> subprocess.Popen[bytes]:
    with (run.folder / "stderr.log").open("ab") as log:
        process = _start([str(run.folder)], stdin=subprocess.DEVNULL, stderr=log)
    announce(run, process.pid)
    return process


def _start(arguments: list[str], stdin: int, stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
    apart: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        command("runtime.worker", *arguments),
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env=environment(),
        cwd=ROOT,
        **apart,
    )


def _bury() -> None:
    """Take note of children that have ended, or the system keeps their entries."""
    for process in [*_children.values(), *_waiting]:
        process.poll()
    _past[:] = [process for process in _past if process.poll() is None]
    _waiting[:] = [process for process in _waiting if process.returncode is None]
