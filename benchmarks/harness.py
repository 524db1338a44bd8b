"""Measuring: CPU time, medians, ratios, and whether a promise was kept.

Times are CPU seconds of this process and the children it waited for, so that a busy machine changes them little;
comparisons are made within one run of one process, alternating, so that it changes them hardly at all.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

MARK = "figures: "
"""Begins the line on which a benchmark, run in a process of its own, hands its figures back."""


@dataclass(frozen=True)
class Figure:
    """One number that was measured, and its promise where there is one.

    *most* is the largest value that keeps the promise, *least* the smallest.  *note* says what was compared.
    """

    name: str
    number: float
    unit: str
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the number keeps its promise; true where nothing was promised."""
        return (self.most is None or self.number <= self.most) and (self.least is None or self.number >= self.least)

    @property
    def verdict(self) -> str:
        """``kept`` or ``MISSED``; empty where nothing was promised."""
        return ("kept" if self.kept else "MISSED") if self.promise else ""

    @property
    def promise(self) -> str:
        """The promise as it stands in the table."""
        if self.most is not None:
            return f"≤ {self.most:g}"
        return "" if self.least is None else f"≥ {self.least:g}"


def cpu() -> float:
    """CPU seconds used so far by this process, all its threads, and children that have been waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def nothing() -> None:
    """Do nothing."""


def seconds(action: Callable[[], Any], repeat: int = 7, warm: int = 1) -> float:
    """Median CPU seconds of *action*, after *warm* runs that do not count."""
    return medians([action], repeat, warm)[0]


def medians(
    actions: Iterable[Callable[[], Any]], repeat: int = 7, warm: int = 1, before: Callable[[], None] = nothing
) -> list[float]:
    """Median CPU seconds of each action, taken in turns so that what disturbs one disturbs all.

    *before* runs before each and does not count.
    """
    actions = list(actions)
    for _ in range(warm):
        for action in actions:
            action()
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(repeat):
        for action, taken in zip(actions, times, strict=True):
            before()
            gc.collect()
            start = cpu()
            action()
            taken.append(cpu() - start)
    return [statistics.median(taken) for taken in times]


def compared(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    rounds: int,
    warm: int = 1,
    before: Callable[[], None] = nothing,
) -> tuple[float, float]:
    """CPU seconds of both, taken in turns, who begins changing every round; of each the mean of its fastest third.

    What disturbs can only slow down: the fastest rounds differ by a hundredth where medians differ by three.
    """
    times: dict[Callable[[], Any], list[float]] = {ours: [], theirs: []}
    for turn in range(warm + rounds):
        for action in (ours, theirs) if turn % 2 else (theirs, ours):
            before()
            gc.collect()
            start = cpu()
            action()
            times[action].append(cpu() - start)
    fastest = [sorted(taken[warm:])[: max(rounds // 3, 1)] for taken in times.values()]
    return statistics.mean(fastest[0]), statistics.mean(fastest[1])


def forgetting(package: str) -> Callable[[], None]:
    """A function that empties all that functions of *package* keep of earlier calls, as in a process that begins.

    To be asked for before ``gc.freeze()``, which hides what it looks for.
    """
    caches = [thing for thing in gc.get_objects() if type(thing) is type(lru_cache(id))]
    own = [cache for cache in caches if cache.__module__.partition(".")[0] == package]

    def forget() -> None:
        for cache in own:
            cache.cache_clear()

    return forget


def settle(app: Any) -> None:
    """Let Qt paint what is due: it gathers updates for some milliseconds, which are slept through and cost nothing."""
    time.sleep(0.008)
    app.processEvents()


def report(figures: Iterable[Figure]) -> None:
    """Hand the figures to the process that started this one; read by people just as well."""
    sys.stdout.write(MARK + json.dumps([asdict(figure) for figure in figures]) + os.linesep)


def read(output: str) -> list[Figure]:
    """The figures that a benchmark's process reported."""
    lines = [line.removeprefix(MARK) for line in output.splitlines() if line.startswith(MARK)]
    return [Figure(**row) for line in lines for row in json.loads(line)]


def table(figures: Iterable[Figure]) -> str:
    """The figures as text in columns."""
    rows = [("what", "measured", "promised", "", "")]
    rows += [(f.name, f"{f.number:.4g} {f.unit}", f.promise, f.verdict, f.note) for f in figures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
