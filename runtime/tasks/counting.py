"""Which of a detector's boxes count: it answers with many, and most of them are unsure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from runtime.tasks import voc
from runtime.tasks.voc import Found

GRID = np.arange(1, 100) / 100
"""Thresholds that are tried: the places of the window's slider."""


def counting(one: Found, threshold: float, overlap: float | None = None) -> Found:
    """The boxes that count: surer than the *threshold*, and of two of a class that share more than *overlap* the surer
    one (greedy non-maximum suppression, Girshick and others, 2014); None: of these both."""
    from torchvision.ops import batched_nms

    kept = torch.nonzero(one["scores"] > threshold)[:, 0]
    if overlap is not None:
        boxes, scores, labels = (one[name][kept] for name in ("boxes", "scores", "labels"))
        kept = kept[batched_nms(boxes.float(), scores.float(), labels, overlap)]
    return {name: value[kept] for name, value in one.items()}


def balance(pairs: Sequence[tuple[Found, Found]]) -> float | None:
    """The threshold with the best F1, the harmonic mean of precision and recall over all boxes; None where nothing is
    found that is right.

    Each pair is what was found in an image, unsure boxes too, and what is right.  Source: van Rijsbergen, "Information
    retrieval", 1979; 2·hits / (boxes + objects).
    """
    marks: list[tuple[float, bool]] = []
    objects = 0
    for one, right in pairs:
        counts = ~right.get("difficult", torch.zeros(len(right["labels"]), dtype=torch.bool))
        objects += int(counts.sum())
        for label in one["labels"].unique().tolist():
            mine, theirs = one["labels"] == label, right["labels"] == label
            judged = voc.judged(one["boxes"][mine], one["scores"][mine], right["boxes"][theirs], ~counts[theirs])
            marks += [(score, flag == 1) for score, flag in judged if flag >= 0]
    if not any(hit for _, hit in marks):
        return None
    marks.sort()
    scores = np.array([score for score, _ in marks])
    first = np.searchsorted(scores, GRID, side="right")  # from here on boxes are surer than the threshold
    found = np.append(np.cumsum([hit for _, hit in reversed(marks)])[::-1], 0)[first]
    f1 = 2 * found / (len(scores) - first + objects)
    best = np.flatnonzero(f1 == f1.max())
    return float(GRID[best[len(best) // 2]])
