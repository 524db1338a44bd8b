"""The drawer below the drawing: what is wrong, where, and the buttons that mend it.

Closed it is a bar of 32 pixels that says how many problems there are; F8 walks through them.  While the pointer or the
focus is on a button, what it would change is shown on the drawing, and what becomes of the totals in the bar.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from graph.analysis import Report, analyze
from graph.circumstances import UNKNOWN, Circumstances
from graph.errors import CanevasError
from graph.problems import Fix, Problem, problems_of
from graph.text import number, tr, tr_count
from gui import theme
from gui.document import Document
from gui.parts import Elided, Picture, clear, column, divider, frame, label, role, row, tool, within
from gui.problem_row import ProblemRow

LONGEST = 200
"""So many rows are shown at most; who has more problems mends the first ones first."""


class Problems(QWidget):
    """Problems of the current document."""

    shown = Signal(str)
    """Somebody wants to see the node at this path."""
    listed = Signal(object)
    """These problems (a tuple) are shown from now on."""
    previewed = Signal(object)
    """Somebody wants to see what follows from another network (a Report); None: the network as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document: Document | None = None
        self._around: Callable[[], Circumstances] = lambda: UNKNOWN
        self._problems: tuple[Problem, ...] = ()
        self._at = -1
        self._fix: Fix | None = None
        self._opened_by_hand: bool | None = None
        self._counts = row(space=8)
        self._turn = tool("chevron-up", tr("Show the problems"), self.turn, name="problems-turn")
        self._hint = label(tr("F8 goes to the next problem"), "faint")
        self._line = Elided("", "second")
        self._line.setObjectName("preview-totals")
        bar = frame("panel")
        line = row(
            label(tr("Problems"), "strong"), self._counts, self._line, self._hint, self._turn, margin=(16, 0, 8, 0)
        )
        line.setStretchFactor(self._line, 1)
        within(bar, line)
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

    def judge_beside(self, around: Callable[[], Circumstances]) -> None:
        """Judge networks beside what *around* says from now on."""
        self._around = around
        self.refresh()

    def show_document(self, document: Document | None) -> None:
        """Show the problems of another document."""
        self.end_preview()
        self._document, self._opened_by_hand, self._at = document, None, -1
        self.refresh(force=True)

    def refresh(self, force: bool = False) -> None:
        """Show the problems as they are now."""
        report = self._document.report if self._document else None
        new = problems_of(report, self._around()) if report else ()
        if new == self._problems and not force:
            self._problems = new  # the same sentences; the fixes are those of the network as it is now
            return
        self.end_preview()
        self._problems = new
        self.listed.emit(new)
        self._at = min(self._at, len(new) - 1)
        self._count()
        clear(self._rows)
        first = next((p for p in new if p.fixes), None)
        for problem in new[:LONGEST]:
            self._rows.addWidget(self._row_of(problem, problem is first))
        if len(new) > LONGEST:
            self._rows.addWidget(label(tr("... and {n} more.", n=len(new) - LONGEST), "faint"))
        self._rows.addStretch(1)
        errors = any(p.severity == "error" for p in new)
        self._open(bool(new) and (errors if self._opened_by_hand is None else self._opened_by_hand))

    def _count(self) -> None:
        clear(self._counts)
        many = {s: sum(p.severity == s for p in self._problems) for s in ("error", "warning", "hint")}
        if not self._problems:
            self._counts.addWidget(Picture("circle-check", "ok", 14))
            self._counts.addWidget(label(tr("none"), "ok"))
        if many["error"]:
            self._counts.addWidget(label(tr_count("{n} error", "{n} errors", many["error"]), "chip-error"))
        if many["warning"]:
            self._counts.addWidget(label(tr_count("{n} warning", "{n} warnings", many["warning"]), "chip-warn"))
        if many["hint"]:
            self._counts.addWidget(label(tr_count("{n} hint", "{n} hints", many["hint"]), "chip"))
        self._hint.setVisible(bool(self._problems))
        self._turn.setVisible(bool(self._problems))

    def _row_of(self, problem: Problem, main: bool) -> ProblemRow:
        made = ProblemRow(problem, main)
        made.shown.connect(self.shown)
        made.chosen.connect(self.mend)
        made.considered.connect(self._consider)
        return made

    # mending

    def mend(self, fix: Fix) -> None:
        """Apply *fix* as one step of the history; a fix that no longer fits says so."""
        if self._document is None:
            return
        self.end_preview()
        try:
            self._document.edit(fix.apply(self._document.network), str(fix.text))
        except CanevasError as error:
            self._rows.insertWidget(0, role(label(str(error), wrap=True), "error"))

    def preview(self, fix: Fix) -> None:
        """Show on the drawing what *fix* would change, and in the bar what becomes of the totals."""
        if self._document is None:
            return
        before = self._document.report
        try:
            after = analyze(fix.apply(self._document.network), before)
        except CanevasError as error:
            self._line.setText(str(error))
            return
        self._fix = fix
        self._line.setText(tr("Preview: {totals} ({fix})", fix=fix.text, totals=self._totals(before, after)))
        self._hint.hide()
        self.previewed.emit(after)

    def end_preview(self) -> None:
        """Show the drawing as it is again."""
        if self._fix is not None:
            self._fix = None
            self.previewed.emit(None)
        self._line.setText("")
        self._hint.setVisible(bool(self._problems))

    def _consider(self, fix: Fix | None) -> None:
        if fix is None:
            self.end_preview()
        else:
            self.preview(fix)

    def _totals(self, before: Report, after: Report) -> str:
        """What becomes of the totals, those that differ: ``33 730 → 33 482 parameters``."""
        around = self._around()
        errors = [sum(p.severity == "error" for p in problems_of(report, around)) for report in (before, after)]
        pairs = (
            (lambda a, b: tr("{a} → {b} errors", a=a, b=b), *errors),
            (lambda a, b: tr("{a} → {b} parameters", a=a, b=b), before.parameters, after.parameters),
            (lambda a, b: tr("{a} → {b} multiply-adds", a=a, b=b), before.macs, after.macs),
        )
        told = [words(number(a), number(b)) for words, a, b in pairs if a != b]
        return " · ".join(told) or tr("the totals stay as they are")

    def preview_next(self) -> None:
        """Preview the fixes of the current problem one after the other, then none."""
        if not self._problems:
            return
        if self._at < 0:
            self.walk()
        fixes = self._problems[self._at].fixes
        place = next((i for i, fix in enumerate(fixes) if self._fix is not None and fix.id == self._fix.id), -1)
        if place + 1 < len(fixes):
            self.preview(fixes[place + 1])
        else:
            self.end_preview()

    def mend_previewed(self) -> None:
        """Apply the fix that is previewed; without one, the first of the current problem."""
        fixes = self._problems[self._at].fixes if self._at >= 0 else ()
        fix = self._fix or next(iter(fixes), None)
        if fix is not None:
            self.mend(fix)

    # walking

    def walk(self, by: int = 1) -> None:
        """Show the next problem's node; its row is marked."""
        if not self._problems:
            return
        self.end_preview()
        self._at = (self._at + by) % len(self._problems) if self._at >= 0 or by > 0 else len(self._problems) - 1
        self._open(True)
        if path := self._problems[self._at].path:
            self.shown.emit(path)
        for i, one in enumerate(self._lines()):
            one.mark(i == self._at)
            if i == self._at:
                self._list.ensureWidgetVisible(one)

    def _lines(self) -> list[ProblemRow]:
        found = (self._rows.itemAt(i).widget() for i in range(self._rows.count()))
        return [widget for widget in found if isinstance(widget, ProblemRow)]

    def turn(self) -> None:
        """Open the drawer, or close it."""
        self._opened_by_hand = self._list.isHidden()
        self._open(self._opened_by_hand)

    def _open(self, on: bool) -> None:
        self._list.setVisible(on)
        self._turn.setIcon(_chevron(on))
        self._turn.setToolTip(tr("Hide the problems") if on else tr("Show the problems"))
        if on:
            rows = self._lines()[:3]
            wide = max(200, self._list.viewport().width() - 12)
            self._list.setFixedHeight(sum(max(r.heightForWidth(wide), 45) for r in rows) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._list.isHidden():
            self._open(True)


def _chevron(down: bool) -> QIcon:
    return theme.icon("chevron-down" if down else "chevron-up")
