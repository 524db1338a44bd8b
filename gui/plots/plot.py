"""A plot as a card: title, last value, curves that grow, one crosshair for all plots of a :class:`Plots` group.

Imported late: pyqtgraph takes a fifth of a second that the first paint should not wait for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from graph.text import tr
from gui import parts, theme
from gui.chip import Chip
from gui.plots.curves import Series
from gui.plots.ticks import Ticks, log_ticks, ticks
from gui.plots.tip import Tip, TipRow

SHARE = 0.01
"""The part of a processor that redrawing may take: the dearer a repaint, the rarer it is."""
HEAD = 34
"""Height of the line with the title."""
FASTEST, SLOWEST = 100, 2000
"""Milliseconds between two repaints, at least and at most."""


def pause(cost: float) -> int:
    """Milliseconds to wait after a repaint that took *cost* seconds of processor time.

    >>> pause(0.001), pause(0.01), pause(1.0)
    (100, 1000, 2000)
    """
    return int(min(SLOWEST, max(FASTEST, cost / SHARE * 1000)))


@dataclass(frozen=True, eq=False)
class Line:
    """One curve: its numbers and how they are drawn.

    *word* stands in the tip (no row there when empty); *smoothed* lines follow the slider; *noisy* ones are thinned out
    to their extremes, calm ones to every so many points; *fits*: the vertical axis makes room for it; *divide* turns
    steps into the unit of the horizontal axis.
    """

    series: Series
    color: str
    word: str = ""
    width: float = 1.25
    alpha: float = 1.0
    dots: bool = False
    dotted: bool = False
    smoothed: bool = False
    noisy: bool = False
    fits: bool = True
    divide: float = 1.0


@dataclass(frozen=True)
class Style:
    """What distinguishes one plot from another: texts of its values, its ticks, and how far its axis goes."""

    write: Callable[[float], str]
    ticks: Callable[[float, float, int], Ticks] = ticks
    floor: float | None = None
    ceiling: float | None = None


class _View(pg.GraphicsLayoutWidget):
    """The drawing area; counts the processor time that its painting takes."""

    def __init__(self) -> None:
        super().__init__()
        self.cost = 0.0
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.setMinimumHeight(80)

    def paintEvent(self, event: QPaintEvent) -> None:
        started = time.process_time()
        super().paintEvent(event)
        self.cost += time.process_time() - started

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.parent().everything.emit()


class Plot(QFrame):
    """A card with one quantity over the course of training."""

    everything = Signal()
    hovered = Signal(object)

    def __init__(self, title: str, style: Style, *, can_log: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.style_ = style
        self.lines: tuple[Line, ...] = ()
        self.weight = 0.0
        self.after = 0.0
        """Positions before this one make no room on the vertical axis (an accuracy begins at the bottom anyway)."""
        self.dirty = True
        self.log = False
        self._items: list[pg.PlotDataItem] = []
        self._build(title, can_log)
        self._tip = Tip(self.view.viewport())
        parts.within(self.view.viewport(), parts.row(self.empty, margin=(56, 0, 24, 0)))
        theme.changed.connect(self._paint_theme)
        self._paint_theme()

    def _build(self, title: str, can_log: bool) -> None:
        self.title = parts.label(title, "strong")
        self.log_chip = Chip(tr("log axis"))
        self.log_chip.setVisible(can_log)
        self.log_chip.toggled.connect(self.set_log)
        self.empty = parts.label(role="faint", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.what, self.value = parts.label("", "label"), parts.label("", "strong")
        top = QWidget()
        top.setFixedHeight(HEAD)
        self.head = head = QHBoxLayout(top)
        head.setContentsMargins(12, 4, 12, 0)
        head.setSpacing(8)
        for widget in (self.title, self.log_chip):
            head.addWidget(widget)
        head.addStretch(1)
        for widget in (self.what, self.value):
            head.addWidget(widget)
        self.view = _View()
        self.view.setParent(self)
        # box and axes by themselves: a PlotItem brings seven menus that nobody frees
        self.box = pg.ViewBox(enableMenu=False)
        self.left, self.bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        self._settle()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 4)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addWidget(self.view, 1)

    def _settle(self) -> None:
        grid = self.view.ci
        grid.layout.setSpacing(0)
        grid.layout.setContentsMargins(4, 4, 12, 0)
        for item, row, column in ((self.left, 0, 0), (self.box, 0, 1), (self.bottom, 1, 1)):
            grid.addItem(item, row, column)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.box)
            axis.setStyle(
                tickLength=0,
                tickTextOffset=6,
                autoExpandTextSpace=False,
                autoReduceTextSpace=False,
                hideOverlappingLabels=False,
            )
        self.left.setWidth(48)
        self.left.setStyle(showValues=False)
        self.bottom.setHeight(20)
        self.box.setMouseEnabled(x=True, y=False)
        self.box.setDefaultPadding(0)
        self.box.disableAutoRange()
        self.box.sigXRangeChanged.connect(self._moved)
        self.grid: list[pg.InfiniteLine] = []
        self.hair = pg.InfiniteLine(angle=90, movable=False)
        self.hair.setZValue(50)
        self.hair.hide()
        self.box.addItem(self.hair, ignoreBounds=True)
        self.view.viewport().setMouseTracking(True)
        self.view.viewport().installEventFilter(self)

    def _paint_theme(self) -> None:
        t = theme.theme()
        self.view.setBackground(t.color("bg1"))
        for axis, token in ((self.left, "bg1"), (self.bottom, "line2")):
            axis.setPen(pg.mkPen(t.color(token)))
            axis.setTextPen(pg.mkPen(t.color("t3")))
            axis.setStyle(tickFont=theme.font(theme.AXIS))
        self.hair.setPen(pg.mkPen(t.color("t2"), style=Qt.PenStyle.DashLine))
        self._items_again()

    def set_log(self, on: bool) -> None:
        """Draw the logarithm of the values; only what is positive is seen then."""
        self.log = on
        self.log_chip.setChecked(on)
        self.dirty = True
        self.redraw()

    def show_value(self, what: str, value: str) -> None:
        """The words at the right of the title."""
        self.what.setText(what)
        self.value.setText(value)

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Draw other curves from now on; the first is drawn last, on top.  Those that stay are not drawn anew."""
        kept = dict(zip(map(_key, self.lines), self._items, strict=True))
        self.lines, self._items = tuple(lines), []
        for i, line in enumerate(self.lines):
            item = kept.pop(_key(line), None) or self._item(line)
            item.setZValue(len(self.lines) - i)
            self._items.append(item)
        for item in kept.values():
            self.box.removeItem(item)
        self.dirty = True

    def _items_again(self) -> None:
        lines, self.lines = self.lines, ()
        for item in self._items:
            self.box.removeItem(item)
        self._items = []
        self.set_lines(lines)

    def _item(self, line: Line) -> pg.PlotDataItem:
        color = QColor(theme.theme().color(line.color))
        color.setAlphaF(line.alpha)
        pen = QPen(color, line.width)
        pen.setCosmetic(True)
        pen.setStyle(Qt.PenStyle.DotLine if line.dotted else Qt.PenStyle.SolidLine)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        dots = {"symbol": "o", "symbolSize": 5, "symbolBrush": color, "symbolPen": None} if line.dots else {}
        fine = line.fits  # the pale raw line is noise: smooth edges would cost three times the drawing and show nothing
        item = pg.PlotDataItem(pen=pen, antialias=fine, connect="finite", skipFiniteCheck=False, **dots)
        self.box.addItem(item)
        return item

    def range(self) -> tuple[float, float]:
        """First and last position in view."""
        first, last = self.box.viewRange()[0]
        return first, last

    def redraw(self) -> bool:
        """Draw what is new, if anybody can see it; whether it did."""
        if not self.dirty or not self.isVisible():
            return False
        started = time.process_time()
        self.dirty = False
        first, last = self.range()
        points = max(200, self.view.width())  # the lowest and the highest of every second pixel column
        seen = []
        for line, item in zip(self.lines, self._items, strict=True):
            span = (first * line.divide, last * line.divide)
            x, y = line.series.view(*span, self._smoothing(line), points, noisy=line.noisy)
            x = x / line.divide
            if self.log:
                with np.errstate(divide="ignore", invalid="ignore"):
                    y = np.where(y > 0, np.log10(y), np.nan)
            item.setData(x, y)
            if line.fits:
                seen.append(y[(x >= max(first, self.after)) & (x <= last)])
        self._fit(seen)
        self.view.cost += time.process_time() - started
        return True

    def _smoothing(self, line: Line) -> float:
        return self.weight if line.smoothed else 0.0

    def _fit(self, seen: list[np.ndarray]) -> None:
        style = self.style_
        low, high = extent(seen, self.log, style.floor, style.ceiling)
        self.box.setYRange(low, high, padding=0)
        rows = max(2, self.view.height() // 52)
        marks = log_ticks(low, high, rows) if self.log else style.ticks(low, high, rows)
        nothing = not any(len(values) for values in seen)
        self.empty.setVisible(nothing)
        self.left.setStyle(showValues=not nothing)
        self.left.setTicks([marks, []])
        first, last = self.range()
        columns = max(2, self.view.width() // 88)
        self.bottom.setTicks([ticks(first, last, columns, whole=last - first > 3), []])
        self._rule([at for at, _ in marks])

    def _rule(self, positions: list[float]) -> None:
        pen = pg.mkPen(theme.theme().color("line"), width=1)
        while len(self.grid) > len(positions):
            self.box.removeItem(self.grid.pop())
        while len(self.grid) < len(positions):
            line = pg.InfiniteLine(angle=0, movable=False)
            line.setZValue(-10)
            self.grid.append(line)
            self.box.addItem(line, ignoreBounds=True)
        for line, at in zip(self.grid, positions, strict=True):
            line.setPen(pen)
            line.setPos(at)

    def _moved(self) -> None:
        self.dirty = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse without an item of its own under it."""
        if event.type() == QEvent.Type.MouseMove and not event.buttons():
            at = self.box.mapSceneToView(self.view.mapToScene(event.position().toPoint()))
            inside = self.box.sceneBoundingRect().contains(QPointF(event.position()))
            self.hovered.emit(at.x() if inside else None)
        elif event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        return False

    def cross(self, position: float | None, heading: str = "") -> None:
        """Show the crosshair at *position* (None: nowhere), and with a *heading* also the tip with the values there."""
        self.hair.setVisible(position is not None)
        if position is not None:
            self.hair.setPos(position)
        rows = self.rows(position) if position is not None and heading else []
        if not rows:
            self._tip.hide()
            return
        at = self.box.mapViewToScene(QPointF(position, 0)).x()
        self._tip.show_rows(heading, rows, at)

    def rows(self, position: float) -> list[TipRow]:
        """What the tip says at *position*: a row for every curve that has a word."""
        found = []
        for line in self.lines:
            point = line.series.at(position * line.divide, self._smoothing(line))
            if line.word and point and math.isfinite(point[1]):
                found.append(TipRow(line.color, line.alpha, line.word, self.style_.write(point[1])))
        return found


def _key(line: Line) -> tuple[object, ...]:
    """What makes two lines look the same."""
    return (id(line.series), line.color, line.width, line.alpha, line.dots, line.dotted, line.fits)


def extent(seen: list[np.ndarray], log: bool, floor: float | None, ceiling: float | None) -> tuple[float, float]:
    """The lowest and highest value that an axis should show for the values *seen*, with some air around them."""
    values = np.concatenate(seen) if seen else np.empty(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return (-3.0, 0.0) if log else (floor or 0.0, ceiling if ceiling is not None else 1.0)
    low, high = float(values.min()), float(values.max())
    air = max((high - low) * 0.06, abs(high) * 0.02, 1e-9 if not log else 0.1)
    if log:
        return low - air, high + air
    low = floor if floor is not None and ceiling is None else low - air
    if floor is not None:
        low = max(low, floor)
    high = high + air if ceiling is None else max(ceiling, high)
    return low, high if high > low else low + 1


class Plots(QObject):
    """Plots that share their horizontal axis, the crosshair, the smoothing, and one clock for repainting."""

    drawing = Signal()
    """What is new is about to be drawn; who writes values beside the plots does it now, and no more often."""

    def __init__(self, plots: Sequence[Plot], heading: Callable[[float], str]) -> None:
        super().__init__(plots[0])
        self.plots = tuple(plots)
        self._heading = heading
        self._all = (0.0, 0.0)
        self._zoomed = False
        self._cost = 0.0
        for plot in self.plots:
            plot.hovered.connect(lambda position, plot=plot: self._cross(plot, position))
            plot.everything.connect(self.show_everything)
            plot.box.sigRangeChangedManually.connect(self._by_hand)
            plot.box.sigXRangeChanged.connect(self._together)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.redraw)

    def changed(self, now: bool = False) -> None:
        """There is something new to draw: at the next repaint, or *now* that a person has asked for it."""
        for plot in self.plots:
            plot.dirty = True
        if now:
            self._clock.start(0)
        elif not self._clock.isActive():
            self._clock.start(pause(self._cost))

    def redraw(self) -> None:
        """Draw what is dirty now, and remember what it cost."""
        self._cost = sum(plot.view.cost for plot in self.plots)  # of last time, painting included
        for plot in self.plots:
            plot.view.cost = 0.0
        started = time.process_time()
        self.drawing.emit()
        self.plots[0].view.cost += time.process_time() - started
        for plot in self.plots:
            plot.redraw()

    def set_smoothing(self, weight: float) -> None:
        """Smooth all curves that can be smoothed."""
        for plot in self.plots:
            plot.weight = weight
            plot.dirty = True
            plot.redraw()

    def set_extent(self, first: float, last: float) -> None:
        """What the horizontal axis shows while nobody has zoomed."""
        wanted = (first, max(last, first + 1e-6))
        if wanted == self._all:
            return
        self._all = wanted
        if not self._zoomed:
            self._show(*self._all)

    def show_everything(self) -> None:
        """Undo all zooming."""
        self._zoomed = False
        self._show(*self._all)
        self.redraw()

    def _show(self, first: float, last: float) -> None:
        for plot in self.plots:
            plot.box.setXRange(first, last, padding=0)

    def _together(self, moved: pg.ViewBox, span: tuple[float, float]) -> None:
        """The other plots follow; pyqtgraph's own links shift the ranges of plots that overlap on the screen."""
        for plot in self.plots:
            if plot.box is not moved and plot.range() != tuple(span):
                plot.box.setXRange(*span, padding=0)

    def _by_hand(self) -> None:
        self._zoomed = True
        self.changed(now=True)

    def _cross(self, hovered: Plot, position: float | None) -> None:
        for plot in self.plots:
            heading = self._heading(position) if plot is hovered and position is not None else ""
            plot.cross(position, heading)
