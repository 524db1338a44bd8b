"""Kinds against torch itself: the same shapes, the same weights, and an error exactly where torch has one.

Kinds that are modules of torch with one input, and kinds that are expressions.  Losses, attention and modules of our
own are run through the source of a whole network, in the tests of the runtime.
"""

from __future__ import annotations

import contextlib
import math
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import Layer, ShapeError, Tensor, kinds
from graph.layer import CATEGORIES, help_of
from tests.strategies import layers, sampled

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MODULES = sorted(
    name
    for name, cls in kinds().items()
    if cls.module == "torch.nn" and len(cls.inputs) == 1 and cls.category not in ("loss", "attn")
)
EXPRESSIONS = sorted(
    name
    for name, cls in kinds().items()
    if not cls.module and cls.inputs and Tensor in cls.inputs[0].accepts and cls.expression is not Layer.expression
)
DRAWS = 500
BATCH = 2
STRICTER = ("rank", "linear_on_maps")
"""Codes of what torch would do and no network should: maps of another rank, a Linear along the width of a map."""
BATCH_STAYS = ("Flatten", "Unflatten")
"""Kinds that could swallow the batch, which their rules refuse."""
RANKS = {"PixelShuffle": (4,), "PixelUnshuffle": (4,), "ChannelShuffle": (4,)}


def ranks(cls: type[Layer]) -> tuple[int, ...]:
    """Numbers of dimensions worth trying: those the kind is made for mostly, others to see it refuse them.

    One fewer would be an image without a batch, which torch takes and a network never holds.
    """
    axes = cls.__name__[-2:]
    found = {"1d": (3, 3, 3, 4), "2d": (4, 4, 4, 5), "3d": (5, 5, 5, 6)}.get(axes, (2, 3, 4, 4, 5))
    return RANKS.get(cls.__name__, found)


def image(layer: Layer, random: Random) -> Tensor:
    """What may arrive at *layer*: few channels, few pixels; for Unflatten, often an axis as large as its parts."""
    rank = random.choice(ranks(type(layer)))
    dims = ["N", random.choice([1, 2, 3, 4, 6, 8]), *(random.randint(1, 9) for _ in range(rank - 2))]
    if layer.kind == "Unflatten" and 1 <= layer.dim < rank and random.random() < 0.5:
        dims[layer.dim] = math.prod(layer.unflattened_size)
    return Tensor(tuple(dims))


def of_torch(layer: Layer, x: Tensor) -> tuple[Any, Any] | None:
    """Torch's own module for *layer*, and what it makes of *x*; None where it refuses, in training or in use."""
    data = torch.rand(*(BATCH if d == "N" else d for d in x.dims))
    with contextlib.suppress(*REFUSALS), torch.no_grad():
        module = getattr(torch.nn, layer.kind)(**layer.arguments(x))
        known = {"nn": torch.nn, "module": module, "x": data}
        text = layer.call("module", "x") or "module(x)"
        module.train()
        eval(text, known)
        module.eval()
        return module, eval(text, known)
    return None


REFUSALS = (RuntimeError, ValueError, IndexError, AssertionError, TypeError, NotImplementedError, ShapeError)


def of_rule(layer: Layer, x: Tensor) -> tuple[Tensor | None, str]:
    """What the rule says; where it refuses, None and the code of its reason."""
    try:
        return layer.output(x), ""
    except ShapeError as error:
        return None, error.code


@pytest.mark.filterwarnings("ignore")  # torch warns of what it does anyway
@pytest.mark.parametrize("name", MODULES)
def test_rule_equals_torch(name):
    cls, random, works = kinds()[name], Random(name), 0
    for _ in range(DRAWS):
        layer = sampled(cls, random)
        x = image(layer, random)
        expected, code = of_rule(layer, x)
        if expected is not None and BATCH * expected.size > 200_000:
            continue
        found = of_torch(layer, x)
        if expected is None:
            shape = None if found is None else tuple(found[1].shape)
            lost = shape is not None and (math.prod(shape) == 0 or shape[0] != BATCH)  # nothing left, or another batch
            stricter = code in STRICTER or (code == "no_such_axis" and name in BATCH_STAYS)
            stricter = stricter or getattr(layer, "padding_value", 0.0)  # torch pads with zeros only: it sees no border
            assert shape is None or lost or stricter, f"torch makes {shape} of {x} by {layer}; the rule says {code}"
            continue
        assert found is not None, f"torch refuses {x} for {layer}; the rule says {expected}"
        assert_equal(layer, x, expected, *found)
        works += 1
    assert works >= DRAWS / 50, f"only {works} draws reached the comparison"


