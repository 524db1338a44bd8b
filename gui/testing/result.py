"""What a test found, as plain values, and the questions that the room asks of it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.errors import InvalidValue
from graph.text import tr
from runtime.data.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class Result:
    """The measures on a part of the data, and of each of its samples the class, the answer, and how sure it was.

    Rows of *confusion* are the truth, columns the answers.  *mistakes* are indices, the surest ones first.
    """

    part: str
    classes: tuple[str, ...]
    accuracy: float
    top5: float
    loss: float
    confusion: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    scores: np.ndarray
    mistakes: tuple[int, ...]
    files: Mapping[int, str]

    @property
    def images(self) -> int:
        """How many there were."""
        return len(self.labels)

    @property
    def wrong(self) -> int:
        """How many were answered wrongly."""
        return int((self.labels != self.answers).sum())

    def cell(self, truth: int, answer: int) -> list[int]:
        """Indices of the samples of class *truth* that were taken for *answer*, the surest first."""
        found = np.flatnonzero((self.labels == truth) & (self.answers == answer))
        return [int(i) for i in found[np.argsort(-self.scores[found], kind="stable")]]

    def all_mistakes(self) -> list[int]:
        """Indices of everything that was answered wrongly, the surest first."""
        found = np.flatnonzero(self.labels != self.answers)
        return [int(i) for i in found[np.argsort(-self.scores[found], kind="stable")]]


def result_of(answer: Mapping[str, Any]) -> Result:
    """The result in the service's answer."""
    metrics = answer["metrics"]
    return Result(
        str(answer["part"]),
        tuple(map(str, answer["classes"])),
        float(metrics["accuracy"]),
        float(metrics["top5"]),
        float("nan") if metrics["loss"] is None else float(metrics["loss"]),
        np.asarray(answer["confusion"], np.int64),
        np.asarray(answer["labels"], np.int64),
        np.asarray(answer["answers"], np.int64),
        np.asarray(answer["scores"], float),
        tuple(int(m["index"]) for m in answer["mistakes"]),
        {int(m["index"]): str(m.get("file", "")) for m in answer["mistakes"]},
    )


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
    how = tr("its middle cut out") if told.fit == "crop" else tr("its sides stretched")
    return tr(
        "Brought to {size} pixels ({how}, {interpolation}), {channels}; then less {mean}, divided by {std}.",
        size=" × ".join(map(str, told.size)),
        how=how,
        interpolation=told.interpolation,
        channels=tr("in grey") if told.channels == 1 else tr("in color"),
        mean=_three(told.mean),
        std=_three(told.std),
    )


def _three(numbers: tuple[float, ...]) -> str:
    return " / ".join(f"{n:.3f}" for n in numbers[:3])
