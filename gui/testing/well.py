"""The image that one looks at, as large as it fits, with what is drawn over it; says where one points."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.pictures import draw, fitted
from gui.testing.overlay import NOTHING, Overlay, paint


class Well(QWidget):
    """A picture as large as it fits, pixel by pixel where it is tiny."""

    pointed = Signal(float, float)
    """A click: x and y in pixels of what the overlay is drawn on."""
    hovered = Signal(object)
    """The same under the mouse, a pair; None when it leaves."""

    def __init__(self, smallest: int = 120) -> None:
        super().__init__()
        self.picture = QImage()
        self.overlay = NOTHING
        self.setMinimumSize(smallest, smallest)

    def show_picture(self, picture: QImage) -> None:
        """Show another picture."""
        self.picture = picture
        self.update()

    def show_overlay(self, overlay: Overlay) -> None:
        """Draw something else over it; pointing means something while there is anything."""
        self.overlay = overlay
        self.setMouseTracking(overlay is not NOTHING)
        self.setCursor(Qt.CursorShape.ArrowCursor if overlay is NOTHING else Qt.CursorShape.CrossCursor)
        self.update()

    def place(self) -> QRect:
        """Where the picture stands."""
        return fitted(self.picture.size(), self.rect().adjusted(1, 1, -1, -1))

    def pixel(self, at: QPointF) -> tuple[float, float] | None:
        """Which pixel stands there; None beside the image."""
        place = QRectF(self.place())
        if self.picture.isNull() or not place.contains(at):
            return None
        height, width = self.overlay.size
        return (at.x() - place.left()) / place.width() * width, (at.y() - place.top()) / place.height() * height

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = draw(painter, self.picture, self.rect().adjusted(1, 1, -1, -1), 6)
        paint(painter, QRectF(place), self.overlay)
        painter.setPen(QPen(theme.theme().color("line2"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.pixel(event.position())
        if event.button() == Qt.MouseButton.LeftButton and self.overlay is not NOTHING and found:
            self.pointed.emit(*found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.overlay is not NOTHING:
            self.hovered.emit(self.pixel(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        if self.overlay is not NOTHING:
            self.hovered.emit(None)
