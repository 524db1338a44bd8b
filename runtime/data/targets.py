"""What is right, made ready for the losses: as it lies in memory it is small, as a loss takes it it is exact."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

UNCOUNTED = 255
"""The number of pixels that do not count, in masks as they lie in memory and in files (Pascal VOC's)."""
IGNORED = -100
"""The number that losses leave out unless they are told another, torch's."""


class Masks(NamedTuple):
    """Masks ``(B, H, W)`` of bytes become class numbers of the size of the scores.

    A network whose convolutions are not padded answers for the middle of the image only: so much of the mask is kept.
    """

    size: tuple[int, int]
    ignored: int = IGNORED

    def __call__(self, targets: Tensor) -> Tensor:
        """Class numbers ``(B, *size)``."""
        found = cropped(targets, self.size).long()
        return found.masked_fill_(found == UNCOUNTED, self.ignored)


def cropped(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle of *masks* ``(..., H, W)``; where they are smaller, nothing beyond them counts."""
    (height, width), (h, w) = masks.shape[-2:], size
    if h > height or w > width:
        filled = torch.full((*masks.shape[:-2], h, w), UNCOUNTED, dtype=masks.dtype, device=masks.device)
        top, left = (h - height) // 2, (w - width) // 2
        filled[..., top : top + height, left : left + width] = masks
        return filled
    top, left = (height - h) // 2, (width - w) // 2
    return masks[..., top : top + h, left : left + w]


def as_they_are(targets: Tensor) -> Tensor:
    """Class numbers and numbers need nothing done to them."""
    return targets
