"""YOLO v1: detection as one regression from the image to a grid of boxes and classes."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import LeakyReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output, Target
from graph.layers.tensor_ops import Flatten
from graph.layers.yolo import YoloDecode, YoloLoss
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing, close, inside
from presets.registry import Trial, found, preset

REFERENCE = 'Redmon, Divvala, Girshick and Farhadi, "You only look once: unified, real-time object detection", 2016'
SLOPE = 0.1
POOL = (0, 0)
"""What stands for a pooling in the lists of convolutions."""

PAPER = (
    *((64, 7), POOL, (192, 3), POOL, (128, 1), (256, 3), (256, 1), (512, 3), POOL),
    *((256, 1), (512, 3)) * 4,
    *((512, 1), (1024, 3), POOL),
    *((512, 1), (1024, 3)) * 2,
    *((1024, 3),) * 4,
)
"""Filters and kernel of each of the 24 convolutions of figure 3; the first and the 22nd have a stride of 2."""
STRIDES = {1: 2, 22: 2}
FAST = (
    *((16, 3), POOL, (32, 3), POOL, (64, 3), POOL, (128, 3), POOL, (256, 3), POOL, (512, 3), POOL),
    *((1024, 3),) * 3,
)
"""The nine convolutions of the fast version, as the authors' file of 2015 lists them."""


def _number(name: str, default: int, high: int, label: str, help: str) -> Spec:
    return Spec(name, "int", default, low=1, high=high, label=label, help=help)


def classes(default: int) -> Spec:
    """The variable ``classes``."""
    return _number("classes", default, 10_000, "Classes", "How many classes of objects there are.")


def boxes(default: int) -> Spec:
    """The variable ``boxes``."""
    return _number("boxes", default, 20, "Boxes per cell", "How many boxes each cell of the grid proposes.")


def convolution(norm: bool) -> Drawing:
    """A convolution that keeps the size (or halves it) and its leaky rectifier."""
    drawing = inside(width=64, kernel=3, stride=1)
    bind = {"out_channels": "width", "kernel_size": "kernel", "stride": "stride", "padding": "kernel // 2"}
    drawing.put("conv", Conv2d(64, 3, padding=1, bias=not norm), bind=bind)
    if norm:
        drawing.put("norm", BatchNorm2d())
    drawing.put("leaky", LeakyReLU(SLOPE))
    return close(drawing)


def detect(drawing: Drawing, scores: str, grid: int, boxes: int, classes: int) -> None:
    """End in the five losses, and in boxes for whoever uses the network."""
    bind = {name: name for name in ("grid", "boxes", "classes") if name in drawing.variables}
    drawing.put("decode", YoloDecode(boxes, classes, grid), scores, bind=bind)
    drawing.link("input", "decode", "images")
    drawing.put("output", Output())
    drawing.put("target", Target("boxes"))
    drawing.put("loss", YoloLoss(boxes, classes, grid), scores, bind=bind)
    drawing.link("target", "loss", "target")
    drawing.link("input", "loss", "images")


def body(drawing: Drawing, layers: tuple[tuple[int, int], ...], strides: dict[int, int]) -> None:
    """The convolutions and poolings, numbered by themselves."""
    drawing.define("convolution", convolution(norm=False))
    i = pools = 0
    for width, kernel in layers:
        if kernel:
            i += 1
            drawing.block(f"conv{i}", "convolution", width=width, kernel=kernel, stride=strides.get(i, 1))
        else:
            pools += 1
            drawing.put(f"pool{pools}", MaxPool2d(2))


def dense_head(drawing: Drawing, hidden: int, grid: int, boxes: int, classes: int) -> str:
    """Dense layers from the maps to the numbers of all cells; returns the last one."""
    drawing.put("flatten", Flatten())
    if hidden:
        drawing.put("fc0", Linear(hidden))
    drawing.put("fc1", Linear(4096))
    drawing.put("leaky", LeakyReLU(SLOPE))
    drawing.put("drop", Dropout(0.5))
    total = grid * grid * (5 * boxes + classes)
    return drawing.put("fc2", Linear(total), bind={"out_features": f"{grid * grid} * (5 * boxes + classes)"})


