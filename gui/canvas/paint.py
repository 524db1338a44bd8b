"""How nodes, links, frames and notes are painted; a node once per face, state and scale, into a cached picture."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from graph.text import tr
from gui import theme as look
from gui.canvas.faces import Face
from gui.canvas.geometry import PORT, Rect
from gui.canvas.routes import CORNER, Route

MARGIN = 12.0
"""Pixels of the scene around a node that its ring, badge and shadow may need."""
FULL, FAR = 0.5, 0.18
"""From this scale on a node is shown in full; below the other, everything is painted at one go."""
SELECTED, HOVERED, DIMMED = 1, 2, 4
"""States of a node; they add up."""
RADIUS, EDGE, LEFT, RIGHT = 6.0, 4.0, 12.0, 10.0

_BUDGET = 48 * 2**20


@lru_cache(maxsize=256)
def _font(size: float, weight: QFont.Weight = look.REGULAR) -> QFont:
    return look.font(size, weight)


@lru_cache(maxsize=256)
def _metrics(font: QFont) -> QFontMetricsF:
    return QFontMetricsF(font)


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
    width, height = (face.width + 2 * MARGIN) * scale * dpr, (face.height + 2 * MARGIN) * scale * dpr
    made = QPixmap(max(1, int(width + 1.5)), max(1, int(height + 1.5)))
    made.setDevicePixelRatio(dpr)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    painter.translate(MARGIN, MARGIN)
    (node if scale >= FULL else plain)(painter, face, state, scale)
    painter.end()
    return made


# a node in full


def node(painter: QPainter, face: Face, state: int = 0, scale: float = 1.0) -> None:
    """Paint a node with its upper left corner at the origin: three lines, ports and marks."""
    if state & DIMMED:
        painter.setOpacity(0.35)
    body = QRectF(0, 0, face.width, face.height)
    if face.inside is not None:
        _sheet(painter, body.translated(4, 4), face)
    _shadow(painter, body)
    _body(painter, face, state, body)
    painter.setOpacity(painter.opacity() * (0.5 if face.bypass else 1.0))
    (_block_lines if face.inside is not None else _lines)(painter, face)
    if face.frozen:
        _hatch(painter, body)
        _lock(painter, face)
    painter.setOpacity(0.35 if state & DIMMED else 1.0)
    _ring(painter, face, state, body)
    _ports(painter, face)
    if face.error:
        _badge(painter, face.width - 2, 1)


def _shadow(painter: QPainter, body: QRectF) -> None:
    t = look.theme()
    painter.setPen(Qt.PenStyle.NoPen)
    for grow, alpha in ((3.0, 10), (2.0, 12), (1.0, 14)):
        painter.setBrush(QColor(0, 0, 0, alpha * (2 if t.dark else 1)))
        painter.drawRoundedRect(body.adjusted(-grow / 2, 0, grow / 2, grow), RADIUS + grow / 2, RADIUS + grow / 2)


def _sheet(painter: QPainter, rect: QRectF, face: Face) -> None:
    t = look.theme()
    painter.setPen(QPen(t.color("line2"), 1))
    painter.setBrush(t.color("bg1"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def _body(painter: QPainter, face: Face, state: int, body: QRectF) -> None:
    t = look.theme()
    fill = t.color("bg1" if face.training else "bg2")
    border = t.color("wire" if state & HOVERED else "line2")
    pen = QPen(border, 1)
    if face.bypass:
        pen.setStyle(Qt.PenStyle.DashLine)
        fill = t.color("bg0")
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(t.family(face.category))
    painter.setOpacity(painter.opacity() * (0.5 if face.bypass else 1.0))
    painter.drawPath(_edge(face.height))
    painter.setOpacity(0.35 if state & DIMMED else 1.0)


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
    tag = _font(10.5) if face.training else None
    taken = 0.0
    if tag is not None:
        taken = _text(painter, tag, t.color("t3"), face.width - RIGHT, 18.5, _training(), right=True) + 8
    if face.frozen:
        taken = max(taken, 18.0)
    _text(painter, _font(13, look.SEMIBOLD), t.color("t1"), LEFT, 19, face.name, room - taken)
    _text(painter, _font(11.5), t.color("t2"), LEFT, 37, face.line, room)
    weights = 0.0
    if face.weights:
        weights = _text(painter, _font(11.5), t.color("t2"), face.width - RIGHT, 54, face.weights, right=True) + 8
    _text(
        painter, _font(11.5), t.color("t1" if face.known or face.error else "t3"), LEFT, 54, face.shape, room - weights
    )


def _training() -> str:
    return tr("training")


def _block_lines(painter: QPainter, face: Face) -> None:
    t = look.theme()
    room = face.width - LEFT - 46 - 12
    _text(painter, _font(13, look.SEMIBOLD), t.color("t1"), LEFT, 19, face.name, room - (18 if face.frozen else 0))
    _text(painter, _font(11.5), t.color("t2"), LEFT, 36, face.line, room)
    _text(painter, _font(11.5), t.color("t2"), LEFT, 75, face.weights, room)
    _text(painter, _font(11.5), t.color("t1" if face.known or face.error else "t3"), LEFT, 91, face.shape, room)
    miniature(painter, QRectF(face.width - 46 - 7, 7, 46, face.height - 14), face.inside or ())


def miniature(painter: QPainter, rect: QRectF, inside: Sequence[str]) -> None:
    """A block's inside at a glance: a bar per layer with the edge of its family."""
    t = look.theme()
    painter.setPen(QPen(t.color("line"), 1))
    painter.setBrush(t.color("bg0" if t.dark else "bg3", 0.6))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if not inside:
        return
    pitch = min((rect.height() - 10) / len(inside), 19.0)
    height, width = max(2.0, min(8.0, pitch * 0.6)), rect.width() - 14
    top = rect.center().y() - (pitch * (len(inside) - 1) + height) / 2
    x = rect.left() + 7
    painter.setPen(QPen(t.color("wire"), 1))
    painter.drawLine(
        QPointF(rect.center().x(), top + height), QPointF(rect.center().x(), top + pitch * (len(inside) - 1))
    )
    for i, family in enumerate(inside):
        bar = QRectF(x, top + i * pitch, width, height)
        painter.setPen(QPen(t.color("line2"), 0.75))
        painter.setBrush(t.color("bg2"))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.fillRect(QRectF(x, bar.top(), 2.5, height), t.family(family))


