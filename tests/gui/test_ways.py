"""Ways to look into a network in the Test room: Grad-CAM, stages, receptive fields, weights, precision over recall."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage

import presets
from graph.analysis import analyze
from graph.growth import rectangle
from gui.testing import TestingRoom
from gui.testing.curve import curves_of
from gui.testing.overlay import NOTHING, Mark, Overlay, heat
from gui.testing.stages import Stage, Staged, box_at, cell_at, overlay_of, staged, words_of
from gui.testing.weights import in_color, matrix, signed, with_weights
from gui.testing.well import Well
from tests.gui.fake_runs import FakeRun

pytestmark = pytest.mark.qt


def array(tmp_path: Path, name: str, values: object) -> str:
    file = tmp_path / f"{name}.npy"
    np.save(file, np.asarray(values, np.float32))
    return str(file)


def test_told(tmp_path: Path) -> dict:
    """What the service says of a test of two images."""
    points = [[0.9, 1.0, 0.5], [0.8, 0.5, 0.5], [0.6, 2 / 3, 1.0], [0.7, 1.0, 1.0]]
    return {
        "part": "test",
        "classes": ["a", "b"],
        "metrics": {"accuracy": 0.5, "top5": 1.0, "cross_entropy": 0.5, "images": 2},
        "confusion": [[1, 0], [1, 0]],
        "mistakes": [],
        "labels": [0, 1],
        "answers": [0, 0],
        "scores": [0.9, 0.8],
        "images": array(tmp_path, "worst", np.zeros((0, 1, 28, 28))),
        "curves": [
            {"label": "a", "index": 0, "objects": 2, "points": 3, "ap": 0.83},
            {"label": "b", "index": 1, "objects": 1, "points": 1, "ap": 1.0},
        ],
        "points": array(tmp_path, "points", points),
        "preprocessing": None,
    }


test_told.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def looking(room: TestingRoom, tmp_path, qtbot) -> TestingRoom:
    """The lecture's network, tested, and its first image looked at."""
    fake = FakeRun(tmp_path)
    (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
    room.use(fake.folder)
    service = room.session.service
    service.last("test").answer(**test_told(tmp_path))
    qtbot.waitUntil(lambda: room.tester.report is not None)
    classes = [{"index": 0, "label": "a", "score": 0.9}]
    seen = tmp_path / "seen.npy"
    np.save(seen, np.zeros((2, 1, 28, 28), np.uint8))
    answers = [{"image": str(i), "classes": classes} for i in range(2)]
    service.last("predict").answer(answers=answers, seen=str(seen), preprocessing=None)
    room.look_at(0)
    return room


def words(room: TestingRoom) -> list[str]:
    row = room.look.layers._row
    return [row.itemAt(i).widget().text() for i in range(row.count()) if row.itemAt(i).widget()]


class TestCam:
    def test_it_is_asked_of_the_last_maps_and_drawn_over_the_image(self, looking, tmp_path):
        look, service = looking.look, looking.session.service
        assert words(looking) == ["Image", "Grad-CAM", "Receptive field"]
        look.layers.choose("Grad-CAM")
        asked = service.last("cam")
        assert (asked.args["index"], asked.args["path"]) == (0, "")  # the service finds the node
        assert "class" not in asked.args
        values = np.zeros((28, 28), np.float32)
        values[3, 5] = 2.0
        asked.answer(path="conv5", map=array(tmp_path, "map", values), size=[7, 7], index=0, label="a", score=3.25)

        picture = look.well.overlay.heat
        assert picture.pixelColor(5, 3).alpha() > 150
        assert picture.pixelColor(0, 0).alpha() == 0
        assert look.ways.cam.node == "conv5"
        assert "score of a (3.25); maps of 7 × 7" in look.ways.cam.note.text()

    def test_another_class_and_another_image_are_asked_anew_and_the_same_is_not(self, looking, tmp_path):
        look, service = looking.look, looking.session.service
        look.layers.choose("Grad-CAM")
        answer = {
            "map": array(tmp_path, "map", np.ones((28, 28))),
            "path": "conv5",
            "size": [7, 7],
            "index": 0,
            "label": "a",
            "score": 1.0,
        }
        service.last("cam").answer(**answer)
        drawn = look.well.overlay
        look.layers.choose("Image")
        assert look.well.overlay is NOTHING
        look.layers.choose("Grad-CAM")
        assert look.well.overlay is drawn
        assert len([a for a in service.asked if a.do == "cam"]) == 1

        look.ways.cam.classes.setCurrentIndex(2)
        look.ways.cam.classes.activated.emit(2)
        assert service.last("cam").args["class"] == 1
        service.last("cam").answer(**answer)
        looking.look_at(1)
        assert service.last("cam").args["index"] == 1
        assert look.well.overlay is NOTHING  # of the other image

    def test_why_there_is_none_is_said(self, looking):
        looking.look.layers.choose("Grad-CAM")
        looking.session.service.last("cam").refuse("The score of a does not depend on conv1.")
        assert "does not depend" in looking.look.ways.cam.note.text()

    def test_nothing_that_speaks_for_a_class_is_said_so(self, looking, tmp_path):
        looking.look.layers.choose("Grad-CAM")
        file = array(tmp_path, "map", np.zeros((28, 28)))
        looking.session.service.last("cam").answer(path="conv5", map=file, size=[7, 7], index=0, label="a", score=-1.0)
        assert "speaks for a" in looking.look.ways.cam.note.text()


class TestField:
    def test_a_click_on_a_map_shows_what_its_value_sees(self, looking, tmp_path, qtbot):
        look, service = looking.look, looking.session.service
        look.maps.choice.setCurrentText("conv4")
        look.maps.choice.activated.emit(0)
        service.last("maps").answer(maps=array(tmp_path, "maps", np.random.rand(8, 14, 14)))
        view = look.maps.view
        inner = view._inner(2)
        at = QPoint(inner.left() + int(inner.width() * 3.5 / 14), inner.top() + int(inner.height() * 5.5 / 14))
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)

        assert look.ways.way == "field"
        assert view.position == (5, 3)
        report = looking.tester.report
        (top, bottom), (left, right) = rectangle(report, "conv4", (5, 3), "input")
        whole = look.well.overlay.marks[-1]
        assert (whole.left, whole.top, whole.right, whole.bottom) == (left, top, right + 1, bottom + 1)
        assert "conv4, row 6, column 4" in look.ways.field.note.text()

        place = look.well.place()
        qtbot.mouseClick(look.well, Qt.MouseButton.LeftButton, pos=place.bottomRight() - QPoint(1, 1))
        assert view.position == (13, 13)
        look.layers.choose("Image")
        assert (view.position, look.well.overlay) == (None, NOTHING)

    def test_why_there_are_no_maps_is_said(self, looking):
        looking.look.maps.choice.activated.emit(0)
        looking.session.service.last("maps").refuse("conv1 is not computed when the network is used.")
        assert "not computed" in looking.look.maps.hint.text()
        assert looking.look.maps.view.images == []


