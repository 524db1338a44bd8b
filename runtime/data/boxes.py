"""Boxes follow their images: when these are brought to another size, and when they are moved to learn more from them.

Objects are ``(..., K, 5)``: left, top, right and bottom in pixels, and the class; rows without an object have −1, and
what is too difficult to count has −2 less its class.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from runtime.data.preprocessing import Preprocessing

NONE = -1.0
"""The class of a row without an object."""
LEFT_OVER = 0.3
"""An object of which less than this share is still to be seen is left out."""
LEAST = 2.0
"""So many pixels wide and high is an object at least."""


def scaled(objects: Tensor, size: tuple[int, int], as_told: Preprocessing) -> Tensor:
    """Objects of an image of *size* (height, width) where that image is brought to the size that *as_told* says."""
    seen, moved = as_told.seen(size), objects.clone()
    moved[..., [0, 2]] = (objects[..., [0, 2]] - seen.left) / seen.wide
    moved[..., [1, 3]] = (objects[..., [1, 3]] - seen.top) / seen.high
    return clipped(moved, as_told.size)


def clipped(objects: Tensor, size: tuple[int, int]) -> Tensor:
    """Objects cut at the borders of an image of *size*; what is hardly to be seen any more is left out."""
    height, width = size
    found = objects.clone()
    found[..., [0, 2]] = found[..., [0, 2]].clamp(0, width)
    found[..., [1, 3]] = found[..., [1, 3]].clamp(0, height)
    before, after = _extent(objects), _extent(found)
    there = (after >= LEAST).all(-1) & (after.prod(-1) >= LEFT_OVER * before.prod(-1)) & (objects[..., 4] != NONE)
    return torch.where(there[..., None], found, torch.full_like(found, NONE))


def moved(objects: Tensor, theta: Tensor, size: tuple[int, int]) -> Tensor:
    """Objects ``(B, K, 5)`` of images that the matrices ``(B, 2, 3)`` move, as :func:`augmentation.placed` does.

    The matrices lead from places of the changed image (−1 to 1) to places of the given one; a turned box becomes the
    upright one around it.
    """
    height, width = size
    half = torch.tensor((width / 2, height / 2), dtype=theta.dtype, device=theta.device)
    corners = objects[..., [0, 1, 2, 1, 2, 3, 0, 3]].unflatten(-1, (4, 2)).to(theta.dtype) / half - 1
    back = torch.linalg.inv(theta[:, :, :2])
    placed = torch.einsum("bij,bkcj->bkci", back, corners - theta[:, None, None, :, 2])
    pixels = (placed + 1) * half
    found = torch.cat((pixels.amin(2), pixels.amax(2), objects[..., 4:].to(theta.dtype)), -1)
    return clipped(found, size).to(objects.dtype)


def difficult(label: Any) -> Any:
    """What stands for the class of an object that is too difficult to count, and back.

    >>> difficult(3), difficult(difficult(3))
    (-5, 3)
    """
    return -2 - label


def _extent(objects: Tensor) -> Tensor:
    return (objects[..., 2:4] - objects[..., :2]).clamp(min=0)
