"""The class of each pixel of an image that is larger than what a network takes: answered piece by piece, without seams.

Each piece sees more of the image than it answers for, and mirrored pixels where the image ends.  Pieces begin where the
coarsest map of the network has a step, so that each pixel is answered as if the network took the whole image.
Source: the overlap tiles of Ronneberger, Fischer and Brox, "U-Net", 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from graph.analysis import Report, analyze
from graph.receptive import sizes
from graph.sizes import total_stride
from runtime.data import images as image_files
from runtime.infer.trained import Trained
from runtime.tasks.task import likeliest

AT_ONCE = 8
"""Pieces that are cut out at the same time."""
PART = 4
"""Of a network that pads, at most this part of a piece is seen only, at each side, and not answered for."""


class Tiling(NamedTuple):
    """Along one axis: what goes in, how much of it only surrounds what is answered, and how far the next piece is."""

    size: int
    around: int
    step: int


def wanted(model: Trained, size: tuple[int, int]) -> tuple[int, int] | None:
    """Height and width to which an image of *size* is brought, as those were that the network learned from; None where
    it can be looked at as a whole, or where that is not known."""
    height, width = (max(1, round(side * model.scale)) for side in size)
    h, w = model.preprocessing.size
    return (height, width) if model.scale and (height > h or width > w) else None


def whole(model: Trained, file: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """An image file larger than the network takes: its pixels ``(C, H, W)`` at the scale of what was learned from, and
    the class of each ``(H, W)``; None where one look is enough.

    Raises:
        FileError: it cannot be read.
    """
    size = wanted(model, image_files.look(file)[0])
    if size is None:
        return None
    pixels = image_files.read(file, replace(model.preprocessing, size=size, fit="stretch"))
    return pixels, answered(model, pixels)


def answered(model: Trained, pixels: np.ndarray) -> np.ndarray:
    """The likeliest class of each pixel of bytes ``(C, H, W)``: ``(H, W)`` bytes."""
    _, height, width = pixels.shape
    down, across = tilings(model)
    rows, columns = range(0, height, down.step), range(0, width, across.step)
    bordered = np.pad(
        pixels, ((0, 0), _border(down, rows[-1], height), _border(across, columns[-1], width)), mode="reflect"
    )
    found = np.empty((rows[-1] + down.step, columns[-1] + across.step), np.uint8)
    places = [(y, x) for y in rows for x in columns]
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        cut = np.stack([bordered[:, y : y + down.size, x : x + across.size] for y, x in some])
        for (y, x), mask in zip(some, _masks(model, torch.from_numpy(cut)), strict=True):
            top, left = (mask.shape[0] - down.step) // 2, (mask.shape[1] - across.step) // 2
            top, left = _first(down, mask.shape[0], top), _first(across, mask.shape[1], left)
            found[y : y + down.step, x : x + across.step] = mask[top : top + down.step, left : left + across.step]
    return found[:height, :width]


def tilings(model: Trained) -> tuple[Tiling, Tiling]:
    """How pieces lie along both axes."""
    report = analyze(model.network)
    channels, (h, w) = model.preprocessing.channels, model.preprocessing.size
    out = next(_masks(model, torch.zeros(1, channels, h, w, dtype=torch.uint8))).shape
    fields, stride = _field(report), ceil(total_stride(report))
    made = [
        _tiling(size, given, field, stride) for size, given, field in zip((h, w), out, fields or (h, w), strict=True)
    ]
    return made[0], made[1]


def _tiling(size: int, out: int, field: int, stride: int) -> Tiling:
    if out < size:  # it pads nothing: what it answers for has seen no border
        return Tiling(size, (size - out) // 2, max(1, out // stride * stride))
    around = ceil(min(field // 2, size // PART) / stride) * stride
    return Tiling(size, around, max(1, (out - 2 * around) // stride * stride))


def _border(axis: Tiling, last: int, length: int) -> tuple[int, int]:
    """Mirrored pixels before and behind the image, so that every piece is whole."""
    return axis.around, max(0, last + axis.size - axis.around - length)


def _first(axis: Tiling, out: int, middle: int) -> int:
    """Where what is answered for begins within the answer to a piece."""
    return 0 if out < axis.size else min(axis.around, 2 * middle)


def _field(report: Report) -> tuple[int, ...]:
    """Pixels that a value of the answer sees along each axis; empty where it sees all."""
    name = report.ends[0] if report.ends else ""
    while name and not report.facts[name].fields:
        edges = report.network.incoming.get(name, ())
        name = edges[0].source if edges else ""
    fields = report.facts[name].fields if name else ()
    return sizes(fields) if fields and not fields[0].whole else ()


def _masks(model: Trained, images: Tensor) -> Iterator[np.ndarray]:
    from runtime.infer.masks import scores_of

    for output in model.outputs(images):
        yield from likeliest(scores_of(output)).to(torch.uint8).cpu().numpy()