class TestWeights:
    def test_they_are_asked_of_every_node_that_has_some(self, looking, tmp_path):
        look, service = looking.look, looking.session.service
        look.maps.findChild(object, "show-weights").click()
        offered = [look.maps.choice.itemText(i) for i in range(look.maps.choice.count())]
        assert offered == with_weights(looking.tester.report)
        assert "dense" in offered
        assert service.last("weights").args["path"] == "conv1"
        told = {
            "keys": [
                {"key": "weight", "shape": [8, 1, 3, 3], "learned": True},
                {"key": "bias", "shape": [8], "learned": True},
            ],
            **{
                "key": "weight",
                "shape": [8, 1, 3, 3],
                "mean": 0.0,
                "std": 0.1,
                "low": -0.3,
                "high": 0.3,
                "counts": [1, 2, 1],
            },
        }
        service.last("weights").answer(**told, values=array(tmp_path, "weights", np.random.randn(8, 1, 3, 3)))
        assert len(look.maps.weights.filters) == 8
        assert look.maps.shape.text() == "8 × 1 × 3 × 3"
        look.maps.keys.setCurrentIndex(1)
        look.maps.keys.activated.emit(1)
        assert service.last("weights").args["key"] == "bias"
        look.maps.findChild(object, "show-maps").click()
        assert service.last("maps").args["path"] == "conv1"

    def test_filters_have_the_colors_that_they_look_for(self, qapp):
        kernels = np.zeros((2, 3, 2, 2), np.float32)
        kernels[0, 0] = 0.5  # red
        kernels[1] = [[[-2.0, 0], [0, 2.0]]] * 3
        red, edge = in_color(kernels)
        assert red.pixelColor(0, 0) == QColor(255, 128, 128)
        assert [edge.pixelColor(i, i).value() for i in (0, 1)] == [0, 255]

    def test_kernels_stand_in_rows_and_columns(self):
        values = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
        found = matrix(values)
        assert found.shape == (5, 8)
        assert found[3:5, 6:8].tolist() == values[1, 2].tolist()
        assert np.isnan(found[2]).all()
        assert matrix(np.ones((4, 5, 1, 1))).shape == (4, 5)
        assert matrix(np.ones((4, 5, 3))).shape == (4 * 2 - 1, 5 * 4 - 1)

    def test_signs_have_colors(self, qapp):
        made = signed(np.array([[-1.0, 0.0, 1.0]]), 1.0)
        below, none, above = (made.pixelColor(i, 0) for i in range(3))
        assert below.blue() > below.red()
        assert above.red() > above.blue()
        assert none not in (below, above)


