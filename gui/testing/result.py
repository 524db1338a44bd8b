"""What a test found, as plain values, and the questions that the room asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from graph.errors import InvalidValue
from graph.text import tr
from gui.data.values import short
from gui.plots.ticks import percent, three
from runtime.data.preprocessing import Preprocessing

NO_CELLS = np.empty((0, 4), np.int32)


@dataclass(frozen=True, eq=False)
class Result:
    """What a test of any task found.

    Rows of *confusion* are the truth, columns the answers; *scores* say of each sample how sure the network was, or how
    well it met what is right.  *mistakes* are indices, the worst first.
    """

    part: str
    classes: tuple[str, ...]
    confusion: np.ndarray
    scores: np.ndarray
    mistakes: tuple[int, ...]
    files: Mapping[int, str]
    metrics: Mapping[str, float]
    signals: bool = field(default=False, kw_only=True)
    """Whether these are signals, not images."""

    @property
    def images(self) -> int:
        """How many there were."""
        return len(self.scores)

    @property
    def wrong(self) -> int:
        """How many were answered wrongly."""
        return len(self.all_mistakes())

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """The measures to show in large: a word and a number for each."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...]:
        """What the rows and columns of the matrix are called."""
        return self.classes

    def cell(self, truth: int, answer: int) -> list[int]:
        """Indices of the samples that a cell of the matrix counts, those of which it counts most first."""
        return []

    def all_mistakes(self) -> list[int]:
        """Indices of everything that was answered wrongly, the worst first."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class ClassResult(Result):
    """Of each sample the class and the answer too."""

    labels: np.ndarray
    answers: np.ndarray

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """Accuracy, among the first five where there are more classes, and how surprised the network was."""
        five = ((tr("among the first 5"), percent(self.metrics["top5"])),) if len(self.classes) > 5 else ()
        return (
            (tr("accuracy"), percent(self.metrics["accuracy"])),
            *five,
            (tr("cross entropy"), three(self.metrics["cross_entropy"])),
        )

    def cell(self, truth: int, answer: int) -> list[int]:
        """Indices of the samples of class *truth* that were taken for *answer*, the surest first."""
        found = np.flatnonzero((self.labels == truth) & (self.answers == answer))
        return [int(i) for i in found[np.argsort(-self.scores[found], kind="stable")]]

    def all_mistakes(self) -> list[int]:
        """Indices of everything that was answered wrongly, the surest first."""
        found = np.flatnonzero(self.labels != self.answers)
        return [int(i) for i in found[np.argsort(-self.scores[found], kind="stable")]]


@dataclass(frozen=True, eq=False)
class MaskResult(Result):
    """Pixels were classed: *scores* are the mean index of each image, *iou* that of each class."""

    iou: tuple[float | None, ...]
    cells: np.ndarray = field(default_factory=lambda: NO_CELLS)
    """Rows of an image, a class, what it was taken for, and how often."""

    def cell(self, truth: int, answer: int) -> list[int]:
        """Indices of the images in which pixels of class *truth* were taken for *answer*."""
        return most_of(self.cells, truth, answer)

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """Mean intersection over union, Dice, and the share of pixels that are right."""
        return (
            (tr("mean IoU"), percent(self.metrics["miou"])),
            (tr("Dice"), percent(self.metrics["dice"])),
            (tr("pixels right"), percent(self.metrics["accuracy"])),
        )

    def all_mistakes(self) -> list[int]:
        """Indices of the images whose masks are met by less than half, the worst first."""
        return [int(i) for i in np.argsort(self.scores, kind="stable") if self.scores[i] < 0.5]


@dataclass(frozen=True, eq=False)
class BoxResult(Result):
    """Objects were looked for: *ap50* is the precision of each class.  Which boxes count is decided by how sure they
    are (*threshold*) and how much two of a class may share (*overlap*); *scores* say of each image how many objects
    were found, *errors* ``(n, 3)`` how many were missed, how many taken for another class, and how many boxes are in
    vain.
    """

    ap50: tuple[float | None, ...]
    errors: np.ndarray
    threshold: float
    overlap: float
    cells: np.ndarray = field(default_factory=lambda: NO_CELLS)
    """Rows of an image, a class, what it was taken for, and how often; the last class is nothing."""

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, and nothing: what was missed, or found where nothing is."""
        return (*self.classes, tr("nothing"))

    def cell(self, truth: int, answer: int) -> list[int]:
        """Indices of the images in which objects of class *truth* were taken for *answer*."""
        return most_of(self.cells, truth, answer)

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """Average precision at half overlap, over stricter ones, and as Pascal VOC measures it."""
        found = ((tr("mAP@.5"), percent(self.metrics["map50"])), (tr("mAP"), percent(self.metrics["map"])))
        return (*found, (tr("VOC"), percent(self.metrics["voc"]))) if "voc" in self.metrics else found

    def all_mistakes(self) -> list[int]:
        """Indices of the images with an error, those with most first."""
        many = self.errors.sum(axis=1)
        return [int(i) for i in np.lexsort((self.scores, -many)) if many[i]]

    def recounted(self, answer: Mapping[str, Any]) -> BoxResult:
        """The same where other boxes count, as the service says."""
        return replace(self, **_counted(answer), **_listed(answer))


