"""What the mouse does on the canvas: one class per gesture, each from its press to its release.

A gesture changes only how things look until it is let go; then it calls one action.  Escape puts everything back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QApplication

from graph.layer import Layer
from graph.network import Block, Edge, Network
from graph.text import tr
from gui import theme as look
from gui.canvas import hit
from gui.canvas.geometry import BLOCK, NODE, Point, Rect, snapped
from gui.canvas.hit import End
from gui.canvas.items import qrect
from gui.canvas.letters import RADIUS
from gui.canvas.noting import LEAST, carried

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView


class Pointer(NamedTuple):
    """Where the pointer is, in the scene and in the viewport, and which keys are held."""

    at: Point
    screen: QPoint
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def shift(self) -> bool:
        """Whether Shift is held."""
        return bool(self.keys & Qt.KeyboardModifier.ShiftModifier)

    @property
    def control(self) -> bool:
        """Whether Ctrl is held."""
        return bool(self.keys & Qt.KeyboardModifier.ControlModifier)


class Tip(NamedTuple):
    """A sentence beside the pointer or under a node."""

    at: Point
    text: str
    wrong: bool = True


class Gesture:
    """What is being done; the base does nothing."""

    cursor: Qt.CursorShape | None = None
    tip: Tip | None = None

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        self.canvas, self.start, self.last = canvas, start, start
        self.begun = False

    def pull(self, pointer: Pointer) -> None:
        """The pointer moved; small moves of a click do not count."""
        away = pointer.screen - self.start.screen
        if not self.begun and abs(away.x()) + abs(away.y()) < min(4, QApplication.startDragDistance()):
            return
        self.begun = True
        self.move(pointer)
        self.last = pointer

    def move(self, pointer: Pointer) -> None:
        """Follow the pointer."""

    def release(self, pointer: Pointer) -> None:
        """Let go."""

    def cancel(self) -> None:
        """Put everything back."""

    def area(self) -> Rect | None:
        """What :meth:`paint` covers."""
        return None

    def paint(self, painter: QPainter, scale: float) -> None:
        """Paint what is in hand, in pixels of the scene."""


class Pan(Gesture):
    """The scene goes with the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def move(self, pointer: Pointer) -> None:
        away = pointer.screen - self.last.screen
        self.canvas.view.pan(away.x(), away.y())


