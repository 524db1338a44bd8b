"""The networks of torchvision that can be opened, so that the window can offer them without importing torch.

Parameters are those of the network as it opens (auxiliary heads included); multiply-adds per image, in thousands of
millions, and the size of the images are those that torchvision publishes with its weights.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from graph.errors import InvalidValue


class Builder(NamedTuple):
    """A network of torchvision.

    Args:
        name: that of torchvision's function.
        title: what people read; a proper name, the same in every language.
        task: ``"classification"`` or ``"segmentation"``.
        parameters: how many it has.
        gmacs: multiply-adds for an image of its size, in thousands of millions.
        size: height and width of the images that it was made for.
    """

    name: str
    title: str
    task: str
    parameters: int
    gmacs: float
    size: int

    @property
    def classes(self) -> int:
        """How many classes it tells apart as it opens: those of ImageNet, or those of Pascal VOC."""
        return 1000 if self.task == "classification" else 21


BUILDERS: dict[str, Builder] = {
    row[0]: Builder(row[0], row[1], "classification", *row[2:])
    for row in (
        ("alexnet", "AlexNet", 61_100_840, 0.714, 224),
        ("convnext_base", "ConvNeXt-Base", 88_591_464, 15.355, 224),
        ("convnext_large", "ConvNeXt-Large", 197_767_336, 34.361, 224),
        ("convnext_small", "ConvNeXt-Small", 50_223_688, 8.684, 224),
        ("convnext_tiny", "ConvNeXt-Tiny", 28_589_128, 4.456, 224),
        ("densenet121", "DenseNet-121", 7_978_856, 2.834, 224),
        ("densenet161", "DenseNet-161", 28_681_000, 7.728, 224),
        ("densenet169", "DenseNet-169", 14_149_480, 3.36, 224),
        ("densenet201", "DenseNet-201", 20_013_928, 4.291, 224),
        ("efficientnet_b0", "EfficientNet-B0", 5_288_548, 0.386, 224),
        ("efficientnet_b1", "EfficientNet-B1", 7_794_184, 0.687, 240),
        ("efficientnet_b2", "EfficientNet-B2", 9_109_994, 1.088, 288),
        ("efficientnet_b3", "EfficientNet-B3", 12_233_232, 1.827, 300),
        ("efficientnet_b4", "EfficientNet-B4", 19_341_616, 4.394, 380),
        ("efficientnet_b5", "EfficientNet-B5", 30_389_784, 10.266, 456),
        ("efficientnet_b6", "EfficientNet-B6", 43_040_704, 19.068, 528),
        ("efficientnet_b7", "EfficientNet-B7", 66_347_960, 37.746, 600),
        ("efficientnet_v2_l", "EfficientNetV2-L", 118_515_272, 56.08, 480),
        ("efficientnet_v2_m", "EfficientNetV2-M", 54_139_356, 24.582, 480),
        ("efficientnet_v2_s", "EfficientNetV2-S", 21_458_488, 8.366, 384),
        ("googlenet", "GoogLeNet", 13_004_888, 1.498, 224),
        ("inception_v3", "Inception v3", 27_161_264, 5.713, 299),
        ("maxvit_t", "MaxViT-T", 30_919_624, 5.558, 224),
        ("mnasnet0_5", "MNASNet 0.5", 2_218_512, 0.104, 224),
        ("mnasnet0_75", "MNASNet 0.75", 3_170_208, 0.215, 224),
        ("mnasnet1_0", "MNASNet 1.0", 4_383_312, 0.314, 224),
        ("mnasnet1_3", "MNASNet 1.3", 6_282_256, 0.526, 224),
        ("mobilenet_v2", "MobileNetV2", 3_504_872, 0.301, 224),
        ("mobilenet_v3_large", "MobileNetV3-Large", 5_483_032, 0.217, 224),
        ("mobilenet_v3_small", "MobileNetV3-Small", 2_542_856, 0.057, 224),
        ("regnet_x_16gf", "RegNetX-16GF", 54_278_536, 15.941, 224),
        ("regnet_x_1_6gf", "RegNetX-1.6GF", 9_190_136, 1.603, 224),
        ("regnet_x_32gf", "RegNetX-32GF", 107_811_560, 31.736, 224),
        ("regnet_x_3_2gf", "RegNetX-3.2GF", 15_296_552, 3.177, 224),
        ("regnet_x_400mf", "RegNetX-400MF", 5_495_976, 0.414, 224),
        ("regnet_x_800mf", "RegNetX-800MF", 7_259_656, 0.8, 224),
        ("regnet_x_8gf", "RegNetX-8GF", 39_572_648, 7.995, 224),
        ("regnet_y_128gf", "RegNetY-128GF", 644_812_894, 374.57, 384),
        ("regnet_y_16gf", "RegNetY-16GF", 83_590_140, 15.912, 224),
        ("regnet_y_1_6gf", "RegNetY-1.6GF", 11_202_430, 1.612, 224),
        ("regnet_y_32gf", "RegNetY-32GF", 145_046_770, 32.28, 224),
        ("regnet_y_3_2gf", "RegNetY-3.2GF", 19_436_338, 3.176, 224),
        ("regnet_y_400mf", "RegNetY-400MF", 4_344_144, 0.402, 224),
        ("regnet_y_800mf", "RegNetY-800MF", 6_432_512, 0.834, 224),
        ("regnet_y_8gf", "RegNetY-8GF", 39_381_472, 8.473, 224),
        ("resnet101", "ResNet-101", 44_549_160, 7.801, 224),
        ("resnet152", "ResNet-152", 60_192_808, 11.514, 224),
        ("resnet18", "ResNet-18", 11_689_512, 1.814, 224),
        ("resnet34", "ResNet-34", 21_797_672, 3.664, 224),
        ("resnet50", "ResNet-50", 25_557_032, 4.089, 224),
        ("resnext101_32x8d", "ResNeXt-101 32×8d", 88_791_336, 16.414, 224),
        ("resnext101_64x4d", "ResNeXt-101 64×4d", 83_455_272, 15.46, 224),
        ("resnext50_32x4d", "ResNeXt-50 32×4d", 25_028_904, 4.23, 224),
        ("shufflenet_v2_x0_5", "ShuffleNetV2 ×0.5", 1_366_792, 0.04, 224),
        ("shufflenet_v2_x1_0", "ShuffleNetV2 ×1.0", 2_278_604, 0.145, 224),
        ("shufflenet_v2_x1_5", "ShuffleNetV2 ×1.5", 3_503_624, 0.296, 224),
        ("shufflenet_v2_x2_0", "ShuffleNetV2 ×2.0", 7_393_996, 0.583, 224),
        ("squeezenet1_0", "SqueezeNet 1.0", 1_248_424, 0.819, 224),
        ("squeezenet1_1", "SqueezeNet 1.1", 1_235_496, 0.349, 224),
        ("swin_b", "Swin-B", 87_768_224, 15.431, 224),
        ("swin_s", "Swin-S", 49_606_258, 8.741, 224),
        ("swin_t", "Swin-T", 28_288_354, 4.491, 224),
        ("swin_v2_b", "SwinV2-B", 87_930_848, 20.325, 256),
        ("swin_v2_s", "SwinV2-S", 49_737_442, 11.546, 256),
        ("swin_v2_t", "SwinV2-T", 28_351_570, 5.94, 256),
        ("vgg11", "VGG-11", 132_863_336, 7.609, 224),
        ("vgg11_bn", "VGG-11 with batch norm", 132_868_840, 7.609, 224),
        ("vgg13", "VGG-13", 133_047_848, 11.308, 224),
        ("vgg13_bn", "VGG-13 with batch norm", 133_053_736, 11.308, 224),
        ("vgg16", "VGG-16", 138_357_544, 15.47, 224),
        ("vgg16_bn", "VGG-16 with batch norm", 138_365_992, 15.47, 224),
        ("vgg19", "VGG-19", 143_667_240, 19.632, 224),
        ("vgg19_bn", "VGG-19 with batch norm", 143_678_248, 19.632, 224),
        ("vit_b_16", "ViT-B/16", 86_567_656, 17.564, 224),
        ("vit_b_32", "ViT-B/32", 88_224_232, 4.409, 224),
        ("vit_h_14", "ViT-H/14", 632_045_800, 167.295, 224),
        ("vit_l_16", "ViT-L/16", 304_326_632, 61.555, 224),
        ("vit_l_32", "ViT-L/32", 306_535_400, 15.378, 224),
        ("wide_resnet101_2", "Wide ResNet-101-2", 126_886_696, 22.753, 224),
        ("wide_resnet50_2", "Wide ResNet-50-2", 68_883_240, 11.398, 224),
    )
} | {
    row[0]: Builder(row[0], row[1], "segmentation", *row[2:])
    for row in (
        ("deeplabv3_mobilenet_v3_large", "DeepLabv3 on MobileNetV3-Large", 11_029_328, 10.452, 520),
        ("deeplabv3_resnet101", "DeepLabv3 on ResNet-101", 60_996_202, 258.743, 520),
        ("deeplabv3_resnet50", "DeepLabv3 on ResNet-50", 42_004_074, 178.722, 520),
        ("fcn_resnet101", "FCN on ResNet-101", 54_314_346, 232.738, 520),
        ("fcn_resnet50", "FCN on ResNet-50", 35_322_218, 152.717, 520),
        ("lraspp_mobilenet_v3_large", "LR-ASPP on MobileNetV3-Large", 3_221_538, 2.086, 520),
    )
}
"""All of them by name, in torchvision's order."""


def listed() -> list[Builder]:
    """All of them in the order in which people count: ResNet-18 before ResNet-101."""
    return sorted(BUILDERS.values(), key=lambda b: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", b.name)])


def builder(name: str) -> Builder:
    """The builder called *name*.

    Raises:
        InvalidValue: there is none; names what comes close.
    """
    from difflib import get_close_matches

    if name not in BUILDERS:
        near = get_close_matches(name.lower(), BUILDERS, 3) or list(BUILDERS)[:3]
        raise InvalidValue(
            "There is no network of torchvision called {name} that can be opened; there is {near}.",
            name=name,
            near=", ".join(near),
        )
    return BUILDERS[name]
