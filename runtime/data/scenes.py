"""Digits on noise: scenes in which one to four handwritten digits stand, each with its box and its pixels.

Every scene is a function of its part and its number alone.  The digits of a part are those of the same part of the set
``digits``, so that what judges has never been seen in training.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from runtime.data.digits import CLASSES, digits
from runtime.data.draws import uniform
from runtime.data.parts import split

SIDE = 96
"""Height and width of a scene, in pixels."""
SCENES = {"train": 1500, "validation": 200, "test": 300}
"""How many scenes each part has."""
MOST, SMALLEST, LARGEST = 4, 20, 36
"""Digits in a scene at most; the longer side of a digit, in pixels."""
NOISE = 70
"""The noise goes from 0 to this."""
INK = 64
"""From this brightness on a pixel belongs to its digit."""
TRIES = 8
"""How often another place is looked for where a digit would lie on another one."""
SEEDS = {"train": 11, "validation": 12, "test": 13}


def scenes(part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images ``(N, 1, 96, 96)``, objects ``(N, 4, 5)`` (box and class, −1 where there is none), masks ``(N, 96, 96)``.

    Of a mask 0 is the ground, and ``class + 1`` a digit.
    """
    images, labels = digits()
    chosen = split(labels)[part]
    n = SCENES[part]
    draws = uniform(SEEDS[part], 0, np.arange(n), 1 + MOST * (2 + 2 * TRIES)).T
    pixels = np.empty((n, 1, SIDE, SIDE), np.uint8)
    objects = np.full((n, MOST, 5), -1.0, np.float32)
    masks = np.zeros((n, SIDE, SIDE), np.uint8)
    glyphs = [_cropped(images[i, 0].numpy()) for i in chosen]
    for i in range(n):
        count, *rest = draws[i]
        pixels[i, 0] = _noise(part, i)
        k = 0
        for draw in np.reshape(rest, (MOST, -1))[: 1 + int(count * MOST)]:
            which = int(draw[0] * len(chosen))
            glyph = _scaled(glyphs[which], SMALLEST + draw[1] * (LARGEST - SMALLEST))
            if (place := _place(glyph.shape, draw[2:], objects[i, :k])) is None:
                continue
            (top, left), (h, w) = place, glyph.shape
            there = pixels[i, 0, top : top + h, left : left + w]
            np.maximum(there, glyph, out=there)
            masks[i, top : top + h, left : left + w][glyph >= INK] = labels[chosen[which]] + 1
            objects[i, k] = (left, top, left + w, top + h, labels[chosen[which]])
            k += 1
    return pixels, objects, masks


def _noise(part: str, i: int) -> np.ndarray:
    values = uniform(SEEDS[part] + 100, i, np.arange(SIDE), SIDE)
    return (values * NOISE).astype(np.uint8)


def _cropped(image: np.ndarray) -> np.ndarray:
    """The digit without its empty border."""
    rows, columns = (image >= INK).any(1).nonzero()[0], (image >= INK).any(0).nonzero()[0]
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scaled(glyph: np.ndarray, longer: float) -> np.ndarray:
    factor = longer / max(glyph.shape)
    size = tuple(max(4, round(n * factor)) for n in glyph.shape)
    values = torch.from_numpy(glyph[None, None].astype(np.float32))
    return F.interpolate(values, size, mode="bilinear", align_corners=False)[0, 0].round().numpy().astype(np.uint8)


def _place(size: tuple[int, int], draws: np.ndarray, others: np.ndarray) -> tuple[int, int] | None:
    """Top and left of a place where the digit lies on no other one; None where none is found."""
    h, w = size
    for down, across in draws.reshape(-1, 2):
        top, left = int(down * (SIDE - h + 1)), int(across * (SIDE - w + 1))
        apart = (others[:, 2] <= left) | (others[:, 0] >= left + w) | (others[:, 3] <= top) | (others[:, 1] >= top + h)
        if apart.all():
            return top, left
    return None


MASK_CLASSES = ("ground", *CLASSES)
"""Names of the classes of the masks."""
