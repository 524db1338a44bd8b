"""The network from afar: painted at one go, links as lines, nodes as rectangles in the color of their family."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from graph.network import Edge
from gui import theme as look
from gui.canvas import links
from gui.canvas.faces import category
from gui.canvas.geometry import Rect
from gui.canvas.items import paint_notes, qrect
from gui.canvas.paint import SIGNS, warm
from gui.canvas.scene import Scene


class Afar:
    """Paints a scene from afar; what it paints of the whole is kept until the scene is another one."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._kept: dict[str, tuple[int, Any]] = {}

    def boxes(self) -> dict[str, list[QRectF]]:
        """Rectangles of all nodes by family; under ``"wrong"`` once more those with an error."""
        return self._once("boxes", self._scene.node_stamp, lambda: self._boxed(self._scene.drawing.boxes))

    def paint(self, painter: QPainter, part: Rect | None = None) -> None:
        """Paint everything, or what lies in a small *part* of the scene (more does no harm)."""
        drawing = self._scene.drawing
        if part is not None:
            lines = self._lined(drawing.links.near(part))  # type: ignore[arg-type]
            rects = self._boxed(drawing.nodes.near(part))  # type: ignore[arg-type]
        else:
            lines = self._once("lines", self._scene.stamp, lambda: self._lined(drawing.routes))
            rects = self.boxes()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        paint_notes(painter, self._scene)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        selected = [qrect(drawing.boxes[name].rect) for name in self._scene.selection]
        _paint(painter, lines, {**rects, "selected": selected})

    def _once(self, name: str, stamp: int, make: Callable[[], Any]) -> Any:
        if self._kept.get(name, (-1, None))[0] != stamp:
            self._kept[name] = (stamp, make())
        return self._kept[name][1]

    def _lined(self, edges: Iterable[Edge]) -> dict[str, list[QLineF]]:
        """Lines by the pen that draws them."""
        routes, found = self._scene.drawing.routes, {}
        for style, group in self._scene.by_style(edges).items():
            lines = found[style] = []
            for edge in group:
                way = routes[edge]
                points = (way.points[0], way.points[-1]) if way.curve else way.points
                lines += [QLineF(a[0], a[1], b[0], b[1]) for a, b in pairwise(points)]
        return found

    def _boxed(self, names: Iterable[str]) -> dict[str, list[QRectF]]:
        """Rectangles by family; under ``"wrong"`` once more those with an error."""
        drawing, facts, found = self._scene.drawing, self._scene.facts, {}
        warmths, marks = self._scene.warmths, self._scene.marks
        for name in names:
            rect = qrect(drawing.boxes[name].rect)
            if marks:
                family = f"{MARK}{marks[name].how}" if name in marks else f"{MARK}"
            elif name in warmths:
                family = f"{WARMTH}{warmths[name]}"
            else:
                family = category(drawing.network, drawing.network[name])
            found.setdefault(family, []).append(rect)
            fact = facts.get(name)
            if fact is not None and fact.error is not None:
                found.setdefault("wrong", []).append(rect)
        return found


WARMTH, MARK = "warmth ", "mark "
"""What begins the key of nodes of one warmth, or of which the same became, where those of a family have its name."""


def tint(family: str, alpha: float) -> QColor:
    """The color of a group of :meth:`Afar.boxes`."""
    if family.startswith(WARMTH):
        return warm(int(family.removeprefix(WARMTH)))
    if family.startswith(MARK):
        how = family.removeprefix(MARK)
        return (
            look.theme().color(SIGNS[how][1], 0.45 if how == "follows" else 1.0) if how else look.theme().color("line2")
        )
    return look.theme().family(family, alpha)


def _paint(painter: QPainter, lines: dict[str, list[QLineF]], rects: dict[str, list[QRectF]]) -> None:
    for style, drawn in lines.items():
        painter.setPen(links.pen(style, 0.1))
        painter.drawLines(drawn)
    painter.setPen(Qt.PenStyle.NoPen)
    for family, drawn in rects.items():
        if family not in ("wrong", "selected"):
            painter.setBrush(tint(family, 0.75))
            painter.drawRects(drawn)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for style in ("wrong", "selected"):
        if drawn := rects.get(style):
            pen = QPen(links.pen(style, 0.1))
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setWidthF(2.0)
            painter.setPen(pen)
            painter.drawRects(drawn)
