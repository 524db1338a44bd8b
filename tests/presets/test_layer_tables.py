"""Presets row by row against the tables of their papers and authors' files: sizes, parameters, multiply-adds."""

import math
from dataclasses import replace
from typing import NamedTuple

import pytest

import presets
from graph import analyze
from graph.layers.source import Input

YOLO_V1 = """
conv1 64x224x224 9472, pool1 64x112x112 0, conv2 192x112x112 110784, pool2 192x56x56 0,
conv3 128x56x56 24704, conv4 256x56x56 295168, conv5 256x56x56 65792, conv6 512x56x56 1180160, pool3 512x28x28 0,
conv7 256x28x28 131328, conv8 512x28x28 1180160, conv9 256x28x28 131328, conv10 512x28x28 1180160,
conv11 256x28x28 131328, conv12 512x28x28 1180160, conv13 256x28x28 131328, conv14 512x28x28 1180160,
conv15 512x28x28 262656, conv16 1024x28x28 4719616, pool4 1024x14x14 0,
conv17 512x14x14 524800, conv18 1024x14x14 4719616, conv19 512x14x14 524800, conv20 1024x14x14 4719616,
conv21 1024x14x14 9438208, conv22 1024x7x7 9438208, conv23 1024x7x7 9438208, conv24 1024x7x7 9438208,
fc1 4096 205524992, fc2 1470 6022590
"""
"""yolo.cfg of darknet, 2015-11-09: figure 3 of the paper."""

FAST_YOLO = """
conv1 16x448x448 448, pool1 16x224x224 0, conv2 32x224x224 4640, pool2 32x112x112 0,
conv3 64x112x112 18496, pool3 64x56x56 0, conv4 128x56x56 73856, pool4 128x28x28 0,
conv5 256x28x28 295168, pool5 256x14x14 0, conv6 512x14x14 1180160, pool6 512x7x7 0,
conv7 1024x7x7 4719616, conv8 1024x7x7 9438208, conv9 1024x7x7 9438208,
fc0 256 12845312, fc1 4096 1052672, fc2 1470 6022590
"""
"""yolo-tiny.cfg of darknet, 2015-11-09."""

UNET = """
down1.conv1 64x570x570 640, down1.conv2 64x568x568 36928, pool1 64x284x284 0,
down2.conv1 128x282x282 73856, down2.conv2 128x280x280 147584, pool2 128x140x140 0,
down3.conv1 256x138x138 295168, down3.conv2 256x136x136 590080, pool3 256x68x68 0,
down4.conv1 512x66x66 1180160, down4.conv2 512x64x64 2359808, pool4 512x32x32 0,
bottom.conv1 1024x30x30 4719616, bottom.conv2 1024x28x28 9438208,
up4 512x56x56 2097664, crop4 512x56x56 0, join4 1024x56x56 0,
out4.conv1 512x54x54 4719104, out4.conv2 512x52x52 2359808,
up3 256x104x104 524544, crop3 256x104x104 0, join3 512x104x104 0,
out3.conv1 256x102x102 1179904, out3.conv2 256x100x100 590080,
up2 128x200x200 131200, crop2 128x200x200 0, join2 256x200x200 0,
out2.conv1 128x198x198 295040, out2.conv2 128x196x196 147584,
up1 64x392x392 32832, crop1 64x392x392 0, join1 128x392x392 0,
out1.conv1 64x390x390 73792, out1.conv2 64x388x388 36928, scores 2x388x388 130
"""
"""Figure 1 of the paper, with one channel and two classes."""

VGG16 = """
stage1.conv1 64x224x224 1792, stage1.conv2 64x224x224 36928, pool1 64x112x112 0,
stage2.conv1 128x112x112 73856, stage2.conv2 128x112x112 147584, pool2 128x56x56 0,
stage3.conv1 256x56x56 295168, stage3.conv2 256x56x56 590080, stage3.conv3 256x56x56 590080, pool3 256x28x28 0,
stage4.conv1 512x28x28 1180160, stage4.conv2 512x28x28 2359808, stage4.conv3 512x28x28 2359808, pool4 512x14x14 0,
stage5.conv1 512x14x14 2359808, stage5.conv2 512x14x14 2359808, stage5.conv3 512x14x14 2359808, pool5 512x7x7 0,
fc6 4096 102764544, fc7 4096 16781312, fc8 1000 4097000
"""
"""Table 1 of the paper, column D."""

ALEXNET = """
conv1 64x55x55 23296, pool1 64x27x27 0, conv2 192x27x27 307392, pool2 192x13x13 0, conv3 384x13x13 663936,
conv4 256x13x13 884992, conv5 256x13x13 590080, pool5 256x6x6 0, fc6 4096 37752832, fc7 4096 16781312, fc8 1000 4097000
"""
"""Krizhevsky, 2014: (3·11²+1)·64, (64·5²+1)·192, (192·3²+1)·384, (384·3²+1)·256, (256·3²+1)·256, (256·6²+1)·4096"""

LENET_5 = "c1 6x28x28 156, s2 6x14x14 0, c3 16x10x10 2416, s4 16x5x5 0, c5 120 48120, f6 84 10164, scores 10 850"
"""LeCun and others, 1998, with every map of C3 seeing every map of S2."""

LECTURE = """
conv1 8x28x28 80, conv2 8x28x28 584, pool1 8x14x14 0, conv3 16x14x14 1168, conv4 16x14x14 2320, pool2 16x7x7 0,
conv5 32x7x7 4640, conv6 32x7x7 9248, dense 10 15690
"""
"""The example of the lecture."""

