"""Precision over recall of each class: the more answers one believes, the more is found, and the more is in vain."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QWidget

from graph.text import number, tr
from gui import parts
from gui.numbers import counted
from gui.plots.plot import Line, Plot, Plots, Style
from gui.plots.ticks import percent, percent_ticks
from gui.plots.tip import TipRow
from gui.testing.curve import Curve

TOP = 1.04
"""How far the axis goes, so that a perfect curve is seen whole."""
MOST = 40
"""Curves that are drawn pale behind the one that is chosen."""


class _Plot(Plot):
    """The plot, whose tip tells threshold, precision and recall of the class that is chosen."""

    curve: Curve | None = None

    def rows(self, position: float) -> list[TipRow]:
        point = self.curve.at(position) if self.curve is not None else None
        if point is None:
            return []
        words = (tr("threshold"), tr("precision"), tr("recall"))
        texts = (f"{point[0]:.3f}", percent(point[1]), percent(point[2]))
        return [TipRow("acc", 1.0, word, text) for word, text in zip(words, texts, strict=True)]


class PrecisionCard(QWidget):
    """Choose a class; see its curve before those of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.curves: tuple[Curve, ...] = ()
        self._signals = False
        self.choice = QComboBox()
        self.choice.setObjectName("precision-class")
        self.choice.setAccessibleName(tr("Class whose curve is shown"))
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(7)
        self.choice.activated.connect(lambda _: self._draw())
        self.plot = _Plot(tr("Precision"), Style(percent, percent_ticks, 0.0, TOP))
        self.plot.head.insertWidget(1, self.choice)
        self.plot.empty.setText(tr("Nothing was found of this class."))
        self.plot.setFixedHeight(236)
        self.plot.box.setMouseEnabled(x=False, y=False)
        self.group = Plots((self.plot,), lambda recall: tr("at recall {share}", share=percent(max(0.0, recall))))
        self.foot = parts.label("", "hint", wrap=True)
        self.foot.setAlignment(Qt.AlignmentFlag.AlignRight)
        parts.within(self, parts.column(parts.divider(), self.plot, self.foot, space=12))
        self.group.set_extent(0.0, 1.0)

    def show_curves(self, curves: tuple[Curve, ...], signals: bool = False) -> None:
        """Show the curves of another test; the class that was chosen stays if it can, else the worst is."""
        self.curves, self._signals = curves, signals
        self.setVisible(bool(curves))
        before = self.choice.currentText()
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItems([one.label for one in curves])
            worst = min(range(len(curves)), key=lambda i: curves[i].ap, default=-1)
            same = self.choice.findText(before) if before else -1
            self.choice.setCurrentIndex(same if same >= 0 else worst)
        self._draw()

    def _draw(self) -> None:
        chosen = self.choice.currentIndex()
        if not 0 <= chosen < len(self.curves):
            return
        one = self.curves[chosen]
        self.plot.curve = one
        self.foot.setText(
            tr("to the right: recall, the share of the class that is found")
            if one.ap101 is None
            else tr("to the right: recall, the share of the objects that are found")
        )
        pale = [Line(c.series, "t3", width=1.0, alpha=0.35) for c in self.curves[:MOST] if c is not one]
        self.plot.set_lines([Line(one.series, "acc", one.label, width=2.0), *pale])
        self.plot.show_value(tr("AP"), percent(one.ap if one.ap101 is None else one.ap101))
        self.plot.setToolTip(_about(one, self._signals))
        self.group.changed(now=True)


def _about(one: Curve, signals: bool) -> str:
    """How the average precision of a class is meant."""
    if one.ap101 is None:
        many = counted(one.objects, signals)
        return tr("Average precision: the area under the curve, over {many} of {label}.", many=many, label=one.label)
    return tr(
        "Average precision of {label}, {n} objects: over 101 recalls (COCO) {coco}, over all points (VOC) {voc}.",
        n=number(one.objects),
        label=one.label,
        coco=percent(one.ap101),
        voc=percent(one.ap),
    )
