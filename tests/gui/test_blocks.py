"""Blocks in the window: repeated, shared, made their own, kept, and taken from the palette."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton

from graph import Block, edit
from gui.canvas.faces import face
from gui.canvas.hand import DEFINITION as DROPPED
from gui.canvas.quick_add import entries, search
from gui.palette_rows import CARRIED, DEFINITION, NAME, WHAT
from gui.sharing import owners
from gui.trail import moved, path_of, trail_of
from runtime import library
from tests.graph.test_repeats import THRICE, WRAPPED
from tests.graph.test_sharing import SHARED, pyramid

pytestmark = pytest.mark.qt


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CANEVAS_HOME", str(tmp_path))


@pytest.fixture
def inspector(window):
    return window.design.inspector


def select(window, *names):
    window.canvas.scene.select(names)
    QApplication.processEvents()


def find(window, cls, name):
    return window.design.inspector.findChild(cls, name)


def test_the_number_of_repetitions_is_a_value_of_the_block(window, drawing, inspector):
    document = drawing(WRAPPED)
    select(window, "stage")
    inspector.form.changed.emit("repeat", 4)

    assert document.network["stage"].repeat == 4
    assert document.stack.undoText() == "Set repeat of stage"
    inspector.form.bound.emit("repeat", "width")
    assert document.network["stage"].bind["repeat"] == "width"
    assert inspector.form.fields["repeat"].editor.findChild(QLineEdit).text() == "width"
    inspector.form.bound.emit("repeat", "")
    assert document.network["stage"].repeat == 8
    inspector.form.changed.emit("repeat", 1)
    assert document.network == WRAPPED


def test_what_cannot_be_is_said_under_the_field(window, drawing, inspector):
    document = drawing(WRAPPED)
    select(window, "stage")
    inspector.form.bound.emit("repeat", "width - 8")

    assert document.network == WRAPPED
    assert "stage can stand 1 to" in inspector.form.fields["repeat"].refusal


def test_weights_follow_into_the_first_repetition(window, drawing):
    document = drawing(WRAPPED)
    made = edit.repeat(WRAPPED, "stage", 3)
    document.edit(WRAPPED, "", weights={"stage.conv1.weight": ("file", "key")})
    document.edit(made.network, "Repeat", paths=made.paths)

    assert dict(document.weights) == {"stage.0.conv1.weight": ("file", "key")}
    back = edit.repeat(made.network, "stage", 1)
    document.edit(back.network, "Once", paths=back.paths)
    assert dict(document.weights) == {"stage.conv1.weight": ("file", "key")}


def test_one_stays_inside_a_block_that_is_repeated_meanwhile(window, drawing):
    document = drawing(WRAPPED)
    document.enter(("stage",))
    made = edit.repeat(WRAPPED, "stage", 3)
    document.edit(made.network, "Repeat", paths=made.paths)

    assert document.trail == ("stage",)
    assert document.path("conv1") == "stage.0.conv1"
    assert document.shown_report.facts["conv2"].parameters == 584
    document.stack.undo()
    assert document.trail == ("stage",)


def test_paths_bear_numbers_and_trails_do_not():
    outer = edit.repeat(edit.wrap(THRICE, ["stage", "pool1"], "outer").network, "outer", 2).network

    assert path_of(outer, ("outer", "stage")) == "outer.0.stage.0"
    assert trail_of(outer, "outer.1.stage.2") == ("outer", "stage")
    assert trail_of(outer, "outer.1.stage.2.conv1") == ("outer", "stage")
    assert moved(outer, "outer.1.stage.2.conv1.weight", "stage", {"conv1": "first"}) == "outer.1.stage.2.first.weight"
    assert moved(outer, "outer.1.stage.2.conv1.weight", "", {"outer": "body"}) == "body.1.stage.2.conv1.weight"


def test_a_node_in_a_repetition_is_shown_where_it_is_drawn(window, drawing):
    document = drawing(THRICE)
    window.design.show_path("stage.2.conv1")

    assert document.trail == ("stage",)
    assert window.canvas.scene.selection == ("conv1",)


def test_the_inspector_shows_the_first_repetition(window, drawing, inspector):
    drawing(THRICE)
    select(window, "stage")
    words = [label.text() for label in inspector.findChildren(QLabel)]

    assert "80" in words
    assert "584" in words


def test_whose_weights_a_node_uses_is_chosen_from_a_list(window, drawing):
    document = drawing(pyramid())
    select(window, "head2")
    choice = find(window, QComboBox, "weights-of")
    assert [choice.itemText(i) for i in range(choice.count())] == ["its own", "head"]

    choice.activated.emit(1)
    assert document.network["head2"].shares == "head"
    assert find(window, QComboBox, "weights-of").currentText() == "head"
    find(window, QComboBox, "weights-of").activated.emit(0)
    assert document.network["head2"].shares == ""


def test_only_what_fits_is_offered(window, drawing):
    document = drawing(WRAPPED)

    assert owners(WRAPPED.inside("stage"), document.report.within(("stage",)), "conv2") == []
    assert owners(document.network, document.report, "conv3") == []
    assert owners(SHARED, None, "head2") == ["head"]


def test_a_definition_that_stands_elsewhere_is_made_its_own(window, drawing, qtbot):
    document = drawing(pyramid())
    select(window, "head2")
    assert "head stands at 2 nodes." in find(window, QLabel, "standings").text()
    qtbot.mouseClick(find(window, QPushButton, "make-own"), Qt.MouseButton.LeftButton)

    assert document.network["head2"].kind == "head2"
    assert document.network["head"].kind == "head"
    QApplication.processEvents()
    assert find(window, QLabel, "standings") is None
    assert not window.actions_by_id["make_own"].isEnabled()


def test_a_node_says_how_often_it_stands_and_whose_weights_it_uses(window, drawing):
    document = drawing(edit.repeat(SHARED, "head", 2).network)
    boxes = window.canvas.scene.drawing.boxes

    def drawn(name):
        return face(document.network, document.network[name], document.report.facts[name], boxes[name])

    assert (drawn("head").times, drawn("head").shares) == ("× 2", "")
    assert (drawn("head2").times, drawn("head2").shares) == ("× 2", "head")
    assert drawn("head2").weights == "as head"
    assert drawn("pool").times == ""


def rows(window) -> dict[str, QStandardItem]:
    """Rows of the palette by title."""
    model = window.design.palette.tree.model()
    heads = [model.item(i) for i in range(model.rowCount())]
    return {head.child(i).text(): head.child(i) for head in heads for i in range(head.rowCount())}


def test_a_block_is_kept_and_put_on_another_drawing(window, drawing):
    drawing(WRAPPED)
    window.design.palette.tabs.setCurrentIndex(1)
    select(window, "stage")
    window.do("keep_block")
    assert [k.title for k in library.kept()] == ["stage"]

    other = drawing()
    mine = next(item for item in rows(window).values() if item.data(WHAT) == "mine")
    tree = window.design.palette.tree
    tree.setCurrentIndex(mine.index())
    tree.chosen.emit("mine", mine.data(NAME))

    assert other.network["stage"].layer == Block("stage")
    assert other.network.blocks["stage"].nodes == WRAPPED.blocks["stage"].nodes
    other.stack.undo()
    assert not other.network.blocks


def test_a_row_in_hand_carries_its_definition(window, drawing):
    document = drawing(WRAPPED)
    library.keep(WRAPPED, "stage", "Two convolutions")
    window.design.palette.tabs.setCurrentIndex(1)
    row = rows(window)["Two convolutions"]
    carried = window.design.palette.tree.model().mimeData([row.index()])

    assert carried.hasFormat(CARRIED)
    assert CARRIED == DROPPED
    name = window.canvas.actions.add(row.data(DEFINITION), (0.0, 0.0))
    assert document.network[name].kind == "two_convolutions"
    edge = next(e for e in document.network.edges if e.source == "conv3")
    into = window.canvas.actions.add_into(row.data(DEFINITION), edge, (0.0, 0.0))
    assert document.network.outgoing["conv3"][0].target == into
    assert set(document.network.blocks) == {"stage", "two_convolutions"}


def test_titles_are_edited_in_the_palette_and_blocks_let_go(window, drawing):
    drawing(WRAPPED)
    library.keep(WRAPPED, "stage")
    library.keep(WRAPPED, "stage", "other")
    window.design.palette.tabs.setCurrentIndex(1)
    rows(window)["other"].setText("another")
    QApplication.processEvents()
    assert {k.title for k in library.kept()} == {"stage", "another"}

    rows(window)["another"].setText("stage")
    QApplication.processEvents()
    assert {k.title for k in library.kept()} == {"stage", "another"}
    assert "another" in rows(window)
    window.design.palette.tree.unwanted.emit(rows(window)["another"].data(NAME))
    assert [k.title for k in library.kept()] == ["stage"]


def test_a_kept_block_that_cannot_be_read_says_why(window, drawing):
    library.blocks_home().mkdir()
    (library.blocks_home() / "broken.canevas").write_text("{")
    drawing()
    window.design.palette.tabs.setCurrentIndex(1)
    row = rows(window)["broken"]

    assert not row.isDragEnabled()
    assert not row.isEditable() or row.data(DEFINITION) is None
    assert "it is no JSON" in row.toolTip()


def test_blocks_at_hand_are_found_where_layers_are(window, drawing):
    document = drawing()
    library.keep(WRAPPED, "stage", "My own thing")
    found = entries(document.network)

    assert search("my own", found)[0].name == "My own thing"
    (ready,) = (e for e in search("squeeze and", found) if e.name == "Squeeze and excitation")
    assert ready.hint == "Block"


def test_a_definition_is_renamed_from_inside(window, drawing, inspector, qtbot):
    document = drawing(edit.wrap(THRICE, ["stage", "pool1"], "outer").network)
    document.enter(("outer", "stage"))
    QApplication.processEvents()
    name = find(window, QLineEdit, "name")
    assert name.text() == "stage"
    name.setText("outer")
    name.textEdited.emit("outer")
    assert any("There is a block called outer already" in label.text() for label in inspector.findChildren(QLabel))

    name.setText("body")
    name.editingFinished.emit()
    assert document.network.blocks["outer"]["stage"].kind == "body"
    assert document.trail == ("outer", "stage")
    document.stack.undo()
    assert set(document.network.blocks) == {"outer", "stage"}
