"""The stages of a detector for the image one looks at, one by one: what is drawn of each, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QSlider, QWidget

from graph.text import number, tr, tr_count
from gui import parts
from gui.chip import Chip
from gui.pictures import class_color
from gui.plots.ticks import percent
from gui.testing.overlay import Mark, Overlay

MANY, SOME = 300, 60
"""Boxes that are drawn at first, where a stage has more; and where none of them is surer than another."""
GOLDEN = 0.6180339887
"""Multiples of it, without their whole part, lie evenly however many there are (Weyl, 1916)."""
PLAIN = QColor("#56B4E9")
"""The color of boxes without a class."""
LABEL, SCORE, CELL, PREDICTOR = 4, 5, 6, 7
"""Columns of the rows of boxes, after left, top, right and bottom; −1 where there is no such thing."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage: its boxes ``(n, 8)``, or the grid (*kind* ``"grid"``), or the class of each cell (``"cells"``)."""

    name: str
    what: str
    boxes: np.ndarray
    kind: str = "boxes"


@dataclass(frozen=True, eq=False)
class Staged:
    """All stages of one image, as the service tells them."""

    stages: tuple[Stage, ...]
    grid: tuple[int, ...]
    cells: np.ndarray
    objects: np.ndarray
    predictors: int
    classes: tuple[str, ...]
    size: tuple[int, int]

    def name(self, label: float) -> str:
        """A class by its number; nothing for none."""
        i = int(label)
        return "" if i < 0 else self.classes[i] if i < len(self.classes) else str(i)

    def box_of(self, cell: int, predictor: int) -> np.ndarray | None:
        """The row of the box that a predictor of a cell gives."""
        for stage in self.stages:
            here = (stage.boxes[:, CELL] == cell) & (stage.boxes[:, PREDICTOR] == predictor)
            if here.any():
                return stage.boxes[here.argmax()]
        return None


def spread(boxes: np.ndarray) -> np.ndarray:
    """Boxes of which none is surer than another in an order whose first ones lie all over the image."""
    if not len(boxes) or (boxes[:, SCORE] >= 0).any():
        return boxes
    return boxes[np.argsort(np.arange(len(boxes)) * GOLDEN % 1, kind="stable")]


def staged(answer: Mapping[str, Any]) -> Staged:
    """The stages in the service's answer; a grid comes before what follows from it."""
    grid = tuple(int(n) for n in answer["grid"])
    objects = np.asarray(answer["objects"], float).reshape(-1, 8)
    made = []
    none = np.empty((0, 8), np.float32)
    if grid and len(objects):
        what = tr("An object belongs to the cell in which its middle lies; dashed: the box that is responsible for it.")
        made.append(Stage(tr("Grid"), what, none, "grid"))
    if len(answer["cells"]):
        what = tr("The likeliest class of each cell; the stronger the color, the surer.")
        made.append(Stage(tr("Classes"), what, none, "cells"))
    made += [
        Stage(str(one["name"]), str(one["what"]), spread(np.load(one["boxes"], allow_pickle=False)))
        for one in answer["stages"]
    ]
    height, width = answer["size"]
    cells = np.asarray(answer["cells"], float).reshape(-1, 2)
    return Staged(
        tuple(made), grid, cells, objects, int(answer["predictors"]), tuple(answer["classes"]), (height, width)
    )


def rectangle(found: Staged, cell: int) -> tuple[float, float, float, float]:
    """Where a cell of the grid lies: left, top, right and bottom in pixels."""
    (rows, columns), (height, width) = found.grid, found.size
    row, column = divmod(cell, columns)
    return column * width / columns, row * height / rows, (column + 1) * width / columns, (row + 1) * height / rows


def cell_at(found: Staged, stage: Stage, x: float, y: float) -> int:
    """The cell of the grid at a pixel; without a grid, that of the boxes whose middle is nearest; −1 where none is."""
    if found.grid:
        (rows, columns), (height, width) = found.grid, found.size
        return min(rows - 1, int(y / height * rows)) * columns + min(columns - 1, int(x / width * columns))
    numbered = stage.boxes[stage.boxes[:, CELL] >= 0]
    if not len(numbered):
        return -1
    apart = (numbered[:, 0] + numbered[:, 2] - 2 * x) ** 2 + (numbered[:, 1] + numbered[:, 3] - 2 * y) ** 2
    return int(numbered[apart.argmin(), CELL])