def _text(
    painter: QPainter,
    font: QFont,
    color: QColor,
    x: float,
    baseline: float,
    text: str,
    room: float = 1e9,
    *,
    right: bool = False,
) -> float:
    """Write one line, shortened to *room*; returns its width."""
    if not text:
        return 0.0
    metrics = _metrics(font)
    width = metrics.horizontalAdvance(text)
    if width > room:
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text)
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(QPointF(x - width if right else x, baseline), text)
    return width


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
    scale = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
    made = look.pixmap("lock", "t2", 14, max(1.0, scale))
    right = face.width - RIGHT - (53 - RIGHT + 4 if face.inside is not None else 0)
    painter.drawPixmap(QRectF(right - 14, 8, 14, 14), made, QRectF(made.rect()))


def _badge(painter: QPainter, x: float, y: float) -> None:
    t = look.theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(t.color("err"))
    painter.drawEllipse(QPointF(x, y), 10, 10)
    font = _font(13, look.SEMIBOLD)
    width = _metrics(font).horizontalAdvance("!")
    _text(painter, font, t.color("bg0" if t.dark else "onacc"), x - width / 2, y + 4.7, "!")


# a node from afar


def plain(painter: QPainter, face: Face, state: int, scale: float) -> None:
    """Paint a node as a box with its title, the title as large on the screen as can still be read."""
    t = look.theme()
    if state & DIMMED:
        painter.setOpacity(0.35)
    body = QRectF(0, 0, face.width, face.height)
    pixel = 1 / scale
    painter.setPen(QPen(t.color("line2"), pixel))
    painter.setBrush(t.color("bg1" if face.training else "bg2"))
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(t.family(face.category))
    edge = max(EDGE, 3 * pixel)
    painter.drawRoundedRect(QRectF(0, 0, edge, face.height), min(RADIUS, edge / 2), min(RADIUS, edge / 2))
    _titles(painter, face, edge, pixel)
    if state & SELECTED or face.error:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(t.color("acc" if state & SELECTED else "err"), min(2 * pixel, MARGIN)))
        painter.drawRoundedRect(body, RADIUS, RADIUS)
    if face.error:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("err"))
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
    _text(painter, _font(round(size), look.SEMIBOLD), t.color("t1"), left, baseline, face.name, room)
    if two:
        second = _font(round(size * 0.92))
        _text(painter, second, t.color("t2"), left, baseline + size * 1.2, face.shape, room)


