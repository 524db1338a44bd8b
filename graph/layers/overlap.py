"""Losses that measure how far a mask and the network's own cover each other, class by class over the whole batch."""

from __future__ import annotations

from typing import Any

from graph.layer import kind
from graph.layers.loss import Comparison, ignored_value, share_value
from graph.values import value

OVERLAP = "segmentation overlap recouvrement mask masque perte"


class Overlap(Comparison):
    """What losses of overlap share: scores of classes against class indices."""

    task = "segmentation"
    module = "runtime.modules"


def _smooth() -> Any:
    help = "Added above and below the line of the fraction, so that a class that is nowhere gives no error."
    return value(1.0, low=0.0, high=1e6, label="Smoothing", help=help)


@kind
class DiceLoss(Overlap):
    """One minus twice the common part over the sum of both: small objects count as much as large ones."""

    formula = "1 − mean_c (2 Σ p y + s) / (Σ p + Σ y + s)"
    source = "Milletari, Navab and Ahmadi, 2016"
    words = OVERLAP + " f1 sørensen"

    smooth: float = _smooth()
    ignore_index: int | None = ignored_value()
    share: float = share_value()


@kind
class JaccardLoss(Overlap):
    """One minus the common part over all that either covers: the measure by which masks are judged, made smooth."""

    formula = "1 − mean_c (Σ p y + s) / (Σ p + Σ y − Σ p y + s)"
    source = "Rahman and Wang, 2016"
    words = OVERLAP + " iou intersection union"

    smooth: float = _smooth()
    ignore_index: int | None = ignored_value()
    share: float = share_value()


@kind
class TverskyLoss(Overlap):
    """A Dice loss that says what is worse: to mark too much, or to miss something."""

    formula = "1 − mean_c (Σ p y + s) / (Σ p y + α Σ p (1 − y) + β Σ (1 − p) y + s)"
    source = "Salehi, Erdogmus and Gholipour, 2017"
    words = OVERLAP + " dice precision recall rappel"

    alpha: float = value(0.3, low=0.0, high=100.0, label="Too much", help="The weight of what is marked wrongly.")
    beta: float = value(0.7, low=0.0, high=100.0, label="Missed", help="The weight of what is missed.")
    smooth: float = _smooth()
    ignore_index: int | None = ignored_value()
    share: float = share_value()


@kind
class LovaszLoss(Overlap):
    """The Jaccard measure itself, extended to probabilities by sorting the errors of all pixels."""

    formula = "mean_c Σᵢ e_(i) (J(1..i) − J(1..i − 1)), e sorted downwards"
    source = "Berman, Triki and Blaschko, 2018"
    words = OVERLAP + " lovász jaccard iou softmax"

    ignore_index: int | None = ignored_value()
    share: float = share_value()