FASTER_RCNN = """
backbone.stage1.conv1 64x608x800 1792, backbone.stage1.conv2 64x608x800 36928,
backbone.stage2.conv1 128x304x400 73856, backbone.stage2.conv2 128x304x400 147584,
backbone.stage3.conv1 256x152x200 295168, backbone.stage3.conv2 256x152x200 590080,
backbone.stage3.conv3 256x152x200 590080, backbone.stage4.conv1 512x76x100 1180160,
backbone.stage4.conv2 512x76x100 2359808, backbone.stage4.conv3 512x76x100 2359808,
backbone.stage5.conv1 512x38x50 2359808, backbone.stage5.conv2 512x38x50 2359808,
backbone.stage5.conv3 512x38x50 2359808, rpn_conv 512x38x50 2359808,
rpn_cls_score 9x38x50 4617, rpn_bbox_pred 36x38x50 18468
"""
"""py-faster-rcnn on VGG16 with nine objectness scores, for an image of 600 x 800 that is padded to 608 x 800."""

TABLES = {
    "yolo_v1": YOLO_V1,
    "fast_yolo": FAST_YOLO,
    "unet": UNET,
    "vgg16": VGG16,
    "alexnet": ALEXNET,
    "lenet5": LENET_5,
    "lecture": LECTURE,
    "faster_rcnn_vgg16": FASTER_RCNN,
}
REST = {"faster_rcnn_vgg16": 102_764_544 + 16_781_312 + 86_037 + 344_148}
"""Parameters that are in no row: of what looks at regions."""


class Row(NamedTuple):
    """A line of a table; of a dense layer the size is one number."""

    name: str
    size: tuple[int, ...]
    parameters: int

    @property
    def macs(self) -> int:
        """Each weight but the biases, one per filter, is used once per place; of a 2x2 step up at one place of four."""
        uses = math.prod(self.size[1:])
        if self.name.startswith("up"):
            uses //= 4
        return max(self.parameters - self.size[0], 0) * uses


def rows(table: str) -> list[Row]:
    parts = [row.split() for row in table.replace("\n", " ").split(",")]
    return [Row(name, tuple(map(int, size.split("x"))), int(n)) for name, size, n in parts]


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_as_published(name):
    report, wanted = analyze(presets.build(name)), rows(TABLES[name])
    facts = [report[row.name] for row in wanted]

    assert [Row(r.name, f.output.shape, f.parameters) for r, f in zip(wanted, facts, strict=True)] == wanted
    assert sum(row.parameters for row in wanted) + REST.get(name, 0) == presets.presets()[name].parameters


@pytest.mark.parametrize("name", TABLES)
def test_multiply_adds_follow_from_every_row(name):
    report, wanted = analyze(presets.build(name)), rows(TABLES[name])

    assert [report[row.name].macs for row in wanted] == [row.macs for row in wanted]
    if name not in REST:
        assert report.macs == sum(row.macs for row in wanted)


def test_what_looks_at_regions_has_the_parameters_of_py_faster_rcnn():
    report = analyze(presets.build("faster_rcnn_vgg16"))
    parts = {"fc6": 102_764_544, "fc7": 16_781_312, "cls_score": 86_037, "bbox_pred": 344_148}
    inputs = {"fc6": 25_088 * 4096, "fc7": 4096 * 4096, "cls_score": 4096 * 21, "bbox_pred": 4096 * 84}

    assert report["backbone"].parameters == 14_714_688
    assert {name: report[name].parameters for name in parts} == parts
    assert {name: report[name].macs for name in parts} == {name: 300 * n for name, n in inputs.items()}
    assert report["rpn_cls_score"].output.channels == 9  # three sizes times three shapes
    assert report["rpn_bbox_pred"].output.channels == 4 * 9
    assert report["roi_pool"].output.spatial == (7, 7)
    # 18 scores of a softmax over pairs instead of 9 are the published 137,078,239
    assert report.parameters + report["rpn_cls_score"].parameters == 137_078_239


def test_lenet_1989_is_counted_as_in_the_paper():
    report = analyze(presets.build("lenet_1989"))

    assert [report[n].output.shape for n in ("h1", "h2", "h3", "dense")] == [(12, 8, 8), (12, 4, 4), (30,), (10,)]
    # H1: 12 windows of 5·5, a bias per unit; H2: each map sees 8 of 12 maps; H3: 192 inputs; out: 30
    parameters = [12 * 25 + 768, 12 * 8 * 25 + 192, (192 + 1) * 30, (30 + 1) * 10]
    assert parameters == [1068, 2592, 5790, 310]
    assert [report[name].parameters for name in ("h1", "h2", "h3", "dense")] == parameters
    units = sum(report[name].output.size for name in ("input", "h1", "h2", "h3", "dense"))
    assert units == 1256
    macs = [report[name].macs for name in ("h1", "h2", "h3", "dense")]
    assert macs == [768 * 25, 192 * 8 * 25, 192 * 30, 30 * 10]
    assert sum(macs) == 63_660
    assert sum(macs) + units - 256 == 64_660  # the connections: one more per unit, its bias
    assert [report[name].receptive_field.size for name in ("h1", "h2")] == [(5, 5), (13, 13)]


@pytest.mark.parametrize("size", [188, 204, 572, 700])
def test_unet_takes_tiles_of_12_more_than_a_multiple_of_16_and_gives_184_less(size):
    network = presets.build("unet", width=1)
    tile = replace(network.nodes["input"], layer=Input((1, size, size)))

    assert analyze(network.change(nodes=network.nodes | {"input": tile}))["scores"].output.spatial == (
        size - 184,
        size - 184,
    )
    assert analyze(presets.build("unet", classes=3)).parameters == 31_030_658 + 65
