"""What the recipe's augmentation does to images, beside the images as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from graph.errors import InvalidValue
from graph.text import tr
from gui import parts
from gui.boxes import boxed, rows
from gui.data.watch import DataWatch
from gui.form import Form
from gui.pictures import Tile, Tiles, image, overlaid, picture
from gui.service import Request
from gui.session import Session
from runtime.recipe import Recipe

SAMPLES, TIMES = 3, 7
"""Images, and how often each is changed."""

FOLD = "Augmentation"
SPECS = tuple(replace(spec, fold="") for spec in Recipe.specs if spec.fold == FOLD)
OF_SIGNALS = tuple(spec for spec in SPECS if spec.name in ("shift", "noise"))


class AugmentForm(QWidget):
    """The values of the recipe that change images."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.form, self.signals = (Form(specs, session.recipe.to_dict(), width=124) for specs in (SPECS, OF_SIGNALS))
        """What can be done to images, and what to signals."""
        for form in (self.form, self.signals):
            form.changed.connect(self._changed)
        session.recipe_changed.connect(self._show)
        parts.within(self, parts.column(self.form, self.signals))
        self.show_for(signals=False)

    def show_for(self, *, signals: bool) -> None:
        """Show what can be done to signals, or to images."""
        self.form.setVisible(not signals)
        self.signals.setVisible(signals)

    def _show(self, recipe: Recipe) -> None:
        for form in (self.form, self.signals):
            form.show_values(recipe.to_dict())

    def _changed(self, name: str, value: Any) -> None:
        try:
            self._session.set_recipe(Recipe(**{**self._session.recipe.to_dict(), name: value}))
        except InvalidValue as error:
            (self.form if self.form.isVisibleTo(self) else self.signals).refuse(name, str(error))


class Augmentation(QWidget):
    """Each line: an image as it is, then the same as the network sees it in different epochs."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._watch = session, DataWatch.of(session)
        self._request: Request | None = None
        self._asked: tuple[Any, ...] | None = None
        self.hint = parts.label(role="faint")
        self.tiles = Tiles(columns=TIMES + 1, gap=8, words=0)
        self.tiles.setMaximumWidth((TIMES + 1) * 88)
        head = parts.row(parts.label(tr("Augmentation"), "strong"), self.hint, None)
        parts.within(self, parts.column(head, self.tiles, space=10))
        self._soon = QTimer(self, singleShot=True, interval=150)
        self._soon.timeout.connect(self._ask)
        session.recipe_changed.connect(self.refresh)
        self._watch.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Ask for the pictures again, a moment after the last change."""
        facts = self._watch.facts
        self.setVisible(facts is not None)
        self.hint.setText(
            tr("left as it is, then as the network sees it from epoch to epoch")
            if self._session.recipe.augments
            else tr("the recipe changes nothing yet: set a value at the right")
        )
        if facts is not None:
            self._soon.start()

    def _ask(self) -> None:
        data, recipe = self._session.data, self._session.recipe
        wanted = (data, recipe, self._watch.task)
        if data is None or wanted == self._asked:
            return
        self._asked = wanted
        if self._request is not None:
            self._request.cancel()
        self._request = self._session.service.ask(
            "augment",
            self._show,
            self._fail,
            data=data.to_dict(),
            recipe=recipe.to_dict(),
            task=self._watch.task,
            samples=SAMPLES,
            times=TIMES,
        )

    def _fail(self, sentence: str) -> None:
        self._asked = None
        self.hint.setText(sentence)

    def _show(self, answer: dict[str, Any]) -> None:
        try:
            before, after = _pictures(answer, "before"), _pictures(answer, "after")
        except OSError:
            self._asked = None
            return
        tiles = []
        times = len(after) // max(1, len(before))
        for i, one in enumerate(before):
            tiles += [Tile(one, tip=tr("as it is"))]
            changed = after[i * times : (i + 1) * times]
            tiles += [Tile(picture, tip=tr("in epoch {n}", n=j + 1)) for j, picture in enumerate(changed)]
        self.tiles.show_tiles(tiles)


def _pictures(answer: dict[str, Any], images: str) -> list[QImage]:
    """The pictures in an array ``(..., C, H, W)``, one after the other, with their masks or boxes if they have any."""
    pixels = np.load(answer[images], allow_pickle=False)
    flat = pixels.reshape(-1, *pixels.shape[-2 if pixels.dtype.kind == "f" else -3 :])
    suffix = "_after" if images == "after" else ""
    if f"masks{suffix}" in answer:
        over = np.load(answer[f"masks{suffix}"], allow_pickle=False).reshape(-1, *pixels.shape[-2:])
        return [overlaid(one, mask) for one, mask in zip(flat, over, strict=True)]
    if f"boxes{suffix}" in answer:
        objects = np.load(answer[f"boxes{suffix}"], allow_pickle=False)
        each = objects.reshape(-1, *objects.shape[-2:])
        pairs = zip(flat, each, strict=True)
        return [boxed(image(one), rows(mine, answer["classes"]), words=False) for one, mine in pairs]
    return [picture(one) for one in flat]