def box_at(stage: Stage, count: int, x: float, y: float) -> int:
    """The smallest of the first *count* boxes around a pixel; −1 where there is none."""
    b = stage.boxes[:count]
    inside = (b[:, 0] <= x) & (x <= b[:, 2]) & (b[:, 1] <= y) & (y <= b[:, 3])
    areas = np.where(inside, (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]), np.inf)
    return int(areas.argmin()) if inside.any() else -1


def color_of(label: float) -> QColor:
    """The color of a class on an image; that of boxes without one."""
    return QColor(*class_color(int(label) + 1)) if label >= 0 else PLAIN


def overlay_of(found: Staged, stage: Stage, count: int, cell: int = -1, lit: int = -1) -> Overlay:
    """What is drawn of a stage: the first *count* boxes; all those of a *cell* alone, or with one of them *lit*."""
    marks: list[Mark] = []
    if stage.kind == "grid":
        marks = _objects(found)
    elif stage.kind == "cells":
        for i, (label, share) in enumerate(found.cells):
            marks.append(Mark(*rectangle(found, i), color_of(label), 0.0, min(0.75, 0.1 + 0.65 * max(0.0, share))))
    elif cell >= 0:
        marks = [_box(found, row, wide=2.5, word=True) for row in stage.boxes[stage.boxes[:, CELL] == cell]]
    else:
        rows = stage.boxes[:count]
        few = len(rows) <= 12
        for i in reversed(range(len(rows))):  # the surest on top
            marks.append(_box(found, rows[i], wide=2.0, word=few or i == lit, pale=lit >= 0 and i != lit, few=few))
        cell = int(rows[lit, CELL]) if 0 <= lit < len(rows) else -1
    if cell >= 0 and found.grid:
        marks.insert(0, Mark(*rectangle(found, cell), QColor("white"), 2.0, 0.28))
    grid = found.grid if stage.kind != "boxes" or cell >= 0 else ()
    return Overlay(found.size, None, grid, tuple(marks))


def _box(found: Staged, row: np.ndarray, wide: float, *, word: bool, pale: bool = False, few: bool = True) -> Mark:
    left, top, right, bottom, label, score = (float(v) for v in row[:6])
    text = " ".join(filter(None, (found.name(label), f"{score:.2f}" if score >= 0 and label >= 0 else "")))
    strength = 0.25 if pale else 1.0 if few or score < 0 else 0.15 + 0.85 * min(1.0, max(0.0, score)) ** 0.5
    return Mark(left, top, right, bottom, color_of(label), wide, 0.0, strength, word=text if word else "")


def _objects(found: Staged) -> list[Mark]:
    """Objects, the cells of their middles, and the boxes that are responsible for them."""
    marks = []
    for row in found.objects:
        marks.append(Mark(*rectangle(found, int(row[5])), color_of(row[4]), 0.0, 0.45))
    for left, top, right, bottom, label, cell, predictor, _ in found.objects:
        color = color_of(label)
        marks.append(Mark(left, top, right, bottom, color, 2.5, word=found.name(label), dot=True))
        if (box := found.box_of(int(cell), int(predictor))) is not None:
            marks.append(Mark(*(float(v) for v in box[:4]), color, 2.0, dashed=True))
    return marks


def words_of(found: Staged, stage: Stage, count: int, cell: int = -1, lit: int = -1) -> str:
    """A sentence about what is drawn."""
    if stage.kind == "boxes" and 0 <= lit < len(stage.boxes) and stage.boxes[lit, CELL] >= 0 and cell < 0:
        row = stage.boxes[lit]
        return tr("Box {b} of the cell at {place} found it.", b=int(row[PREDICTOR]) + 1, place=_place(found, row[CELL]))
    if stage.kind == "grid" and cell >= 0:
        mine = [row for row in found.objects if row[5] == cell]
        if not mine:
            return tr("No object has its middle in the cell at {place}.", place=_place(found, cell))
        label, predictor, overlap = found.name(mine[0][4]), int(mine[0][6]) + 1, percent(float(mine[0][7]), 0)
        return tr(
            "The cell at {place} must find {label}; its box {b} overlaps it most ({overlap}).",
            place=_place(found, cell),
            label=label,
            b=predictor,
            overlap=overlap,
        )
    if stage.kind == "cells" and cell >= 0:
        label, share = found.cells[cell]
        return tr(
            "The cell at {place}: {label}, {share}.",
            place=_place(found, cell),
            label=found.name(label),
            share=percent(float(share)),
        )
    if stage.kind == "boxes" and cell >= 0:
        rows = stage.boxes[stage.boxes[:, CELL] == cell]
        if found.grid:
            told = ", ".join(f"{int(r[PREDICTOR]) + 1}: {found.name(r[LABEL])} {r[SCORE]:.2f}" for r in rows)
            return tr("The boxes of the cell at {place}: {boxes}.", place=_place(found, cell), boxes=told or "–")
        return tr_count("The box of this position.", "The {n} boxes of this position.", len(rows))
    return stage.what