def near(x: Tensor, random: Random) -> Tensor:
    """*x*, or *x* with another size along one axis: what a merge may take beside it, or must refuse."""
    axis = random.randrange(len(x.dims))
    return x if axis == 0 else Tensor((*x.dims[:axis], random.randint(1, 4), *x.dims[axis + 1 :]))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression_gives_what_the_rule_says(name):
    """A merge is refused where torch would stretch one of its inputs: that is what it refuses beyond torch."""
    cls, random, works = kinds()[name], Random(name), 0
    for _ in range(DRAWS):
        layer = sampled(cls, random)
        x = image(layer, random)
        many = cls.inputs[0].many
        arrives = [x, *(near(x, random) for _ in range(random.randint(0, 2) if many else 0))]
        data = {f"x{i}": torch.rand(*(BATCH if d == "N" else d for d in t.dims)) for i, t in enumerate(arrives)}
        free = (None,) * (len(cls.inputs) - 1)
        try:
            expected = layer.output(tuple(arrives) if many else x, *free)
        except ShapeError:
            if name == "Concat" and 1 <= layer.dim < len(x.dims):
                with pytest.raises(RuntimeError):
                    eval(layer.expression(tuple(data)), {"torch": torch, **data})
            continue
        if BATCH * expected.size > 200_000:
            continue
        text = layer.expression(tuple(data) if many else "x0", *free)
        out = eval(text, {"torch": torch, "nn": torch.nn, **data})
        assert [size_of(d) for d in expected.dims] == list(out.shape), f"{layer} of {arrives}: {text}"
        works += 1
    assert works >= DRAWS / 50, f"only {works} draws reached the comparison"


def size_of(dim: Any) -> int:
    """A dimension with its symbol replaced by the batch."""
    return dim if isinstance(dim, int) else BATCH * getattr(dim, "factor", 1)


def assert_equal(layer: Layer, x: Tensor, expected: Tensor, module: Any, out: Any) -> None:
    """What the rules say of *layer* is what torch's *module* has and what it made of *x*."""
    shown = f"{layer} of {x}"
    assert [BATCH if d == "N" else d for d in expected.dims] == list(out.shape), shown
    assert str(out.dtype) == f"torch.{expected.dtype}", shown
    weights, state, learned = layer.weights(x), module.state_dict(), dict(module.named_parameters())
    assert {k: w.shape for k, w in weights.items()} == {k: tuple(v.shape) for k, v in state.items()}, shown
    assert {k: w.dtype for k, w in weights.items()} == {k: str(v.dtype)[6:] for k, v in state.items()}, shown
    assert {k for k, w in weights.items() if w.parameter} == set(learned), shown
    assert sum(w.size for w in weights.values() if w.parameter) == sum(p.numel() for p in learned.values()), shown


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_is_documented(name):
    cls = kinds()[name]

    assert len(help_of(cls)) > 15
    assert cls.category in CATEGORIES
    assert all(spec.help and not spec.help[0].islower() and spec.help.endswith((".", "?")) for spec in cls.specs)
    assert all(spec.label for spec in cls.specs)
    assert len({p.name for p in cls.inputs}) == len(cls.inputs)


@pytest.mark.parametrize("name", sorted(kinds()))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_layers_are_values(name, data):
    """Equal where their values are, hashable, and made again from what differs from the defaults."""
    cls = kinds()[name]
    layer = data.draw(layers(cls))

    assert layer == cls(**layer.values)
    assert hash(layer) == hash(cls(**layer.changed))
    assert layer == cls(**layer.changed)
    assert isinstance(layer.caption, str)


@pytest.mark.parametrize("name", sorted(kinds()))
def test_values_out_of_range_are_refused(name):
    from graph import InvalidValue

    for spec in kinds()[name].specs:
        for wrong in ("nonsense", math.nan, math.inf, 10**12, [], {}, object()):
            if spec.type in ("text",) and isinstance(wrong, str):
                continue
            with pytest.raises(InvalidValue, match=spec.name):
                kinds()[name](**{spec.name: wrong})


def test_multiply_adds_of_a_convolution_are_counted_position_by_position():
    """Each value that comes out is a sum over its window, in the channels of its group."""
    random = Random(0)
    for _ in range(300):
        layer = sampled(kinds()["Conv2d"], random)
        x = image(layer, random)
        out, _ = of_rule(layer, x)
        if out is None:
            continue
        weight = layer.weights(x)["weight"]
        assert layer.macs(x) == sum(math.prod(weight.shape[1:]) for _ in range(out.size))
