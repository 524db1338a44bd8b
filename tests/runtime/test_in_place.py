"""The source writes over a value only where nothing else reads it and no gradient needs it."""

from __future__ import annotations

import pytest

from graph import Block, Node, kinds
from tests.runtime.networks import (
    Add,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Input,
    Output,
    ReLU,
    network,
)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import runtime  # noqa: E402

CONV = Conv2d(4, padding="same")
ENDS = {"image": Input((4, 6, 6)), "answer": Output()}
Sigmoid, SiLU = kinds()["Sigmoid"], kinds()["SiLU"]


def made(edges, **layers):
    return network({**ENDS, **layers}, edges)


WRITTEN = {
    "after a convolution": made("image conv relu answer", conv=CONV, relu=ReLU()),
    "after a normalization": made("image conv bn relu answer", conv=CONV, bn=BatchNorm2d(), relu=ReLU()),
    "through dropout": made("image conv drop relu answer", conv=CONV, drop=Dropout(), relu=ReLU()),
    "a smooth curve": made("image conv act answer", conv=CONV, act=SiLU()),
}
LEFT = {
    "the input": made("image relu answer", relu=ReLU()),
    "a value that is read again": made("image conv relu add answer, conv add", conv=CONV, relu=ReLU(), add=Add()),
    "what dropout may pass on": made(
        "image conv drop relu add answer, conv add", conv=CONV, drop=Dropout(), relu=ReLU(), add=Add()
    ),
    "what a gradient needs": made("image conv act relu answer", conv=CONV, act=Sigmoid(), relu=ReLU()),
}


@pytest.mark.parametrize("case", list(WRITTEN))
def test_it_writes_over(case):
    assert "inplace=True" in runtime.source(WRITTEN[case])


@pytest.mark.parametrize("case", list(LEFT))
def test_it_leaves_alone(case):
    assert "inplace=True" not in runtime.source(LEFT[case])


def test_a_sum_is_written_over_its_first_term():
    residual = made("image conv bn add answer, image add", conv=CONV, bn=BatchNorm2d(), add=Add())

    assert "x += image" in runtime.source(residual)


def test_a_sum_that_stretches_its_first_term_is_not():
    pool = kinds()["AdaptiveAvgPool2d"]()
    gate = made("image pool conv add answer, image add", pool=pool, conv=Conv2d(4, kernel_size=1), add=Add())

    assert "+=" not in runtime.source(gate)


def test_a_block_gives_its_own_value_only_if_nothing_inside_keeps_it():
    own = network({"x": Input(), "conv": CONV, "out": Output()}, "x conv out", "inner")
    lent = network({"x": Input(), "drop": Dropout(), "out": Output()}, "x drop out", "inner")
    for inside, over in ((own, True), (lent, False)):
        nodes = {**ENDS, "block": Node("block", Block("inner")), "relu": ReLU()}
        edges = "image block:x, block relu answer"
        top = network(nodes, edges, blocks={"inner": inside})
        assert ("inplace=True" in runtime.source(top)) is over


@pytest.mark.parametrize("case", [*WRITTEN, *LEFT])
def test_gradients_are_those_without_writing_over(case):
    drawn = (WRITTEN | LEFT)[case]
    found = []
    for over in (True, False):
        torch.manual_seed(0)
        model = runtime.compile(drawn)
        for module in model.modules():
            if hasattr(module, "inplace"):
                module.inplace = module.inplace and over
        image = torch.randn(2, 4, 6, 6, requires_grad=True)
        answer = model.train()(image)
        answer.square().sum().backward()
        found.append([answer, image.grad, *(p.grad for p in model.parameters())])

    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
