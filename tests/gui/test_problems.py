"""Problems are listed with ways out; a way out is one step of the history."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QPushButton

from graph import Edge, Network, Node, layers
from graph.circumstances import Circumstances
from gui.canvas.hit import Hit
from gui.data.watch import DataWatch
from gui.problem_row import ProblemRow
from gui.window import Window

pytestmark = pytest.mark.qt


@pytest.fixture
def broken() -> Network:
    """Maps that meet a Linear: a Flatten is missing."""
    nodes = [
        Node("input", layers.source.Input((1, 28, 28)), (0, 0)),
        Node("conv1", layers.convolution.Conv2d(8, 3), (0, 96)),
        Node("dense", layers.dense.Linear(10), (0, 192)),
    ]
    edges = (Edge("input", "out", "conv1", "x"), Edge("conv1", "out", "dense", "x"))
    return Network("broken", {n.name: n for n in nodes}, edges)


def test_without_problems_the_drawer_is_a_bar(window: Window, drawing):
    drawing()

    assert window.design.problems.height() <= 34
    assert not window.status._problems.isVisible()


def test_a_problem_names_its_node_and_counts_in_the_status_line(window: Window, drawing, broken):
    drawing(broken)

    assert [p.path for p in window.design.problems.problems][:1] == ["dense"]
    assert window.design.problems.height() > 60
    assert window.status._problems.text() == "1 problem"


def test_the_button_mends_and_undo_breaks_again(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    fix = next(
        b
        for b in window.design.problems.findChildren(QPushButton)
        if b.objectName().startswith("fix-") and b.isVisible()
    )

    with qtbot.waitSignal(document.analyzed):
        qtbot.mouseClick(fix, Qt.MouseButton.LeftButton)

    assert "Flatten" in [n.kind for n in document.network.nodes.values()]
    assert not [p for p in document.report.problems if p.severity == "error"]
    assert document.stack.count() == 1

    with qtbot.waitSignal(document.analyzed):
        window.do("undo")
    assert window.design.problems.problems[0].path == "dense"


def test_show_selects_the_node(window: Window, drawing, broken, qtbot):
    drawing(broken)
    show = next(b for b in window.design.problems.findChildren(QPushButton, "show") if b.isVisible())

    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)

    assert window.canvas.selection == ("dense",)
    assert window.design.inspector.names == ("dense",)


def test_f8_walks_through_the_problems_into_blocks(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    window.canvas.scene.select(("conv1", "dense"))
    window.do("wrap")
    qtbot.waitUntil(lambda: any("." in p.path for p in window.design.problems.problems))
    window.canvas.scene.select(())

    window.do("next_problem")

    assert len(document.trail) == 1
    assert window.canvas.selection == ("dense",)


def test_the_status_line_leads_to_the_problem(window: Window, drawing, broken, qtbot):
    drawing(broken)
    window.show_room("settings")

    qtbot.mouseClick(window.status._problems, Qt.MouseButton.LeftButton)

    assert window.room == "design"
    assert window.canvas.selection == ("dense",)


def fixes(window: Window) -> list[QPushButton]:
    """The buttons that mend, as they stand in the drawer."""
    rows = window.design.problems.findChildren(ProblemRow)
    return [b for r in rows for b in r.findChildren(QPushButton) if b.objectName().startswith("fix-") and b.isVisible()]


def point_at(button: QPushButton) -> None:
    """The pointer comes over a button."""
    at = QPointF(button.rect().center())
    QApplication.sendEvent(button, QEnterEvent(at, at, at))


def leave(button: QPushButton) -> None:
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))


def totals(window: Window) -> str:
    """What the bar of the drawer says."""
    return window.design.problems._line.text()


def test_pointing_at_a_way_out_shows_it_on_the_drawing(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    canvas = window.canvas
    canvas.scene.select(("dense",))
    (button,) = [b for b in fixes(window) if b.objectName() == "fix-insert_flatten"]

    point_at(button)

    assert canvas.preview.on
    (new,) = [name for name in canvas.scene.nodes if name not in document.network.nodes]
    assert canvas.scene.nodes[new].face.mark == "added"
    assert canvas.scene.nodes["dense"].face.shape == "10"  # the facts are those it would have
    assert set(canvas.scene._marked_edges.values()) == {"added", "removed"}
    assert totals(window).startswith("Preview: 1 → 0 errors · 80 → 54\u2009170 parameters")
    assert document.stack.count() == 0
    assert canvas.selection == ("dense",)

    leave(button)

    assert not canvas.preview.on
    assert canvas.scene.matches(document.network)
    assert canvas.scene.nodes["dense"].face.mark == ""
    assert totals(window) == ""
    assert canvas.selection == ("dense",)


def test_what_is_previewed_is_what_is_done(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    (button,) = [b for b in fixes(window) if b.objectName() == "fix-insert_flatten"]
    point_at(button)
    shown = {name: item.pos() for name, item in window.canvas.scene.nodes.items()}

    with qtbot.waitSignal(document.analyzed):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert not window.canvas.preview.on
    assert window.canvas.scene.matches(document.network)
    assert {name: item.pos() for name, item in window.canvas.scene.nodes.items()} == shown
    assert document.stack.count() == 1
    tops = sorted(n.at[1] for n in document.network.nodes.values())
    assert all(b - a >= 64 for a, b in pairwise(tops))  # the new node covers none


def test_working_on_the_drawing_ends_the_preview(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    point_at(fixes(window)[0])
    assert window.canvas.preview.on

    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(4, 4))

    assert not window.canvas.preview.on
    assert window.canvas.scene.matches(document.network)


def test_the_focus_previews_too(window: Window, drawing, broken, qtbot):
    drawing(broken)
    window.activateWindow()
    button = fixes(window)[0]

    button.setFocus()
    qtbot.waitUntil(lambda: window.canvas.preview.on)
    window.canvas.view.setFocus()

    qtbot.waitUntil(lambda: not window.canvas.preview.on)


def test_keys_walk_preview_and_mend(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    window.do("next_problem")
    rows = window.design.problems.findChildren(ProblemRow)
    assert rows[0]._mark.isVisible()

    window.do("preview_fix")
    assert window.canvas.preview.on
    with qtbot.waitSignal(document.analyzed):
        window.do("apply_fix")

    assert "Flatten" in [n.kind for n in document.network.nodes.values()]
    window.do("undo")
    assert document.network == broken


def test_each_way_to_merge_is_previewed_in_turn(window: Window, drawing, qtbot):
    nodes = {
        "input": layers.source.Input((3, 32, 32)),
        "half": layers.convolution.Conv2d(8, 3, 2, 1),
        "whole": layers.convolution.Conv2d(8, 3, 1, 1),
        "add": layers.merge.Add(),
        "answer": layers.source.Output(),
    }
    edges = [("input", "half"), ("input", "whole"), ("half", "add"), ("whole", "add"), ("add", "answer")]
    drawing(
        Network(
            "merge",
            {name: Node(name, layer, (0.0, 96.0 * i)) for i, (name, layer) in enumerate(nodes.items())},
            tuple(Edge(a, "out", b, "x") for a, b in edges),
        )
    )
    window.do("next_problem")
    seen = []

    for _ in range(3):
        window.do("preview_fix")
        seen.append(window.design.problems._fix.id)
        kinds = {window.canvas.scene.drawing.network[n].kind for n in window.canvas.scene.nodes}
        assert kinds & {"Interpolate", "CenterCrop", "Conv2d"}
        assert window.canvas.scene.nodes["add"].face.shape != "not computed"
    window.do("preview_fix")

    assert seen == ["resize", "crop", "project_stride"]
    assert not window.canvas.preview.on


def test_a_way_out_inside_a_block_is_previewed_there(window: Window, drawing, broken, qtbot):
    document = drawing(broken)
    window.canvas.scene.select(("conv1", "dense"))
    window.do("wrap")
    qtbot.waitUntil(lambda: any("." in p.path for p in window.design.problems.problems))
    (block,) = [n for n in document.network.nodes if n != "input"]

    qtbot.waitUntil(lambda: fixes(window) != [])
    button = fixes(window)[0]

    point_at(button)
    assert window.canvas.scene.nodes[block].face.mark == "changed"
    leave(button)
    window.do("next_problem")
    window.do("preview_fix")

    assert "added" in {item.face.mark for item in window.canvas.scene.nodes.values()}
    window.canvas.look.leave()
    assert not window.canvas.preview.on
    assert window.canvas.scene.matches(document.shown)


def test_what_is_known_of_the_data_is_held_against_the_network(window: Window, drawing, small_network, qtbot):
    nodes = {**small_network.nodes, "flatten": Node("flatten", layers.tensor_ops.Flatten(), (0, 288))}
    nodes |= {
        "dense": Node("dense", layers.dense.Linear(4), (0, 384)),
        "loss": Node("loss", layers.loss.CrossEntropyLoss()),
    }
    nodes |= {"target": Node("target", layers.source.Target())}
    edges = [Edge("relu1", "out", "flatten", "x"), Edge("flatten", "out", "dense", "x")]
    edges += [Edge("dense", "out", "loss", "input"), Edge("target", "out", "loss", "target")]
    document = drawing(Network("c", nodes, (*small_network.edges, *edges)))
    assert "class_count" not in [p.code for p in window.design.problems.problems]
    watch = DataWatch.of(window.session)

    class Known:
        def around(self, batch: int) -> Circumstances:
            return Circumstances("flowers", "classification", (3, 32, 32), 7, 10_000, batch=batch)

    watch.facts = Known()
    watch.changed.emit()

    (found,) = [p for p in window.design.problems.problems if p.code == "class_count"]
    assert str(found.message) == "The network scores 4 classes, but flowers has 7."
    assert window.status._problems.text() == "1 problem"
    with qtbot.waitSignal(document.analyzed):
        window.design.problems.mend(found.fixes[0])
    assert "class_count" not in [p.code for p in window.design.problems.problems]


def test_a_node_with_a_problem_has_a_badge_that_says_it(window: Window, drawing, broken, qtbot):
    """Of an error and of a warning; a block has one for what is wrong inside."""
    side = Node("side", layers.convolution.Conv2d(4, 3), (304, 96))
    edges = (*broken.edges, Edge("input", "out", "side", "x"), Edge("dense", "out", "answer", "x"))
    answer = Node("answer", layers.source.Output(), (0, 288))
    document = drawing(broken.change(nodes={**broken.nodes, "answer": answer, "side": side}, edges=edges))
    canvas = window.canvas

    assert {n: i.face.told for n, i in canvas.scene.nodes.items() if i.face.told} == {
        "dense": "error",
        "side": "warning",
    }
    tip = canvas.look.tip_of(Hit(node="side"))
    assert "never computed" in tip.text
    assert not tip.wrong

    canvas.scene.select(("conv1", "dense"))
    with qtbot.waitSignal(document.analyzed):
        window.do("wrap")
    (block,) = [n for n in document.network.nodes if document.network[n].kind in document.network.blocks]
    assert canvas.scene.nodes[block].face.told == "error"
    document.enter((block,))
    assert canvas.scene.nodes["dense"].face.told == "error"
    document.enter(())
    window.design.problems.mend(window.design.problems.problems[0].fixes[0])
    qtbot.waitUntil(lambda: not canvas.scene.nodes[block].face.told)
