"""The scene is the network, whatever is done to it; and nothing of a canvas stays behind."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QGraphicsItem

from graph import CanevasError, Edge, Network, kinds
from graph import edit as editing
from graph.edit import Moved
from graph.files import dumps, loads
from graph.layout import arrange
from graph.network import Block
from gui.canvas import CanvasView
from gui.canvas.items import NodeItem
from gui.canvas.paint import HOVERED, SELECTED
from gui.document import Document
from tests.gui.canvas.driver import Driver, chain, small_network

pytestmark = pytest.mark.qt
KINDS = (
    "Conv2d",
    "ReLU",
    "MaxPool2d",
    "BatchNorm2d",
    "Flatten",
    "Linear",
    "Add",
    "Concat",
    "Input",
    "Output",
    "Target",
)


class Editing(RuleBasedStateMachine):
    """Random edits, undone and redone, at the top and inside of blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(small_network())
        self.canvas = CanvasView(self.document)
        self.canvas.resize(600, 400)
        self.history: list[Network] = [self.document.network]
        self.at = 0

    def teardown(self) -> None:
        self.document.close()
        self.canvas.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    @property
    def network(self) -> Network:
        return self.document.shown

    def do(self, change, merge: str = "") -> None:
        """Make an edit, unless it is refused: then nothing has changed."""
        before = self.document.network
        try:
            made = change(self.network)
            after, paths = (made.network, made.paths) if isinstance(made, Moved) else (made, {})
            self.document.edit_shown(after, "Edit", merge, paths)
        except CanevasError:
            assert self.document.network is before
            return
        if self.document.network is not before:
            del self.history[self.at + 1 :]
            self.history.append(self.document.network)
            self.at += 1

    def name(self, data) -> str:
        return data.draw(st.sampled_from(list(self.network.nodes)))

    def names(self, data, most: int = 3) -> list[str]:
        return data.draw(st.lists(st.sampled_from(list(self.network.nodes)), min_size=1, max_size=most, unique=True))

    @initialize()
    def settle(self) -> None:
        self.document._announce()

    @rule(kind=st.sampled_from(KINDS), x=st.integers(-500, 500), y=st.integers(-500, 500))
    def add(self, kind: str, x: int, y: int) -> None:
        self.do(lambda n: editing.add(n, kinds()[kind](), at=(float(x), float(y)))[0])

    @precondition(lambda self: len(self.network) > 1)
    @rule(data=st.data())
    def connect(self, data) -> None:
        a, b = self.name(data), self.name(data)
        outs, ins = self.network.outputs(self.network[a]), self.network.inputs(self.network[b])
        if outs and ins:
            edge = Edge(a, data.draw(st.sampled_from(outs)).name, b, data.draw(st.sampled_from(ins)).name)
            self.do(lambda n: editing.connect(n, edge))

    @precondition(lambda self: self.network.edges)
    @rule(data=st.data())
    def disconnect(self, data) -> None:
        edge = data.draw(st.sampled_from(self.network.edges))
        self.do(lambda n: editing.disconnect(n, [edge]))

    @precondition(lambda self: self.network.edges)
    @rule(data=st.data())
    def insert(self, data) -> None:
        edge = data.draw(st.sampled_from(self.network.edges))
        self.do(lambda n: editing.insert(*editing.add(n, kinds()["ReLU"](), at=(7.0, 7.0)), edge))

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data())
    def move(self, data) -> None:
        places = {n: (float(data.draw(st.integers(-900, 900))), 40.0) for n in self.names(data)}
        self.do(lambda n: editing.move(n, places))

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data(), bridge=st.booleans())
    def remove(self, data, bridge: bool) -> None:
        names = self.names(data, 2)
        self.do(lambda n: (editing.bridge if bridge else editing.remove)(n, names))

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data(), new=st.sampled_from(["stem", "head", "a1", "block", "3"]))
    def rename(self, data, new: str) -> None:
        old = self.name(data)
        self.do(lambda n: editing.rename(n, old, new))

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data())
    def wrap(self, data) -> None:
        names = self.names(data)
        self.do(lambda n: editing.wrap(n, names))

    @precondition(lambda self: any(isinstance(n.layer, Block) for n in self.network.nodes.values()))
    @rule(data=st.data(), how=st.sampled_from(["enter", "unwrap", "copy"]))
    def with_block(self, data, how: str) -> None:
        blocks = [n.name for n in self.network.nodes.values() if isinstance(n.layer, Block)]
        name = data.draw(st.sampled_from(blocks))
        if how == "enter":
            self.document.enter((*self.document.trail, name))
        elif how == "unwrap":
            self.do(lambda n: editing.unwrap(n, name))
        else:
            self.do(lambda n: editing.paste(n, editing.take(n, [name]), (300.0, 0.0))[0])

    @precondition(lambda self: self.document.trail)
    @rule()
    def leave(self) -> None:
        self.document.enter(self.document.trail[:-1])

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data(), on=st.booleans())
    def states(self, data, on: bool) -> None:
        names = self.names(data)
        self.do(lambda n: editing.freeze(n, names, on))
        self.do(lambda n: editing.bypass(n, names, on))

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data())
    def drag_and_give_up(self, data) -> None:
        names = self.names(data)
        self.canvas.scene.shift(names, 40.0, -12.0)
        self.canvas.scene.restore(names)

    @precondition(lambda self: self.network.nodes)
    @rule(data=st.data())
    def select(self, data) -> None:
        self.canvas.scene.select(self.names(data))

    @rule()
    def lay_out(self) -> None:
        self.do(lambda n: editing.move(n, arrange(n)))

    @precondition(lambda self: self.at > 0)
    @rule()
    def undo(self) -> None:
        self.document.stack.undo()
        self.at -= 1

    @precondition(lambda self: self.at < len(self.history) - 1)
    @rule()
    def redo(self) -> None:
        self.document.stack.redo()
        self.at += 1

    @rule()
    def analyze(self) -> None:
        self.document._announce()
        self.canvas.scene.know(self.document.shown_report)

    @rule()
    def paint(self) -> None:
        self.canvas.grab()

    @invariant()
    def scene_is_the_network(self) -> None:
        assert self.canvas.scene.matches(self.document.shown)
        items = [i for i in self.canvas.scene.items() if isinstance(i, NodeItem)]
        assert len(items) == len(self.document.shown.nodes)

    @invariant()
    def history_is_exact(self) -> None:
        assert self.document.network is self.history[self.at]
        assert self.document.stack.count() == len(self.history) - 1

    @invariant()
    def saved_and_loaded_it_is_the_same(self) -> None:
        assert loads(dumps(self.document.network)) == editing.prune(self.document.network)