@dataclass(frozen=True, eq=False)
class NumberResult(Result):
    """Numbers were foretold: *right* and *answers* of every sample ``(n, K)``; *scores* by how many standard deviations
    each was missed."""

    numbers: tuple[str, ...]
    right: np.ndarray
    answers: np.ndarray

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """The share of the variance that is explained, and two means of the errors."""
        return (
            ("R²", f"{self.metrics['r2']:.3f}"),
            (tr("mean error"), short(self.metrics["mae"])),
            (tr("root of the mean square"), short(self.metrics["rmse"])),
        )

    def all_mistakes(self) -> list[int]:
        """Indices of the images that were missed by more than a standard deviation, the worst first."""
        return [int(i) for i in np.argsort(-self.scores, kind="stable") if self.scores[i] > 1.0]


def most_of(cells: np.ndarray, truth: int, answer: int) -> list[int]:
    """The images that a cell counts, those of which it counts most first."""
    found = cells[(cells[:, 1] == truth) & (cells[:, 2] == answer)]
    return [int(i) for i in found[np.argsort(-found[:, 3], kind="stable"), 0]]


def result_of(answer: Mapping[str, Any]) -> Result:
    """The result in the service's answer."""
    given = {
        "part": str(answer["part"]),
        "classes": tuple(map(str, answer["classes"])),
        **_listed(answer),
        "metrics": {k: float("nan") if v is None else float(v) for k, v in answer["metrics"].items()},
        "signals": len((answer.get("preprocessing") or {}).get("size", ())) == 1,
    }
    if answer.get("task") == "segmentation":
        return MaskResult(**given, iou=tuple(answer["iou"]), cells=_cells(answer))
    if answer.get("task") == "detection":
        return BoxResult(**given, **_counted(answer), ap50=tuple(answer["ap50"]))
    if answer.get("task") == "regression":
        names = tuple(map(str, answer["numbers"]))
        right, answers = (np.asarray(answer[key], float).reshape(-1, len(names)) for key in ("right", "answers"))
        return NumberResult(**given, numbers=names, right=right, answers=answers)
    return ClassResult(
        **given, labels=np.asarray(answer["labels"], np.int64), answers=np.asarray(answer["answers"], np.int64)
    )


def _listed(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What every test tells of each sample, and of the mistakes."""
    return {
        "confusion": np.asarray(answer.get("confusion", ()), np.int64),
        "scores": np.asarray(answer["scores"], float),
        "mistakes": tuple(int(m["index"]) for m in answer["mistakes"]),
        "files": {int(m["index"]): str(m.get("file", "")) for m in answer["mistakes"]},
    }


def _counted(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What depends on which boxes count."""
    return {
        "errors": np.asarray(answer["errors"], np.int64).reshape(-1, 3),
        "threshold": float(answer["threshold"]),
        "overlap": float(answer["overlap"]),
        "cells": _cells(answer),
    }


def _cells(answer: Mapping[str, Any]) -> np.ndarray:
    return np.load(answer["cells"], allow_pickle=False) if answer.get("cells") else NO_CELLS


def shares(confusion: np.ndarray) -> np.ndarray:
    """Each number of the matrix as a share of its row; a class without images has shares of 0."""
    sums = confusion.sum(axis=1, keepdims=True)
    return np.divide(confusion, sums, out=np.zeros(confusion.shape), where=sums > 0)


def preprocessing_in_words(raw: Mapping[str, Any] | None) -> str:
    """What is done to an image before the network sees it, in a sentence; empty if nobody says."""
    try:
        told = Preprocessing.from_dict(raw)
    except InvalidValue:
        return ""
    return told.in_words()
