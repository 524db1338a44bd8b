"""The receptive field of a node, drawn: the square that one of its values sees, and how it grew from layer to layer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.analysis import Report
from graph.growth import growth, rectangle
from graph.tensors import Tensor
from graph.text import tr
from gui import theme
from gui.explanation import Number
from gui.numbers import pixels
from gui.parts import column, label, row, within

SIDE = 140
STEPS = 4
"""So many steps of the growth are shown: the last ones."""

_DIGIT = Path(__file__).parent / "assets" / "digits.png"


class Square(QWidget):
    """The input image, and on it the pixels that a value in the middle of the map depends on."""

    clicked = Signal()

    def __init__(self, sizes: tuple[int, ...], channels: int, spans: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self._sizes, self._spans = sizes, spans
        self._picture = QImage(str(_DIGIT)) if channels == 1 and _DIGIT.exists() and sizes[0] <= 64 else QImage()
        self.setFixedSize(SIDE, SIDE)
        self.setObjectName("field-square")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tr("Show it large, on your own image"))
        self.setAccessibleName(self.toolTip())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        high, wide = self._sizes[-2:] if len(self._sizes) > 1 else (1, self._sizes[0])
        scale = (SIDE - 2) / max(high, wide)
        box = QRectF(0, 0, wide * scale, max(high * scale, 8.0))
        box.moveCenter(QRectF(self.rect()).center())
        painter.fillRect(box, Qt.GlobalColor.black if not self._picture.isNull() else t.color("bg0"))
        if not self._picture.isNull():
            painter.drawImage(box, self._picture)
        painter.setPen(QPen(t.color("acc" if self.hasFocus() else "line2"), 1))
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


class FieldPicture(QWidget):
    """The drawing with its words; a click on it, or Enter, asks for the large one."""

    opened = Signal()
    asked = Signal(str, QRect)
    """Somebody wants to know how a number comes about, which stands there on the screen."""

    def __init__(self, report: Report, path: str, spans: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        fact = report[path]
        found, image = fact.receptive_field, next(iter(report.inputs.values()))
        assert found is not None
        assert isinstance(image, Tensor)
        name = path.rpartition(".")[2].replace("_", "_\u200b")  # a long name may go on in the next line
        if found.size:
            size = pixels(found.size)
            shown = pixels(image.spatial)
            words = (
                tr("One value of {name} sees this part of the {n} values of the signal.", name=name, n=shown)
                if len(image.spatial) == 1
                else tr("One value of {name} sees this square of the {image} input.", name=name, image=shown)
            )
        else:
            size, words = tr("everything"), tr("Every value of {name} sees the whole input.", name=name)
        said = label(words, "sum", wrap=True)
        said.setMinimumWidth(1)  # one that cannot is cut, rather than the panel widened
        texts = column(label(tr("Receptive field"), "label"), self._number(size, "receptive_field", "title"), space=4)
        texts.addWidget(said)
        if found.size and found.stride:
            n = pixels(found.stride[-1:])
            step = tr("Step {n} values", n=n) if len(image.spatial) == 1 else tr("Step {n} px", n=n)
            texts.addWidget(self._number(step, "stride", "sum"))
        texts.addStretch(1)
        square = Square(image.spatial, image.channels, spans)
        square.clicked.connect(self.opened)
        line = row(square, texts, space=14)
        line.setStretchFactor(texts, 1)
        whole = column(line, space=14)
        steps = [(step.path, step.size) for step in growth(report, path) if any(step.added)][-STEPS:]
        if len(steps) > 1:
            whole.addWidget(Growth(steps))
        within(self, whole)

    def _number(self, text: str, quantity: str, role: str) -> Number:
        made = Number(text, role)
        made.setObjectName(f"ask-{quantity}")
        made.asked.connect(lambda: self.asked.emit(quantity, made.place()))
        return made


def picture(report: Report, path: str) -> FieldPicture | None:
    """The drawing for the node at *path*; None where it sees no image, or its outputs see different parts of it."""
    fact = report[path]
    if fact.leaving:
        return None
    image = next(iter(report.inputs.values()), None)
    if fact.receptive_field is None or not isinstance(image, Tensor) or not image.spatial:
        return None
    out = fact.output
    middle = tuple(n // 2 for n in out.spatial) if isinstance(out, Tensor) else ()
    spans = rectangle(report, path, middle, next(iter(report.inputs))) if out is not None else ()
    if not spans or len(spans) != len(image.spatial):
        return None
    return FieldPicture(report, path, spans)
