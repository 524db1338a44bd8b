"""One correction of the weights: what torch itself would have made of the same images, in whatever pieces they come."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from graph import Network, edit  # noqa: E402
from graph.errors import CanevasError  # noqa: E402
from runtime import checkpoint, devices, infer  # noqa: E402
from runtime.average import Average  # noqa: E402
from runtime.data.batches import Batches  # noqa: E402
from runtime.engine import Engine  # noqa: E402
from runtime.journal import Journal  # noqa: E402
from runtime.modules.locallyconnected2d import LocallyConnected2d  # noqa: E402
from runtime.optimizer import optimizer  # noqa: E402
from runtime.recipe import Recipe  # noqa: E402
from runtime.run import Run  # noqa: E402

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
PLAIN = {
    "optimizer": "SGD",
    "momentum": 0.0,
    "weight_decay": 0.0,
    "learning_rate": 0.05,
    "schedule": "constant",
    "warm_up": 0.0,
    "precision": "float32",
    "preview_every": 0,
    **dict.fromkeys(("shift", "rotation", "zoom"), 0.0),
}
"""Nothing but gradients times a rate, on images as they are."""


@pytest.fixture
def calm(small: Network) -> Network:
    """The small network without chance inside."""
    return edit.set_values(small, "dropout", p=0.0)


@pytest.fixture
def engine(make_run: Callable[..., Run], calm: Network) -> Iterator[Callable[..., Engine]]:
    """``engine(steps=3)``: the engine of a run in this very process, ready for its first step."""
    journals = []

    def make(net: Network | None = None, **recipe: Any) -> Engine:
        run = make_run(net=net or calm, **{**PLAIN, **recipe})
        journals.append(Journal(run))
        chosen = devices.device(run.recipe)
        made = Engine(run, journals[-1], devices.fabric(chosen), devices.prepare(run.recipe, chosen))
        made.prepare()
        return made

    yield make
    for journal in journals:
        journal.close("done")


def weights(net: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def trained_by_torch(engine: Engine, steps: int, **recipe: Any) -> torch.Tensor:
    """The weights after *steps* corrections of a plain loop on whole batches."""
    net, whole = copy.deepcopy(engine.net), Recipe(**{**engine.recipe.to_dict(), "accumulation": 1, **recipe})
    part, prepared = engine.data.parts["train"], engine.data.preprocessing
    rule = torch.optim.SGD(net.parameters(), lr=whole.learning_rate)
    made = 0
    for epoch in range(steps):
        for images, targets, _ in Batches(part, prepared, whole, CPU).epoch(epoch):
            rule.zero_grad()
            net(images, targets)["loss"].backward()
            rule.step()
            made += 1
            if made == steps:
                return weights(net)
    raise AssertionError


def test_small_batches_added_up_are_one_large_batch(engine: Callable[..., Engine]):
    """Also at the end of an epoch, where 11 images are left: a batch of 8 and one of 3."""
    one = engine(batch=8, accumulation=4, steps=45)
    assert one.per_epoch == 40
    expected = trained_by_torch(one, 45, batch=32)

    one.train()

    one.net.load_state_dict(checkpoint.load(one.run.folder / "checkpoints" / "last.pt")["model"])
    assert torch.allclose(weights(one.net), expected, atol=1e-6)
    told = one.run.metrics().records
    assert [m["step"] for m in told if m["part"] == "train"] == list(range(1, 46))
    assert [m["epoch"] for m in told if m["part"] == "validation"] == [1.0, 1.125]


def test_what_is_recorded_of_a_step_is_the_mean_over_its_images(engine: Callable[..., Engine]):
    small, large = engine(batch=8, accumulation=4, steps=41), engine(batch=32, steps=41)
    for one in (small, large):
        one.train()
    pairs = zip(small.run.metrics().records, large.run.metrics().records, strict=True)
    for ours, theirs in pairs:
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
        assert ours["accuracy"] == theirs["accuracy"]


@pytest.mark.parametrize("clip", [0.01, 1e5])
def test_long_gradients_are_shortened_as_torch_does(engine: Callable[..., Engine], clip: float):
    one = engine(clip=clip, steps=1)
    before = weights(one.net)
    net = copy.deepcopy(one.net)
    (batch,) = next(one.steps())
    net(batch.images, batch.targets)["loss"].backward()
    length = nn.utils.clip_grad_norm_(net.parameters(), clip)
    expected = before - 0.05 * torch.cat([p.grad.flatten() for p in net.parameters()])

    one.step([batch])

    assert torch.allclose(weights(one.net), expected, atol=1e-8)
    assert float((weights(one.net) - before).norm()) == pytest.approx(0.05 * min(clip, float(length)), rel=1e-3)


class Parts(nn.Module):
    """A layer of each sort."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.units = LocallyConnected2d(4, 2, (6, 6), 3)
        self.batch = nn.BatchNorm2d(4)
        self.whole = nn.LayerNorm((4, 6, 6))
        self.groups = nn.GroupNorm(2, 4)
        self.head = nn.ModuleDict({"dense": nn.Linear(8, 3)})


