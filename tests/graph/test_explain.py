"""The lecture's sums, written out by the program; and every number of every kind has a sentence."""

import pytest

import presets
from graph import Edge, Network, Node, Tensor, analyze, kinds
from graph.explain import QUANTITIES, explain
from graph.layers.convolution import Conv2d
from graph.layers.source import Input

SHAPES = [(8, 12, 12), (8, 12), (784,), (8, 8, 8, 8), (4, 1, 1), (1,), (8, 56, 56), (64, 49, 32), (4, 64, 64)]

REPORT = analyze(presets.build("lecture"))


def single(layer, shape):
    nodes = {"image": Node("image", Input(shape)), "layer": Node("layer", layer)}
    into = layer.inputs[0].name
    return analyze(Network("single", nodes, (Edge("image", "out", "layer", into),)))


@pytest.mark.parametrize(
    ("path", "worked"),
    [
        ("conv1", "(3×3×1 + 1) × 8 = 80"),
        ("conv2", "(3×3×8 + 1) × 8 = 584"),
        ("conv3", "(3×3×8 + 1) × 16 = 1\u2009168"),
        ("conv4", "(3×3×16 + 1) × 16 = 2\u2009320"),
        ("conv5", "(3×3×16 + 1) × 32 = 4\u2009640"),
        ("conv6", "(3×3×32 + 1) × 32 = 9\u2009248"),
        ("dense", "(1\u2009568 + 1) × 10 = 15\u2009690"),  # the lecture forgets the biases here
    ],
)
def test_the_sums_of_the_lecture(path, worked):
    assert explain(REPORT, path, "weights").worked == worked


def test_ten_kernels_of_five_on_an_image_as_the_lecture_says():
    report = single(Conv2d(10, 5, padding="same"), (3, 32, 32))

    assert explain(report, "layer", "weights").worked == "(5×5×3 + 1) × 10 = 760"
    assert explain(report, "layer", "output").worked == "⌊(32 + 2·2 − 5) / 1⌋ + 1 = 32"


def test_the_chain_of_windows_adds_up_to_the_field():
    found = explain(REPORT, "conv3", "receptive_field")

    assert found.worked == "1 → conv1: 3 → conv2: 5 → pool1: 6 → conv3: 10"
    assert found.result == "10×10"


def test_a_dense_layer_sees_everything():
    assert explain(REPORT, "dense", "receptive_field").result == "28×28"


def test_memory_is_size_times_bytes():
    assert explain(REPORT, "conv3", "memory").worked == "16×14×14 × 4 = 12\u2009544"


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_explains_what_it_shows(kind):
    """Whatever shape suits the kind: each number that it has, has a sentence."""
    layer = kinds()[kind]()
    if not layer.inputs or (len(layer.inputs) > 1 and not layer.inputs[1].optional):
        return
    if Tensor not in layer.inputs[0].accepts:
        return
    reports = [single(layer, shape) for shape in SHAPES]
    fitting = [r for r in reports if r["layer"].outputs]
    if kind == "Output":
        return

    assert fitting
    for report in fitting:
        for quantity in QUANTITIES:
            found = explain(report, "layer", quantity)
            if found is not None:
                assert str(found.why).endswith(".")
                assert found.result
        assert explain(report, "layer", "output") is not None
        assert (explain(report, "layer", "weights") is not None) == bool(report["layer"].parameters)
        assert (explain(report, "layer", "macs") is not None) == bool(report["layer"].macs)
