"""How nodes are painted: once per face, state and scale, into a picture that is kept."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from graph.text import tr
from gui import theme as look
from gui.canvas.faces import Face
from gui.canvas.geometry import PORT
from gui.canvas.ground import MARGIN, MINIATURE, blank, body, brush, ground, miniature
from gui.canvas.letters import RADIUS, font, line, metrics
from gui.canvas.quantities import STEPS
from gui.parts import mixed

FULL, FAR = 0.5, 0.18
"""From this scale on a node is shown in full; below the other, everything is painted at one go."""
SELECTED, HOVERED, DIMMED = 1, 2, 4
"""States of a node; they add up."""
EDGE, LEFT, RIGHT = 4.0, 12.0, 10.0

_BUDGET = 48 * 2**20


class Pictures:
    """Painted nodes by what they show; the ones not used for longest make room."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._kept: OrderedDict[tuple, QPixmap] = OrderedDict()
        self._budget, self._used = budget, 0

    def get(self, face: Face, state: int, scale: float, dpr: float) -> QPixmap:
        """The picture of a node, its :data:`MARGIN` included."""
        key = (face, state, scale, dpr, look.theme().name)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        made = _picture(face, state, scale, dpr)
        self._kept[key] = made
        self._used += _bytes(made)
        while self._used > self._budget and len(self._kept) > 1:
            self._used -= _bytes(self._kept.popitem(last=False)[1])
        return made

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
        self._used = 0


def _bytes(made: QPixmap) -> int:
    return made.width() * made.height() * 4


def _picture(face: Face, state: int, scale: float, dpr: float) -> QPixmap:
    size = face.width, face.height
    if scale < FULL:
        made = blank(size, scale, dpr)
        painter = brush(made, scale)
        plain(painter, face, state, scale)
    elif state & (DIMMED | HOVERED) or face.bypass:
        made = blank(size, scale, dpr)
        painter = brush(made, scale)
        node(painter, face, state)
    else:
        made = ground(size, face.inside is not None, fill(face).name(), scale, dpr, look.theme().name).copy()
        painter = brush(made, scale)
        _upon(painter, face, state)
    painter.end()
    return made


WARM = {"dark": ("#24211F", "#7A3A12", "#AA4C0B"), "light": ("#FBF3E6", "#F6C28B", "#EE8A3C")}
"""From cold over lukewarm to hot, by theme: apart in lightness, so that every kind of sight can tell them, and never so
bright (or dark) that the theme's text could not be read on it."""


@lru_cache(maxsize=2 * (STEPS + 1))
def _warm(warmth: int, theme: str) -> QColor:
    cold, middle, hot = map(QColor, WARM[theme])
    share = warmth / STEPS
    return mixed(cold, middle, share * 2) if share < 0.5 else mixed(middle, hot, share * 2 - 1)


def warm(warmth: int) -> QColor:
    """The color of a warmth from 0 to :data:`STEPS`."""
    return _warm(warmth, "dark" if look.theme().dark else "light")


# a node in full


def node(painter: QPainter, face: Face, state: int = 0) -> None:
    """Paint a node with its upper left corner at the origin: three lines, ports and marks."""
    if state & DIMMED:
        painter.setOpacity(0.35)
    size, block = (face.width, face.height), face.inside is not None
    body(painter, size, fill(face), block=block, hot=bool(state & HOVERED), bypass=face.bypass)
    painter.setOpacity(0.35 if state & DIMMED else 1.0)
    _upon(painter, face, state)


def fill(face: Face) -> QColor:
    """The color of the body of a node."""
    if face.bypass:
        return look.theme().color("bg0")
    return warm(face.warmth) if face.warmth >= 0 else look.theme().color("bg1" if face.training else "bg2")


def _upon(painter: QPainter, face: Face, state: int) -> None:
    """What stands on the body of a node."""
    opacity, whole = painter.opacity(), QRectF(0, 0, face.width, face.height)
    painter.setOpacity(opacity * (0.5 if face.bypass else 1.0))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.theme().family(face.category))
    painter.drawPath(_edge(face.height))
    (_block_lines if face.inside is not None else _lines)(painter, face)
    if face.frozen:
        _hatch(painter, whole)
        _lock(painter, face)
    painter.setOpacity(opacity)
    _ring(painter, face, state, whole)
    _ports(painter, face)
    if face.mark:
        _changed(painter, face, whole)
    elif face.error or face.told:
        _badge(painter, face.width - 2, 1, "!", TOLD[face.told or "error"])


