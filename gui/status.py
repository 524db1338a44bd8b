"""The line at the bottom: what the network amounts to, how many problems it has, and what was last said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton

from graph.text import number, tr, tr_count
from gui import theme
from gui.explanation import Number
from gui.numbers import memory, of_signals, pixels, short
from gui.parts import Elided, Picture, clear, label, restyle, row, upright, within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.analysis import Report
    from graph.problems import Problem


class Status(QFrame):
    """Totals of the current document at the left; problems and the last sentence at the right."""

    problems_wanted = Signal()
    asked = Signal(str, QRect)
    """Somebody wants to know how the total of this name comes about, which stands there on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "status")
        self.setFixedHeight(28)
        self._totals = row(space=8)
        self._shown: list[Total] = []
        self._valid, self._report = "", None
        self._said = Elided("", "label")
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._problems = QPushButton()
        self._problems.setObjectName("status-problems")
        self._problems.setProperty("role", "status")
        self._problems.setCursor(Qt.CursorShape.PointingHandCursor)
        self._problems.clicked.connect(self.problems_wanted.emit)
        self._problems.hide()
        line = row(self._totals, self._said, self._problems, space=12, margin=(16, 0, 16, 0))
        line.setStretchFactor(self._said, 1)
        within(self, line)

    def say(self, sentence: str) -> None:
        """Show a sentence until the next one."""
        self._said.setText(sentence)

    @property
    def said(self) -> str:
        """The last sentence."""
        return self._said.text()

    def show_report(self, report: Report | None) -> None:
        """Show the totals of a network."""
        shown = totals(report) if report else []
        if shown and self._valid:
            shown.append(Total(self._valid, tr("valid input"), False))
        self._report = report
        if shown != self._shown:
            self._shown = shown
            self._fill()

    def show_valid(self, sizes: str) -> None:
        """Show which sizes of images the network takes; nothing while that is not known."""
        if sizes != self._valid:
            self._valid = sizes
            self.show_report(self._report)

    def _fill(self) -> None:
        clear(self._totals)
        for i, (value, words, after, quantity) in enumerate(self._shown):
            self._totals.addWidget(upright(14) if i else Picture("sigma", "t3", 14))
            first, second = self._value(value, quantity), label(words, "status-word")
            for part in (first, second) if after else (second, first):
                self._totals.addWidget(part)

    def _value(self, value: str, quantity: str) -> QLabel:
        if not quantity:
            return label(value, "status-value")
        made = Number(value, "status-value")
        made.setObjectName(f"total-{quantity}")
        made.asked.connect(lambda: self.asked.emit(quantity, made.place()))
        return made

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Say how many errors there are, or how many warnings where there are none; nothing where there is neither."""
        severities = [problem.severity for problem in problems]
        errors, warnings = severities.count("error"), severities.count("warning")
        self._problems.setVisible(bool(errors or warnings))
        text = tr_count("{n} problem", "{n} problems", errors or warnings)
        self._problems.setText(text)
        self._problems.setIcon(theme.icon("circle-alert" if errors else "triangle-alert", "err" if errors else "warn"))
        self._problems.setProperty("severity", "error" if errors else "warning")
        restyle(self._problems)


class Total(NamedTuple):
    """A total: value, words, whether the words come after the value, and the name under which it is explained."""

    value: str
    words: str
    after: bool = True
    quantity: str = ""


def totals(report: Report) -> list[Total]:
    """The totals of a network."""
    held = report.bytes()
    found = [Total(number(report.parameters), tr("parameters"), quantity="weights" if report.parameters else "")]
    if report.macs:
        shown = number(report.macs) if report.macs < 100_000_000 else short(report.macs)
        found.append(Total(shown, tr("multiply-adds"), quantity="macs"))
    if held["activations"]:
        each = tr("activations per signal") if of_signals(report) else tr("activations per image")
        found.append(Total(memory(held["activations"]), each, quantity="memory"))
    if held["weights"]:
        found.append(Total(memory(held["weights"]), tr("weights"), quantity="weights_memory"))
    if size := largest_field(report):
        found.append(Total(pixels(size), tr("receptive field"), False, "receptive_field"))
    return found


def largest_field(report: Report) -> tuple[int, ...]:
    """The largest receptive field of any node that does not see everything; empty if there is none."""
    sizes = [f.receptive_field.size for f in report.facts.values() if f.receptive_field and f.receptive_field.size]
    return max(sizes, default=())
