"""The receptive field, large: choose a value, see its pixels on one's own image, and what really counts."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QToolButton

import presets
from graph import analyze, edit
from graph.receptive import sees
from gui.field import Square
from gui.receptive.picture import FieldPicture, heat
from gui.receptive.sight import sight
from runtime.data.description import Description
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt
LECTURE = presets.build("lecture")


@pytest.fixture
def service(window):
    window.session._service = FakeService()
    return window.session._service


@pytest.fixture
def panel(window, drawing, service, qtbot):
    """The panel, open at conv4 of the lecture's network."""
    drawing(LECTURE)
    window.canvas.scene.select(("conv4",))
    qtbot.mouseClick(window.design.inspector.findChild(Square), Qt.MouseButton.LeftButton)
    made = window.design._field
    assert made.isVisible()
    return made


def texts(widget) -> list[str]:
    QApplication.processEvents()
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def test_the_small_picture_opens_it_without_holding_up_the_window(window, panel):
    assert not panel.isModal()
    assert panel.sight.path == "conv4"
    assert {"conv4", "Conv2d", "8 – 21", "14 × 14 px"} <= set(texts(panel))


def test_its_rectangle_is_what_analysis_says(window, panel):
    report = window.session.document.report
    for position in [(7, 7), (0, 0), (13, 5)]:
        panel.look_at(position)
        assert panel.picture.spans == sees(report, "conv4", position)["input"]


def test_arrows_move_by_one_position_and_stop_at_the_border(panel, qtbot):
    qtbot.keyClick(panel.picture, Qt.Key.Key_Right)
    qtbot.keyClick(panel.picture, Qt.Key.Key_Up)
    assert panel.sight.position == (6, 8)

    for _ in range(3):
        qtbot.keyClick(panel.picture, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert panel.sight.position == (6, 13)


def test_a_click_on_the_image_looks_at_the_value_around_it(panel, qtbot):
    rect = panel.picture.box_of(((20, 20), (4, 4)))

    qtbot.mouseClick(panel.picture, Qt.MouseButton.LeftButton, pos=rect.center().toPoint())

    (top, bottom), (left, right) = panel.picture.spans
    assert top <= 20 <= bottom
    assert left <= 4 <= right
    assert panel.sight.position == (10, 2)


def test_a_click_on_the_map_looks_at_that_value(panel, qtbot):
    qtbot.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=QPoint(2, panel.map.height() - 4))

    assert panel.sight.position == (13, 0)


def test_a_position_can_be_typed_and_the_field_keeps_the_keys(panel, qtbot):
    box = panel.findChild(QLineEdit, "position-0")
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "2")
    qtbot.keyClick(box, Qt.Key.Key_Return)

    assert panel.sight.position == (2, 7)
    assert panel.findChild(QLineEdit, "position-0") is box


def test_at_the_border_it_says_what_is_cut(panel):
    panel.look_at((0, 7))

    assert any("8 × 14 of 14 × 14 pixels are image" in t for t in texts(panel))


def test_a_layer_of_the_chain_shows_its_rectangle_alone(panel):
    rows = panel.chain.rows()
    assert [row.step.path for row in rows] == ["conv4", "conv3", "pool1", "conv2", "conv1"]

    rows[-1].over.emit()
    assert panel.picture.alone == panel.sight.spans_of(0)
    (top, bottom), _ = panel.picture.alone
    assert bottom - top + 1 == 3

    rows[-1].away.emit()
    assert panel.picture.alone is None


def test_a_layer_of_the_chain_can_be_looked_at_with_the_keyboard(panel, qtbot):
    qtbot.keyClick(panel.chain.rows()[1], Qt.Key.Key_Return)

    assert panel.sight.path == "conv3"


def test_it_follows_the_selection_and_edits(window, panel, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))
    assert "3 × 3 px" in texts(panel)

    with qtbot.waitSignal(document.analyzed):
        document.edit(edit.set_values(document.network, "conv1", kernel_size=(7, 5)), "x")
    assert "7 × 5 px" in texts(panel)

    with qtbot.waitSignal(document.analyzed):
        document.edit(edit.remove(document.network, ["conv1"]), "x")
    assert panel.sight is None

    window.canvas.scene.select(())
    assert "Select a node of the drawing." in texts(panel)


def test_what_sees_everything_says_so(window, panel):
    window.canvas.scene.select(("dense",))

    assert "Every value sees the whole image." in texts(panel)
    assert panel.picture.spans == ((0, 27), (0, 27))

    window.canvas.scene.select(("target",))
    assert any("sees no image" in t for t in texts(panel))


def test_escape_closes_it_and_gives_up_what_is_measured(panel, service, qtbot):
    qtbot.mouseClick(panel.measure.start, Qt.MouseButton.LeftButton)
    asked = service.last("effective_field")

    QTest.keyClick(panel, Qt.Key.Key_Escape)

    assert not panel.isVisible()
    assert not asked.waiting


