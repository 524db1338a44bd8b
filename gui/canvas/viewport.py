"""The window onto the scene: it pans, zooms, and paints three levels of detail."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from graph.text import tr
from gui import theme as look
from gui.canvas import paint
from gui.canvas.faces import category
from gui.canvas.geometry import Point, Rect
from gui.canvas.items import EVERYWHERE, paint_notes, qrect
from gui.canvas.scene import Scene

if TYPE_CHECKING:
    from gui.canvas.hand import Hand

LEVELS = (
    0.02,
    0.05,
    0.07,
    0.1,
    0.14,
    0.18,
    0.25,
    0.33,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    1.0,
    1.25,
    1.5,
    2.0,
    2.5,
    3.0,
    4.0,
)
"""Scales at which one stops when zooming by steps."""
CROWD = 250
"""With more nodes than this in sight, titles are given up below a scale of a third."""
DOTS = 20.0
"""Distance between the dots of the background."""


class View(QGraphicsView):
    """Pans, zooms, paints; events of mouse and keys go to the hand."""

    zoomed = Signal(float)
    """Another scale."""
    looked = Signal()
    """Another part of the scene, or another scale, is in sight."""

    def __init__(self, scene: Scene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.canvas_scene = scene
        self.hand: Hand | None = None
        self._tile: tuple[tuple, QPixmap] | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSceneRect(EVERYWHERE)
        for turn_off in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            turn_off(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlags(
            QGraphicsView.OptimizationFlag.DontSavePainterState
            | QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing
        )
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # scale and place

    @property
    def scale_now(self) -> float:
        """Pixels of the screen per pixel of the scene."""
        return self.transform().m11()

    def zoom_to(self, scale: float, fixed: QPoint | None = None) -> None:
        """Show at *scale*, so that the point *fixed* of the viewport (its middle) stays over what it is over."""
        scale = max(LEVELS[0], min(LEVELS[-1], scale))
        fixed = fixed if fixed is not None else self.viewport().rect().center()
        if scale == self.scale_now:
            return
        there = self.mapToScene(fixed)
        self.resetTransform()
        self.scale(scale, scale)
        self._put(there, QPointF(fixed))
        self.zoomed.emit(scale)
        self.looked.emit()

    def zoom_step(self, steps: int, fixed: QPoint | None = None) -> None:
        """Go *steps* stops in (or out, if negative)."""
        scale = self.scale_now
        if steps > 0:
            further = [s for s in LEVELS if s > scale * 1.001]
            target = further[min(steps, len(further)) - 1] if further else scale
        else:
            nearer = [s for s in LEVELS if s < scale * 0.999]
            target = nearer[-min(-steps, len(nearer))] if nearer else scale
        self.zoom_to(target, fixed)

    def frame(self, rect: Rect | None, most: float = 1.0, margin: float = 40.0) -> None:
        """Show all of *rect*, at a scale of at most *most*."""
        area = self.viewport().rect()
        if rect is None or area.isEmpty():
            return
        wide, high = max(1.0, rect.right - rect.left), max(1.0, rect.bottom - rect.top)
        room_x, room_y = max(1.0, area.width() - 2 * margin), max(1.0, area.height() - 2 * margin)
        scale = max(LEVELS[0], min(most, room_x / wide, room_y / high))
        self.resetTransform()
        self.scale(scale, scale)
        self._put(QPointF(*rect.center), QRectF(area).center())
        self.zoomed.emit(scale)
        self.looked.emit()

    def pan(self, dx: float, dy: float) -> None:
        """Move the scene by pixels of the screen."""
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setValue(horizontal.value() - round(dx))
        vertical.setValue(vertical.value() - round(dy))
        self.looked.emit()

    def center_on(self, point: Point) -> None:
        """Bring *point* of the scene to the middle."""
        self._put(QPointF(*point), QRectF(self.viewport().rect()).center())
        self.looked.emit()

    def sight(self) -> Rect:
        """The part of the scene that is in sight."""
        area = self.viewport().rect()
        a, b = self.mapToScene(area.topLeft()), self.mapToScene(area.bottomRight())
        return Rect(a.x(), a.y(), b.x(), b.y())

    def _put(self, scene: QPointF, at: QPointF) -> None:
        """Scroll so that the point *scene* stands at the point *at* of the viewport."""
        scale = self.scale_now
        self.horizontalScrollBar().setValue(round(scene.x() * scale - at.x()))
        self.verticalScrollBar().setValue(round(scene.y() * scale - at.y()))

    # painting

    @property
    def far(self) -> bool:
        """Whether nodes are too small, or too many, to be painted one by one."""
        scale = self.scale_now
        if scale < paint.FAR:
            return True
        if scale >= 1 / 3 or len(self.canvas_scene.nodes) <= CROWD:
            return False
        return len(self.canvas_scene.drawing.nodes.near(self.sight())) > CROWD

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.far:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.fillRect(event.rect(), look.theme().color("bg0"))
        painter.setWorldTransform(self.viewportTransform())
        area = self.mapToScene(event.rect()).boundingRect()
        afar(painter, self.canvas_scene, Rect(area.left(), area.top(), area.right(), area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.canvas_scene.paint_hand(painter)
        painter.end()
        # Qt believes that all is still to be painted, and asks for no part of it, until it has painted itself
        super().paintEvent(QPaintEvent(QRegion()))

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        t = look.theme()
        painter.setWorldMatrixEnabled(False)
        area = self.viewportTransform().mapRect(rect).toAlignedRect().adjusted(-1, -1, 1, 1)
        painter.fillRect(area, t.color("bg0"))
        tile, side = self._dots()
        origin = self.viewportTransform().map(QPointF(0, 0))
        painter.drawTiledPixmap(
            QRectF(area), tile, QPointF((area.x() - origin.x()) % side, (area.y() - origin.y()) % side)
        )
        if not self.canvas_scene.nodes:
            self._invite(painter)
        painter.setWorldMatrixEnabled(True)

    def _invite(self, painter: QPainter) -> None:
        """Say how to begin."""
        t, area = look.theme(), self.viewport().rect()
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.setFont(look.font(look.TITLE, look.SEMIBOLD))
        painter.setPen(t.color("t2"))
        painter.drawText(area.translated(0, area.height() // 2 - 24), middle, tr("An empty network"))
        painter.setFont(look.font(look.BODY))
        painter.setPen(t.color("t3"))
        hint = tr("Double-click or press Tab to add a layer, or drag one from the palette.")
        painter.drawText(area.translated(0, area.height() // 2 + 4), middle, hint)

    def _dots(self) -> tuple[QPixmap, float]:
        """A tile of the dotted background: many dots, since one alone would be off by a fraction of a pixel."""
        step, dpr, t = DOTS * self.scale_now, self.devicePixelRatioF(), look.theme()
        while step < 14:
            step *= 2
        count = max(1, int(256 / step))
        side = max(1, round(step * count))
        key = (round(step, 4), dpr, t.name)
        if self._tile is None or self._tile[0] != key:
            made = QPixmap(round(side * dpr), round(side * dpr))
            made.setDevicePixelRatio(dpr)
            made.fill(Qt.GlobalColor.transparent)
            painter = QPainter(made)
            color = t.color("line" if t.dark else "line2", 0.9)
            for i in range(count):
                for j in range(count):
                    painter.fillRect(QRectF(round(i * step), round(j * step), 1.0, 1.0), color)
            painter.end()
            self._tile = (key, made)
        return self._tile[1], float(side)

    # events

    def viewportEvent(self, event: QEvent) -> bool:
        if self.hand is not None and self.hand.event_of(event):
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key_up(event):
            event.ignore()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab searches what to add; Shift+Tab leaves the canvas."""
        return False if forward else super().focusNextPrevChild(forward)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked.emit()


