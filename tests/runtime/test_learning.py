"""The lecture's network learns the digits with the recipe that everybody gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import presets
from runtime.run import Run

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def test_the_lectures_network_reads_98_of_100_digits_after_ten_epochs(
    make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None]
):
    network = presets.build("lecture")
    runs = [make_run(net=network, epochs=10, seed=seed) for seed in range(3)]
    for run in runs:
        worker(run)
    wait_until(lambda: all(run.state == "done" for run in runs), 240, "the end of the three trainings")

    judged = [run.result["parts"]["test"] for run in runs]
    assert sum(part["accuracy"] for part in judged) / 3 >= 0.98
    assert len({part["loss"] for part in judged}) == 3
