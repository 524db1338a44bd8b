"""ConvNeXt: a convolutional network drawn as transformers are; nodes named as in torchvision."""

from __future__ import annotations

from graph import Block, Network
from graph.layers.activation import GELU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import StochasticDepth
from graph.layers.layer_norm import LayerNorm, LayerNorm2d
from graph.layers.learned import Scale
from graph.layers.merge import Add
from graph.layers.source import Input
from graph.layers.tensor_ops import Flatten, Permute
from graph.text import say
from presets.drawing import CLASSES, Drawing, close, inside
from presets.registry import preset

STAGES = ((96, 3), (192, 3), (384, 9), (768, 3))
"""Width and blocks of each stage of the tiny one."""


def body(width: int) -> Drawing:
    """A filter of 7 per map, then at each position a small network of two dense layers."""
    drawing = inside((width, 56, 56))
    drawing.put("0", Conv2d(width, 7, padding=3, groups=width))
    drawing.put("1", Permute((0, 2, 3, 1)))
    drawing.put("2", LayerNorm(1, 1e-6))
    drawing.put("3", Linear(4 * width))
    drawing.put("4", GELU())
    drawing.put("5", Linear(width))
    drawing.put("6", Permute((0, 3, 1, 2)))
    return close(drawing)


def block(width: int) -> Drawing:
    """The body, a learned factor per map that begins near zero, and the skip."""
    drawing = inside((width, 56, 56), place=1)
    drawing.put("block", Block(f"body_{width}"))
    drawing.put("layer_scale", Scale(1e-6))
    drawing.put("stochastic_depth", StochasticDepth(0.1, "row", 1, 17), bind={"step": "place"})
    drawing.put("add", Add(), "stochastic_depth", "x")
    return close(drawing)


@preset(
    title=say("ConvNeXt-Tiny"),
    task="classification",
    parameters=28_589_128,
    reference='Liu and others, "A ConvNet for the 2020s", 2022',
    variables=(CLASSES,),
    notes=say(
        "Depthwise filters of 7 look around, dense layers at each position mix the maps: what attention does in a "
        "transformer, by convolutions. Only one activation and one normalization stand in a block."
    ),
)
def convnext_tiny(classes: int) -> Network:
    """Eighteen blocks in four stages."""
    drawing = Drawing("ConvNeXt-Tiny", classes=classes)
    for width, _ in STAGES:
        drawing.define(f"body_{width}", body(width))
        drawing.define(f"block_{width}", block(width))
    drawing.put("input", Input((3, 224, 224)))
    features = inside((3, 224, 224))
    stem = inside((3, 224, 224))
    stem.put("0", Conv2d(96, 4, 4))
    stem.put("1", LayerNorm2d())
    drawing.define("stem", close(stem))
    features.block("0", "stem")
    place = 0
    for i, (width, blocks) in enumerate(STAGES):
        if i:
            down = inside((width // 2, 56, 56))
            down.put("0", LayerNorm2d())
            down.put("1", Conv2d(width, 2, 2))
            drawing.define(f"halving_{width}", close(down))
            features.block(str(2 * i), f"halving_{width}")
        stage = inside((width, 56, 56))
        for j in range(blocks):
            stage.block(str(j), f"block_{width}", place=place)
            place += 1
        drawing.define(f"stage_{width}", close(stage))
        features.block(str(2 * i + 1), f"stage_{width}")
    drawing.define("feature_maps", close(features))
    drawing.block("features", "feature_maps")
    drawing.put("avgpool", AdaptiveAvgPool2d(1))
    head = inside((768, 1, 1), classes=classes)
    head.put("0", LayerNorm2d())
    head.put("1", Flatten())
    head.put("2", Linear(classes), bind={"out_features": "classes"})
    drawing.define("head", close(head))
    drawing.put("classifier", Block("head"), bind={"classes": "classes"})
    drawing.classify()
    return drawing.network()
