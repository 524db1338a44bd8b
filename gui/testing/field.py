"""The receptive field of a position that one clicks, on the image one looks at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from graph.analysis import Report
from graph.text import tr
from gui import parts
from gui.numbers import pixels
from gui.plots.ticks import percent
from gui.receptive.sight import Sight, Spans, sight
from gui.testing.overlay import Mark, Overlay

SEEN, INNER = QColor("#FFE066"), QColor("#56B4E9")
"""Colors of the whole field and of those of the layers on the way: on an image, so the same in every theme."""
NESTED = 16
"""So many inner rectangles are drawn at most."""


def overlay_of(found: Sight) -> Overlay:
    """The pixels that the position sees, and those that the layers on the way to it see."""
    inner = range(max(len(found.steps) - NESTED, 0), len(found.steps) - 1)
    marks = [_mark(spans, INNER, 1.0, 0.0, 0.6) for i in inner if (spans := found.spans_of(i))]
    if found.spans:
        marks.append(_mark(found.spans, SEEN, 2.5, 0.16, 1.0))
    height, width = found.image[-2:]
    return Overlay((height, width), None, (), tuple(marks))


def _mark(spans: Spans, color: QColor, wide: float, filled: float, strength: float) -> Mark:
    (top, bottom), (left, right) = spans[-2:]
    return Mark(left, top, right + 1, bottom + 1, color, wide, filled, strength)


def words_of(found: Sight) -> str:
    """What the position sees, in a sentence."""
    if not found.spans:
        return tr("This value of {path} sees nothing of the image, only what was added around it.", path=found.path)
    place = tr("row {row}, column {column}", row=found.position[-2] + 1, column=found.position[-1] + 1)
    return tr(
        "{path}, {place}: it sees {size} pixels, {share} of the image. Click the image or a map to go on.",
        path=found.path,
        place=place,
        size=pixels(found.spans_size),
        share=percent(found.share),
    )


class FieldBar(QWidget):
    """Follows clicks on the image and on the maps."""

    overlaid = Signal(object)
    moved = Signal(object)
    """The position that is looked at; None where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.sight: Sight | None = None
        self._at: tuple[int, ...] | None = None
        self.note = parts.label(role="hint", wrap=True)
        self.note.setMinimumHeight(32)
        parts.within(self, parts.column(self.note))

    def show_node(self, report: Report | None, path: str) -> None:
        """Look at a node; the position stays where it can."""
        found = sight(report, path, self._at) if report is not None and path else None
        if found is None or len(found.map) != 2 or len(found.field.axes) != 2:
            self.sight = None
            self.note.setText(tr("Choose a node with maps below; of it, every value sees a part of the image."))
            self.moved.emit(None)
            return
        self.sight = found
        self.note.setText(words_of(found))
        self.moved.emit(found.position)
        self.overlaid.emit(overlay_of(found))

    def look_at(self, position: tuple[int, ...]) -> None:
        """Look at another position of the node's maps."""
        self._at = position
        if self.sight is not None:
            self.show_node(self.sight.report, self.sight.path)

    def point(self, x: float, y: float) -> None:
        """Look at the position around a pixel."""
        if self.sight is not None:
            self.look_at(self.sight.nearest((y - 0.5, x - 0.5)))
