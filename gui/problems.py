"""The drawer below the drawing: what is wrong, where, and the buttons that mend it.

Closed it is a bar of 32 pixels that says how many problems there are; F8 walks through them.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from graph.errors import CanevasError
from graph.problems import Fix, Problem
from graph.text import tr, tr_count
from gui import theme
from gui.document import Document
from gui.parts import Elided, Picture, button, clear, column, divider, frame, label, role, row, tool, within

LOOKS = {"error": ("circle-alert", "err"), "warning": ("triangle-alert", "warn"), "hint": ("info", "t2")}
"""Icon and color of each severity."""

LONGEST = 200
"""So many rows are shown at most; who has more problems mends the first ones first."""


class Problems(QWidget):
    """Problems of the current document."""

    shown = Signal(str)
    """Somebody wants to see the node at this path."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document: Document | None = None
        self._problems: tuple[Problem, ...] = ()
        self._at = -1
        self._opened_by_hand: bool | None = None
        self._counts = row(space=8)
        self._turn = tool("chevron-up", tr("Show the problems"), self.turn, name="problems-turn")
        self._hint = label(tr("F8 goes to the next problem"), "faint")
        bar = frame("panel")
        within(
            bar,
            row(label(tr("Problems"), "strong"), self._counts, None, self._hint, self._turn, margin=(16, 0, 8, 0)),
        )
        bar.setFixedHeight(32)
        self._rows = column(space=0)
        self._rows.addStretch(1)
        self._list = QScrollArea()
        self._list.setWidgetResizable(True)
        self._list.setWidget(within(QWidget(), self._rows))
        self._list.hide()
        within(self, column(divider(), bar, self._list, space=0))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What it shows."""
        return self._problems

    def show_document(self, document: Document | None) -> None:
        """Show the problems of another document."""
        self._document, self._opened_by_hand, self._at = document, None, -1
        self.refresh(force=True)

    def refresh(self, force: bool = False) -> None:
        """Show the problems as they are now."""
        report = self._document.report if self._document else None
        new = report.problems if report else ()
        if new == self._problems and not force:
            self._problems = new  # the same sentences; the fixes are those of the network as it is now
            return
        self._problems = new
        self._at = min(self._at, len(new) - 1)
        self._count()
        clear(self._rows)
        first = next((p for p in new if p.fixes), None)
        for problem in new[:LONGEST]:
            self._rows.addWidget(self._line(problem, problem is first))
        if len(new) > LONGEST:
            self._rows.addWidget(label(tr("... and {n} more.", n=len(new) - LONGEST), "faint"))
        self._rows.addStretch(1)
        errors = any(p.severity == "error" for p in new)
        self._open(bool(new) and (errors if self._opened_by_hand is None else self._opened_by_hand))

    def _count(self) -> None:
        clear(self._counts)
        number = {s: sum(p.severity == s for p in self._problems) for s in LOOKS}
        if not self._problems:
            self._counts.addWidget(Picture("circle-check", "ok", 14))
            self._counts.addWidget(label(tr("none"), "ok"))
        if number["error"]:
            self._counts.addWidget(label(tr_count("{n} error", "{n} errors", number["error"]), "chip-error"))
        if number["warning"]:
            self._counts.addWidget(label(tr_count("{n} warning", "{n} warnings", number["warning"]), "chip-warn"))
        if number["hint"]:
            self._counts.addWidget(label(tr_count("{n} hint", "{n} hints", number["hint"]), "chip"))
        self._hint.setVisible(bool(self._problems))
        self._turn.setVisible(bool(self._problems))

    def _line(self, problem: Problem, main: bool) -> QWidget:
        icon, color = LOOKS[problem.severity]
        made = QWidget()
        made.setObjectName(f"problem-{problem.path}")
        where = Elided(problem.path, "strong", Qt.TextElideMode.ElideMiddle)
        where.setMaximumWidth(150)
        words = label(str(problem.message), wrap=True)
        buttons = row(space=8)
        if problem.path:
            buttons.addWidget(button(tr("Show"), do=lambda: self.shown.emit(problem.path), name="show"))
        for i, fix in enumerate(problem.fixes[:3]):
            made_button = button(
                str(fix.text),
                "wrench",
                "main" if main and not i else "",
                lambda fix=fix: self.mend(fix),
                name=f"fix-{fix.id}",
            )
            buttons.addWidget(made_button)
        text = row(where, words, space=8) if problem.path else row(words)
        text.setStretchFactor(words, 1)
        line = row(Picture(icon, color, 16), text, buttons, space=12, margin=(16, 8, 16, 8))
        line.setStretchFactor(text, 1)
        within(made, column(divider(), line, space=0))
        return made

    def mend(self, fix: Fix) -> None:
        """Apply *fix* as one step of the history; a fix that no longer fits says so."""
        if self._document is None:
            return
        try:
            self._document.edit(fix.apply(self._document.network), str(fix.text))
        except CanevasError as error:
            self._rows.insertWidget(0, role(label(str(error), wrap=True), "error"))

    def walk(self, by: int = 1) -> None:
        """Show the next problem's node."""
        if not self._problems:
            return
        self._at = (self._at + by) % len(self._problems)
        self._open(True)
        if path := self._problems[self._at].path:
            self.shown.emit(path)
        if self._at < min(len(self._problems), LONGEST):
            self._list.ensureWidgetVisible(self._rows.itemAt(self._at).widget())

    def turn(self) -> None:
        """Open the drawer, or close it."""
        self._opened_by_hand = self._list.isHidden()
        self._open(self._opened_by_hand)

    def _open(self, on: bool) -> None:
        self._list.setVisible(on)
        self._turn.setIcon(_chevron(on))
        self._turn.setToolTip(tr("Hide the problems") if on else tr("Show the problems"))
        if on:
            rows = [self._rows.itemAt(i).widget() for i in range(min(3, len(self._problems)))]
            wide = max(200, self._list.viewport().width() - 12)
            self._list.setFixedHeight(sum(max(r.heightForWidth(wide), 45) for r in rows if r) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._list.isHidden():
            self._open(True)


def _chevron(down: bool) -> QIcon:
    return theme.icon("chevron-down" if down else "chevron-up")
