"""One sheet for each single idea of the lecture: the same input by several ways, and what to notice about each."""

from __future__ import annotations

from graph import Network
from graph.layers.activation import Abs, LeakyReLU, Maxout, ReLU, Sigmoid, Tanh
from graph.layers.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from graph.layers.convolution import Conv2d
from graph.layers.curves import Softplus
from graph.layers.fcn import BilinearConvTranspose2d
from graph.layers.layer_norm import LayerNorm
from graph.layers.merge import Add, Concat
from graph.layers.normalization import BatchNorm2d, GroupNorm, InstanceNorm2d
from graph.layers.pooling import AvgPool2d, MaxPool2d
from graph.layers.resample import Upsample
from graph.layers.transposed import ConvTranspose2d
from graph.text import say, tr
from presets.registry import preset
from presets.sheet import sheet

ARITHMETIC = 'Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016'


@preset(
    title=say("Sheet: stride and dilation"),
    task="",
    parameters=400,
    reference=ARITHMETIC,
    notes=say(
        "Border, stride and dilation change what a convolution sees and how large its maps are, not its weights."
    ),
)
def sheet_stride_dilation() -> Network:
    """The same eight filters of 3 x 3 five times, their windows placed differently."""
    return sheet(
        tr("Sheet: stride and dilation"),
        (1, 28, 28),
        [
            ("plain", tr("Without a border the window fits 28 − 3 + 1 = 26 times."), [("valid", Conv2d(8, 3))]),
            (
                "same_size",
                tr("One pixel of border on each side: as many positions as pixels, 28 stays 28."),
                [("same", Conv2d(8, 3, padding=1))],
            ),
            (
                "halved",
                tr("Stride 2: every second position. ⌊(28 + 2·1 − 3) / 2⌋ + 1 = 14, a quarter of the work."),
                [("stride", Conv2d(8, 3, 2, padding=1))],
            ),
            (
                "wide",
                tr("Dilation 2: nine weights, two pixels apart, see 5 × 5 pixels. The border must be 2 to keep 28."),
                [("dilation", Conv2d(8, 3, padding=2, dilation=2))],
            ),
            (
                "both",
                tr("Both: ⌊(28 + 2·2 − 2·(3 − 1) − 1) / 2⌋ + 1 = 14. All five have (3·3·1 + 1)·8 = 80 weights."),
                [("stride_dilation", Conv2d(8, 3, 2, padding=2, dilation=2))],
            ),
        ],
    )


@preset(
    title=say("Sheet: pooling"),
    task="",
    parameters=0,
    reference='Zhou and Chellappa, "Computation of optical flow using a neural network", 1988',
    notes=say("By a fixed step the result follows the image; adaptive, its size is fixed and the windows follow."),
)
def sheet_pooling() -> Network:
    """The lecture's matrix of 4 x 6 by fixed step and to a fixed size; nothing is learned."""
    return sheet(
        tr("Sheet: pooling"),
        (1, 4, 6),
        [
            (
                "largest",
                tr("Windows of 2 × 2 beside one another: 4 × 6 becomes 2 × 3. Of 0.2, −0.1, 0.3, 0.7 it keeps 0.7."),
                [("max", MaxPool2d(2))],
            ),
            (
                "mean",
                tr("The mean of the same windows: (0.2 − 0.1 + 0.3 + 0.7) / 4 = 0.275."),
                [("average", AvgPool2d(2))],
            ),
            (
                "largest_of_shares",
                tr("Adaptive: 2 × 2 come out whatever arrives. Here each window is 2 × 3; of 4 × 4 it would be 2 × 2."),
                [("adaptive_max", AdaptiveMaxPool2d(2))],
            ),
            (
                "one_number",
                tr("To 1 × 1: the mean of a whole map. It lets a dense layer follow maps of any size."),
                [("adaptive_average", AdaptiveAvgPool2d(1))],
            ),
        ],
    )


