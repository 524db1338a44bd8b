"""Objects on pictures, and the rooms that show them: which boxes count is decided while one looks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

from gui.boxes import Object, boxed, iou, kept, rows
from gui.testing import TestingRoom
from gui.testing.answer import Shown
from gui.testing.images import tile_of
from gui.testing.result import BoxResult, MaskResult, result_of
from gui.training.previews import samples_of
from tests.gui.fake_runs import FakeRun

pytestmark = pytest.mark.qt


def box(left, top, right, bottom, number=0, score=1.0) -> Object:
    return Object(left, top, right, bottom, number, "abc"[number], score)


@pytest.mark.torch
def test_suppression_is_that_of_torchvision():
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision").ops
    torch.manual_seed(0)
    low = torch.rand(60, 2) * 80
    values = torch.cat((low, low + 5 + torch.rand(60, 2) * 40), 1)
    scores, labels = torch.rand(60), torch.randint(3, (60,))
    objects = rows(torch.cat((values, labels[:, None].float(), scores[:, None]), 1).numpy(), "abc")
    sure = scores > 0.3
    expected = ops.batched_nms(values[sure], scores[sure], labels[sure], 0.4)

    found = kept(objects, 0.3, 0.4)

    assert [one.score for one in found] == pytest.approx(scores[sure][expected].tolist())
    assert iou(objects[0], objects[1]) == pytest.approx(float(ops.box_iou(values[:1], values[1:2])), abs=1e-6)


def test_rows_without_an_object_are_none():
    assert rows(np.array([[-1.0, -1, -1, -1, -1], [0, 0, 4, 4, 1]]), ["a", "b"]) == [Object(0, 0, 4, 4, 1, "b")]
    assert rows([], ["a"]) == []


def test_boxes_are_drawn_where_they_are(qapp):
    picture = QImage(40, 20, QImage.Format.Format_Grayscale8)
    picture.fill(QColor("black"))
    made = boxed(picture, [box(10, 5, 30, 15)], words=False)
    scale = made.width() / 40
    assert made.pixelColor(round(10 * scale), round(10 * scale)).lightness() > 60
    assert made.pixelColor(round(20 * scale), round(10 * scale)).lightness() == 0
    assert made.pixelColor(round(2 * scale), round(2 * scale)).lightness() == 0


def pixels(tmp_path: Path, n: int, name: str) -> str:
    file = tmp_path / f"{name}.npy"
    np.save(file, np.zeros((n, 1, 32, 32), np.uint8))
    return str(file)


def array(tmp_path: Path, name: str, values) -> str:
    file = tmp_path / f"{name}.npy"
    np.save(file, np.asarray(values))
    return str(file)


def told(tmp_path: Path) -> dict:
    """A test of two images, in one of which half was found."""
    return {
        "task": "detection",
        "part": "test",
        "classes": ["a", "b"],
        "metrics": {"map50": 0.75, "map": 0.5, "images": 2},
        "ap50": [1.0, None],
        "mistakes": [{"index": 1, "score": 0.5, "file": "1.png"}],
        "scores": [1.0, 0.5],
        "errors": [[0, 0, 0], [2, 0, 1]],
        "threshold": 0.3,
        "overlap": 0.4,
        "images": pixels(tmp_path, 1, "worst"),
        "boxes": [[[0, 0, 9, 9, 0, 0.9]]],
        "right": array(tmp_path, "right", [[[0, 0, 9, 9, 0]]]),
        "preprocessing": {"size": [32, 32], "channels": 1, "mean": [0.3], "std": [0.4]},
    }


def answered(tmp_path: Path) -> dict:
    rows = [[1, 1, 12, 12, 0, 0.9], [2, 2, 13, 13, 0, 0.6], [20, 20, 30, 30, 1, 0.3]]
    return {
        "answers": [{"image": "0", "boxes": rows}, {"image": "1", "boxes": []}],
        "seen": pixels(tmp_path, 2, "seen"),
        "right": array(tmp_path, "truth", [[[1, 1, 12, 12, 0]], [[-1, -1, -1, -1, -1]]]),
        "classes": ["a", "b"],
        "threshold": 0.2,
        "overlap": 0.4,
        "preprocessing": told(tmp_path)["preprocessing"],
    }


def test_the_sliders_decide_which_boxes_count(room: TestingRoom, tmp_path):
    fake = FakeRun(tmp_path)
    (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
    room.use(fake.folder)
    service = room.session.service
    service.last("test").answer(**told(tmp_path))
    service.last("predict").answer(**answered(tmp_path))

    assert isinstance(room.tester.result, BoxResult)
    assert [label.text() for label in room.measures.scores.values][:2] == ["75.0\u2009%", "50.0\u2009%"]
    look = room.look
    assert look.sliders.isVisible()
    assert look.sliders.values == (0.3, 0.4)  # where precision and recall are balanced
    look.sliders.threshold.setValue(20)
    assert look.sliders.count.text() == "2 objects"  # of the two that overlap, the surer one
    look.sliders.overlap.setValue(90)
    assert look.sliders.count.text() == "3 objects"
    assert look.answer.bars.rows == (("a", 0.9), ("a", 0.6), ("b", 0.3))
    look.sliders.threshold.setValue(50)
    assert look.sliders.count.text() == "2 objects"
    look.sliders.threshold.setValue(95)
    assert look.sliders.count.text() == "0 objects"
    room.look_at(1)
    assert look.sliders.values == (0.95, 0.9)  # another image: they stay where they were put


def test_mistakes_are_counted_anew_when_other_boxes_count(room: TestingRoom, tmp_path, qtbot):
    fake = FakeRun(tmp_path)
    (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
    room.use(fake.folder)
    service, look = room.session.service, room.look
    service.last("test").answer(**told(tmp_path))
    service.last("predict").answer(**answered(tmp_path))
    assert look.count.text() == "1 of 2 wrong: 2 missed, 1 in vain"
    assert "surer than 30\u2009%" in look.count.toolTip()
    assert [(t.strong, t.wrong) for t in look.worst.tiles] == [("3 mistakes", True)]
    assert [t.wrong for t in room.images.tiles.tiles] == [False, True]
    room.show_view("mistakes")
    assert [t.index for t in room.images.tiles.tiles] == [1]

    look.sliders.threshold.setValue(45)
    qtbot.waitUntil(lambda: any(a.do == "recount" for a in service.asked))
    asked = service.last("recount")
    assert (asked.args["threshold"], asked.args["overlap"]) == (0.45, 0.4)
    both = [{"index": 0, "score": 0.2, "file": "0.png"}, {"index": 1, "score": 0.5, "file": "1.png"}]
    asked.answer(
        scores=[0.2, 0.5],
        errors=[[3, 1, 0], [0, 1, 0]],
        mistakes=both,
        confusion=[[1, 0, 4], [0, 0, 0], [0, 1, 0]],
        cells="",
        images=pixels(tmp_path, 2, "again"),
        boxes=[[], []],
        threshold=0.45,
        overlap=0.4,
    )

    assert look.count.text() == "2 of 2 wrong: 3 missed, 2 mixed up"
    assert look.worst.tiles[0].tip.startswith("3 missed, 1 mixed up")
    assert [t.strong for t in look.worst.tiles] == ["4 mistakes", "1 mistake"]
    assert [t.index for t in room.images.tiles.tiles] == [0, 1]
    assert look.sliders.values == (0.45, 0.4)
    assert room.measures._confusion.isVisible()


def test_a_result_without_a_confusion_has_no_matrix(room: TestingRoom, tmp_path):
    fake = FakeRun(tmp_path)
    (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
    room.use(fake.folder)
    room.session.service.last("test").answer(**told(tmp_path))
    assert not room.measures._confusion.isVisible()
    assert room.measures._bars.rows == (("a", 1.0),)


def test_a_cell_of_objects_opens_the_images_that_it_counts(room: TestingRoom, tmp_path, qtbot):
    fake = FakeRun(tmp_path)
    (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
    room.use(fake.folder)
    cells = [[0, 0, 0, 1], [0, 0, 2, 1], [1, 0, 2, 3], [1, 2, 1, 1]]
    more = {"confusion": [[1, 0, 4], [0, 0, 0], [0, 1, 0]], "cells": array(tmp_path, "cells", cells)}
    room.session.service.last("test").answer(**told(tmp_path), **more)
    room.session.service.last("predict").answer(**answered(tmp_path))
    matrix = room.measures.matrix

    assert room.measures._confusion.isVisible()
    assert matrix.result.names == ("a", "b", "nothing")
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place(0, 2).center())
    assert [t.index for t in room.images.tiles.tiles] == [1, 0]  # where most were missed, first
    assert room.images.chips["cell"].text() == "a as nothing"
    assert "4 objects of class a missed in 2 images" in matrix.in_words(0, 2)
    assert "1 box of b where nothing is" in matrix.in_words(2, 1)


def test_masks_have_measures_of_their_own(tmp_path):
    said = {**told(tmp_path), "task": "segmentation", "iou": [0.5, None], "confusion": [[1, 0], [0, 1]]}
    said["metrics"] = {"miou": 0.5, "dice": 0.6, "accuracy": 0.7, "images": 2}
    result = result_of(said)
    assert isinstance(result, MaskResult)
    assert [number for _, number in result.measures] == ["50.0\u2009%", "60.0\u2009%", "70.0\u2009%"]
    assert result.all_mistakes() == []


def test_a_tile_names_what_is_there(qapp):
    seen = QImage(8, 8, QImage.Format.Format_Grayscale8)
    shown = Shown("x.png", seen, seen, objects=(), truth=(box(0, 0, 3, 3, 1), box(0, 0, 4, 4, 1), box(1, 1, 2, 2)))
    assert tile_of(shown).strong == "b, a"


def test_samples_of_a_detector_pair_what_is_right_with_the_answer(tmp_path):
    fake = FakeRun(tmp_path)
    folder = fake.folder / "previews"
    folder.mkdir(exist_ok=True)
    np.save(folder / "images.npy", np.zeros((1, 1, 32, 32), np.uint8))
    said = {
        "epoch": 2,
        "images": "images.npy",
        "classes": ["a", "b"],
        "answers": [{"index": 0, "score": 0.25, "boxes": [[1, 1, 9, 9, 1, 0.7]], "right": [[1, 1, 9, 9, 0]]}],
    }
    (folder / "epoch-00002.json").write_text(json.dumps(said))
    (sample,), epoch, _ = samples_of(fake.run)
    assert epoch == 2
    assert sample.truth is not None
    assert not sample.right
