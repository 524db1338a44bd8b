"""Average precision as Pascal VOC measures it, with objects that are too difficult to count.

Source: Everingham and others, "The Pascal visual object classes challenge: a retrospective", 2015, and the development
kit's ``VOCevaldet``; boxes are measured in continuous pixels, without the 1 that the kit adds to each side.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Found = dict[str, Tensor]
OVERLAP = 0.5
"""How much of both a box and its object must share, by what they cover together."""


def precisions(found: Sequence[tuple[Found, Found]], classes: int) -> list[tuple[float, float] | None]:
    """Of each class its average precision: over all recalls (since 2010), and over eleven (2007).

    Each pair is what was found in an image and what is right; there ``difficult`` says which objects do not count. None
    where there is no object that counts.
    """
    return [_of_class(found, label) for label in range(classes)]


def _of_class(found: Sequence[tuple[Found, Found]], label: int) -> tuple[float, float] | None:
    marks: list[tuple[float, int]] = []
    objects = 0
    for answer, right in found:
        mine, theirs = answer["labels"] == label, right["labels"] == label
        hard = right.get("difficult", torch.zeros(len(right["labels"]), dtype=torch.bool))[theirs]
        objects += int((~hard).sum())
        marks += judged(answer["boxes"][mine], answer["scores"][mine], right["boxes"][theirs], hard)
    if not objects:
        return None
    marks.sort(key=lambda mark: -mark[0])
    flags = torch.tensor([flag for _, flag in marks if flag >= 0], dtype=torch.float64)
    hits = flags.cumsum(0)
    recall, precision = hits / objects, hits / torch.arange(1, len(flags) + 1)
    return over_all(recall, precision), over_eleven(recall, precision)


def judged(boxes: Tensor, scores: Tensor, wanted: Tensor, hard: Tensor) -> list[tuple[float, int]]:
    """Of each box in an image its score, and 1 for a hit, 0 for a box in vain, -1 for one on a difficult object.

    A box belongs to the object that it overlaps most; of several on one object only the surest is a hit.
    """
    from torchvision.ops import box_iou

    if not len(boxes) or not len(wanted):
        return [(score, 0) for score in scores.tolist()]
    most, which = box_iou(boxes.float(), wanted.float()).max(1)
    order = scores.argsort(descending=True, stable=True)
    rows = zip(scores[order].tolist(), most[order].tolist(), which[order].tolist(), strict=True)
    difficult, taken, found = hard.tolist(), set[int](), []
    for score, overlap, best in rows:
        flag = 0
        if overlap >= OVERLAP:
            flag = -1 if difficult[best] else int(best not in taken)
            taken.add(best)
        found.append((score, flag))
    return found


def over_all(recall: Tensor, precision: Tensor) -> float:
    """The area under the curve whose precision at a recall is the best at that recall or beyond.

    >>> over_all(torch.tensor([0.5, 0.5, 1.0]), torch.tensor([1.0, 0.5, 0.75]))
    0.875
    """
    if not len(recall):
        return 0.0
    best = precision.flip(0).cummax(0).values.flip(0)
    steps = torch.cat((recall[:1], recall.diff()))
    return float((steps * best).sum())


def over_eleven(recall: Tensor, precision: Tensor) -> float:
    """The mean of the best precisions at a recall of 0, 0.1, ... 1 or beyond."""
    there = (precision[recall >= at / 10 - 1e-12] for at in range(11))
    return sum(float(values.max()) if len(values) else 0.0 for values in there) / 11


def mean(found: Sequence[tuple[Found, Found]], classes: int) -> dict[str, float]:
    """``voc`` and ``voc07``: the means over the classes of which there are objects."""
    known = [pair for pair in precisions(found, classes) if pair is not None]
    n = max(len(known), 1)
    return {"voc": sum(all_ for all_, _ in known) / n, "voc07": sum(eleven for _, eleven in known) / n}
