"""The second step: one's own images, with classes, boxes, masks or numbers: what the chosen network has learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from graph.errors import CanevasError
from graph.text import tr, tr_count
from gui.boxes import boxed, rows
from gui.data.choose import DropZone
from gui.data.facts import Facts, facts_of
from gui.parts import Elided, button, clear, column, frame, label, row, within
from gui.pictures import Tile, Tiles, image, overlaid
from gui.service import Request, Service
from gui.transfer.plans import refuse_task
from runtime.data.description import Description
from runtime.data.recognition import formats

SHOWN, SIDE = 12, 84
"""Samples with a class or numbers below, and how large one is."""

FEW, LARGE = 10, 128
"""The same of samples with boxes or masks on them."""


class ImagesStep(QWidget):
    """A folder to drop, those that were chosen before, and what was found in it."""

    changed = Signal()

    def __init__(self, service: Service, remembered: list[str]) -> None:
        super().__init__()
        self._service = service
        self._request: Request | None = None
        self._task = self._network = ""
        self.data: Description | None = None
        self.facts: Facts | None = None
        self.drop = DropZone(
            "folder-open",
            tr("Drop a folder of images here"),
            tr("classes, masks, boxes or numbers, in any usual format"),
        )
        self.drop.clicked.connect(self.browse)
        self.drop.dropped.connect(lambda files: self.choose(files[0]))
        before = [self._before(folder) for folder in remembered[:3]]
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self.refusal = label("", "error", wrap=True)
        self.refusal.setObjectName("images-refusal")
        self.name, self.sums = Elided("", "title"), label("", "second")
        self.tiles = Tiles(side=SIDE, gap=8, words=18)
        self.classes = column(space=4)
        inside = column(row(self.name, self.sums, None, space=12), self.classes, 4, self.tiles, space=8, margin=16)
        self.found = within(frame("card"), inside)
        self.found.hide()
        within(self, column(self.drop, *before, self.bar, self.refusal, self.found, None, space=10))

    def _before(self, folder: str) -> QWidget:
        name = Path(folder).name or folder
        return button(name, "folder", "row", lambda: self.choose(folder), tip=folder, name=f"images-{name}")

    def browse(self) -> None:
        """Ask for a folder."""
        dialog = QFileDialog(self, tr("Choose a folder of images"))
        dialog.setObjectName("folder-dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.choose)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def expect(self, task: str, network: str) -> None:
        """From now on images are for *network*, which has learned *task*; those chosen for another are read again."""
        again, self._task, self._network = task != self._task, task, network
        if again and self.data is not None:
            self.choose(self.data.source)

    def choose(self, folder: str) -> None:
        """Look into *folder*, or into the one of the file that was dropped."""
        path = Path(folder)
        alone = path.is_file() and not formats(path)
        self.data, self.facts = Description(str(path.parent if alone else path)), None
        self.cancel()
        self.refusal.setText("")
        self.found.hide()
        self.bar.setValue(0)
        self.bar.show()
        self._request = self._service.ask(
            "data",
            self._took,
            self._failed,
            self._progress,
            data=self.data.to_dict(),
            samples=SHOWN,
            task=self._task,
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Look no further."""
        if self._request is not None:
            self._request.cancel()
            self._request = None

    @property
    def ready(self) -> bool:
        """Whether there are images, and what they tell is what the network has learned."""
        return self.facts is not None

    def _progress(self, share: float, _: str) -> None:
        self.bar.setValue(round(share * 1000))

    def _failed(self, sentence: str) -> None:
        self._request = None
        self.bar.hide()
        self.refusal.setText(sentence)
        self.changed.emit()

    def _took(self, answer: dict[str, Any]) -> None:
        assert self.data is not None
        facts = facts_of(answer, self.data.name)
        try:
            refuse_task(self._task, self._network, facts.task, facts.name)
        except CanevasError as error:
            self._failed(str(error))
            return
        self._request, self.facts = None, facts
        self.bar.hide()
        self._show(facts, answer.get("samples") or {})
        self.changed.emit()

    def _show(self, facts: Facts, samples: dict[str, Any]) -> None:
        self.name.setText(facts.name)
        images = tr_count("{n} image", "{n} images", facts.total)
        told = facts.numbers or facts.classes
        sums = (
            tr_count("{n} number each", "{n} numbers each", len(told))
            if facts.numbers
            else tr_count("{n} class", "{n} classes", len(told))
        )
        self.sums.setText(tr("{images}, {classes}", images=images, classes=sums))
        clear(self.classes)
        learn, judge = facts.images("train"), facts.total - facts.images("train")
        words = tr("{n} to learn from, {rest} to judge by: {names}", n=learn, rest=judge, names=", ".join(told))
        self.classes.addWidget(Elided(words, "label"))
        if facts.problems:
            first = facts.problems[0]
            self.classes.addWidget(Elided(f"{first.file}: {first.message}" if first.file else first.message, "warn"))
        try:
            large = bool({"boxes", "masks"} & samples.keys())
            self.tiles.set_side(LARGE if large else SIDE)
            self.tiles.show_tiles(tiles(samples, facts)[: FEW if large else SHOWN])
        except (KeyError, OSError, ValueError):
            return  # the service that wrote them has been started anew
        self.found.show()


def tiles(samples: Mapping[str, Any], facts: Facts) -> list[Tile]:
    """The images with what is known of them: a class, boxes, a mask, or numbers.

    Raises:
        KeyError, OSError, ValueError: their files are gone, or hold something else.
    """

    def array(name: str) -> np.ndarray:
        return np.load(samples[name], allow_pickle=False)

    pixels = array("images")
    if "boxes" in samples:
        return [
            Tile(boxed(image(one), rows(mine, facts.classes), words=False, side=LARGE))
            for one, mine in zip(pixels, array("boxes"), strict=True)
        ]
    if "masks" in samples:
        return [Tile(overlaid(one, mask)) for one, mask in zip(pixels, array("masks"), strict=True)]
    if "numbers" in samples:
        values = [" ".join(f"{n:.3g}" for n in row) for row in array("numbers")]
        return [Tile(image(one), words) for one, words in zip(pixels, values, strict=True)]
    return [Tile(image(one), facts.classes[i]) for one, i in zip(pixels, samples["labels"], strict=True)]