@pytest.mark.slow
def test_the_scene_equals_the_network_after_any_edits(qtbot):
    from hypothesis.stateful import run_state_machine_as_test

    checked = settings(
        max_examples=50, stateful_step_count=45, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(Editing, settings=checked)


# what is looked at


def test_facts_reach_the_faces(canvas: Driver, qtbot):
    scene = canvas.canvas.scene
    canvas.document.edit(editing.set_values(canvas.network, "conv", out_channels=5, padding="same"), "Filters")
    qtbot.waitUntil(lambda: scene.nodes["conv"].face.shape == "5 × 28 × 28")
    assert scene.nodes["conv"].face.line == "Conv2d – 5, 3×3"
    assert scene.nodes["conv"].face.weights == "50"  # 5 · 9 + 5
    assert scene.nodes["relu"].face.shape == "5 × 28 × 28"


def test_shapes_stand_on_links_only_where_they_change(canvas: Driver):
    labels = {(e.source, e.target): text for e, text in canvas.canvas.scene.labels.items()}
    assert labels == {("input", "conv"): "1 × 28 × 28", ("conv", "relu"): "8 × 26 × 26"}
    relu = editing.add(canvas.network, kinds()["ReLU"](), "again", (0.0, 288.0))[0]
    canvas.document.edit(editing.connect(relu, Edge("relu", "out", "again", "x")), "Add")
    canvas.canvas.scene.know(canvas.document.shown_report)
    assert len(canvas.canvas.scene.labels) == 2


def test_an_error_is_shown_on_the_node_and_its_links_and_said_on_hover(driven):
    canvas = driven(chain("input:Input", "dense:Linear", "relu:ReLU"))
    scene = canvas.canvas.scene
    assert scene.nodes["dense"].face.error
    assert not scene.nodes["relu"].face.error  # downstream of an error there is no second one
    wrong = scene.by_style(canvas.network.edges)["wrong"]
    assert [(e.source, e.target) for e in wrong] == [("input", "dense")]
    canvas.hover(canvas.middle("dense"))
    assert "Flatten" in canvas.canvas.hand.tip().text
    assert scene.nodes["dense"].state & HOVERED


def test_a_skip_into_a_merge_is_seen(driven):
    network = chain("input:Input", "a:ReLU", "b:ReLU", "c:Add")
    network = editing.connect(network, Edge("a", "out", "c", "x"))
    scene = driven(network).canvas.scene
    assert {(e.source, e.target) for e, look in scene.looks.items() if look == "skip"} == {("a", "c")}


def test_what_is_deleted_and_undone_at_once_knows_its_facts_again(canvas: Driver, qtbot):
    canvas.document.edit(editing.remove(canvas.network, ["conv"]), "Delete")
    canvas.undo()
    canvas.document._announce()
    assert canvas.canvas.scene.nodes["conv"].face.weights == "80"


def test_a_long_name_is_shown_whole_on_hover(driven):
    name = "a_very_long_name_of_a_convolution_that_fits_no_node"
    canvas = driven(chain("input:Input", f"{name}:Conv2d"))
    canvas.hover(canvas.middle(name))
    assert canvas.canvas.hand.tip().text == name
    canvas.hover(canvas.middle("input"))
    assert canvas.canvas.hand.tip() is None


def test_selection_marks_nodes_and_is_announced_in_stored_order(canvas: Driver, qtbot):
    with qtbot.waitSignal(canvas.canvas.selection_changed) as signal:
        canvas.canvas.scene.select(["relu", "input"])
    assert signal.args == [("input", "relu")]
    states = {name: bool(item.state & SELECTED) for name, item in canvas.canvas.scene.nodes.items()}
    assert states == {"input": True, "conv": False, "relu": True}


def test_what_is_deleted_is_no_longer_selected(canvas: Driver, qtbot):
    canvas.canvas.scene.select(["conv", "relu"])
    with qtbot.waitSignal(canvas.canvas.selection_changed) as signal:
        canvas.document.edit(editing.remove(canvas.network, ["conv"]), "Delete")
    assert signal.args == [("relu",)]


def test_an_edit_touches_no_item_of_another_node(canvas: Driver):
    items = dict(canvas.canvas.scene.nodes)
    faces = {name: item.face for name, item in items.items()}
    canvas.document.edit(editing.move(canvas.network, {"relu": (300.0, 300.0)}), "Move")
    assert canvas.canvas.scene.nodes == items
    assert canvas.canvas.scene.nodes["input"].face is faces["input"]


def test_a_painted_node_is_painted_once(canvas: Driver):
    canvas.canvas.grab()
    kept = canvas.canvas.scene.pictures._kept
    before = list(kept)
    canvas.canvas.grab()
    assert sorted(map(hash, kept)) == sorted(map(hash, before))


def test_painted_nodes_keep_within_their_memory(driven):
    from gui.canvas.paint import Pictures

    canvas = driven()
    face = canvas.canvas.scene.nodes["conv"].face
    pictures = Pictures(budget=200_000)
    for i in range(50):
        pictures.get(face._replace(name=f"n{i}"), 0, 1.0, 1.0)
    assert pictures._used <= 200_000
    assert 1 < len(pictures._kept) < 10


@pytest.mark.parametrize("scale", [0.05, 0.17, 0.3, 0.6, 1.0, 2.5])
def test_every_level_of_detail_shows_the_nodes(canvas: Driver, scale: float):
    view = canvas.canvas.view
    view.zoom_to(scale)
    view.center_on((90.0, 32.0))
    image = canvas.viewport.grab().toImage()
    middle = view.mapFromScene(90.0, 24.0)
    background = image.pixelColor(2, 2)
    assert image.pixelColor(middle) != background


# nothing stays


@pytest.mark.slow
def test_a_hundred_canvases_leave_nothing_behind(qtbot, qapp):
    def cycle() -> None:
        document = Document(small_network())
        canvas = CanvasView(document)
        canvas.resize(400, 300)
        canvas.show()
        document.edit(editing.add(document.network, kinds()["ReLU"](), at=(300.0, 0.0))[0], "Add")
        canvas.look.quick_add()
        canvas.tell("a sentence")
        canvas.grab()
        canvas.close()
        document.close()
        canvas.deleteLater()
        document.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def counted() -> dict[str, int]:
        gc.collect()
        objects = gc.get_objects()
        return {
            cls.__name__: sum(1 for o in objects if issubclass(type(o), cls))
            for cls in (QGraphicsItem, QObject, QTimer, Network)
        } | {"widgets": len(QApplication.allWidgets())}

    for _ in range(3):
        cycle()
    before = counted()
    for _ in range(100):
        cycle()
    after = counted()
    grown = {name: after[name] - before[name] for name in before if after[name] > before[name] + 2}
    assert not grown
