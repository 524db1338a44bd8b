"""Grad-CAM as a heat map over the image: of which node and which class, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from graph.text import tr
from gui import parts
from gui.plots.ticks import three
from gui.testing.overlay import Overlay, heat


class CamBar(QWidget):
    """Choose node and class; draws what the service found."""

    wanted = Signal()
    overlaid = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.nodes, self.classes = (
            self._choice("cam-node", tr("Node whose maps are weighed")),
            self._choice("cam-class", tr("Class whose score is explained")),
        )
        self.note = parts.label(role="hint", wrap=True)
        self.note.setMinimumHeight(32)
        line = parts.row(
            parts.label(tr("Class"), "label"), self.classes, parts.label(tr("at"), "label"), self.nodes, None
        )
        parts.within(self, parts.column(line, self.note, space=6))

    def _choice(self, name: str, word: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(name)
        made.setAccessibleName(word)
        made.setToolTip(word)
        made.setMinimumWidth(96)
        made.activated.connect(lambda _: self.wanted.emit())
        return made

    @property
    def node(self) -> str:
        """The node that is chosen."""
        return self.nodes.currentText()

    @property
    def label(self) -> int | None:
        """The class that is chosen; None: the likeliest."""
        return self.classes.currentData()

    def offer(self, nodes: Sequence[str], classes: Sequence[str]) -> None:
        """Offer these; what was chosen stays if it can, else the service chooses the node; and the likeliest class."""
        if [self.nodes.itemText(i) for i in range(self.nodes.count())] != list(nodes):
            before = self.node
            with QSignalBlocker(self.nodes):
                self.nodes.clear()
                self.nodes.addItems(list(nodes))
                self.nodes.setCurrentIndex(list(nodes).index(before) if before in nodes else -1)
        named = [tr("likeliest"), *classes]
        if [self.classes.itemText(i) for i in range(self.classes.count())] != named:
            with QSignalBlocker(self.classes):
                self.classes.clear()
                for i, word in enumerate(named):
                    self.classes.addItem(word, i - 1 if i else None)

    def show_answer(self, answer: Mapping[str, Any] | str) -> None:
        """Draw what was found, or say why nothing was."""
        if isinstance(answer, str):
            self.note.setText(answer)
            return
        self.nodes.setCurrentText(str(answer["path"]))
        values = np.load(answer["map"], allow_pickle=False)
        shape, label = " × ".join(map(str, answer["size"])), str(answer["label"])
        if values.max(initial=0.0) <= 0:
            self.note.setText(tr("Nothing that {node} sees here speaks for {label}.", node=self.node, label=label))
        else:
            self.note.setText(
                tr(
                    "The warmer, the more it raises the score of {label} ({score}); maps of {shape}, enlarged.",
                    label=label,
                    score=three(float(answer["score"] or 0.0)),
                    shape=shape,
                )
            )
        self.overlaid.emit(Overlay(values.shape, heat(values)))
