"""Problems are listed with ways out; a way out is one step of the history."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from graph import Edge, Network, Node, layers
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