class Band(Gesture):
    """A rubber band selects what it touches; with Shift in addition to what is selected."""

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        more = start.shift or start.control
        self._before = canvas.selection if more else ()
        self._noted = set(canvas.scene.noted) if more else set()
        self._rect = Rect(*start.at, *start.at)

    def move(self, pointer: Pointer) -> None:
        (ax, ay), (bx, by) = self.start.at, pointer.at
        self._rect = Rect(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        drawing = self.canvas.scene.drawing
        notes = self._noted.union(hit.notes_inside(drawing, self._rect))
        self.canvas.scene.select({*self._before, *hit.inside(drawing, self._rect)}, notes)

    def release(self, pointer: Pointer) -> None:
        if not self.begun:
            self.cancel()

    def cancel(self) -> None:
        self.canvas.scene.select(self._before, self._noted)

    def area(self) -> Rect | None:
        return self._rect.grown(4)

    def paint(self, painter: QPainter, scale: float) -> None:
        t = look.theme()
        if self.begun:
            painter.setPen(QPen(t.color("acc"), 1 / scale))
            painter.setBrush(t.color("acc", 0.1))
            painter.drawRect(qrect(self._rect))


class Move(Gesture):
    """A click selects; a drag moves what is selected, frames with their nodes.

    An unlinked node is put into the link it is dropped on.
    """

    def __init__(self, canvas: CanvasView, start: Pointer, name: str = "", note: int = -1) -> None:
        super().__init__(canvas, start)
        self._name, self._note = name, note
        self._by: Point = (0.0, 0.0)
        self._names: tuple[str, ...] = ()
        self._notes: tuple[int, ...] = ()
        self._from: Point = (0.0, 0.0)
        self._into: Edge | None = None
        if not self._chosen() and not (start.shift or start.control):
            canvas.scene.select([name], [note] if note >= 0 else ())

    def _chosen(self) -> bool:
        return self._name in self.canvas.selection or self._note in self.canvas.scene.noted

    def move(self, pointer: Pointer) -> None:
        scene = self.canvas.scene
        if not (self._names or self._notes):
            self._take()
        (x, y), (ax, ay) = self._from, self.start.at
        dx, dy = snapped(x + pointer.at[0] - ax) - x, snapped(y + pointer.at[1] - ay) - y
        if (dx, dy) == self._by:
            return
        scene.shift(self._names, dx - self._by[0], dy - self._by[1])
        self._by = (dx, dy)
        if self._notes:
            notes = scene.drawing.network.notes
            scene.hold_notes(
                {i: Rect(*notes[i].at, *_sum(notes[i].at, notes[i].size)).moved(dx, dy) for i in self._notes}
            )
        if self._name:
            self._look_below(pointer)

    def _take(self) -> None:
        """From now on this moves: what is selected, and what stands in its frames."""
        scene = self.canvas.scene
        if not self._chosen():
            note = {self._note} if self._note >= 0 else set()
            scene.select({*self.canvas.selection, self._name}, scene.noted | note)
        network = scene.drawing.network
        self._names, self._notes = carried(network, self.canvas.selection, scene.noted)
        if self._name:
            self._from = network.nodes[self._name].at
        else:
            rect = scene.drawing.note_rect(self._note)
            self._from = (rect.left, rect.top) if rect is not None else (0.0, 0.0)

    def _look_below(self, pointer: Pointer) -> None:
        drawing = self.canvas.scene.drawing
        self.tip, into = None, None
        if len(self._names) == 1 and not self._notes and hit.unlinked(drawing.network, self._name):
            into = hit.receiver(drawing, drawing.boxes[self._name].rect, [self._name])
            if into is not None and (reason := hit.insertion(drawing.network, self._name, into)):
                self.tip, into = Tip(pointer.at, str(reason)), None
        self._into = into
        self.canvas.scene.hover(into if into is not None else self._name)

    def release(self, pointer: Pointer) -> None:
        if not self.begun:
            self._click()
        elif not self._drop():
            self.cancel()

    def _drop(self) -> bool:
        network = self.canvas.network
        places = {n: _sum(network.nodes[n].at, self._by) for n in self._names}
        if self._into is not None:
            return self.canvas.actions.insert(self._name, self._into, places[self._name])
        if self._by == (0.0, 0.0):
            return False
        if self._note < 0 and not self._notes:
            return self.canvas.actions.move(places)
        return self.canvas.notes.move(places, {i: _sum(network.notes[i].at, self._by) for i in self._notes})

    def _click(self) -> None:
        scene, name, note = self.canvas.scene, {self._name} - {""}, {self._note} - {-1}
        if self.start.shift or self.start.control:
            scene.select(set(self.canvas.selection) ^ name, scene.noted ^ note)
        else:
            scene.select(name, note)
            self.canvas.ask_figure(self._name, self.start.at)

    def cancel(self) -> None:
        self.canvas.scene.restore(self._names)
        self.canvas.scene.hold_notes({})


def _sum(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1]


class Resize(Gesture):
    """A corner of a note is pulled; that of a frame decides which nodes it stands around."""

    def __init__(self, canvas: CanvasView, start: Pointer, note: int, corner: str) -> None:
        super().__init__(canvas, start)
        self._note, self._corner = note, corner
        self.cursor = corner_cursor(corner)
        self._rect = self._old = canvas.scene.drawing.note_rect(note) or Rect(0, 0, 1, 1)
        self._frame = bool(canvas.network.notes[note].frames)
        canvas.scene.select((), [note])

    def move(self, pointer: Pointer) -> None:
        to = (snapped(pointer.at[0]), snapped(pointer.at[1]))
        self._rect = hit.resized(self._old, self._corner, to, LEAST)
        self.canvas.scene.hold_notes({self._note: self._rect})
        empty = self._frame and not self._inside()
        self.tip = Tip(pointer.at, tr("A frame stands around nodes: pull it over one at least.")) if empty else None

    def _inside(self) -> list[str]:
        """Nodes whose middle lies in the frame."""
        boxes = self.canvas.scene.drawing.boxes
        return [n for n in hit.inside(self.canvas.scene.drawing, self._rect) if self._rect.holds(boxes[n].rect.center)]

    def release(self, pointer: Pointer) -> None:
        done = False
        if self.begun and self._frame:
            done = bool(inside := self._inside()) and self.canvas.notes.enclose(self._note, inside)
        elif self.begun:
            done = self.canvas.notes.resize(self._note, self._rect)
        if not done or self.canvas.scene.drawing.held:
            self.cancel()

    def cancel(self) -> None:
        self.canvas.scene.hold_notes({})


def corner_cursor(corner: str) -> Qt.CursorShape:
    """The cursor over a corner of a comment."""
    falling = corner in ("left top", "right bottom")
    return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor


class Cut(Gesture):
    """A stroke cuts the links it crosses."""

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        self._points = [start.at]
        self._cut: dict[Edge, None] = {}

    def move(self, pointer: Pointer) -> None:
        self._cut |= dict.fromkeys(hit.cuts(self.canvas.scene.drawing, self._points[-1], pointer.at))
        self._points.append(pointer.at)

    def release(self, pointer: Pointer) -> None:
        self.canvas.actions.disconnect(self._cut)

    def area(self) -> Rect | None:
        xs, ys = [p[0] for p in self._points], [p[1] for p in self._points]
        return Rect(min(xs), min(ys), max(xs), max(ys)).grown(8)

    def paint(self, painter: QPainter, scale: float) -> None:
        painter.setPen(QPen(look.theme().color("err"), 2 / scale, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline([QPointF(*p) for p in self._points])


class Menu(Gesture):
    """A right click asks for the menu; a right drag pans."""

    def move(self, pointer: Pointer) -> None:
        away = pointer.screen - self.last.screen
        self.canvas.view.pan(away.x(), away.y())

    def release(self, pointer: Pointer) -> None:
        if self.begun:
            return
        found = hit.find(self.canvas.scene.drawing, pointer.at, self.canvas.view.scale_now)
        if found.note >= 0:
            if found.note not in self.canvas.scene.noted:
                self.canvas.scene.select((), [found.note])
        elif found.node not in self.canvas.selection:
            self.canvas.scene.select([found.node] if found.node else ())
        self.canvas.menu_wanted.emit(self.canvas.viewport().mapToGlobal(pointer.screen))


class Drop(Gesture):
    """A kind from the palette is over the canvas: where it would stand, and which link it would go into."""

    def __init__(self, canvas: CanvasView, start: Pointer, layer: Layer | Block | Network) -> None:
        super().__init__(canvas, start)
        self.layer, self._into = layer, None
        self.begun = True
        self.move(start)

    def _rect(self) -> Rect:
        (x, y), (wide, high) = self.last.at, NODE if isinstance(self.layer, Layer) else BLOCK
        left, top = snapped(x - wide / 2), snapped(y - high / 2)
        return Rect(left, top, left + wide, top + high)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        drawing = self.canvas.scene.drawing
        edge = hit.receiver(drawing, self._rect())
        self._into, self.tip = edge, None
        if edge is not None and not self._fits(edge):
            self._into, self.tip = None, Tip(pointer.at, tr("{kind} does not fit into this link.", kind=self._kind()))
        self.canvas.scene.hover(self._into)

    def _fits(self, edge: Edge) -> bool:
        network = self.canvas.network
        start, end = End(edge.source, edge.out, True, (0, 0)), End(edge.target, edge.into, False, (0, 0))
        return hit.takes(network, self.layer, start) and hit.takes(network, self.layer, end)

    def _kind(self) -> str:
        return self.layer.kind if isinstance(self.layer, Layer) else self.layer.name

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        if self._into is not None:
            self.canvas.actions.add_into(self.layer, self._into, pointer.at)
        else:
            self.canvas.actions.add(self.layer, pointer.at)

    def area(self) -> Rect | None:
        return self._rect().grown(8)

    def paint(self, painter: QPainter, scale: float) -> None:
        t = look.theme()
        painter.setPen(QPen(t.color("acc"), 1.5 / max(scale, 0.5), Qt.PenStyle.DashLine))
        painter.setBrush(t.color("accsoft", 0.94))
        rect = QRectF(qrect(self._rect()))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setPen(t.color("t1"))
        painter.setFont(look.font(13, look.SEMIBOLD))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._kind())
