"""Two trials before a training: they say what a plain loop says, and leave nothing behind."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import presets  # noqa: E402
from graph import CanevasError, Network, edit, files  # noqa: E402
from runtime import trials  # noqa: E402
from runtime.compile import compile  # noqa: E402
from runtime.data.batches import Batches  # noqa: E402
from runtime.data.dataset import DataSet  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.description import Description  # noqa: E402
from runtime.data.draws import order  # noqa: E402
from runtime.recipe import Recipe  # noqa: E402
from runtime.requests import Desk  # noqa: E402

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
PLAIN = {"optimizer": "SGD", "momentum": 0.0, "weight_decay": 0.0, "threads": 1, "device": "cpu"}
STILL = dict.fromkeys(("shift", "rotation", "zoom"), 0.0)


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return open_data(Description("digits"), (1, 28, 28))


@pytest.fixture
def calm(small: Network) -> Network:
    """The small network without chance inside."""
    return edit.set_values(small, "dropout", p=0.0)


def silent(share: float, text: str) -> None:
    """Nobody wants to know."""


def fresh(network: Network, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return compile(network).to(memory_format=torch.channels_last)


def losses_of_torch(model: Any, batches: list[tuple], rates: list[float]) -> list[float]:
    """The losses of a plain loop."""
    rule, found = torch.optim.SGD(model.parameters(), lr=1.0), []
    for (images, targets, _), rate in zip(batches, rates, strict=True):
        rule.param_groups[0]["lr"] = rate
        rule.zero_grad()
        loss = model(images, targets)["loss"]
        loss.backward()
        rule.step()
        found.append(float(loss.detach()))
    return found


def test_one_batch_is_learned_by_heart_as_a_plain_loop_does(small: Network, calm: Network, digits: DataSet):
    """Chance and augmentation are left away: it is the same with and without dropout."""
    recipe = Recipe(**PLAIN, learning_rate=0.3, batch=500, seed=4)
    found = trials.by_heart(trials.Asked(small, {}, recipe, digits), silent, steps=60)

    still = Recipe(**{**recipe.to_dict(), **STILL, "batch": 32})
    source = Batches(digits.parts["train"], digits.preprocessing, still, CPU)
    batch = source.batch(order(4, 0, 1259)[:32], 0)
    rates = [0.3 * (1 / 25 + 24 / 25 * min(1.0, (step + 1) / 6)) for step in range(60)]
    expected = losses_of_torch(fresh(calm, 4), [batch] * 60, rates)
    assert found.images == 32
    assert list(found.losses) == pytest.approx(expected[: len(found.losses)], rel=1e-4)
    assert found.learned
    assert "32 images by heart" in str(found.text)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"learning_rate": 1e-8}, "fell only from 2.46 to 2.46 in 80 steps"),
        ({"learning_rate": 100.0, "optimizer": "SGD"}, "no number at step"),
    ],
)
def test_what_cannot_be_learned_is_said_with_what_to_look_at(
    small: Network, digits: DataSet, recipe: dict[str, Any], words: str
):
    asked = trials.Asked(small, {}, Recipe(**{"threads": 1, "device": "cpu", **recipe}), digits)
    found = trials.by_heart(asked, silent, steps=80)

    assert not found.learned
    assert words in str(found.text)
    assert all(map(math.isfinite, found.losses))


def test_rates_are_tried_as_a_plain_loop_does(calm: Network, digits: DataSet):
    recipe = Recipe(**PLAIN, **STILL, batch=64)
    found = trials.range_test(trials.Asked(calm, {}, recipe, digits), silent, tried=40)

    rates = list(np.geomspace(1e-6, 10.0, 40))[: len(found.rates)]
    source = Batches(digits.parts["train"], digits.preprocessing, recipe, CPU)
    batches = [b for epoch in range(3) for b in source.epoch(epoch) if len(b.images) == 64][: len(rates)]
    expected = losses_of_torch(fresh(calm), batches, rates)
    assert list(found.rates) == pytest.approx(rates)
    assert list(found.losses) == pytest.approx(expected, rel=1e-3)
    weights = [[0.1 * 0.9 ** (n - i) for i in range(n + 1)] for n in range(len(expected))]
    means = [float(np.average(expected[: len(w)], weights=w)) for w in weights]
    assert list(found.smoothed) == pytest.approx(means, rel=1e-3)
    assert found.suggestion == pytest.approx(rates[int(np.argmin(means))] / 10, rel=0.05)


def test_the_rate_that_is_suggested_is_one_that_people_take(digits: DataSet):
    """AdamW's customary rates for small networks are 0.001 to 0.01."""
    lecture = presets.build("lecture")
    found = trials.range_test(trials.Asked(lecture, {}, Recipe(threads=1, device="cpu"), digits), silent)

    assert found.suggestion is not None
    assert 0.001 <= found.suggestion <= 0.01


def test_a_network_that_cannot_learn_gets_no_rate(small: Network, digits: DataSet):
    """Every weight stays as it is: the loss falls at no rate."""
    asked = trials.Asked(small, {}, Recipe(threads=1, device="cpu", rates="conv=0 dense=0"), digits)
    found = trials.range_test(asked, silent, tried=30)

    assert found.suggestion is None
    assert "No learning rate" in str(found.text)


def test_weights_that_are_given_are_where_it_begins(calm: Network, digits: DataSet):
    weights = {key: torch.zeros_like(tensor) for key, tensor in compile(calm).state_dict().items()}
    found = trials.by_heart(trials.Asked(calm, weights, Recipe(threads=1, device="cpu"), digits), silent, steps=2)

    assert found.losses[0] == pytest.approx(math.log(10), rel=1e-5)  # all classes are equally likely
    assert all(float(tensor.abs().max()) == 0.0 for tensor in weights.values())


def test_nothing_is_left_behind(small: Network, digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CANEVAS_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(7)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    trials.range_test(trials.Asked(small, {}, Recipe(threads=2, device="cpu"), digits), silent, tried=5)

    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert list(tmp_path.iterdir()) == []


def test_memory_that_is_short_is_one_sentence(small: Network, digits: DataSet, monkeypatch: pytest.MonkeyPatch):
    def short(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(trials.Learner, "step", short)
    with pytest.raises(CanevasError, match="not enough memory for a batch of 32 images"):
        trials.range_test(trials.Asked(small, {}, Recipe(device="cpu"), digits), silent)


class GivenUp(Exception):
    """What the service raises when nobody wants the answer any more."""


@pytest.mark.parametrize("do", ["overfit", "find_rate"])
def test_the_window_asks_for_them_and_may_give_up(small: Network, do: str):
    desk = Desk()
    recipe = Recipe(threads=1, device="cpu").to_dict()
    asked = {"network": files.dumps(small), "recipe": recipe, "data": Description("digits").to_dict()}
    told: list[tuple[float, str]] = []
    found = desk.answer(do, asked, lambda share, text="": told.append((share, text)))
    assert {"losses", "text"} <= found.keys()
    shares = [share for share, text in told if "loss" in text]
    assert shares == sorted(shares)
    assert len(shares) > 10

    def give_up(share: float, text: str = "") -> None:
        if "loss" in text:
            raise GivenUp

    with pytest.raises(GivenUp):
        desk.answer(do, asked, give_up)
    desk.close()
