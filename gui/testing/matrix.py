"""The confusion matrix, painted: numbers written, shade is the share of the row; a click lists a cell's pictures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import number, tr, tr_count
from gui import theme
from gui.contrast import readable
from gui.parts import mixed
from gui.plots.ticks import percent
from gui.testing.result import ClassResult, MaskResult, Result, shares

GAP, HEAD = 3, 22
SMALLEST, LARGEST, WIDEST = 22, 44, 72
"""Sides of a cell in pixels, and how wide one may be where there are few: names and large counts have room then."""
INKS = ("#FFFFFF", "#000000")
"""Of these two, one has a contrast of 4.5:1 on every shade there can be; of the theme's own texts none always has."""
NAME = 84
"""The widest name of a class at the left."""


def side(width: int, n: int) -> int:
    """The side of a cell, for *n* classes in *width* pixels; below the smallest the matrix scrolls."""
    return max(SMALLEST, min(LARGEST, (width - GAP * n) // max(1, n)))


def fitting(count: int, metrics: QFontMetrics, width: float) -> str:
    """A count as exact as there is room for: ``1 129``, ``1.1K``, ``1K``."""
    found = [number(count)]
    for unit, size in (("K", 1e3), ("M", 1e6), ("G", 1e9)):
        if count >= size:
            found[1:] = [f"{count / size:.1f}{unit}", f"{count / size:.0f}{unit}"]
    return next((text for text in found if metrics.horizontalAdvance(text) <= width), found[-1])


class Matrix(QWidget):
    """Rows are the truth, columns the answers."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.result: Result | None = None
        self._at: tuple[int, int] | None = None
        self._hot: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Confusion matrix"))

    def show_result(self, result: Result | None) -> None:
        """Show another result."""
        self.result, self._at, self._hot = result, None, None
        self.updateGeometry()
        self.update()

    @property
    def n(self) -> int:
        """Number of classes."""
        return len(self.result.names) if self.result else 0

    @property
    def left(self) -> int:
        """Where the cells begin."""
        if self.result is None:
            return 0
        metrics = QFontMetrics(theme.font(theme.LABEL))
        return min(NAME, max((metrics.horizontalAdvance(c) for c in self.result.names), default=0)) + 10

    @property
    def side(self) -> int:
        """Side of a cell."""
        return side(self.width() - self.left, self.n)

    @property
    def wide(self) -> int:
        """Width of a cell."""
        return max(self.side, min(WIDEST, (self.width() - self.left) // max(1, self.n) - GAP))

    def heightForWidth(self, width: int) -> int:
        return HEAD + self.n * (side(width - self.left, self.n) + GAP)

    def sizeHint(self) -> QSize:
        return QSize(self.left + self.n * (SMALLEST + GAP), HEAD + self.n * (SMALLEST + GAP))

    minimumSizeHint = sizeHint

    def place(self, truth: int, answer: int) -> QRect:
        """Where a cell stands."""
        step = self.side + GAP
        return QRect(self.left + answer * (self.wide + GAP), HEAD + truth * step, self.wide, self.side)

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """The cell under *point*: truth and answer."""
        step = self.side + GAP
        answer, truth = (point.x() - self.left) // (self.wide + GAP), (point.y() - HEAD) // step
        inside = point.x() >= self.left and point.y() >= HEAD and truth < self.n and answer < self.n
        return (truth, answer) if inside else None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.result is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        part = shares(self.result.confusion)
        for i, name in enumerate(self.result.names):
            self._name(painter, i, name)
        for truth in range(self.n):
            if self.place(truth, 0).bottom() < event.rect().top() or self.place(truth, 0).top() > event.rect().bottom():
                continue
            for answer in range(self.n):
                self._cell(painter, truth, answer, float(part[truth, answer]))

    def _name(self, painter: QPainter, i: int, name: str) -> None:
        t = theme.theme()
        painter.setPen(t.color("t2"))
        across, down = self.place(0, i), self.place(i, 0)
        painter.setFont(theme.font(theme.AXIS))
        short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, across.width() + GAP)
        if short != name and self.result is not None and i == len(self.result.classes):
            short = "∅"  # nothing, where the word has no room
        painter.drawText(QRect(across.left() - 2, 0, across.width() + 4, HEAD - 4), Qt.AlignmentFlag.AlignCenter, short)
        painter.setFont(theme.font(theme.LABEL))
        painter.setPen(t.color("t1"))
        room = QRect(0, down.top(), self.left - 8, down.height())
        short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, short)

    def _cell(self, painter: QPainter, truth: int, answer: int, share: float) -> None:
        assert self.result is not None
        t, room = theme.theme(), QRectF(self.place(truth, answer)).adjusted(0.5, 0.5, -0.5, -0.5)
        count = int(self.result.confusion[truth, answer])
        strong = t.color("ok" if truth == answer else "err")
        body = mixed(t.color("bg2"), strong, (0.12 + 0.88 * share) if count else 0.0)
        lively = (truth, answer) in (self._hot, self._at)
        painter.setPen(QPen(t.color("acc" if lively else "line"), 2 if lively else 1))
        painter.setBrush(body)
        painter.drawRoundedRect(room, 4, 4)
        long = len(str(count)) > 3 and self.side < 32
        painter.setFont(theme.font(9 if long else theme.AXIS, theme.SEMIBOLD if count else theme.REGULAR))
        painter.setPen(readable(body, *map(t.color, INKS)) if count else t.color("t3"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, fitting(count, painter.fontMetrics(), room.width() - 4))

    def in_words(self, truth: int, answer: int) -> str:
        """A cell as a sentence."""
        assert self.result is not None
        count = int(self.result.confusion[truth, answer])
        share = percent(float(shares(self.result.confusion)[truth, answer]))
        if not isinstance(self.result, ClassResult):
            return self._of_parts(truth, answer, count, share)
        what = tr_count("{n} of class {truth}", "{n} of class {truth}", count, truth=self._class(truth))
        return tr("{what} answered {answer}: {share} of the class", what=what, answer=self._class(answer), share=share)

    def _of_parts(self, truth: int, answer: int, count: int, share: str) -> str:
        """The same where pixels or objects are counted."""
        assert self.result is not None
        images = len(self.result.cell(truth, answer))
        where = tr_count("in {n} image", "in {n} images", images)
        told = {"truth": self._class(truth), "answer": self._class(answer), "where": where, "share": share}
        if isinstance(self.result, MaskResult):
            return tr_count(
                "{n} pixel of {truth} answered {answer} {where}: {share} of the class",
                "{n} pixels of {truth} answered {answer} {where}: {share} of the class",
                count,
                **told,
            )
        if truth == len(self.result.classes):
            return tr_count(
                "{n} box of {answer} where nothing is, {where}",
                "{n} boxes of {answer} where nothing is, {where}",
                count,
                **told,
            )
        if answer == len(self.result.classes):
            return tr_count(
                "{n} object of class {truth} missed {where}: {share} of the class",
                "{n} objects of class {truth} missed {where}: {share} of the class",
                count,
                **told,
            )
        return tr_count(
            "{n} object of class {truth} found as {answer} {where}: {share} of the class",
            "{n} objects of class {truth} found as {answer} {where}: {share} of the class",
            count,
            **told,
        )

    def _class(self, i: int) -> str:
        assert self.result is not None
        return self.result.names[i]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hot = self.cell_at(event.position().toPoint())
        if hot != self._hot:
            self._hot = hot
            self.setToolTip(self.in_words(*hot) if hot else "")
            self.setCursor(Qt.CursorShape.PointingHandCursor if hot else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hot = None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and found:
            self.choose(*found)

    def choose(self, truth: int, answer: int) -> None:
        """Choose a cell, as a click does."""
        self._at = (truth, answer)
        self.update()
        self.chosen.emit(truth, answer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
        }
        if event.key() in moves and self.n:
            down, across = moves[Qt.Key(event.key())]
            truth, answer = self._at or (0, 0)
            self.choose(max(0, min(self.n - 1, truth + down)), max(0, min(self.n - 1, answer + across)))
        else:
            super().keyPressEvent(event)
