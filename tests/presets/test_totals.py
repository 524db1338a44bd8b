"""Every preset has the total it announces, no error, and, where torchvision has the same, the same weights."""

import pytest

import presets
from graph import analyze
from graph.files import dumps, loads
from graph.sizes import depth

TORCHVISION = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "mobilenet_v2",
    "efficientnet_b0",
    "convnext_tiny",
]
"""Presets whose nodes are named as torchvision's modules."""


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_the_total_is_the_announced_one(name):
    preset = presets.presets()[name]
    report = analyze(preset.build())

    assert report.parameters == preset.parameters
    assert [p.message for p in report.problems if p.severity != "hint"] == []


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_classes_reach_the_last_layer(name):
    preset = presets.presets()[name]
    if "classes" not in preset.defaults:
        return
    report = analyze(preset.build(classes=7))

    if preset.task == "detection":
        told = [fact.layer.classes for _, fact in report.leaves() if hasattr(fact.layer, "classes")]
        assert told == [7, 7]  # the loss, and what tells what was found
    else:
        assert 7 in report.outputs["output"].dims


@pytest.mark.parametrize(("name", "layers"), [("vgg16", 16), ("vgg19", 19), ("resnet18", 18), ("resnet50", 50)])
def test_depths_are_what_the_names_say(name, layers):
    assert depth(analyze(presets.build(name))) == layers


@pytest.mark.torch
@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_have_the_names_and_shapes_of_torchvision(name):
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    theirs = {key: tuple(value.shape) for key, value in model.state_dict().items()}

    report = analyze(presets.build(name))
    ours = {
        f"{path}.{key}" if key else path: weight.shape
        for path, fact in report.leaves()
        for key, weight in fact.weights.items()
    }

    assert ours == theirs


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_files_keep_every_preset(name):
    network = presets.build(name)

    assert loads(dumps(network)) == network


def test_a_separable_convolution_saves_what_the_lecture_says():
    report = analyze(presets.build("lecture_separable"))
    plain = analyze(presets.build("lecture"))

    assert report["conv6"].parameters == 32 * 9 + 32 * 32
    assert plain["conv6"].parameters == 9 * 32 * 32 + 32
    assert [report[f"conv{i}"].output for i in range(1, 7)] == [plain[f"conv{i}"].output for i in range(1, 7)]


def test_the_first_maxout_layer_has_942_000_weights():
    assert analyze(presets.build("maxout"))["dense1"].parameters == 942_000
