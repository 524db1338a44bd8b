"""Outlines become masks: polygons, and the run-length masks of COCO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from runtime.data.annotated import Marked
from runtime.data.targets import UNCOUNTED

GROUND = "ground"
"""The class of pixels that belong to no object."""


def drawn(objects: Sequence[Marked], classes: Sequence[str], size: tuple[int, int]) -> np.ndarray:
    """The mask ``(H, W)`` of an image of *size*: 0 the ground, ``class + 1`` an object; crowds do not count.

    Smaller objects lie on top of larger ones.
    """
    number = {name: i + 1 for i, name in enumerate(classes)}
    canvas = Image.new("L", (size[1], size[0]))
    for marked in sorted(objects, key=lambda marked: (not marked.crowd, -_extent(marked))):
        value = UNCOUNTED if marked.crowd else number[marked.label]
        if isinstance(marked.outline, dict):
            there = runs(marked.outline, size)
            canvas.paste(value, (0, 0), Image.fromarray(there.astype(np.uint8) * 255))
        else:
            for polygon in marked.outline:
                ImageDraw.Draw(canvas).polygon(polygon, fill=value)
    return np.asarray(canvas)


def runs(raw: dict[str, Any], size: tuple[int, int]) -> np.ndarray:
    """A run-length mask as ``(H, W)`` of truth values; all false where it is none, or one of another size.

    Runs go down the columns, the first one is outside; they are a list, or a text of six bits a letter.
    """
    nothing = np.zeros(size, bool)
    if raw.get("size") != list(size):
        return nothing
    try:
        counts = _counts(raw.get("counts"))
    except (TypeError, ValueError):
        return nothing
    if min(counts, default=-1) < 0 or sum(counts) != size[0] * size[1]:
        return nothing
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return values.reshape(size[1], size[0]).T


def turned(raw: dict[str, Any], size: tuple[int, int], orientation: int) -> dict[str, Any]:
    """The run-length mask of a stored image of *size* as that of the upright one."""
    mask = runs(raw, size)
    upright = {
        2: mask[:, ::-1],
        3: mask[::-1, ::-1],
        4: mask[::-1],
        5: mask.T,
        6: np.rot90(mask, -1),
        7: mask[::-1, ::-1].T,
        8: np.rot90(mask),
    }.get(orientation, mask)
    along = np.concatenate(([False], upright.T.ravel()))  # the first run is outside
    edges = np.flatnonzero(np.diff(along))
    counts = np.diff(np.concatenate(([0], edges, [along.size - 1])))
    return {"size": list(upright.shape), "counts": counts.tolist()}


def _counts(raw: Any) -> list[int]:
    if isinstance(raw, list):
        return [int(n) for n in raw]
    counts: list[int] = []
    value = bits = 0
    for letter in raw:
        six = ord(letter) - 48
        if not 0 <= six < 64 or bits > 40:
            raise ValueError
        value |= (six & 31) << bits
        bits += 5
        if not six & 32:
            if six & 16:
                value -= 1 << bits  # a negative difference
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = bits = 0
    return counts


def _extent(marked: Marked) -> float:
    left, top, right, bottom = marked.box
    return (right - left) * (bottom - top)
