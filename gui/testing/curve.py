"""Precision over recall of a class, as the service tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gui.plots.curves import Series


@dataclass(frozen=True, eq=False)
class Curve:
    """The curve of a class: *points* ``(P, 3)`` are thresholds, precisions and recalls, the surest answers first.

    *ap* is the area under it; *ap101* is COCO's mean over 101 recalls, None where boxes are not asked for.
    """

    label: str
    objects: int
    ap: float
    points: np.ndarray
    series: Series
    ap101: float | None = None

    def at(self, recall: float) -> tuple[float, float, float] | None:
        """Threshold, precision and recall of the point nearest to a recall; None where nothing was found."""
        if not len(self.points):
            return None
        threshold, precision, found = self.points[np.abs(self.points[:, 2] - recall).argmin()]
        return float(threshold), float(precision), float(found)


def curves_of(answer: Mapping[str, Any]) -> tuple[Curve, ...]:
    """The curves in the service's answer to a test; none where the task has none."""
    if not answer.get("curves"):
        return ()
    points = np.load(answer["points"], allow_pickle=False)
    found, at = [], 0
    for one in answer["curves"]:
        mine = points[at : at + int(one["points"])].astype(float)
        at += int(one["points"])
        series = Series()
        series.extend(mine[:, 2], mine[:, 1])
        area, coco = float(one["ap"] or 0.0), one.get("ap101")
        found.append(Curve(str(one["label"]), int(one["objects"]), area, mine, series, coco))
    return tuple(found)
