"""What stands in the scene: an item per node, one for all links, one for frames and notes, one for what is in hand.

Rectangles come from ``QGraphicsRectItem``, so that Qt asks no Python for them; ports are no items.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from graph.network import Edge
from gui.canvas import links, notes, paint
from gui.canvas.faces import Face, face
from gui.canvas.geometry import Rect
from gui.canvas.paint import MARGIN

if TYPE_CHECKING:
    from gui.canvas.drawing import Drawing
    from gui.canvas.scene import Scene

EVERYWHERE = QRectF(-4e6, -4e6, 8e6, 8e6)
_PLAIN = QTransform()


def qrect(rect: Rect) -> QRectF:
    """A rectangle as Qt has it."""
    return QRectF(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)


class NodeItem(QGraphicsRectItem):
    """A node: paints the cached picture of its face."""

    def __init__(self, scene: Scene, name: str) -> None:
        super().__init__()
        self._canvas, self.name = scene, name
        self._face: Face | None = None
        self.state = 0

    def place(self, rect: Rect) -> None:
        """Stand at *rect*."""
        width, height = rect.right - rect.left, rect.bottom - rect.top
        own = self.rect()
        if own.width() != width + 2 * MARGIN or own.height() != height + 2 * MARGIN:
            self.setRect(-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN)
        self.setPos(rect.left, rect.top)

    def forget(self) -> None:
        """Look at the network again before painting."""
        self._face = None
        self.update()

    @property
    def face(self) -> Face:
        """What it shows."""
        if self._face is None:
            drawing = self._canvas.drawing
            node = drawing.network.nodes[self.name]
            fact, box = self._canvas.facts.get(self.name), drawing.boxes[self.name]
            warmth = self._canvas.warmths.get(self.name, -1)
            made = face(drawing.network, node, fact, box, self._canvas.quantity, warmth)
            if (problem := self._canvas.told.get(self.name)) is not None:
                made = made._replace(told=problem.severity)
            if (mark := self._canvas.marks.get(self.name)) is not None:
                made = self._canvas.said[self.name].on(made)._replace(mark=mark.how)
            self._face = made
        return self._face

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        there = painter.worldTransform()
        scale, dpr = there.m11(), painter.device().devicePixelRatioF()
        made = self._canvas.pictures.get(self.face, self.state, round(scale, 4), dpr)
        x, y = there.dx() - MARGIN * scale, there.dy() - MARGIN * scale
        painter.setWorldTransform(_PLAIN)
        painter.drawPixmap(QPointF(round(x * dpr) / dpr, round(y * dpr) / dpr), made)
        painter.setWorldTransform(there)


class Layer(QGraphicsRectItem):
    """An item that is everywhere and paints what is exposed."""

    def __init__(self, scene: Scene, z: float) -> None:
        super().__init__(EVERYWHERE)
        self._canvas = scene
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)


class LinksItem(Layer):
    """All links."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene, -1)
        self._paths: dict[Edge, tuple[object, QPainterPath]] = {}

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect
        rect = Rect(exposed.left(), exposed.top(), exposed.right(), exposed.bottom())
        scale = painter.worldTransform().m11()
        full = scale >= paint.FULL
        edges = self._canvas.drawing.links.near(rect.grown(4.0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for style, group in self._canvas.by_style(edges).items():
            painter.setPen(links.pen(style, scale))
            self._strokes(painter, group)
        if full and self._canvas.labels:
            self._labels(painter, self._canvas.drawing.links.near(rect.grown(84.0)))

    def _strokes(self, painter: QPainter, edges: list[Edge]) -> None:
        routes, lines = self._canvas.drawing.routes, []
        for edge in edges:
            way = routes[edge]
            if way.straight:
                (x1, y1), (x2, y2) = way.points
                lines.append(QLineF(x1, y1, x2, y2))
            else:
                painter.drawPath(self._path(edge))
        if lines:
            painter.drawLines(lines)

    def _path(self, edge: Edge) -> QPainterPath:
        way = self._canvas.drawing.routes[edge]
        kept = self._paths.get(edge)
        if kept is None or kept[0] is not way:
            kept = self._paths[edge] = (way, links.path(way))
        return kept[1]

    def forget(self) -> None:
        """Drop the paths of links that are no more."""
        routes = self._canvas.drawing.routes
        if len(self._paths) > len(routes):
            self._paths = {edge: kept for edge, kept in self._paths.items() if edge in routes}

    def _labels(self, painter: QPainter, edges: dict) -> None:
        routes, texts = self._canvas.drawing.routes, self._canvas.labels
        for edge in edges:
            if text := texts.get(edge):
                links.label(painter, routes[edge], text, left=crowded(self._canvas.drawing, edge))


def crowded(drawing: Drawing, edge: Edge) -> bool:
    """Whether another link leaves its source to the right, where the shape on *edge* would stand."""
    others = drawing.network.outgoing.get(edge.source, ())
    ways = [drawing.routes[other] for other in others if other != edge and other in drawing.routes]
    return any(way.gutter is not None and way.gutter > way.points[0][0] for way in ways)


class NotesItem(Layer):
    """Frames and notes, behind everything."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene, -2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        paint_notes(painter, self._canvas)


def paint_notes(painter: QPainter, scene: Scene, *, selected: bool = True) -> None:
    """Paint frames and notes of what *scene* shows, those that are *selected* with a ring."""
    drawing = scene.drawing
    if not drawing.network.notes:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for i, note in enumerate(drawing.network.notes):
        rect = drawing.note_rect(i)
        if rect is None:
            continue
        if note.frames:
            notes.frame(painter, qrect(rect), note.text, _size(scene, note.frames))
        else:
            notes.note(painter, qrect(rect), note.text)
        if selected and i in scene.noted:
            notes.ring(painter, qrect(rect), 6.0 if not note.frames else 10.0)


def _size(scene: Scene, names: tuple[str, ...]) -> str:
    """Height and width of the maps in a frame: those of the first node in it."""
    fact = scene.facts.get(names[0])
    spatial = getattr(fact.output, "spatial", ()) if fact is not None else ()
    return " × ".join(map(str, spatial))


class HandItem(Layer):
    """What is in hand: a link being drawn, a rubber band, a sentence; painted over everything."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene, 10)
        self.held: Callable[[QPainter], None] = lambda painter: None
        """Paints what is in hand."""

    def repaint(self, area: Rect) -> None:
        """Paint anew within *area*."""
        self.update(qrect(area))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.held(painter)