TOLD = {"error": "err", "warning": "warn"}
"""The color of a problem by how bad it is."""

SIGNS = {"added": ("+", "ok"), "removed": ("−", "err"), "changed": ("~", "warn"), "follows": ("", "warn")}
"""The sign and the color of what became of a node; what only follows from other changes has no sign."""


def _changed(painter: QPainter, face: Face, body: QRectF) -> None:
    """A ring and a sign in the color of what became of a node: dashed if it is gone, thin if it only follows."""
    t = look.theme()
    sign, token = SIGNS[face.mark]
    pen = QPen(t.color(token), 2 if sign else 1)
    if face.mark == "removed":
        pen.setDashPattern([3.0, 2.0])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    if sign:
        _badge(painter, face.width - 2, 1, sign, token)


@lru_cache(maxsize=8)
def _edge(height: float) -> QPainterPath:
    whole, strip = QPainterPath(), QPainterPath()
    whole.addRoundedRect(QRectF(0, 0, 3 * RADIUS, height), RADIUS, RADIUS)
    strip.addRect(QRectF(0, 0, EDGE, height))
    return whole.intersected(strip)


def _ring(painter: QPainter, face: Face, state: int, body: QRectF) -> None:
    t = look.theme()
    if not (state & SELECTED or face.error):
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state & SELECTED:
        painter.setPen(QPen(t.color("err", 0.3) if face.error else t.color("acc", 0.25), 4))
        painter.drawRoundedRect(body.adjusted(-3, -3, 3, 3), RADIUS + 3, RADIUS + 3)
    painter.setPen(QPen(t.color("err" if face.error else "acc"), 2))
    painter.drawRoundedRect(body.adjusted(0, 0, 0, 0), RADIUS, RADIUS)


def _ports(painter: QPainter, face: Face) -> None:
    t = look.theme()
    r = PORT / 2
    for y, slots in ((0.0, face.ins), (face.height, face.outs)):
        for x, taken in slots:
            if taken:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(t.color("wire"))
                painter.drawEllipse(QPointF(x, y), r, r)
            else:
                painter.setPen(QPen(t.color("wire"), 1.25))
                painter.setBrush(t.color("bg0"))
                painter.drawEllipse(QPointF(x, y), r - 0.625, r - 0.625)


def _lines(painter: QPainter, face: Face) -> None:
    t = look.theme()
    room = face.width - LEFT - RIGHT
    tag = font(10.5) if face.training else None
    taken = 0.0
    if tag is not None:
        taken = line(painter, tag, t.color("t3"), face.width - RIGHT, 18.5, _training(), right=True) + 8
    if face.frozen:
        taken = max(taken, 18.0)
    line(painter, font(13, look.SEMIBOLD), t.color("t1"), LEFT, 19, face.name, room - taken)
    line(painter, font(11.5), t.color(_second(face)), LEFT, 37, face.line, room)
    weights = 0.0
    if face.weights:
        weights = (
            line(painter, font(11.5), t.color(_second(face)), face.width - RIGHT, 54, face.weights, right=True) + 8
        )
    if face.shares:
        _mark(painter, "link", face.width - RIGHT - weights + 4, 43, 12)
        weights += 14
    line(painter, font(11.5), t.color("t1" if face.known or face.error else "t3"), LEFT, 54, face.shape, room - weights)


def _second(face: Face) -> str:
    """The token of what stands below the name: on a warm node it is as strong as the name."""
    return "t1" if face.warmth > STEPS // 3 else "t2"


def _training() -> str:
    return tr("training")