DECAY = {"conv.weight", "units.weight", "head.dense.weight"}


def moved(recipe: Recipe, gradient: float) -> dict[str, float]:
    """How far each weight, all of them 1, goes in one step with the same gradient everywhere."""
    model = Parts()
    for parameter in model.parameters():
        nn.init.ones_(parameter)
        parameter.grad = torch.full_like(parameter, gradient)
    rule = optimizer(model, recipe, CPU)
    rule.step()
    return {name: round(1.0 - float(p.detach().flatten()[0]), 6) for name, p in model.named_parameters()}


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_biases_and_normalization_do_not_decay(kind: str):
    """Neither do biases with a number per unit, nor a normalization over several axes."""
    found = moved(Recipe(optimizer=kind, momentum=0.0, learning_rate=0.5, weight_decay=0.2), 0.0)

    assert {name for name, by in found.items() if by} == DECAY
    assert {found[name] for name in DECAY} == {0.1}  # 0.5 · 0.2 · 1


def test_blocks_may_learn_at_rates_of_their_own():
    found = moved(
        Recipe(optimizer="SGD", momentum=0.0, learning_rate=0.1, weight_decay=0.0, rates="conv=0.5, head=3 batch=0"),
        1.0,
    )

    assert {name: by for name, by in found.items() if by != 0.1} == {
        "conv.weight": 0.05,
        "conv.bias": 0.05,
        "batch.weight": 0.0,
        "batch.bias": 0.0,
        "head.dense.weight": 0.3,
        "head.dense.bias": 0.3,
    }


def test_a_run_uses_the_rates_of_its_blocks(engine: Callable[..., Engine]):
    one = engine(rates="conv=0", steps=3)
    before = {key: tensor.clone() for key, tensor in one.net.state_dict().items()}
    one.train()
    after = one.net.state_dict()

    assert torch.equal(before["conv.weight"], after["conv.weight"])
    assert not torch.equal(before["dense.weight"], after["dense.weight"])
    with pytest.raises(CanevasError, match=r"'body'.*there are conv, dense"):
        engine(rates="body=0.1")


# the average


def test_the_average_is_that_of_the_formula_and_gives_the_weights_back():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    average, expected = Average(net, 0.5), copy.deepcopy(net.state_dict())
    for t in range(12):
        with torch.no_grad():
            for tensor in net.state_dict().values():
                tensor += torch.rand_like(tensor) if tensor.is_floating_point() else 1
        average.update()
        d = min(0.5, (1 + t) / (10 + t))
        own = net.state_dict()
        expected = {k: d * e + (1 - d) * own[k] if e.is_floating_point() else own[k] for k, e in expected.items()}
    before = copy.deepcopy(net.state_dict())
    found = average.state_dict()

    assert all(torch.allclose(found[key], expected[key], atol=1e-6) for key in expected)
    assert not torch.allclose(found["0.weight"], before["0.weight"])
    assert all(torch.equal(net.state_dict()[key], before[key]) for key in before)


