"""U-Net: down to see more, up to say where, and skips that carry what was lost on the way."""

from __future__ import annotations

from dataclasses import replace

from graph import Block, Network
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.loss import BorderLoss
from graph.layers.merge import Concat
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.resample import CenterCrop
from graph.layers.source import Input
from graph.layers.transposed import ConvTranspose2d
from graph.layout import BLOCK_HEIGHT, GAP, HEIGHT
from graph.text import say
from graph.values import Spec
from presets.drawing import Drawing, close, inside
from presets.registry import preset

LEVELS = 4
"""Poolings, and as many steps up again."""
COLUMN, LOWER = 344.0, 32.0
"""Pixels from column to column, with room for the skips between them, and how much lower the columns stand in which it
goes up: what leaves the first column meets no node there."""

WIDTH = Spec("width", "int", 64, low=1, high=512, label="Width", help="Filters of the first level; it doubles each.")
CLASSES = Spec("classes", "int", 2, low=2, high=1000, label="Classes", help="How many classes a pixel may be of.")
REFERENCE = 'Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015'


def double(padded: bool) -> Drawing:
    """Two convolutions of 3 with their rectifiers; the padded ones keep the size and normalize."""
    drawing = inside((64, 256, 256), width=64)
    for i in (1, 2):
        convolution = Conv2d(64, 3, padding=1, bias=False) if padded else Conv2d(64, 3)
        drawing.put(f"conv{i}", convolution, bind={"out_channels": "width"})
        if padded:
            drawing.put(f"norm{i}", BatchNorm2d())
        drawing.put(f"relu{i}", ReLU())
    return close(drawing)


def build(name: str, size: int, width: int, classes: int, *, padded: bool) -> Network:
    """The whole of it; without padding, what a skip carries is cropped to what it meets."""
    drawing = Drawing(name, width=width, classes=classes)
    drawing.define("double_convolution", double(padded))
    drawing.put("input", Input((1, size, size)))
    for i in range(1, LEVELS + 1):
        _level(drawing, f"down{i}", 2 ** (i - 1))
        drawing.put(f"pool{i}", MaxPool2d(2))
    _level(drawing, "bottom", 2**LEVELS)
    for i in range(LEVELS, 0, -1):
        factor = 2 ** (i - 1)
        bind = {"out_channels": _times(factor)}
        up = drawing.put(f"up{i}", ConvTranspose2d(width * factor, 2, 2), bind=bind)
        skip = f"down{i}"
        if not padded:
            skip = drawing.put(f"crop{i}", CenterCrop(), skip)
            drawing.link(up, skip, "like")
        drawing.put(f"join{i}", Concat(), skip, up)
        _level(drawing, f"out{i}", factor)
    drawing.put("scores", Conv2d(classes, 1), bind={"out_channels": "classes"})
    drawing.segment(loss=None if padded else BorderLoss())
    return _placed(drawing.network(), padded=padded)


def _placed(network: Network, *, padded: bool) -> Network:
    """Down in the first column, up again in the next two: the skips run to the right, between the nodes."""
    arm = ("up", "join", "out") if padded else ("up", "crop", "join", "out")
    down = [f"{kind}{i}" for i in range(1, LEVELS + 1) for kind in ("down", "pool")]
    up = [f"{kind}{i}" for i in range(LEVELS, 0, -1) for kind in arm]
    half = len(up) // 2
    columns = (["input", *down, "bottom"], up[:half], [*up[half:], "scores", "softmax", "output"])
    places: dict[str, tuple[float, float]] = {}
    for i, column in enumerate(columns):
        y = LOWER if i else 0.0
        for name in column:
            places[name] = (i * COLUMN, y)
            y += GAP + (BLOCK_HEIGHT if isinstance(network.nodes[name].layer, Block) else HEIGHT)
    x, y = places["scores"]
    places |= {"target": (x + COLUMN, y), "loss": (x + COLUMN, y + HEIGHT + GAP)}
    return network.change(nodes={name: replace(node, at=places[name]) for name, node in network.nodes.items()})


def _times(factor: int) -> str:
    return f"{factor} * width" if factor > 1 else "width"


def _level(drawing: Drawing, name: str, factor: int) -> None:
    drawing.put(name, Block("double_convolution"), bind={"width": _times(factor)})


@preset(
    title=say("U-Net"),
    task="segmentation",
    parameters=31_030_658,
    reference=REFERENCE,
    variables=(WIDTH, CLASSES),
    notes=say(
        "The skips are concatenations, not sums as in a ResNet. No convolution is padded: an image of 572 pixels gives "
        "a mask of 388, and each skip is cropped to what it meets. The loss counts the thin ground between two cells "
        "up to eleven times."
    ),
)
def unet(width: int, classes: int) -> Network:
    """Twenty-three convolutions without padding, 572 pixels in and 388 out."""
    return build("U-Net", 572, width, classes, padded=False)


@preset(
    title=say("U-Net, padded"),
    task="segmentation",
    parameters=31_036_546,
    reference=REFERENCE,
    variables=(WIDTH, CLASSES),
    notes=say("Padding keeps the size, so that the mask is as large as the image; sides must be multiples of 16."),
)
def unet_padded(width: int, classes: int) -> Network:
    """The same with padding and normalization, as most use it today."""
    return build("U-Net, padded", 256, width, classes, padded=True)
