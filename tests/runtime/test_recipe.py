"""A recipe holds what training allows, and says in words a student reads what each value does."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import presets
from graph import CanevasError, FileError, InvalidValue
from graph.analysis import analyze
from runtime.learning_rate import learning_rate
from runtime.place import Place
from runtime.rates import check, factor, factors, learning
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


def rates_of_torch(make, epochs: int, per_epoch: int) -> list[float]:
    """The rate of each step by a schedule of torch that is asked once per epoch."""
    import torch

    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs, found = make(rule), []
    for _ in range(epochs):
        for _ in range(per_epoch):
            found.append(rule.param_groups[0]["lr"])
            rule.step()
        theirs.step()
    return found


@pytest.mark.torch
def test_steps_are_torchs():
    torch = pytest.importorskip("torch")
    schedules = torch.optim.lr_scheduler
    plain = {"learning_rate": 0.5, "schedule": "step", "warm_up": 0.0}
    for recipe, make in (
        (Recipe(step_every=3, factor=0.3, **plain), lambda rule: schedules.StepLR(rule, 3, 0.3)),
        (Recipe(milestones="7; 2 5", factor=0.2, **plain), lambda rule: schedules.MultiStepLR(rule, [2, 5, 7], 0.2)),
    ):
        ours = [learning_rate(recipe, step, 40, 4) for step in range(40)]
        assert ours == pytest.approx(rates_of_torch(make, 10, 4), rel=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("schedule", ["cosine", "constant", "step", "plateau"])
def test_the_warm_up_is_torchs(schedule: str):
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.LinearLR(rule, start_factor=1 / 25, total_iters=20)
    recipe = Recipe(learning_rate=0.5, schedule=schedule, warm_up=0.2)
    for step in range(20):
        assert learning_rate(recipe, step, 100, 10) == pytest.approx(rule.param_groups[0]["lr"], rel=1e-9)
        rule.step()
        theirs.step()


@pytest.mark.torch
@pytest.mark.parametrize("patience", [0, 1, 3])
@given(losses=st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_plateaus_are_torchs(patience: int, losses: list[int]):
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(rule, factor=0.5, patience=patience, threshold=0.0, eps=0.0)
    recipe = Recipe(learning_rate=0.5, schedule="plateau", factor=0.5, patience=patience, judge="loss", warm_up=0.0)
    place = Place()
    for epoch, loss in enumerate(losses):
        place.judged(recipe, "accuracy", {"accuracy": 0.5, "loss": float(loss)})
        theirs.step(loss)
        rate = learning_rate(recipe, epoch, len(losses), 1, place.falls)
        assert rate == pytest.approx(rule.param_groups[0]["lr"], rel=1e-12)


def test_a_rate_that_still_rises_is_not_asked_to_fall():
    recipe = Recipe(schedule="plateau", patience=0)
    place = Place()
    for rising in (True, True, True, False):
        place.judged(recipe, "accuracy", {"accuracy": 0.5, "loss": 1.0}, rising)
    assert (place.falls, place.waited) == (1, 3)


@pytest.mark.parametrize(
    ("judge", "better", "worse"),
    [
        ("measure", {"accuracy": 0.9, "loss": 2.0}, {"accuracy": 0.8, "loss": 1.0}),
        ("measure", {"accuracy": 0.9, "loss": 1.0}, {"accuracy": 0.9, "loss": 1.1}),
        ("measure", {"accuracy": 0.9, "loss": 1.0}, {"accuracy": 0.9, "loss": None}),
        ("loss", {"accuracy": 0.8, "loss": 1.0}, {"accuracy": 0.9, "loss": 2.0}),
        ("loss", {"accuracy": 0.8, "loss": 9.0}, {"accuracy": 0.9, "loss": None}),
    ],
)
def test_the_recipe_says_what_is_better(judge: str, better: dict, worse: dict):
    recipe = Recipe(judge=judge)
    for first, second, expected in ((worse, better, True), (better, worse, False), (better, better, False)):
        place = Place(best={**first, "step": 1})
        assert place.judged(recipe, "accuracy", second) == expected


def test_training_ends_when_it_has_waited_long_enough():
    recipe, place = Recipe(stop_after=3), Place()
    ended = []
    for accuracy in (0.5, 0.6, 0.5, 0.5, 0.7, 0.6, 0.6, 0.6):
        place.judged(recipe, "accuracy", {"accuracy": accuracy, "loss": 1.0})
        ended.append(place.enough(recipe))
    assert ended == [False] * 7 + [True]
    assert not Place(waited=99).enough(Recipe())


# texts about rates


@pytest.mark.parametrize(
    ("text", "given"),
    [("head", "'head'"), ("a=x", "'a=x'"), ("a=-1", "'a=-1'"), ("=1", "'=1'"), ("a=nan", "nan"), ("a=1 a=2", "twice")],
)
def test_rates_that_mean_nothing_are_refused(text: str, given: str):
    with pytest.raises(InvalidValue, match=given):
        Recipe(rates=text)


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "ten", "9999999", "³"])
def test_milestones_that_are_no_epochs_are_refused(text: str):
    with pytest.raises(InvalidValue, match="whole numbers of epochs"):
        Recipe(milestones=text)


def test_an_unknown_name_is_refused_with_those_there_are():
    report = analyze(presets.build("resnet18"))
    check(factors("layer1=0.1, layer4.1.conv2=2"), learning(report))
    with pytest.raises(InvalidValue, match=r"'layer9'.* there are conv1, bn1, layer1, layer2, layer3, layer4, fc"):
        check(factors("layer9=0.1"), learning(report))


def test_the_longest_name_counts():
    given = factors("a=0.1, a.b=0.5, ab=3")
    assert [factor(path, given) for path in ("a.c.weight", "a.b.weight", "ab.weight", "abc.weight")] == [0.1, 0.5, 3, 1]


def test_what_changes_nothing_is_known():
    assert Recipe().idle == {"milestones", "step_every", "patience", "factor"}
    assert Recipe(schedule="step").idle == {"patience"}
    assert Recipe(schedule="step", milestones="3").idle == {"patience", "step_every"}
    assert Recipe(schedule="plateau").idle == {"milestones", "step_every"}
