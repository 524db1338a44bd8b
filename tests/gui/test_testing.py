"""The Test room: answers, scores, the confusion matrix, and the file that is taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QToolButton

import presets
from graph.analysis import analyze
from gui.contrast import luminance, readable
from gui.document import Document
from gui.runs import Runs
from gui.session import Session
from gui.testing import TestingRoom
from gui.testing.answer import Shown, verdict
from gui.testing.export import file_name, proof_in_words, with_ending
from gui.testing.grid import columns
from gui.testing.images import images_among, tile_of
from gui.testing.maps import MapsCard, first_convolution, scaled, with_maps
from gui.testing.matrix import INKS, Matrix, side
from gui.testing.result import preprocessing_in_words, result_of, shares
from runtime import client
from runtime.data.description import Description
from runtime.formats import FORMATS
from runtime.recipe import Recipe
from runtime.run import Run, create
from tests.gui.fake_runs import FakeRun
from tests.gui.fake_service import FakeService

LABELS = [0, 0, 0, 1, 1, 2]
ANSWERS = [0, 0, 1, 1, 1, 0]
SCORES = [0.9, 0.8, 0.6, 0.7, 0.95, 0.99]


def told(tmp_path: Path) -> dict:
    """What the service says of a test of six images in three classes, two of them answered wrongly."""
    file = tmp_path / "mistakes.npy"
    np.save(file, np.zeros((2, 1, 28, 28), np.uint8))
    mistakes = [
        {"index": 5, "label": "c", "answer": "a", "score": 0.99, "file": "c/5.png"},
        {"index": 2, "label": "a", "answer": "b", "score": 0.6, "file": "a/2.png"},
    ]
    return {
        "part": "test",
        "classes": ["a", "b", "c"],
        "metrics": {"accuracy": 4 / 6, "top5": 1.0, "cross_entropy": 0.5, "images": 6},
        "confusion": [[2, 1, 0], [0, 2, 0], [1, 0, 0]],
        "mistakes": mistakes,
        "labels": LABELS,
        "answers": ANSWERS,
        "scores": SCORES,
        "images": str(file),
        "preprocessing": {"size": [28, 28], "channels": 1, "mean": [0.3], "std": [0.4]},
    }


class TestResult:
    def test_a_cell_lists_its_samples_the_surest_first(self, tmp_path):
        result = result_of(told(tmp_path))

        assert result.cell(0, 0) == [0, 1]
        assert result.cell(1, 1) == [4, 3]
        assert result.cell(2, 0) == [5]
        assert result.cell(2, 2) == []
        assert result.all_mistakes() == [5, 2]
        assert (result.images, result.wrong) == (6, 2)

    def test_every_cell_holds_as_many_as_the_matrix_says(self, tmp_path):
        result = result_of(told(tmp_path))

        assert [[len(result.cell(i, j)) for j in range(3)] for i in range(3)] == result.confusion.tolist()

    def test_shares_are_those_of_a_row(self):
        part = shares(np.array([[2, 1, 1], [0, 0, 0], [0, 0, 5]]))

        assert part.tolist() == [[0.5, 0.25, 0.25], [0, 0, 0], [0, 0, 1]]

    def test_preprocessing_is_said_in_a_sentence(self, tmp_path):
        said = preprocessing_in_words(told(tmp_path)["preprocessing"])

        assert said.startswith("Brought to 28 × 28 pixels")
        assert "grey" in said
        assert "0.300" in said
        assert preprocessing_in_words(None) == ""


class TestWords:
    def test_a_proof_is_said_in_words(self):
        assert proof_in_words({"max_difference": 0.0, "verified": True}) == (
            "Reloaded in a fresh process: the answers agree, largest difference 0",
            "good",
        )
        wrong = {"max_difference": 0.0, "verified": False}
        assert proof_in_words(wrong) == ("Written, but in a fresh process it is not the same.", "wrong")

    def test_names_of_files_are_plain(self):
        assert file_name("Lecture network / 2") == "lecture-network-2"
        assert file_name("☃") == "network"
        assert with_ending("/home/me/v1.2", ".pt") == "/home/me/v1.2.pt"
        assert with_ending("a.py", ".pt") == "a.pt"

    def test_answers_are_judged_where_the_class_is_known(self):
        picture = QImage()
        assert verdict(Shown("x", picture, picture, (("3", 0.9),), "3"))[1] == "ok"
        assert verdict(Shown("x", picture, picture, (("3", 0.9),), "8")) == ("wrong: it is 8", "error")
        assert verdict(Shown("x", picture, picture, (("3", 0.9),))) == ("", "")
        assert verdict(Shown("x", picture, picture, error="cannot be read")) == ("cannot be read", "error")

    def test_mistakes_are_ringed_and_worded(self):
        picture = QImage()
        wrong = tile_of(Shown("x", picture, picture, (("4", 0.66),), "9"), 7)
        assert (wrong.strong, wrong.rest, wrong.wrong, wrong.index) == ("4", "not 9", True, 7)
        assert not tile_of(Shown("x", picture, picture, (("4", 0.66),))).wrong
        assert tile_of(Shown("x", picture, picture, error="no")).wrong

    def test_a_folder_means_the_images_in_it(self, tmp_path):
        for name in ("b.png", "a.JPG", "notes.txt"):
            (tmp_path / name).touch()
        assert images_among([str(tmp_path), "c.gif"]) == [str(tmp_path / "a.JPG"), str(tmp_path / "b.png"), "c.gif"]


class TestMaps:
    def test_each_map_is_scaled_by_itself(self):
        maps = np.array([[[0.0, 1.0]], [[-5.0, 5.0]], [[3.0, 3.0]], [[np.nan, 1.0]]])

        assert scaled(maps).reshape(4, 2).tolist() == [[0, 255], [0, 255], [0, 0], [0, 255]]

    def test_rows_are_filled_evenly(self):
        assert (columns(8, 900), columns(64, 900), columns(1, 900), columns(7, 100)) == (8, 16, 1, 2)

    def test_nodes_with_maps_are_offered_and_no_others(self):
        found = with_maps(analyze(presets.build("lecture")))

        assert {"conv1", "conv6", "pool2"} <= set(found)
        assert not {"flatten", "dense", "input"} & set(found)

    def test_one_looks_at_a_convolution_first(self, qtbot):
        report = analyze(presets.build("faster_rcnn_small"))
        card = MapsCard()
        qtbot.addWidget(card)
        card.show_nodes(report)

        assert card.choice.itemText(0) == "transform"  # prepares the image, and shows nothing of what was learned
        assert card.node == first_convolution(report, with_maps(report)) == "backbone.conv1"
        card.choice.setCurrentText("rpn_conv")
        card.show_nodes(report)
        assert card.node == "rpn_conv"

    def test_the_maps_of_a_signal_are_bands_along_time(self, qtbot):
        card = MapsCard()
        qtbot.addWidget(card)
        card.show_nodes(analyze(presets.build("conv1d_signal")))
        card.show_maps(np.array([[[0.0, 1, 2, 3]], [[3.0, 2, 1, 0]]]))

        assert card.node == "conv1"
        assert card.shape.text() == "2 × 4"
        (bands,) = card.view.images
        assert (bands.width(), bands.height()) == (4, 2)
        rows = [[bands.pixelIndex(x, y) for x in range(4)] for y in range(2)]
        assert rows == [[0, 85, 170, 255], [255, 170, 85, 0]]
        assert card.view.heightForWidth(400) == 2 * 14
        card.view.show_maps(np.zeros((3, 1, 1)))  # of an image: one value each
        assert len(card.view.images) == 3


def test_numbers_can_be_read_on_every_shade():
    """At least 4.5:1, as the palette promises, over the whole way from nothing to all of the row."""
    from gui.parts import mixed
    from gui.theme import THEMES

    for theme in THEMES.values():
        for token in ("ok", "err"):
            for share in np.linspace(0, 1, 21):
                body = mixed(theme.color("bg2"), theme.color(token), 0.12 + 0.88 * share)
                text = readable(body, *map(QColor, INKS))
                high, low = sorted((luminance(body) + 0.05, luminance(text) + 0.05), reverse=True)
                assert high / low >= 4.5, (theme.name, token, share)
    assert luminance(QColor("#FFFFFF")) == pytest.approx(1.0)


def test_cells_shrink_with_the_number_of_classes():
    assert (side(330, 3), side(330, 10), side(330, 100)) == (44, 30, 22)


def test_few_cells_are_wide_and_found_where_they_are_drawn(qtbot, tmp_path):
    matrix = Matrix()
    qtbot.addWidget(matrix)
    matrix.show_result(result_of(told(tmp_path)))
    matrix.resize(330, matrix.heightForWidth(330))

    assert (matrix.wide, matrix.side) == (72, 44)
    assert [[matrix.cell_at(matrix.place(i, j).center()) for j in range(3)] for i in range(3)] == [
        [(i, j) for j in range(3)] for i in range(3)
    ]


@pytest.fixture
def session(qtbot):
    made = Session()
    made._service = FakeService()
    made.add(Document(presets.build("lecture")))
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.qt
class TestRoomWithoutTorch:
    @pytest.fixture
    def model(self, room, tmp_path) -> Path:
        """A run with weights, tested."""
        fake = FakeRun(tmp_path)
        (fake.folder / "checkpoints" / "best.pt").write_bytes(b"weights")
        room.use(fake.folder)
        room.session.service.last("test").answer(**told(tmp_path))
        return fake.folder

    def look(self, room, tmp_path):
        """Answer what was asked about samples."""
        asked = room.session.service.last("predict")
        indices = asked.args["indices"]
        file = tmp_path / "seen.npy"
        np.save(file, np.zeros((len(indices), 1, 28, 28), np.uint8))
        names = ["a", "b", "c"]
        said = [
            {"image": str(i), "classes": [{"index": ANSWERS[i], "label": names[ANSWERS[i]], "score": SCORES[i]}]}
            for i in indices
        ]
        asked.answer(answers=said, seen=str(file))
        return indices

    def test_nothing_trained_says_what_to_do(self, room):
        assert "Train a network first" in room.look.hint.text()
        assert not room.measures.export.isVisible()
        assert room.session.service.asked == []

    def test_scores_matrix_and_samples_follow_the_test(self, room, model, tmp_path):
        assert room.measures.scores.values[0].text().startswith("66.7")
        assert room.measures.scores.about.text() == "6 images, 2 wrong"
        assert self.look(room, tmp_path) == [0, 1, 2, 3, 4, 5]
        assert [t.wrong for t in room.images.tiles.tiles] == [False, False, True, False, False, True]
        assert room.look.title.text() == "Image 0"
        assert [t.index for t in room.look.worst.tiles] == [5, 2]

    def test_a_click_on_a_cell_lists_its_pictures(self, room, model, tmp_path, qtbot):
        self.look(room, tmp_path)
        matrix = room.measures.matrix
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place(2, 0).center())

        assert [t.index for t in room.images.tiles.tiles] == [5]
        assert room.images.chips["cell"].text() == "c as a"
        assert room.look.title.text() == "Image 5"
        assert "1 of class c answered a" in matrix.in_words(2, 0)
        room.images.chips["mistakes"].click()
        assert [t.index for t in room.images.tiles.tiles] == [5, 2]
        room.images.chips["all"].click()
        assert len(room.images.tiles.tiles) == 6

    def test_the_worst_mistakes_can_be_looked_at(self, room, model, tmp_path):
        self.look(room, tmp_path)
        room.look.worst.chosen.emit(1)

        assert room.look.title.text() == "Image 2"
        assert room.look.answer.verdict.text() == "wrong: it is a"

    def test_another_part_is_tested_anew(self, room, model, tmp_path):
        room.images.part_chosen.emit("validation")
        assert room.session.service.last("test").args["part"] == "validation"

    def test_dropped_files_are_asked_about(self, room, model, tmp_path, qtbot):
        self.look(room, tmp_path)
        good, bad = tmp_path / "mine.png", tmp_path / "bad.png"
        QImage(40, 30, QImage.Format.Format_RGB32).save(str(good))
        bad.write_bytes(b"no")
        room.images.dropped.emit([str(good), str(bad)])
        asked = room.session.service.last("predict")
        assert asked.args["images"] == [str(good), str(bad)]
        seen = tmp_path / "mine.npy"
        np.save(seen, np.zeros((2, 1, 28, 28), np.uint8))
        classes = [{"index": 1, "label": "b", "score": 0.7}]
        asked.answer(
            answers=[{"image": str(good), "classes": classes}, {"image": str(bad), "error": "bad.png is damaged."}],
            seen=str(seen),
            preprocessing=None,
        )
        qtbot.waitUntil(lambda: len(room.mine) == 2)

        assert (room.look.title.text(), room.look.size.text()) == ("mine.png", "40 × 30")
        room.images.tiles.chosen.emit(1)
        assert room.look.answer.verdict.text() == "bad.png is damaged."

    def test_a_picture_is_pasted(self, room, model, tmp_path):
        self.look(room, tmp_path)
        QApplication.clipboard().setImage(QImage(20, 20, QImage.Format.Format_RGB32))
        room.paste()
        file = Path(room.session.service.last("predict").args["images"][0])
        assert QImage(str(file)).width() == 20

    def test_an_empty_clipboard_is_said_so(self, room, model, qtbot):
        QApplication.clipboard().setText("words")
        with qtbot.waitSignal(room.session.said) as said:
            room.paste()
        assert "no image" in said.args[0]

    def test_export_shows_its_proof(self, room, model, tmp_path, qtbot):
        export = room.measures.export
        qtbot.waitUntil(lambda: Path(export.file.text()).name == "lecture-network.pt")
        export.file.setText(str(tmp_path / "mine"))
        export.go.click()
        asked = room.session.service.last("export")
        assert (asked.args["file"], asked.args["model"]) == (str(tmp_path / "mine.pt"), str(model))
        (tmp_path / "mine.pt").write_bytes(b"x" * 2048)
        card, example = str(tmp_path / "mine.md"), "import torch\nprint(1)\n"
        made = {"file": str(tmp_path / "mine.pt"), "format": "pt", "card": card, "example": example}
        asked.answer(**made, verified=True, max_difference=0.0)

        assert export.proof.text() == "Reloaded in a fresh process: the answers agree, largest difference 0"
        assert export.card.property("role") == "good"
        assert export.detail.text() == "mine.pt · 2 KiB, mine.md"
        assert export.go.text() == "Export again"

    def test_the_loading_example_is_shown_and_copied(self, room, model, tmp_path, qtbot):
        export = room.measures.export
        export.go.click()
        room.session.service.last("export").answer(
            file=str(tmp_path / "a.pt"), verified=True, max_difference=0.0, example="import torch\nprint(1)\n"
        )
        qtbot.mouseClick(export.example.fold._head, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(export.example.text.isVisible)
        export.example.findChild(QToolButton, "copy-example").click()

        assert QApplication.clipboard().text() == "import torch\nprint(1)\n"

    def test_each_format_has_its_sentence_and_what_is_done_is_said(self, room, model, qtbot):
        export = room.measures.export
        said = set()
        for chip in export.chips.buttons():
            qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
            assert export.file.text().endswith(chip.text())
            said.add(export.about.text())
        assert len(said) == len(FORMATS)
        export.go.click()
        asked = room.session.service.last("export")
        asked.progress(0.3, "Following the network")
        assert (export.doing.text(), export.bar.value()) == ("Following the network", 300)
        why = "Its loading example prepares the picture otherwise."
        notes = ["It takes any number of images."]
        asked.answer(file="a.py", verified=False, max_difference=None, wrong=[why], notes=notes)
        assert not export.doing.isVisible()
        assert export.card.property("role") == "wrong"
        assert export.detail.text().splitlines() == [why, "a.py", *notes]

    def test_an_export_that_fails_says_why(self, room, model):
        room.measures.export.go.click()
        room.session.service.last("export").refuse("/nowhere/x.pt: it cannot be written.")

        assert "cannot be written" in room.measures.export.proof.text()
        assert room.measures.export.card.property("role") == "wrong"

    def test_an_export_can_be_given_up(self, room, model):
        room.measures.export.go.click()
        asked = room.session.service.last("export")
        assert room.measures.export.go.text() == "Cancel"
        room.measures.export.go.click()
        assert not asked.waiting
        assert room.measures.export.go.text() == "Export"

    def test_a_file_without_data_asks_for_some(self, room, tmp_path):
        room.use(tmp_path / "net.pt")
        assert "choose some" in room.measures.scores.reason.text()
        room.session.choose_data(Description("digits"))
        assert room.session.service.last("test").args["data"]["source"] == "digits"

    def test_a_refusal_is_shown_where_scores_would_be(self, room, tmp_path):
        fake = FakeRun(tmp_path)
        (fake.folder / "checkpoints" / "last.pt").write_bytes(b"w")
        room.use(fake.folder)
        room.session.service.last("test").refuse("last.pt: it is damaged.")

        assert room.measures.scores.reason.text() == "last.pt: it is damaged."


@pytest.fixture(scope="module")
def trained(tmp_path_factory, wait_until) -> Run:
    """The lecture's network after two epochs on the digits."""
    root = tmp_path_factory.mktemp("runs")
    recipe = Recipe(epochs=2, threads=1, device="cpu")
    run = create(root, presets.build("lecture"), {}, recipe, Description("digits"), name="two epochs")
    client.launch(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 120, "the end of the run")
    assert run.state == "done", run.error
    return run


