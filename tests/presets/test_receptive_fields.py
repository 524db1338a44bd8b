"""What the values of each preset see, against published numbers and windows listed along the longest path."""

import pytest

import presets
from graph import analyze
from graph.layers.dense import Linear

PUBLISHED = [
    ("vgg11", "pool5", 150, 32),  # vgg_a
    ("vgg16", "stage5.conv3", 196, 16),
    ("vgg16", "pool5", 212, 32),
    ("mobilenet_v1", "separable13", 315, 32),
    ("alexnet", "conv1", 11, 4),
    ("alexnet", "pool1", 19, 8),
    ("alexnet", "conv2", 51, 8),
    ("alexnet", "pool5", 195, 32),
]
"""Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019."""


@pytest.mark.parametrize(("name", "path", "size", "stride"), PUBLISHED)
def test_fields_are_the_published_ones(name, path, size, stride):
    field = analyze(presets.build(name))[path].receptive_field

    assert (field.size, field.stride) == ((size, size), (stride, stride))


def vgg(*stages: int) -> str:
    return " ".join("3 " * n + "2/2" for n in stages)


def residual(*stages: int, each: str, first: str) -> str:
    """ResNets after Distill's rules: the first block of all stages but the first moves by two."""
    found = ["7/2 3/2", *[each] * stages[0]]
    for n in stages[1:]:
        found += [first, *[each] * (n - 1)]
    return " ".join(found)


MOBILE = "3/2 3 3/2 3 3/2 3 3 3/2 3 3 3 3 3 3 3/2 3 3 3"
"""MobileNetV2, table 2: of 17 bottlenecks the first of 24, 32, 64 and 160 channels moves by two."""
EFFICIENT = "3/2 3 3/2 3 5/2 5 3/2 3 3 5 5 5 5/2 5 5 5 3"
"""EfficientNet-B0, table 1, and Lite0: kernels and strides of the stem and the depthwise convolutions."""
LONGEST = {
    ("lecture", "conv6"): "3 3 2/2 3 3 2/2 3 3",
    ("lecture_separable", "conv6"): "3 3 2/2 3 3 2/2 3 3",
    ("lenet_1989", "h2"): "5/2 5/2",
    ("lenet5", "s4"): "5 2/2 5 2/2",
    ("alexnet", "pool5"): "11/4 3/2 5 3/2 3 3 3 3/2",
    ("vgg11", "pool5"): vgg(1, 1, 2, 2, 2),
    ("vgg11_bn", "pool5"): vgg(1, 1, 2, 2, 2),
    ("vgg13", "pool5"): vgg(2, 2, 2, 2, 2),
    ("vgg13_bn", "pool5"): vgg(2, 2, 2, 2, 2),
    ("vgg16", "pool5"): vgg(2, 2, 3, 3, 3),
    ("vgg16_bn", "pool5"): vgg(2, 2, 3, 3, 3),
    ("vgg19", "pool5"): vgg(2, 2, 4, 4, 4),
    ("vgg19_bn", "pool5"): vgg(2, 2, 4, 4, 4),
    ("googlenet", "inception5b"): "7/2 3/2 1 3 3/2 3 3 3/2 3 3 3 3 3 2/2 3 3",  # 3 where the paper has 5
    ("resnet18", "layer4"): residual(2, 2, 2, 2, each="3 3", first="3/2 3"),
    ("resnet34", "layer4"): residual(3, 4, 6, 3, each="3 3", first="3/2 3"),
    ("resnet50", "layer4"): residual(3, 4, 6, 3, each="3", first="3/2"),
    ("resnet101", "layer4"): residual(3, 4, 23, 3, each="3", first="3/2"),
    ("resnet152", "layer4"): residual(3, 8, 36, 3, each="3", first="3/2"),
    ("densenet121", "denseblock4"): "7/2 3/2" + " 3" * 6 + " 2/2" + " 3" * 12 + " 2/2" + " 3" * 24 + " 2/2" + " 3" * 16,
    ("mobilenet_v1", "separable13"): "3/2 3 3/2 3 3/2 3 3/2 3 3 3 3 3 3/2 3",
    ("mobilenet_v2", "features"): MOBILE,
    ("squeezenet", "conv10"): "7/2 3/2 3 3 3 3/2 3 3 3 3 3/2 3",
    ("efficientnet_b0", "features"): EFFICIENT,
    ("efficientnet_lite0", "blocks"): EFFICIENT,
    ("convnext_tiny", "features"): "4/4" + " 7" * 3 + " 2/2" + " 7" * 3 + " 2/2" + " 7" * 9 + " 2/2" + " 7" * 3,
    ("conv1d_signal", "conv3"): "5 2/2 3 2/2 3",
    ("unet", "bottom"): "3 3 2/2 " * 4 + "3 3",
    ("unet", "scores"): "3 3 2/2 " * 4 + "3 3" + " ^2/2 3 3" * 4,
    ("unet_padded", "scores"): "3 3 2/2 " * 4 + "3 3" + " ^2/2 3 3" * 4,
    ("fcn_32s", "score"): vgg(2, 2, 3, 3, 3) + " 7 ^64/32",
    ("fcn_16s", "score"): vgg(2, 2, 3, 3, 3) + " 7 ^4/2 ^32/16",
    ("fcn_8s", "score"): vgg(2, 2, 3, 3, 3) + " 7 ^4/2 ^4/2 ^16/8",
    ("yolo_v1", "conv24"): "7/2 2/2 3 2/2 3 3 2/2 3 3 3 3 3 2/2 3 3 3 3/2 3 3",
    ("fast_yolo", "conv9"): "3 2/2 " * 6 + "3 3 3",
    ("yolo_small", "conv6"): "3 2/2 " * 4 + "3",
    ("faster_rcnn_small", "rpn_conv"): "3 2/2 3 2/2 3 2/2 3 3 3",
    ("faster_rcnn_vgg16", "rpn_conv"): vgg(2, 2, 3, 3, 3).removesuffix(" 2/2") + " 3",
    ("faster_rcnn_resnet50_fpn", "rpn_p6.conv"): residual(3, 4, 6, 3, each="3", first="3/2") + " 3 1/2 3",
    ("faster_rcnn_resnet50_fpn", "rpn_p2.conv"): residual(3, 4, 6, 3, each="3", first="3/2") + " ^2/2 ^2/2 ^2/2 3 3",
    ("sheet_stride_dilation", "stride"): "3/2",
    ("sheet_receptive_field", "pooled_conv2"): "3 2/2 3",
    ("sheet_skip", "smaller_conv2"): "3/2 3",
    ("sheet_transposed", "up3"): "^3/2",
}
"""Kernels and strides along the path that sees most, the image's first; ^: a transposed convolution."""
WITHOUT_WINDOWS = {"maxout", "sheet_activations", "sheet_normalization", "sheet_pooling"}


