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

    def __init__(self) -> None:
        super().__init__()
        self._row = parts.row(space=4)
        self._group = QButtonGroup(self)
        self._word = ""
        parts.within(self, self._row)
        self.hide()

    def show_layers(self, layers: tuple[tuple[str, QImage], ...]) -> None:
        """Offer these; the one that was looked at last stays chosen."""
        parts.clear(self._row)
        self.setVisible(bool(layers))
        words = [word for word, _ in layers]
        for word, picture in layers:
            chip = Chip(word, bare=True)
            chip.setChecked(word == (self._word if self._word in words else words[0]))
            chip.clicked.connect(lambda _=False, word=word, picture=picture: self._choose(word, picture))
            self._group.addButton(chip)
            self._row.addWidget(chip)
            if chip.isChecked():
                self.chosen.emit(picture)
        self._row.addStretch(1)

    def _choose(self, word: str, picture: QImage) -> None:
        self._word = word
        self.chosen.emit(picture)
