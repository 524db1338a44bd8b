"""What is a mistake among the boxes that count.

An image is wrong where an object is missed, is taken for another class, or where a box lies in
vain: on nothing, or on an object that a surer box has met.  A box meets an object if the two share half of the area
that they cover together (IoU), as in Pascal VOC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from runtime.tasks.detection import Found, met
from runtime.tasks.task import cells


def confused(one: Found, right: Found, n: int, overlap: float = 0.5) -> Tensor:
    """Objects of an image (rows) by what they were taken for, ``(n + 1, n + 1)``; the last of either is nothing.

    The surest box comes first, and is taken for the object that it overlaps most, whatever its class, if it does so by
    *overlap* at least and no surer one was.  Difficult objects do not count, nor does what is taken for one.
    """
    from torchvision.ops import box_iou

    table = torch.zeros(n + 1, n + 1, dtype=torch.long)
    both = box_iou(one["boxes"].float(), right["boxes"].float()).tolist()
    hard = right.get("difficult", torch.zeros(len(right["labels"]), dtype=torch.bool)).tolist()
    labels, guesses = right["labels"].tolist(), one["labels"].tolist()
    missed = set(range(len(labels)))
    for j in one["scores"].argsort(descending=True, stable=True).tolist():
        met_by = [(both[j][i], i) for i in missed if both[j][i] >= overlap]
        if not met_by:
            table[n, guesses[j]] += 1
            continue
        i = max(met_by)[1]
        if not hard[i]:
            missed.remove(i)
            table[labels[i], guesses[j]] += 1
    for i in missed:
        table[labels[i], n] += not hard[i]
    return table


def errors(table: Tensor) -> tuple[int, int, int]:
    """Objects missed, objects taken for another class, and boxes in vain, of a table of :func:`confused`.

    >>> errors(torch.tensor([[5, 1, 2], [0, 3, 0], [4, 0, 0]]))
    (2, 1, 4)
    """
    inner = table[:-1, :-1]
    return int(table[:-1, -1].sum()), int(inner.sum() - inner.trace()), int(table[-1, :-1].sum())


def judged(
    found: Sequence[Found], right: Sequence[Found], n: int, files: Sequence[str], mistakes: int
) -> dict[str, Any]:
    """What boxes that count amount to: ``scores``, ``errors``, ``confusion``, ``cells`` and ``mistakes``.

    *errors* of each image are objects missed, objects taken for another class and boxes in vain; *scores* the share of
    its objects that were found, among these and what was found in vain; *confusion* ``(n + 1, n + 1)``, whose last row
    counts what was found where nothing is and whose last column what was missed; *cells* an array ``(P, 4)``: an image,
    a class, what it was taken for, and how often; *mistakes* the images with most errors.
    """
    tables = [confused(one, wanted, n) for one, wanted in zip(found, right, strict=True)]
    scores = [met(one, wanted) for one, wanted in zip(found, right, strict=True)]
    wrong = [errors(table) for table in tables]
    worst = sorted((i for i in range(len(wrong)) if sum(wrong[i])), key=lambda i: (-sum(wrong[i]), scores[i]))
    return {
        "scores": scores,
        "errors": [list(one) for one in wrong],
        "confusion": sum(tables, torch.zeros(n + 1, n + 1, dtype=torch.long)).tolist(),
        "cells": cells(tables),
        "mistakes": [
            {"index": i, "score": scores[i], "errors": list(wrong[i]), "file": files[i] if files else ""}
            for i in worst[:mistakes]
        ],
    }
