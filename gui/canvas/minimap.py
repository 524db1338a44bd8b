"""The whole network at a glance in a corner; click or drag in it to look elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from graph.text import tr
from gui import theme as look
from gui.canvas.afar import WARMTH, tint
from gui.canvas.geometry import Rect
from gui.canvas.viewport import View

WIDTH, HEIGHT, PAD = 160, 116, 7
SOON = 60
"""Milliseconds without a change after which it is drawn anew."""


def clearance(nodes: Sequence[QRect], map: QRect, gap: int = 12) -> int:
    """By how many pixels nodes must move so that none of them lies under the map: to the left, where there is room.

    >>> clearance([QRect(60, 0, 30, 10)], QRect(80, 0, 20, 20)), clearance([QRect(0, 0, 90, 10)], QRect(80, 0, 20, 20))
    (-22, 0)
    """
    if not any(one.intersects(map) for one in nodes):
        return 0
    beside = [one for one in nodes if one.top() <= map.bottom() and one.bottom() >= map.top()]
    needed = max(one.right() for one in beside) + 1 - map.left() + gap
    return -needed if needed <= min(one.left() for one in nodes) - gap else 0


class Minimap(QWidget):
    """Draws boxes from the network, never the scene."""

    wanted = Signal(object)
    """A point of the scene to bring to the middle."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view, self._scene = view, view.canvas_scene
        self._drawn: QPixmap | None = None
        self._whole = Rect(0, 0, 1, 1)
        self._soon = QTimer(self, singleShot=True, interval=SOON)
        self._soon.timeout.connect(self._redraw)
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Click or drag to look elsewhere"))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def refresh(self) -> None:
        """The network changed, or how it looks: drawn again when it has not changed for a moment."""
        self._soon.start()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def _measure(self) -> None:
        bounds = self._scene.drawing.bounds()
        self._whole = bounds.grown(60) if bounds is not None else Rect(0, 0, 1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._drawn is None or self._drawn.devicePixelRatio() != self.devicePixelRatioF():
            self._measure()
            self._drawn = self._picture()
        t = look.theme()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = self._seen()
        color = t.color("acc")
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(t.color("acc", 0.05))
        painter.drawRoundedRect(seen, 2, 2)

    def _seen(self) -> QRectF:
        """The part in sight, kept within the map."""
        sight, scale = self._view.sight(), self._scale()
        room = QRectF(self.rect()).adjusted(PAD, PAD, -PAD, -PAD)
        x, y = self._at(sight.left, sight.top)
        wide, high = (sight.right - sight.left) * scale, (sight.bottom - sight.top) * scale
        left, top = max(room.left(), min(x, room.right() - 4)), max(room.top(), min(y, room.bottom() - 4))
        right, bottom = min(room.right(), max(x + wide, left + 4)), min(room.bottom(), max(y + high, top + 4))
        return QRectF(left, top, max(4.0, right - left), max(4.0, bottom - top))

    def _picture(self) -> QPixmap:
        t, dpr = look.theme(), self.devicePixelRatioF()
        made = QPixmap(round(WIDTH * dpr), round(HEIGHT * dpr))
        made.setDevicePixelRatio(dpr)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.color("line"), 1))
        painter.setBrush(t.color("bg1"))
        painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        (cx, cy), scale = self._whole.center, self._scale()
        painter.translate(WIDTH / 2, HEIGHT / 2)
        painter.scale(scale, scale)
        painter.translate(-cx, -cy)
        outline = QPen(t.color("line2"), 0)  # or the cold ones would not be seen
        for family, rects in self._view.afar.boxes().items():
            painter.setPen(outline if family.startswith(WARMTH) else Qt.PenStyle.NoPen)
            painter.setBrush(t.color("err") if family == "wrong" else tint(family, 0.7))
            painter.drawRects(rects)
        painter.end()
        return made

    def _scale(self) -> float:
        whole = self._whole
        return min(
            (WIDTH - 2 * PAD) / max(1.0, whole.right - whole.left),
            (HEIGHT - 2 * PAD) / max(1.0, whole.bottom - whole.top),
        )

    def _at(self, x: float, y: float) -> tuple[float, float]:
        (cx, cy), scale = self._whole.center, self._scale()
        return WIDTH / 2 + (x - cx) * scale, HEIGHT / 2 + (y - cy) * scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, at: QPointF) -> None:
        self._measure()
        (cx, cy), scale = self._whole.center, self._scale()
        self.wanted.emit((cx + (at.x() - WIDTH / 2) / scale, cy + (at.y() - HEIGHT / 2) / scale))
