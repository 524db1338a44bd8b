"""Which values the numbers of a data set have, as bars; and numbers in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import number, tr
from gui import theme
from gui.data.facts import Facts

BINS, HIGH, HEAD, FOOT, GAP = 24, 64, 18, 16, 10
"""Bars of a number; pixels that the tallest is high; above for its name, below for its ends, and between two."""
MOST = 20
"""Numbers that are shown."""


def short(value: float) -> str:
    """A number in at most four digits: ``0.531``, ``27.3``, ``1 250``.

    >>> short(0.53124), short(27.25), short(-3.0)
    ('0.531', '27.2', '-3')
    """
    return number(round(value)) if abs(value) >= 1000 else f"{value:.3g}"


def in_short(values: Iterable[float]) -> str:
    """Numbers beside each other."""
    return ", ".join(short(float(value)) for value in values)


def named(names: Sequence[str], values: Iterable[float]) -> str:
    """Numbers below each other, each with its name."""
    return "\n".join(f"{name} {short(float(value))}" for name, value in zip(names, values, strict=True))


class Values(QWidget):
    """For each number how many images have which value."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, np.ndarray, np.ndarray]] = []
        """Name, how many images there are in each bar, and where the bars begin and end."""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def show_facts(self, facts: Facts | None) -> None:
        """Show the numbers of a data set."""
        pairs = list(zip(facts.numbers, facts.values, strict=False))[:MOST] if facts else []
        self.rows = [(name, *np.histogram(values, BINS)) for name, values in pairs]
        self.setAccessibleName(", ".join(name for name, *_ in self.rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, max(0, len(self.rows) * (HEAD + HIGH + FOOT + GAP) - GAP))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i in range(len(self.rows)):
            self._paint(painter, i, i * (HEAD + HIGH + FOOT + GAP))

    def _paint(self, painter: QPainter, i: int, top: int) -> None:
        t, (name, counts, edges) = theme.theme(), self.rows[i]
        painter.setFont(theme.font(theme.LABEL))
        painter.setPen(t.color("t2"))
        painter.drawText(QRect(0, top, self.width(), HEAD), Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("acc"))
        wide, most = self.width() / BINS, max(1, int(counts.max()))
        for k, n in enumerate(counts.tolist()):
            high = max(1.0, n / most * HIGH) if n else 0.0
            painter.drawRect(QRectF(k * wide + 0.5, top + HEAD + HIGH - high, wide - 1, high))
        painter.setBrush(t.color("line2"))
        painter.drawRect(QRectF(0, top + HEAD + HIGH, self.width(), 1))
        painter.setPen(t.color("t3"))
        painter.setFont(theme.font(theme.AXIS))
        foot = QRect(0, top + HEAD + HIGH + 2, self.width(), FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, short(edges[0]))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, short(edges[-1]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        i = int(event.position().y()) // (HEAD + HIGH + FOOT + GAP)
        k = int(event.position().x() / max(1, self.width()) * BINS)
        inside = 0 <= i < len(self.rows) and 0 <= k < BINS
        self.setToolTip(in_words(*self.rows[i], k) if inside else "")

    def leaveEvent(self, event: QEvent) -> None:
        self.setToolTip("")


def in_words(name: str, counts: np.ndarray, edges: np.ndarray, k: int) -> str:
    """A bar as a sentence."""
    return tr(
        "{name} from {low} to {high}: {n} of those to learn from",
        name=name,
        low=short(float(edges[k])),
        high=short(float(edges[k + 1])),
        n=int(counts[k]),
    )
