"""Repeated blocks and shared weights in torch: what runs is what was meant."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d, relu

import presets
from graph import Block, CanevasError, Edge, Network, Node, analyze, edit
from graph.layers.attention import MultiheadAttention
from graph.layers.learned import PrependToken
from graph.layers.normalization import BatchNorm2d
from graph.layers.source import Input, Output
from runtime.compile import compile
from runtime.data.preprocessing import Preprocessing
from runtime.export import About, export
from runtime.import_ import pt
from runtime.source import source
from tests.graph.test_sharing import SHARED, TWICE, pyramid

pytestmark = pytest.mark.torch

LECTURE = presets.build("lecture")
WRAPPED = edit.wrap(LECTURE, ["conv1", "relu1", "conv2", "relu2"], "stage").network
THRICE = edit.repeat(WRAPPED, "stage", 3).network
IMAGES = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def moved(weights, paths):
    """*weights* whose keys follow *paths*."""
    found = {}
    for key, tensor in weights.items():
        old = max((p for p in paths if key.startswith(f"{p}.")), key=len, default="")
        found[paths[old] + key[len(old) :] if old else key] = tensor
    return found


def test_a_repeated_block_computes_what_the_block_written_three_times_does():
    model = compile(THRICE).eval()
    written = edit.unwrap(THRICE, "stage")
    other = compile(written.network, moved(model.state_dict(), written.paths)).eval()

    assert torch.equal(model(IMAGES), other(IMAGES))
    assert set(model.state_dict()) == {f"{p}.{k}" for p, f in analyze(THRICE).leaves() for k in f.weights}


def test_all_is_dissolved_to_the_same():
    model = compile(THRICE).eval()
    network, weights = THRICE, model.state_dict()
    for name in ("stage", "stage", "stage2", "stage3"):
        network, paths = edit.unwrap(network, name)
        weights = moved(weights, paths)

    assert not network.blocks
    assert torch.equal(model(IMAGES), compile(network, weights).eval()(IMAGES))


def test_gradients_reach_every_repetition():
    model = compile(THRICE)
    written = edit.unwrap(THRICE, "stage")
    other = compile(written.network, moved(model.state_dict(), written.paths))
    labels = torch.tensor([3, 7])
    for one in (model, other):
        sum(one(IMAGES, labels).values()).backward()

    grads = moved({k: p.grad for k, p in model.named_parameters()}, written.paths)
    assert all(torch.equal(grads[k], p.grad) for k, p in other.named_parameters())


def test_repetitions_made_alike_are_made_in_a_loop():
    text = source(THRICE)
    assert "self.stage = nn.Sequential(Stage(1), *[Stage(8) for _ in range(2)])" in text
    wide = edit.set_values(THRICE, "input", shape=(8, 28, 28))
    assert "self.stage = nn.Sequential(*[Stage() for _ in range(3)])" in source(wide)


def test_a_block_repeated_otherwise_elsewhere_takes_the_number():
    """One class serves two stages of other depths: the number of repetitions is an argument of its constructor."""
    wide = edit.set_values(THRICE, "input", shape=(8, 28, 28))
    inside = edit.wrap(wide, ["stage", "pool1"], "part").network
    part = edit.repeat(edit.set_variable(inside.within(("part",)), "deep", 3), "stage", "deep").network
    network = edit.put_inside(inside, ("part",), part)
    network, names = edit.paste(network, edit.take(network, ["part"]))
    network = edit.insert(network, names["part"], Edge("part", "output", "conv3", "x"))
    network = edit.set_values(network, names["part"], deep=5)

    text = source(network)
    assert "    def __init__(self, deep):" in text
    assert "self.stage = nn.Sequential(*[Stage() for _ in range(deep)])" in text
    assert "self.part = Part(deep=3)" in text
    model = compile(network).eval()
    assert model(IMAGES.expand(2, 8, 28, 28)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) == analyze(network).parameters


def test_frozen_repetitions_get_no_gradient_and_stay_in_evaluation():
    inside = edit.add(THRICE.within(("stage",)), BatchNorm2d(), "norm")[0]
    inside = edit.insert(inside, "norm", inside.incoming["relu1"][0])
    network = edit.freeze(edit.put_inside(THRICE, ("stage",), inside), ["stage"], True)
    model = compile(network).train()

    assert not any(p.requires_grad for k, p in model.named_parameters() if k.startswith("stage."))
    assert not model.stage[2].norm.training
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == analyze(network).trainable


def test_shared_weights_are_one_module_called_twice():
    model = compile(TWICE)
    x = torch.randn(2, 3, 8, 8)
    weight, bias = (model.state_dict()[f"a.{k}"].clone().requires_grad_() for k in ("weight", "bias"))

    assert list(model.state_dict()) == ["a.weight", "a.bias"]
    wanted = conv2d(conv2d(x, weight, bias, padding="same"), weight, bias, padding="same")
    given = model(x)
    assert torch.equal(given, wanted)
    for value in (given, wanted):
        value.square().sum().backward()
    assert torch.allclose(model.a.weight.grad, weight.grad, rtol=1e-5)
    assert torch.allclose(model.a.bias.grad, bias.grad, rtol=1e-5)


def test_a_head_reads_every_level_of_a_pyramid():
    model = compile(SHARED).eval()
    x = torch.randn(1, 4, 16, 16)
    weight, bias = model.head.conv.weight, model.head.conv.bias
    small = torch.nn.functional.max_pool2d(x, 2)

    assert "self.head(" in source(SHARED)
    answers = model(x)
    assert torch.equal(answers["large"], relu(conv2d(x, weight, bias, padding="same")))
    assert torch.equal(answers["small"], relu(conv2d(small, weight, bias, padding="same")))
    assert sum(p.numel() for p in model.parameters()) == analyze(SHARED).parameters


def test_repeated_blocks_share_too():
    network = edit.repeat(SHARED, "head", 2).network
    model = compile(network).eval()
    x = torch.randn(1, 4, 16, 16)

    assert set(model.state_dict()) == {f"head.{i}.conv.{k}" for i in range(2) for k in ("weight", "bias")}
    assert torch.equal(model(x)["small"], model.head(torch.nn.functional.max_pool2d(x, 2)))


def test_a_frozen_owner_freezes_those_that_share():
    model = compile(edit.freeze(SHARED, ["head2"], True))
    assert not any(p.requires_grad for p in model.parameters())


def test_a_class_that_holds_a_parameter_is_the_same_where_it_is_shared():
    token = {
        "input": Node("input", Input()),
        "token": Node("token", PrependToken()),
        "attn": Node("attn", MultiheadAttention(num_heads=2)),
        "output": Node("output", Output()),
    }
    edges = (
        *(Edge("input", "out", "token", "x"), Edge("token", "out", "attn", "x")),
        Edge("attn", "out", "output", "x"),
    )
    block = Network("tokens", token, edges)
    network = Network("two", {"image": Node("image", Input((6, 8)))}, (), blocks={"tokens": block})
    for name in ("one", "two"):
        network, _ = edit.add(network, Block("tokens"), name)
    network = edit.connect(
        edit.connect(network, Edge("image", "out", "one", "input")), Edge("one", "output", "two", "input")
    )
    network = edit.add(network, Output(), "answer")[0]
    network = edit.connect(network, Edge("two", "output", "answer", "x"))
    shared = edit.share(network, "two", "one")
    model = compile(shared).eval()
    assert model(torch.randn(2, 6, 8)).shape == (2, 8, 8)  # a token more from each
    assert not any(key.startswith("two.") for key in model.state_dict())


def test_weights_of_another_shape_are_refused():
    with pytest.raises(CanevasError, match="b would need weight"):
        compile(edit.set_values(TWICE, "image", shape=(1, 8, 8)))


def test_two_heads_of_their_own_are_no_shared_head():
    assert set(compile(pyramid()).state_dict()) == {
        f"{h}.conv.{k}" for h in ("head", "head2") for k in ("weight", "bias")
    }


def test_what_is_exported_comes_back(tmp_path):
    network = edit.repeat(SHARED, "head", 2).network
    model = compile(network).eval()
    about = About("classification", tuple(map(str, range(10))), Preprocessing())
    made = export(network, model.state_dict(), tmp_path / "model.pt", about)
    back = pt.read(tmp_path / "model.pt")

    assert made.max_difference == 0.0
    assert back.network == network
    assert all(torch.equal(tensor, model.state_dict()[key]) for key, tensor in back.weights.items())