def two_by_two() -> Staged:
    """A grid of 2 × 2 cells on 40 × 40 pixels with two boxes each; an object of class 1 in the last cell."""
    boxes = [
        [
            cell % 2 * 20,
            cell // 2 * 20,
            cell % 2 * 20 + 10 + 6 * j,
            cell // 2 * 20 + 10,
            j,
            0.9 - 0.1 * cell - 0.02 * j,
            cell,
            j,
        ]
        for cell in range(4)
        for j in range(2)
    ]
    stages = (
        Stage("Grid", "what", np.empty((0, 8)), "grid"),
        Stage("Classes", "what", np.empty((0, 8)), "cells"),
        Stage("Every box", "what", np.array(boxes)),
    )
    objects = np.array([[24.0, 22, 36, 34, 1, 3, 1, 0.4]])
    return Staged(stages, (2, 2), np.array([[0, 0.9], [1, 0.5], [0, 0.1], [1, 0.0]]), objects, 2, ("a", "b"), (40, 40))


class TestStages:
    def test_an_object_its_cell_and_the_box_that_is_responsible(self):
        found = two_by_two()
        cell, thing, box = overlay_of(found, found.stages[0], 0).marks
        assert (cell.left, cell.top, cell.right, cell.bottom) == (20, 20, 40, 40)
        assert (thing.left, thing.right, thing.word, thing.dot) == (24, 36, "b", True)
        assert (box.left, box.top, box.right, box.bottom, box.dashed) == (20, 20, 36, 30, True)
        assert "must find b; its box 2 overlaps it most (40" in words_of(found, found.stages[0], 0, 3)
        assert "No object" in words_of(found, found.stages[0], 0, 0)

    def test_all_boxes_of_a_cell(self):
        found = two_by_two()
        every = found.stages[2]
        assert len(overlay_of(found, every, 5).marks) == 5
        cell = cell_at(found, every, 30.0, 10.0)
        assert cell == 1
        marks = overlay_of(found, every, 5, cell).marks
        assert [(m.left, m.right) for m in marks] == [(20, 40), (20, 30), (20, 36)]  # the cell, and its boxes
        assert words_of(found, every, 5, cell) == "The boxes of the cell at row 1, column 2: 1: a 0.80, 2: b 0.78."

    def test_the_smallest_box_under_the_mouse_is_lit_with_its_cell(self):
        found = two_by_two()
        every = found.stages[2]
        assert box_at(every, 8, 5.0, 5.0) == 0
        assert box_at(every, 8, 13.0, 5.0) == 1
        assert box_at(every, 8, 19.0, 19.0) == -1
        marks = overlay_of(found, every, 8, -1, 1).marks
        assert (marks[0].right, marks[0].bottom) == (20, 20)  # its cell
        assert [m.strength for m in marks[1:]].count(1.0) == 1
        assert words_of(found, every, 8, -1, 1) == "Box 2 of the cell at row 1, column 1 found it."

    def test_without_a_grid_the_nearest_position_is_meant(self):
        boxes = np.array([[0.0, 0, 10, 10, -1, -1, 0, 0], [-5, 0, 15, 10, -1, -1, 0, 1], [20, 0, 30, 10, -1, -1, 1, 0]])
        found = Staged((Stage("Anchors", "", boxes),), (), np.empty((0, 2)), np.empty((0, 8)), 0, ("a",), (40, 40))
        assert cell_at(found, found.stages[0], 6.0, 30.0) == 0
        assert cell_at(found, found.stages[0], 33.0, 1.0) == 1
        assert len(overlay_of(found, found.stages[0], 3, 0).marks) == 2
        assert overlay_of(found, found.stages[0], 3, 0).grid == ()

    def test_one_looks_at_them_one_by_one(self, room, tmp_path, qtbot):
        fake = FakeRun(tmp_path, preset="yolo_small")
        (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
        room.use(fake.folder)
        service, look = room.session.service, room.look
        seen = tmp_path / "seen.npy"
        np.save(seen, np.zeros((1, 1, 40, 40), np.uint8))
        told = {
            "task": "detection",
            "confusion": [],
            "ap50": [0.5, None],
            "errors": [[0, 0, 0]],
            "threshold": 0.2,
            "overlap": 0.4,
            "boxes": [],
            "right": array(tmp_path, "none", np.empty((0, 0, 5))),
        }
        service.last("test").answer(**test_told(tmp_path) | {"scores": [1.0], "metrics": {"map50": 1, "map": 1}} | told)
        qtbot.waitUntil(lambda: room.tester.report is not None)
        boxes = {"answers": [{"image": "0", "boxes": [[1, 1, 9, 9, 0, 0.9]]}], "classes": ["a", "b"], "seen": str(seen)}
        service.last("predict").answer(**boxes, threshold=0.2, overlap=0.4, preprocessing=None)
        assert words(room) == ["Answer", "Image", "Grad-CAM", "Stages", "Receptive field"]
        assert look.sliders.isVisible()
        look.layers.choose("Stages")
        assert not look.sliders.isVisible()
        found = two_by_two()
        lines = [
            {
                "name": "Every box",
                "what": "all",
                "path": "d",
                "total": 8,
                "boxes": array(tmp_path, "b", found.stages[2].boxes),
            }
        ]
        service.last("stages").answer(
            stages=lines,
            grid=[2, 2],
            cells=found.cells.tolist(),
            objects=found.objects.tolist(),
            predictors=2,
            classes=["a", "b"],
            size=[40, 40],
        )
        bar = look.ways.stages
        assert [stage.name for stage in bar.found.stages] == ["Grid", "Classes", "Every box"]
        assert look.well.overlay.grid == (2, 2)
        bar.choose("Every box")
        assert [b.text() for b in bar._group.buttons() if b.isChecked()] == ["Every box"]
        assert (bar.count.text(), len(look.well.overlay.marks)) == ("8 of 8", 8)
        bar.slider.setValue(3)
        assert len(look.well.overlay.marks) == 3
        place = look.well.place()
        qtbot.mouseClick(look.well, Qt.MouseButton.LeftButton, pos=place.topLeft() + QPoint(9, 9))
        assert "row 1, column 1" in bar.note.text()
        qtbot.mouseClick(look.well, Qt.MouseButton.LeftButton, pos=place.topLeft() + QPoint(9, 9))
        assert len(look.well.overlay.marks) == 3
        look.layers.choose("Answer")
        assert look.sliders.isVisible()
        assert look.well.overlay is NOTHING

    def test_what_the_service_tells_is_read(self, tmp_path):
        told = {"stages": [], "grid": [], "cells": [], "objects": [], "predictors": 0, "classes": [], "size": [4, 6]}
        assert staged(told).stages == ()
        line = {"name": "Anchors", "what": "", "boxes": array(tmp_path, "b", np.zeros((3, 8)))}
        assert len(staged({**told, "stages": [line]}).stages[0].boxes) == 3


class TestPrecision:
    def test_a_point_tells_threshold_precision_and_recall(self, looking):
        card = looking.measures.precision
        assert card.isVisible()
        assert [card.choice.itemText(i) for i in range(card.choice.count())] == ["a", "b"]
        rows = [(row.word, row.value) for row in card.plot.rows(0.97)]
        assert rows == [("threshold", "0.600"), ("precision", "66.7\u2009%"), ("recall", "100\u2009%")]
        assert card.plot.value.text() == "83.0\u2009%"
        card.choice.setCurrentIndex(1)
        card.choice.activated.emit(1)
        assert card.plot.rows(0.2)[0].value == "0.700"
        assert card.plot.lines[0].series is looking.tester.curves[1].series

    def test_a_task_without_curves_has_none(self, looking):
        looking.tester.curves = ()
        looking.tester.result_changed.emit()
        assert not looking.measures.precision.isVisible()
        assert curves_of({"part": "test"}) == ()


def test_a_pixel_is_found_where_it_is_drawn(qtbot):
    well = Well()
    qtbot.addWidget(well)
    well.resize(202, 102)
    picture = QImage(200, 200, QImage.Format.Format_RGB32)
    picture.fill(0)
    well.show_picture(picture)
    well.show_overlay(Overlay((20, 10), None, (), (Mark(2, 10, 4, 14, QColor("#ff0000"), 0.0, 1.0),)))
    shown = well.grab().toImage()
    place = well.place()
    x, y = place.left() + 3 / 10 * place.width(), place.top() + 12 / 20 * place.height()
    assert shown.pixelColor(int(x), int(y)) == QColor("#ff0000")
    assert well.pixel(QPointF(x, y)) == (pytest.approx(3, abs=0.2), pytest.approx(12, abs=0.3))
    assert well.pixel(QPointF(place.left() - 2, y)) is None


def test_heat_of_nothing_shows_nothing(qapp):
    assert heat(np.zeros((3, 4), np.float32)).pixelColor(1, 1).alpha() == 0


def test_nodes_with_weights_are_those_with_parameters_or_buffers():
    report = analyze(presets.build("resnet18"))
    assert {path for path, fact in report.leaves() if fact.parameters} <= set(with_weights(report))
    assert "relu" not in with_weights(report)
