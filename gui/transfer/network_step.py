"""The first step: a network whose weights have learned already."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QScrollArea, QWidget

from graph.text import tr
from gui.document import Document
from gui.numbers import short
from gui.parts import Elided, Picture, column, label, row, within
from gui.transfer.plans import Offer, offers


class NetworkStep(QWidget):
    """A list to choose from: drawings that have weights, then what has been published."""

    changed = Signal()

    def __init__(self, documents: list[Document]) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._rows: list[tuple[QPushButton, str]] = []
        self.chosen: Offer | Document | None = None
        self.search = QLineEdit()
        self.search.setObjectName("search-networks")
        self.search.setPlaceholderText(tr("Search networks with published weights"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self._list = column(space=6, margin=(0, 0, 8, 0))
        for document in documents:
            if document.origin is not None:
                words = tr("The drawing that is open, with the weights of {title}", title=document.origin.title)
                self._add(document, document.title, words, "", "workflow")
        for offer in offers():
            self._add(
                offer, offer.title, words_of(offer), place_of(offer), "package" if not offer.mebibytes else "network"
            )
        self._list.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(within(QWidget(), self._list))
        within(self, column(self.search, area, space=12))
        self._rows[0][0].click()

    def _add(self, what: Offer | Document, title: str, words: str, place: str, icon: str) -> None:
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
        self._list.addWidget(made)
        self._rows.append((made, f"{title} {words}".casefold()))

    def _choose(self, what: Offer | Document) -> None:
        self.chosen = what
        self.changed.emit()

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for made, words in self._rows:
            made.setVisible(wanted in words)


def words_of(offer: Offer) -> str:
    """A network in a line."""
    return tr(
        "{score} % on ImageNet, {n} parameters, images of {side} × {side} pixels",
        score=f"{offer.score:.1f}",
        n=short(offer.parameters),
        side=offer.side,
    )


def place_of(offer: Offer) -> str:
    """Where its weights are."""
    if not offer.mebibytes:
        return tr("on this machine")
    return tr("{n} MiB to fetch", n=round(offer.mebibytes))
