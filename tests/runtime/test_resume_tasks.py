"""Training of every task, killed and resumed, or looked at while it goes on, ends with the same bits."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

import presets
from graph import Network, edit
from runtime.run import Run
from tests.runtime.test_regression import network as foretelling
from tests.runtime.test_regression import table
from tests.runtime.test_resume import _differences as differences
from tests.runtime.test_resume import _last as last
from tests.runtime.test_segmentation import folder
from tests.runtime.test_service import Talk
from tests.small_sets import as_scenes

pytestmark = [pytest.mark.torch, pytest.mark.slow]

Starts = Callable[[Run], int]
Waits = Callable[..., None]
AUGMENTED = {"shift": 0.1, "rotation": 10.0, "zoom": 0.1, "brightness": 0.2}


def of_task(task: str, root: Path) -> tuple[str, Network | None, dict[str, Any]]:
    """Data, a network (None: the small one) and a recipe of some ten steps an epoch."""
    if task == "classification":
        return "digits", None, {"epochs": 4, "batch": 100}
    if task == "segmentation":
        net = edit.set_values(presets.build("unet_padded", width=2), "input", shape=(1, 32, 32))
        return str(folder(root / "disks", 40)), net, {"epochs": 4, "batch": 3, "learning_rate": 0.02}
    if task == "regression":
        return str(table(root / "places", 200)), foretelling(), {"epochs": 4, "batch": 8}
    data = as_scenes(root / "scenes", {"train": 300, "val": 30, "test": 30})
    return str(data), presets.build(task, width=2), {"epochs": 5, "batch": 30, "learning_rate": 0.002}


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)


def same(one: Run, other: Run) -> None:
    """All that two runs leave is the same, bit by bit; neither said anything on stderr."""
    assert differences(last(one), last(other)) == []
    for name in ("metrics.jsonl", "result.json"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()
    assert [p.read_text() for p in one.previews()] == [p.read_text() for p in other.previews()]
    assert [(run.folder / "stderr.log").read_text() for run in (one, other)] == ["", ""]


def half_way(run: Run) -> bool:
    """Whether a checkpoint stands in the middle: some epoch is over, or one was asked for."""
    return run.state == "done" or last(run)["place"]["step"] > 0


@pytest.mark.parametrize("task", ["classification", "segmentation", "regression", "yolo_small", "faster_rcnn_small"])
def test_killed_in_the_middle_it_ends_as_if_nothing_had_happened(
    task: str, tmp_path: Path, make_run: Callable[..., Run], worker: Starts, wait_until: Waits
):
    """Of a detector also measuring draws samples; that in the middle of training changes nothing either."""
    data, net, recipe = of_task(task, tmp_path)
    undisturbed, disturbed = (make_run(data, net, **AUGMENTED, **recipe) for _ in range(2))
    worker(undisturbed)
    wait_until(lambda: undisturbed.state in ("done", "failed", "crashed"), 180, "the end")
    assert undisturbed.state == "done", undisturbed.error

    pid = worker(disturbed)
    wait_until(lambda: disturbed.metrics().records, 120, "the first numbers")
    disturbed.send("checkpoint")
    wait_until(lambda: half_way(disturbed), 60, "a checkpoint on the way")
    assert disturbed.state == "running"
    killed(pid)
    wait_until(lambda: disturbed.state == "crashed", 10, "the death being seen")
    worker(disturbed)
    wait_until(lambda: disturbed.state == "done", 180, "the end of what was resumed")

    same(undisturbed, disturbed)


@pytest.mark.parametrize("task", ["classification", "segmentation", "regression", "yolo_small", "faster_rcnn_small"])
def test_testing_during_training_changes_nothing_in_it(
    task: str, tmp_path: Path, make_run: Callable[..., Run], worker: Starts, wait_until: Waits
):
    """The service tests and predicts with the checkpoints of a run while it is trained, again and again."""
    data, net, recipe = of_task(task, tmp_path)
    recipe |= {"epochs": 20} if task == "classification" else {}
    alone, watched = (make_run(data, net, checkpoint_seconds=1, **AUGMENTED, **recipe) for _ in range(2))
    worker(alone)
    wait_until(lambda: alone.state == "done", 180, "the end of the run that nobody looks at")

    talk = Talk()
    try:
        talk.ask("data", data={"source": data}, samples=1)  # so that it is ready when training begins
        worker(watched)
        wait_until(lambda: watched.checkpoint("last") is not None, 120, "a checkpoint")
        while_trained = 0
        while not while_trained or watched.alive():
            model = str(watched.folder)
            tested = talk.ask("test", model=model, part="validation", mistakes=2)
            foretold = talk.ask("predict", model=model, data={"source": data}, indices=[0, 1])
            assert "result" in tested, tested
            assert "result" in foretold, foretold
            while_trained += watched.alive()
            assert watched.state not in ("failed", "crashed"), watched.error
    finally:
        talk.close()
    wait_until(lambda: watched.state == "done", 60, "the end of the run that was tested")

    same(alone, watched)
    weights = last(alone)["model"]
    assert any(torch.is_floating_point(values) and values.abs().sum() > 0 for values in weights.values())
