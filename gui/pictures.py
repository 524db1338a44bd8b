"""Small pictures of a data set: from the arrays of the service to a grid that paints itself.

One widget paints all its pictures; two hundred labels would cost two hundred layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

CURVE, EDGE = QSize(480, 320), 16
"""The size of the picture of a signal, and how far its curve stays from the border."""
TINY = 96
"""Pictures with a longer side below this are enlarged pixel by pixel, so that one sees the pixels."""


def image(pixels: np.ndarray) -> QImage:
    """The picture in an array of bytes: ``(H, W)``, or ``(C, H, W)`` with 1 or 3 channels."""
    if pixels.ndim == 3:
        pixels = pixels.transpose(1, 2, 0) if len(pixels) == 3 else pixels[0]
    pixels = np.ascontiguousarray(pixels, dtype=np.uint8)
    form = QImage.Format.Format_RGB888 if pixels.ndim == 3 else QImage.Format.Format_Grayscale8
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form).copy()


def curve(values: np.ndarray, size: QSize = CURVE) -> QImage:
    """A signal ``(C, L)`` as a picture: time across, a line for each channel, all between the lowest and the highest
    value there is."""
    t, picture = theme.theme(), QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(t.color("bg0"))
    low, high = float(np.nanmin(values, initial=np.inf)), float(np.nanmax(values, initial=-np.inf))
    if not values.size or not np.isfinite([low, high]).all():
        return picture
    edge, span = EDGE, (high - low) or 1.0
    x = np.linspace(edge, size.width() - edge, values.shape[1])
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for i, row in enumerate(values):
        middle = 0.5 if high == low else 0.0
        y = size.height() - edge - ((row - low) / span + middle) * (size.height() - 2 * edge)
        painter.setPen(QPen(t.color("acc") if i == 0 else t.run(i), 3, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
    painter.end()
    return picture


def picture(values: np.ndarray) -> QImage:
    """An image, or a signal as a curve: whichever is in an array ``(C, H, W)`` of bytes or ``(C, L)`` of numbers."""
    return curve(values) if values.dtype.kind == "f" and values.ndim == 2 else image(values)


PALETTE = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (213, 94, 0),
    (0, 114, 178),
    (160, 90, 220),
    (120, 200, 60),
    (255, 120, 120),
    (60, 220, 200),
    (180, 140, 90),
)
"""Colors of classes on images, apart for every kind of sight (Okabe and Ito, 2008) as far as they go; then repeated."""
UNCOUNTED = 255


def class_color(number: int) -> tuple[int, int, int]:
    """The color of a class on an image; class 0, mostly the ground, has none of its own where it is laid over one."""
    return PALETTE[(number - 1) % len(PALETTE)]


def overlaid(pixels: np.ndarray, mask: np.ndarray, strength: float = 0.45) -> QImage:
    """An image ``(C, H, W)`` with the classes ``(H, W)`` of its pixels in colors over it; class 0 leaves it as it is.

    Where the mask says 255, nothing counts, and the image is darkened.
    """
    shown = (pixels if len(pixels) == 3 else np.repeat(pixels[:1], 3, 0)).transpose(1, 2, 0).astype(np.float32)
    table = np.zeros((256, 3), np.float32)
    for number in range(1, UNCOUNTED):
        table[number] = class_color(number)
    share = np.where(mask == 0, 0.0, strength).astype(np.float32)[..., None]
    mixed = shown * (1 - share) + table[mask] * share
    return image(np.ascontiguousarray(mixed.round().clip(0, 255).astype(np.uint8).transpose(2, 0, 1)))


def fitted(picture: QSize, room: QRect) -> QRect:
    """The largest place for a picture in the middle of *room* that keeps its proportions."""
    size = picture.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(room.center())
    return place


def draw(painter: QPainter, picture: QImage, room: QRect, radius: float = 4.0) -> QRect:
    """Draw *picture* as large as it fits in *room*, its corners rounded; where it was drawn."""
    place = fitted(picture.size(), room)
    painter.save()
    tiny = max(picture.width(), picture.height()) < TINY
    if picture.width() > 2 * place.width():  # what the painter leaves out in between would tear thin lines
        ratio = painter.device().devicePixelRatioF()
        smooth = Qt.TransformationMode.SmoothTransformation
        picture = picture.scaled(place.size() * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not tiny)
    path = QPainterPath()
    path.addRoundedRect(QRectF(place), radius, radius)
    painter.setClipPath(path)
    painter.drawImage(place, picture)
    painter.restore()
    return place


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture with what is written under it; *wrong* puts a ring around it and its words in red.

    *strong* is written first, *rest* beside it, *end* at the right; *index* is where it stands in its part.
    """

    picture: QImage
    strong: str = ""
    rest: str = ""
    end: str = ""
    wrong: bool = False
    index: int = -1
    tip: str = ""