def _block_lines(painter: QPainter, face: Face) -> None:
    t = look.theme()
    room = face.width - LEFT - MINIATURE - 12
    taken = 18.0 if face.frozen else 0.0
    if face.times:
        taken += (
            line(painter, font(12, look.SEMIBOLD), t.color("acc"), LEFT + room - taken, 19, face.times, right=True) + 6
        )
    line(painter, font(13, look.SEMIBOLD), t.color("t1"), LEFT, 19, face.name, room - taken)
    line(painter, font(11.5), t.color(_second(face)), LEFT, 36, face.line, room)
    if face.shares:
        _mark(painter, "link", LEFT + 12, 64, 12)
    indent = 16 if face.shares else 0
    line(painter, font(11.5), t.color(_second(face)), LEFT + indent, 75, face.weights, room - indent)
    line(painter, font(11.5), t.color("t1" if face.known or face.error else "t3"), LEFT, 91, face.shape, room)
    miniature(painter, QRectF(face.width - MINIATURE - 7, 7, MINIATURE, face.height - 14), face.inside or ())


def _hatch(painter: QPainter, body: QRectF) -> None:
    t = look.theme()
    painter.save()
    clip = QPainterPath()
    clip.addRoundedRect(body.adjusted(EDGE, 1, -1, -1), RADIUS - 1, RADIUS - 1)
    painter.setClipPath(clip)
    painter.setPen(QPen(t.color("t3", 0.16), 1))
    x = -body.height()
    while x < body.width():
        painter.drawLine(QPointF(x, body.height()), QPointF(x + body.height(), 0))
        x += 8
    painter.restore()


def _lock(painter: QPainter, face: Face) -> None:
    _mark(painter, "lock", face.width - RIGHT - (53 - RIGHT + 4 if face.inside is not None else 0), 8)


def _mark(painter: QPainter, icon: str, right: float, top: float, size: int = 14) -> None:
    """A small sign that ends at *right*."""
    scale = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
    made = look.pixmap(icon, "t2", size, max(1.0, scale))
    painter.drawPixmap(QRectF(right - size, top, size, size), made, QRectF(made.rect()))


def _badge(painter: QPainter, x: float, y: float, sign: str = "!", token: str = "err") -> None:
    t = look.theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(t.color(token))
    painter.drawEllipse(QPointF(x, y), 10, 10)
    of = font(13, look.SEMIBOLD)
    width = metrics(of).horizontalAdvance(sign)
    line(painter, of, t.color("bg0" if t.dark else "onacc"), x - width / 2, y + 4.7, sign)


# a node from afar


def plain(painter: QPainter, face: Face, state: int, scale: float) -> None:
    """Paint a node as a box with its title, the title as large on the screen as can still be read."""
    t = look.theme()
    if state & DIMMED:
        painter.setOpacity(0.35)
    body = QRectF(0, 0, face.width, face.height)
    pixel = 1 / scale
    painter.setPen(QPen(t.color("line2"), pixel))
    painter.setBrush(fill(face))
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(t.family(face.category))
    edge = max(EDGE, 3 * pixel)
    painter.drawRoundedRect(QRectF(0, 0, edge, face.height), min(RADIUS, edge / 2), min(RADIUS, edge / 2))
    _titles(painter, face, edge, pixel)
    if state & SELECTED or face.error or face.mark:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        token = "acc" if state & SELECTED else SIGNS[face.mark][1] if face.mark else "err"
        painter.setPen(QPen(t.color(token), min(2 * pixel, MARGIN)))
        painter.drawRoundedRect(body, RADIUS, RADIUS)
    if face.error or face.told:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color(TOLD[face.told or "error"]))
        radius = min(4 * pixel, MARGIN)
        painter.drawEllipse(QPointF(face.width, 0), radius, radius)


def _titles(painter: QPainter, face: Face, edge: float, pixel: float) -> None:
    t = look.theme()
    size = max(13.0, 9.5 * pixel)
    if size > face.height * 0.8:
        return
    room, left = face.width - edge - 8 * pixel, edge + 4 * pixel
    two = bool(face.shape) and 2.5 * size <= face.height
    baseline = face.height * 0.5 + size * (-0.18 if two else 0.36)
    line(painter, font(round(size), look.SEMIBOLD), t.color("t1"), left, baseline, face.name, room)
    if two:
        second = font(round(size * 0.92))
        line(painter, second, t.color(_second(face)), left, baseline + size * 1.2, face.shape, room)