def test_late_in_training_the_average_is_torchs():
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    net = nn.Linear(3, 2)
    average = Average(net, 0.9)
    average.updates = 1000
    theirs = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    theirs.update_parameters(net)  # its first one copies
    for _ in range(5):
        with torch.no_grad():
            net.weight += torch.rand_like(net.weight)
        average.update()
        theirs.update_parameters(net)

    assert torch.allclose(average.state_dict()["weight"], theirs.module.weight, atol=1e-6)


def test_the_average_is_what_is_measured_kept_and_used(engine: Callable[..., Engine]):
    one = engine(average=0.9, steps=7)
    average = one.net.state_dict()["dense.weight"].clone()
    for t in range(7):
        one.step(next(one.steps()))
        d = min(0.9, (1 + t) / (10 + t))
        average = d * average + (1 - d) * one.net.state_dict()["dense.weight"]
    learned = one.net.state_dict()["dense.weight"].clone()
    one.close_epoch()
    one.finish()

    saved = checkpoint.load(one.run.folder / "checkpoints" / "last.pt")
    assert torch.allclose(saved["model"]["dense.weight"], average, atol=1e-6)
    assert torch.equal(saved["learning"]["dense.weight"], learned)
    used = infer.trained(one.run.folder, device=CPU).model
    assert torch.equal(used.state_dict()["dense.weight"], saved["model"]["dense.weight"])
    validation = next(m for m in one.run.metrics().records if m["part"] == "validation")
    assert one.run.result["parts"]["validation"]["loss"] == validation["loss"]


# memory


SHORT = {
    "torch's": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    "the processor's": RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    "Python's": MemoryError(),
}


@pytest.mark.parametrize("error", SHORT.values(), ids=SHORT)
def test_where_memory_is_short_the_batch_goes_in_pieces_and_the_step_is_the_same(
    engine: Callable[..., Engine], error: Exception
):
    one = engine(steps=45)
    expected = trained_by_torch(one, 45)

    def short(module: nn.Module, given: Any) -> None:
        if len(given[0]) > 8:
            raise error

    one.net.conv.register_forward_pre_hook(short)
    one.train()

    assert one.place.pieces == one.correction.pieces == 4
    saved = checkpoint.load(one.run.folder / "checkpoints" / "last.pt")
    assert saved["place"]["pieces"] == 4
    one.net.load_state_dict(saved["model"])
    assert torch.allclose(weights(one.net), expected, atol=1e-6)
    said = [e["text"] for e in one.run.events().records if e["event"] == "log"]
    assert len(said) == 2  # 32 → 16 → 8
    assert "batch of 32 images: 8 at a time from now on, in 4 pieces" in said[1]
    assert [m["step"] for m in one.run.metrics().records if m["part"] == "train"] == list(range(1, 46))


def test_where_not_even_one_image_fits_training_ends(engine: Callable[..., Engine]):
    one = engine(batch=4, steps=2)

    def short(module: nn.Module, given: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    one.net.conv.register_forward_pre_hook(short)
    with pytest.raises(CanevasError, match="conv"):
        one.train()
    assert one.correction.pieces == 4


# the end


def test_training_that_gets_no_better_ends_early_with_the_best_weights(engine: Callable[..., Engine]):
    one = engine(batch=512, epochs=50, learning_rate=1e-8, judge="measure", stop_after=2)
    one.train()

    told = one.run.metrics().records
    validated = [m for m in told if m["part"] == "validation"]
    best = one.run.result["best"]["step"]
    assert len(validated) == best // 3 + 2 < 50
    done = one.run.events().records[-1]
    assert (done["event"], done["early"], done["step"]) == ("done", True, 3 * len(validated))
