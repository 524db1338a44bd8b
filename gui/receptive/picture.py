"""The image, and on it the pixels that are seen: rectangles, and the heat of what really counts."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.text import tr
from gui import theme
from gui.parts import mixed
from gui.pictures import TINY
from gui.receptive.sight import Spans

ARROWS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
COOL, WARM = QColor("#B3204D"), QColor("#FFD166")
"""Colors of what counts little and much: on an image, so the same in every theme."""
FAR = 8
"""Positions that an arrow goes with Shift."""


class FieldPicture(QWidget):
    """Paints an image with rectangles; a click points at a pixel, arrows go on by one position."""

    pointed = Signal(object)
    """A pixel of the image, as fractions along its axes."""
    moved = Signal(int, int)
    """So many positions down and to the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(tr("The image; arrows move the value that is looked at"))
        self.size_shown: tuple[int, ...] = (1, 1)
        self.image = QImage()
        self.spans: Spans = ()
        self.inner: list[Spans] = []
        self.alone: Spans | None = None
        self._heat = QImage()

    def sizeHint(self) -> QSize:
        return QSize(560, 560)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    def show_spans(self, size: tuple[int, ...], spans: Spans, inner: list[Spans]) -> None:
        """The rectangle that is seen of an image of that size, and those of the layers on the way."""
        self.size_shown, self.spans, self.inner, self.alone = size, spans, inner, None
        self.update()

    def show_alone(self, spans: Spans | None) -> None:
        """Only the rectangle of one layer; None: all of them again."""
        self.alone = spans
        self.update()

    def show_image(self, image: QImage) -> None:
        """Another image; none if it is null."""
        self.image = image
        self.update()

    def show_heat(self, values: np.ndarray | None) -> None:
        """How much each pixel counts; None: nothing is known."""
        self._heat = QImage() if values is None else heat(values)
        self.update()

    def place(self) -> QRectF:
        """Where the image stands."""
        high, wide = _plane(self.size_shown)
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        scale = min(room.width() / wide, room.height() / high)
        if scale > 1 and max(high, wide) < TINY:  # every pixel as large as the next
            scale = float(int(scale))
        box = QRectF(0, 0, wide * scale, max(high * scale, 24.0))
        box.moveCenter(room.center())
        return box

    def box_of(self, spans: Spans) -> QRectF:
        """Where pixels stand."""
        box = self.place()
        high, wide = _plane(self.size_shown)
        (top, bottom), (left, right) = spans[-2:] if len(spans) > 1 else ((0, high - 1), spans[0])
        sx, sy = box.width() / wide, box.height() / high
        return QRectF(box.left() + left * sx, box.top() + top * sy, (right - left + 1) * sx, (bottom - top + 1) * sy)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter, box = theme.theme(), QPainter(self), self.place()
        painter.fillRect(box, QColor("black") if not self.image.isNull() else t.color("bg2"))
        smooth = max(self.image.width(), self.image.height()) >= TINY
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        if not self.image.isNull():
            painter.drawImage(box, self.image)
        if not self._heat.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(box, self._heat)
        painter.setPen(QPen(t.color("acc" if self.hasFocus() else "line2"), 1))
        painter.drawRect(box)
        self._paint_rectangles(painter)

    def _paint_rectangles(self, painter: QPainter) -> None:
        t = theme.theme()
        if self.alone is not None:
            if self.alone:
                self._rectangle(painter, self.alone, t.family("merge"), 2.0, 0.16)
            return
        for spans in self.inner[:-1]:
            if spans:
                self._rectangle(painter, spans, t.color("acc", 0.55), 1.0, 0.0)
        if self.spans:
            self._rectangle(painter, self.spans, t.color("acc"), 2.0, 0.14 if self._heat.isNull() else 0.0)

    def _rectangle(self, painter: QPainter, spans: Spans, color: QColor, wide: float, filled: float) -> None:
        inside = QColor(color)
        inside.setAlphaF(filled)
        rect = self.box_of(spans)
        painter.fillRect(rect, inside)
        if wide > 1:  # a thin dark edge around it, so that it shows on every image
            painter.setPen(QPen(QColor(0, 0, 0, 110), wide + 2))
            painter.drawRect(rect)
        painter.setPen(QPen(color, wide))
        painter.drawRect(rect)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point(event.position())

    def _point(self, at: QPointF) -> None:
        box, (high, wide) = self.place(), _plane(self.size_shown)
        y, x = (at.y() - box.top()) / box.height() * high - 0.5, (at.x() - box.left()) / box.width() * wide - 0.5
        if -1 <= x <= wide and -1 <= y <= high:
            self.pointed.emit((y, x) if len(self.size_shown) > 1 else (x,))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in ARROWS:
            super().keyPressEvent(event)
            return
        down, right = ARROWS[Qt.Key(event.key())]
        far = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.moved.emit(down * far, right * far)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)


def _plane(size: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of what is drawn: a signal is one row, of a volume the last two axes are shown."""
    return (size[-2], size[-1]) if len(size) > 1 else (1, size[0])


def heat(values: np.ndarray) -> QImage:
    """How much each pixel counts, as a transparent layer: the more, the warmer and the less transparent."""
    plane = values.reshape(-1, *values.shape[-2:]).sum(0) if values.ndim > 1 else values[None]
    most = float(np.quantile(plane[plane > 0], 0.995)) if (plane > 0).any() else 1.0
    shares = np.clip(np.sqrt(np.clip(plane, 0, None) / most), 0, 1)
    ramp = np.array([_rgba(mixed(COOL, WARM, i / 255), i) for i in range(256)], np.uint8)
    pixels = np.ascontiguousarray(ramp[(shares * 255).astype(np.uint8)])
    form = QImage.Format.Format_RGBA8888
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form).copy()


def _rgba(color: QColor, strength: int) -> tuple[int, int, int, int]:
    return color.red(), color.green(), color.blue(), round(strength * 0.86)
