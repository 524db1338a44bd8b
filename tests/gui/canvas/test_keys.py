"""What keys do on the canvas: everything can be built without a mouse."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from PySide6.QtCore import QByteArray, QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence

from graph import Edge, kinds
from graph import edit as editing
from graph.files import dumps
from gui.canvas.clipboard import FRAGMENT, INCOMING
from gui.canvas.hand import KEYS
from tests.gui.canvas.driver import Driver, chain, small_network

pytestmark = pytest.mark.qt


@pytest.fixture(autouse=True)
def empty_clipboard(qapp):
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


def choose(canvas: Driver, qtbot, query: str) -> str:
    """Search, take the first answer with Enter; the name of what was added."""
    qtbot.keyClicks(canvas.canvas.search.field, query)
    qtbot.keyClick(canvas.canvas.search.field, Qt.Key.Key_Return)
    (name,) = canvas.canvas.selection
    return name


@pytest.mark.parametrize("keys", KEYS)
def test_every_key_names_a_method_of_the_canvas(canvas: Driver, keys: str):
    owner, _, method = KEYS[keys].partition(".")
    assert callable(getattr(getattr(canvas.canvas, owner), method))
    assert not QKeySequence(keys).isEmpty()


def test_a_network_is_built_with_keys_alone(driven, qtbot):
    canvas = driven(chain())
    names = []
    for query in ("input", "conv2d", "relu", "flatten", "linear", "output"):
        canvas.keys("Tab")
        names.append(choose(canvas, qtbot, query))
    kinds_made = [canvas.network[n].kind for n in names]
    assert kinds_made == ["Input", "Conv2d", "ReLU", "Flatten", "Linear", "Output"]
    assert canvas.edges() == {f"{a} {b}" for a, b in pairwise(names)}
    tops = [canvas.network[n].at[1] for n in names]
    assert tops == sorted(tops)
    assert not [p for p in canvas.document.report.problems if p.severity == "error"]
    for _ in range(6):
        canvas.undo()
    assert not canvas.network.nodes


def test_two_nodes_are_joined_by_selecting_both_and_adding(driven, qtbot):
    network = chain("input:Input", "a:Conv2d")
    network, _ = editing.add(network, kinds()["Conv2d"](), "b", (212.0, 96.0))
    canvas = driven(editing.connect(network, Edge("input", "out", "b", "x")))
    canvas.canvas.scene.select(["a", "b"])
    canvas.keys("Tab")
    name = choose(canvas, qtbot, "add")
    assert canvas.edges() >= {f"a {name}", f"b {name}"}


def test_escape_closes_the_search_and_changes_nothing(canvas: Driver, qtbot):
    canvas.keys("Tab")
    qtbot.keyClicks(canvas.canvas.search.field, "conv")
    qtbot.keyClick(canvas.canvas.search.field, Qt.Key.Key_Escape)
    assert canvas.canvas.search is None
    assert len(canvas.network) == 3


def test_the_arrows_choose_in_the_search(canvas: Driver, qtbot):
    canvas.keys("Tab")
    box = canvas.canvas.search
    qtbot.keyClicks(box.field, "pool2d")
    second = box.list.item(1).text()
    qtbot.keyClick(box.field, Qt.Key.Key_Down)
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    (name,) = canvas.canvas.selection
    assert canvas.network[name].kind == second


def test_what_is_not_there_is_said(canvas: Driver, qtbot):
    canvas.keys("Tab")
    qtbot.keyClicks(canvas.canvas.search.field, "zzzz")
    assert canvas.canvas.search.list.count() == 0
    assert "zzzz" in canvas.canvas.search.empty.text()


def test_delete_takes_the_links_along(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.keys("Del")
    assert list(canvas.network.nodes) == ["input", "relu"]
    assert canvas.edges() == set()
    canvas.undo()
    assert canvas.edges() == {"input conv", "conv relu"}


def test_ctrl_x_reconnects_the_neighbors(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.keys("Ctrl+X")
    assert canvas.edges() == {"input relu"}


def test_copies_come_with_their_inner_links(canvas: Driver):
    canvas.canvas.scene.select(["conv", "relu"])
    canvas.keys("Ctrl+C")
    canvas.keys("Ctrl+V")
    a, b = canvas.canvas.selection
    assert canvas.edges() == {"input conv", "conv relu", f"{a} {b}"}
    assert canvas.document.stack.count() == 1


def test_with_shift_copies_are_fed_by_what_fed_the_originals(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.keys("Ctrl+C")
    canvas.keys("Ctrl+Shift+V")
    (name,) = canvas.canvas.selection
    assert f"input {name}" in canvas.edges()


def test_duplicates_stand_beside(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    canvas.keys("Ctrl+D")
    (name,) = canvas.canvas.selection
    assert canvas.network[name].at == (212.0, 96.0)
    assert len(canvas.edges()) == 2
    canvas.keys("Ctrl+Z")  # belongs to the window: nothing happens here
    canvas.click(canvas.middle("conv"))
    canvas.keys("Ctrl+Shift+D")
    assert len(canvas.edges()) == 3


def test_copies_go_from_one_window_to_another(driven):
    one, other = driven(), driven(chain("input:Input"))
    one.canvas.scene.select(["conv", "relu"])
    one.keys("Ctrl+C")
    other.keys("Ctrl+V")
    assert {"conv", "relu"} <= set(other.network.nodes)


def test_text_of_a_file_can_be_pasted(canvas: Driver):
    QGuiApplication.clipboard().setText(dumps(chain("a:ReLU", "b:ReLU")))
    canvas.keys("Ctrl+V")
    assert {"a", "b"} <= set(canvas.network.nodes)


HOSTILE = [
    '{"format": "canevas"}',
    '{"format": "canevas", "version": 99, "nodes": []}',
    '{"format": "canevas", "version": 1, "name": "x", "nodes": [{"name": "x", "kind": "os.system"}], "edges": []}',
    '{"format": "canevas", "version": 1, "name": "x", "nodes": [{"name": "__import__", "kind": "ReLU"}], "edges": []}',
    '{"format": "canevas", "version": 1, "nodes": [{"name": "a", "kind": "Conv2d", "groups": 1e999}], "edges": []}',
    "{" * 100_000,
    '{"a":' * 50_000,
    "{\x00\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("ours", [True, False])
def test_a_hostile_clipboard_is_refused_by_a_sentence(canvas: Driver, qtbot, text: str, ours: bool):
    mime = QMimeData()
    if ours:
        mime.setData(FRAGMENT, QByteArray(text.encode("utf-8", "surrogatepass")))
        mime.setData(INCOMING, QByteArray(b"[[1]]"))
    else:
        mime.setText(text)
    QGuiApplication.clipboard().setMimeData(mime)
    before = canvas.network
    with qtbot.waitSignal(canvas.canvas.told) as told:
        canvas.keys("Ctrl+V")
    assert told.args[0]
    assert canvas.network is before


def test_hostile_incoming_links_are_ignored(canvas: Driver):
    mime = QMimeData()
    mime.setData(FRAGMENT, QByteArray(dumps(chain("a:ReLU")).encode()))
    mime.setData(INCOMING, QByteArray(json.dumps([["input", "out", "a", "x"], ["nobody", "out", "a", "x"]]).encode()))
    QGuiApplication.clipboard().setMimeData(mime)
    canvas.keys("Ctrl+Shift+V")
    assert "input a" in canvas.edges()
    assert len(canvas.edges()) == 3


def test_an_empty_clipboard_is_said(canvas: Driver, qtbot):
    with qtbot.waitSignal(canvas.canvas.told):
        canvas.keys("Ctrl+V")


def test_ctrl_g_makes_a_block_and_ctrl_shift_g_dissolves_it(driven):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "end:Output"))
    start = canvas.network
    canvas.canvas.scene.select(["conv", "relu"])
    canvas.keys("Ctrl+G")
    (block,) = canvas.canvas.selection
    assert canvas.canvas.selected_block() == block
    assert canvas.edges() == {f"input {block}", f"{block} end"}
    canvas.keys("Ctrl+Shift+G")
    assert canvas.edges() == {"input conv", "conv relu", "relu end"}
    canvas.undo()
    canvas.undo()
    assert canvas.network is start


def test_enter_goes_into_a_block_and_escape_comes_out(driven, qtbot):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "end:Output"))
    canvas.canvas.scene.select(["conv", "relu"])
    canvas.keys("Ctrl+G")
    (block,) = canvas.canvas.selection
    with qtbot.waitSignal(canvas.canvas.entered) as signal:
        canvas.keys("Return")
    assert signal.args == [(block,)]
    assert "conv" in canvas.canvas.scene.nodes
    assert canvas.canvas.crumbs.isVisible()
    canvas.keys("Esc")
    assert canvas.canvas.scene.matches(canvas.document.network)
    assert canvas.canvas.selection == (block,)  # where one came out
    assert not canvas.canvas.crumbs.isVisible()


def test_double_click_goes_into_a_block_and_a_crumb_comes_out(driven, qtbot):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "end:Output"))
    canvas.canvas.scene.select(["conv", "relu"])
    canvas.keys("Ctrl+G")
    (block,) = canvas.canvas.selection
    canvas.double(canvas.middle(block))
    assert canvas.document.trail == (block,)
    canvas.canvas.crumbs.wanted.emit(())
    assert canvas.document.trail == ()


def test_an_edit_inside_a_block_is_one_step_of_the_whole(driven):
    canvas = driven(chain("input:Input", "conv:Conv2d", "relu:ReLU", "end:Output"))
    canvas.canvas.scene.select(["conv", "relu"])
    canvas.keys("Ctrl+G")
    canvas.keys("Return")
    steps = canvas.document.stack.count()
    canvas.canvas.scene.select(["relu"])
    canvas.keys("Ctrl+X")
    assert "relu" not in canvas.canvas.scene.nodes
    assert canvas.document.stack.count() == steps + 1
    assert canvas.canvas.scene.matches(canvas.document.shown)
    canvas.undo()
    assert "relu" in canvas.canvas.scene.nodes


def test_b_bypasses_and_l_freezes_and_again_undoes_it(canvas: Driver):
    canvas.click(canvas.middle("relu"))
    for key, state in (("B", "bypass"), ("L", "frozen")):
        canvas.keys(key)
        assert getattr(canvas.network["relu"], state)
        canvas.keys(key)
        assert not getattr(canvas.network["relu"], state)


def test_what_cannot_be_bypassed_says_why(canvas: Driver, qtbot):
    canvas.click(canvas.middle("input"))
    with qtbot.waitSignal(canvas.canvas.told) as told:
        canvas.keys("B")
    assert "input" in told.args[0]


def test_arrows_move_by_the_grid_as_one_step(canvas: Driver):
    canvas.click(canvas.middle("conv"))
    for _ in range(3):
        canvas.keys("Right")
    canvas.keys("Shift+Down")
    assert canvas.network["conv"].at == (12.0, 128.0)
    assert canvas.document.stack.count() == 1


def test_alt_arrows_walk_along_links(canvas: Driver):
    for expected in ("input", "conv", "relu", "relu"):
        canvas.keys("Alt+Down")
        assert canvas.canvas.selection == (expected,)
    canvas.keys("Alt+Up")
    assert canvas.canvas.selection == ("conv",)
    canvas.keys("Alt+Shift+Down")
    assert canvas.canvas.selection == ("conv", "relu")


def test_alt_arrows_go_to_the_neighbor_at_a_side(driven):
    network, _ = editing.add(small_network(), kinds()["ReLU"](), "beside", (304.0, 96.0))
    canvas = driven(network)
    canvas.click(canvas.middle("conv"))
    canvas.keys("Alt+Right")
    assert canvas.canvas.selection == ("beside",)
    canvas.keys("Alt+Left")
    assert canvas.canvas.selection == ("conv",)


def test_k_links_what_is_selected(driven):
    canvas = driven(editing.disconnect(small_network(), small_network().edges))
    canvas.canvas.scene.select(["input", "conv", "relu"])
    canvas.keys("K")
    assert canvas.edges() == {"input conv", "conv relu"}
    assert canvas.document.stack.count() == 1


def test_k_says_why_it_cannot_link(driven, qtbot):
    network = chain("input:Input", "conv:Conv2d")
    network, _ = editing.add(network, kinds()["Target"](), "target", (0.0, 200.0))
    canvas = driven(network)
    canvas.canvas.scene.select(["conv", "target"])
    with qtbot.waitSignal(canvas.canvas.told) as told:
        canvas.keys("K")
    assert "target" in told.args[0]


def test_ctrl_l_lays_out_as_one_step_and_shows_all(driven):
    network = editing.move(small_network(), {"relu": (3000.0, -900.0), "conv": (5.0, 3.0)})
    canvas = driven(network)
    canvas.keys("Ctrl+L")
    tops = [canvas.network[n].at[1] for n in ("input", "conv", "relu")]
    assert tops[1] - tops[0] >= 64
    assert tops[2] - tops[1] >= 64
    sight = canvas.canvas.view.sight()
    assert all(sight.meets(b.rect) for b in canvas.canvas.scene.drawing.boxes.values())
    canvas.undo()
    assert canvas.network == network


def test_home_shows_everything_and_f_the_selection(driven):
    network = editing.move(small_network(), {"relu": (5000.0, 5000.0)})
    canvas = driven(network)
    canvas.keys("Home")
    whole, sight = canvas.canvas.scene.drawing.bounds(), canvas.canvas.view.sight()
    assert sight.left <= whole.left
    assert sight.right >= whole.right
    canvas.canvas.scene.select(["relu"])
    canvas.keys("F")
    center = canvas.canvas.view.sight().center
    assert abs(center[0] - 5090) < 2
    assert abs(center[1] - 5032) < 2


def test_plus_and_minus_zoom(canvas: Driver):
    canvas.keys("+")
    assert canvas.canvas.view.scale_now == 1.25
    canvas.keys("-")
    canvas.keys("-")
    assert canvas.canvas.view.scale_now == 0.9


def test_space_alone_searches(canvas: Driver, qtbot):
    qtbot.keyClick(canvas.canvas.view, Qt.Key.Key_Space)
    assert canvas.canvas.search is not None


def test_ctrl_a_selects_all_and_escape_nothing(canvas: Driver):
    canvas.keys("Ctrl+A")
    assert canvas.canvas.selection == ("input", "conv", "relu")
    canvas.keys("Esc")
    assert canvas.canvas.selection == ()