def test_samples_of_the_chosen_data_are_shown_one_after_the_other(window, panel, service, tmp_path, qtbot):
    window.session.choose_data(Description("digits"))
    asked = service.last("data")
    assert asked.args["shape"] == [1, 28, 28]
    np.save(tmp_path / "samples.npy", np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(28, 2).repeat(28, 3))
    asked.answer(samples={"images": str(tmp_path / "samples.npy")})
    assert panel.picture.image.pixelColor(0, 0).red() == 0
    assert "digits, sample 1 of 3" in texts(panel)

    qtbot.mouseClick(panel.findChild(QToolButton, "field-next"), Qt.MouseButton.LeftButton)
    assert panel.picture.image.pixelColor(0, 0).red() == 1
    qtbot.mouseClick(panel.findChild(QToolButton, "field-before"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.findChild(QToolButton, "field-before"), Qt.MouseButton.LeftButton)
    assert panel.picture.image.pixelColor(0, 0).red() == 2


def test_an_image_that_is_dropped_is_shown_as_the_network_sees_it(panel, service, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "mine.png"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, mime, buttons, keys))
    asked = service.last("image")
    assert asked.args == {"image": str(tmp_path / "mine.png"), "shape": [1, 28, 28]}

    np.save(tmp_path / "mine.npy", np.full((1, 28, 28), 77, np.uint8))
    asked.answer(image=str(tmp_path / "mine.npy"))

    assert panel.picture.image.pixelColor(3, 3).red() == 77
    assert "mine.png" in texts(panel)


def test_an_image_that_cannot_be_read_says_why(panel, service):
    panel.images.open_file("/nowhere.png")
    service.last("image").refuse("/nowhere.png: there is no such file.")

    assert "/nowhere.png: there is no such file." in texts(panel)


def test_the_gradient_is_measured_on_request_and_forgotten_when_the_value_changes(panel, service, tmp_path):
    panel.measure.measure()
    asked = service.last("effective_field")
    assert asked.args["path"] == "conv4"
    assert asked.args["position"] == [7, 7]
    assert asked.args["source"] == "input"
    asked.progress(0.5)
    assert panel.measure.bar.value() == 500

    np.save(tmp_path / "map.npy", np.eye(28, dtype=np.float32))
    extent = [[8, 20], [9, 20]]
    asked.answer(map=str(tmp_path / "map.npy"), extent=extent, images=16, random=True, trained=False)
    told = panel.findChild(QLabel, "measured").text()
    assert "within 13 × 12 px" in told
    assert "16 random images" in told
    assert "before training" in told
    assert not panel.picture._heat.isNull()

    panel.look_at((1, 1))
    assert panel.picture._heat.isNull()


def test_weights_of_the_document_are_measured(window, panel, service):
    document = window.session.document
    document.state = document.state._replace(weights={"conv1": ("/some/file.pt", "conv1")})
    panel.measure.measure()

    assert service.last("effective_field").args["weights"] == {"conv1": ["/some/file.pt", "conv1"]}


def test_measuring_can_be_cancelled_and_refused(panel, service, qtbot):
    panel.measure.measure()
    first = service.last("effective_field")
    qtbot.mouseClick(panel.findChild(QToolButton, "cancel-field"), Qt.MouseButton.LeftButton)
    assert not first.waiting

    panel.measure.measure()
    service.last("effective_field").refuse("There is not enough memory for this.")
    assert "There is not enough memory for this." in texts(panel)


def test_inside_a_block_the_chain_begins_outside(window, drawing, service):
    document = drawing(edit.wrap(LECTURE, ["conv3", "relu3", "conv4"], "stage").network)
    document.enter(("stage",))
    window.canvas.scene.select(("conv4",))
    window.do("field")

    panel = window.design._field
    assert panel.sight.path == "stage.conv4"
    assert [row.step.path for row in panel.chain.rows()][-1] == "conv1"


def test_signals_and_vectors_have_a_field_too(window, drawing, service):
    drawing(presets.build("conv1d_signal"))
    name = next(n for n, node in window.canvas.network.nodes.items() if node.kind == "Conv1d")
    window.canvas.scene.select((name,))
    window.do("field")
    panel = window.design._field
    before = panel.sight.position

    panel._moved(0, 1)

    assert panel.sight.position == (before[0] + 1,)
    assert len(panel.picture.spans) == 1
    panel.grab()  # it paints


@pytest.mark.parametrize("pixel", [(0.0, 0.0), (13.5, 20.0), (27.0, 27.0)])
def test_the_nearest_value_has_the_pixel_in_its_middle(pixel):
    found = sight(analyze(LECTURE), "conv4")
    at = sight(analyze(LECTURE), "conv4", found.nearest(pixel))
    others = [sight(analyze(LECTURE), "conv4", (i, j)) for i in range(14) for j in range(14)]

    def away(one):
        middle = [i * 2 + 0.5 for i in one.position]
        return sum(abs(m - p) for m, p in zip(middle, pixel, strict=True))

    assert away(at) == min(map(away, others))


def test_heat_is_clear_where_nothing_counts():
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 3.0
    picture = heat(values)

    assert picture.pixelColor(0, 0).alpha() == 0
    assert picture.pixelColor(2, 1).alpha() > 200


def test_the_image_keeps_its_proportions(qtbot):
    picture = FieldPicture()
    qtbot.addWidget(picture)
    picture.resize(600, 400)
    picture.show_spans((20, 40), ((0, 1), (0, 1)), [])

    assert picture.place().width() == 2 * picture.place().height()
