"""Every kind explains what is its own: the numbers in words are those of its rules, and the sums written out are true.

A new kind is tried by itself, since the test runs over :func:`graph.kinds`: if it has weights or multiply-adds, a
window that slides, or another shape than what arrives, its ``explain`` has to say how they come about.
"""

import re
from math import ceil, floor
from random import Random
from typing import Any

import pytest

from graph import CanevasError, Labels, Layer, Tensor, kinds
from graph.tensors import MASK, Anchors, Boxes, Matches, Regions, Sizes
from graph.text import number
from tests.strategies import sampled

DRAWS = 400
ABLE = sorted(name for name, kind in kinds().items() if kind.inputs and kind.outputs and kind.offered)
FITTING = {
    "RelativePositionalMultiHeadAttention": (Tensor(("N", 5, 4, 8), True), {"head_dim": 4, "max_seq_len": 4}),
    "WindowDepartition": (Tensor(("N", 6, 4, 3), True), {"size": 2, "windows": (2, 3)}),
    "Unflatten": (Tensor(("N", 2, 24)), {"dim": 2, "unflattened_size": (2, 3, 4)}),
    "YoloLoss": (Tensor(("N", 30, 7, 7)), {}),
    "YoloDecode": (Tensor(("N", 1470)), {}),
}
"""What chance rarely makes fit."""
REGIONS = Regions(300)
ON_ANCHORS = ((Tensor(("N", 9, 6, 8)),), (Tensor(("N", 36, 6, 8)),), Anchors(9, 48))
ON_REGIONS = (Tensor((REGIONS.batch, 21)), Tensor((REGIONS.batch, 84)))
PORTS: dict[str, tuple[Any, ...]] = {
    "RegionProposals": (*ON_ANCHORS, Sizes()),
    "RPNLoss": (*ON_ANCHORS, Boxes()),
    "RoILoss": (*ON_REGIONS, Matches()),
    "DetectionPostprocess": (*ON_REGIONS, REGIONS, Sizes()),
    "MultiScaleRoIAlign": (tuple(Tensor(("N", 8, 32 >> i, 32 >> i)) for i in range(4)), REGIONS),
}
"""What arrives at each port of kinds with their usual values, whose inputs must fit one another."""


def drawn(name: str, random: Random) -> tuple[Layer, tuple[Any, ...]]:
    """A layer with random values, and what may arrive at its ports."""
    kind = kinds()[name]
    if name in PORTS:
        return kind(), PORTS[name]
    layer = sampled(kind, random)
    dims = (random.choice([1, 2, 3, 4, 6, 8]), *(random.randint(1, 12) for _ in range(random.randint(0, 3))))
    x = Tensor(("N", *dims), len(dims) > 1 and random.random() < 0.3)
    if name in FITTING:
        x, values = FITTING[name]
        layer = kind(**values)
    taken: list[Any] = []
    for port in kind.inputs:
        if Tensor not in port.accepts:
            given = port.accepts[0]()
            taken.append(MASK if isinstance(given, Labels) and len(x.dims) > 2 else given)
        else:
            taken.append((x, x) if port.many else None if port.optional else x)
    return layer, tuple(taken)


def value_of(text: str) -> float | None:
    """What a sum written out comes to; None where it is no sum."""
    plain = text.replace("\u2009", "").replace("²", "**2")
    for written, meant in (("×", "*"), ("·", "*"), ("−", "-"), ("⌊", "floor("), ("⌋", ")"), ("⌈", "ceil("), ("⌉", ")")):
        plain = plain.replace(written, meant)
    if not re.fullmatch(r"(?:floor|ceil|[\d\s+*/().-])+", plain):
        return None
    return eval(plain, {"floor": floor, "ceil": ceil})


def assert_true(worked: str) -> None:
    """Both sides of every sum are equal, as far as they are sums."""
    for sum_ in re.split(r"[,;:]", worked):
        sides = [value_of(side) for side in sum_.split("=")]
        known = [side for side in sides if side is not None]
        assert len(set(known)) <= 1, f"{worked}: {sides}"


@pytest.mark.parametrize("name", ABLE)
def test_a_kind_explains_its_own_numbers(name):
    random, seen = Random(name), 0
    for _ in range(DRAWS):
        layer, taken = drawn(name, random)
        try:
            out = layer.output(*taken)
            weights = layer.weights(*taken)
        except CanevasError:
            continue
        out = out[0] if type(out) is tuple else out
        seen += 1
        learned = sum(w.size for w in weights.values() if w.parameter)
        slides = any(isinstance(window, tuple) and len(window) for window in layer.window(*taken))
        first = taken[0][0] if type(taken[0]) is tuple else taken[0]
        expected = {
            "weights": number(learned) if learned else None,
            "macs": number(layer.macs(*taken)) if layer.macs(*taken) else None,
            "output": str(out) if slides or str(out) != str(first) else None,
        }
        for quantity, result in expected.items():
            found = layer.explain(quantity, *taken)
            if result is None:
                continue
            assert found is not None, f"{layer} of {taken}: explain({quantity!r})"
            if quantity != "output" or isinstance(out, Tensor):  # a loss, or what is found, has no size to explain
                assert found.result == result, f"{layer} of {taken}: {quantity}"
            assert str(found.why).endswith(".")
            assert found.formula
            assert_true(found.worked)
    assert seen >= 3, "no draw fitted"


@pytest.mark.parametrize(
    ("text", "value"),
    [("⌊(32 + 2·2 − 5) / 1⌋ + 1", 32), ("3×3×8", 72), ("⌈7/2⌉", 4), ("2\u2009304", 2304), ("a × b", None)],
)
def test_sums_are_read(text, value):
    assert value_of(text) == value
