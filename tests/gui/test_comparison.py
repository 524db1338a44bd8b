"""Two networks compared on one drawing, as a user sees and walks it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

import graph
import presets
from graph import Edge, edit, files
from graph.diff import diff
from graph.layers.normalization import BatchNorm2d
from graph.union import united
from gui import theme
from gui.canvas.afar import tint
from gui.changes import lines
from gui.comparing import compare, offer
from gui.comparison import Comparison, totals

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
    assert "+ norm BatchNorm2d" in rows(page)
    assert "− relu2 ReLU" in rows(page)
    assert any(row.startswith("~ conv6 Conv2d\nout_channels 32 → 64") for row in rows(page))
    assert rows(page).index("What follows") < rows(page).index(
        "dense\nparameters 15\u2009690 → 31\u2009370\nmultiply-adds 15\u2009680 → 31\u2009360"
    )
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
    follow = {"relu6", "flatten", "dense"}  # they give, or weigh, something else since conv6 does
    assert {name for name, dim in states.items() if not dim} == {"norm", "conv6", "relu2", *follow}


def test_what_follows_is_said_on_its_node_before_and_after(page: Comparison):
    faces = {name: item.face for name, item in page.scene.nodes.items()}
    assert faces["relu6"].mark == "follows"
    assert faces["relu6"].shape == "32×7×7 → 64×7×7"
    assert faces["dense"].weights == "15\u2009690 → 31\u2009370"
    assert faces["dense"].line == "Linear – 10"
    assert faces["softmax"].mark == ""


def test_what_both_amount_to_stands_above(changed):
    found = {words: (was, now) for words, was, now in totals(*(graph.analyze(n) for n in changed))}
    assert found["parameters"][0] == "33\u2009730"
    assert found["parameters"][1] != found["parameters"][0]
    assert found["receptive field"] == ("32 × 32", "32 × 32")


def test_f8_walks_through_the_changes_and_back(page: Comparison):
    seen = []
    for _ in range(3):
        QTest.keyClick(page.view, Qt.Key.Key_F8)
        seen.append(page.scene.selection)
    assert seen == [("relu2",), ("conv6",), ("norm",)] or len(set(seen)) == 3
    QTest.keyClick(page.view, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert page.scene.selection == seen[1]


def test_a_click_on_a_node_marks_its_row(page: Comparison):
    at = page.view.mapFromScene(*page.scene.drawing.boxes["conv6"].rect.center)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(at))
    assert page.changes.currentItem().text().startswith("~ conv6")
    assert page.scene.selection == ("conv6",)


def test_from_the_other_side_what_was_added_was_removed(page: Comparison):
    page.turn()
    faces = {name: item.face.mark for name, item in page.scene.nodes.items()}
    assert (faces["norm"], faces["relu2"], faces["conv6"]) == ("removed", "added", "changed")


def test_it_is_seen_from_afar_too(page: Comparison):
    groups = page.view.afar.boxes()
    assert {key: len(rects) for key, rects in groups.items() if key.startswith("mark ") and key != "mark "} == {
        "mark added": 1,
        "mark removed": 1,
        "mark changed": 1,
        "mark follows": 3,
    }
    assert tint("mark added", 1.0) == theme.theme().color("ok")


def test_links_are_listed_where_both_their_ends_stayed(changed):
    before, after = changed
    only_link = edit.disconnect(before, [Edge("relu1", "out", "conv2", "x")])
    assert [line.title for line in lines(diff(before, only_link)) if line.aside == "link"] == ["relu1 → conv2"]
    shown = [line.title for line in lines(diff(before, after)) if line.aside == "link"]
    assert "conv1 → norm" not in shown  # that norm came says it


def test_what_changed_in_a_repeated_block_is_shown_where_it_is_drawn(qtbot):
    """Facts know the repetitions by number; the drawing has the block once."""
    before = edit.wrap(presets.build("lecture"), ["conv2", "relu2"], "stage").network
    name = next(n.name for n in before.nodes.values() if n.kind == "stage")
    before = edit.repeat(before, name, 3).network
    after = edit.put_inside(before, (name,), edit.set_values(before.inside("stage"), "conv2", kernel_size=(5, 5)))
    page = Comparison(before, after, ("a", "b"))
    qtbot.addWidget(page)
    page.show()
    path = next(f.path for f in page.found.facts if f.path.count(".") == 2)
    block, _, inner = path.rpartition(".")
    page.go(block, (inner,))
    assert page.trail == (name,)
    assert page.scene.selection == ("conv2",)


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
    page.changes.setCurrentRow(next(i for i, row in enumerate(rows(page)) if row.startswith("~ layer1.0.conv1")))
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
    assert window.design.palette.isHidden()
    page.closed.emit()
    assert window.design.comparison is None
    assert window.canvas is not None
    assert not window.design.palette.isHidden()
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


def test_another_theme_is_seen_at_once(page: Comparison, qapp, qtbot):
    theme.apply(qapp, "dark")
    before = page.view.grab().toImage()
    theme.apply(qapp, "light")
    try:
        assert page.view.grab().toImage().pixelColor(5, 5) != before.pixelColor(5, 5)
        qtbot.waitUntil(lambda: page.map.grab().toImage().pixelColor(80, 10).lightness() > 128)
    finally:
        theme.apply(qapp, "dark")
