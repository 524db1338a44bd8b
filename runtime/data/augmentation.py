"""Each image a little otherwise each time: shifted, turned, enlarged, mirrored, lighter or darker, with noise.

A signal is shifted along time and gets noise; what else is done to images would make another signal of it.

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
    theta = torch.from_numpy(transforms(recipe, epoch, samples, (height, width))).to(images.device, images.dtype)
    grid = places(theta, height, width)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def masks_placed(masks: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*masks* ``(B, H, W)`` (bytes) moved as :func:`placed` moves their images; each pixel is that of one class."""
    height, width = masks.shape[1:]
    theta = torch.from_numpy(transforms(recipe, epoch, samples, (height, width))).to(masks.device)
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
    theta = torch.from_numpy(transforms(recipe, epoch, samples, size)).to(objects.device)
    return boxes.moved(objects, theta, size)


def transforms(recipe: Recipe, epoch: int, samples: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The matrices ``(B, 2, 3)`` that lead from places of the changed image, of *size*, to places of the given one.

    Places go from −1 to 1 along each axis; height by width tells them apart, so that turning turns and does not shear.
    Where nothing is turned or enlarged, shifts are whole pixels: none is blended with its neighbor, and noise stays
    as strong as in the images that are tested.
    """
    height, width = size
    aspect = height / width
    turn, zoom, right, down, mirror, *_ = drawn(recipe, epoch, samples)
    if not (recipe.rotation or recipe.zoom):
        right, down = (np.rint(part * recipe.shift * n) / n for part, n in ((right, width), (down, height)))
    else:
        right, down = right * recipe.shift, down * recipe.shift
    angle, scale = np.deg2rad(turn * recipe.rotation), 1.0 / (1.0 + zoom * recipe.zoom)
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    theta = np.empty((len(samples), 2, 3), np.float32)
    theta[:, 0] = np.stack([cos, sin * aspect, -2.0 * right], 1)
    theta[:, 1] = np.stack([-sin / aspect, cos, -2.0 * down], 1)
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


def delayed(signals: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*signals* ``(B, C, L)`` moved along time by up to the recipe's share of their length, whole steps; what comes in
    from outside repeats the edge."""
    length = signals.shape[-1]
    steps = np.rint(drawn(recipe, epoch, samples)[2] * recipe.shift * length).astype(np.int64)
    if not steps.any():
        return signals
    at = np.clip(np.arange(length)[None] - steps[:, None], 0, length - 1)
    index = torch.from_numpy(at).to(signals.device)[:, None].expand(-1, signals.shape[1], -1)
    return signals.gather(2, index)


def noisy(values: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """*values* whose standard deviation is 1, each with chance added to it that depends on nothing but its place."""
    if not recipe.noise:
        return values
    n = values[0].numel()
    u = uniform(mixed_seed(recipe.seed), epoch, samples, 2 * n)
    normal = np.sqrt(-2 * np.log1p(-u[:n])) * np.cos(2 * np.pi * u[n:])  # Box and Muller, 1958
    made = torch.from_numpy(normal.T.astype(np.float32)).to(values.device).view(values.shape)
    return values + made * recipe.noise


def mixed_seed(seed: int) -> int:
    """Another seed, so that noise is independent of how images are moved."""
    return seed ^ 0x4015E


def shown(images: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    """Bytes as training changes them in *epoch*, as bytes again, to be looked at; signals stay numbers."""
    values = images.float()
    if values.ndim == 3:
        spread = values.std((0, 2), keepdim=True, correction=0)
        return (
            delayed(values, recipe, epoch, samples) + noisy(torch.zeros_like(values), recipe, epoch, samples) * spread
        )
    if recipe.noise:
        spread = values.std((0, 2, 3), keepdim=True, correction=0)
        noise = noisy(torch.zeros_like(values), recipe, epoch, samples) * spread
        return (_moved(values, recipe, epoch, samples) + noise).round_().clamp_(0, 255).to(torch.uint8)
    return _moved(values, recipe, epoch, samples).round_().clamp_(0, 255).to(torch.uint8)


def _moved(values: Tensor, recipe: Recipe, epoch: int, samples: np.ndarray) -> Tensor:
    if moves(recipe):
        values = placed(values, recipe, epoch, samples)
    factor, offset = (torch.from_numpy(n).to(values).view(-1, 1, 1, 1) for n in light(recipe, epoch, samples))
    return values * factor + 255.0 * offset