def seen(path: str) -> int:
    """Pixels that one position at the end of a path sees, counted backwards: of n neighbors, what they read."""
    n = 1
    for window in reversed(path.split()):
        kernel, _, stride = window.removeprefix("^").partition("/")
        k, s = int(kernel), int(stride or 1)
        n = -(-(n + k - 1) // s) if window.startswith("^") else (n - 1) * s + k
    return n


@pytest.mark.parametrize(("name", "path"), LONGEST)
def test_fields_are_those_of_the_windows_on_the_way(name, path):
    field = analyze(presets.build(name))[path].receptive_field

    assert set(field.size) == {seen(LONGEST[name, path])}


def test_no_preset_is_left_out():
    assert {name for name, _ in LONGEST} | WITHOUT_WINDOWS == set(presets.presets())


@pytest.mark.parametrize(
    ("path", "pixels"),
    [("3 3", 5), ("3 2/2 3", 8), (vgg(2, 2, 3, 3, 3).removesuffix(" 2/2") + " 3", 228), ("2/2 ^2/2", 2)],
)
def test_counting_backwards_gives_the_numbers_of_the_lecture(path, pixels):
    assert seen(path) == pixels


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_what_mixes_all_positions_sees_the_whole_image(name):
    for path, fact in analyze(presets.build(name)).leaves():
        dense = isinstance(fact.layer, Linear) and len(fact.inputs[0].dims) == 2
        if dense or getattr(fact.layer, "output_size", None) in (1, (1, 1)):
            assert fact.receptive_field.whole, path


def test_the_end_of_unet_moves_pixel_by_pixel_and_its_bottom_by_16():
    report = analyze(presets.build("unet"))

    assert report["bottom.conv2"].receptive_field.stride == (16.0, 16.0)
    assert report["scores"].receptive_field.stride == (1.0, 1.0)


def test_each_map_of_a_pyramid_moves_at_its_own_stride():
    report = analyze(presets.build("faster_rcnn_resnet50_fpn"))

    for i, stride in enumerate((4.0, 8.0, 16.0, 32.0, 64.0), 2):
        assert report[f"rpn_p{i}.conv"].receptive_field.stride == (stride, stride)


def test_the_last_convolution_of_yolo_sees_749_pixels():
    assert seen(LONGEST["yolo_v1", "conv24"]) == 749


def test_gates_see_the_whole_image_beside_the_local_field():
    assert analyze(presets.build("efficientnet_b0"))["features"].receptive_field.whole
    assert not analyze(presets.build("efficientnet_lite0"))["blocks"].receptive_field.whole
