"""A recipe holds what training allows, and says in words a student reads what each value does."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import CanevasError, FileError, InvalidValue
from runtime.learning_rate import learning_rate
from runtime.recipe import SCHEDULES, Recipe


def test_a_recipe_in_a_file_is_the_same_recipe(tmp_path: Path):
    recipe = Recipe(optimizer="SGD", learning_rate=0.1, flip=True, steps=7)
    recipe.save(tmp_path / "r.json")

    assert Recipe.load(tmp_path / "r.json") == recipe
    assert Recipe.from_dict({}) == Recipe()


@pytest.mark.parametrize(
    "raw",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"epochs": True},
        {"learning_rate": math.nan},
        {"learning_rate": "0.1"},
        {"optimizer": "__import__('os')"},
        {"batch": 10**30},
        {"unknown": 1},
        {"specs": []},
        [],
        "AdamW",
        None,
    ],
)
def test_what_no_recipe_allows_is_refused(raw: object):
    with pytest.raises(InvalidValue):
        Recipe.from_dict(raw)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"epochs": -1}', "\x00"])
def test_damaged_files_are_refused_with_their_name(tmp_path: Path, text: str):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(FileError, match=r"r\.json"):
        Recipe.load(tmp_path / "r.json")
    with pytest.raises(CanevasError):
        Recipe.load(tmp_path / "absent.json")


def test_every_value_has_a_label_and_a_sentence():
    for spec in Recipe.specs:
        assert spec.label, spec.name
        assert spec.help.endswith("."), spec.name
        assert spec.check(spec.default) == spec.default
    assert json.loads(json.dumps(Recipe().to_dict())) == Recipe().to_dict()


# the learning rate


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(total=st.integers(1, 3000), warm_up=st.floats(0.0, 0.95))
def test_the_rate_rises_then_falls_and_never_leaves_its_range(schedule: str, total: int, warm_up: float):
    recipe = Recipe(learning_rate=2.0, schedule=schedule, warm_up=warm_up)
    rates = [learning_rate(recipe, step, total) for step in range(total)]

    assert all(0.0 < rate <= 2.0 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_one_cycle_begins_low_and_ends_at_almost_nothing():
    recipe = Recipe(learning_rate=1.0, schedule="one-cycle", warm_up=0.3)
    rates = [learning_rate(recipe, step, 1001) for step in range(1001)]

    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == pytest.approx(1.0, abs=1e-5)
    assert rates.index(max(rates)) == pytest.approx(300, abs=2)
    assert rates[-1] == pytest.approx(1e-4)


@pytest.mark.torch
def test_cosine_without_warm_up_is_torchs():
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(rule, T_max=99, eta_min=0.5e-4)
    recipe = Recipe(learning_rate=0.5, schedule="cosine", warm_up=0.0)
    for step in range(100):
        assert learning_rate(recipe, step, 100) == pytest.approx(rule.param_groups[0]["lr"], rel=1e-6)
        rule.step()
        theirs.step()
