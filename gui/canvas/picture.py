"""The drawing as a picture: SVG or PNG, in a file or on the clipboard, in the colors of the theme in use."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QRectF, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from graph.errors import FileError
from graph.files import write
from graph.text import say
from gui import theme as look
from gui.canvas import links, paint
from gui.canvas.geometry import Rect, around
from gui.canvas.items import crowded, paint_notes, qrect
from gui.canvas.scene import Scene

MARGIN = 32.0
LONGEST, LARGEST = 16_000, 64_000_000
"""Most pixels of a PNG along a side, and in all; a larger drawing is drawn smaller."""


def svg(scene: Scene) -> bytes:
    """The drawing as SVG."""
    area = _area(scene)
    data, buffer = QByteArray(), QBuffer()
    buffer.setBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(scene.drawing.network.name)
    generator.setSize(QSize(round(area.width()), round(area.height())))
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    generator.setResolution(96)
    painter = QPainter(generator)
    _paint(painter, scene, area)
    painter.end()
    buffer.close()
    return bytes(data.data())


def image(scene: Scene, scale: float = 2.0) -> QImage:
    """The drawing as pixels, *scale* of them per pixel of the scene."""
    area = _area(scene)
    scale = min(scale, LONGEST / max(area.width(), area.height()), (LARGEST / area.width() / area.height()) ** 0.5)
    made = QImage(
        max(1, round(area.width() * scale)), max(1, round(area.height() * scale)), QImage.Format.Format_ARGB32
    )
    painter = QPainter(made)
    painter.scale(scale, scale)
    _paint(painter, scene, area)
    painter.end()
    return made


def png(scene: Scene, scale: float = 2.0) -> bytes:
    """The drawing as a PNG."""
    data, buffer = QByteArray(), QBuffer()
    buffer.setBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image(scene, scale).save(buffer, "PNG")
    buffer.close()
    return bytes(data.data())


def save(scene: Scene, file: Path | str) -> None:
    """Write the drawing; the ending says as what.

    Raises:
        FileError: it cannot be written, or the ending is neither ``.svg`` nor ``.png``.
    """
    makers = {".svg": svg, ".png": png}
    make = makers.get(Path(file).suffix.lower())
    if make is None:
        raise FileError(file, say("a drawing is saved as .svg or .png"))
    write(file, make(scene))


def copy(scene: Scene) -> None:
    """Put the drawing on the clipboard, as SVG and as pixels."""
    mime = QMimeData()
    mime.setData("image/svg+xml", QByteArray(svg(scene)))
    mime.setImageData(image(scene))
    QGuiApplication.clipboard().setMimeData(mime)


def _area(scene: Scene) -> QRectF:
    drawing = scene.drawing
    rects = [r.bounds for r in drawing.routes.values()]
    rects += [rect for i in range(len(drawing.network.notes)) if (rect := drawing.note_rect(i)) is not None]
    if (bounds := drawing.bounds()) is not None:
        rects.append(bounds)
    return qrect((around(rects) or Rect(0, 0, 180, 64)).grown(MARGIN))


def _paint(painter: QPainter, scene: Scene, area: QRectF) -> None:
    """Paint everything as lines and letters, nothing selected."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(-area.left(), -area.top())
    painter.fillRect(area, look.theme().color("bg0"))
    paint_notes(painter, scene, selected=False)
    drawing = scene.drawing
    for edge, way in drawing.routes.items():
        painter.setPen(links.pen(scene.looks.get(edge, "wire")))
        painter.setBrush(look.theme().color("bg0", 0.0))
        painter.drawPath(links.path(way))
    for edge, text in scene.labels.items():
        links.label(painter, drawing.routes[edge], text, left=crowded(drawing, edge))
    for name, item in scene.nodes.items():
        rect = drawing.boxes[name].rect
        painter.save()
        painter.translate(rect.left, rect.top)
        paint.node(painter, item.face)
        painter.restore()
