"""The receptive field of a node, drawn: the square that one of its values sees, and how it grew from layer to layer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph import receptive
from graph.analysis import Report
from graph.tensors import Tensor
from graph.text import tr
from gui import theme
from gui.numbers import pixels
from gui.parts import column, label, row, within

SIDE = 140
STEPS = 4
"""So many steps of the growth are shown: the last ones."""

_DIGIT = Path(__file__).parent / "assets" / "digit.png"


class Square(QWidget):
    """The input image, and on it the pixels that a value in the middle of the map depends on."""

    def __init__(self, sizes: tuple[int, ...], channels: int, spans: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self._sizes, self._spans = sizes, spans
        self._picture = QImage(str(_DIGIT)) if channels == 1 and _DIGIT.exists() and sizes[0] <= 64 else QImage()
        self.setFixedSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        high, wide = self._sizes[-2:] if len(self._sizes) > 1 else (1, self._sizes[0])
        scale = (SIDE - 2) / max(high, wide)
        box = QRectF(0, 0, wide * scale, max(high * scale, 8.0))
        box.moveCenter(QRectF(self.rect()).center())
        painter.fillRect(box, Qt.GlobalColor.black if not self._picture.isNull() else t.color("bg0"))
        if not self._picture.isNull():
            painter.drawImage(box, self._picture)
        painter.setPen(QPen(t.color("line2"), 1))
        painter.drawRect(box)
        (top, bottom), (left, right) = self._spans if len(self._spans) > 1 else ((0, high - 1), self._spans[0])
        seen = QRectF(left * scale, top * scale, (right - left + 1) * scale, (bottom - top + 1) * scale)
        seen.translate(box.topLeft())
        painter.setPen(QPen(t.color("acc"), 2))
        painter.setBrush(t.color("acc", 0.22))
        painter.drawRect(seen.adjusted(1, 1, -1, -1).intersected(box))


class Growth(QWidget):
    """How the field grew: one piece per layer that made it larger, the last one in the accent."""

    def __init__(self, steps: list[tuple[str, tuple[int, ...]]]) -> None:
        super().__init__()
        self._steps = steps
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 44)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = self.width() / len(self._steps)
        for i, (name, size) in enumerate(self._steps):
            last = i == len(self._steps) - 1
            x = i * wide
            painter.fillRect(QRectF(x, 0, wide - (0 if last else 4), 4), t.color("acc" if last else "line2"))
            room = QRectF(x, 8, wide - 6, 18)
            painter.setPen(t.color("t1" if last else "t2"))
            painter.setFont(theme.font(theme.LABEL, theme.SEMIBOLD if last else theme.REGULAR))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, pixels(size))
            painter.setPen(t.color("t3"))
            painter.setFont(theme.font(theme.AXIS))
            short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(room.width()))
            painter.drawText(room.translated(0, 16), Qt.AlignmentFlag.AlignVCenter, short)


def picture(report: Report, path: str) -> QWidget | None:
    """The drawing for the node at *path*, or None where it sees no image."""
    fact = report[path]
    found, image = fact.receptive_field, next(iter(report.inputs.values()), None)
    if found is None or not isinstance(image, Tensor) or not image.spatial:
        return None
    out = fact.output
    middle = tuple(n // 2 for n in out.spatial) if isinstance(out, Tensor) else ()
    spans = receptive.sees(report, path, middle).get(next(iter(report.inputs))) if out is not None else None
    if not spans or len(spans) != len(image.spatial):
        return None
    name = path.rpartition(".")[2].replace("_", "_\u200b")  # a long name may go on in the next line
    if found.size:
        size = pixels(found.size)
        words = tr("One value of {name} sees this square of the {image} input.", name=name, image=pixels(image.spatial))
    else:
        size, words = tr("everything"), tr("Every value of {name} sees the whole input.", name=name)
    said = label(words, "sum", wrap=True)
    said.setMinimumWidth(1)  # one that cannot is cut, rather than the panel widened
    texts = column(label(tr("Receptive field"), "label"), label(size, "title"), said, space=4)
    if found.size and found.stride:
        texts.addWidget(label(tr("Step {n} px", n=pixels(found.stride[-1:])), "sum"))
    texts.addStretch(1)
    line = row(Square(image.spatial, image.channels, spans), texts, space=14)
    line.setStretchFactor(texts, 1)
    whole = column(line, space=14)
    steps = [(p, size) for p, size, *_ in receptive.chain(report, path) if size][-STEPS:]
    if len(steps) > 1:
        whole.addWidget(Growth(steps))
    return within(QWidget(), whole)