@pytest.mark.qt
@pytest.mark.torch
@pytest.mark.slow
def test_a_trained_network_is_tested_asked_and_taken_away(trained, session, qtbot, tmp_path):
    """As a user: scores, a mistake, an image of one's own, maps, the file, and the file tested in its turn."""
    long = 120_000
    session._service = None  # a real one comes when it is asked
    room = TestingRoom(session)
    qtbot.addWidget(room)
    room.resize(1280, 760)
    room.show()
    room.use(trained.folder)
    qtbot.waitUntil(lambda: room.tester.result is not None or bool(room.tester.refused), timeout=long)
    result = room.tester.result
    assert result.metrics["accuracy"] == pytest.approx(trained.result["parts"]["test"]["accuracy"], abs=1e-6)
    assert result.confusion.tolist() == trained.result["parts"]["test"]["confusion"]
    qtbot.waitUntil(lambda: len(room.images.tiles.tiles) == 24, timeout=long)
    qtbot.waitUntil(lambda: len(room.look.maps.view.images) == 8, timeout=long)  # of conv1

    look = room.look
    look.layers.choose("Grad-CAM")
    qtbot.waitUntil(lambda: look.well.overlay.heat is not None, timeout=long)
    assert look.ways.cam.node == "relu6"  # the last one with maps
    look.maps.weigh(True)
    qtbot.waitUntil(lambda: len(look.maps.weights.filters) == 8, timeout=long)
    assert [one.label for one in room.tester.curves] == list("0123456789")
    look.maps.weigh(False)
    look.layers.choose("Image")

    sample = room.shown[0]
    file = tmp_path / "seven.png"
    assert sample.seen.save(str(file))
    room.open([str(file)])
    qtbot.waitUntil(lambda: len(room.mine) == 1, timeout=long)
    assert room.mine[0].classes[0][0] == sample.classes[0][0]
    assert room.mine[0].classes[0][1] == pytest.approx(sample.classes[0][1], abs=1e-5)

    export = room.measures.export
    export.file.setText(str(tmp_path / "lecture.pt"))
    export.go.click()
    qtbot.waitUntil(export.card.isVisible, timeout=long)
    assert export.proof.text() == "Reloaded in a fresh process: the answers agree, largest difference 0"

    session.choose_data(Description("digits"))
    room.use(tmp_path / "lecture.pt")
    qtbot.waitUntil(lambda: room.tester.result is not None or bool(room.tester.refused), timeout=long)
    assert room.tester.result.confusion.tolist() == result.confusion.tolist()
    room.close_down()
    Runs.of(session).stop()