class Tiles(QWidget):
    """A grid of tiles; as many columns as fit, or *columns*; announces a click or Enter on one.

    With *one_row* it shows as many as fit side by side, and no more.
    """

    chosen = Signal(int)

    def __init__(
        self, columns: int = 0, side: int = 80, gap: int = 12, words: int = 18, *, one_row: bool = False
    ) -> None:
        super().__init__()
        self.tiles: tuple[Tile, ...] = ()
        self._columns, self._side, self._gap, self._words = columns, side, gap, words
        self._one_row = one_row
        self.selected = -1
        self._hot = -1
        self.setMouseTracking(True)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QSizePolicy.Policy.Preferred)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_columns(self, columns: int) -> None:
        """Show so many side by side; 0: as many as fit."""
        if columns != self._columns:
            self._columns = columns
            self.updateGeometry()

    def set_side(self, side: int) -> None:
        """Let each tile be so wide at least, where as many stand side by side as fit; several rows fill the width."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show other tiles."""
        self.tiles = tuple(tiles)
        self.selected = min(self.selected, len(self.tiles) - 1)
        self.updateGeometry()
        self.update()

    def select(self, place: int) -> None:
        """Put the ring of the selection around the tile at *place*; -1: around none."""
        self.selected = place
        self.update()

    def columns(self, width: int) -> int:
        """How many tiles stand side by side in *width* pixels."""
        return self._columns or max(1, (width + self._gap) // (self._side + self._gap))

    def side(self, width: int) -> int:
        """How wide a tile is in *width* pixels."""
        columns = self.columns(width)
        fills = self._columns or (len(self.tiles) > columns and not self._one_row)
        return max(16, (width - (columns - 1) * self._gap) // columns) if fills else self._side

    def heightForWidth(self, width: int) -> int:
        width = min(width, self.maximumWidth())
        rows = -(-len(self.tiles) // self.columns(width))
        rows = min(rows, 1) if self._one_row else rows
        return max(0, rows * (self.side(width) + self._words + self._gap) - self._gap)

    # the height follows from the width by heightForWidth alone: hints that depend on the width as well would let a
    # scroll bar come and go for ever
    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side + self._words)

    minimumSizeHint = sizeHint

    def place(self, i: int) -> QRect:
        """Where the picture of the *i*-th tile stands."""
        columns, side = self.columns(self.width()), self.side(self.width())
        down, across = divmod(i, columns)
        return QRect(across * (side + self._gap), down * (side + self._words + self._gap), side, side)

    def at(self, point: QPoint) -> int:
        """The tile under *point*; -1 where there is none."""
        below = (self.place(i).adjusted(0, 0, 0, self._words).contains(point) for i in range(len(self.tiles)))
        return next((i for i, inside in enumerate(below) if inside), -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = self.tiles[: self.columns(self.width())] if self._one_row else self.tiles
        for i, tile in enumerate(seen):
            place = self.place(i)
            if place.adjusted(-4, -4, 4, self._words + 4).intersects(event.rect()):
                self._paint_tile(painter, i, tile, place)

    def _paint_tile(self, painter: QPainter, i: int, tile: Tile, place: QRect) -> None:
        t = theme.theme()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("bg0"))
        painter.drawRoundedRect(QRectF(place), 4, 4)
        draw(painter, tile.picture, place)
        chosen = i == self.selected or (i == self._hot and self.isEnabled())
        token, width = ("acc", 2.0) if chosen else ("err", 2.0) if tile.wrong else ("line2", 1.0)
        painter.setPen(QPen(t.color(token), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if self._words:
            self._paint_words(painter, tile, QRect(place.left(), place.bottom() + 3, place.width(), self._words - 2))

    def _paint_words(self, painter: QPainter, tile: Tile, room: QRect) -> None:
        t, middle = theme.theme(), Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t2"))
        end = painter.fontMetrics().horizontalAdvance(tile.end)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, tile.end)
        room = room.adjusted(0, 0, -end - 4, 0)
        painter.setFont(theme.font(theme.AXIS, theme.SEMIBOLD))
        painter.setPen(t.color("err" if tile.wrong else "t1"))
        metrics = painter.fontMetrics()
        strong = metrics.elidedText(tile.strong, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, strong)
        room = room.adjusted(metrics.horizontalAdvance(strong) + 3, 0, 0, 0)
        if tile.rest and room.width() > 12:
            painter.setFont(theme.font(theme.AXIS))
            painter.setPen(t.color("t2"))
            rest = painter.fontMetrics().elidedText(tile.rest, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle, rest)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hot = self.at(event.position().toPoint())
        if hot != self._hot:
            self._hot = hot
            self.setToolTip(self.tiles[hot].tip if hot >= 0 else "")
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hot = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and found >= 0:
            self.chosen.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: self.columns(self.width()),
            Qt.Key.Key_Up: -self.columns(self.width()),
        }
        if event.key() in steps and self.tiles:
            self.select(max(0, min(len(self.tiles) - 1, self.selected + steps[Qt.Key(event.key())])))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.selected >= 0:
            self.chosen.emit(self.selected)
        else:
            super().keyPressEvent(event)