NOTE = say(
    "The image is cut into 7 × 7 cells; the cell in which the middle of an object lies must find it. Each cell gives 2 "
    "boxes with a confidence, and 20 class scores: 7 × 7 × 30 = 1,470 numbers, all without sigmoid or softmax."
)


@preset(
    title=say("YOLO v1"),
    task="detection",
    parameters=271_703_550,
    reference=REFERENCE,
    variables=(classes(20), boxes(2)),
    notes=NOTE,
)
def yolo_v1(classes: int, boxes: int) -> Network:
    """Twenty-four convolutions and two dense layers, 448 x 448 pixels."""
    drawing = Drawing("YOLO v1", boxes=boxes, classes=classes)
    drawing.put("input", Input((3, 448, 448)))
    body(drawing, PAPER, STRIDES)
    scores = dense_head(drawing, 0, 7, boxes, classes)
    detect(drawing, scores, 7, boxes, classes)
    return drawing.network()


@preset(
    title=say("Fast YOLO"),
    task="detection",
    parameters=45_089_374,
    reference=REFERENCE,
    variables=(classes(20), boxes(2)),
    notes=say("Nine convolutions instead of twenty-four: a sixth of the weights, three times as fast, less exact."),
)
def fast_yolo(classes: int, boxes: int) -> Network:
    """Nine convolutions and three dense layers, 448 x 448 pixels."""
    drawing = Drawing("Fast YOLO", boxes=boxes, classes=classes)
    drawing.put("input", Input((3, 448, 448)))
    body(drawing, FAST, {})
    scores = dense_head(drawing, 256, 7, boxes, classes)
    detect(drawing, scores, 7, boxes, classes)
    return drawing.network()


@preset(
    title=say("YOLO, small"),
    task="detection",
    parameters=182_276,
    reference='After Redmon and others, "You only look once", 2016: normalized, and without dense layers',
    variables=(
        classes(10),
        boxes(2),
        _number("grid", 6, 100, "Grid", "Cells along each side of the image."),
        _number("width", 16, 256, "Width", "Filters of the first convolution; it doubles three times."),
    ),
    notes=say(
        "The idea of YOLO in a size that learns in minutes: the last convolution gives the numbers of each cell where "
        "the cell is, so that no dense layer is needed and the grid can have any size."
    ),
    trial=Trial("digit-scenes", 12, 85, found(99.4), recipe={"batch": 16, "zoom": 0.0}),
)
def yolo_small(classes: int, boxes: int, grid: int, width: int) -> Network:
    """Seven convolutions; images of 96 x 96 pixels."""
    drawing = Drawing("YOLO, small", grid=grid, boxes=boxes, classes=classes, width=width)
    drawing.define("convolution", convolution(norm=True))
    drawing.put("input", Input((1, 96, 96)))
    for i, factor in enumerate((1, 2, 4, 8), 1):
        bind = {"width": "width" if factor == 1 else f"{factor} * width"}
        drawing.put(f"conv{i}", Block("convolution"), bind=bind)
        drawing.put(f"pool{i}", MaxPool2d(2))
    drawing.put("conv5", Block("convolution", {"kernel": 1}), bind={"width": "4 * width"})
    drawing.put("conv6", Block("convolution"), bind={"width": "8 * width"})
    drawing.put("cells", AdaptiveAvgPool2d((grid, grid)), bind={"output_size": "grid"})
    scores = drawing.put("scores", Conv2d(5 * boxes + classes, 1), bind={"out_channels": "5 * boxes + classes"})
    detect(drawing, scores, grid, boxes, classes)
    return drawing.network()
