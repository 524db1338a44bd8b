"""A training that ends in numbers that are none says where they began: the node, the step, and what to try."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import presets  # noqa: E402
from graph import Network  # noqa: E402
from runtime import devices, not_finite  # noqa: E402
from runtime.compile import ModelError, compile  # noqa: E402
from runtime.engine import Engine  # noqa: E402
from runtime.journal import Journal  # noqa: E402
from runtime.run import Run  # noqa: E402
from tests.runtime.networks import (  # noqa: E402
    KINDS,
    Add,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Input,
    Linear,
    Output,
    ReLU,
    Target,
    network,
)

Multiply = KINDS["Multiply"]

pytestmark = pytest.mark.torch

CALM = {"optimizer": "SGD", "schedule": "constant", "warm_up": 0.0, "precision": "float32", "preview_every": 0}


@pytest.fixture
def failure(make_run: Callable[..., Run]) -> Iterator[Callable[..., ModelError]]:
    """``failure(network, learning_rate=9.0)``: what a training that cannot go well ends with."""
    journals = []

    def make(net: Network, break_it: Callable[[Engine], Any] = id, **recipe: Any) -> ModelError:
        run = make_run(net=net, **{**CALM, **recipe})
        journals.append(Journal(run))
        chosen = devices.device(run.recipe)
        engine = Engine(run, journals[-1], devices.fabric(chosen), devices.prepare(run.recipe, chosen))
        engine.prepare()
        break_it(engine)
        with pytest.raises(ModelError) as raised:
            engine.train()
        said = [e["text"] for e in run.events().records if e["event"] == "log"]
        assert any("Looking for where it began" in text for text in said)
        return raised.value

    yield make
    for journal in journals:
        journal.close("failed")


class Root(nn.Module):
    """A sum of roots; its lines name its nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    @staticmethod
    def node_at(frame: FrameType) -> str:
        return inspect.getframeinfo(frame).code_context[0].partition("#")[2].strip()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * self.weight  # scale
        x = torch.sqrt(x)  # root
        x = 2 * x  # double
        return x.sum()  # sum


def test_a_root_of_zero_is_found_by_its_gradient():
    """Its value is 0, its slope infinite; what comes before it receives that and is not to blame."""
    model = Root()
    for x, expected in ((torch.tensor([1.0, 4.0, 9.0]), None), (torch.tensor([1.0, 0.0, 9.0]), ("root", "gradient"))):
        watch = not_finite.Watch(model)
        watch.around(model)(x).backward()
        assert watch.first() == expected
    watch.begin()
    watch.around(model)(torch.tensor([1.0, -1.0, 9.0]))
    assert watch.first() == ("root", "value")


def test_a_gradient_that_is_none_ends_training_at_its_node(failure: Callable[..., ModelError], small: Network):
    """Seen at its own step, though the loss shows it only at the next one."""

    def break_it(engine: Engine) -> None:
        def wrong(module: nn.Module, given: Any, result: torch.Tensor) -> None:
            if module.training and engine.place.step == 5:
                result.register_hook(lambda gradient: gradient / 0.0)

        engine.net.relu.register_forward_hook(wrong)

    error = failure(small, break_it, learning_rate=0.01)

    assert error.path in ("relu", "conv")
    assert str(error).startswith("At step 6 the gradient became no finite number, at")


def test_values_that_grow_beyond_all_numbers_are_found_where_they_do(failure: Callable[..., ModelError]):
    """A product has no module of its own; the line of the source tells its node."""
    layers = {
        "input": Input((1, 28, 28)),
        "conv": Conv2d(2, padding="same"),
        "once": ReLU(),
        "square": Multiply(),
        "twice": ReLU(),
        "fourth": Multiply(),
        "sum": Add(),
        "flatten": Flatten(),
        "dense": Linear(10),
        "output": Output(),
        "target": Target(),
        "loss": CrossEntropyLoss(),
    }
    chain = (
        "input conv once square, conv square twice fourth, square fourth sum, conv sum,"
        "sum flatten dense output, dense loss:input, target loss:target"
    )
    error = failure(network(layers, chain, name="powers"), learning_rate=0.5, epochs=5)

    assert error.path in ("square", "fourth")
    assert f"what {error.path} gives is no finite number" in str(error)
    assert "Lower the learning rate (0.5)" in str(error)


def test_it_names_the_step_also_far_from_the_checkpoint(failure: Callable[..., ModelError], small: Network):
    error = failure(small, learning_rate=100.0, epochs=50)

    assert error.path
    assert "Lower the learning rate (100)" in str(error)


def test_a_layer_in_a_block_is_named_from_the_outside_in():
    model = compile(presets.build("resnet18"))
    watch = not_finite.Watch(model)
    with torch.no_grad():
        model.get_submodule("layer2.1.conv1").weight.fill_(float("inf"))
    watch.around(model.eval())(torch.ones(1, 3, 224, 224), torch.zeros(1, dtype=torch.long))

    assert watch.first() == ("layer2.1.conv1", "value")


def test_all_is_well_while_weights_are_numbers(small: Network):
    model = compile(small)
    assert not_finite.sound(model)
    with torch.no_grad():
        model.dense.bias[3] = float("nan")
    assert not not_finite.sound(model)
    assert not_finite.first_weights(model) == "dense"
