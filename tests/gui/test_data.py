"""The Data room: choices, facts, fit with the network, what it says when there is nothing or something wrong."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

import presets
from graph import analyze
from gui.data import DataRoom
from gui.data.choose import filtered
from gui.data.facts import Facts, facts_of, misfits
from gui.data.histogram import stacked, widths
from gui.data.sizes import SizesPlot, about
from gui.data.summary import sizes_in_words
from gui.data.watch import DataWatch
from gui.document import Document
from gui.pictures import Tile, Tiles, image
from gui.session import Session
from runtime.data.description import TORCHVISION, Description
from runtime.recipe import Recipe
from tests.gui.fake_service import FakeService
from tests.small_sets import as_coco, as_csv, as_npz

ANTS = {
    "name": "ants_bees",
    "source": "/data/ants_bees",
    "format": "imagefolder",
    "task": "classification",
    "classes": ["ants", "bees"],
    "shape": [3, 64, 64],
    "counts": {"train": [20, 24], "validation": [4, 5]},
    "sizes": [{"size": [64, 64], "count": 30}, {"size": [100, 80], "count": 23}],
    "problems": [{"file": "bees/broken.jpg", "message": "it is damaged: left out."}],
}


def answer(tmp_path, **other):
    """What the service says about the ants, with pictures."""
    file = tmp_path / "samples.npy"
    np.save(file, np.zeros((4, 3, 64, 64), np.uint8))
    samples = {"images": str(file), "labels": [0, 1, 0, 1], "indices": [0, 1, 2, 3], "part": "train", "files": []}
    return {**ANTS, "samples": samples, **other}


@pytest.mark.qt
def test_every_size_has_a_dot_where_its_width_and_height_are(qtbot):
    plot = SizesPlot()
    qtbot.addWidget(plot)
    plot.resize(320, plot.sizeHint().height())
    plot.show_facts(facts_of({**ANTS, "boxes": [[20, 10]]}, ""))
    assert not plot.isHidden()
    assert plot.at(plot.point((64, 64))) == "30 images of 64 × 64 pixels"
    assert plot.at(plot.point((100, 80))) == "23 images of 100 × 80 pixels"
    assert plot.at(plot.point((20, 10))) == "1 object of 20 × 10 pixels"
    assert plot.at(QPointF(310, 10)) == ""
    assert plot.point((64, 64)).x() - plot.point((64, 0)).x() == pytest.approx(
        plot.point((64, 64)).y() - plot.point((0, 64)).y()
    )  # a square is a square
    plot.grab()
    plot.show_facts(facts_of({**ANTS, "sizes": [{"size": [64, 64], "count": 53}]}, ""))
    assert plot.isHidden()  # nothing to compare


class TestFacts:
    def test_they_are_what_the_service_said(self):
        facts = facts_of(ANTS, "ants_bees")

        assert facts.shape == (3, 64, 64)
        assert (facts.images("train"), facts.images("validation"), facts.images("test"), facts.total) == (44, 9, 0, 53)
        assert facts.sizes == (((64, 64), 30), ((100, 80), 23))
        assert facts.problems[0].file == "bees/broken.jpg"

    def test_sizes_are_said_in_a_line(self):
        assert sizes_in_words(facts_of(ANTS, "")) == "2 sizes, 64 × 64 to 100 × 80"
        assert sizes_in_words(facts_of({**ANTS, "sizes": []}, "")) == "64 × 64"

    def test_boxes_tell_how_large_objects_are(self):
        facts = facts_of({**ANTS, "boxes": [[20, 10], [30, 40], [20, 10]]}, "")
        assert facts.boxes == ((20, 10), (30, 40), (20, 10))
        assert about(facts) == "2 sizes of images, objects of 20 × 10 to 30 × 40"

    def test_what_does_not_fit_is_said_and_mended(self):
        lecture, facts = presets.build("lecture"), facts_of(ANTS, "ants_bees")
        found = misfits(analyze(lecture), facts)

        assert [p.severity for p in found] == ["error", "hint"]
        mended = found[0].fixes[0].apply(lecture)
        assert [p.severity for p in misfits(analyze(mended), facts)] == ["hint"]
        assert misfits(analyze(found[1].fixes[0].apply(mended)), facts) == ()


def test_bars_have_the_length_of_their_numbers():
    assert widths([100, 0, 0], 100, 200) == [200, 0, 0]
    assert widths([1, 1, 0], 100_000, 200) == [1, 1, 0]  # what is there is seen
    assert widths([0, 0, 0], 0, 200) == [0, 0, 0]
    assert stacked(facts_of(ANTS, "")) == [("ants", [20, 4, 0]), ("bees", [24, 5, 0])]


def test_sets_are_found_by_a_part_of_their_name():
    assert filtered(TORCHVISION, "mnist") == ["MNIST", "FashionMNIST", "KMNIST", "QMNIST"]
    assert filtered(TORCHVISION, "") == list(TORCHVISION)
    assert filtered(TORCHVISION, "nothing") == []


@pytest.mark.qt
class TestPictures:
    @pytest.mark.parametrize("shape", [(5, 7), (1, 5, 7), (3, 5, 7), (4, 5, 7)])
    def test_arrays_become_pictures(self, qapp, shape):
        made = image(np.full(shape, 200, np.uint8))

        assert (made.width(), made.height()) == (7, 5)
        assert made.pixelColor(3, 2).red() == 200

    def test_channels_stay_in_order(self, qapp):
        pixels = np.zeros((3, 4, 4), np.uint8)
        pixels[0] = 255

        assert image(pixels).pixelColor(1, 1).getRgb()[:3] == (255, 0, 0)

    def test_tiles_flow_into_the_width_they_have(self, qtbot):
        tiles = Tiles(side=80, gap=10, words=20)
        qtbot.addWidget(tiles)
        tiles.show_tiles([Tile(image(np.zeros((8, 8), np.uint8)))] * 7)

        assert tiles.columns(270) == 3
        assert tiles.heightForWidth(270) == 3 * (83 + 20 + 10) - 10  # three of 83 fill the width
        tiles.resize(270, 400)
        assert tiles.at(QPoint(95, 5)) == 1
        assert tiles.at(QPoint(85, 5)) == -1

    def test_tiles_are_chosen_by_mouse_and_keys(self, qtbot):
        tiles = Tiles(columns=3, gap=10)
        qtbot.addWidget(tiles)
        tiles.show_tiles([Tile(image(np.zeros((8, 8), np.uint8)))] * 6)
        tiles.resize(290, 240)
        chosen = []
        tiles.chosen.connect(chosen.append)
        qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=tiles.place(4).center())
        tiles.select(0)
        qtbot.keyClick(tiles, Qt.Key.Key_Down)
        qtbot.keyClick(tiles, Qt.Key.Key_Right)
        qtbot.keyClick(tiles, Qt.Key.Key_Return)

        assert chosen == [4, 4]


@pytest.mark.qt
class TestRoom:
    @pytest.fixture
    def session(self, qtbot):
        made = Session()
        made._service = FakeService()
        made.add(Document(presets.build("lecture")))
        yield made
        made.close()
        made.deleteLater()

    @pytest.fixture
    def room(self, session, qtbot):
        made = DataRoom(session)
        qtbot.addWidget(made)
        made.resize(1280, 760)
        made.show()
        return made

    def test_nothing_chosen_says_what_to_do(self, room, qtbot):
        assert room.stack.currentIndex() == 0
        assert not room.session.service.asked
        room.findChild(object, "use-digits").click()
        assert room.session.data == Description("digits")
        assert room.stack.currentIndex() == 1  # being read

    def test_reading_shows_progress_and_can_be_given_up(self, room):
        room.session.choose_data(Description("digits"))
        asked = room.session.service.last("data")
        asked.progress(0.25, "Reading digits")
        assert (room.bar.value(), room.what.text()) == (250, "Reading digits")
        room.cancel.click()
        assert not asked.waiting
        assert room.what.text() == "Not read"

    def test_facts_samples_and_bars_are_shown(self, room, tmp_path):
        room.session.choose_data(Description("/data/ants_bees"))
        room.session.service.last("data").answer(**answer(tmp_path))

        assert room.stack.currentIndex() == 3
        assert room.detail.text() == "53 images, 2 classes"
        assert [t.strong for t in room.tiles.tiles] == ["ants", "bees", "ants", "bees"]
        assert [name for name, _ in room.summary.histogram.rows] == ["ants", "bees"]
        assert room.summary._count.text() == "1 problem"

    def test_what_is_wrong_is_a_sentence_with_a_way_out(self, room):
        room.session.choose_data(Description("torchvision:CIFAR10"))
        room.session.service.last("data").refuse("CIFAR10 is not complete: allow it to be downloaded.")

        assert room.stack.currentIndex() == 2
        assert "CIFAR10" in room.reason.text()
        room.download.click()
        assert room.session.data == Description("torchvision:CIFAR10", download=True)
        assert room.session.service.last("data").args["data"]["download"] is True

    def test_a_folder_that_is_none_offers_to_try_again_only(self, room):
        room.session.choose_data(Description("/nowhere"))
        room.session.service.last("data").refuse("There is no data called '/nowhere'.")
        assert not room.download.isVisible()
        room.again.click()
        assert room.session.service.last("data").args["data"]["source"] == "/nowhere"

    def test_one_click_makes_the_network_fit(self, room, tmp_path, qtbot):
        document = room.session.document
        room.session.choose_data(Description("/data/ants_bees"))
        room.session.service.last("data").answer(**answer(tmp_path))
        room.summary.findChild(object, "fix-set_classes").click()
        qtbot.waitUntil(lambda: room.summary.findChild(object, "fix-set_classes") is None)

        assert document.network.variables["classes"] == 2
        document.stack.undo()
        assert document.network.variables["classes"] == 10

    def test_augmentation_is_asked_for_when_the_recipe_changes(self, room, tmp_path, qtbot):
        session = room.session
        session.choose_data(Description("/data/ants_bees"))
        session.service.last("data").answer(**answer(tmp_path))
        qtbot.waitUntil(lambda: any(a.do == "augment" for a in session.service.asked))
        first = session.service.last("augment")
        session.set_recipe(Recipe(rotation=30.0))
        qtbot.waitUntil(lambda: session.service.last("augment") is not first)
        before, after = tmp_path / "before.npy", tmp_path / "after.npy"
        np.save(before, np.zeros((3, 3, 16, 16), np.uint8))
        np.save(after, np.zeros((3, 7, 3, 16, 16), np.uint8))
        session.service.last("augment").answer(before=str(before), after=str(after), labels=[0, 1, 0])

        assert not first.waiting
        assert len(room.augmentation.tiles.tiles) == 3 * 8
        assert "from epoch to epoch" in room.augmentation.hint.text()

    def test_a_dropped_folder_is_chosen_and_remembered(self, room, tmp_path):
        folder = tmp_path / "my images"
        folder.mkdir()
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(folder))])
        drop = room.choose.drop
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, none)
        drop.dragEnterEvent(enter)
        assert enter.isAccepted()
        drop.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, none))

        assert room.session.data == Description(str(folder))
        assert room.choose.remembered() == [str(folder)]

    def test_a_set_of_torchvision_is_found_and_chosen(self, room, qtbot):
        qtbot.keyClicks(room.choose.search, "fash")
        rows = [w for w in room.choose.findChildren(object) if w.objectName() == "data-FashionMNIST"]
        rows[-1].click()
        assert room.session.data == Description("torchvision:FashionMNIST")

    def test_rooms_share_one_watch(self, session):
        assert DataWatch.of(session) is DataWatch.of(session)

    def test_data_are_read_for_what_the_network_learns(self, session, room, tmp_path, qtbot):
        session.choose_data(Description("digit-scenes"))
        asked = session.service.last("data")
        assert asked.args["task"] == "classification"
        asked.answer(**answer(tmp_path, task="detection"))
        session.add(Document(presets.build("unet_padded", width=4)))

        asked = session.service.last("data")
        assert asked.args["task"] == "segmentation"
        asked.answer(**answer(tmp_path, task="segmentation"))
        many = len(session.service.asked)
        session.document.edit(session.document.network, "nothing")
        assert len([a for a in session.service.asked[many:] if a.do == "data"]) == 0

    def test_other_data_make_the_answer_for_the_old_ones_unheard(self, room, tmp_path):
        room.session.choose_data(Description("digits"))
        old = room.session.service.last("data")
        room.session.choose_data(Description("/data/ants_bees"))
        assert not old.waiting
        assert room.watch.facts is None


@pytest.mark.qt
@pytest.mark.torch
@pytest.mark.slow
def test_a_real_folder_with_a_broken_file(qtbot, tmp_path):
    """Seen end to end: the folder is recognized, its pictures are shown, the broken file is named."""
    from PIL import Image

    for label, gray in (("dark", 20), ("light", 220)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(8):
            Image.new("L", (20, 16), gray + i).save(tmp_path / "set" / label / f"{i}.png")
    (tmp_path / "set" / "dark" / "broken.png").write_bytes(b"\x89PNG no more")
    session = Session()
    session.add(Document(presets.build("lecture")))
    session.choose_data(Description(str(tmp_path / "set")))
    room = DataRoom(session)
    qtbot.addWidget(room)
    room.show()
    qtbot.waitUntil(lambda: room.watch.facts is not None or bool(room.watch.refused), timeout=60_000)
    facts = room.watch.facts

    assert facts.classes == ("dark", "light")
    assert facts.total == 16
    assert [p.file for p in facts.problems if p.file] == ["dark/broken.png"]
    assert len(room.tiles.tiles) > 0
    qtbot.waitUntil(lambda: len(room.augmentation.tiles.tiles) > 0, timeout=60_000)
    session.close()


def test_facts_without_problems_are_plain():
    assert Facts("a", "a", ("x",), (1, 2, 3), {}).total == 0


@pytest.mark.qt
class TestFormat:
    def test_what_was_recognized_is_said_and_may_be_told_otherwise(self, qtbot, tmp_path):
        as_csv(as_coco(tmp_path / "set"))
        session = Session()
        session._service = FakeService()
        room = DataRoom(session)
        qtbot.addWidget(room)
        room.show()
        choice = room.choose.format
        assert not choice.isVisible()
        session.choose_data(Description(str(tmp_path / "set")))

        words = [choice.itemText(i) for i in range(choice.count())]
        assert words == ["Recognized: COCO (JSON)", "a table (CSV)"]
        assert choice.isVisible()
        choice.setCurrentIndex(1)
        choice.activated.emit(1)
        assert session.data.format == "csv"
        assert choice.currentData() == "csv"
        session.choose_data(Description("digits"))
        assert not choice.isVisible()

    def test_a_file_that_is_a_whole_set_is_taken_itself(self, qtbot, tmp_path):
        as_npz(tmp_path)
        (tmp_path / "notes.txt").write_text("beside it")
        session = Session()
        session._service = FakeService()
        room = DataRoom(session)
        qtbot.addWidget(room)
        room.choose.choose_folder(str(tmp_path / "set.npz"))
        assert session.data.path == tmp_path / "set.npz"
        room.choose.choose_folder(str(tmp_path / "notes.txt"))
        assert session.data.path == tmp_path
