"""How precise answers are when more and more of them are believed: precision over recall, and the area under it.

Source: Everingham and others, "The Pascal visual object classes challenge: a retrospective", 2015 (all points); Lin and
others, "Microsoft COCO: common objects in context", 2014 (101 points).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from runtime.metrics import rounded
from runtime.tasks.detection import Found, hits

SHOWN = 200
"""Points of a curve that are told at most: as many as anybody sees."""
RECALLS = torch.linspace(0, 1, 101).double().numpy()
"""The recalls of COCO, rounded as torchmetrics has them, so that both give the same number."""
MOST = 100
"""Boxes of a class in one image that count, the surest, as COCO has it."""


class Curve(NamedTuple):
    """For falling *thresholds* the precision and recall of what is at least as sure, each ``(P,)``; *objects* is how
    many there were to be found."""

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    objects: int

    @property
    def envelope(self) -> np.ndarray:
        """The best precision at this recall or a larger one, ``(P,)``."""
        return np.maximum.accumulate(self.precision[::-1])[::-1]

    @property
    def all_points(self) -> float:
        """Average precision of VOC since 2010: the area under the envelope."""
        return float((np.diff(self.recall, prepend=0.0) * self.envelope).sum())

    @property
    def coco(self) -> float:
        """Average precision of COCO: the mean of the envelope at the recalls 0, 0.01 ... 1."""
        at = np.searchsorted(self.recall, RECALLS, side="left")
        return float(np.append(self.envelope, 0.0)[np.minimum(at, len(self.recall))].mean())

    @property
    def step(self) -> float:
        """Average precision of a ranking: the precision at each answer that is right, averaged over all objects."""
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())


def curve(scores: np.ndarray, right: np.ndarray, objects: int, *, together: bool = False) -> Curve:
    """The curve of answers, of each how sure it was and whether it was *right*; *objects* could have been found.

    Where the same score stands several times, its answers come one after the other, as in COCO, or *together*: no
    threshold can part them.
    """
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(right[order].astype(np.int64))
    answers = np.arange(1, len(scores) + 1)
    if together and len(scores):
        last = np.append(scores[1:] != scores[:-1], True)
        scores, found, answers = scores[last], found[last], answers[last]
    return Curve(scores, found / answers, found / max(objects, 1), objects)


def of_boxes(pairs: Iterable[tuple[Found, Found]], classes: int, overlap: float = 0.5) -> list[Curve]:
    """The curve of each class: boxes by their scores, right if they are the first to meet an object by *overlap*.

    Each pair is what was found in an image, unsure boxes too, and what is right.  Objects that are ``difficult`` are
    not asked for, and boxes that lie on one count neither for nor against.
    """
    told: list[list[tuple[float, bool]]] = [[] for _ in range(classes)]
    objects = [0] * classes
    for one, right in pairs:
        for label in set(one["labels"].tolist()) | set(right["labels"].tolist()):
            mine, theirs = one["labels"] == label, right["labels"] == label
            hard = right.get("difficult", torch.zeros_like(theirs))[theirs]
            objects[label] += int((~hard).sum())
            sure = one["scores"][mine].argsort(descending=True, stable=True)[:MOST]
            boxes, scores = one["boxes"][mine][sure], one["scores"][mine][sure]
            marks = hits(boxes, scores, right["boxes"][theirs][~hard], overlap)
            spared = _within(boxes, right["boxes"][theirs][hard], overlap)
            told[label] += [mark for mark, on_hard in zip(marks, spared, strict=True) if mark[1] or not on_hard]
    return [
        curve(np.array([s for s, _ in mine], float), np.array([hit for _, hit in mine], bool), n)
        for mine, n in zip(told, objects, strict=True)
    ]


def _within(found: Tensor, hard: Tensor, overlap: float) -> list[bool]:
    """Of each box whether so much of it lies on a difficult object: COCO measures what is called a crowd like this."""
    shared = (torch.minimum(found[:, None, 2:], hard[:, 2:]) - torch.maximum(found[:, None, :2], hard[:, :2])).clamp(0)
    both, area = shared.prod(2), (found[:, 2:] - found[:, :2]).prod(1)
    return ((both > 0) & (both >= overlap * area[:, None])).any(1).tolist()


def of_classes(scores: Tensor, labels: Tensor) -> list[Curve]:
    """The curve of each class against the rest, from probabilities ``(N, classes)`` and the right classes ``(N,)``."""
    sure = scores.double().cpu().numpy()
    right = labels.cpu().numpy()
    return [
        curve(sure[:, label], right == label, int((right == label).sum()), together=True)
        for label in range(sure.shape[1])
    ]


def told(curves: Sequence[Curve], names: Sequence[str], *, boxes: bool) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Curves in words, and the points of all of them, ``(P, 3)``: threshold, precision, recall.

    ``[{label, index, objects, points, ap, ap101?}]``: *points* of the array belong to each, in this order; a class of
    which there is nothing is left out.
    """
    said, parts = [], [np.empty((0, 3), np.float32)]
    for index, (name, one) in enumerate(zip(names, curves, strict=True)):
        if not one.objects:
            continue
        points = np.stack((one.thresholds, one.precision, one.recall), 1)[some(one)].astype(np.float32)
        area = {"ap": rounded(one.all_points), "ap101": rounded(one.coco)} if boxes else {"ap": rounded(one.step)}
        said.append({"label": name, "index": index, "objects": one.objects, "points": len(points), **area})
        parts.append(points)
    return said, np.concatenate(parts)


def some(one: Curve) -> np.ndarray:
    """Places of :data:`SHOWN` points at most, evenly spread along recall and along the answers; both ends are among
    them."""
    n = len(one.thresholds)
    if n <= SHOWN:
        return np.arange(n)
    even = np.linspace(0, n - 1, SHOWN // 2).round().astype(np.int64)
    along = np.searchsorted(one.recall, np.linspace(0, one.recall[-1], SHOWN // 2)).clip(0, n - 1)
    return np.unique(np.concatenate((even, along)))
