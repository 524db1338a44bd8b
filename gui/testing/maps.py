"""The feature maps of a node for the image one looks at: one picture, each map scaled by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFrame, QSizePolicy, QWidget

from graph.analysis import Report
from graph.layer import TRAINING, Layer
from graph.tensors import Tensor
from graph.text import tr
from gui import parts, theme
from gui.parts import mixed

MOST = 64
"""Maps that are shown."""
CELL, GAP = 44, 4


def with_maps(report: Report) -> list[str]:
    """Paths of the nodes that are modules of their own and give maps."""
    return [path for path, fact in report.leaves() if _gives_maps(fact.layer, fact.outputs)]


def _gives_maps(layer: Any, outputs: tuple[Any, ...]) -> bool:
    if not isinstance(layer, Layer) or not layer.module or layer.when == TRAINING:
        return False
    return bool(outputs) and isinstance(outputs[0], Tensor) and len(outputs[0].spatial) == 2


def scaled(maps: np.ndarray) -> np.ndarray:
    """Maps ``(C, H, W)`` as bytes, each from its lowest to its highest value; an even one is black."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    flat = np.where(np.isfinite(flat), flat, 0.0)
    low = flat.min(axis=1, keepdims=True)
    span = flat.max(axis=1, keepdims=True) - low
    shares = np.divide(flat - low, span, out=np.zeros_like(flat), where=span > 0)
    return (shares * 255).astype(np.uint8).reshape(maps.shape)


def columns(count: int, width: int) -> int:
    """How many maps stand side by side: all of them if they fit, else a number that fills the rows evenly.

    >>> columns(8, 900), columns(64, 900), columns(32, 400)
    (8, 16, 8)
    """
    fit = max(1, (width + GAP) // (CELL + GAP))
    if count <= fit:
        return max(1, count)
    return next((n for n in range(fit, fit // 2, -1) if count % n == 0), fit)


def colors() -> list[int]:
    """The palette of a map: from the background over the color of convolutions to what stands out most."""
    t = theme.theme()
    low, middle, high = t.color("bg0"), t.family("conv"), QColor("#FFFFFF") if t.dark else QColor("#0B2B52")
    ramp = [mixed(low, middle, i / 170) if i < 170 else mixed(middle, high, (i - 170) / 85) for i in range(256)]
    return [color.rgb() for color in ramp]


class MapsView(QWidget):
    """Paints the maps in a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[QImage] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)

    def show_maps(self, maps: np.ndarray) -> None:
        """Show maps ``(C, H, W)``."""
        palette, self.images = colors(), []
        for plane in scaled(maps[:MOST]):
            plane = np.ascontiguousarray(plane)
            made = QImage(
                plane.data, plane.shape[1], plane.shape[0], plane.shape[1], QImage.Format.Format_Indexed8
            ).copy()
            made.setColorTable(palette)
            self.images.append(made)
        self.updateGeometry()
        self.update()

    def _place(self, i: int) -> QRect:
        n = columns(len(self.images), self.width())
        down, across = divmod(i, n)
        return QRect(across * (CELL + GAP), down * (CELL + GAP), CELL, CELL)

    def heightForWidth(self, width: int) -> int:
        n = columns(len(self.images), width)
        return max(CELL, -(-len(self.images) // n) * (CELL + GAP) - GAP)

    def sizeHint(self) -> QSize:
        return QSize(8 * (CELL + GAP), CELL)

    def minimumSizeHint(self) -> QSize:
        return QSize(CELL, CELL)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.theme().color("line2"), 1))
        for i, picture in enumerate(self.images):
            place = self._place(i)
            size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            inner = QRect(place.topLeft(), size)
            inner.moveCenter(place.center())
            painter.drawImage(inner, picture)
            painter.drawRect(inner.adjusted(0, 0, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        hot = next((i for i in range(len(self.images)) if self._place(i).contains(point)), -1)
        self.setToolTip(tr("map {n}", n=hot + 1) if hot >= 0 else "")


class MapsCard(QFrame):
    """Choose a node, see its maps."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.choice = QComboBox()
        self.choice.setObjectName("maps-node")
        self.choice.setAccessibleName(tr("Node whose maps are shown"))
        self.choice.setMinimumWidth(110)
        self.choice.activated.connect(lambda _: self.wanted.emit(self.choice.currentText()))
        self.shape = parts.label(role="second")
        self.hint = parts.Elided(role="faint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.view = MapsView()
        head = parts.row(parts.label(tr("Feature maps"), "strong"), self.choice, self.shape, self.hint, space=12)
        head.setStretch(3, 1)
        parts.within(self, parts.column(head, self.view, space=10, margin=(16, 10, 16, 12)))

    @property
    def node(self) -> str:
        """The node that is chosen."""
        return self.choice.currentText()

    def show_nodes(self, paths: list[str]) -> None:
        """Offer other nodes; the one chosen before stays if it can."""
        before = self.node
        self.choice.clear()
        self.choice.addItems(paths)
        if before in paths:
            self.choice.setCurrentText(before)
        self.setVisible(bool(paths))

    def show_maps(self, found: Any) -> None:
        """Show an array of maps, or the sentence why there is none."""
        if isinstance(found, str):
            self.hint.setText(found)
            self.view.show_maps(np.empty((0, 1, 1)))
            return
        self.shape.setText(" × ".join(map(str, found.shape)))
        more = tr("the first {n}, each scaled by itself", n=MOST)
        self.hint.setText(more if len(found) > MOST else tr("each map scaled by itself"))
        if found.ndim == 3:
            self.view.show_maps(found)
