"""Ways to look at one image: the answer laid over it, what is right, or the image alone."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui import parts
from gui.chip import Chip


class Layers(QWidget):
    """A row of chips, one for each way; hidden where there is only one."""

    chosen = Signal(QImage)
    way_chosen = Signal(str)
    """Somebody wants to look into the network: the name of a way."""

    def __init__(self) -> None:
        super().__init__()
        self._row = parts.row(space=4)
        self._group = QButtonGroup(self)
        self._word = ""
        self.chips: dict[str, Chip] = {}
        parts.within(self, self._row)
        self.hide()

    def show_layers(self, layers: tuple[tuple[str, QImage], ...], ways: tuple[tuple[str, str], ...] = ()) -> None:
        """Offer these pictures, and *ways* by name and word; the one that was looked at last stays chosen."""
        for button in self._group.buttons():
            self._group.removeButton(button)
        parts.clear(self._row)
        self.setVisible(bool(layers))
        offered: list[tuple[str, QImage | str]] = [*layers, *((word, name) for name, word in ways)]
        words = [word for word, _ in offered]
        self.chips = {}
        for word, what in offered:
            chip = Chip(word, bare=True)
            chip.setChecked(word == (self._word if self._word in words else words[0]))
            chip.clicked.connect(lambda _=False, word=word, what=what: self._choose(word, what))
            self._group.addButton(chip)
            self._row.addWidget(chip)
            self.chips[word] = chip
            if chip.isChecked():
                self._show(what)
        self._row.addStretch(1)

    def choose(self, word: str) -> None:
        """Choose by its word, as a click does."""
        if word in self.chips:
            self.chips[word].click()

    def _choose(self, word: str, what: QImage | str) -> None:
        self._word = word
        self._show(what)

    def _show(self, what: QImage | str) -> None:
        if isinstance(what, str):
            self.way_chosen.emit(what)
        else:
            self.chosen.emit(what)
