"""Training through the room with real workers: begun, paused, resumed, stopped, killed, and outliving the window."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

import presets
from gui.document import Document
from gui.runs import Runs
from gui.session import Session
from gui.training import TrainingRoom
from runtime.data.description import Description
from runtime.recipe import Recipe

LONG = 120_000
"""Milliseconds that a worker may take to import torch on a busy machine."""

pytestmark = [pytest.mark.qt, pytest.mark.torch, pytest.mark.slow]


class Open:
    """A session with its Train room, as a window holds them."""

    def __init__(self, qtbot, recipe: Recipe) -> None:
        self.closed = False
        self.session = Session()
        self.session.add(Document(presets.build("lecture")))
        self.session.choose_data(Description("digits"))
        self.session.set_recipe(recipe)
        self.room = TrainingRoom(self.session)
        self.room.watch.want = lambda: None  # no service here
        self.room.resize(1280, 800)
        self.room.show()
        qtbot.waitUntil(lambda: self.room.curves is not None)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.room.close()
        Runs.of(self.session).stop()
        self.session.close()
        self.room.deleteLater()
        self.session.deleteLater()


@pytest.fixture
def opened(qtbot):
    made = []

    def open_it(epochs: int) -> Open:
        made.append(Open(qtbot, Recipe(epochs=epochs, threads=1, device="cpu")))
        return made[-1]

    yield open_it
    for one in made:
        run = None if one.closed else one.session.run
        one.close()
        if run is not None and run.alive():
            os.kill(run.worker.pid, signal.SIGKILL)


def press(qtbot, room, action: str) -> None:
    """Press a button of the strip as soon as it is there and can be pressed."""
    qtbot.waitUntil(lambda: action in room.strip.buttons and room.strip.buttons[action].isEnabled(), timeout=LONG)
    room.strip.buttons[action].click()


def state(room) -> str:
    return room.course.state if room.course is not None else ""


def test_one_epoch_from_start_to_curves_and_samples(opened, qtbot):
    room = opened(1).room
    press(qtbot, room, "start")
    qtbot.waitUntil(lambda: state(room) == "done", timeout=LONG)
    course = room.course

    assert course.progress.step == course.progress.steps == 40  # 1259 images in batches of 32
    assert len(course.series["train.loss"]) == 40
    assert course.best["validation.accuracy"][0] > 0.5
    assert room.strip.head.text() == "Finished"
    qtbot.waitUntil(lambda: room.curves.loss.value.text() != "", timeout=LONG)
    qtbot.waitUntil(lambda: len(room.samples.samples) == 21, timeout=LONG)
    qtbot.waitUntil(lambda: bool(room.table.model.rows) and room.table.model.rows[0].state == "done", timeout=LONG)
    assert room.table.model.rows[0].name == "AdamW 0.004"
    qtbot.waitUntil(lambda: len(room.curves.loss._items) == 3, timeout=LONG)
    qtbot.waitUntil(lambda: room.curves.loss._items[-1].getData()[0][-1] == pytest.approx(1.0), timeout=LONG)


def test_pause_resume_stop_go_on_and_survive_a_kill(opened, qtbot):
    """The learning rate is set on the way; a killed worker is one sentence, and Resume goes on where it was."""
    room = opened(2000).room
    press(qtbot, room, "start")
    qtbot.waitUntil(lambda: state(room) == "running" and room.course.progress.step > 10, timeout=LONG)
    press(qtbot, room, "pause")
    qtbot.waitUntil(lambda: state(room) == "paused", timeout=LONG)
    press(qtbot, room, "resume")
    qtbot.waitUntil(lambda: state(room) == "running", timeout=LONG)
    room.controls.set_rate(0.0005)
    qtbot.waitUntil(lambda: room.course.last.get("learning_rate") == 0.0005, timeout=LONG)
    press(qtbot, room, "stop")
    qtbot.waitUntil(lambda: state(room) == "stopped", timeout=LONG)
    step = room.course.progress.step

    press(qtbot, room, "continue")
    qtbot.waitUntil(lambda: state(room) == "running" and room.course.progress.step > step, timeout=LONG)
    os.kill(room.session.run.worker.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: state(room) == "crashed", timeout=LONG)
    said = lambda: " ".join(str(o.message) for o in room.notice.shown)  # noqa: E731
    qtbot.waitUntil(lambda: "killed" in said(), timeout=LONG)
    assert list(room.strip.buttons) == ["continue", "start"]

    press(qtbot, room, "continue")
    qtbot.waitUntil(lambda: state(room) == "running", timeout=LONG)
    press(qtbot, room, "stop")
    qtbot.waitUntil(lambda: state(room) == "stopped", timeout=LONG)


def test_training_goes_on_without_the_window_and_the_next_one_attaches(opened, qtbot):
    first = opened(2000)
    press(qtbot, first.room, "start")
    qtbot.waitUntil(lambda: state(first.room) == "running", timeout=LONG)
    run = first.session.run
    worker = psutil.Process(run.worker.pid)
    first.close()
    assert worker.is_running()

    second = opened(5)
    qtbot.waitUntil(lambda: second.session.run == run and state(second.room) == "running", timeout=LONG)
    step = second.room.course.progress.step
    qtbot.waitUntil(lambda: second.room.course.progress.step > step, timeout=LONG)
    press(qtbot, second.room, "stop")
    qtbot.waitUntil(lambda: state(second.room) == "stopped", timeout=LONG)
    assert not run.alive()


def test_a_preloaded_worker_takes_the_run(opened, qtbot):
    from runtime import client

    room = opened(2000).room
    client.preload()
    waiting = client._waiting[0].pid
    press(qtbot, room, "start")
    qtbot.waitUntil(lambda: state(room) == "running", timeout=LONG)

    assert room.session.run.worker.pid == waiting
    press(qtbot, room, "stop")
    qtbot.waitUntil(lambda: state(room) == "stopped", timeout=LONG)


def test_data_that_cannot_be_read_fail_with_a_sentence(opened, qtbot, tmp_path):
    one = opened(1)
    one.session.choose_data(Description(str(tmp_path / "nothing here")))
    press(qtbot, one.room, "start")
    qtbot.waitUntil(lambda: state(one.room) == "failed", timeout=LONG)
    qtbot.waitUntil(lambda: bool(one.room.notice.shown), timeout=LONG)

    assert "There is no data called" in str(one.room.notice.shown[0].message)
