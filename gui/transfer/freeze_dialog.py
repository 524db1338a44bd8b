"""Freeze all but the last layers: how many, and what learns then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from graph.freezing import learning_now, set_learning, weighted
from graph.text import tr
from gui.parts import button, column, label, row, within
from gui.transfer.learning_step import LearningChoice
from gui.transfer.plans import learns

if TYPE_CHECKING:
    from gui.document import Document
    from gui.window import Window


class FreezeDialog(QDialog):
    """Asks for the layers that go on learning; one step of the history."""

    def __init__(self, window: Window, document: Document) -> None:
        super().__init__(window)
        self.setObjectName("freeze-dialog")
        self.setWindowTitle(tr("Freeze all but the last layers"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "page")
        self.setMinimumWidth(520)
        self._document = document
        report = document.report
        self._anew = tuple(one.path for one in document.kept.left) if document.kept is not None else ()
        self.choice = LearningChoice("" if self._anew else tr("Only the last layer"))
        self.choice.show_report(report, self._anew)
        learn, total = learning_now(report), len(weighted(report))
        if learn == total:
            self.choice.all.setChecked(True)
        elif learn > 1:
            self.choice.layers.setValue(learn)
        self.choice.refresh()
        self.choice.changed.connect(self._word)
        title = label(tr("Which layers go on learning?"), "title")
        words = label(
            tr("Frozen layers keep their weights, bit by bit, and their normalizations the means they have."),
            "second",
            wrap=True,
        )
        self.go = button(tr("Freeze the others"), "lock", "main", self.accept, name="freeze-others")
        self.go.setDefault(True)
        self._word()
        buttons = row(None, button(tr("Cancel"), do=self.reject, name="cancel"), self.go)
        within(self, column(title, words, 4, self.choice, 4, buttons, space=8, margin=20))

    def _word(self) -> None:
        whole = self.choice.last is None
        self.go.setText(tr("Let everything learn") if whole else tr("Freeze the others"))

    def accept(self) -> None:
        network, last = self._document.network, self.choice.last
        if last is None:
            text = tr("Let everything learn")
        elif last:
            text = tr("Freeze all but the last {n}", n=last)
        else:
            text = tr("Freeze all but the new head")
        after = set_learning(network, learns(self._document.report, self._anew, last))
        self._document.edit(after, text)
        super().accept()


def show(window: Window) -> FreezeDialog | None:
    """Ask for the current document."""
    document = window.session.document
    if document is None:
        return None
    if not weighted(document.report):
        window.session.say(tr("This network has no weights that could be frozen."))
        return None
    made = FreezeDialog(window, document)
    made.open()
    return made
