"""Each image a little otherwise each time: shifted, turned, enlarged, mirrored, lighter or darker.

A whole batch is changed in one go, each of its images by parameters of its own, which depend on nothing but the seed,
the epoch and the image.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

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
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def transforms(recipe: Recipe, epoch: int, samples: np.ndarray, aspect: float = 1.0) -> np.ndarray:
    """The matrices ``(B, 2, 3)`` that lead from places of the changed image to places of the given one.

    Places go from −1 to 1 along each axis; *aspect* is height by width, so that turning turns and does not shear.
    """

    def drawn(draw: int, most: float) -> np.ndarray:
        return (2.0 * uniform(recipe.seed, epoch, samples, draw) - 1.0) * most

    angle = np.deg2rad(drawn(0, recipe.rotation))
    scale = 1.0 / (1.0 + drawn(1, recipe.zoom))
    mirror = np.where(uniform(recipe.seed, epoch, samples, 2) < 0.5, -1.0, 1.0) if recipe.flip else 1.0
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    theta = np.empty((len(samples), 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1], theta[:, 0, 2] = cos * mirror, sin * aspect * mirror, drawn(3, 2.0 * recipe.shift)
    theta[:, 1, 0], theta[:, 1, 1], theta[:, 1, 2] = -sin / aspect, cos, drawn(4, 2.0 * recipe.shift)
    return theta


def light(recipe: Recipe, epoch: int, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset ``(B,)`` for values from 0 to 1: contrast around the middle grey, then brightness."""
    contrast = 1.0 + (2.0 * uniform(recipe.seed, epoch, samples, 5) - 1.0) * recipe.contrast
    brightness = (2.0 * uniform(recipe.seed, epoch, samples, 6) - 1.0) * recipe.brightness
    return contrast, 0.5 * (1.0 - contrast) + brightness


def shown(images: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """Bytes as training changes them in *epoch*, as bytes again, to be looked at."""
    values = images.float()
    if moves(recipe):
        values = placed(values, recipe, epoch, samples)
    factor, offset = (torch.from_numpy(n).to(values).view(-1, 1, 1, 1) for n in light(recipe, epoch, samples))
    return (values * factor + 255.0 * offset).round_().clamp_(0, 255).to(torch.uint8)
