"""What a detector found in a part of the data, counted again where other boxes count: the network runs once for it.

recount   ``model``, ``data``?, ``part``?, ``threshold``, ``overlap``, ``mistakes`` = 24 -> threshold, overlap, scores,
          errors [[missed, of another class, in vain]] (of every image), confusion (rows: truth; the last is nothing),
          cells: .npy (P, 4), mistakes [{index, score, errors, file}], images: .npy (n, C, H, W) and boxes of these
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from graph.errors import CanevasError
from runtime.answering import listed
from runtime.data.dataset import DataSet
from runtime.infer import boxes, judging
from runtime.infer.trained import Trained
from runtime.shelf import Shelf
from runtime.tasks.counting import counting
from runtime.tasks.detection import Found, right_of

Progress = Callable[..., None]


def recount(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Count again, with another threshold or another overlap of two boxes."""
    model, data, part = shelf.asked_part(asked, progress)
    if model.task != "detection":
        raise CanevasError("Only what a detector finds can be counted again, not {task}.", task=model.task)
    threshold, overlap = float(asked["threshold"]), float(asked["overlap"])
    samples = data.parts[part]
    found = [counting(one, threshold, overlap) for one in _every(shelf, model, data, part, progress)]
    told = judging.judged(
        found,
        list(right_of(samples.targets)),
        len(model.classes) or len(data.classes),
        samples.files,
        int(asked.get("mistakes", 24)),
    )
    worst = [m["index"] for m in told["mistakes"]]
    return {
        **told,
        "threshold": threshold,
        "overlap": overlap,
        "cells": shelf.array(told["cells"]),
        "images": shelf.array(samples.images[torch.tensor(worst, dtype=torch.long)].numpy()),
        "boxes": [listed(found[i]) for i in worst],
    }


def _every(shelf: Shelf, model: Trained, data: DataSet, part: str, progress: Progress) -> list[Found]:
    """Every box in the images of the part, unsure ones and those that say it twice too."""
    known = shelf.counted
    if known is None or known[0] is not model or known[1] is not data or known[2] != part:
        shelf.counted = known = (model, data, part, boxes.unsure(model, data.parts[part].images, progress=progress))
    return known[3]
