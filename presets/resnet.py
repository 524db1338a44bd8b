"""ResNet: blocks that add what they compute to what they receive, so that a hundred of them can still learn.

Nodes are named as in torchvision, so that its weights fit.
"""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.merge import Add
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import Trial, preset, right

REFERENCE = 'He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016'
NOTE = say(
    "A skip connection adds the input of a block to its result: the block only has to learn what is missing, and the "
    "gradient reaches the first layers undiminished."
)
PLAIN = {"bias": False}


def convolution(drawing: Drawing, i: int, kernel: int, channels: str, stride: bool, *sources: str) -> None:
    """A convolution without bias and the normalization behind it."""
    bind = {"out_channels": channels} | ({"stride": "stride"} if stride else {})
    drawing.put(f"conv{i}", Conv2d(64, kernel, padding=kernel // 2, **PLAIN), *sources, bind=bind)
    drawing.put(f"bn{i}", BatchNorm2d())


def projection(channels: str) -> Drawing:
    """The skip where sizes differ: a 1 x 1 convolution with the block's stride."""
    drawing = inside(width=64, stride=2)
    bind = {"out_channels": channels, "stride": "stride"}
    drawing.put("0", Conv2d(64, 1, stride=2, **PLAIN), bind=bind)
    drawing.put("1", BatchNorm2d())
    return close(drawing)


def ending(drawing: Drawing, last: str, project: bool) -> Drawing:
    """The sum with the skip, and the rectifier behind it."""
    skip = "x"
    if project:
        skip = drawing.put("downsample", Block("projection"), "x", bind={"width": "width", "stride": "stride"})
    drawing.put("add", Add(), last, skip)
    drawing.put("relu", ReLU())
    return close(drawing)


def basic(project: bool) -> Drawing:
    """Two convolutions of 3 and a skip."""
    drawing = inside(width=64, **({"stride": 2} if project else {}))
    if project:
        drawing.define("projection", projection("width"))
    convolution(drawing, 1, 3, "width", project, "x")
    drawing.put("relu1", ReLU())
    convolution(drawing, 2, 3, "width", False)
    return ending(drawing, "bn2", project)


def bottleneck(project: bool) -> Drawing:
    """A convolution of 3 between two of 1, the last four times as wide, and a skip."""
    drawing = inside((256, 32, 32), width=64, **({"stride": 2} if project else {}))
    if project:
        drawing.define("projection", projection("4 * width"))
    convolution(drawing, 1, 1, "width", False, "x")
    drawing.put("relu1", ReLU())
    convolution(drawing, 2, 3, "width", project)
    drawing.put("relu2", ReLU())
    convolution(drawing, 3, 1, "4 * width", False)
    return ending(drawing, "bn3", project)


def layer(block: str, blocks: int, first_projects: bool) -> Drawing:
    """A stage: the first block may change size and width, the others keep them."""
    drawing = inside(width=64, **({"stride": 2} if first_projects else {}))
    for i in range(blocks):
        down = first_projects and i == 0
        bind = {"width": "width"} | ({"stride": "stride"} if down else {})
        drawing.put(str(i), Block(f"{block}_down" if down else block), bind=bind)
    return close(drawing)


def resnet(name: str, block: str, depths: tuple[int, ...], classes: int) -> Network:
    """ResNet with so many blocks per stage."""
    make = {"basic": basic, "bottleneck": bottleneck}[block]
    drawing = Drawing(name, classes=classes)
    drawing.define(block, make(False))
    drawing.define(f"{block}_down", make(True))
    drawing.put("input", Input((3, 224, 224)))
    drawing.put("conv1", Conv2d(64, 7, 2, 3, **PLAIN))
    drawing.put("bn1", BatchNorm2d())
    drawing.put("relu", ReLU())
    drawing.put("maxpool", MaxPool2d(3, 2, 1))
    for i, n in enumerate(depths, 1):
        projects = i > 1 or block == "bottleneck"
        drawing.define(f"stage{i}", layer(block, n, projects))
        values = {"width": 32 * 2**i} | ({"stride": 1 if i == 1 else 2} if projects else {})
        drawing.block(f"layer{i}", f"stage{i}", **values)
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    drawing.put("flatten", Flatten())
    drawing.put("fc", Linear(classes), bind={"out_features": "classes"})
    drawing.classify()
    return drawing.network()


@preset(
    title=say("ResNet-18"),
    task="classification",
    parameters=11_689_512,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
    trial=Trial("digits", 3, 25, right(97.4)),
)
def resnet18(classes: int) -> Network:
    """Eight basic blocks."""
    return resnet("ResNet-18", "basic", (2, 2, 2, 2), classes)


@preset(
    title=say("ResNet-34"),
    task="classification",
    parameters=21_797_672,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def resnet34(classes: int) -> Network:
    """Sixteen basic blocks."""
    return resnet("ResNet-34", "basic", (3, 4, 6, 3), classes)


@preset(
    title=say("ResNet-50"),
    task="classification",
    parameters=25_557_032,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def resnet50(classes: int) -> Network:
    """Sixteen bottlenecks; the stride stands at the 3 x 3 convolution, as in torchvision."""
    return resnet("ResNet-50", "bottleneck", (3, 4, 6, 3), classes)


@preset(
    title=say("ResNet-101"),
    task="classification",
    parameters=44_549_160,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def resnet101(classes: int) -> Network:
    """Thirty-three bottlenecks."""
    return resnet("ResNet-101", "bottleneck", (3, 4, 23, 3), classes)


@preset(
    title=say("ResNet-152"),
    task="classification",
    parameters=60_192_808,
    reference=REFERENCE,
    variables=(CLASSES,),
    notes=NOTE,
)
def resnet152(classes: int) -> Network:
    """Fifty bottlenecks."""
    return resnet("ResNet-152", "bottleneck", (3, 8, 36, 3), classes)
