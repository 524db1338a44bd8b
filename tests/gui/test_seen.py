"""What was hard to read on the screens of the tasks, and is read now."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtWidgets import QComboBox

from graph.text import number
from gui import theme
from gui.boxes import Object, boxed
from gui.canvas.minimap import clearance
from gui.editors import Choice
from gui.pictures import Tile, Tiles
from gui.testing.answer import AnswerCard, Shown
from gui.testing.images import tile_of
from gui.testing.matrix import fitting
from gui.testing.result import result_of
from gui.testing.stages import SCORE, spread
from gui.training.curves import Legend
from gui.training.table import measured

pytestmark = pytest.mark.qt


def test_the_legend_names_the_terms_of_the_loss(qtbot):
    """Five curves were drawn in five colors, and only the tip said which was which."""
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entries([("YOLO", "#112233")], [("xy", "#445566"), ("noobj", "#778899")])

    assert [word for word, *_ in legend.words] == ["validation", "train", "xy", "noobj"]
    assert legend.words[2][1] == "#445566"


def test_terms_that_find_no_room_go_to_a_second_line(qtbot):
    """The last of the four losses of Faster R-CNN was not named in French."""
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entries([("run", "#112233")], [("rpn_loss.objectness", "#445566"), ("roi_loss.box", "#778899")])
    legend.resize(2000, legend.height())
    assert {middle for _, middle in legend.places()} == {14}
    legend.resize(300, legend.height())

    assert len(legend.places()) == len(legend.words)
    assert [middle for _, middle in legend.places()] == [7, 7, 7, 21] or [m for _, m in legend.places()] == [
        7,
        7,
        21,
        21,
    ]


@pytest.mark.parametrize("text", ["1.1K", "1K"])
def test_a_count_is_as_exact_as_its_cell_is_wide(qtbot, text):
    """In a cell of the matrix 1 129 lost its ends, and read as 129."""
    metrics = QFontMetrics(theme.font(9, theme.SEMIBOLD))

    assert fitting(1129, metrics, 200) == number(1129)
    assert fitting(1129, metrics, metrics.horizontalAdvance(text)) == text
    assert fitting(7, metrics, 1) == "7"


def test_the_first_of_many_anchors_lie_all_over_the_image():
    """The first three hundred of all anchors lay in the upper rows."""
    boxes = np.zeros((1296, 8), np.float32)
    boxes[:, 1] = np.arange(1296) // 108  # twelve rows of positions
    boxes[:, SCORE] = -1
    found = spread(boxes)

    assert {*found[:60, 1].tolist()} == {*range(12)}
    assert sorted(found[:, 1].tolist()) == boxes[:, 1].tolist()
    boxes[:, SCORE] = np.linspace(1, 0, 1296)
    assert spread(boxes) is boxes  # the surest first


def test_names_of_boxes_are_read_in_a_small_tile(qtbot):
    """A name was a tenth of a small tile's box high, some four pixels."""
    dark = QImage(96, 96, QImage.Format.Format_RGB32)
    dark.fill(0)
    one = Object(40, 60, 70, 90, 3, "cat", 1.0)
    counts = []
    for side in (480, 120):
        found = boxed(dark, [one], side=side)
        column = [found.pixelColor(204, y).value() > 40 for y in range(300)]
        counts.append(sum(column) * side / found.height())

    large, small = counts
    assert small > 10
    assert abs(small - large) < 12


def test_an_unsure_box_is_paler_in_a_tile_only(qtbot):
    dark = QImage(96, 96, QImage.Format.Format_RGB32)
    dark.fill(0)
    edge = []
    for score, scores in ((1.0, False), (0.2, False), (0.2, True)):
        found = boxed(dark, [Object(40, 40, 70, 90, 3, "cat", score)], scores=scores)
        edge.append(found.pixelColor(200, 400).value())

    assert edge[1] < edge[0] - 40
    assert edge[2] > edge[1] + 40


