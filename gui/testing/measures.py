"""The panel at the right of the Test room: scores, confusion matrix, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QScrollArea, QWidget

from graph.text import tr, tr_count
from gui import parts
from gui.legend import colors_of
from gui.numbers import counted
from gui.session import Session
from gui.testing.answer import Bars
from gui.testing.export import ExportCard
from gui.testing.matrix import Matrix
from gui.testing.result import BoxResult, MaskResult, NumberResult, Result
from gui.testing.scatter import Scatters
from gui.testing.tester import Tester

if TYPE_CHECKING:
    from gui.testing.precision import PrecisionCard

MOST = 40
"""Classes whose areas are listed, best first."""


class Scores(QWidget):
    """The measures of the task in large, or why there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.about = parts.Elided(role="label")
        self.about.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.values = [parts.label("–", "score") for _ in range(3)]
        self._words = [parts.Elided("", "label") for _ in self.values]
        self._row = QWidget()
        cells = [parts.column(*cell, space=2) for cell in zip(self.values, self._words, strict=True)]
        parts.within(self._row, parts.row(*cells, space=16))
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.reason = parts.label(role="faint", wrap=True)
        head = parts.row(parts.label(tr("Scores"), "strong"), self.about, space=12)
        head.setStretch(1, 1)
        parts.within(self, parts.column(head, self._row, self.bar, self.reason, space=10))

    def show_result(self, tester: Tester) -> None:
        """Show the measures, how far the test is, or why there is none."""
        result = tester.result
        self._row.setVisible(result is not None)
        self.bar.setVisible(tester.busy)
        if tester.busy:
            self.bar.setValue(0)
        self.reason.setText(reason(tester))
        self.reason.setVisible(bool(self.reason.text()))
        self.about.setText("")
        if result is not None:
            many = counted(result.images, result.signals)
            far = isinstance(result, NumberResult)
            self.about.setText(
                many if far else tr_count("{many}, {n} wrong", "{many}, {n} wrong", result.wrong, many=many)
            )
            shown = [*result.measures, ("", ""), ("", "")]
            for value, name, (word, text) in zip(self.values, self._words, shown, strict=False):
                value.setText(text)
                name.setText(word)


def reason(tester: Tester) -> str:
    """Why there are no scores; empty where there are some."""
    if tester.busy and tester.result is None:
        return tr("Testing …")
    if tester.refused or tester.result is not None:
        return tester.refused
    return tr("Choose a trained network at the left; a run has one after its first epoch.")


class Measures(QScrollArea):
    """Scores, matrix and export below each other; what has nothing to say is not there."""

    def __init__(self, session: Session, tester: Tester) -> None:
        super().__init__()
        self._tester = tester
        self.scores, self.matrix, self.export = Scores(), Matrix(), ExportCard(session)
        self._confusion = QWidget()
        self._hint = parts.label("", "hint", wrap=True)
        head = parts.label(tr("Confusion matrix"), "strong")
        parts.within(self._confusion, parts.column(parts.divider(), head, self.matrix, self._hint, space=12))
        self._areas, self._bars = QWidget(), Bars()
        self.precision: PrecisionCard | None = None
        """There from the first curve on: pyqtgraph is imported late."""
        self._named = parts.label(role="strong")
        parts.within(self._areas, parts.column(parts.divider(), self._named, self._bars, space=12))
        self.scatters = Scatters()
        panel = QWidget()
        panel.setProperty("role", "panel")
        self._body = parts.column(
            self.scores,
            self._areas,
            self.scatters,
            self._confusion,
            self.export,
            None,
            space=12,
            margin=(16, 14, 12, 16),
        )
        parts.within(panel, self._body)
        self.setProperty("role", "panel")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setWidget(panel)
        tester.progressed.connect(self._progress)
        tester.result_changed.connect(self.show_result)
        tester.recounted.connect(self.show_result)
        tester.model_changed.connect(self.show_model)
        self.show_result()
        self.show_model()

    def _progress(self, share: float, text: str) -> None:
        self.scores.bar.setValue(round(share * 1000))

    def show_result(self) -> None:
        """Show what the test found."""
        self.scores.show_result(self._tester)
        result = self._tester.result
        counted = result is not None and result.confusion.size > 0
        self.matrix.show_result(result if counted else None)
        self._confusion.setVisible(counted)
        pixels = isinstance(result, MaskResult)
        seen = result is not None and result.signals
        cells = tr("click a cell to see its signals") if seen else tr("click a cell to see its images")
        read = tr("labels down, answers across, shade = share of the row")
        self._hint.setText(tr("{read}; {click}", read=read, click=tr("in pixels; click a cell") if pixels else cells))
        self._show_classes(result)
        self.scatters.show_result(result if isinstance(result, NumberResult) else None)
        self._show_precision()

    def _show_precision(self) -> None:
        """The curves of the classes, before what is taken away."""
        curves = self._tester.curves
        if self.precision is None and curves:
            from gui.testing.precision import PrecisionCard

            self.precision = PrecisionCard()
            self._body.insertWidget(self._body.indexOf(self.export), self.precision)
        if self.precision is not None:
            result = self._tester.result
            self.precision.show_curves(curves, result is not None and result.signals)

    def _show_classes(self, result: Result | None) -> None:
        """How well each class is met, where that is told."""
        by_class: tuple[float | None, ...] = ()
        if isinstance(result, MaskResult):
            by_class = result.iou
            self._named.setText(tr("IoU of each class"))
            tip = tr("Intersection over union: the area that answer and truth share, by that of both.")
            self._areas.setToolTip(tip)
        elif isinstance(result, BoxResult):
            by_class = result.ap50
            self._named.setText(tr("Average precision of each class"))
            self._areas.setToolTip(tr("The mean precision over all recalls; a box counts that overlaps by half."))
        self._areas.setVisible(bool(by_class))
        if result is not None and by_class:
            known = [(name, one) for name, one in zip(result.classes, by_class, strict=True) if one is not None]
            colors = colors_of(result.classes) if isinstance(result, MaskResult) else None
            self._bars.show_rows(sorted(known, key=lambda row: -row[1])[:MOST], colors=colors)

    def show_model(self) -> None:
        """Show what can be exported."""
        tester = self._tester
        self.export.setVisible(tester.model is not None)
        self.export.show_model(tester.model, tester.name, tester.report.parameters if tester.report else 0)
