"""What keeps training from beginning, said where one presses Start, each with the button that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from graph.text import tr, tr_count
from gui import parts
from gui.training.readiness import Obstacle
from runtime.data.description import builtin

MOST = 3
"""So many are shown at once; who has more mends these first."""


class Notice(QWidget):
    """One line per obstacle."""

    fix_wanted = Signal(object)
    room_wanted, data_wanted = Signal(str), Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(8)
        self.shown: tuple[Obstacle, ...] = ()
        self.hide()

    def show_obstacles(self, obstacles: Sequence[Obstacle]) -> None:
        """Show these; nothing at all when there are none."""
        if tuple(obstacles) == self.shown:
            return
        self.shown = tuple(obstacles)
        parts.clear(self._lines)
        for obstacle in obstacles[:MOST]:
            self._lines.addWidget(self._line(obstacle))
        if len(obstacles) > MOST:
            more = len(obstacles) - MOST
            self._lines.addWidget(parts.label(tr_count("and {n} more problem", "and {n} more problems", more), "faint"))
        self.setVisible(bool(obstacles))

    def _line(self, obstacle: Obstacle) -> QFrame:
        rooms = {"data": tr("Choose data"), "design": tr("Show the network")}
        buttons = [
            _button(str(fix.text), "wrench", lambda fix=fix: self.fix_wanted.emit(fix), f"fix-{fix.id}")
            for fix in obstacle.fixes[:2]
        ]
        if name := obstacle.data:
            words = tr("Take {data}", data=builtin()[name].title)
            buttons.append(_button(words, "database", lambda: self.data_wanted.emit(name), f"data-{name}"))
        if obstacle.room and not obstacle.fixes:
            room = obstacle.room
            buttons.append(_button(rooms[room], "arrow-right", lambda: self.room_wanted.emit(room), f"room-{room}"))
        icon = parts.Picture(*(("circle-alert", "err") if obstacle.blocker else ("triangle-alert", "warn")), 16)
        sentence = parts.label(str(obstacle.message), wrap=True)
        line = parts.row(icon, sentence, *buttons, space=10, margin=(12, 8, 8, 8))
        line.setStretch(1, 1)
        made = parts.frame("wrong" if obstacle.blocker else "careful")
        parts.within(made, line)
        return made


def _button(text: str, icon: str, do: Callable[[], object], name: str) -> QWidget:
    made = parts.button(text, icon, "", do, name=name)
    made.setIconSize(QSize(20, 14))
    return made
