"""The clock of a training: what counts as a step, and what does not."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from runtime import pace as pace_module  # noqa: E402
from runtime.pace import Pace  # noqa: E402


class Alone:
    """One process."""

    world = 1


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass as the test says."""
    now = [100.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: now[0])
    return now


def test_measuring_makes_no_image_slower(clock):
    pace = Pace(Alone(), 0, 0.0)
    clock[0] += 2.0  # ten steps of four images
    with pace.beside():
        clock[0] += 3.0  # the validation part
    told = pace.told(10, 30, 4)

    assert told == {"elapsed": 5.0, "images_per_second": 20.0, "left": 10.0}


def test_the_next_time_begins_anew(clock):
    pace = Pace(Alone(), 0, 0.0)
    with pace.beside():
        clock[0] += 3.0
    pace.told(1, 30, 4)
    clock[0] += 2.0
    assert pace.told(11, 30, 4)["images_per_second"] == 20.0


def test_where_no_step_was_made_there_is_no_speed(clock):
    pace = Pace(Alone(), 0, 0.0)
    clock[0] += 1.0
    assert pace.told(0, 30, 4) == {"elapsed": 0.0}
