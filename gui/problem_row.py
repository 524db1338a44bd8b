"""One problem in the drawer: how bad, where, the sentence, and a button per way out."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from graph.problems import Fix, Problem
from graph.text import tr
from gui.flow import Flow
from gui.parts import Elided, Picture, button, column, divider, label, row, within

LOOKS = {"error": ("circle-alert", "err"), "warning": ("triangle-alert", "warn"), "hint": ("info", "t2")}
"""Icon and color of each severity."""

CHOICES = 5
"""So many ways out are offered at most."""


class ProblemRow(QWidget):
    """Says when the pointer or the focus is on one of its ways out, and when one is chosen."""

    shown = Signal(str)
    """Somebody wants to see the node at this path."""
    chosen = Signal(object)
    """A Fix shall be applied."""
    considered = Signal(object)
    """A Fix is looked at; None: no longer."""

    def __init__(self, problem: Problem, main: bool) -> None:
        super().__init__()
        self.setObjectName(f"problem-{problem.path}")
        self._fixes: dict[QObject, Fix] = {}
        self._mark = Picture("chevron-right", "acc", 14)
        keeps = self._mark.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self._mark.setSizePolicy(keeps)
        self._mark.hide()
        icon, color = LOOKS[problem.severity]
        words = label(str(problem.message), wrap=True)
        several = len(problem.fixes) > 1
        ways = Flow() if several else row(space=8)
        if problem.path:
            ways.addWidget(button(tr("Show"), do=lambda: self.shown.emit(problem.path), name="show"))
        for i, fix in enumerate(problem.fixes[:CHOICES]):
            ways.addWidget(self._way(fix, main and not i))
        text = row(words)
        if problem.path:
            where = Elided(problem.path, "strong", Qt.TextElideMode.ElideMiddle)
            where.setMaximumWidth(150)
            text = row(where, words, space=8)
        text.setStretchFactor(words, 1)
        body = column(text, ways, space=8) if several else row(text, ways, space=12)
        if not several:
            body.setStretchFactor(text, 1)
        line = row(self._mark, Picture(icon, color, 16), body, space=12, margin=(8, 8, 16, 8))
        line.setStretchFactor(body, 1)
        within(self, column(divider(), line, space=0))

    def mark(self, on: bool) -> None:
        """Show that the walk stands here, or no longer."""
        self._mark.setVisible(on)

    def _way(self, fix: Fix, main: bool) -> QWidget:
        made = button(
            str(fix.text), "wrench", "main" if main else "", lambda: self.chosen.emit(fix), name=f"fix-{fix.id}"
        )
        made.installEventFilter(self)
        self._fixes[made] = fix
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        fix = self._fixes.get(watched)
        if fix is not None and event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.considered.emit(fix)
        elif fix is not None and event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut):
            self.considered.emit(None)
        return False
