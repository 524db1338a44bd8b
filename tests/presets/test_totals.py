"""Every preset has the total it announces, no error, and, where torchvision has the same, the same weights."""

import pytest

import presets
from graph import analyze
from graph.files import dumps, loads
from graph.sizes import depth

TORCHVISION = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "mobilenet_v2"]
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

    assert 7 in report.outputs["output"].dims


@pytest.mark.parametrize(("name", "layers"), [("vgg16", 16), ("vgg19", 19), ("resnet18", 18), ("resnet50", 50)])
def test_depths_are_what_the_names_say(name, layers):
    assert depth(analyze(presets.build(name))) == layers


@pytest.mark.parametrize(
    ("name", "path", "size"),
    [
        ("vgg16", "stage5.conv3", 196),
        ("vgg16", "pool5", 212),
        ("resnet18", "layer4", 435),
        ("resnet34", "layer4", 899),
        ("resnet50", "layer4", 427),
        ("resnet101", "layer4", 971),
        ("resnet152", "layer4", 1451),
        ("googlenet", "inception5b", 379),
        ("densenet121", "denseblock4", 2071),
        ("mobilenet_v1", "separable13", 315),
        ("mobilenet_v2", "features", 491),
        ("squeezenet", "conv10", 155),
    ],
)
def test_fields_are_the_published_ones(name, path, size):
    assert analyze(presets.build(name))[path].receptive_field.size == (size, size)


@pytest.mark.torch
@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_have_the_names_and_shapes_of_torchvision(name):
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    theirs = {key: tuple(value.shape) for key, value in model.state_dict().items()}

    report = analyze(presets.build(name))
    ours = {f"{path}.{key}": weight.shape for path, fact in report.leaves() for key, weight in fact.weights.items()}

    assert ours == theirs


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_files_keep_every_preset(name):
    network = presets.build(name)

    assert loads(dumps(network)) == network
