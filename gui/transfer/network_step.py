"""The first step: a network whose weights have learned already."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QScrollArea, QWidget

from graph.text import tr
from gui import dialogs
from gui.document import Document
from gui.numbers import short
from gui.parts import Elided, Picture, button, column, label, row, within
from gui.runs import Summary
from gui.transfer.plans import Offer, Own, offers
from runtime.formats import ENDINGS

Choice = Offer | Document | Own


class NetworkStep(QWidget):
    """A list to choose from: drawings that have weights, what was trained here, then what has been published."""

    changed = Signal()

    def __init__(self, documents: list[Document]) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._rows: list[tuple[QPushButton, str]] = []
        self._runs: dict[str, QPushButton] = {}
        self.chosen: Choice | None = None
        self.search = QLineEdit()
        self.search.setObjectName("search-networks")
        self.search.setPlaceholderText(tr("Search networks that have learned already"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        file = button(tr("A file ..."), "folder-open", do=self._ask_file, name="begin-file")
        self._list = column(space=6, margin=(0, 0, 8, 0))
        for document in documents:
            if document.origin is not None:
                words = tr("The drawing that is open, with the weights of {title}", title=document.origin.title)
                self._add(document, document.title, words, "", "workflow")
        self._drawings = len(self._rows)
        for offer in offers():
            self._add(
                offer, offer.title, words_of(offer), place_of(offer), "package" if not offer.mebibytes else "network"
            )
        self._list.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(within(QWidget(), self._list))
        above = row(self.search, file, space=8)
        above.setStretch(0, 1)
        within(self, column(above, area, space=12))
        self._rows[0][0].click()

    def show_runs(self, runs: tuple[Summary, ...]) -> None:
        """Offer what was trained here, the newest first, behind the drawings that are open."""
        for at, one in enumerate(run for run in runs if run.run.checkpoint() is not None):
            folder = str(one.run.folder)
            if folder not in self._runs:
                own = Own(one.name, words_of_run(one, one.network), folder)
                self._runs[folder] = self._add(own, own.title, own.words, "", "activity", self._drawings + at)
        self._filter(self.search.text())

    def _ask_file(self) -> None:
        filters = f"{tr('Models with their weights')} ({' '.join(f'*{one}' for one in ENDINGS)})"
        dialogs.ask_file(self, tr("A network that has learned already"), filters, self.take_file)

    def take_file(self, file: Path) -> None:
        """Choose the model in *file*; what it is, shows when it is opened."""
        own = Own(file.name, str(file.parent), str(file))
        self._add(own, own.title, own.words, "", "file", 0).click()
        self._drawings += 1

    def _add(self, what: Choice, title: str, words: str, place: str, icon: str, at: int = -1) -> QPushButton:
        made = QPushButton()
        made.setCheckable(True)
        made.setProperty("role", "choice")
        made.setObjectName(f"begin-{title}")
        made.setAccessibleName(title)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        names = column(Elided(title, "strong"), Elided(words, "label"), space=2)
        line = row(Picture(icon, "t2", 18), names, label(place, "chip") if place else None, space=14)
        line.setContentsMargins(16, 8, 16, 8)
        line.setStretch(1, 1)
        within(made, line)
        for part in made.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        made.clicked.connect(lambda: self._choose(what))
        self._group.addButton(made)
        self._list.insertWidget(at, made) if at >= 0 else self._list.addWidget(made)
        self._rows.append((made, f"{title} {words}".casefold()))
        return made

    def _choose(self, what: Choice) -> None:
        self.chosen = what
        self.changed.emit()

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for made, words in self._rows:
            made.setVisible(wanted in words)


def words_of(offer: Offer) -> str:
    """A network in a line."""
    told = {"score": f"{offer.score:.1f}", "n": short(offer.parameters), "side": offer.side}
    if offer.task == "segmentation":
        return tr("Classes of pixels: mean IoU {score} % on Pascal VOC, {n} parameters", **told)
    return tr("{score} % on ImageNet, {n} parameters, images of {side} × {side} pixels", **told)


def words_of_run(run: Summary, title: str) -> str:
    """A network that was trained here, and is called *title*, in a line."""
    if run.accuracy is None:
        return tr("{network}, trained here", network=title)
    return tr("{network}, trained here to {score} %", network=title, score=f"{100 * run.accuracy:.1f}")


def place_of(offer: Offer) -> str:
    """Where its weights are."""
    if not offer.mebibytes:
        return tr("on this machine")
    return tr("{n} MiB to fetch", n=round(offer.mebibytes))
