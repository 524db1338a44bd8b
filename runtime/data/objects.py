"""How large the objects in the images of a data set are, as its targets show them: regions of a class in masks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from runtime.data.dataset import DataSet

MASKS, SIDE, LEAST = 24, 64, 4
"""Masks that are looked at, spread over a part; pixels of their longer side; pixels of the least region that counts."""

BOXES = 2_000
"""Boxes that are measured."""


def objects(data: DataSet) -> tuple[tuple[int, int], ...]:
    """Height and width of the regions in some masks, in pixels of the image; empty where targets are no masks.

    The class that covers most is the ground on which the objects lie, and is none of them.
    """
    if data.task != "segmentation":
        return ()
    masks = next(iter(data.parts.values())).targets
    masks = masks[:: max(1, len(masks) // MASKS)][:MASKS]
    by = max(1, -(-max(masks.shape[1:]) // SIDE))
    masks = masks[:, ::by, ::by].long()
    ground = int(torch.bincount(masks.flatten(), minlength=256)[: len(data.classes)].argmax())
    classes = [c for c in masks.unique().tolist() if c != ground and c < len(data.classes)]
    return tuple((h * by, w * by) for c in classes for h, w in regions(masks == c))


def boxed(data: DataSet) -> tuple[tuple[int, int], ...]:
    """Height and width of some of the boxes, in pixels of the image; empty where targets are no boxes."""
    if data.task != "detection":
        return ()
    rows = next(iter(data.parts.values())).targets.flatten(0, 1)
    rows = rows[rows[:, 4] >= 0]
    rows = rows[:: max(1, len(rows) // BOXES)][:BOXES]
    sizes = torch.stack((rows[:, 3] - rows[:, 1], rows[:, 2] - rows[:, 0]), 1).round().long()
    return tuple((h, w) for h, w in sizes.tolist())


def regions(there: Tensor) -> list[tuple[int, int]]:
    """Height and width of each connected region in ``there`` (N, H, W)."""
    labels = _labelled(there)
    places = labels.nonzero()
    _, which, counts = labels[labels > 0].unique(return_inverse=True, return_counts=True)
    spans = [_spans(places[:, axis], which, len(counts)) for axis in (1, 2)]
    return [(h, w) for h, w, n in zip(*spans, counts.tolist(), strict=True) if n >= LEAST]


def _spans(at: Tensor, which: Tensor, n: int) -> list[int]:
    """From the first to the last place of each of *n* regions along an axis, both included."""
    none = torch.zeros(n, dtype=at.dtype)
    first, last = (none.scatter_reduce(0, which, at, how, include_self=False) for how in ("amin", "amax"))
    return (last - first + 1).tolist()


def _labelled(there: Tensor) -> Tensor:
    """A number per region, 0 outside: the largest of the numbers of its pixels, which spreads until it stands still."""
    inside = there.to(torch.float64)[:, None]
    labels = torch.arange(1, inside.numel() + 1, dtype=torch.float64).view(inside.shape) * inside
    while True:
        grown = max_pool2d(labels, 3, 1, 1) * inside
        if torch.equal(grown, labels):
            return labels[:, 0]
        labels = grown
