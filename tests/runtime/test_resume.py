"""Killed at any moment and resumed, a training ends as if nothing had happened, bit by bit."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from runtime import checkpoint
from runtime.run import Run

pytestmark = [pytest.mark.torch, pytest.mark.slow]

AUGMENTED = {"shift": 0.1, "rotation": 10.0, "zoom": 0.1, "brightness": 0.2, "contrast": 0.2}
KILLS = int(os.environ.get("CANEVAS_KILLS", "4"))
"""How often the run is killed; CANEVAS_KILLS=20 for the long form."""


EVERYTHING = {
    "optimizer": "SGD",
    "batch": 8,
    "accumulation": 3,
    "average": 0.95,
    "clip": 1.0,
    "rates": "conv=0.5",
    "schedule": "plateau",
    "warm_up": 0.1,
    "patience": 0,
    "factor": 0.5,
    "judge": "loss",
    "stop_after": 2,
    "learning_rate": 0.2,
    "epochs": 30,
}
"""A recipe whose every part has something to remember."""


@pytest.mark.parametrize("how", [{"optimizer": "AdamW"}, {"optimizer": "SGD"}, EVERYTHING], ids=["AdamW", "SGD", "all"])
def test_killed_and_resumed_it_ends_bit_by_bit_like_the_undisturbed_run(
    make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None], how: dict[str, Any]
) -> None:
    recipe = {
        "epochs": max(6, KILLS),
        "learning_rate": 0.01,
        "checkpoint_seconds": 1,
        **AUGMENTED,
        **how,
    }
    undisturbed, disturbed = make_run(**recipe), make_run(**recipe)
    worker(undisturbed)
    wait_until(lambda: undisturbed.state == "done", 120, "the end of the undisturbed run")
    times = [event["time"] for event in undisturbed.events().records]
    lasted = times[-1] - times[0]

    chance = random.Random(str(how))
    killed = 0
    while killed < KILLS and disturbed.state != "done":
        pid = worker(disturbed)
        wait_until(lambda: disturbed.state not in ("created", "crashed"), 30, "a living worker")
        time.sleep(chance.uniform(0.0, 1.5 * lasted / KILLS))  # the random moment
        if chance.random() < 0.5:
            disturbed.send("checkpoint")  # in the middle of an epoch, perhaps killed while it is written
            time.sleep(chance.uniform(0.0, 0.2))
        killed += _killed(pid)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    if disturbed.state != "done":
        worker(disturbed)
        wait_until(lambda: disturbed.state == "done", 120, "the end of the resumed run")

    if how is EVERYTHING:
        place = _last(undisturbed)["place"]
        assert place["falls"] > 0
        assert place["waited"] == 2
        assert place["step"] < 30 * 53
    assert killed >= KILLS // 2
    assert _differences(_last(undisturbed), _last(disturbed)) == []
    for name in ("metrics.jsonl", "result.json"):
        assert (undisturbed.folder / name).read_bytes() == (disturbed.folder / name).read_bytes()
    assert [p.read_text() for p in undisturbed.previews()] == [p.read_text() for p in disturbed.previews()]


def test_stopped_and_resumed_it_ends_like_the_undisturbed_run(
    make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None]
) -> None:
    undisturbed, stopped = make_run(epochs=4, **AUGMENTED), make_run(epochs=4, **AUGMENTED)
    worker(undisturbed)
    worker(stopped)
    wait_until(lambda: stopped.metrics().records, 30, "the first numbers")
    stopped.send("stop")
    wait_until(lambda: stopped.state in ("stopped", "done"), 30, "the stop")
    if stopped.state == "stopped":
        (stopped.folder / "control.jsonl").unlink()  # as the client does before it starts a worker
        worker(stopped)

    wait_until(lambda: undisturbed.state == stopped.state == "done", 120, "the ends")

    assert _differences(_last(undisturbed), _last(stopped)) == []
    assert (undisturbed.folder / "metrics.jsonl").read_bytes() == (stopped.folder / "metrics.jsonl").read_bytes()


def _killed(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _last(run: Run) -> dict[str, Any]:
    content = checkpoint.load(Path(run.folder, "checkpoints", "last.pt"))
    names = ("model", "learning", "averaged", "optimizer", "random", "place", "meter", "metrics_bytes")
    return {name: content[name] for name in names if name in content}


def _differences(a: Any, b: Any, where: str = "") -> list[str]:
    """Places where two checkpoints differ, bit by bit."""
    if isinstance(a, torch.Tensor):
        same = isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.stride() == b.stride() and torch.equal(a, b)
        return [] if same else [where]
    if isinstance(a, dict):
        if list(a) != list(b):
            return [f"{where}: {list(a)} {list(b)}"]
        return [found for key in a for found in _differences(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list):
        if len(a) != len(b):
            return [where]
        return [
            found for i, (x, y) in enumerate(zip(a, b, strict=True)) for found in _differences(x, y, f"{where}.{i}")
        ]
    return [] if a == b and type(a) is type(b) else [f"{where}: {a} {b}"]
