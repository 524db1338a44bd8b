"""The hands of a person on a canvas, and small networks to put under them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from graph import Edge, Network, kinds
from graph import edit as editing
from gui.canvas import CanvasView


def chain(*names: str, step: float = 96.0) -> Network:
    """Nodes below each other, each feeding the next: ``input:Input``, ``conv1:Conv2d`` ..."""
    network, before = Network("small"), ""
    for i, text in enumerate(names):
        name, kind = text.split(":")
        network, made = editing.add(network, kinds()[kind](), name, (0.0, i * step))
        if before:
            network = editing.connect(network, Edge(before, "out", made, network.inputs(network[made])[0].name))
        before = made
    return network


def small_network() -> Network:
    return chain("input:Input", "conv:Conv2d", "relu:ReLU")


class Driver:
    """A canvas and the hands of a person on it."""

    def __init__(self, canvas: CanvasView) -> None:
        self.canvas = canvas
        self.document = canvas.document

    @property
    def network(self) -> Network:
        return self.document.shown

    @property
    def viewport(self) -> QWidget:
        return self.canvas.viewport()

    def at(self, x: float, y: float) -> QPoint:
        """A point of the scene, in the viewport."""
        return self.canvas.view.mapFromScene(QPointF(x, y))

    def middle(self, name: str) -> QPoint:
        return self.at(*self.canvas.scene.drawing.boxes[name].rect.center)

    def port(self, name: str, port: str, *, out: bool, i: int = 0) -> QPoint:
        box = self.canvas.scene.drawing.boxes[name]
        return self.at(*[s for s in (box.outs if out else box.ins) if s.port == port][i].at)

    def link(self, source: str, target: str) -> QPoint:
        """The middle of the link between two nodes."""
        way = next(w for e, w in self.canvas.scene.drawing.routes.items() if (e.source, e.target) == (source, target))
        return self.at(*way.middle()[0])

    def click(self, at: QPoint, keys=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mouseClick(self.viewport, button, keys, at)

    def double(self, at: QPoint) -> None:
        QTest.mouseClick(self.viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseDClick(self.viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def press(self, at: QPoint, keys=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mousePress(self.viewport, button, keys, at)

    def pull(self, *ways: QPoint, keys=Qt.KeyboardModifier.NoModifier, held=Qt.MouseButton.LeftButton) -> None:
        """Move the pointer; QTest forgets which buttons are held, so the events are made here."""
        for way in ways:
            there = QPointF(self.viewport.mapToGlobal(way))
            none = Qt.MouseButton.NoButton
            event = QMouseEvent(QEvent.Type.MouseMove, QPointF(way), there, none, held, keys)
            QApplication.sendEvent(self.viewport, event)

    def release(self, at: QPoint, keys=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton) -> None:
        QTest.mouseRelease(self.viewport, button, keys, at)

    def drag(self, a: QPoint, b: QPoint, keys=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton) -> None:
        """Press at *a*, go to *b* in steps, let go."""
        self.press(a, keys, button)
        steps = [QPoint(a.x() + (b.x() - a.x()) * i // 8, a.y() + (b.y() - a.y()) * i // 8) for i in range(1, 9)]
        self.pull(*steps, keys=keys)
        self.release(b, keys, button)

    def hover(self, at: QPoint) -> None:
        self.pull(at, held=Qt.MouseButton.NoButton)

    def keys(self, text: str) -> None:
        """Type a shortcut such as ``Ctrl+X`` on the canvas."""
        QTest.keySequence(self.canvas.view, text)

    def edges(self) -> set[str]:
        return {f"{e.source} {e.target}" for e in self.network.edges}

    def undo(self) -> None:
        self.document.stack.undo()
