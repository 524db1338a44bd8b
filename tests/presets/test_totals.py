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


UNET = """
down1 64x568x568 37568
pool1 64x284x284 0
down2 128x280x280 221440
pool2 128x140x140 0
down3 256x136x136 885248
pool3 256x68x68 0
down4 512x64x64 3539968
pool4 512x32x32 0
bottom 1024x28x28 14157824
up4 512x56x56 2097664
crop4 512x56x56 0
join4 1024x56x56 0
out4 512x52x52 7078912
up3 256x104x104 524544
crop3 256x104x104 0
join3 512x104x104 0
out3 256x100x100 1769984
up2 128x200x200 131200
crop2 128x200x200 0
join2 256x200x200 0
out2 128x196x196 442624
up1 64x392x392 32832
crop1 64x392x392 0
join1 128x392x392 0
out1 64x388x388 110720
scores 2x388x388 130
"""
"""The table of the paper's figure 1: both convolutions of a level together."""


def test_unet_has_the_sizes_and_weights_of_the_paper():
    report = analyze(presets.build("unet"))
    rows = [line.split() for line in UNET.split("\n") if line]

    found = [[name, "x".join(map(str, report[name].output.shape)), str(report[name].parameters)] for name, *_ in rows]

    assert found == rows
    assert report["bottom.conv2"].receptive_field.size == (140, 140)
    assert report["bottom.conv2"].receptive_field.stride == (16.0, 16.0)


def test_lenet_1989_is_counted_as_in_the_paper():
    report = analyze(presets.build("lenet_1989"))

    assert [report[name].parameters for name in ("h1", "h2", "h3", "dense")] == [1068, 2592, 5790, 310]
    units = sum(report[name].output.size for name in ("input", "h1", "h2", "h3", "dense"))
    assert units == 1256
    macs = [report[name].macs for name in ("h1", "h2", "h3", "dense")]
    assert sum(macs) == 63_660
    assert sum(macs) + units - 256 == 64_660  # the connections: one more per unit, its bias


def test_a_separable_convolution_saves_what_the_lecture_says():
    report = analyze(presets.build("lecture_separable"))
    plain = analyze(presets.build("lecture"))

    assert report["conv6"].parameters == 32 * 9 + 32 * 32
    assert plain["conv6"].parameters == 9 * 32 * 32 + 32
    assert [report[f"conv{i}"].output for i in range(1, 7)] == [plain[f"conv{i}"].output for i in range(1, 7)]


def test_the_first_maxout_layer_has_942_000_weights():
    assert analyze(presets.build("maxout"))["dense1"].parameters == 942_000


@pytest.mark.parametrize(
    ("name", "oracle", "pools"), [("yolo_v1", "yolo1_paper_2015", 4), ("fast_yolo", "yolo1_fast_9conv_2015", 6)]
)
def test_yolo_has_the_layers_of_the_authors_files(name, oracle, pools, shared_data):
    import json

    rows = json.loads((shared_data.parent / "reference" / "preset_oracles.json").read_text())[oracle]["layers"]
    wanted = [
        (row[3], int(row[4].replace(",", ""))) for row in rows if row[0].startswith(("conv", "maxpool", "connec"))
    ]
    report = analyze(presets.build(name))
    nodes = [n for n in report.network.nodes if n.startswith(("conv", "pool", "fc"))]
    found = [("x".join(map(str, report[n].output.shape)), report[n].parameters) for n in nodes]

    assert found == wanted
    assert sum(n.startswith("pool") for n in nodes) == pools


def test_the_last_convolution_of_yolo_sees_749_pixels():
    assert analyze(presets.build("yolo_v1"))["conv24"].receptive_field.size == (749, 749)