def test_a_tile_with_a_mask_shows_the_answer_and_its_name(qtbot):
    """Every one of them said "ground 83 %"."""
    plain, answer = QImage(8, 8, QImage.Format.Format_RGB32), QImage(8, 8, QImage.Format.Format_RGB32)
    layers = (("Answer", answer), ("Image", plain))
    found = tile_of(Shown("/a/b/007.png", answer, plain, (("ground", 0.83),), layers=layers))

    assert (found.picture is answer, found.strong, found.end) == (True, "007.png", "")


@pytest.mark.parametrize(
    ("classes", "words"), [(4, ["accuracy", "cross entropy"]), (6, ["accuracy", "among the first 5", "cross entropy"])]
)
def test_the_first_five_are_told_of_more_than_five(classes, words):
    """Of four classes the right one is always among the first five."""
    told = {"part": "test", "classes": [*map(str, range(classes))], "scores": [0.5], "labels": [0], "answers": [0]}
    metrics = {"accuracy": 1.0, "top5": 1.0, "cross_entropy": 0.1}
    found = result_of({**told, "confusion": [], "mistakes": [], "metrics": metrics})

    assert [word for word, _ in found.measures] == words


def test_what_is_shown_as_a_whole_keeps_clear_of_the_map():
    """The last node of a wide detector lay under the minimap."""
    corner = QRect(80, 80, 20, 20)
    moved = clearance([QRect(40, 0, 20, 10), QRect(70, 85, 20, 10)], corner)

    assert moved == -22
    assert not QRect(70 + moved, 85, 20, 10).intersects(corner)
    assert clearance([QRect(70, 0, 20, 10)], corner) == 0  # above it
    assert clearance([QRect(5, 85, 90, 10)], corner) == 0  # no room at the left


def test_an_answer_without_objects_says_so(qtbot):
    """The card was empty, as if the answer were still to come."""
    card = AnswerCard()
    qtbot.addWidget(card)
    card.show_objects([])
    assert not card.none.isHidden()
    card.show_objects([Object(0, 0, 5, 5, 3, "cat", 0.9)])
    assert card.none.isHidden()
    card.show_objects([])
    card.show_answer(Shown("a.png", QImage(), QImage(), (("cat", 0.9),)), "")
    assert card.none.isHidden()


def test_several_rows_of_tiles_fill_the_width(qtbot):
    """A strip of nearly a whole tile stayed empty at the right."""
    tiles = Tiles(side=100, gap=10)
    qtbot.addWidget(tiles)
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    tiles.show_tiles([Tile(picture)] * 9)
    tiles.resize(415, tiles.heightForWidth(415))

    assert tiles.columns(415) == 3
    assert tiles.place(2).right() == 412  # three times 131 and two gaps of 10, from 0
    assert tiles.place(8).bottom() < tiles.height()
    tiles.show_tiles([Tile(picture)] * 2)
    assert tiles.place(1).width() == 100  # a single row is as large as it is


def test_a_word_too_long_for_its_list_ends_in_dots(qtbot):
    """It was cut in the middle of a letter."""
    long, short, cut = Choice(), Choice(), QComboBox()
    for made, text in ((long, "W" * 60), (short, "W…"), (cut, "W" * 60)):
        qtbot.addWidget(made)
        made.addItem(text)
        made.setFixedSize(120, 28)
    letters = next(n for n in range(1, 60) if seen(short, "W" * n + "…") == seen(long, "W" * 60))

    assert 2 <= letters < 20
    assert seen(cut, "W" * 60) != seen(long, "W" * 60)


def seen(choice: QComboBox, text: str) -> QImage:
    choice.setItemText(0, text)
    return choice.grab().toImage()


def test_r2_is_written_as_a_number():
    assert measured("r2", 0.5961) == "0.596"
    assert measured("map50", 0.5961).startswith("59.6")
