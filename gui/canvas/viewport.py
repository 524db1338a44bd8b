"""The window onto the scene: it pans, zooms, and paints three levels of detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from graph.text import tr
from gui import theme as look
from gui.canvas import paint
from gui.canvas.afar import Afar
from gui.canvas.geometry import Point, Rect
from gui.canvas.items import EVERYWHERE
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
        self.afar = Afar(scene)
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
        self.setAccessibleName(tr("Drawing of the network"))
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
        exposed, whole = event.rect(), self.viewport().rect()
        area = self.mapToScene(exposed).boundingRect()
        part = Rect(area.left(), area.top(), area.right(), area.bottom())
        small = 2 * exposed.width() * exposed.height() < whole.width() * whole.height()
        self.afar.paint(painter, part if small else None)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.canvas_scene.in_hand.held(painter)
        painter.end()
        # Qt believes that all is still to be painted, and asks for no part of it, until it has painted itself
        super().paintEvent(QPaintEvent(QRegion()))

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        if rect.isEmpty():
            return
        painter.setWorldMatrixEnabled(False)
        area = self.viewportTransform().mapRect(rect).toAlignedRect().adjusted(-1, -1, 1, 1)
        tile, side = self._dots()
        origin = self.viewportTransform().map(QPointF(0, 0)).toPoint()
        left, top = (
            (area.x() - origin.x()) // side * side + origin.x(),
            (area.y() - origin.y()) // side * side + origin.y(),
        )
        for x in range(left, area.right() + 1, side):  # whole tiles are copied; drawTiledPixmap goes pixel by pixel
            for y in range(top, area.bottom() + 1, side):
                painter.drawPixmap(x, y, tile)
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

    def _dots(self) -> tuple[QPixmap, int]:
        """A tile of the dotted background: many dots, since one alone would be off by a fraction of a pixel."""
        step, dpr, t = DOTS * self.scale_now, self.devicePixelRatioF(), look.theme()
        while step < 14:
            step *= 2
        count = max(1, int(400 / step))
        side = max(1, round(step * count))
        key = (round(step, 4), dpr, t.name)
        if self._tile is None or self._tile[0] != key:
            made = QPixmap(round(side * dpr), round(side * dpr))
            made.setDevicePixelRatio(dpr)
            made.fill(t.color("bg0"))  # opaque: Qt then copies instead of blending
            painter = QPainter(made)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("line2", 0.6 if t.dark else 0.9))
            places = [round(i * step) for i in range(count)]
            painter.drawRects([QRect(x, y, 1, 1) for x in places for y in places])
            painter.end()
            self._tile = (key, made)
        return self._tile[1], side

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

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.hand is not None:  # the keys that are held will be let go elsewhere
            self.hand.cancel()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab searches what to add; Shift+Tab leaves the canvas."""
        return False if forward else super().focusNextPrevChild(forward)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked.emit()
