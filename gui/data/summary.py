"""What is in a data set, in numbers; whether the network fits; and which files made trouble."""

from __future__ import annotations

from math import prod

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from graph.errors import CanevasError
from graph.problems import Fix
from graph.text import number, tr, tr_count
from gui import parts, theme
from gui.data.augment import AugmentForm
from gui.data.facts import PARTS, Facts, misfits
from gui.data.histogram import SHADES, Histogram
from gui.data.sizes import SizesPlot, about
from gui.data.values import Values
from gui.data.watch import DataWatch
from gui.session import Session

MOST = 100
"""Files with problems that are listed."""


def part_word(part: str) -> str:
    """What a part is for."""
    return {"train": tr("Train"), "validation": tr("Validation"), "test": tr("Test")}[part]


def sizes_in_words(facts: Facts) -> str:
    """The sizes of the images as they lie there: one, or how many different ones and from where to where."""
    if not facts.sizes:
        return " × ".join(map(str, facts.shape[1:]))
    if len(facts.sizes) == 1:
        return " × ".join(map(str, facts.sizes[0][0]))
    ends = (pick((s for s, _ in facts.sizes), key=prod) for pick in (min, max))
    smallest, largest = (" × ".join(map(str, end)) for end in ends)
    return tr("{n} sizes, {small} to {large}", n=len(facts.sizes), small=smallest, large=largest)


class Summary(QWidget):
    """The panel at the right of the Data room."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "panel")
        self._session, self._watch = session, DataWatch.of(session)
        self._rows, self._fit, self._problems = parts.column(space=6), parts.column(space=8), parts.column(space=6)
        self.histogram, self.values, self.sizes = Histogram(), Values(), SizesPlot()
        self._sizes, self._about_sizes = QWidget(), parts.Elided(role="faint")
        self._about_sizes.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = parts.row(parts.label(tr("Sizes"), "strong"), self._about_sizes, space=12)
        head.setStretch(1, 1)
        parts.within(self._sizes, parts.column(parts.divider(), head, self.sizes, space=12))
        self._what, self._classes = parts.label(role="strong"), parts.label(role="faint")
        self._count = parts.label(role="chip")
        self._files = parts.within(
            QWidget(), parts.column(parts.row(parts.label(tr("Files"), "strong"), self._count, None), self._problems)
        )
        self._shades, self._augment = self._legend(), AugmentForm(session)
        body = parts.column(
            parts.label(tr("What is in it"), "strong"),
            self._rows,
            parts.divider(),
            parts.label(tr("Fit with the network"), "strong"),
            self._fit,
            parts.divider(),
            parts.row(self._what, None, self._classes),
            self.histogram,
            self.values,
            self._shades,
            self._sizes,
            parts.divider(),
            parts.label(tr("Augmentation"), "strong"),
            self._augment,
            self._files,
            None,
            space=12,
            margin=(16, 14, 12, 16),
        )
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(parts.within(QWidget(), body))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self._watch.changed.connect(self.refresh)
        session.document_changed.connect(self._document_changed)
        self._document_changed()

    def _legend(self) -> QWidget:
        marks = []
        for part, shade in SHADES.items():
            mark = _Mark(shade)
            marks += [mark, parts.label(part_word(part), "hint")]
        return parts.within(QWidget(), parts.row(*marks, None, space=6))

    def _document_changed(self) -> None:
        if (document := self._session.document) is not None:
            document.analyzed.connect(self._show_fit, Qt.ConnectionType.UniqueConnection)
        self.refresh()

    def refresh(self) -> None:
        """Show the facts that are known now."""
        facts = self._watch.facts
        self.setVisible(facts is not None)
        if facts is None:
            return
        parts.clear(self._rows)
        for part in PARTS:
            if part in facts.counts:
                self._rows.addLayout(_row(part_word(part), number(facts.images(part))))
        for word, value in (
            (tr("Signals in all") if facts.signals else tr("Images in all"), number(facts.total)),
            (tr("On the disk"), sizes_in_words(facts)),
            (
                tr("As channels, length") if facts.signals else tr("As channels, height, width"),
                " × ".join(map(str, facts.shape)),
            ),
        ):
            self._rows.addLayout(_row(word, value))
        self._what.setText(tr("Numbers to foretell") if facts.numbers else tr("Classes"))
        self._classes.setText(number(len(facts.numbers or facts.classes)))
        self.histogram.show_facts(facts)
        self.values.show_facts(facts)
        self._augment.show_for(signals=facts.signals)
        for widget in (self.histogram, self._shades):
            widget.setVisible(not facts.numbers)
        self.values.setVisible(bool(facts.numbers))
        self.sizes.show_facts(facts)
        self._sizes.setVisible(not self.sizes.isHidden())
        self._about_sizes.setText(about(facts))
        self._show_problems(facts)
        self._show_fit()

    def _show_fit(self) -> None:
        facts, document = self._watch.facts, self._session.document
        parts.clear(self._fit)
        if facts is None:
            return
        if document is None or not document.network.nodes:
            self._fit.addWidget(parts.label(tr("No network is open to compare with."), "faint", wrap=True))
            return
        found = misfits(document.report, facts)
        if not any(p.severity == "error" for p in found):
            self._fit.addWidget(
                _line(
                    "circle-check",
                    "ok",
                    tr("The network can learn from these images.")
                    if not facts.signals
                    else tr("The network can learn from these signals."),
                    "good",
                )
            )
        for problem in found:
            wrong = problem.severity == "error"
            icon, color, role = ("circle-alert", "err", "wrong") if wrong else ("info", "t2", "")
            self._fit.addWidget(_line(icon, color, str(problem.message), role))
            for fix in problem.fixes[:1]:
                button = parts.button(
                    str(fix.text), "wrench", "", lambda fix=fix: self._mend(fix), name=f"fix-{fix.id}"
                )
                self._fit.addLayout(parts.row(button, None, margin=(24, 0, 0, 0)))

    def _mend(self, fix: Fix) -> None:
        document = self._session.document
        try:
            document.edit(fix.apply(document.network), str(fix.text))
        except CanevasError as error:
            self._session.say(str(error))

    def _show_problems(self, facts: Facts) -> None:
        parts.clear(self._problems)
        self._files.setVisible(bool(facts.problems))
        self._count.setText(tr_count("{n} problem", "{n} problems", len(facts.problems)))
        for problem in facts.problems[:MOST]:
            if problem.file:
                self._problems.addWidget(parts.Elided(problem.file, "strong", Qt.TextElideMode.ElideMiddle))
            self._problems.addWidget(parts.label(problem.message, "faint", wrap=True, selectable=True))
        if len(facts.problems) > MOST:
            more = len(facts.problems) - MOST
            self._problems.addWidget(parts.label(tr_count("and {n} more", "and {n} more", more), "faint"))


class _Mark(QWidget):
    def __init__(self, shade: float) -> None:
        super().__init__()
        self._shade = shade
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.theme().color("acc", self._shade))


def _row(word: str, value: str) -> QHBoxLayout:
    shown = parts.Elided(value)
    shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    made = parts.row(parts.label(word, "label"), shown, space=12)
    made.setStretch(1, 1)
    return made


def _line(icon: str, color: str, sentence: str, role: str) -> QWidget:
    words = parts.label(sentence, wrap=True)
    made = parts.row(parts.Picture(icon, color, 16), words, space=8, margin=(8, 8, 8, 8) if role else (0, 0, 0, 0))
    made.setStretch(1, 1)
    holder = parts.frame(role) if role else QWidget()
    return parts.within(holder, made)
