"""Someone who has never seen Canevas draws the lecture's network, trains it, tries it, takes it away, undoes it all."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from gui import app
from gui.canvas.geometry import box
from runtime import client
from tests.window.hand import Hand

pytestmark = [pytest.mark.xvfb, pytest.mark.qt, pytest.mark.torch, pytest.mark.slow]

STAGES = [(1, 8), (3, 16), (5, 32)]
RECURSIVE = Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly


@pytest.fixture
def window(qtbot):
    """The program as it starts, on a real screen."""
    app.application()
    window = app.open_window()
    window.setGeometry(0, 0, 1600, 1000)
    window.show()
    app.after_first_paint(window, "")
    qtbot.waitUntil(window.isVisible)
    subprocess.run(["xdotool", "windowfocus", "--sync", str(int(window.winId()))], check=True)  # no window manager does
    yield window
    for document in window.session.documents:
        document.stack.setClean()
    window.close()
    client.dismiss()
    window.deleteLater()
    qtbot.waitUntil(lambda: not shiboken6.isValid(window))
    gc.collect()  # the menus of plots belong to nobody


def named(parent: QWidget, name: str, cls: type = QWidget) -> QWidget:
    """The visible child of that name."""
    found = [w for w in parent.findChildren(cls, name) if w.isVisible()]
    assert found, f"no {name} to be seen"
    return found[0]


def button(parent: QWidget, text: str, role: str = "") -> QAbstractButton:
    """The visible button that says *text* (of that role, where several say so)."""
    found = [b for b in parent.findChildren(QAbstractButton) if b.isVisible() and b.text() == text]
    found = [b for b in found if not role or b.property("role") == role]
    assert found, f"no button {text} to be seen"
    return found[0]


def field(parent: QWidget, name: str) -> QWidget:
    """Where one types the value *name*."""
    editor = named(parent, name)
    return editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)


class Drawing:
    """The drawing as the eye finds its way on it."""

    def __init__(self, window) -> None:
        self.window = window

    @property
    def canvas(self):
        return self.window.canvas

    @property
    def network(self):
        return self.window.session.document.network

    def on_screen(self, x: float, y: float) -> tuple[int, int]:
        view = self.canvas.view
        return view.viewport().mapToGlobal(view.mapFromScene(QPointF(x, y))).toTuple()

    def node(self, name: str) -> tuple[int, int]:
        """The middle of a node."""
        rect = box(self.network, self.network[name]).rect
        return self.on_screen((rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2)

    def port(self, name: str, port: str) -> tuple[int, int]:
        """A dot of a node."""
        found = box(self.network, self.network[name])
        slot = next(s for s in (*found.ins, *found.outs) if s.port == port)
        return self.on_screen(*slot.at)


def test_the_lecture_by_hand(window, qtbot, tmp_path):
    hand, drawing = Hand(qtbot), Drawing(window)
    hand.click(button(window, "Empty network"))
    hand.until(lambda: window.room == "design" and drawing.canvas is not None and drawing.canvas.isVisible())
    draw(hand, window, drawing)
    report = window.session.document.report
    assert report.parameters == 33_730
    assert [str(p.message) for p in report.problems if p.severity == "error"] == []

    train(hand, window)
    predict(hand, window)
    take_away(hand, window, tmp_path / "mine.pt")

    hand.click(button(window.bar, "Design"))
    hand.until(drawing.canvas.isVisible)
    while window.session.document.stack.canUndo():
        hand.keys(*["ctrl+z"] * 5)
    assert len(drawing.network) == 0


def draw(hand: Hand, window, drawing: Drawing) -> None:
    """From nothing to the lecture's network."""
    tree = named(window, "palette-tree")
    (index,) = tree.model().match(tree.model().index(0, 0), Qt.ItemDataRole.DisplayRole, "Input", 1, RECURSIVE)
    start = hand.place(tree.viewport(), tree.visualRect(index).center())
    hand.drag(start, hand.place(drawing.canvas.viewport(), QPoint(400, 120)))
    hand.until(lambda: len(drawing.network) == 1)
    for stage, width in STAGES:
        for i in (stage, stage + 1):
            add(hand, drawing, "conv2d", f"conv{i}")
            hand.click(button(window.design.inspector, "same"))
            hand.write(field(window.design.inspector, "out_channels"), str(width))
            hand.until(lambda i=i, width=width: drawing.network[f"conv{i}"].layer.out_channels == width)
            choose(hand, drawing, f"conv{i}")
            add(hand, drawing, "relu", f"relu{i}")
        if stage < 5:
            add(hand, drawing, "maxpool2d", f"pool{(stage + 1) // 2}")
    add(hand, drawing, "flatten", "flatten")
    add(hand, drawing, "dense", "linear1")
    add(hand, drawing, "softmax", "softmax1")
    add(hand, drawing, "sortie", "output")
    hand.click(named(window.design.problems, "problems-turn"))
    hand.until(lambda: window.design.problems.findChild(QAbstractButton, "fix-add_loss"))
    hand.click(named(window.design.problems, "fix-add_loss"))
    hand.until(lambda: "loss" in drawing.network)


