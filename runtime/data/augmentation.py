"""Each image a little otherwise each time: shifted, turned, enlarged, mirrored, lighter or darker.

A whole batch is changed in one go, each of its images by parameters of its own, which depend on nothing but the seed,
the epoch and the image.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from runtime.data import boxes
from runtime.data.draws import uniform
from runtime.recipe import Recipe


def moves(recipe: Recipe) -> bool:
    """Whether pixels change their places."""
    return recipe.flip or any((recipe.shift, recipe.rotation, recipe.zoom))


def placed(images: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*images* ``(B, C, H, W)`` (floating point) turned, enlarged, mirrored and shifted; what comes in from outside
    repeats the edge."""
    height, width = images.shape[2:]
    theta = torch.from_numpy(transforms(recipe, epoch, samples, height / width)).to(images.device, images.dtype)
    grid = places(theta, height, width)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def masks_placed(masks: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*masks* ``(B, H, W)`` (bytes) moved as :func:`placed` moves their images; each pixel is that of one class."""
    height, width = masks.shape[1:]
    theta = torch.from_numpy(transforms(recipe, epoch, samples, height / width)).to(masks.device)
    grid = places(theta, height, width)
    moved = F.grid_sample(masks[:, None].float(), grid, mode="nearest", padding_mode="border", align_corners=False)
    return moved[:, 0].to(masks.dtype)


def followed(targets: Tensor, size: tuple[int, int], recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """What is right of images of *size* that were :func:`placed`: masks and boxes go with them, classes stay."""
    if targets.ndim != 3:
        return targets
    if targets.is_floating_point():
        return boxes_placed(targets, size, recipe, epoch, samples)
    return masks_placed(targets, recipe, epoch, samples)


def boxes_placed(objects: Tensor, size: tuple[int, int], recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*objects* ``(B, K, 5)`` of images of *size* moved as :func:`placed` moves these."""
    theta = torch.from_numpy(transforms(recipe, epoch, samples, size[0] / size[1])).to(objects.device)
    return boxes.moved(objects, theta, size)


def transforms(recipe: Recipe, epoch: int, samples: np.ndarray, aspect: float = 1.0) -> np.ndarray:
    """The matrices ``(B, 2, 3)`` that lead from places of the changed image to places of the given one.

    Places go from −1 to 1 along each axis; *aspect* is height by width, so that turning turns and does not shear.
    """

    turn, zoom, right, down, mirror, *_ = drawn(recipe, epoch, samples)
    angle, scale = np.deg2rad(turn * recipe.rotation), 1.0 / (1.0 + zoom * recipe.zoom)
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    theta = np.empty((len(samples), 2, 3), np.float32)
    theta[:, 0] = np.stack([cos, sin * aspect, -2.0 * recipe.shift * right], 1)
    theta[:, 1] = np.stack([-sin / aspect, cos, -2.0 * recipe.shift * down], 1)
    if recipe.flip:
        theta[mirror < 0.0, 0] *= -1.0
    return theta


def places(theta: Tensor, height: int, width: int) -> Tensor:
    """For matrices ``(B, 2, 3)`` the places ``(B, H, W, 2)`` that each pixel of the changed images is taken from.

    As ``torch.nn.functional.affine_grid(..., align_corners=False)``, which multiplies matrices of three and two columns
    and takes three times as long.  Here a place is one complex number, so that both its parts are added at once.
    """
    x = (torch.arange(width, device=theta.device, dtype=theta.dtype) * 2 + 1) / width - 1
    y = (torch.arange(height, device=theta.device, dtype=theta.dtype) * 2 + 1) / height - 1
    columns = torch.view_as_complex(theta.transpose(1, 2).contiguous())  # (B, 3)
    down = columns[:, 1:2] * y + columns[:, 2:]  # (B, H)
    across = columns[:, :1] * x  # (B, W)
    return torch.view_as_real(down[:, :, None] + across[:, None, :])


def drawn(recipe: Recipe, epoch: int, samples: np.ndarray) -> np.ndarray:
    """Seven numbers from −1 to 1 per sample: turn, zoom, right, down, mirror, contrast, brightness."""
    return 2.0 * uniform(recipe.seed, epoch, samples, 7) - 1.0


def light(recipe: Recipe, epoch: int, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset ``(B,)`` for values from 0 to 1: contrast around the middle grey, then brightness."""
    *_, contrast, brightness = drawn(recipe, epoch, samples)
    factor = 1.0 + contrast * recipe.contrast
    return factor, 0.5 * (1.0 - factor) + brightness * recipe.brightness


def shown(images: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """Bytes as training changes them in *epoch*, as bytes again, to be looked at."""
    values = images.float()
    if moves(recipe):
        values = placed(values, recipe, epoch, samples)
    factor, offset = (torch.from_numpy(n).to(values).view(-1, 1, 1, 1) for n in light(recipe, epoch, samples))
    return (values * factor + 255.0 * offset).round_().clamp_(0, 255).to(torch.uint8)
