"""The feature maps of a node for the image one looks at, each map scaled by itself; or the weights of a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFrame, QSizePolicy, QWidget

from graph.analysis import Report
from graph.layer import TRAINING, Layer
from graph.tensors import Tensor
from graph.text import tr
from gui import parts, theme
from gui.chip import Chip
from gui.parts import mixed
from gui.pictures import fitted
from gui.testing.field import SEEN
from gui.testing.grid import CELL, GAP, columns
from gui.testing.weights import ACROSS, ROWS, WeightsView, with_weights

MOST = 64
"""Maps that are shown."""
BANDS = 192
"""Pixels that the bands of a signal take together, where each may be thick enough."""


def with_maps(report: Report, *, of_image: bool = False, axes: int = 2) -> list[str]:
    """Paths of the nodes that are modules of their own and give maps; only *of_image*, or of its regions, too.

    Maps have two *axes*; those of signals one.
    """
    found = [(path, fact.outputs) for path, fact in report.leaves() if _gives_maps(fact.layer, fact.outputs, axes)]
    return [path for path, outputs in found if not of_image or outputs[0].dims[0] == "N"]


def _gives_maps(layer: Any, outputs: tuple[Any, ...], axes: int) -> bool:
    if not isinstance(layer, Layer) or not layer.module or layer.when == TRAINING:
        return False
    return bool(outputs) and isinstance(outputs[0], Tensor) and len(outputs[0].spatial) == axes


def first_convolution(report: Report, paths: Sequence[str]) -> str:
    """The node among *paths* whose maps are worth the first look: what only prepares the image comes before it."""
    return next((path for path in paths if getattr(report[path].layer, "category", "") == "conv"), "")


def scaled(maps: np.ndarray) -> np.ndarray:
    """Maps ``(C, H, W)`` as bytes, each from its lowest to its highest value; an even one is black."""
    if not maps.size:
        return np.zeros(maps.shape, np.uint8)
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    flat = np.where(np.isfinite(flat), flat, 0.0)
    low = flat.min(axis=1, keepdims=True)
    span = flat.max(axis=1, keepdims=True) - low
    shares = np.divide(flat - low, span, out=np.zeros_like(flat), where=span > 0)
    return (shares * 255).astype(np.uint8).reshape(maps.shape)


def colors() -> list[int]:
    """The palette of a map: from the background over the color of convolutions to what stands out most."""
    t = theme.theme()
    low, middle, high = t.color("bg0"), t.family("conv"), QColor("#FFFFFF") if t.dark else QColor("#0B2B52")
    ramp = [mixed(low, middle, i / 170) if i < 170 else mixed(middle, high, (i - 170) / 85) for i in range(256)]
    return [color.rgb() for color in ramp]


class MapsView(QWidget):
    """Paints the maps in a grid, a click points at a value; those of signals as bands below each other."""

    pointed = Signal(object)
    """Row and column of a value."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[QImage] = []
        self.map: tuple[int, int] = (1, 1)
        """Height and width of the maps."""
        self.position: tuple[int, int] | None = None
        """The value that is marked on every map."""
        self.bands = 0
        """So many maps of a signal are drawn below each other, each a band along time."""
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)

    def show_maps(self, maps: np.ndarray, *, signal: bool = False) -> None:
        """Show maps ``(C, H, W)``, or those of a *signal* ``(C, 1, L)``."""
        palette, self.images = colors(), []
        self.map = (maps.shape[1], maps.shape[2])
        self.bands = len(maps[:MOST]) if signal else 0
        planes = scaled(maps[:MOST])
        for plane in planes.transpose(1, 0, 2) if self.bands else planes:
            plane = np.ascontiguousarray(plane)
            made = QImage(
                plane.data, plane.shape[1], plane.shape[0], plane.shape[1], QImage.Format.Format_Indexed8
            ).copy()
            made.setColorTable(palette)
            self.images.append(made)
        self.updateGeometry()
        self.update()

    def mark(self, position: tuple[int, ...] | None) -> None:
        """Mark a value on every map; None: none."""
        self.position = None if position is None else (position[-2], position[-1])
        self.update()

    def _inner(self, i: int) -> QRect:
        """Where a map stands."""
        return self._place(i) if self.bands else fitted(self.images[i].size(), self._place(i))

    def _place(self, i: int) -> QRect:
        if self.bands:
            return QRect(0, 0, self.width(), self.bands * self._band)
        n = columns(len(self.images), self.width())
        down, across = divmod(i, n)
        return QRect(across * (CELL + GAP), down * (CELL + GAP), CELL, CELL)

    @property
    def _band(self) -> int:
        """How high a band is: all together fill what a few rows of maps do."""
        return max(3, min(14, BANDS // max(1, self.bands)))

    def heightForWidth(self, width: int) -> int:
        if self.bands:
            return self.bands * self._band
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
            inner = self._inner(i)
            painter.drawImage(inner, picture)
            painter.drawRect(inner.adjusted(0, 0, -1, -1))
        if self.position is not None:
            self._paint_mark(painter, *self.position)

    def _paint_mark(self, painter: QPainter, row: int, column: int) -> None:
        high, wide = self.map
        for i in range(len(self.images)):
            inner = QRectF(self._inner(i))
            x, y = inner.width() / wide, inner.height() / high
            cell = QRectF(0, 0, max(4.0, x), max(4.0, y))
            cell.moveCenter(QPointF(inner.left() + (column + 0.5) * x, inner.top() + (row + 0.5) * y))
            for color, wider in ((QColor(0, 0, 0, 150), 3), (SEEN, 1.5)):
                painter.setPen(QPen(color, wider))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        for i in range(len(self.images)):
            inner = QRectF(self._inner(i))
            if event.button() == Qt.MouseButton.LeftButton and inner.contains(point) and not self.bands:
                y, x = (point.y() - inner.top()) / inner.height(), (point.x() - inner.left()) / inner.width()
                self.pointed.emit(
                    (min(self.map[0] - 1, int(y * self.map[0])), min(self.map[1] - 1, int(x * self.map[1])))
                )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        hot = next((i for i in range(len(self.images)) if self._place(i).contains(point)), -1)
        hot = min(point.y() // self._band, self.bands - 1) if self.bands and hot >= 0 else hot
        many = tr("map {n}", n=hot + 1) if self.bands else tr("map {n}: click a value to see what it sees", n=hot + 1)
        self.setToolTip(many if hot >= 0 else "")


class MapsCard(QFrame):
    """Choose a node, see its maps, or its weights."""

    wanted = Signal(str)
    chosen = Signal(str)
    """A node: another one, or the one that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._report: Report | None = None
        self.weighing = False
        """Whether weights are shown instead of maps."""
        self.choice = self._made("maps-node", tr("Node whose maps are shown"))
        self.keys = self._made("weights-key", tr("Which of the node's weights"))
        self.shape = parts.label(role="second")
        self.hint = parts.Elided(role="faint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.view, self.weights = MapsView(), WeightsView()
        chips = [Chip(tr("Feature maps")), Chip(tr("Weights"))]
        for weighing, chip in enumerate(chips):
            chip.setAutoExclusive(True)
            chip.setChecked(not weighing)
            chip.setObjectName("show-weights" if weighing else "show-maps")
            chip.clicked.connect(lambda _=False, weighing=bool(weighing): self.weigh(weighing))
        ways = parts.within(QWidget(), parts.row(*chips, space=4))
        head = parts.row(ways, self.choice, self.keys, self.shape, self.hint, space=12)
        head.setStretch(4, 1)
        parts.within(self, parts.column(head, self.view, self.weights, space=10, margin=(16, 10, 16, 12)))
        self.weigh(False)

    def _made(self, name: str, word: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(name)
        made.setAccessibleName(word)
        made.setToolTip(word)
        made.setMinimumWidth(110)
        made.activated.connect(lambda _: self._ask(other=made is self.choice))
        return made

    @property
    def node(self) -> str:
        """The node that is chosen."""
        return self.choice.currentText()

    @property
    def key(self) -> str:
        """Which of its weights are looked at; the largest if empty."""
        return self.keys.currentText()

    def weigh(self, on: bool) -> None:
        """Show the weights of nodes, or their maps."""
        self.weighing = on
        for widget, shown in ((self.view, not on), (self.weights, on), (self.keys, on)):
            widget.setVisible(shown)
        self._offer()
        self._ask(other=True)

    def _ask(self, *, other: bool) -> None:
        if other:
            self.keys.clear()
        if self.node:
            self.chosen.emit(self.node)
            self.wanted.emit(self.node)

    def show_nodes(self, report: Report | None) -> None:
        """Offer the nodes of another network; the one chosen before stays if it can."""
        self._report = report
        self._offer()
        self.setVisible(self.choice.count() > 0)

    def _offer(self) -> None:
        report, before = self._report, self.node
        paths: list[str] = []
        if report is not None:
            paths = with_weights(report) if self.weighing else with_maps(report) or with_maps(report, axes=1)
        self.choice.clear()
        self.choice.addItems(paths)
        first = first_convolution(report, paths) if report is not None else ""
        if wanted := before if before in paths else first:
            self.choice.setCurrentText(wanted)

    def show_maps(self, found: Any) -> None:
        """Show an array of maps, or the sentence why there is none."""
        if self.weighing:
            return
        if isinstance(found, str):
            self.hint.setText(found)
            self.view.show_maps(np.empty((0, 1, 1)))
            return
        signal = self._of_signal()
        self.shape.setText(" × ".join(map(str, found.shape[:: 2 if signal else 1])))
        more = tr("the first {n}, each scaled by itself", n=MOST)
        each = tr("a band for each map, time to the right") if signal else tr("each map scaled by itself")
        self.hint.setText(more if len(found) > MOST else each)
        self.view.show_maps(found, signal=signal)

    def _of_signal(self) -> bool:
        """Whether the maps of the chosen node run along time alone."""
        return self._report is not None and self.node in with_maps(self._report, axes=1)

    def show_weights(self, told: Any) -> None:
        """Show what the service told of weights, or the sentence why there are none."""
        if not self.weighing:
            return
        if isinstance(told, str):
            self.hint.setText(told)
            self.shape.setText("")
            self.weights.show_weights({}, np.empty(0))
            return
        self.keys.clear()
        self.keys.addItems([str(one["key"]) for one in told["keys"]])
        self.keys.setCurrentText(str(told["key"]))
        self.shape.setText(" × ".join(map(str, told["shape"])))
        values = np.load(told["values"], allow_pickle=False)
        self.weights.show_weights(told, values)
        self.hint.setText(self._how(values, told["shape"]))

    def _how(self, values: np.ndarray, shape: Sequence[int]) -> str:
        """How the picture is read."""
        if self.weights.filters and values.shape[1] == 3:
            return tr("filters in color, grey is 0")
        kernels = not self.weights.filters and values.ndim > 2 and values.shape[2:] != (1, 1)
        cut = values.size < np.prod(shape) or (kernels and (values.shape[0] > ROWS or values.shape[1] > ACROSS))
        part = tr("the beginning") if cut else ""
        return ", ".join(filter(None, (part, tr("blue below 0, orange above"))))