@preset(
    title=say("Sheet: four normalizations"),
    task="",
    parameters=4_128,
    reference='Wu and He, "Group normalization", 2018',
    notes=say("All four subtract a mean and divide by a deviation. They differ only in what the mean is taken over."),
)
def sheet_normalization() -> Network:
    """Batch, layer, instance and group normalization of the same eight maps."""
    return sheet(
        tr("Sheet: four normalizations"),
        (8, 16, 16),
        [
            (
                "over_the_batch",
                tr(
                    "A mean for each map, over all images of the batch: 8 means of N × 16 × 16 values. It keeps "
                    "running means, since in use there is no batch."
                ),
                [("batch", BatchNorm2d())],
            ),
            (
                "over_the_layer",
                tr(
                    "A mean for each image, over all its 8 × 16 × 16 values. As torch has it, it learns a scale and a "
                    "shift for every value: 2 · 2,048."
                ),
                [("layer", LayerNorm(3))],
            ),
            (
                "over_each_map",
                tr("A mean for each map of each image, over 16 × 16 values: contrast and brightness are taken out."),
                [("instance", InstanceNorm2d())],
            ),
            (
                "over_groups",
                tr(
                    "A mean for each 2 maps of each image, 4 groups. With 1 group it is layer normalization, with 8 "
                    "instance normalization. The batch may be of any size."
                ),
                [("group", GroupNorm(4))],
            ),
        ],
    )


@preset(
    title=say("Sheet: activations"),
    task="",
    parameters=0,
    reference='Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", 2011',
    notes=say("An activation bends each value by itself; without it, many layers would be one."),
)
def sheet_activations() -> Network:
    """The lecture's activations on the same maps, and the two that saturate."""
    return sheet(
        tr("Sheet: activations"),
        (4, 16, 16),
        [
            (
                "rectified",
                tr("max(0, x): its slope is 1 wherever it is alive, so gradients do not fade."),
                [("relu", ReLU())],
            ),
            (
                "leaking",
                tr("max(0, x) + 0.01 min(0, x). The lecture prints a minus, which would make it positive below zero."),
                [("leaky_relu", LeakyReLU(0.01))],
            ),
            (
                "rounded",
                tr("log(1 + exp(βx)) / β: a ReLU with a round corner; at 0 it is log 2 = 0.69."),
                [("softplus", Softplus())],
            ),
            ("absolute", tr("|x|: a dark edge counts as much as a bright one."), [("abs", Abs())]),
            (
                "learned",
                tr("The largest of each 2 maps: 4 maps become 2. With the weights +1 and −1 before it, it is |x|."),
                [("maxout", Maxout(2))],
            ),
            (
                "squashed",
                tr("Sigmoid: from 0 to 1, its slope at most 1/4. Ten in a row leave less than a millionth."),
                [("sigmoid", Sigmoid())],
            ),
            (
                "squashed_evenly",
                tr(
                    "Tanh: from −1 to 1. It is what ReLU improves on: both curves are flat far from 0; softmax is "
                    "something else."
                ),
                [("tanh", Tanh())],
            ),
        ],
    )


@preset(
    title=say("Sheet: receptive field"),
    task="",
    parameters=140_576,
    reference=('Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", 2019'),
    notes=say("How many pixels a value has seen: it grows by (k − 1) times the step of the map at each layer."),
)
def sheet_receptive_field() -> Network:
    """Small windows in a row against large ones, and what a pooling does to the field."""
    c = 32
    return sheet(
        tr("Sheet: receptive field"),
        (c, 32, 32),
        [
            (
                "one_of_5",
                tr("One window of 5 × 5: 25 · 32 · 32 weights, and a field of 5."),
                [("five", Conv2d(c, 5, padding=2))],
            ),
            (
                "two_of_3",
                tr("Two windows of 3: 3 + 2 = 5, the same field with 18 · 32 · 32 weights, and a bend between them."),
                [("two_conv1", Conv2d(c, 3, padding=1)), ("two_relu", ReLU()), ("two_conv2", Conv2d(c, 3, padding=1))],
            ),
            (
                "one_of_7",
                tr("One window of 7 × 7: 49 · 32 · 32 weights, and a field of 7."),
                [("seven", Conv2d(c, 7, padding=3))],
            ),
            (
                "three_of_3",
                tr("Three windows of 3: 3 + 2 + 2 = 7 with 27 · 32 · 32 weights: what VGG is made of."),
                [
                    ("three_conv1", Conv2d(c, 3, padding=1)),
                    ("three_relu1", ReLU()),
                    ("three_conv2", Conv2d(c, 3, padding=1)),
                    ("three_relu2", ReLU()),
                    ("three_conv3", Conv2d(c, 3, padding=1)),
                ],
            ),
            (
                "with_pooling",
                tr(
                    "A pooling doubles the step: 3 + 1 + 2 · 2 = 8. After each further pooling, fields grow twice as "
                    "fast."
                ),
                [
                    ("pooled_conv1", Conv2d(c, 3, padding=1)),
                    ("pooled_relu", ReLU()),
                    ("pool", MaxPool2d(2)),
                    ("pooled_conv2", Conv2d(c, 3, padding=1)),
                ],
            ),
        ],
    )


