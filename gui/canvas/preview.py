"""The drawing as it would be: what an edit would bring, take and change, shown before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from graph.analysis import Report
from graph.union import united
from gui.canvas.badges import worst
from gui.canvas.said import said

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

HANDS = (QEvent.Type.MouseButtonPress, QEvent.Type.DragEnter, QEvent.Type.KeyPress)
"""What ends a preview: somebody goes on working on the drawing, which is as it is."""
MODIFIERS = (Qt.Key.Key_Alt, Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Meta)
"""Keys that by themselves do nothing."""


class Preview(QObject):
    """Shows on one canvas what a report of another network says, until :meth:`end`."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.on = False
        canvas.document.changed.connect(self.forget)
        canvas.document.entered.connect(self.forget)
        canvas.viewport().installEventFilter(self)
        canvas.view.installEventFilter(self)

    def show(self, after: Report) -> None:
        """Show the network of *after* with marks on all that differs; what would go stays to be seen.

        Where one looks and what is selected stay as they are.
        """
        canvas, document = self._canvas, self._canvas.document
        if canvas.hand.gesture is not None:
            return
        before, there = document.shown_report, after.within(document.trail)
        union = united(document.network, after.network, document.trail)
        canvas.scene.mark(union.nodes, union.edges, {name: said(mark) for name, mark in union.nodes.items()})
        canvas.scene.show(union.network.change(notes=document.shown.notes))
        facts = {**(before.facts if before else {}), **(there.facts if there else {})}
        canvas.scene.know_facts({name: fact for name, fact in facts.items() if name in union.network.nodes})
        canvas.badges.put(worst(after.network, document.trail, after.problems))
        canvas.minimap.refresh()
        self.on = True

    def end(self) -> None:
        """Show the network as it is again."""
        if not self.on:
            return
        self.forget()
        self._canvas.scene.show(self._canvas.document.shown)
        self._canvas.scene.know(self._canvas.document.shown_report)
        self._canvas.minimap.refresh()

    def forget(self, *_: object) -> None:
        """Take the marks away; what is drawn follows by itself."""
        if self.on:
            self.on = False
            self._canvas.scene.mark({}, {}, {})
            self._canvas.badges.again()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        modifier = isinstance(event, QKeyEvent) and event.key() in MODIFIERS
        if self.on and event.type() in HANDS and not modifier:
            self.end()
        return False
