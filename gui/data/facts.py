"""What is known of a data set, and whether a network goes together with it.  No Qt, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph import problems
from graph.analysis import Report
from graph.circumstances import Circumstances
from graph.problems import Problem

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class FileProblem:
    """A file that could not be taken as it is, and what is done about it."""

    file: str
    message: str


@dataclass(frozen=True)
class Facts:
    """What the service found in a data set.

    *shape*: channels, height and width of its images as they are, channels and length of its signals; *counts*: images
    per class, by part; *sizes*: how many images have each height and width; *format* and *task* as the runtime names
    them.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    counts: Mapping[str, tuple[int, ...]]
    sizes: tuple[tuple[tuple[int, ...], int], ...] = ()
    problems: tuple[FileProblem, ...] = ()
    format: str = ""
    task: str = "classification"
    sums: Mapping[str, int] = field(default_factory=dict)
    objects: tuple[tuple[int, int], ...] = ()
    """Height and width of some objects in the images, where masks tell."""
    memory: int = 0
    gpu: int = 0
    numbers: tuple[str, ...] = ()
    """What the numbers are called that are to be foretold of each image."""
    values: tuple[tuple[float, ...], ...] = ()
    """Of each number what it is in the images to learn from."""
    boxes: tuple[tuple[int, int], ...] = ()
    """Height and width of some objects in the images, where boxes tell."""

    def around(self, batch: int = 1) -> Circumstances:
        """What they and the machine ask of a network that takes *batch* images at once."""
        return Circumstances(
            self.name,
            self.task,
            self.shape,
            len(self.classes),
            self.images("train"),
            self.objects,
            self.memory,
            self.gpu,
            batch,
            len(self.numbers),
        )

    @property
    def signals(self) -> bool:
        """Whether these are signals, not images."""
        return len(self.shape) == 2

    @property
    def total(self) -> int:
        """All images."""
        return sum(self.images(part) for part in self.counts)

    def images(self, part: str) -> int:
        """Images in a part; with masks, one image counts for several classes."""
        return self.sums.get(part, sum(self.counts.get(part, ())))


def facts_of(answer: Mapping[str, Any], name: str) -> Facts:
    """The facts in the service's answer."""
    shape = tuple(int(n) for n in answer["shape"])
    return Facts(
        name,
        str(answer.get("source", name)),
        tuple(map(str, answer["classes"])),
        shape,
        {part: tuple(_numbers(answer["counts"][part])) for part in PARTS if part in answer["counts"]},
        tuple(_sizes(answer.get("sizes"))),
        tuple(FileProblem(str(p.get("file", "")), str(p.get("message", ""))) for p in answer.get("problems", ())),
        str(answer.get("format", "")),
        str(answer.get("task", "classification")),
        {str(part): int(n) for part, n in (answer.get("images") or {}).items()},
        tuple((int(h), int(w)) for h, w in answer.get("objects") or ()),
        int((answer.get("machine") or {}).get("memory", 0)),
        int((answer.get("machine") or {}).get("gpu", 0)),
        tuple(map(str, answer.get("numbers") or ())),
        tuple(_columns(answer.get("values"))),
        tuple((int(h), int(w)) for h, w in answer.get("boxes") or ()),
    )


def _columns(file: Any) -> Iterator[tuple[float, ...]]:
    """The columns of the table that the service wrote; none where there is no such file any more."""
    try:
        yield from (tuple(column) for column in np.load(file, allow_pickle=False).T.tolist()) if file else ()
    except (OSError, ValueError):
        return


def _numbers(raw: Any) -> Iterator[int]:
    yield from (int(n) for n in (raw.values() if isinstance(raw, Mapping) else raw))


def _sizes(raw: Any) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sizes as the service tells them: a list of ``{size: [h, w], count}`` (of signals ``[length]``) or of
    ``[h, w, count]``."""
    for item in raw or ():
        if isinstance(item, Mapping):
            size, n = item["size"], item.get("count", item.get("images", 0))
        else:
            *size, n = item
        yield tuple(int(side) for side in size), int(n)


def misfits(report: Report, facts: Facts) -> tuple[Problem, ...]:
    """Everything in which a network and the data differ; errors keep training from beginning, hints do not."""
    return problems.misfits(report, facts.around())