@preset(
    title=say("Sheet: skip connections"),
    task="",
    parameters=23_440,
    reference='He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016',
    notes=say("A skip lets gradients reach the first layers at full strength. ResNet adds, U-Net concatenates."),
)
def sheet_skip() -> Network:
    """The same two convolutions alone, with a sum, with a sum across a change of size, and with a concatenation."""

    def two(mark: str, stride: int = 1) -> list[tuple[str, Conv2d | ReLU]]:
        return [
            (f"{mark}_conv1", Conv2d(16, 3, stride, padding=1)),
            (f"{mark}_relu", ReLU()),
            (f"{mark}_conv2", Conv2d(16, 3, padding=1)),
        ]

    return sheet(
        tr("Sheet: skip connections"),
        (16, 32, 32),
        [
            (
                "two_in_a_row",
                tr("Two convolutions in a row: each must pass on all that later ones need."),
                two("alone"),
            ),
            (
                "summed",
                tr(
                    "y = x + f(x): the two learn only what is to be changed. With weights of zero, nothing is. No "
                    "further weights."
                ),
                [*two("sum"), ("add", Add(), ("sum_conv2", "input"))],
            ),
            (
                "summed_smaller",
                tr("Where f halves the maps, x must follow: a convolution of 1 × 1 with stride 2 in the skip."),
                [
                    *two("smaller", 2),
                    ("skip", Conv2d(16, 1, 2, bias=False), ("input",)),
                    ("add_smaller", Add(), ("smaller_conv2", "skip")),
                ],
            ),
            (
                "joined",
                tr(
                    "U-Net puts x beside f(x): 16 + 16 = 32 maps; nothing is lost, and what follows has twice the "
                    "weights. The lecture calls these residual, which are sums."
                ),
                [*two("join"), ("concat", Concat(), ("join_conv2", "input")), ("after", Conv2d(16, 3, padding=1))],
            ),
        ],
        wide=424.0,
    )


@preset(
    title=say("Sheet: transposed convolution"),
    task="",
    parameters=2_904,
    reference=ARITHMETIC,
    notes=say("Each value writes a window; where windows overlap they add up. It undoes sizes, not values."),
)
def sheet_transposed() -> Network:
    """Five ways from 14 x 14 to 28 x 28, and what a convolution of stride 2 leaves open."""
    return sheet(
        tr("Sheet: transposed convolution"),
        (8, 14, 14),
        [
            (
                "copied",
                tr("Nothing to learn: every value four times."),
                [("nearest", Upsample(2.0))],
            ),
            (
                "windows_side_by_side",
                tr("Windows of 2 with stride 2 do not overlap: (14 − 1)·2 + 2 = 28. What U-Net uses."),
                [("up2", ConvTranspose2d(8, 2, 2))],
            ),
            (
                "uneven",
                tr(
                    "Windows of 3 with stride 2 overlap at every second pixel: (14 − 1)·2 − 2·1 + 3 + 1 = 28. Without "
                    "care a chessboard is seen; output_padding chooses 28 rather than 27."
                ),
                [("up3", ConvTranspose2d(8, 3, 2, 1, 1))],
            ),
            (
                "even",
                tr("Windows of 4 with stride 2 overlap evenly: (14 − 1)·2 − 2·1 + 4 = 28, as many values everywhere."),
                [("up4", ConvTranspose2d(8, 4, 2, 1))],
            ),
            (
                "interpolated",
                tr(
                    "The same with windows of 0.25, 0.75, 0.75, 0.25 both ways is bilinear interpolation: how FCN "
                    "begins, and where its last step stays."
                ),
                [("fixed", BilinearConvTranspose2d(8, 4, 2, 1))],
            ),
        ],
    )