def afar(painter: QPainter, scene: Scene, sight: Rect) -> None:
    """Paint everything at one go: links as lines, nodes as plain rectangles of their family's color."""
    t, drawing = look.theme(), scene.drawing
    paint_notes(painter, scene)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    everything = sight.grown(200)
    shown = drawing.links.near(everything)
    for style, edges in scene.by_style(shown).items():
        painter.setPen(paint.pen(style, 0.1))
        lines = []
        for edge in edges:
            points = drawing.routes[edge].points
            if drawing.routes[edge].curve:
                points = (points[0], points[-1])
            lines += [QLineF(a[0], a[1], b[0], b[1]) for a, b in pairwise(points)]
        painter.drawLines(lines)
    groups: dict[str, list[QRectF]] = {}
    wrong: list[QRectF] = []
    chosen: list[QRectF] = []
    selected = set(scene.selection)
    for name in drawing.nodes.near(everything):
        rect = qrect(drawing.boxes[name].rect)
        groups.setdefault(category(drawing.network, drawing.network.nodes[name]), []).append(rect)
        fact = scene.facts.get(name)
        if fact is not None and fact.error is not None:
            wrong.append(rect)
        if name in selected:
            chosen.append(rect)
    painter.setPen(Qt.PenStyle.NoPen)
    for family, rects in groups.items():
        painter.setBrush(t.family(family, 0.75))
        painter.drawRects(rects)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for rects, style in ((wrong, "wrong"), (chosen, "selected")):
        if rects:
            pen = QPen(paint.pen(style, 0.1))
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setWidthF(2.0)
            painter.setPen(pen)
            painter.drawRects(rects)
