"""The weights of a node as they are shown: themselves, and the numbers about them."""

from __future__ import annotations

import numpy as np
import pytest

from graph import CanevasError
from tests.runtime.networks import BatchNorm2d, Conv2d, Input, Output, ReLU, network

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.infer.weights import weights  # noqa: E402
from tests.runtime.test_cam import trained  # noqa: E402


@pytest.fixture(scope="module")
def model():
    nodes = {"input": Input((3, 8, 8)), "conv": Conv2d(100, 5, padding="same"), "norm": BatchNorm2d(), "relu": ReLU()}
    return trained(network(nodes | {"output": Output()}, "input conv norm relu output"))


def test_a_kernel_is_shown_and_its_numbers_are_those_of_all_of_it(model):
    found = weights(model, "conv")
    right = model.model.conv.weight.detach().double()

    assert found.told["key"] == "weight"
    assert found.told["shape"] == [100, 3, 5, 5]
    assert found.values.shape == (64, 3, 5, 5)  # the first of them
    assert np.array_equal(found.values, right[:64].float().numpy())
    assert found.told["mean"] == pytest.approx(float(right.mean()), abs=1e-6)
    assert found.told["std"] == pytest.approx(float(((right - right.mean()) ** 2).mean().sqrt()), rel=1e-5)
    assert (found.told["low"], found.told["high"]) == pytest.approx((float(right.min()), float(right.max())))
    assert sum(found.told["counts"]) == 100 * 3 * 5 * 5


def test_other_weights_are_had_by_their_key(model):
    assert weights(model, "conv", "bias").values.shape == (100,)
    keys = weights(model, "norm").told["keys"]
    assert {one["key"]: one["learned"] for one in keys} == {
        "weight": True,
        "bias": True,
        "running_mean": False,
        "running_var": False,
        "num_batches_tracked": False,
    }
    assert weights(model, "norm", "num_batches_tracked").told["std"] == 0


@pytest.mark.parametrize(
    ("path", "key", "why"), [("relu", "", "no weights"), ("conv", "gamma", "gamma"), ("nothing", "", "nothing")]
)
def test_what_is_not_there_is_refused(model, path, key, why):
    with pytest.raises(CanevasError, match=why):
        weights(model, path, key)
