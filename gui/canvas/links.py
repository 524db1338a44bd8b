"""How links are painted: their path, their pen by what they mean, and the shape that stands on them."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from gui import theme as look
from gui.canvas.letters import font, line, metrics
from gui.canvas.paint import FULL
from gui.canvas.routes import CORNER, Route


def path(way: Route) -> QPainterPath:
    """A link as a path, its corners rounded."""
    points = way.points
    made = QPainterPath(QPointF(*points[0]))
    if way.curve:
        made.cubicTo(QPointF(*points[1]), QPointF(*points[2]), QPointF(*points[3]))
        return made
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _toward(here, before), _toward(here, after)
        made.lineTo(QPointF(*a))
        made.quadTo(QPointF(*here), QPointF(*b))
    made.lineTo(QPointF(*points[-1]))
    return made


def _toward(here: tuple[float, float], there: tuple[float, float]) -> tuple[float, float]:
    """The point on the way from *here* to *there* where the corner ends."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = (dx * dx + dy * dy) ** 0.5
    step = min(CORNER, length / 2) / length if length else 0.0
    return here[0] + dx * step, here[1] + dy * step


def pen(style: str, scale: float = 1.0) -> QPen:
    """The pen of a link: ``"wire"``, ``"skip"``, ``"wrong"``, ``"training"``, ``"selected"``, ``"hovered"``.

    Where two networks are compared, also ``"added"`` and ``"removed"``.
    """
    return _pen(style, scale >= FULL, look.theme().name)


@lru_cache(maxsize=64)
def _pen(style: str, full: bool, name: str) -> QPen:
    t = look.THEMES[name]
    color = {
        "skip": t.family("merge"),
        "wrong": t.color("err"),
        "selected": t.color("acc"),
        "hovered": t.color("acc"),
        "added": t.color("ok"),
        "removed": t.color("err"),
    }.get(style, t.color("wire"))
    made = QPen(color, 2.0 if style in ("selected", "hovered", "added", "removed") else 1.5)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    if not full:
        made.setWidthF(1.5 if style in ("selected", "hovered") else 1.0)
        made.setCosmetic(True)
    if style in ("wrong", "removed"):
        made.setDashPattern([3.0, 2.5])
    elif style == "training":
        made.setDashPattern([1.5, 2.5])
    return made


def label(painter: QPainter, way: Route, text: str, *, left: bool = False) -> None:
    """The shape on a link: beside it (*left* of it) where it is short and straight, else interrupting it."""
    t = look.theme()
    (x, y), upright = way.middle()
    of = font(11)
    if way.straight and upright and abs(way.points[1][1] - way.points[0][1]) < 120:
        if abs(way.points[1][1] - way.points[0][1]) >= 20:
            line(painter, of, t.color("t3"), x - 11 if left else x + 11, y + 4, text, right=left)
        return
    if way.curve and way.points[3][1] - way.points[0][1] < 48:
        return
    width = metrics(of).horizontalAdvance(text)
    painter.fillRect(QRectF(x - width / 2 - 6, y - 9, width + 12, 18), t.color("bg0"))
    line(painter, of, t.color("t2"), x - width / 2, y + 4, text)
