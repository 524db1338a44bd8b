"""Which sizes of images a network takes with the weights that it has: found by trying, beside the event loop.

A size is valid if analysis finds no error and as many weights as now: a dense layer behind a flatten fixes the size, a
global pooling frees it, and skips over poolings want multiples.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from graph.text import Message, say
from gui.background import in_background

if TYPE_CHECKING:
    from graph.analysis import Report

LONGEST_STEP = 64
LARGEST = 4
"""Valid up to so many times the size: then any larger size is."""
PATIENCE = 1.0
"""Seconds of trying, after which nothing is said."""
QUIET = 500
"""Milliseconds without an edit before it is tried."""
MOST_LAYERS = 400


class _Late(Exception):
    """It takes too long."""


def valid_sizes(report: Report, patience: float = PATIENCE) -> Message | None:
    """The sizes that *report*'s network takes, in words; None where there is no square image, or no time."""
    from graph import edit
    from graph.analysis import analyze
    from graph.layers.source import Input

    inputs = [node for node in report.network.nodes.values() if isinstance(node.layer, Input)]
    shape = inputs[0].layer.values["shape"] if len(inputs) == 1 else ()
    if len(shape) != 3 or shape[1] != shape[2] or any(f.error for f in report.facts.values()) or not report.parameters:
        return None
    name, channels, now = inputs[0].name, shape[0], shape[1]
    end = time.monotonic() + patience

    def valid(size: int) -> bool:
        if time.monotonic() > end:
            raise _Late
        if size < 1:
            return False
        network = edit.set_values(report.network, name, shape=(channels, size, size))
        found = analyze(network, report)
        return found.parameters == report.parameters and not any(f.error for f in found.facts.values())

    try:
        return _words(now, valid)
    except _Late:
        return None


def _words(now: int, valid: Callable[[int], bool]) -> Message:
    step = next((d for d in range(1, LONGEST_STEP + 1) if valid(now + d)), 0)
    if step > 1:
        return (
            say("multiples of {n}", n=step) if now % step == 0 else say("{n} px, and steps of {step}", n=now, step=step)
        )
    low = _edge(now, 1, valid)
    if step == 0:
        return say("{n} px", n=now) if low == now else say("{low} to {high} px", low=low, high=now)
    if valid(LARGEST * now):
        return say("from {n} px", n=low)
    return say("{low} to {high} px", low=low, high=_edge(now, LARGEST * now, valid))


def _edge(good: int, end: int, valid: Callable[[int], bool]) -> int:
    """The last valid size between *good*, which is valid, and *end*."""
    if valid(end):
        return end
    bad = end
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if valid(middle):
            good = middle
        else:
            bad = middle
    return good


class ValidInput(QObject):
    """Finds the valid sizes of what is drawn, a moment after the last edit that changed a fact."""

    found = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self._soon = QTimer(self, singleShot=True, interval=QUIET)
        self._soon.timeout.connect(self._try)

    def watch(self, report: Report | None) -> None:
        """Look at another network, or another state of it."""
        if report is not None and self._report is not None and _alike(report, self._report):
            return
        self._report = report
        self.found.emit("")
        self._soon.stop()
        if report is not None and 0 < sum(1 for _ in report.leaves()) <= MOST_LAYERS:
            self._soon.start()

    def _try(self) -> None:
        report = self._report
        if report is None:
            return

        def done(words: Message | None) -> None:
            if report is self._report:
                self.found.emit(str(words) if words else "")

        in_background(self, lambda: valid_sizes(report), done)


def _alike(a: Report, b: Report) -> bool:
    """Whether all facts are the same: nodes were only moved."""
    return (
        a.network.edges is b.network.edges
        and all(fact is b.facts.get(name) for name, fact in a.facts.items())
        and len(a.facts) == len(b.facts)
    )
