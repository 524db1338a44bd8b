"""The Data room: choices at the left, pictures in the middle, numbers at the right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QScrollArea, QStackedLayout, QWidget

from graph.text import tr, tr_count
from gui import parts
from gui.boxes import boxed, rows
from gui.data.augment import Augmentation
from gui.data.choose import Choose
from gui.data.facts import Facts
from gui.data.summary import Summary
from gui.data.values import in_short, named
from gui.data.watch import DataWatch
from gui.legend import MaskLegend
from gui.numbers import counted
from gui.pictures import Tile, Tiles, image, overlaid, picture
from gui.session import Session
from runtime.data.description import Description, builtin

SIDE, LARGE = 72, 128
"""Pixels of a small picture, and of one with masks or boxes."""


def sentence_of(facts: Facts) -> str:
    """A data set in a line."""
    images = counted(facts.total, facts.signals)
    classes = tr_count("{n} class", "{n} classes", len(facts.classes))
    if facts.numbers:
        classes = tr_count("{n} number for each", "{n} numbers for each", len(facts.numbers))
    return tr("{images}, {classes}", images=images, classes=classes)


class DataRoom(QWidget):
    """Shows the data of the session; lets one choose others."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session, self.watch = session, DataWatch.of(session)
        self.choose, self.summary = Choose(session), Summary(session)
        self.choose.setFixedWidth(288)
        self.summary.setFixedWidth(320)
        self.stack = QStackedLayout()
        for page in (self._empty(), self._busy(), self._wrong(), self._pictures()):
            self.stack.addWidget(page)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.choose)
        layout.addWidget(parts.upright())
        layout.addLayout(self.stack, 1)
        layout.addWidget(self.summary)
        self.watch.changed.connect(self.refresh)
        self.watch.progressed.connect(self._progress)
        self.refresh()

    def _empty(self) -> QWidget:
        words = parts.label(tr("Choose data at the left to see what is in them."), "faint")
        start = parts.button(
            tr("Use the handwritten digits"),
            "play",
            "main",
            lambda: self.session.choose_data(Description(next(iter(builtin())))),
            name="use-digits",
        )
        return _centered(words, start)

    def _busy(self) -> QWidget:
        self.what = parts.label(role="strong")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(280)
        self.cancel = parts.button(tr("Cancel"), "x", do=self.watch.cancel, name="cancel-data")
        return _centered(self.what, self.bar, self.cancel)

    def _wrong(self) -> QWidget:
        self.reason = parts.label(wrap=True, selectable=True)
        self.reason.setMaximumWidth(520)
        self.again = parts.button(tr("Try again"), "refresh-cw", do=self.watch.reload, name="again")
        self.download = parts.button(tr("Download it"), "download", "main", self._download, name="download")
        made = parts.frame("wrong")
        line = parts.row(parts.Picture("circle-alert", "err", 18), self.reason, space=12, margin=16)
        line.setStretch(1, 1)
        parts.within(made, line)
        made.setMaximumWidth(600)
        made.setMinimumWidth(360)
        holder = parts.within(QWidget(), parts.row(None, self.again, self.download, None))
        return _centered(made, holder)

    def _pictures(self) -> QWidget:
        self.title, self.detail = parts.Elided(role="title"), parts.label(role="second")
        self.kind = parts.label(role="chip")
        self.kind.setFixedHeight(20)
        self.note = parts.label(role="faint", wrap=True)
        self.legend = MaskLegend()
        self.tiles = Tiles(side=SIDE, gap=10, words=18)
        self.augmentation = Augmentation(self.session)
        head = parts.row(self.title, self.detail, self.kind, None, space=12)
        inner = parts.column(
            head, self.note, self.legend, self.tiles, 8, self.augmentation, None, space=12, margin=(24, 16, 24, 24)
        )
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(parts.within(QWidget(), inner))
        return area

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.watch.want()

    def _progress(self, share: float, text: str) -> None:
        self.bar.setValue(round(share * 1000))
        if text:
            self.what.setText(text)

    def _download(self) -> None:
        if (data := self.session.data) is not None:
            self.session.choose_data(Description(data.source, data.format, download=True))

    def refresh(self) -> None:
        """Show the page that fits: nothing chosen, reading, something wrong, or the pictures."""
        watch, data = self.watch, self.session.data
        if data is None:
            self.stack.setCurrentIndex(0)
        elif watch.refused:
            self.reason.setText(watch.refused)
            self.download.setVisible(data.source.startswith("torchvision:") and not data.download)
            self.stack.setCurrentIndex(2)
        elif watch.facts is None:
            self.bar.setValue(0)
            self.what.setText(tr("Reading {name}", name=data.name) if watch.busy else tr("Not read"))
            self.cancel.setVisible(watch.busy)
            self.stack.setCurrentIndex(1)
        else:
            self._show(watch.facts)
            self.stack.setCurrentIndex(3)

    def _show(self, facts: Facts) -> None:
        samples = self.watch.answer.get("samples") or {}
        self.title.setText(facts.name)
        self.detail.setText(sentence_of(facts))
        self.kind.setText(facts.format)
        included = builtin().get(facts.source)
        self.note.setText(str(included.about) if included else facts.source)
        try:
            pixels = np.load(samples["images"], allow_pickle=False)
            make = next((make for key, make in _DRAWN.items() if key in samples), _labeled)
            tiles = make(samples, pixels, facts)
        except (KeyError, OSError, ValueError):
            return  # the service that wrote them has been started anew; what is shown stays
        self.legend.show_classes(facts.classes if "masks" in samples else ())
        self.tiles.set_side(SIDE if "labels" in samples and not facts.signals else LARGE)
        self.tiles.show_tiles(tiles)


