"""The gesture that draws a link, or takes one off and leads it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from graph.network import Edge
from gui import theme as look
from gui.canvas import hit, links
from gui.canvas.geometry import Point, Rect
from gui.canvas.gestures import Gesture, Pointer, Tip
from gui.canvas.hit import End
from gui.canvas.routes import route

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView


class Link(Gesture):
    """A link is drawn from a port; from an input that is taken, its link is taken off and goes elsewhere."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: CanvasView, start: Pointer, end: End) -> None:
        super().__init__(canvas, start)
        self._grabbed = end
        self.instead = end.edge if not end.out else None
        self.one = _source_of(canvas, self.instead) if self.instead else end
        self._to: Point = end.at
        self._there: End | None = None

    def move(self, pointer: Pointer) -> None:
        drawing, scale = self.canvas.scene.drawing, self.canvas.view.scale_now
        if not self.tip and self._there is None and self._to == self._grabbed.at:
            self._dim()
        self._there = hit.landing(drawing, self.one, pointer.at, scale, self.instead)
        self._to, self.tip = pointer.at, None
        if self._there is not None:
            reason = hit.why_not(drawing.network, self.one, self._there, self.instead)
            self.tip = Tip(pointer.at, str(reason)) if reason else None
            self._to = self._there.at
        self.canvas.scene.hover(self._there.node if self._there is not None else None)

    def _dim(self) -> None:
        """Let nodes at which the link cannot arrive step back."""
        drawing = self.canvas.scene.drawing
        sight = self.canvas.view.sight().grown(200)
        self.canvas.scene.dim(hit.unfit(drawing, self.one, map(str, drawing.nodes.near(sight)), self.instead))

    def release(self, pointer: Pointer) -> None:
        self._done()
        if not self.begun:
            self.canvas.scene.select([self._grabbed.node])
        elif self._there is not None:
            edge = hit.edge_between(self.one, self._there)
            reason = hit.why_not(self.canvas.network, self.one, self._there, self.instead)
            if reason is not None:
                self.canvas.tell(str(reason))
            elif edge is not None and edge != self.instead:
                self.canvas.actions.connect(edge, self.instead)
        elif hit.node_at(self.canvas.scene.drawing, pointer.at):
            return  # let go on the node it came from
        elif self.instead is not None:
            self.canvas.actions.disconnect([self.instead])
        else:
            self.canvas.look.quick_add(pointer.at, self.one)

    def cancel(self) -> None:
        self._done()

    def _done(self) -> None:
        self.canvas.scene.dim(())

    def area(self) -> Rect | None:
        (ax, ay), (bx, by) = self.one.at, self._to
        return Rect(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)).grown(120)

    def paint(self, painter: QPainter, scale: float) -> None:
        if not self.begun:
            return
        t = look.theme()
        start, end = (self.one.at, self._to) if self.one.out else (self._to, self.one.at)
        color = t.color("err" if self.tip else "acc")
        painter.setPen(QPen(color, 2 / max(scale, 0.5), Qt.PenStyle.DashLine if self.tip else Qt.PenStyle.SolidLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(links.path(route(start, end)) if self._there is not None else _loose(start, end))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        radius = 5 / max(scale, 0.5)
        for point in (self.one.at, self._to):
            painter.drawEllipse(QPointF(*point), radius, radius)


def _source_of(canvas: CanvasView, edge: Edge) -> End:
    box = canvas.scene.drawing.boxes[edge.source]
    return End(edge.source, edge.out, True, box.start(edge.out))


def _loose(start: Point, end: Point) -> QPainterPath:
    """A link whose other end is in the air."""
    made = QPainterPath(QPointF(*start))
    bend = max(20.0, min(80.0, abs(end[1] - start[1]) / 2))
    made.cubicTo(QPointF(start[0], start[1] + bend), QPointF(end[0], end[1] - bend), QPointF(*end))
    return made
