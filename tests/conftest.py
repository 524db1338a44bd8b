"""What every test stands on: folders of its own, one language, fixed seeds, and nothing left alive afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

# Before Qt or torch are imported anywhere: no screen unless one was asked for, and one thread per process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import psutil
import pytest

from graph import text

ROOT = Path(__file__).resolve().parents[1]
GRACE = 5.0
"""Seconds that threads and processes on their way out may take to be gone."""


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, data, runs and caches of this test only; the real ones are never read nor written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CANEVAS_HOME", str(home / "canevas"))
    for name, folder in {
        "XDG_DATA_HOME": "data",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
    }.items():
        monkeypatch.setenv(name, str(home / folder))
    if core := sys.modules.get("PySide6.QtCore"):  # Qt remembers the folder of the first test
        for form in (core.QSettings.Format.NativeFormat, core.QSettings.Format.IniFormat):
            core.QSettings.setPath(form, core.QSettings.Scope.UserScope, str(home / "config"))
    return home


@pytest.fixture(autouse=True)
def one_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English before and after each test, whatever the test or the machine speaks."""
    monkeypatch.setenv("LANGUAGE", "en")
    text.use_language("en")
    yield
    text.use_language("en")


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """The same random numbers in every run, in any order of the tests."""
    random.seed(0)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_processes_left(own_folders: Path) -> Iterator[None]:
    """A test ends the processes it starts, also those that detached themselves: these carry its folders with them."""
    before = set(psutil.pids())
    yield
    left = [p for p in _processes(set(psutil.pids()) - before) if _started_here(p, own_folders)]
    _, alive = psutil.wait_procs(left, timeout=GRACE)
    names = [" ".join(_command(process))[:200] for process in alive]
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=GRACE)
    assert not names, f"processes left alive: {names}"


def _processes(pids: set[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            yield psutil.Process(pid)


def _started_here(process: psutil.Process, home: Path) -> bool:
    try:
        # a resource tracker of multiprocessing belongs to the interpreter, not to the test
        if "resource_tracker" in " ".join(process.cmdline()):
            return False
        ours = os.getpid() in (parent.pid for parent in process.parents())
        return ours or process.environ().get("CANEVAS_HOME") == str(home / "canevas")
    except psutil.Error:
        return False


@pytest.fixture(autouse=True)
def nothing_of_qt_left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After a test that uses Qt no top-level widget, running thread or active timer of its own is left.

    Timers and threads are noted where they are started, so that the report can name the line.
    """
    if not _uses_qt(request):
        yield
        return
    from PySide6.QtCore import QThread, QTimer

    app = request.getfixturevalue("qapp")
    before = {id(w) for w in app.topLevelWidgets()}
    started: list[tuple[weakref.ref, str, str]] = []
    _note_starts(monkeypatch, QTimer, started, "timer")
    _note_starts(monkeypatch, QThread, started, "thread")
    yield
    deadline = time.monotonic() + GRACE
    while (left := _left_of_qt(app, before, started)) and time.monotonic() < deadline:
        app.sendPostedEvents(None, 52)  # QEvent.Type.DeferredDelete: nobody returns to an event loop for them here
        app.processEvents()
    for widget in app.topLevelWidgets():
        if id(widget) not in before:
            widget.hide()
            widget.deleteLater()
    app.sendPostedEvents(None, 52)
    assert not left, "left alive:\n" + "\n".join(left)


def _uses_qt(request: pytest.FixtureRequest) -> bool:
    return bool({"qapp", "qtbot"} & set(request.fixturenames)) or bool(request.node.get_closest_marker("qt"))


def _note_starts(monkeypatch: pytest.MonkeyPatch, cls: type, notes: list, word: str) -> None:
    original = cls.start

    def start(self: object, *args: object, **named: object) -> None:
        where = "".join(traceback.format_stack(sys._getframe(1), limit=3))
        notes.append((weakref.ref(self), word, where))
        original(self, *args, **named)

    monkeypatch.setattr(cls, "start", start)


def _left_of_qt(app: object, before: set[int], started: list) -> list[str]:
    from shiboken6 import isValid

    left = [
        f"widget {type(w).__name__} {w.objectName()!r} {w.windowTitle()!r}"
        for w in app.topLevelWidgets()
        if id(w) not in before and isValid(w)
    ]
    for ref, word, where in started:
        thing = ref()
        if thing is None or not isValid(thing):
            continue
        if thing.isActive() if word == "timer" else thing.isRunning():
            left.append(f"{word} started here:\n{where}")
    return left


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Wait for a condition without Qt: ``wait_until(lambda: path.exists(), seconds=20, what="a checkpoint")``."""

    def wait(condition: Callable[[], object], seconds: float = 20.0, what: str = "the condition") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come true within {seconds:g} s"
            time.sleep(0.02)  # between looks, not instead of them

    return wait


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data sets and reference numbers that are not in the repository; skips where it is absent.

    ``CANEVAS_SHARED`` names it; else ``shared`` beside the repository.
    """
    folder = Path(os.environ.get("CANEVAS_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; CANEVAS_SHARED names another folder")
    return folder


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """The real data sets among the shared files."""
    folder = shared / "data"
    if not folder.is_dir():
        pytest.skip(f"no data sets at {folder}")
    return folder
