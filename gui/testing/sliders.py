"""Which boxes count: two sliders, for how sure they are and for how much two of a class may overlap; live."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from graph.text import tr
from gui import parts
from gui.plots.ticks import percent


class Sliders(QWidget):
    """Threshold and non-maximum suppression."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.threshold, first = self._slider("threshold", tr("Threshold"), tr("Boxes that are less sure are left out."))
        tip = tr("Of two boxes of a class that overlap more, the surer one stays (non-maximum suppression).")
        self.overlap, second = self._slider("overlap", tr("NMS"), tip)
        self.count = parts.label(role="second")
        parts.within(self, parts.column(first, second, self.count, space=6))

    def _slider(self, name: str, word: str, tip: str) -> tuple[QSlider, QWidget]:
        made, value = QSlider(Qt.Orientation.Horizontal), parts.label(role="label")
        made.setRange(1, 100)
        made.setObjectName(name)
        made.setAccessibleName(word)
        made.setToolTip(tip)
        value.setFixedWidth(44)
        made.valueChanged.connect(lambda n: value.setText(percent(n / 100, 0)))
        made.valueChanged.connect(lambda _: self.changed.emit())
        title = parts.label(word, "label")
        title.setFixedWidth(72)
        line = parts.row(title, made, value, space=10)
        line.setStretch(1, 1)
        return made, parts.within(QWidget(), line)

    def begin(self, threshold: float, overlap: float) -> None:
        """Stand where the network itself stands."""
        self.threshold.setValue(round(threshold * 100))
        self.overlap.setValue(round(overlap * 100))

    @property
    def values(self) -> tuple[float, float]:
        """Threshold and overlap, from 0 to 1."""
        return self.threshold.value() / 100, self.overlap.value() / 100
