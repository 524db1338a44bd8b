"""One image in large, and how sure the network is of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from graph.text import tr
from gui import parts, theme
from gui.boxes import Object
from gui.data.values import short
from gui.legend import SIDE, colors_of, paint_swatch
from gui.plots.ticks import percent
from gui.testing.well import Well

ROW, NAME, VALUE = 26, 104, 56
MOST = 12
"""Objects that are listed."""


class Bars(QWidget):
    """The likeliest classes with a bar each; the right one, where it is known, is marked."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[tuple[str, float], ...] = ()
        self.right = ""
        self.colors: Mapping[str, QColor | None] = {}
        """The color of each class on masks, where these are shown."""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_rows(
        self, rows: Sequence[tuple[str, float]], right: str = "", colors: Mapping[str, QColor | None] | None = None
    ) -> None:
        """Classes and their scores, the likeliest first; *right* is the class it is."""
        self.rows, self.right, self.colors = tuple(rows), right, colors or {}
        self.setAccessibleName(", ".join(f"{name} {percent(score)}" for name, score in self.rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, ROW * max(1, len(self.rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = Qt.AlignmentFlag.AlignVCenter
        for i, (name, score) in enumerate(self.rows):
            row = QRect(0, i * ROW, self.width(), ROW)
            painter.setFont(theme.font(theme.BODY, theme.REGULAR if i else theme.SEMIBOLD))
            painter.setPen(t.color("t2" if i else "t1"))
            left = 0
            if name in self.colors:
                left = SIDE + 8
                painter.save()
                paint_swatch(painter, QRectF(0, row.center().y() - SIDE / 2 + 1, SIDE, SIDE), self.colors[name])
                painter.restore()
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, NAME - 12 - left)
            painter.drawText(row.adjusted(left, 0, NAME - self.width(), 0), middle, shown)
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, percent(score))
            room = QRectF(NAME, row.top() + ROW / 2 - 3.5, self.width() - NAME - VALUE, 7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3"))
            painter.drawRoundedRect(room, 3, 3)
            color = t.color("ok") if name == self.right else t.color("err" if self.right and i == 0 else "acc")
            painter.setBrush(color)
            room.setWidth(max(2.0, room.width() * min(1.0, score)))
            painter.drawRoundedRect(room, 3, 3)


@dataclass(frozen=True, eq=False)
class Shown:
    """An image to look at: *large* as it is, *seen* as the network sees it (may be the same), and what was said.

    *right* is its class where that is known; *error* why nothing was said.
    """

    name: str
    large: QImage
    seen: QImage
    classes: tuple[tuple[str, float], ...] = ()
    right: str = ""
    error: str = ""
    layers: tuple[tuple[str, QImage], ...] = ()
    """Other ways to look at it, by a word each: the answer over the image, what is right, the image alone."""
    objects: tuple[Object, ...] | None = None
    """Every box that was found in it, unsure ones too; None where no objects are looked for."""
    truth: tuple[Object, ...] = ()
    size: str = ""
    """How large it is, where that is not the size of its picture."""
    numbers: tuple[tuple[str, float, float | None], ...] = ()
    """The numbers that were foretold: what each is called, what was said, and what is right where that is known."""


def verdict(shown: Shown) -> tuple[str, str]:
    """A word about the answer and its role: right, wrong, or nothing where the class is not known."""
    if shown.error:
        return shown.error, "error"
    if shown.numbers:
        return numbers_in_words(shown), "plain"
    if not shown.right or not shown.classes:
        return "", ""
    if shown.classes[0][0] == shown.right:
        return tr("right: it is {label}", label=shown.right), "ok"
    return tr("wrong: it is {label}", label=shown.right), "error"


def numbers_in_words(shown: Shown) -> str:
    """A line for each number that was foretold, beside it what is right."""
    lines = []
    for name, said, right in shown.numbers:
        told = tr("{name}: {said}", name=name, said=short(said))
        known = tr("{name}: {said}, right is {right}", name=name, said=short(said), right=short(right or 0.0))
        lines.append(told if right is None else known)
    return "\n".join(lines)


class AnswerCard(QFrame):
    """What the network says: the likeliest classes, and how the image looked to it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.verdict = parts.label(role="ok", wrap=True)
        self.bars = Bars()
        self.none = parts.label(tr("Nothing is surer than the threshold."), "faint", wrap=True)
        self.none.hide()
        self.seen = Well(84)
        self.seen.setFixedSize(84, 84)
        self.how = parts.label(role="hint", wrap=True)
        self.how.setMinimumWidth(120)
        beside = parts.row(
            self.seen,
            parts.column(parts.label(tr("As the network sees it"), "label"), self.how, None, space=4),
            space=12,
        )
        beside.setStretch(1, 1)
        head = parts.row(parts.label(tr("Answer"), "strong"), None)
        parts.within(self, parts.column(head, self.verdict, self.bars, self.none, 4, beside, None, space=10, margin=16))

    def show_objects(self, found: Sequence[Object]) -> None:
        """List the objects that count now, the surest first."""
        self.bars.show_rows([(one.name, one.score) for one in found[:MOST]])
        self.bars.setVisible(bool(found))
        self.none.setVisible(not found)

    def show_answer(self, shown: Shown | None, how: str, classes: Sequence[str] = ()) -> None:
        """Show what was said of an image; *how* images are prepared; *classes* are those of masks, by number."""
        if shown is None or shown.objects is None:
            self.bars.show_rows(shown.classes if shown else (), shown.right if shown else "", colors_of(classes))
            self.bars.setVisible(shown is None or not shown.numbers)
            self.none.hide()
        self.seen.show_picture(shown.seen if shown else QImage())
        self.how.setText(how)
        text, role = verdict(shown) if shown else ("", "")
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))
        parts.role(self.verdict, role or "ok")
