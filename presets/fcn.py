"""FCN: VGG16 whose dense layers slide over the image, and three ways to bring its coarse answer back to full size."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.dropout import Dropout
from graph.layers.fcn import BilinearConvTranspose2d, Crop, ZeroConv2d
from graph.layers.loss import CrossEntropyLoss
from graph.layers.merge import Add
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.text import say
from graph.values import Spec
from presets import vgg
from presets.drawing import Drawing, close, inside
from presets.registry import preset

REFERENCE = 'Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015'
CLASSES = Spec("classes", "int", 21, low=2, high=1000, label="Classes", help="How many classes a pixel may be of.")
BORDER = 100
"""Pixels around the image, so that the windows of fc6 fit even where it is small."""

VOID = 255
"""The class of pixels that do not count: the borders of objects in Pascal VOC."""

WIDTH = Spec(
    "width",
    "int",
    64,
    low=1,
    high=512,
    label="Width",
    help="Filters of the first stage; the last have eight times as many, and the former dense layers 64 times.",
)
FACTORS = (1, 2, 4, 8, 8)
"""Filters of each stage, by those of the first."""

SCORES = {"out_channels": "classes"}


def build(name: str, classes: int, width: int, skips: tuple[int, ...], offsets: tuple[int, ...]) -> Network:
    """VGG16 as far as fc7, and the scores of each pooling in *skips* added on the way up.

    *offsets* are where those scores, and in the end the result, are cut so that they lie on one another.
    """
    drawing = Drawing(name, classes=classes, width=width)
    _trunk(drawing)
    scores = drawing.put("score_fr", ZeroConv2d(classes, 1), bind=SCORES)
    for pool, offset in zip(skips, offsets, strict=False):
        scores = _joined(drawing, scores, pool, offset, classes)
    step = 2 ** (5 - len(skips))
    drawing.put("upscore", BilinearConvTranspose2d(classes, 2 * step, step), scores, bind=SCORES)
    _freeze(drawing, "upscore")
    drawing.put("score", Crop((offsets[-1],) * 2))
    drawing.link("input", "score", "like")
    drawing.segment(loss=CrossEntropyLoss(ignore_index=VOID, reduction="sum"))
    return drawing.network()


def _trunk(drawing: Drawing) -> None:
    """The convolutions of VGG16, its poolings rounded up, and its dense layers as convolutions."""
    first = inside((3, 500, 500), width=64)
    for i, border in ((1, BORDER), (2, 1)):
        first.put(f"conv{i}", Conv2d(64, 3, padding=border), bind={"out_channels": "width"})
        first.put(f"relu{i}", ReLU())
    drawing.define("bordered_convolutions", close(first))
    drawing.define("two_convolutions", vgg.stage(2, norm=False))
    drawing.define("three_convolutions", vgg.stage(3, norm=False))
    drawing.put("input", Input((3, 500, 500)))
    blocks = ("bordered", "two", "three", "three", "three")
    for i, (block, factor) in enumerate(zip(blocks, FACTORS, strict=True), 1):
        follows = {"width": "width" if factor == 1 else f"{factor} * width"}
        drawing.put(f"stage{i}", Block(f"{block}_convolutions"), bind=follows)
        drawing.put(f"pool{i}", MaxPool2d(2, ceil_mode=True))
    for i, kernel in ((6, 7), (7, 1)):
        drawing.put(f"fc{i}", Conv2d(4096, kernel), bind={"out_channels": "64 * width"})
        drawing.put(f"relu{i}", ReLU())
        drawing.put(f"drop{i}", Dropout())


def _joined(drawing: Drawing, scores: str, pool: int, offset: int, classes: int) -> str:
    """Twice as large, and the scores of a pooling added."""
    up = drawing.put(f"upscore_{pool}", BilinearConvTranspose2d(classes, 4, 2), scores, bind=SCORES)
    _freeze(drawing, up)
    drawing.put(f"score_pool{pool}", ZeroConv2d(classes, 1), f"pool{pool}", bind=SCORES)
    cut = drawing.put(f"crop_pool{pool}", Crop((offset, offset)))
    drawing.link(up, cut, "like")
    return drawing.put(f"fuse_pool{pool}", Add(), up, cut)


def _freeze(drawing: Drawing, name: str) -> None:
    node = drawing.nodes[name]
    drawing.nodes[name] = type(node)(name, node.layer, bind=node.bind, frozen=True)


@preset(
    title=say("FCN-32s"),
    task="segmentation",
    parameters=136_152_917,
    reference=REFERENCE,
    variables=(CLASSES, WIDTH),
    notes=say(
        "The dense layers of VGG16 have become convolutions, so that they answer at every place. One step of 32 "
        "brings the answer back to full size, by interpolation that does not learn."
    ),
)
def fcn_32s(classes: int, width: int) -> Network:
    """The coarse scores, 32 times as large."""
    return build("FCN-32s", classes, width, (), (19,))


@preset(
    title=say("FCN-16s"),
    task="segmentation",
    parameters=134_815_994,
    reference=REFERENCE,
    variables=(CLASSES, WIDTH),
    notes=say(
        "The scores of the fourth pooling, which sees finer, are added to those of the last. The offset of a crop says "
        "which of its pixels lie on one another after all borders and steps."
    ),
)
def fcn_16s(classes: int, width: int) -> Network:
    """Twice, a sum with the scores of the fourth pooling, 16 times."""
    return build("FCN-16s", classes, width, (4,), (5, 27))


@preset(
    title=say("FCN-8s"),
    task="segmentation",
    parameters=134_489_759,
    reference=REFERENCE,
    variables=(CLASSES, WIDTH),
    notes=say(
        "Two sums on the way up: with the scores of the fourth pooling, then with those of the third. The loss is the "
        "sum over all pixels, not their mean, so its learning rates are tiny."
    ),
)
def fcn_8s(classes: int, width: int) -> Network:
    """Twice, twice, 8 times, with two sums between."""
    return build("FCN-8s", classes, width, (4, 3), (5, 9, 31))
