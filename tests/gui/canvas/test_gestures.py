"""What the mouse does on the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from graph import Edge, dumps, kinds
from graph import edit as editing
from gui.canvas.hand import DEFINITION, KIND
from presets import ready_blocks
from tests.gui.canvas.driver import Driver, chain, small_network

pytestmark = pytest.mark.qt
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def test_a_click_selects_one_node(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    assert canvas.canvas.selection == ("conv",)
    canvas.click(canvas.middle("relu"))
    assert canvas.canvas.selection == ("relu",)


def test_shift_click_adds_and_takes_away(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.click(canvas.middle("relu"), SHIFT)
    assert canvas.canvas.selection == ("conv", "relu")
    canvas.click(canvas.middle("conv"), SHIFT)
    assert canvas.canvas.selection == ("relu",)


def test_a_click_on_nothing_selects_nothing(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.click(canvas.at(400, 20))
    assert canvas.canvas.selection == ()


def test_a_rubber_band_selects_what_it_touches(canvas: Driver):
    canvas.drag(canvas.at(-40, 120), canvas.at(220, 220))
    assert canvas.canvas.selection == ("conv", "relu")


def test_dragging_moves_on_the_grid_as_one_step(canvas: Driver):
    start = canvas.network
    canvas.drag(canvas.middle("conv"), canvas.middle("conv") + QPoint(61, 30))
    assert canvas.network["conv"].at == (60.0, 128.0)  # (0, 96) and (61, 30), rounded to multiples of 4
    assert canvas.document.stack.count() == 1
    assert canvas.canvas.scene.matches(canvas.network)
    canvas.undo()
    assert canvas.network == start
    assert canvas.canvas.scene.matches(canvas.network)


def test_dragging_moves_all_that_is_selected(canvas: Driver):
    canvas.keys("Ctrl+A")
    canvas.drag(canvas.middle("conv"), canvas.middle("conv") + QPoint(40, 0))
    assert [n.at[0] for n in canvas.network.nodes.values()] == [40.0, 40.0, 40.0]


def test_escape_puts_back_what_is_dragged(canvas: Driver):
    canvas.press(canvas.middle("conv"))
    canvas.pull(canvas.middle("conv") + QPoint(80, 80))
    canvas.keys("Esc")
    canvas.release(canvas.middle("conv") + QPoint(80, 80))
    assert canvas.document.stack.count() == 0
    assert canvas.canvas.scene.matches(canvas.network)


def test_a_link_is_drawn_from_output_to_input(driven):
    network = editing.disconnect(small_network(), small_network().edges)
    canvas = driven(network)
    canvas.drag(canvas.port("input", "out", out=True), canvas.port("conv", "x", out=False))
    assert canvas.edges() == {"input conv"}


def test_a_link_is_drawn_from_input_to_output(driven):
    network = editing.disconnect(small_network(), small_network().edges)
    canvas = driven(network)
    canvas.drag(canvas.port("conv", "x", out=False), canvas.port("input", "out", out=True))
    assert canvas.edges() == {"input conv"}


def test_a_link_let_go_on_the_body_of_a_node_finds_its_port(driven):
    network = editing.disconnect(small_network(), small_network().edges)
    canvas = driven(network)
    canvas.drag(canvas.port("input", "out", out=True), canvas.middle("conv"))
    assert canvas.edges() == {"input conv"}


def test_a_refused_link_says_why_while_hovering_and_when_let_go(canvas: Driver, qtbot):
    start = canvas.network
    canvas.press(canvas.port("relu", "out", out=True))
    canvas.pull(canvas.port("relu", "out", out=True) + QPoint(30, 30), canvas.port("conv", "x", out=False))
    assert "circle" in canvas.canvas.hand.tip().text
    with qtbot.waitSignal(canvas.canvas.told) as told:
        canvas.release(canvas.port("conv", "x", out=False))
    assert "circle" in told.args[0]
    assert canvas.network is start


def test_nodes_at_which_a_link_cannot_arrive_are_dimmed(canvas: Driver):
    from gui.canvas.paint import DIMMED

    canvas.press(canvas.port("conv", "out", out=True))
    canvas.pull(canvas.port("conv", "out", out=True) + QPoint(60, 10))
    dimmed = {name for name, item in canvas.canvas.scene.nodes.items() if item.state & DIMMED}
    canvas.keys("Esc")
    assert dimmed == {"input", "relu"}  # the input takes nothing; the relu is linked already
    assert not any(item.state & DIMMED for item in canvas.canvas.scene.nodes.values())
    canvas.release(canvas.at(300, 300))


def test_a_taken_input_gives_its_link_away(driven):
    network, other = editing.add(small_network(), kinds()["ReLU"](), "other", (300.0, 192.0))
    canvas = driven(network)
    canvas.drag(canvas.port("relu", "x", out=False), canvas.port(other, "x", out=False))
    assert canvas.edges() == {"input conv", "conv other"}
    assert canvas.document.stack.count() == 1


def test_a_link_pulled_off_and_let_go_on_nothing_is_deleted(canvas: Driver):
    canvas.drag(canvas.port("relu", "x", out=False), canvas.at(400, 180))
    assert canvas.edges() == {"input conv"}


def test_a_link_let_go_on_nothing_searches_what_fits(canvas: Driver, qtbot):
    canvas.drag(canvas.port("relu", "out", out=True), canvas.at(300, 380))
    names = [canvas.canvas.search.list.item(i).text() for i in range(canvas.canvas.search.list.count())]
    assert "Conv2d" in names
    assert "Target" not in names  # takes nothing
    qtbot.keyClicks(canvas.canvas.search.field, "maxp")
    qtbot.keyClick(canvas.canvas.search.field, Qt.Key.Key_Return)
    assert "relu pool1" in canvas.edges()
    assert canvas.document.stack.count() == 1


def test_double_click_on_a_link_deletes_it(canvas: Driver):
    canvas.double(canvas.link("conv", "relu"))
    assert canvas.edges() == {"input conv"}


def test_ctrl_and_right_drag_cut_links(driven):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "pool:MaxPool2d"))
    a, b = canvas.link("input", "conv"), canvas.link("relu", "pool")
    canvas.drag(a + QPoint(-60, -2), a + QPoint(60, 2), CONTROL, Qt.MouseButton.RightButton)
    assert canvas.edges() == {"conv relu", "relu pool"}
    canvas.undo()
    canvas.drag(a + QPoint(-110, 0), b + QPoint(-110, 2), CONTROL, Qt.MouseButton.RightButton)
    assert len(canvas.edges()) == 3  # a stroke beside them cuts none


def test_a_node_dropped_on_a_link_goes_into_it(driven):
    network, _ = editing.add(small_network(), kinds()["BatchNorm2d"](), "norm", (300.0, 60.0))
    canvas = driven(network)
    canvas.drag(canvas.middle("norm"), canvas.link("conv", "relu"))
    assert canvas.edges() == {"input conv", "conv norm", "norm relu"}
    assert canvas.document.stack.count() == 1
    assert canvas.network["relu"].at[1] >= canvas.network["norm"].at[1] + 64  # it made room
    canvas.undo()
    assert canvas.network == network


def test_a_linked_node_dropped_on_a_link_only_moves(driven):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "pool:MaxPool2d"))
    before = canvas.edges()
    canvas.drag(canvas.middle("pool"), canvas.link("input", "conv"))
    assert canvas.edges() == before


def dropped(canvas: Driver, name: str, at: QPoint, what: str = KIND) -> None:
    """Drag a kind from the palette to *at*: what Qt sends, since a real drag does not drop without a screen.

    Of a definition, *name* is its text.
    """
    mime = QMimeData()
    mime.setData(what, name.encode())
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(at - QPoint(9, 9), copy, mime, left, none),
        QDragMoveEvent(at, copy, mime, left, none),
        QDropEvent(QPointF(at), copy, mime, left, none),
    ):
        QApplication.sendEvent(canvas.viewport, event)
        taken = event.isAccepted()
    assert taken == (name in kinds() or (what == DEFINITION and name != "nonsense"))


def test_a_kind_dragged_from_the_palette_stands_where_it_was_dropped(canvas: Driver):
    dropped(canvas, "Conv2d", canvas.at(400, 300))
    (name,) = canvas.canvas.selection
    assert canvas.network[name].kind == "Conv2d"
    assert canvas.network[name].at == (312.0, 268.0)  # (400 - 90, 300 - 32) on the grid


def test_a_kind_is_dropped_where_the_pointer_is_after_scrolling_and_zooming(canvas: Driver):
    canvas.canvas.view.zoom_to(2.0)
    canvas.canvas.view.pan(-333, 120)
    dropped(canvas, "Conv2d", canvas.at(400, 300))
    (name,) = canvas.canvas.selection
    assert canvas.network[name].at == (312.0, 268.0)


def test_a_kind_dropped_on_a_link_goes_into_it(canvas: Driver):
    dropped(canvas, "BatchNorm2d", canvas.link("conv", "relu"))
    assert canvas.edges() == {"input conv", "conv norm1", "norm1 relu"}


def test_a_kind_that_does_not_fit_a_link_is_put_beside(canvas: Driver):
    dropped(canvas, "Target", canvas.link("conv", "relu"))
    assert canvas.edges() == {"input conv", "conv relu"}
    assert len(canvas.network) == 4


def test_a_definition_dropped_on_a_link_goes_into_it(canvas: Driver):
    text = dumps(ready_blocks()["convolution_unit"].build())
    dropped(canvas, text, canvas.link("conv", "relu"), DEFINITION)

    assert canvas.edges() == {"input conv", "conv convolution_unit", "convolution_unit relu"}
    assert canvas.document.stack.count() == 1
    dropped(canvas, text, canvas.at(400, 300), DEFINITION)
    assert list(canvas.network.blocks) == ["convolution_unit"]
    canvas.undo()
    canvas.undo()
    assert not canvas.network.blocks


def test_a_text_that_is_no_definition_is_not_taken(canvas: Driver):
    dropped(canvas, "nonsense", canvas.at(400, 300), DEFINITION)
    assert len(canvas.network) == 3


def test_an_unknown_kind_is_not_taken(canvas: Driver):
    dropped(canvas, "Nonsense", canvas.at(400, 300))
    assert len(canvas.network) == 3


def test_the_wheel_zooms_at_the_pointer(canvas: Driver):
    at = canvas.middle("relu")
    before = canvas.canvas.view.mapToScene(at)
    none = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        QPointF(at),
        QPointF(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.viewport, wheel)
    assert canvas.canvas.view.scale_now == 1.25
    after = canvas.canvas.view.mapToScene(at)
    assert abs(after.x() - before.x()) < 1
    assert abs(after.y() - before.y()) < 1


def test_the_middle_button_pans(canvas: Driver):
    before = canvas.at(0, 0)
    canvas.drag(canvas.at(300, 300), canvas.at(340, 320), button=Qt.MouseButton.MiddleButton)
    assert canvas.at(0, 0) - before == QPoint(40, 20)
    assert canvas.document.stack.count() == 0


def test_space_and_drag_pan(canvas: Driver, qtbot):
    before = canvas.at(0, 0)
    qtbot.keyPress(canvas.canvas.view, Qt.Key.Key_Space)
    canvas.drag(canvas.middle("conv"), canvas.middle("conv") + QPoint(40, 20))
    qtbot.keyRelease(canvas.canvas.view, Qt.Key.Key_Space)
    assert canvas.at(0, 0) - before == QPoint(40, 20)
    assert canvas.canvas.search is None


def test_a_right_click_selects_and_asks_for_the_menu(canvas: Driver, qtbot):
    with qtbot.waitSignal(canvas.canvas.menu_wanted):
        canvas.click(canvas.middle("conv"), button=Qt.MouseButton.RightButton)
    assert canvas.canvas.selection == ("conv",)


def test_double_click_on_nothing_searches_and_adds_there(canvas: Driver, qtbot):
    canvas.double(canvas.at(420, 200))
    qtbot.keyClicks(canvas.canvas.search.field, "relu")
    qtbot.keyClick(canvas.canvas.search.field, Qt.Key.Key_Return)
    (name,) = canvas.canvas.selection
    assert canvas.network[name].at == (332.0, 168.0)
    assert canvas.canvas.search is None
    assert len(canvas.edges()) == 2


def test_an_add_takes_links_one_after_the_other(driven):
    network = chain("input:Input", "a:Conv2d", "b:ReLU")
    network, _ = editing.add(network, kinds()["Add"](), "sum", (0.0, 320.0))
    canvas = driven(network)
    canvas.drag(canvas.port("b", "out", out=True), canvas.middle("sum"))
    canvas.drag(canvas.port("a", "out", out=True), canvas.middle("sum"))
    assert canvas.network.incoming["sum"] == (Edge("b", "out", "sum", "x"), Edge("a", "out", "sum", "x"))


def test_undoing_in_the_middle_of_a_drag_puts_back_what_is_dragged(canvas: Driver):
    """Ctrl+Z may come while the button is down; the node dragged may then be gone."""
    network, name = editing.add(canvas.network, kinds()["ReLU"](), "new", (300.0, 100.0))
    canvas.document.edit(network, "Add")
    canvas.press(canvas.middle(name))
    canvas.pull(canvas.middle(name) + QPoint(50, 50))
    canvas.undo()
    canvas.release(canvas.at(350, 150))
    assert canvas.canvas.scene.matches(canvas.network)
    assert name not in canvas.network


def test_space_held_while_the_focus_goes_is_forgotten(canvas: Driver, qtbot):
    qtbot.keyPress(canvas.canvas.view, Qt.Key.Key_Space)
    canvas.canvas.view.clearFocus()
    QApplication.sendEvent(canvas.canvas.view, QFocusEvent(QEvent.Type.FocusOut))
    canvas.drag(canvas.middle("conv"), canvas.middle("conv") + QPoint(40, 0))
    assert canvas.network["conv"].at == (40.0, 96.0)


def test_what_is_said_stays_within_the_canvas(canvas: Driver, qtbot):
    canvas.hover(QPoint(890, 690))
    canvas.canvas.tell("A long sentence that says why something was refused, and what one could do instead of it.")
    x, y = canvas.canvas.hand._tip_place(canvas.canvas.hand.tip())
    assert 0 < x < 700
    assert 0 < y < 640
