"""The middle of the Test room: one image in large, the answer, feature maps, and the worst mistakes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from graph.text import tr, tr_count
from gui import parts
from gui.boxes import boxed, kept
from gui.pictures import Tiles
from gui.testing.answer import AnswerCard, Shown
from gui.testing.layers import Layers
from gui.testing.maps import MapsCard
from gui.testing.mistakes import meaning, mistakes_in_words, tile_of_mistake
from gui.testing.sliders import Sliders
from gui.testing.tester import Tester, numbered
from gui.testing.ways import Ways
from gui.testing.well import Well

RECOUNT = 150
"""Milliseconds after the last move of a slider, before mistakes are counted anew."""


class Look(QWidget):
    """Shows what was said of one image."""

    mistake_chosen = Signal(int)
    """The index of a mistake that somebody wants to see."""

    def __init__(self, tester: Tester) -> None:
        super().__init__()
        self._tester = tester
        self.title, self.size = parts.Elided(role="title"), parts.label(role="second")
        self.hint = parts.label(role="faint")
        self.well, self.answer, self.maps = Well(), AnswerCard(), MapsCard()
        self.answer.setFixedWidth(288)
        self._image, self.layers, self.sliders, self.ways = QWidget(), Layers(), Sliders(), Ways(tester)
        self._shown: Shown | None = None
        self._begun: tuple[float, float] | None = None
        """Where the sliders stood before anybody moved them."""
        self._soon = QTimer(self, interval=RECOUNT, singleShot=True)
        self._connect()
        under = parts.column(self.sliders, self.ways, space=0)
        beside = parts.row(parts.column(self.layers, self.well, under, space=8), self.answer, space=16)
        beside.itemAt(0).layout().setStretch(1, 1)
        beside.setStretch(0, 1)
        parts.within(self._image, beside)
        self.worst = Tiles(side=76, gap=12, one_row=True)
        self.worst.chosen.connect(self._mistake_chosen)
        self.count = parts.label(role="second")
        self._mistakes = QWidget()
        head = parts.row(parts.label(tr("Worst mistakes"), "strong"), self.count, None)
        parts.within(self._mistakes, parts.column(head, self.worst, space=8))
        self._empty = parts.within(QWidget(), parts.column(None, parts.row(None, self.hint, None), None))
        made = parts.column(
            parts.row(self.title, self.size, None, space=12),
            self._image,
            self._empty,
            self.maps,
            self._mistakes,
            space=14,
            margin=(20, 14, 20, 16),
        )
        made.setStretch(1, 1)
        made.setStretch(2, 1)
        parts.within(self, made)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        tester.result_changed.connect(self.show_result)
        self.show_result()
        self.show_image(None)

    def _connect(self) -> None:
        self.sliders.changed.connect(self._filter)
        self.sliders.changed.connect(self._soon.start)
        self._soon.timeout.connect(lambda: self._tester.recount(*self.sliders.values))
        self._tester.recounted.connect(self.show_result)
        self._tester.model_changed.connect(self._begin_anew)
        self.layers.chosen.connect(self._plainly)
        self.layers.way_chosen.connect(self._by_way)
        self.ways.overlaid.connect(self.well.show_overlay)
        self.ways.moved.connect(self.maps.view.mark)
        self.well.pointed.connect(self.ways.point)
        self.well.hovered.connect(self.ways.hover)
        self.maps.chosen.connect(self.ways.show_node)
        self.maps.view.pointed.connect(self._from_map)

    def _begin_anew(self) -> None:
        """Another network: the sliders stand where it wants them."""
        self._begun = None

    def _plainly(self, picture: QImage) -> None:
        """Show a picture, and nothing over it."""
        self.ways.show_way("")
        self.well.show_picture(picture)
        self.sliders.setVisible(self._shown is not None and self._shown.objects is not None)

    def _by_way(self, way: str) -> None:
        """Look into the network through the image as it sees it."""
        if self._shown is not None:
            self.well.show_picture(self._shown.seen)
        self.sliders.hide()
        self.ways.show_node(self.maps.node)
        self.ways.show_way(way)

    def _from_map(self, position: tuple[int, int]) -> None:
        """A click on a map: what does that value see?"""
        self.layers.choose(dict(self.ways.offered())["field"])
        self.ways.field.look_at(position)

    def show_image(self, shown: Shown | None, at: tuple[int, str] = (-1, "")) -> None:
        """Show an image with its answer, a hint for None; *at* is its index, or -1 and its file."""
        self.ways.look_at(at)
        self._empty.setVisible(shown is None)
        self._image.setVisible(shown is not None)
        self.maps.setVisible(shown is not None and self.maps.choice.count() > 0)
        self.hint.setText(
            tr("Pick one at the left, or drop one of your own.")
            if self._tester.model is not None
            else tr("Train a network first, or open an exported file at the left.")
        )
        self.title.setText(Path(shown.name).name if shown else "")
        size = shown.size or f"{shown.large.width()} × {shown.large.height()}" if shown else ""
        self.size.setText(size)
        self._shown = shown
        self.sliders.setVisible(shown is not None and shown.objects is not None)
        if shown is None:
            return
        if shown.objects is not None:
            if self._tester.gates != self._begun:
                self._begun = self._tester.gates
                self.sliders.begin(*self._begun)
            self._filter()
        else:
            ways = () if shown.error else self.ways.offered()
            alone = ((tr("Image"), shown.large),) if ways else ()
            self.well.show_picture(shown.large)
            self.layers.show_layers(shown.layers or alone, ways)
        self.answer.show_answer(shown, self._tester.how, self._tester.classes if shown.layers else ())

    def _filter(self) -> None:
        """Show the boxes that count now."""
        shown = self._shown
        if shown is None or shown.objects is None:
            return
        found = kept(shown.objects, *self.sliders.values)
        self.sliders.count.setText(tr_count("{n} object", "{n} objects", len(found)))
        self.answer.show_objects(found)
        layers = [(tr("Answer"), boxed(shown.seen, found, scores=True))]
        if shown.truth:
            layers.append((tr("What is right"), boxed(shown.seen, shown.truth)))
        layers.append((tr("Image"), shown.large))
        self.layers.show_layers(tuple(layers), self.ways.offered())

    def show_result(self) -> None:
        """Show the worst mistakes."""
        result = self._tester.result
        self._mistakes.setVisible(bool(result and result.mistakes))
        if result is None:
            return
        self.count.setText(mistakes_in_words(result))
        self.count.setToolTip(meaning(result))
        tiles = []
        for picture, i in zip(self._tester.worst, result.mistakes, strict=False):
            tip = "\n".join(filter(None, (numbered(i, result), result.files.get(i, ""))))
            tiles.append(tile_of_mistake(result, picture, i, tip))
        self.worst.show_tiles(tiles)

    def _mistake_chosen(self, place: int) -> None:
        self.mistake_chosen.emit(self.worst.tiles[place].index)
