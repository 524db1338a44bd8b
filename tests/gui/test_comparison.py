"""Two networks compared on one drawing, as a user sees and walks it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

import presets
from graph import Edge, edit, files
from graph.layers.normalization import BatchNorm2d
from graph.union import united
from gui.comparing import compare, offer
from gui.comparison import Comparison

pytestmark = pytest.mark.qt


@pytest.fixture
def changed():
    """The lecture's network with one node inserted, one removed, one changed."""
    before = presets.build("lecture")
    after = edit.bridge(before, ["relu2"])
    after, norm = edit.add(after, BatchNorm2d(), "norm", (0.0, 240.0))
    after = edit.insert(after, norm, Edge("conv1", "out", "relu1", "x"))
    after = edit.set_values(edit.bind(after, "conv6", "out_channels", ""), "conv6", out_channels=64)
    return before, after


@pytest.fixture
def page(qtbot, changed) -> Comparison:
    made = Comparison(*changed, ("before", "after"))
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show()
    return made


def rows(page: Comparison) -> list[str]:
    return [page.changes.item(i).text() for i in range(page.changes.count())]


def test_the_union_holds_both_and_marks_what_differs(changed):
    before, after = changed
    union = united(before, after)
    assert {name: mark.how for name, mark in union.nodes.items()} == {
        "norm": "added",
        "relu2": "removed",
        "conv6": "changed",
    }
    assert union.nodes["conv6"].values["out_channels"] == (32, 64)
    assert set(union.network.nodes) == set(before.nodes) | set(after.nodes)
    assert set(union.edges.values()) == {"added", "removed"}
    places = [n.at for n in union.network.nodes.values()]
    assert len(set(places)) == len(places)
    assert not united(before, before)


def test_all_that_changed_is_listed_and_stands_on_the_drawing(page: Comparison):
    assert "+ norm (BatchNorm2d) was added" in rows(page)
    assert "− relu2 (ReLU) was removed" in rows(page)
    assert any(row.startswith("~ conv6 (Conv2d): out_channels 32 → 64") for row in rows(page))
    assert any("dense: parameters 15\u2009690 → 31\u2009370" in row for row in rows(page))
    faces = {name: item.face for name, item in page.scene.nodes.items()}
    assert faces["norm"].mark == "added"
    assert faces["relu2"].mark == "removed"
    assert faces["relu2"].shape == "8 × 28 × 28"  # what was known of it before
    assert faces["conv6"].line == "out_channels 32 → 64, bind out_channels 4 * width → -"
    assert faces["conv1"].mark == ""
    assert page.scene.looks[Edge("conv1", "out", "relu1", "x")] == "removed"


def test_what_is_the_same_steps_back(page: Comparison):
    from gui.canvas.paint import DIMMED

    states = {name: bool(item.state & DIMMED) for name, item in page.scene.nodes.items()}
    assert {name for name, dim in states.items() if not dim} == {"norm", "conv6", "relu2"}


def test_a_line_of_the_list_leads_to_its_node(page: Comparison):
    page.changes.setCurrentRow(next(i for i, row in enumerate(rows(page)) if row.startswith("~ conv6")))
    assert page.scene.selection == ("conv6",)
    rect = page.scene.drawing.boxes["conv6"].rect
    assert page.view.sight().holds(rect.center)


def test_a_change_inside_a_block_leads_into_it_and_escape_comes_out(qtbot):
    before = presets.build("resnet18")
    inside = before.inside("basic")
    after = edit.put_inside(before, ("layer1", "0"), edit.set_values(inside, "conv1", bias=True))
    page = Comparison(before, after, ("a", "b"))
    qtbot.addWidget(page)
    page.show()
    assert page.scene.nodes["layer1"].face.mark == "changed"
    page.changes.setCurrentRow(next(i for i, row in enumerate(rows(page)) if "layer1.0.conv1" in row))
    assert page.trail == ("layer1", "0")
    assert page.scene.nodes["conv1"].face.mark == "changed"
    left = []
    page.closed.connect(lambda: left.append(True))
    for expected in (("layer1",), ()):
        QTest.keyClick(page.view, Qt.Key.Key_Escape)
        assert page.trail == expected
    assert not left
    QTest.keyClick(page.view, Qt.Key.Key_Escape)
    assert left


def test_a_double_click_enters_a_block_and_the_wheel_zooms(qtbot):
    before = presets.build("resnet18")
    page = Comparison(before, presets.build("resnet34"), ("a", "b"))
    qtbot.addWidget(page)
    page.resize(1200, 760)
    page.show()
    box = page.scene.drawing.boxes["layer1"].rect
    at = page.view.mapFromScene(*box.center)
    QTest.mouseDClick(page.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(at))
    assert page.trail == ("layer1",)


def test_the_same_network_says_so(qtbot):
    page = Comparison(presets.build("lecture"), presets.build("lecture"), ("a", "b"))
    qtbot.addWidget(page)
    assert not page.found
    assert page.changes.count() == 0


def test_it_opens_from_the_menu_and_gives_the_room_back(window, qtbot, tmp_path):
    document = window.files.preset("lecture")
    document.save(tmp_path / "mine.canevas")
    document.edit(edit.set_values(document.network, "pool1", kernel_size=(4, 4)), "larger")
    menu = offer(window)
    saved = next(a for a in menu.actions() if a.text() == "The saved version")
    saved.trigger()
    page = window.design.comparison
    assert page is not None
    assert [n.path for n in page.found.nodes] == ["pool1"]
    assert window.canvas is None  # nothing can be edited meanwhile
    page.closed.emit()
    assert window.design.comparison is None
    assert window.canvas is not None
    compare(window, presets.build("lenet5"), "LeNet-5")
    window.files.new()
    assert window.design.comparison is None  # another document is another question


def test_a_file_that_cannot_be_read_is_one_sentence(window, tmp_path):
    from gui import comparing

    window.files.preset("lecture")
    (tmp_path / "broken.canevas").write_text("{")
    comparing._with_file(window, tmp_path / "broken.canevas", "broken")
    assert window.design.comparison is None
    assert "broken.canevas" in window.notice.text


def test_files_and_comparison_agree(tmp_path, changed):
    _, after = changed
    files.save(after, tmp_path / "a.canevas")
    assert united(after, files.load(tmp_path / "a.canevas")).nodes == {}
