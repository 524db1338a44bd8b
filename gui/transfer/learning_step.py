"""The third step: which layers learn, and what will happen then."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QPushButton, QSpinBox, QWidget

from graph.analysis import Report
from graph.freezing import weighted
from graph.text import number, tr, tr_count
from gui.parts import column, divider, frame, label, row, within
from gui.transfer.plans import STEPS, counted, learns

SOME = 3
"""Layers that learn when somebody chooses a few and has said nothing yet."""


class LearningChoice(QWidget):
    """Only the head, the last few layers, or everything; says how many weights learn then."""

    changed = Signal()

    def __init__(self, only: str = "") -> None:
        super().__init__()
        self._report: Report | None = None
        self._heads: tuple[str, ...] = ()
        self._group = QButtonGroup(self)
        self._hints: dict[str, QLabel] = {}
        self.head = self._choice("head", only or tr("Only the new head"), tr("Fast, and right for few images."))
        self.some = self._choice(
            "some", tr("The last layers"), tr("More can be learned; takes longer, and more images.")
        )
        self.all = self._choice("all", tr("Everything"), tr("For many images, or images of another kind: slow."))
        self.layers = QSpinBox()
        self.layers.setObjectName("last-layers")
        self.layers.setAccessibleName(tr("How many layers learn"))
        self.layers.setRange(1, 1)
        self.layers.setFixedWidth(72)
        self.layers.valueChanged.connect(self._counted)
        self.said = label("", "second", wrap=True)
        self.named = label("", "hint", wrap=True)
        many = row(label(tr("Last layers that learn"), "label"), None, self.layers, margin=(16, 0, 16, 0))
        self._many = within(QWidget(), many)
        card = within(frame("card"), column(self.said, self.named, space=6, margin=(16, 12, 16, 12)))
        within(self, column(self.head, self.some, self._many, self.all, 4, card, None, space=6))
        self.head.setChecked(True)
        self._group.buttonClicked.connect(self.refresh)

    def _choice(self, name: str, title: str, words: str) -> QPushButton:
        made = QPushButton()
        made.setCheckable(True)
        made.setProperty("role", "choice")
        made.setObjectName(f"learn-{name}")
        made.setAccessibleName(title)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        self._hints[name] = label(words, "label")
        texts = column(label(title, "strong"), self._hints[name], space=2, margin=(16, 8, 16, 8))
        for at in range(texts.count()):
            texts.itemAt(at).widget().setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._group.addButton(made)
        return within(made, texts)

    @property
    def last(self) -> int | None:
        """How many of the last layers learn, beside new heads; None for all."""
        if self.all.isChecked():
            return None
        return self.layers.value() if self.some.isChecked() else 0 if self._heads else 1

    def suggest(self, task: str) -> None:
        """Choose what is right for *task*: where things are is learned by all layers, what they are by the last one."""
        if task in STEPS:
            self.all.setChecked(True)
            self._hints["head"].setText(tr("Fast; enough where the images look like those that were learned."))
            self._hints["all"].setText(tr("Right for boxes and masks of another kind, also with few images: slower."))
        else:
            self.head.setChecked(True)
            self._hints["head"].setText(tr("Fast, and right for few images."))
            self._hints["all"].setText(tr("For many images, or images of another kind: slow."))

    def show_report(self, report: Report, heads: tuple[str, ...] = ()) -> None:
        """Choose for the network of *report*; its new *heads* learn in any case."""
        self._report, self._heads = report, heads
        n = len(weighted(report))
        with QSignalBlocker(self.layers):
            self.layers.setRange(1, max(1, n))
            self.layers.setValue(min(SOME, n))
        self.refresh()

    def _counted(self) -> None:
        self.some.setChecked(True)
        self.refresh()

    def refresh(self) -> None:
        """Say what learns now."""
        if self._report is None:
            return
        self._many.setVisible(self.some.isChecked())
        names, learn = counted(self._report, learns(self._report, self._heads, self.last))
        whole = number(self._report.parameters)
        self.said.setText(
            tr_count(
                "{n} layer learns: {learn} of {all} weights. The others stay as they are, bit by bit.",
                "{n} layers learn: {learn} of {all} weights. The others stay as they are, bit by bit.",
                len(names),
                learn=number(learn),
                all=whole,
            )
            if self.last is not None
            else tr("All {all} weights learn.", all=whole)
        )
        self.named.setText(" · ".join(names[-6:]) if self.last is not None else "")
        self.changed.emit()


def facts(rows: list[tuple[str, str]]) -> QWidget:
    """What was chosen, a line each: a word, and what it is."""
    lines = []
    for word, value in rows:
        said = label(value, wrap=True)
        line = row(label(word, "label"), said, space=12)
        line.itemAt(0).widget().setFixedWidth(108)
        line.itemAt(0).widget().setAlignment(Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        lines += [line, divider()]
    return within(frame("card"), column(*lines[:-1], space=10, margin=(16, 14, 16, 14)))
