"""The inspector shows and edits what is selected; each edit is one step of the history."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton

import presets
from graph import analyze, edit
from gui import explanation
from gui.inspector import Inspector
from gui.parts import Switch
from gui.window import Window

pytestmark = pytest.mark.qt


@pytest.fixture
def inspector(window: Window, drawing) -> Inspector:
    drawing()
    return window.design.inspector


def texts(widget) -> list[str]:
    QApplication.processEvents()  # what was put into a layout is shown in the next turn
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def type_into(qtbot, box: QLineEdit, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def number_of(inspector: Inspector, variable: str) -> QLineEdit:
    return inspector.page.variables.fields[variable].editor.findChild(QLineEdit)


def box(inspector: Inspector, name: str, axis: int = 0) -> QLineEdit:
    return inspector.form.fields[name].editor.findChildren(QLineEdit)[axis]


def test_with_nothing_selected_it_shows_the_network(inspector):
    assert "What it does" in texts(inspector)
    assert "3 × 32 × 32" in texts(inspector)
    assert "760" in texts(inspector)  # (5·5·3 + 1)·10


def test_a_selected_node_shows_its_values_and_its_sums(window, inspector):
    window.canvas.scene.select(("conv1",))

    assert box(inspector, "out_channels").text() == "10"
    assert "(5×5×3 + 1) × 10 = 760" in texts(inspector)
    assert "28×28 × 5×5×3 × 10 = 588\u2009000" in [t.replace("\u202f", "\u2009") for t in texts(inspector)]
    assert any("sees this square of the 32 × 32 input" in t for t in texts(inspector))


def test_each_field_edit_is_one_step_and_comes_back(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))

    type_into(qtbot, box(inspector, "out_channels"), "20")
    type_into(qtbot, box(inspector, "kernel_size"), "3")
    assert document.network["conv1"].layer.out_channels == 20
    assert document.network["conv1"].layer.kernel_size == (3, 5)
    assert document.stack.count() == 2

    window.do("undo")
    assert document.network["conv1"].layer.kernel_size == (5, 5)
    assert box(inspector, "kernel_size").text() == "5"
    window.do("undo")
    assert document.network["conv1"].layer.out_channels == 10
    assert box(inspector, "out_channels").text() == "10"


def test_arrows_in_one_field_are_one_step(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))
    field = box(inspector, "out_channels")
    field.setFocus()

    for _ in range(5):
        qtbot.keyClick(field, Qt.Key.Key_Up)

    assert document.network["conv1"].layer.out_channels == 15
    assert document.stack.count() == 1


def test_ctrl_z_in_a_finished_field_undoes_in_the_document(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))
    window.activateWindow()
    field = box(inspector, "out_channels")
    type_into(qtbot, field, "20")

    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert document.network["conv1"].layer.out_channels == 10
    assert field.text() == "10"


def test_what_follows_is_explained_anew(window, inspector, qtbot):
    window.canvas.scene.select(("conv1",))

    with qtbot.waitSignal(window.session.document.analyzed):
        type_into(qtbot, box(inspector, "out_channels"), "20")

    assert "(5×5×3 + 1) × 20 = 1\u2009520" in [t.replace("\u202f", "\u2009") for t in texts(inspector)]


def test_a_refused_value_changes_nothing_and_says_why(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))

    type_into(qtbot, box(inspector, "out_channels"), "0")

    assert inspector.form.fields["out_channels"].refusal.startswith("out_channels must be from 1 to")
    assert document.stack.count() == 0


def test_a_node_is_renamed_in_place(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))

    type_into(qtbot, inspector.findChild(QLineEdit, "name"), "first")

    assert list(document.network.nodes) == ["input", "first", "relu1"]
    assert inspector.names == ("first",)
    assert window.canvas.selection == ("first",)


def test_a_name_that_is_taken_is_refused_while_typing(window, inspector, qtbot):
    window.canvas.scene.select(("conv1",))
    name = inspector.findChild(QLineEdit, "name")
    name.setFocus()
    name.selectAll()

    qtbot.keyClicks(name, "relu1")

    assert any("relu1" in t for t in texts(inspector) if t != "relu1")
    assert "conv1" in window.session.document.network

    qtbot.keyClick(name, Qt.Key.Key_Escape)
    assert name.text() == "conv1"


def test_a_value_follows_a_variable(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    inspector = window.design.inspector
    window.canvas.scene.select(("conv3",))
    assert box(inspector, "out_channels").text() == "2 * width"

    type_into(qtbot, box(inspector, "out_channels"), "3*width")
    assert document.network["conv3"].bind == {"out_channels": "3*width"}
    assert document.report["conv3"].layer.out_channels == 24

    type_into(qtbot, box(inspector, "out_channels"), "5")
    assert document.network["conv3"].bind == {}


def test_a_variable_is_set_for_the_whole_network(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    inspector = window.design.inspector

    type_into(qtbot, number_of(inspector, "width"), "16")

    assert document.network.variables["width"] == 16
    assert document.report["conv3"].layer.out_channels == 32


def test_a_variable_says_where_it_is_used_and_shows_it(window, drawing, qtbot):
    drawing(presets.build("lecture"))
    used = window.design.inspector.findChild(QPushButton, "uses-width")
    assert used.text() == "6 values follow it"
    assert "conv3: out_channels = 2 * width" in used.toolTip()

    qtbot.mouseClick(used, Qt.MouseButton.LeftButton)

    assert set(window.canvas.scene.selection) == {f"conv{i}" for i in range(1, 7)}


def test_a_variable_is_renamed_with_all_that_follow_it(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    name = window.design.inspector.findChild(QLineEdit, "name-width")

    type_into(qtbot, name, "filters")

    assert list(document.network.variables) == ["filters", "classes"]
    assert document.network["conv3"].bind == {"out_channels": "2 * filters"}
    assert document.stack.undoText() == "Rename the variable width"
    document.stack.undo()
    assert document.network == presets.build("lecture")
    assert window.design.inspector.findChild(QLineEdit, "name-width") is not None


def test_a_name_that_is_taken_is_refused_while_one_types(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    page = window.design.inspector.page
    name = window.design.inspector.findChild(QLineEdit, "name-width")
    name.setFocus()
    name.selectAll()

    qtbot.keyClicks(name, "classes")
    assert page.variables.fields["width"].refusal == "There is a variable classes already."

    qtbot.keyClick(name, Qt.Key.Key_Escape)
    assert page.variables.fields["width"].refusal == ""
    assert "width" in document.network.variables


def test_a_variable_that_goes_leaves_its_number(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    remove = window.design.inspector.findChild(QToolButton, "remove-width")
    assert remove.toolTip() == "Put 8 in its place, and remove it"

    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)

    assert list(document.network.variables) == ["classes"]
    assert document.network["conv3"].layer.out_channels == 16
    assert document.report.parameters == 33_730


def test_variables_of_a_block_are_renamed_where_it_stands(window, drawing, qtbot):
    document = drawing(edit.wrap(presets.build("lecture"), ["conv3", "relu3"], "stage").network)
    document.enter(("stage",))

    type_into(qtbot, window.design.inspector.findChild(QLineEdit, "name-width"), "filters")

    assert document.network.blocks["stage"].variables == {"filters": 8}
    assert document.network["stage"].bind == {"filters": "width"}
    assert document.trail == ("stage",)
    assert document.report.parameters == 33_730


def test_a_number_that_a_value_cannot_take_is_refused_in_a_sentence(window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    page = window.design.inspector.page

    type_into(qtbot, number_of(window.design.inspector, "width"), "0")

    assert "from 1 to" in page.variables.fields["width"].refusal
    assert document.network.variables["width"] == 8


def test_a_new_variable_is_added_by_name(window, inspector, qtbot):
    name = inspector.findChild(QLineEdit, "new-variable")

    type_into(qtbot, name, "depth")

    assert window.session.document.network.variables == {"depth": 1}
    assert "depth" in inspector.page.variables.fields


@pytest.mark.parametrize("state", ["freeze", "bypass"])
def test_a_switch_turns_a_state_of_the_node(window, inspector, qtbot, state):
    document = window.session.document
    window.canvas.scene.select(("conv1",))
    switch = inspector.findChild(Switch, state)

    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert getattr(document.network["conv1"], "frozen" if state == "freeze" else "bypass")

    window.do("undo")
    assert not switch.isChecked()


def test_several_nodes_are_summed_up(window, inspector):
    window.canvas.scene.select(("conv1", "relu1"))

    assert "2 nodes selected" in texts(inspector)
    assert "760" in texts(inspector)


def test_an_error_is_said_where_the_numbers_would_be(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1",))

    with qtbot.waitSignal(document.analyzed):
        document.edit(edit.set_values(document.network, "conv1", kernel_size=(64, 64)), "x")

    assert any("A window of 64 does not fit" in t for t in texts(inspector))


def test_a_block_is_opened_and_dissolved_from_here(window, inspector, qtbot):
    document = window.session.document
    window.canvas.scene.select(("conv1", "relu1"))
    window.do("wrap")
    (block,) = window.canvas.selection
    assert "Inside" in texts(inspector)

    qtbot.mouseClick(inspector.findChild(QPushButton, "open-block"), Qt.MouseButton.LeftButton)
    assert document.trail == (block,)

    document.enter(())
    window.canvas.scene.select((block,))
    qtbot.mouseClick(inspector.findChild(QPushButton, "dissolve"), Qt.MouseButton.LeftButton)
    assert set(document.network.nodes) == {"input", "conv1", "relu1"}


def test_the_lines_of_a_network_are_its_totals():
    lines = {line.title: line.value for line in explanation.lines_of_network(analyze(presets.build("lecture")))}

    assert lines["Parameters"] == "33\u2009730"
    assert lines["Multiply-adds"] == "1\u2009878\u2009464"
    assert (lines["Depth"], lines["Step"], lines["Receptive field"]) == ("7", "4", "32 × 32")


def test_several_outputs_are_told_by_their_names():
    lines = explanation.lines_of_node(analyze(presets.build("yolo_small")), "loss")

    told = [line.title for line in lines if line.title.startswith("Output")]
    assert told == [f"Output {name}" for name in ("xy", "wh", "obj", "noobj", "cls")]


def test_a_frozen_layer_says_how_many_of_its_weights_learn():
    network = edit.freeze(presets.build("lecture"), ["conv1"], True)
    lines = {line.title: line.value for line in explanation.lines_of_node(analyze(network), "conv1")}

    assert (lines["Weights"], lines["Learning weights"]) == ("80", "0")
