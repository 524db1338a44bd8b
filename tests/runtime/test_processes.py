"""Two processes train like one: under torchrun the same run ends with the same weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from graph import Network
from runtime import checkpoint
from runtime.processes import ROOT, environment
from runtime.run import Run
from tests.runtime.networks import lecture

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def together(run: Run, processes: int) -> str:
    """Train *run* with several processes; what they said on stderr."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command += ["-m", "runtime.worker", str(run.folder)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def weights_of(run: Run) -> dict[str, torch.Tensor]:
    return checkpoint.weights(run, "last")


@pytest.mark.parametrize("more", [{}, {"accumulation": 3, "clip": 0.5, "average": 0.9}], ids=["plain", "added up"])
def test_two_processes_end_with_the_weights_of_one(
    make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None], more: dict[str, Any]
):
    """Batches of 37 leave an uneven last one in each epoch, and uneven shares in every step."""
    network: Network = lecture(width=2)
    recipe = {"net": network, "epochs": 1, "batch": 37, "shift": 0.1, "optimizer": "SGD", "learning_rate": 0.05}
    recipe |= {"precision": "float32", **more}
    alone, pair = make_run(**recipe), make_run(**recipe)
    worker(alone)
    wait_until(lambda: alone.state == "done", 60, "the one process")

    together(pair, 2)

    assert pair.state == "done"
    ours, theirs = weights_of(alone), weights_of(pair)
    assert max(float((ours[key] - theirs[key]).abs().max()) for key in ours) <= 1e-6
    rows = zip(alone.metrics().records, pair.metrics().records, strict=True)
    for one, two in rows:
        assert one["step"] == two["step"]
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-4)
        assert one["accuracy"] == two["accuracy"]
    assert alone.result["parts"]["test"]["confusion"] == pair.result["parts"]["test"]["confusion"]
    assert pair.events().records[1]["processes"] == 2
