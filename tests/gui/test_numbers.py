"""Numbers for each image, in every room: under the sample, as a histogram, foretold against right, as mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage

import presets
from gui.data import DataRoom
from gui.data.facts import facts_of
from gui.data.values import BINS
from gui.document import Document
from gui.session import Session
from gui.testing import TestingRoom
from gui.testing.answer import Shown, numbers_in_words
from gui.testing.images import tile_of
from gui.testing.result import NumberResult
from gui.training.previews import samples_of
from gui.training.samples import selected, tile, tiles_of
from runtime.data.description import Description
from runtime.records import write_json
from runtime.run import Run
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt

RIGHT = np.array([[0.1, 10.0], [0.2, 30.0], [0.9, 20.0]])
ANSWERS = np.array([[0.1, 11.0], [0.8, 30.0], [0.9, 19.0]])


def array(folder: Path, name: str, values: np.ndarray) -> str:
    np.save(folder / f"{name}.npy", values)
    return str(folder / f"{name}.npy")


def looked_at(folder: Path) -> dict:
    """What the service says of a table with two columns of numbers."""
    images = array(folder, "images", np.zeros((3, 1, 12, 12), np.uint8))
    return {
        "name": "places",
        "source": "/data/places",
        "format": "csv",
        "task": "regression",
        "classes": [],
        "numbers": ["across", "age"],
        "values": array(folder, "values", RIGHT.astype(np.float32)),
        "shape": [1, 12, 12],
        "counts": {"train": [], "test": []},
        "images": {"train": 3, "test": 2},
        "samples": {
            "images": images,
            "numbers": array(folder, "numbers", RIGHT.astype(np.float32)),
            "indices": [0, 1, 2],
            "part": "train",
            "files": ["a.png", "b.png", "c.png"],
        },
    }


def said_of_a_test(folder: Path) -> dict:
    """What the service says of a test: the second image is missed by far."""
    return {
        "task": "regression",
        "part": "test",
        "classes": [],
        "numbers": ["across", "age"],
        "metrics": {"r2": 0.25, "mae": 0.4, "rmse": 1.2, "images": 3},
        "each": [{"r2": 0.1, "mae": 0.2, "rmse": 0.3}] * 2,
        "mistakes": [{"index": 1, "right": [0.2, 30], "answer": [0.8, 30], "score": 1.3, "file": "b.png"}],
        "scores": [0.05, 1.3, 0.05],
        "right": RIGHT.tolist(),
        "answers": ANSWERS.tolist(),
        "images": array(folder, "worst", np.zeros((1, 1, 12, 12), np.uint8)),
    }


@pytest.fixture
def session(qtbot):
    made = Session()
    made._service = FakeService()
    made.add(Document(presets.build("lecture")))
    yield made
    made.close()
    made.deleteLater()


def test_the_data_room_shows_the_numbers(session, qtbot, tmp_path):
    room = DataRoom(session)
    qtbot.addWidget(room)
    room.show()
    session.choose_data(Description(str(tmp_path)))
    session.service.last("data").answer(**looked_at(tmp_path))

    assert room.detail.text() == "5 images, 2 numbers for each"
    assert [t.strong for t in room.tiles.tiles] == ["0.1, 10", "0.2, 30", "0.9, 20"]
    assert room.tiles.tiles[0].tip == "across 0.1\nage 10\na.png"
    values = room.summary.values
    assert values.isVisibleTo(room)
    assert not room.summary.histogram.isVisibleTo(room)
    assert [(name, int(counts.sum())) for name, counts, _ in values.rows] == [("across", 3), ("age", 3)]
    assert [len(counts) for _, counts, _ in values.rows] == [BINS] * 2
    image = values.grab().toImage()
    assert len({image.pixel(x, image.height() // 4) for x in range(image.width())}) > 1


def test_what_was_a_table_may_be_gone(tmp_path):
    told = looked_at(tmp_path)
    Path(told["values"]).unlink()
    assert facts_of(told, "places").values == ()
    assert facts_of(told, "places").around().numbers == 2


def test_a_click_on_a_point_shows_its_image(session, qtbot, tmp_path):
    room = TestingRoom(session)
    qtbot.addWidget(room)
    room.resize(1300, 900)
    room.show()
    model = tmp_path / "model.pt"
    model.write_bytes(b"")
    session.choose_data(Description(str(tmp_path)))
    room.use(model)
    session.service.last("test").answer(**said_of_a_test(tmp_path))

    result = room.tester.result
    assert isinstance(result, NumberResult)
    assert [text for _, text in result.measures] == ["0.250", "0.4", "1.2"]
    assert result.all_mistakes() == [1]
    scatters = room.measures.scatters
    assert scatters.isVisibleTo(room)
    assert not room.measures.matrix.isVisibleTo(room)
    assert [t.strong for t in room.look.worst.tiles] == ["0.8, 30"]
    chosen = []
    scatters.chosen.connect(chosen.append)
    point = QPointF(*scatters.points.places()[1].tolist()).toPoint()
    qtbot.mouseClick(scatters.points, Qt.MouseButton.LeftButton, pos=point)
    assert chosen == [1]
    scatters.number.setCurrentIndex(1)
    assert scatters.points.right.tolist() == [10.0, 30.0, 20.0]

    room.tester.look([1])
    said = {"image": "b.png", "numbers": [{"name": "across", "value": 0.8}, {"name": "age", "value": 30.0}]}
    seen = array(tmp_path, "seen", np.zeros((1, 1, 12, 12), np.uint8))
    session.service.last("predict").answer(answers=[said], seen=seen, right=array(tmp_path, "right", RIGHT[1:2]))
    assert room.shown[1].numbers == (("across", 0.8, 0.2), ("age", 30.0, 30.0))
    room.close_down()


def test_an_answer_of_numbers_is_told_in_words():
    picture = QImage()
    shown = Shown("x", picture, picture, numbers=(("age", 27.25, 30.0), ("height", 1.8, None)))
    assert numbers_in_words(shown) == "age: 27.2, right is 30\nheight: 1.8"
    assert tile_of(shown).strong == "27.2, 1.8"


def test_the_samples_of_a_run_say_how_far_off_they_are(tmp_path):
    folder = tmp_path / "previews"
    folder.mkdir()
    np.save(folder / "images.npy", np.zeros((2, 1, 4, 4), np.uint8))
    answers = [{"index": 0, "right": [30.0], "answer": [31.0]}, {"index": 1, "right": [20.0], "answer": [40.0]}]
    told = {"epoch": 3, "images": "images.npy", "answers": answers, "numbers": ["age"], "spread": [10.0]}
    write_json(folder / "epoch-00003.json", told)
    samples, epoch, _ = samples_of(Run(tmp_path))

    assert epoch == 3
    assert [s.missed for s in samples] == [0.1, 2.0]
    assert [tile(s).wrong for s in samples] == [False, True]
    assert (tile(samples[1]).strong, tile(samples[1]).end) == ("40", "20")
    assert selected(samples, "unsure")[0].missed == 2.0
    assert len(tiles_of(samples[0])) == 1
