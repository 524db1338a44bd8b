"""What takes the events of mouse, keys and drags on the canvas, and hands them to the gesture they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)

from graph.errors import CanevasError
from graph.files import loads
from graph.layer import Layer, kinds
from graph.network import Block, Network
from gui import theme as look
from gui.canvas import hit, paint
from gui.canvas.figures import Figure, figure_at
from gui.canvas.geometry import Point, Rect, around
from gui.canvas.gestures import Band, Cut, Drop, Gesture, Menu, Move, Pan, Pointer, Resize, Tip, corner_cursor
from gui.canvas.hit import Hit
from gui.canvas.keys import KEYS
from gui.canvas.letters import sentence, sentence_size
from gui.canvas.linking import Link

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

KIND, BLOCK = "application/x-canevas-kind", "application/x-canevas-block"
DEFINITION = "application/x-canevas-definition"
"""What a row dragged from the palette carries: a kind or a block of the network by name, or a definition as text."""
STAYS = 5000
"""Milliseconds that a sentence about a refusal stays."""

ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_COMBINED = {QKeySequence(text)[0].toCombined(): name for text, name in KEYS.items()}


class Hand(QObject):
    """The one gesture in progress, what the pointer is over, and what is said beside it."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.gesture: Gesture | None = None
        self.pointer: Pointer | None = None
        self._over = Hit()
        self._figure: Figure | None = None
        self._said: Tip | None = None
        self._space = self._panned = False
        self._turned = 0
        self._painted: Rect | None = None
        self._silence = QTimer(self, singleShot=True, interval=STAYS)
        self._silence.timeout.connect(self.hush)
        kind = QEvent.Type
        self._events: dict[QEvent.Type, Callable] = {
            kind.MouseButtonPress: self._press,
            kind.MouseMove: self._move,
            kind.MouseButtonRelease: self._release,
            kind.MouseButtonDblClick: self._double,
            kind.Wheel: self._wheel,
            kind.Leave: self._leave,
            kind.DragEnter: self._drag,
            kind.DragMove: self._drag,
            kind.DragLeave: self._drag_away,
            kind.Drop: self._drop,
        }
        canvas.scene.in_hand.held = self.paint

    def event_of(self, event: QEvent) -> bool:
        """Take an event of the viewport; says whether it was one for the hand."""
        act = self._events.get(event.type())
        if act is None:
            return False
        taken = act(event) is not False
        self.repaint()
        return taken

    def _at(self, position: QPointF, keys: Qt.KeyboardModifier) -> Pointer:
        screen = position.toPoint()
        there = self._canvas.view.viewportTransform().inverted()[0].map(position)
        return Pointer((there.x(), there.y()), screen, keys)

    # mouse

    def _press(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            return
        self.hush()
        self._canvas.view.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer = pointer = self._at(event.position(), event.modifiers())
        self._over = hit.find(self._canvas.scene.drawing, pointer.at, self._canvas.view.scale_now)
        self._take(self._begun(event.button(), pointer))

    def _begun(self, button: Qt.MouseButton, pointer: Pointer) -> Gesture | None:
        canvas, over = self._canvas, self._over
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._panned = True
            return Pan(canvas, pointer)
        if button == Qt.MouseButton.RightButton:
            return (Cut if pointer.control else Menu)(canvas, pointer)
        if button != Qt.MouseButton.LeftButton:
            return None
        if over.end is not None and not self._canvas.view.far:
            return Link(canvas, pointer, over.end)
        if over.corner:
            return Resize(canvas, pointer, over.note, over.corner)
        if over.node or over.note >= 0:
            return Move(canvas, pointer, over.node, over.note)
        return Band(canvas, pointer)

    def _take(self, gesture: Gesture | None) -> None:
        self.gesture = gesture
        cursor = gesture.cursor if gesture is not None else None
        self._canvas.viewport().setCursor(cursor if cursor is not None else Qt.CursorShape.ArrowCursor)

    def _move(self, event: QMouseEvent) -> None:
        self.pointer = self._at(event.position(), event.modifiers())
        if self.gesture is not None:
            self.gesture.pull(self.pointer)
        elif not event.buttons():
            self._hover(self.pointer)

    def _hover(self, pointer: Pointer) -> None:
        over = hit.find(self._canvas.scene.drawing, pointer.at, self._canvas.view.scale_now)
        figure = figure_at(self._canvas.scene, over.node, pointer.at, self._canvas.view.scale_now)
        if over == self._over and figure == self._figure:
            return
        self._figure = figure
        self._over = over
        self._canvas.scene.hover(over.edge if over.edge is not None else over.node or None)
        shape = Qt.CursorShape.CrossCursor if over.end is not None else Qt.CursorShape.ArrowCursor
        if figure is not None and over.end is None:
            shape = Qt.CursorShape.PointingHandCursor
        if over.note >= 0:
            shape = corner_cursor(over.corner) if over.corner else Qt.CursorShape.SizeAllCursor
        self._canvas.viewport().setCursor(Qt.CursorShape.OpenHandCursor if self._space else shape)

    def _release(self, event: QMouseEvent) -> None:
        self.pointer = self._at(event.position(), event.modifiers())
        gesture, self.gesture = self.gesture, None
        self._take(None)
        if gesture is not None:
            gesture.release(self.pointer)
        self._over = Hit()
        self._hover(self.pointer)

    def _double(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.hush()
        pointer = self._at(event.position(), event.modifiers())
        over = hit.find(self._canvas.scene.drawing, pointer.at, self._canvas.view.scale_now)
        if over.edge is not None:
            self._canvas.actions.disconnect([over.edge])
        elif over.node:
            self._canvas.scene.select([over.node])
            self._canvas.look.enter()
        elif over.note >= 0:
            self._canvas.scene.select((), [over.note])
            self._canvas.notes.edit()
        else:
            self._canvas.look.quick_add(pointer.at)

    def _wheel(self, event: QWheelEvent) -> None:
        turned, view = event.angleDelta(), self._canvas.view
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            view.pan(turned.y() or turned.x(), 0)
            return
        self._turned += turned.y()
        steps = int(self._turned / 120)
        if abs(turned.y()) % 120:  # a touchpad: as finely as the fingers move
            self._turned = 0
            view.zoom_to(view.scale_now * 1.0015 ** turned.y(), event.position().toPoint())
        elif steps:
            self._turned -= steps * 120
            view.zoom_step(steps, event.position().toPoint())

    def _leave(self, event: QEvent) -> bool:
        if self.gesture is None:
            self._over, self.pointer = Hit(), None
            self._canvas.scene.hover(None)
        return False

    # drags from the palette

    def _drag(self, event: QDropEvent) -> None:
        pointer = self._at(event.position(), event.modifiers())
        if not isinstance(self.gesture, Drop):
            layer = self._carried(event)
            if layer is None:  # not for the canvas: let what it stands in have a look
                event.ignore()
                return
            self.gesture = Drop(self._canvas, pointer, layer)
        self.gesture.move(pointer)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _carried(self, event: QDropEvent) -> Layer | Block | Network | None:
        mime = event.mimeData()
        if mime.hasFormat(DEFINITION):
            try:
                return loads(bytes(mime.data(DEFINITION).data()).decode("utf-8", "replace"))
            except CanevasError as error:
                self._canvas.tell(str(error))
                return None
        if mime.hasFormat(KIND):
            cls = kinds().get(bytes(mime.data(KIND).data()).decode("utf-8", "replace"))
            return cls() if cls is not None else None
        name = bytes(mime.data(BLOCK).data()).decode("utf-8", "replace") if mime.hasFormat(BLOCK) else ""
        return Block(name) if name in self._canvas.network.blocks else None

    def _drag_away(self, event: QEvent) -> None:
        if isinstance(self.gesture, Drop):
            self.gesture = None
            self._canvas.scene.hover(None)

    def _drop(self, event: QDropEvent) -> None:
        gesture, self.gesture = self.gesture, None
        if not isinstance(gesture, Drop):
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        gesture.release(self._at(event.position(), event.modifiers()))
        self._canvas.view.setFocus()

    # keys

    def key(self, event: QKeyEvent) -> bool:
        """Take a key; says whether it was one for the canvas."""
        if event.key() == Qt.Key.Key_Escape and self.gesture is not None:
            self.cancel()
            return True
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._space, self._panned = True, False
                self._canvas.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
            return True
        keys = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in ARROWS and keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            dx, dy = ARROWS[Qt.Key(event.key())]
            far = 8 if keys else 1
            self._canvas.actions.nudge(dx * far, dy * far)
            return True
        if event.key() in ARROWS and keys == Qt.KeyboardModifier.ControlModifier and self._canvas.scene.noted:
            self._canvas.notes.grow(*ARROWS[Qt.Key(event.key())])
            return True
        name = _COMBINED.get(event.key() | keys.value)
        if event.text() in ("+", "-"):  # wherever the keyboard has them
            name = _COMBINED.get(event.key())
        if name is None or self.gesture is not None:
            return False
        owner, _, method = name.partition(".")
        getattr(getattr(self._canvas, owner), method)()
        return True

    def key_up(self, event: QKeyEvent) -> bool:
        """A key is let go: Space alone, without panning, searches what to add."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat() or not self._space:
            return False
        self._space = False
        self._take(self.gesture)
        if not self._panned:
            self._canvas.look.quick_add()
        return True

    def cancel(self) -> None:
        """Give up the gesture in progress; everything is as before it."""
        self._space = False
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
        self._take(None)
        self._canvas.scene.hover(None)
        self._over = Hit()
        self.repaint()

    # what is said and painted

    def say(self, text: str) -> None:
        """Say a sentence beside the pointer for a while."""
        at = self.pointer.at if self.pointer is not None else self._canvas.view.sight().center
        self._said = Tip(at, text)
        self._silence.start()
        self.repaint()

    def hush(self) -> None:
        """Say nothing more."""
        self._silence.stop()
        self._said = None
        self.repaint()

    def tip(self) -> Tip | None:
        """What stands beside the pointer or under a node now."""
        if self.gesture is not None:
            return self.gesture.tip
        if self._said is not None:
            return self._said
        return self._canvas.look.tip_of(self._over)

    def repaint(self) -> None:
        """Repaint where something in hand was or is."""
        areas = [self.gesture.area() if self.gesture is not None else None]
        scale = self._canvas.view.scale_now
        if (tip := self.tip()) is not None:
            areas.append(Rect(*tip.at, *tip.at).grown(320 / scale))
        if self._over.end is not None:
            areas.append(Rect(*self._over.end.at, *self._over.end.at).grown(10))
        now = around(a for a in areas if a is not None)
        for area in {self._painted, now} - {None}:
            self._canvas.scene.in_hand.repaint(area)
        self._painted = now

    def paint(self, painter: QPainter) -> None:
        """Paint what is in hand; *painter* is in pixels of the scene."""
        scale, t = painter.worldTransform().m11(), look.theme()
        if self.gesture is not None:
            self.gesture.paint(painter, scale)
        elif self._over.end is not None and scale >= paint.FULL:
            painter.setPen(QPen(t.color("acc"), 2))
            painter.setBrush(t.color("bg2"))
            painter.drawEllipse(QPointF(*self._over.end.at), 5.5, 5.5)
        if (tip := self.tip()) is not None:
            painter.save()
            painter.resetTransform()
            sentence(painter, *self._tip_place(tip), tip.text, wrong=tip.wrong)
            painter.restore()

    def _tip_place(self, tip: Tip) -> Point:
        """Where a sentence stands in the viewport: right below the pointer, or below its node, and never outside."""
        beside = self.gesture is not None or self._said is not None
        at = self._canvas.view.viewportTransform().map(QPointF(*tip.at))
        (wide, high), room = sentence_size(tip.text), self._canvas.viewport().rect()
        x = min(at.x() + (14 if beside else 0), room.width() - wide - 4)
        y = at.y() + (18 if beside else 8)
        if y + high > room.height() - 4:
            y = at.y() - high - 12
        return max(4.0, x), max(4.0, y)