def _labeled(samples: Mapping[str, Any], pixels: np.ndarray, facts: Facts) -> list[Tile]:
    """Images with their class below."""
    files = samples.get("files") or [""] * len(pixels)
    return [
        Tile(picture(one), facts.classes[label], tip=f"{facts.classes[label]}\n{file}".strip())
        for one, label, file in zip(pixels, samples["labels"], files, strict=True)
    ]


def _boxed(samples: Mapping[str, Any], pixels: np.ndarray, facts: Facts) -> list[Tile]:
    """Images with the boxes of their objects."""
    objects = np.load(samples["boxes"], allow_pickle=False)
    files = samples.get("files") or [""] * len(pixels)
    return [
        Tile(boxed(image(one), rows(mine, facts.classes), side=LARGE), Path(file).name, tip=file)
        for one, mine, file in zip(pixels, objects, files, strict=True)
    ]


def _masked(samples: Mapping[str, Any], pixels: np.ndarray, facts: Facts) -> list[Tile]:
    """Images with their masks laid over them."""
    masks = np.load(samples["masks"], allow_pickle=False)
    files = samples.get("files") or [""] * len(pixels)
    return [
        Tile(overlaid(one, mask), Path(file).name, tip=file)
        for one, mask, file in zip(pixels, masks, files, strict=True)
    ]


def _numbered(samples: Mapping[str, Any], pixels: np.ndarray, facts: Facts) -> list[Tile]:
    """Images with their numbers below."""
    values = np.load(samples["numbers"], allow_pickle=False)
    files = samples.get("files") or [""] * len(pixels)
    return [
        Tile(picture(one), in_short(row), tip=f"{named(facts.numbers, row)}\n{file}".strip())
        for one, row, file in zip(pixels, values, files, strict=True)
    ]


_DRAWN = {"masks": _masked, "boxes": _boxed, "numbers": _numbered}
"""How samples are drawn, by what is known of them."""


def _centered(*widgets: QWidget) -> QWidget:
    rows = [parts.row(None, widget, None) for widget in widgets]
    return parts.within(QWidget(), parts.column(None, *rows, None, space=14, margin=32))
