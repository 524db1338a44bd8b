"""Click a number: a card says how it comes about, with the user's numbers; the keyboard reaches all of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton

import presets
from graph import analyze, edit
from graph.explain import QUANTITIES, explain
from gui.canvas import quantities
from gui.canvas.figures import figures
from gui.explanation import Number
from gui.explanation_card import ExplanationCard, as_text, place
from gui.fold import Fold
from gui.formula import typeset
from gui.groups import Costs, Place, TrySize

pytestmark = pytest.mark.qt


@pytest.fixture
def lecture(window, drawing):
    return drawing(presets.build("lecture"))


def card() -> ExplanationCard:
    QApplication.processEvents()
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ExplanationCard) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def no_card() -> bool:
    return not any(isinstance(w, ExplanationCard) and w.isVisible() for w in QApplication.topLevelWidgets())


def texts(widget) -> list[str]:
    QApplication.processEvents()
    return [label.text().replace("\u202f", "\u2009") for label in widget.findChildren(QLabel)]


def click(qtbot, widget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ask-weights", "(3×3×8 + 1) × 16 = 1\u2009168"),
        ("ask-macs", "14×14 × 3×3×8 × 16 = 225\u2009792"),
        ("ask-output", "⌊(14 + 2·1 − 3) / 1⌋ + 1 = 14"),
        ("ask-memory", "16×14×14 × 4 = 12\u2009544 B = 12.25 KiB"),
        ("ask-receptive_field", "1 + (3 − 1) + (3 − 1) + (2 − 1) + (3 − 1)·2 = 10"),
        ("ask-stride", "2"),
    ],
)
def test_a_click_on_a_number_explains_it(window, lecture, qtbot, name, says):
    window.canvas.scene.select(("conv3",))

    click(qtbot, window.design.inspector.findChild(Number, name))

    assert says in texts(card())
    assert "conv3" in texts(card())


def test_the_totals_explain_themselves(window, lecture, qtbot):
    click(qtbot, window.status.findChild(Number, "total-weights"))

    assert any(t.endswith("+ 15\u2009690 = 33\u2009730") for t in texts(card()))
    assert any("122 are biases" in t for t in texts(card()))


def test_the_number_on_a_node_explains_itself_and_selects_the_node(window, lecture, qtbot):
    canvas = window.canvas
    canvas.look.frame_all()
    canvas.view.zoom_to(1.0)
    canvas.view.center_on(canvas.scene.drawing.boxes["conv3"].rect.center)
    weights = next(f for f in figures(canvas.scene, "conv3") if f.quantity == "weights")
    at = canvas.view.mapFromScene(*weights.rect.center)

    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)

    assert "(3×3×8 + 1) × 16 = 1\u2009168" in texts(card())
    assert canvas.selection == ("conv3",)


def test_a_click_beside_the_number_only_selects(window, lecture, qtbot):
    canvas = window.canvas
    canvas.view.zoom_to(1.0)
    canvas.view.center_on(canvas.scene.drawing.boxes["conv3"].rect.center)
    rect = canvas.scene.drawing.boxes["conv3"].rect

    qtbot.mouseClick(
        canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.view.mapFromScene(rect.left + 60, rect.top + 20)
    )

    assert canvas.selection == ("conv3",)
    assert no_card()


def test_the_keyboard_opens_it_copies_it_and_closes_it(window, lecture, qtbot):
    window.canvas.scene.select(("conv3",))
    number = window.design.inspector.findChild(Number, "ask-weights")
    number.setFocus(Qt.FocusReason.TabFocusReason)

    qtbot.keyClick(number, Qt.Key.Key_Return)
    shown = card()
    qtbot.keyClick(shown.findChild(QToolButton, "copy-explanation"), Qt.Key.Key_Space)
    assert QApplication.clipboard().text().splitlines()[0] == "Weights – conv3: 1\u2009168"

    QTest.keyClick(shown, Qt.Key.Key_Escape)
    qtbot.waitUntil(no_card)


def test_numbers_can_be_reached_with_tab(window, lecture):
    window.canvas.scene.select(("conv3",))

    numbers = window.design.inspector.findChildren(Number)

    assert len(numbers) >= 5
    assert all(n.focusPolicy() & Qt.FocusPolicy.TabFocus for n in numbers)
    assert all(
        n.accessibleName() for n in numbers if n.objectName() != "ask-receptive_field" and n.text()[:4] != "Step"
    )


def test_inside_a_block_the_chain_comes_from_outside(window, drawing, qtbot):
    document = drawing(edit.wrap(presets.build("lecture"), ["conv3", "relu3"], "stage").network)
    document.enter(("stage",))
    window.canvas.scene.select(("conv3",))

    click(qtbot, window.design.inspector.findChild(Number, "ask-receptive_field"))

    assert {"conv1", "conv2", "pool1", "stage.conv3"} <= set(texts(card()))


def test_inside_a_block_with_nothing_selected_the_block_is_told(window, drawing, qtbot):
    document = drawing(edit.wrap(presets.build("lecture"), ["conv3", "relu3"], "stage").network)
    document.enter(("stage",))

    click(qtbot, window.design.inspector.findChild(Number, "ask-weights"))

    assert "1\u2009168" in texts(card())


def test_costs_follow_the_batch_and_the_precision(window, lecture, qtbot):
    window.canvas.scene.select(("conv3",))
    inspector = window.design.inspector
    inspector.findChild(Fold, "fold-costs").open()
    costs = inspector.findChild(Costs)
    assert costs.findChild(Number, "ask-memory").text() == "12.25 KiB"

    batch = costs.batch.findChild(QLineEdit)
    batch.setFocus()
    batch.selectAll()
    qtbot.keyClicks(batch, "32")
    qtbot.keyClick(batch, Qt.Key.Key_Return)
    precision = costs.findChild(QComboBox, "precision")
    precision.setCurrentIndex(1)
    precision.activated.emit(1)
    assert costs._lines.itemAt(0).widget().findChild(Number, "ask-memory").text() == "196 KiB"

    click(qtbot, costs._lines.itemAt(0).widget().findChild(Number, "ask-memory"))
    assert "32 × 16×14×14 × 2 = 200\u2009704 B = 196 KiB" in texts(card())
    card().close()

    window.canvas.scene.select(("conv4",))  # the group stays open, on the same terms
    assert inspector.findChild(Costs).terms == (32, "bfloat16")


def test_weights_are_listed_by_their_names_in_the_saved_file(window, lecture):
    window.canvas.scene.select(("conv3",))
    fold = window.design.inspector.findChild(Fold, "fold-weights")
    fold.open()

    assert {"conv3.weight", "16 × 8 × 3 × 3", "1\u2009152", "conv3.bias", "16"} <= set(texts(fold))


def test_what_a_node_sees_can_be_selected(window, lecture, qtbot):
    window.canvas.scene.select(("pool1",))
    inspector = window.design.inspector
    inspector.findChild(Fold, "fold-place").open()

    click(qtbot, inspector.findChild(Place).findChild(QPushButton, "place-sees"))

    assert set(window.canvas.selection) == {"input", "conv1", "relu1", "conv2", "relu2"}


def test_another_size_says_what_it_would_change(window, lecture):
    inspector = window.design.inspector
    inspector.findChild(Fold, "fold-size").open()
    trial = inspector.findChild(TrySize)

    trial.show_size(32)
    assert any("dense would need others" in t for t in texts(trial))
    trial.show_size(30)
    assert any("All weights still fit" in t for t in texts(trial))
    trial.show_size(2)
    assert any("does not fit" in t for t in texts(trial))


def test_a_card_never_leaves_the_screen():
    screen, size = QRect(0, 0, 1000, 700), QRect(0, 0, 380, 300)

    assert place(QRect(500, 100, 60, 16), size, screen).y() > 100
    assert place(QRect(900, 650, 60, 16), size, screen).y() + 300 <= 650  # no room below: above
    assert place(QRect(2, 100, 30, 16), size, screen).x() >= 0
    assert place(QRect(0, 300, 20, 16), QRect(0, 0, 380, 900), screen) == QPoint(6, 0)


def test_every_quantity_reads_as_text():
    report = analyze(presets.build("lecture"))

    for quantity in QUANTITIES:
        found = explain(report, "conv3", quantity)
        if found is not None:
            assert found.result in as_text("x", "conv3", found)


@pytest.mark.parametrize(
    ("formula", "rich"),
    [
        ("r + (k − 1) · d · S", "<i>r</i> + (<i>k</i> − 1) · <i>d</i> · <i>S</i>"),
        ("y[o, i] = b[o]", "<i>y</i><sub><i>o</i>, <i>i</i></sub> = <i>b</i><sub><i>o</i></sub>"),
        ("[x₁; x₂; …]", "[<i>x</i>₁; <i>x</i>₂; …]"),
        ("max(0, x) where |x| < β", "max(0, <i>x</i>) where |<i>x</i>| &lt; <i>β</i>"),
        ("(1 − p)^γ log p", "(1 − <i>p</i>)<sup><i>γ</i></sup> log <i>p</i>"),
        ("x_{k·c}", "<i>x</i><sub><i>k</i>·<i>c</i></sub>"),
    ],
)
def test_formulas_are_set_for_reading(formula, rich):
    assert typeset(formula) == rich


def test_a_block_of_several_outputs_shows_each_ones_own(window, drawing, qtbot):
    """The pyramid of a Faster R-CNN: the finest map sees 459 pixels every 4, the coarsest 491 every 64."""
    document = drawing(presets.build("faster_rcnn_resnet50_fpn"))
    window.canvas.scene.select(("backbone",))
    inspector = window.design.inspector
    said = " | ".join(texts(inspector))

    assert "Output p2 | 256 × 200 × 272 | sees 459 × 459 px, step 4 px" in said
    assert "sees 491 × 491 px, step 64 px" in said
    assert "459–491" in quantities.QUANTITIES["field"].text(document.report["backbone"])
    click(qtbot, inspector.findChild(Number, "ask-receptive_field"))
    assert texts(card()).count("491 × 491") == 2  # of p5 and of p6
    found = explain(document.report, "backbone", "stride")
    assert [(part.name, part.sum) for part in found.parts] == [
        ("p2", "4"),
        ("p3", "8"),
        ("p4", "16"),
        ("p5", "32"),
        ("p6", "64"),
    ]


def test_a_block_whose_outputs_see_the_same_has_one_field():
    report = analyze(presets.build("faster_rcnn_resnet50_fpn"))

    assert report["rpn_p2"].leaving == {}
    assert report["backbone"].leaving.keys() == {"p2", "p3", "p4", "p5", "p6"}
    for name, fields in report["backbone"].leaving.items():
        assert fields == report["backbone"].inside.facts[name].fields