def _place(found: Staged, cell: float) -> str:
    if not found.grid:
        return str(int(cell) + 1)
    row, column = divmod(int(cell), found.grid[1])
    return tr("row {row}, column {column}", row=row + 1, column=column + 1)


class StagesBar(QWidget):
    """Choose a stage; say how many boxes of it are drawn; a click on the image asks for those of a cell."""

    overlaid = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.found: Staged | None = None
        self._name, self._cell, self._lit = "", -1, -1
        self._row = parts.row(space=4)
        self._group = QButtonGroup(self)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("stage-count")
        self.slider.setAccessibleName(tr("Boxes drawn"))
        self.slider.setToolTip(tr("How many boxes are drawn, the surest first; arrows go one by one."))
        self.slider.valueChanged.connect(lambda _: self._draw())
        self.count = parts.label(role="second")
        self.count.setFixedWidth(112)
        self.note = parts.label(role="hint", wrap=True)
        self.note.setMinimumHeight(32)
        self._line = QWidget()
        line = parts.row(parts.label(tr("Boxes"), "label"), self.slider, self.count, space=10)
        line.setStretch(1, 1)
        parts.within(self._line, line)
        parts.within(self, parts.column(self._row, self._line, self.note, space=6))

    @property
    def stage(self) -> Stage | None:
        """The stage that is chosen."""
        if self.found is None:
            return None
        return next((one for one in self.found.stages if one.name == self._name), self.found.stages[0])

    def show_stages(self, found: Staged | None, sentence: str = "") -> None:
        """Show the stages of another image; the one that was looked at stays chosen."""
        self.found, self._cell, self._lit = found, -1, -1
        for button in self._group.buttons():
            self._group.removeButton(button)
        parts.clear(self._row)
        self._line.setVisible(False)
        self.note.setText(sentence)
        if found is None:
            return
        for one in found.stages:
            chip = Chip(one.name)
            chip.setChecked(one is self.stage)
            chip.clicked.connect(lambda _=False, name=one.name: self.choose(name))
            self._group.addButton(chip)
            self._row.addWidget(chip)
        self._row.addStretch(1)
        self._show_stage()

    def choose(self, name: str) -> None:
        """Look at another stage."""
        self._name, self._cell, self._lit = name, -1, -1
        for button in self._group.buttons():
            button.setChecked(button.text() == name)
        self._show_stage()

    def point(self, x: float, y: float) -> None:
        """Look at the boxes of the cell at a pixel; a second click shows all again."""
        if (stage := self.stage) is None or self.found is None:
            return
        cell = cell_at(self.found, stage, x, y)
        self._cell = -1 if cell == self._cell else cell
        self._draw()

    def hover(self, at: tuple[float, float] | None) -> None:
        """The box under the mouse stands out, with the cell that it comes from."""
        if (stage := self.stage) is None or stage.kind != "boxes" or self._cell >= 0:
            return
        lit = -1 if at is None or self.slider.value() > MANY else box_at(stage, self.slider.value(), *at)
        if lit != self._lit:
            self._lit = lit
            self._draw()

    def _show_stage(self) -> None:
        stage = self.stage
        assert stage is not None
        total = len(stage.boxes)
        self._line.setVisible(stage.kind == "boxes")
        self.slider.blockSignals(True)
        self.slider.setRange(min(1, total), max(1, total))
        self.slider.setPageStep(max(1, total // 10))
        sure = bool((stage.boxes[:, SCORE] >= 0).any())
        self.slider.setValue(min(total, MANY if sure else SOME))
        self.slider.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        stage, found = self.stage, self.found
        if stage is None or found is None:
            return
        total = len(stage.boxes)
        count = min(self.slider.value(), total)
        self.count.setText(tr("{n} of {total}", n=number(count), total=number(total)))
        self.note.setText(words_of(found, stage, count, self._cell, self._lit))
        self.overlaid.emit(overlay_of(found, stage, count, self._cell, self._lit))