# links


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
    """The pen of a link: ``"wire"``, ``"skip"``, ``"wrong"``, ``"training"``, ``"selected"``, ``"hovered"``."""
    return _pen(style, scale >= FULL, look.theme().name)


@lru_cache(maxsize=64)
def _pen(style: str, full: bool, name: str) -> QPen:
    t = look.THEMES[name]
    color = {
        "skip": t.family("merge"),
        "wrong": t.color("err"),
        "selected": t.color("acc"),
        "hovered": t.color("acc"),
    }.get(style, t.color("wire"))
    made = QPen(color, 2.0 if style in ("selected", "hovered") else 1.5)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    if not full:
        made.setWidthF(1.5 if style in ("selected", "hovered") else 1.0)
        made.setCosmetic(True)
    if style == "wrong":
        made.setDashPattern([3.0, 2.5])
    elif style == "training":
        made.setDashPattern([1.5, 2.5])
    return made


def label(painter: QPainter, way: Route, text: str) -> None:
    """The shape on a link: beside it where it is short and straight, else interrupting it."""
    t = look.theme()
    (x, y), upright = way.middle()
    font = _font(11)
    if way.straight and upright and abs(way.points[1][1] - way.points[0][1]) < 120:
        if abs(way.points[1][1] - way.points[0][1]) >= 20:
            _text(painter, font, t.color("t3"), x + 11, y + 4, text)
        return
    if way.curve and way.points[3][1] - way.points[0][1] < 48:
        return
    width = _metrics(font).horizontalAdvance(text)
    painter.fillRect(QRectF(x - width / 2 - 6, y - 9, width + 12, 18), t.color("bg0"))
    _text(painter, font, t.color("t2"), x - width / 2, y + 4, text)


def label_bounds(way: Route) -> Rect:
    """What a link and its label may cover."""
    return way.bounds.grown(84.0)


# frames and notes


def frame(painter: QPainter, rect: QRectF, title: str, size: str = "") -> None:
    """A frame around nodes, its title at the upper left, the size of its maps at the right."""
    t = look.theme()
    painter.setPen(QPen(t.color("line2"), 1))
    painter.setBrush(QBrush(t.color("bg1", 0.5)))
    painter.drawRoundedRect(rect, 10, 10)
    taken = _text(painter, _font(12), t.color("t3"), rect.right() - 12, rect.top() + 22, size, right=True)
    _text(painter, _font(12), t.color("t2"), rect.left() + 12, rect.top() + 22, title, rect.width() - 32 - taken)


def note(painter: QPainter, rect: QRectF, text: str) -> None:
    """A text on the drawing."""
    t = look.theme()
    painter.setPen(QPen(t.color("warn", 0.3), 1))
    painter.setBrush(t.color("warnbg"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    scale = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
    icon = look.pixmap("sticky-note", "warn", 14, max(1.0, scale))
    painter.drawPixmap(QRectF(rect.left() + 12, rect.top() + 12, 14, 14), icon, QRectF(icon.rect()))
    _text(painter, _font(12), t.color("warn"), rect.left() + 34, rect.top() + 24, tr("Note"))
    painter.setFont(_font(12))
    painter.setPen(t.color("t1"))
    wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
    painter.drawText(rect.adjusted(12, 34, -12, -8), wrapped, _whole(text))


def _whole(text: str) -> str:
    """*text* whose numbers and shapes stay on one line: their spaces must not break."""
    return text.replace("\u2009", "\u202f").replace(" × ", "\u00a0×\u00a0")


def sentence_size(text: str, width: float = 240.0) -> tuple[float, float]:
    """Width and height of the box of :func:`sentence`."""
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    area = _metrics(_font(12)).boundingRect(QRectF(0, 0, width - 24, 1000), flags, _whole(text))
    return area.width() + 26, area.height() + 16


def sentence(painter: QPainter, x: float, y: float, text: str, *, wrong: bool = True) -> None:
    """A sentence in a small box whose upper left corner is (x, y)."""
    t = look.theme()
    rect = QRectF(x, y, *sentence_size(text))
    painter.setPen(QPen(t.color("err", 0.6) if wrong else t.color("line2"), 1))
    painter.setBrush(t.color("errbg" if wrong else "bg2"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.setFont(_font(12))
    painter.setPen(t.color("t1"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect.adjusted(12, 7, -12, -7), flags, _whole(text))
