"""Which sizes of images a network takes with the weights that it has: found by trying, beside the event loop.

A dense layer behind a flatten fixes the size, a global pooling frees it, and skips over poolings want multiples
(:func:`graph.sizes.input_sizes`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from graph.sizes import input_sizes
from graph.text import Message
from gui.background import in_background

if TYPE_CHECKING:
    from graph.analysis import Report

PATIENCE = 1.0
"""Seconds of trying, after which nothing is said."""
QUIET = 500
"""Milliseconds without an edit before it is tried."""
MOST_LAYERS = 400


def valid_sizes(report: Report, patience: float = PATIENCE) -> Message | None:
    """The sizes that *report*'s network takes, in words; None where it takes no image, or where there is no time."""
    if not report.parameters:
        return None
    end = time.monotonic() + patience
    found = input_sizes(report, lambda: time.monotonic() > end)
    return found.message if found is not None else None


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
