"""Multiply-adds of every preset against torchvision's published figures and against torch's own counter."""

import pytest

import presets
from graph import analyze

PUBLISHED = {
    "alexnet": 0.714,
    "vgg11": 7.609,
    "vgg13": 11.308,
    "vgg16": 15.470,
    "vgg19": 19.632,
    "vgg11_bn": 7.609,
    "vgg13_bn": 11.308,
    "vgg16_bn": 15.470,
    "vgg19_bn": 19.632,
    "googlenet": 1.498,
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 4.089,
    "resnet101": 7.801,
    "resnet152": 11.514,
    "densenet121": 2.834,
    "mobilenet_v2": 0.301,
    "squeezenet": 0.819,
    "efficientnet_b0": 0.386,
    "convnext_tiny": 4.456,
}
"""Billions, as torchvision 0.29 prints them with its weights."""
REGIONS = ("faster_rcnn_vgg16", "faster_rcnn_resnet50_fpn", "faster_rcnn_small")
"""What these cost depends on how many regions there are; analysis takes the most that are kept."""
BY_ROWS = ("yolo_v1", "fast_yolo", "lenet_1989")
"""Added up row by row in test_layer_tables.py: boxes are not decoded without numbers, and torch would count what the
table of connections leaves out."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_billions_are_those_that_torchvision_publishes(name):
    assert round(analyze(presets.build(name)).macs / 1e9, 3) == PUBLISHED[name]


def test_mobilenet_costs_the_569_millions_of_its_paper():
    assert round(analyze(presets.build("mobilenet_v1")).macs / 1e6) == 569  # Howard and others, 2017, table 4


def counted(model, *shapes) -> int:
    """Multiply-adds that torch counts while *model* runs on tensors without numbers: half of its FLOPs."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(*(torch.empty(shape, device="meta") for shape in shapes))
    return counter.get_total_flops() // 2


@pytest.mark.torch
@pytest.mark.parametrize("name", sorted(set(presets.presets()) - {*REGIONS, *BY_ROWS, "yolo_small"}))
def test_torch_counts_as_many(name):
    torch = pytest.importorskip("torch")
    import runtime

    network = presets.build(name)
    with torch.device("meta"):
        model = runtime.compile(network).eval()
    shapes = [(1, *node.layer.shape) for node in network.nodes.values() if node.kind == "Input"]

    assert analyze(network).macs == counted(model, *shapes)


@pytest.mark.torch
def test_torch_counts_as_many_for_every_part_of_a_region_network():
    """torchvision's own parts, on a map of 1,088 x 800: five levels of proposals and 1,000 regions."""
    torch = pytest.importorskip("torch")
    detection = pytest.importorskip("torchvision.models.detection")
    with torch.device("meta"):
        theirs = detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).eval()
    report = analyze(presets.build("faster_rcnn_resnet50_fpn"))
    levels = [(200, 272), (100, 136), (50, 68), (25, 34), (13, 17)]

    assert report["backbone"].macs == counted(theirs.backbone, (1, 3, 800, 1088))
    for i, size in enumerate(levels, 2):
        assert report[f"rpn_p{i}"].macs == counted(lambda x: theirs.rpn.head([x]), (1, 256, *size))
    regions = counted(theirs.roi_heads.box_head, (1000, 256, 7, 7))
    regions += counted(theirs.roi_heads.box_predictor, (1000, 1024))
    assert report.macs == sum(report[part].macs for part in ("backbone", *(f"rpn_p{i}" for i in range(2, 7)))) + regions


def test_small_yolo_costs_the_sum_of_its_windows():
    """Convolutions of 3 x 3 on 96, 48, 24, 12 and 6 pixels, and two of 1 x 1 on 6."""
    maps = 9 * (1 * 16 * 96**2 + 16 * 32 * 48**2 + 32 * 64 * 24**2 + 64 * 128 * 12**2 + 64 * 128 * 6**2)

    assert analyze(presets.build("yolo_small")).macs == maps + 6**2 * 128 * (64 + 5 * 2 + 10)


def test_a_small_region_network_costs_the_sum_of_its_windows():
    """Convolutions of 3 x 3 on 96, 48, 24 and 12 pixels, nine anchors, and two dense layers for 50 regions."""
    report = analyze(presets.build("faster_rcnn_small"))
    maps = 9 * (1 * 16 * 96**2 + 16 * 32 * 48**2 + 32 * 64 * 24**2 + 2 * 64 * 64 * 12**2)
    proposals = 12**2 * 64 * (9 * 64 + 9 + 4 * 9)
    regions = 50 * (64 * 5 * 5 * 96 + 96 * 96 + 96 * (11 + 4 * 11))

    assert report.macs == maps + proposals + regions
