"""The layers through which a value sees, one per row: what each adds; the row under the pointer shows its rectangle."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from graph.explained.fields import told
from graph.growth import Step
from graph.text import tr
from gui.numbers import pixels
from gui.parts import Elided, clear, column, label, row, within


class StepRow(QFrame):
    """One layer: its path, what it adds, what is seen with it."""

    over = Signal()
    away = Signal()
    chosen = Signal()

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        self.setProperty("role", "step")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        seen = pixels(step.size) if step.size else tr("everything")
        self.setAccessibleName(f"{step.path}: {seen}")
        name = Elided(step.path, "label", Qt.TextElideMode.ElideMiddle)
        same = step.size and len({step.term(axis) for axis in range(len(step.size))}) == 1
        adds = "" if not step.size or not any(step.added) else f"+ {step.term()}" if same else pixels(step.added)
        line = row(name, label(adds.replace("+ -", "− "), "faint"), label(seen, "sum"), space=10)
        line.setStretchFactor(name, 1)
        rows = column(line, space=2, margin=(8, 4, 8, 4))
        if (more := told(step)) is not None:
            rows.addWidget(label(str(more), "hint", wrap=True))
        within(self, rows)

    def enterEvent(self, event: QEvent) -> None:
        self.over.emit()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.away.emit()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.over.emit()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.away.emit()
        super().focusOutEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


class Chain(QScrollArea):
    """All the layers of the chain, the last one first: the node that is looked at."""

    hovered = Signal(int)
    """The row under the pointer, by its place in the flow; -1: none."""
    chosen = Signal(str)
    """Somebody wants to look at the layer of this path."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows = column(space=0, margin=(0, 0, 6, 0))
        self._shown: list[Step] = []
        self.setWidget(within(QWidget(), column(self._rows, None, space=0)))

    def show_steps(self, steps: list[Step]) -> None:
        """Show these, in the order of the flow."""
        if steps == self._shown:
            return
        self._shown = steps
        clear(self._rows)
        for i in reversed(range(len(steps))):
            made = StepRow(steps[i])
            made.over.connect(lambda i=i: self.hovered.emit(i))
            made.away.connect(lambda: self.hovered.emit(-1))
            made.chosen.connect(lambda path=steps[i].path: self.chosen.emit(path))
            self._rows.addWidget(made)

    def rows(self) -> list[StepRow]:
        """The rows as they stand."""
        return [self._rows.itemAt(i).widget() for i in range(self._rows.count())]  # type: ignore[misc]