def train(hand: Hand, window) -> None:
    """The big button, and the curves move; here for three epochs."""
    hand.click(button(window.bar, "Train", "room"))
    hand.until(lambda: window.room == "train")
    room = window.page("train")
    hand.click(named(room, "data"))
    hand.keys("Home", "Return")
    hand.until(lambda: window.session.data is not None)
    hand.write(field(room, "epochs"), "3")
    hand.until(lambda: button(room, "Start").isEnabled())
    hand.click(button(room, "Start"))
    hand.until(lambda: measured(room) > 2, 120)
    seen = measured(room)
    hand.until(lambda: measured(room) > seen, 120)
    hand.until(lambda: room.course.state == "done", 300)


def measured(room) -> int:
    """How many points the training loss of the run that is looked at has."""
    series = room.course.series.get("train.loss") if room.course is not None else None
    return len(series) if series is not None else 0


def predict(hand: Hand, window) -> None:
    """Go to Test and choose a digit: the bars show what the network thinks."""
    hand.click(button(window.bar, "Test"))
    hand.until(lambda: window.room == "test")
    room = window.page("test")
    hand.until(lambda: room.images.tiles.isVisible() and room.images.tiles.tiles, 120)
    hand.click(room.images.tiles, QPoint(40, 40))
    hand.until(lambda: room.look.answer.bars.rows, 60)
    assert len(room.look.answer.bars.rows) >= 5


def take_away(hand: Hand, window, file) -> None:
    """Export, see the proof, and open the file where there is no Canevas."""
    room = window.page("test")
    hand.click(named(room, "export-file"))
    hand.keys("ctrl+a")
    hand.type(str(file))
    hand.click(named(room, "export"))
    hand.until(file.exists, 120)
    hand.until(lambda: room.measures.export.card.isVisible(), 120)
    assert "0" in room.measures.export.proof.text()
    code = (
        "import torch; d = torch.load('mine.pt', weights_only=True); s = {}; exec(d['source'], s); n = s['Net'](); "
        "n.load_state_dict(d['state_dict']); print(tuple(n.eval()(torch.zeros(1, 1, 28, 28)).shape))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=file.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "(1, 10)", done.stderr


def choose(hand: Hand, drawing: Drawing, name: str) -> None:
    """Click on a node."""
    hand.do("mousemove", *drawing.node(name), "click", 1)
    hand.until(lambda: drawing.canvas.selection == (name,))


def add(hand: Hand, drawing: Drawing, words: str, name: str) -> None:
    """Tab, a few letters, Enter: the layer stands there, linked to the one before."""
    hand.keys("Tab")
    hand.type(words)
    hand.keys("Return")
    hand.until(lambda: name in drawing.network, 10)
