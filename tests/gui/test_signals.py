"""Signals in the rooms: drawn as curves, changed as signals are, told as such."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

import presets
from graph.analysis import analyze
from gui import theme
from gui.data import DataRoom
from gui.data.facts import facts_of
from gui.data.room import sentence_of
from gui.data.summary import sizes_in_words
from gui.document import Document
from gui.explanation import lines_of_network, lines_of_node
from gui.pictures import CURVE, EDGE, curve, picture
from gui.runs import Course
from gui.session import Session
from gui.status import totals
from gui.testing.images import Images
from gui.testing.result import preprocessing_in_words, result_of
from gui.testing.tester import numbered
from gui.training.curves import Curves
from gui.training.drawn import Drawn
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.run import create
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt

WAVES = {
    "name": "waves",
    "source": "/data/waves.npz",
    "format": "signals",
    "task": "classification",
    "classes": ["up", "down"],
    "shape": [1, 50],
    "counts": {"train": [3, 1]},
    "sizes": [{"size": [50], "count": 4}],
}


def lines(found, x: int) -> list[int]:
    """The rows at which a picture shows something else than its ground in a column."""
    ground = found.pixelColor(0, 0)
    return [y for y in range(found.height()) if found.pixelColor(x, y) != ground]


def test_a_curve_goes_from_the_lowest_to_the_highest_value():
    found = curve(np.linspace(-3, 5, 40, dtype=np.float32)[None])

    assert found.size() == CURVE
    first, last = lines(found, EDGE + 1), lines(found, CURVE.width() - EDGE - 2)
    assert abs(sum(first) / len(first) - (CURVE.height() - EDGE)) < 3
    assert abs(sum(last) / len(last) - EDGE) < 3


def test_an_even_signal_is_a_line_in_the_middle_and_none_is_no_line():
    even = lines(curve(np.full((1, 9), 7.0, np.float32)), CURVE.width() // 2)
    assert abs(sum(even) / len(even) - CURVE.height() / 2) < 3
    assert lines(curve(np.full((1, 9), np.nan, np.float32)), 100) == []


def test_channels_have_colors_of_their_own():
    found = curve(np.stack([np.zeros(9), np.ones(9)]).astype(np.float32))
    colors = {QColor(found.pixelColor(200, y)).name() for y in lines(found, 200)}
    assert {theme.theme().color("acc").name(), theme.theme().run(1).name()} <= colors


def test_bytes_stay_images():
    assert picture(np.zeros((1, 5, 7), np.uint8)).width() == 7
    assert picture(np.zeros((5, 7), np.uint8)).width() == 7


def test_they_are_told_as_signals():
    facts = facts_of(WAVES, "waves")
    assert (facts.signals, facts.shape, facts.total) == (True, (1, 50), 4)
    assert sentence_of(facts) == "4 signals, 2 classes"
    assert sizes_in_words(facts) == "50"
    told = {"size": [50], "channels": 1, "mean": [0.5], "std": [2.0]}
    assert preprocessing_in_words(told) == "Brought to 50 values; then less 0.500, divided by 2.000."


def test_the_data_room_draws_them_and_offers_what_makes_sense(qtbot, tmp_path):
    session = Session()
    session._service = FakeService()
    session.add(Document(presets.build("conv1d_signal")))
    room = DataRoom(session)
    qtbot.addWidget(room)
    room.show()
    session.choose_data(Description(str(tmp_path)))
    np.save(tmp_path / "samples.npy", np.random.default_rng(0).normal(size=(4, 1, 50)).astype(np.float32))
    samples = {"images": str(tmp_path / "samples.npy"), "labels": [0, 1, 0, 0], "part": "train", "files": []}
    session.service.last("data").answer(**WAVES, samples=samples)

    assert [t.strong for t in room.tiles.tiles] == ["up", "down", "up", "up"]
    assert room.tiles.tiles[0].picture.size() == CURVE
    form = room.summary._augment
    assert form.signals.isVisibleTo(room)
    assert not form.form.isVisibleTo(room)

    qtbot.waitUntil(lambda: any(a.do == "augment" for a in session.service.asked))
    np.save(tmp_path / "after.npy", np.zeros((2, 3, 1, 50), np.float32))
    np.save(tmp_path / "before.npy", np.zeros((2, 1, 50), np.float32))
    asked = session.service.last("augment")
    asked.answer(before=str(tmp_path / "before.npy"), after=str(tmp_path / "after.npy"), labels=[0, 1])
    assert len(room.augmentation.tiles.tiles) == 2 * (1 + 3)
    session.close()
    session.deleteLater()


def test_the_test_room_speaks_of_signals():
    """What lists samples said "4 images", whatever they were."""
    told = {"task": "regression", "part": "test", "classes": [], "scores": [0.1], "mistakes": [], "metrics": {}}
    numbers = {"numbers": ["depth"], "right": [[1.0]], "answers": [[1.1]]}
    waves = result_of({**told, **numbers, "preprocessing": {"size": [50]}})
    pictures = result_of({**told, **numbers, "preprocessing": {"size": [28, 28]}})

    assert (waves.signals, pictures.signals) == (True, False)
    assert (numbered(3, waves), numbered(3, pictures), numbered(3, None)) == ("Signal 3", "Image 3", "Image 3")


def test_the_numbers_of_a_network_are_those_of_a_signal():
    """The status line and the inspector spoke of images, squares and pixels."""
    waves, pictures = (analyze(presets.build(name)) for name in ("conv1d_signal", "lecture"))
    told = [*totals(waves), *lines_of_node(waves, "conv2"), *lines_of_network(waves)]

    assert not [line for line in told if "image" in str(line)]
    assert "activations per signal" in [total.words for total in totals(waves)]
    assert "activations per image" in [total.words for total in totals(pictures)]


def test_the_list_of_images_speaks_of_signals(qtbot):
    images = Images()
    qtbot.addWidget(images)
    images.say_signals(True)
    images.show_view("all", [], [], 7, "")

    assert images.count.text() == "7 signals"
    assert images.drop.accessibleName() == "Drop a signal here"
    images.say_signals(False)
    images.show_view("all", [], [], 7, "")
    assert images.count.text() == "7 images"


def test_the_speed_of_a_run_is_in_signals(qtbot, tmp_path):
    curves = Curves()
    qtbot.addWidget(curves)
    for preset, word in (("conv1d_signal", "Signals per second"), ("lecture", "Images per second")):
        run = create(tmp_path, presets.build(preset), None, Recipe(), Description("digits"), folder=tmp_path / preset)
        curves.show_runs([Drawn(Course(run), preset, "acc")])

        assert curves.speed.title.text() == word
