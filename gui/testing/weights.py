"""The weights of a node as pictures: filters, in color where they see color; matrices; and how values are spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.analysis import Report
from graph.layer import TRAINING, Layer
from graph.text import number, tr
from gui import theme
from gui.parts import mixed
from gui.pictures import fitted, image
from gui.plots.ticks import three
from gui.testing.grid import CELL, GAP, columns

LOW, HIGH = QColor("#2F7FD8"), QColor("#E8862E")
"""Colors of weights below and above 0, apart for every kind of sight."""
SPREAD, AIR, TALL = 196, 20, 132
"""Width of the histogram, the distance to it, and the height of a matrix."""
ROWS, ACROSS = 24, 48
"""Kernels of a matrix of kernels that are drawn."""


def with_weights(report: Report) -> list[str]:
    """Paths of the nodes that have weights of their own and are used outside training."""
    found = []
    for path, fact in report.leaves():
        layer = fact.layer
        if isinstance(layer, Layer) and layer.module and layer.when != TRAINING and fact.weights:
            found.append(path)
    return found


def in_color(kernels: np.ndarray) -> list[QImage]:
    """Filters ``(O, 3, h, w)`` as color pictures: grey is 0, each filter reaches as far as it goes."""
    most = np.abs(kernels).reshape(len(kernels), -1).max(1)[:, None, None, None]
    shares = np.divide(kernels, most, out=np.zeros_like(kernels), where=most > 0)
    return [image(one) for one in ((shares + 1) * 127.5).round().astype(np.uint8)]


def signed(planes: np.ndarray, most: float) -> QImage:
    """A plane ``(h, w)`` as a picture: 0 is the ground, up to *most* above and below in two colors; nan is nothing."""
    shares = np.nan_to_num(planes / most if most > 0 else planes * 0, nan=0.0).clip(-1, 1)
    places = np.where(np.isnan(planes), 255, ((shares + 1) * 127).round()).astype(np.uint8)
    places = np.ascontiguousarray(places)
    made = QImage(places.data, places.shape[1], places.shape[0], places.strides[0], QImage.Format.Format_Indexed8)
    made = made.copy()
    ground = theme.theme().color("bg0")
    ramp = [mixed(ground, HIGH if i > 127 else LOW, (abs(i - 127) / 127) ** 0.8).rgb() for i in range(255)]
    made.setColorTable([*ramp, theme.theme().color("bg1").rgb()])
    return made


def matrix(values: np.ndarray) -> np.ndarray:
    """Weights of any shape as one plane: kernels ``(O, I, h, w)`` stand in rows and columns, a line between them."""
    if values.ndim < 3:
        return np.atleast_2d(values)
    kernels = values.reshape(*values.shape[:2], -1, values.shape[-1])[:ROWS, :ACROSS]
    if kernels.shape[2:] == (1, 1):
        return values.reshape(values.shape[:2])
    n, m, h, w = kernels.shape
    made = np.full((n, m, h + 1, w + 1), np.nan, np.float32)
    made[:, :, :h, :w] = kernels
    return made.transpose(0, 2, 1, 3).reshape(n * (h + 1), m * (w + 1))[:-1, :-1]


class WeightsView(QWidget):
    """Paints the weights at the left and their histogram at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Mapping[str, Any] = {}
        self.filters: list[QImage] = []
        self.matrix = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)

    def show_weights(self, told: Mapping[str, Any], values: np.ndarray) -> None:
        """Show *values*, the beginning of the weights that the service has *told* about; none if empty."""
        self.told, self.filters, self.matrix = told, [], QImage()
        if told and values.ndim == 4 and values.shape[1] == 3 and values.shape[-1] > 1:
            self.filters = in_color(values)
        elif told and values.ndim == 4 and values.shape[1] == 1 and values.shape[-1] > 1:
            self.filters = [signed(one[0], float(np.abs(values).max())) for one in values]
        elif told and values.ndim > 1:
            self.matrix = signed(matrix(values), float(np.abs(values).max()))
        elif told:
            self.matrix = signed(np.atleast_2d(values), float(np.abs(values).max(initial=0.0)))
        self.updateGeometry()
        self.update()

    def _room(self, width: int) -> int:
        return max(CELL, width - SPREAD - AIR)

    def heightForWidth(self, width: int) -> int:
        if not self.filters:
            return TALL
        n = columns(len(self.filters), self._room(width))
        return max(TALL, -(-len(self.filters) // n) * (CELL + GAP) - GAP)

    def sizeHint(self) -> QSize:
        return QSize(8 * (CELL + GAP), TALL)

    def minimumSizeHint(self) -> QSize:
        return QSize(CELL, TALL)

    def _place(self, i: int) -> QRect:
        down, across = divmod(i, columns(len(self.filters), self._room(self.width())))
        return QRect(across * (CELL + GAP), down * (CELL + GAP), CELL, CELL)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.told:
            return
        painter = QPainter(self)
        painter.setPen(QPen(theme.theme().color("line2"), 1))
        for i, picture in enumerate(self.filters):
            inner = fitted(picture.size(), self._place(i))
            painter.drawImage(inner, picture)
            painter.drawRect(inner.adjusted(0, 0, -1, -1))
        if not self.matrix.isNull():
            self._paint_matrix(painter)
        self._paint_spread(painter, QRectF(self.width() - SPREAD, 0, SPREAD, TALL))

    def _paint_matrix(self, painter: QPainter) -> None:
        """As large as it fits, whole pixels where there is room; a vector as a band."""
        room = QRect(0, 0, self._room(self.width()), TALL)
        high, wide = self.matrix.height(), self.matrix.width()
        scale = min(room.width() / wide, room.height() / high)
        scale = float(int(scale)) if scale >= 1 else scale
        size = QRectF(0, 0, max(1.0, wide * min(scale, 24)), max(1.0, high * min(scale, 24)))
        if high == 1:
            size = QRectF(0, 0, room.width() if scale < 1 else size.width(), 24)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        painter.drawImage(size, self.matrix)
        painter.drawRect(size.adjusted(0, 0, -1, -1))

    def _paint_spread(self, painter: QPainter, room: QRectF) -> None:
        """The histogram, 0 marked; under it how far the values go, their mean and how they vary."""
        t, told = theme.theme(), self.told
        counts = np.asarray(told["counts"], float)
        box = room.adjusted(0, 0, 0, -52)
        low, high = float(told["low"] or 0.0), float(told["high"] or 0.0)
        span = high - low if high > low else 1.0
        step = box.width() / len(counts)
        for i, count in enumerate(counts / max(1.0, counts.max())):
            middle = low + (i + 0.5) * span / len(counts)
            bar = QRectF(box.left() + i * step, box.bottom() - count * box.height(), max(1.0, step - 1), 0)
            bar.setBottom(box.bottom())
            painter.fillRect(bar, HIGH if middle >= 0 else LOW)
        painter.setPen(QPen(t.color("line2"), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if low < 0 < high:
            x = box.left() - low / span * box.width()
            painter.setPen(QPen(t.color("t3"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(
                QRectF(x, box.top(), 0, box.height()).topLeft(), QRectF(x, box.top(), 0, box.height()).bottomLeft()
            )
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t3"))
        line = QRectF(room.left(), box.bottom() + 4, room.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, three(low))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, three(high))
        painter.setPen(t.color("t2"))
        text = tr("mean {mean}, deviation {std}", mean=three(float(told["mean"])), std=three(float(told["std"])))
        painter.drawText(line.translated(0, 20), Qt.AlignmentFlag.AlignLeft, text)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        hot = next((i for i in range(len(self.filters)) if self._place(i).contains(point)), -1)
        self.setToolTip(tr("filter {n}", n=number(hot + 1)) if hot >= 0 else "")
