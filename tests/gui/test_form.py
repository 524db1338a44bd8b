"""A form made from specs: what is typed is checked while it is typed, and announced once it is finished."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton

from graph.errors import InvalidValue
from graph.layers.convolution import Conv2d
from graph.values import Same, Shape, Size2, specs_of, value
from graph.variables import evaluate
from gui.fold import Fold
from gui.form import Form
from gui.parts import Switch

pytestmark = pytest.mark.qt


@dataclass(frozen=True)
class Everything:
    """One value of each type."""

    count: int = value(4, low=1, high=100, label="Count", help="How many.")
    rate: float = value(0.01, low=0.0, high=1.0, label="Rate")
    on: bool = value(True, label="On")
    method: str = value("sum", choices=("sum", "mean"), label="Method")
    name: str = value("", label="Name")
    size: Size2 = value((3, 3), low=1, label="Size")  # noqa: RUF009
    padding: Size2 | Same = value((0, 0), low=0, label="Padding")  # noqa: RUF009
    limit: int | None = value(None, low=1, label="Limit")
    shape: Shape = value((1, 28, 28), low=1, label="Shape")  # noqa: RUF009
    folded: int = value(7, label="Folded", fold="More")


VALUES = {s.name: s.default for s in specs_of(Everything)}


class Driven:
    """A form, and what it announced."""

    def __init__(self, qtbot, form: Form) -> None:
        self.qtbot, self.form = qtbot, form
        self.changes: list[tuple[str, object]] = []
        self.bindings: list[tuple[str, str]] = []
        form.changed.connect(lambda name, new: self.changes.append((name, new)))
        form.bound.connect(lambda name, text: self.bindings.append((name, text)))

    def box(self, name: str, axis: int = 0) -> QLineEdit:
        return self.form.fields[name].editor.findChildren(QLineEdit)[axis]

    def type(self, name: str, text: str, axis: int = 0, *, enter: bool = True) -> None:
        box = self.box(name, axis)
        box.setFocus()
        box.selectAll()
        self.qtbot.keyClicks(box, text)
        if enter:
            self.qtbot.keyClick(box, Qt.Key.Key_Return)


@pytest.fixture
def driven(qtbot) -> Driven:
    form = Form(specs_of(Everything), VALUES)
    qtbot.addWidget(form)
    form.show()
    return Driven(qtbot, form)


def test_a_finished_number_is_announced_once(driven):
    driven.type("count", "12", enter=False)
    assert driven.changes == []

    driven.qtbot.keyClick(driven.box("count"), Qt.Key.Key_Return)

    assert driven.changes == [("count", 12)]


def test_a_refusal_stands_under_the_field_while_one_types(driven):
    driven.type("count", "0", enter=False)
    assert driven.form.fields["count"].refusal == "count must be from 1 to 100, not 0."

    driven.qtbot.keyClick(driven.box("count"), Qt.Key.Key_Return)
    assert driven.changes == []

    driven.type("count", "5", enter=False)
    assert driven.form.fields["count"].refusal == ""


def test_what_is_no_number_says_what_one_is(driven):
    driven.type("count", "many", enter=False)

    assert driven.form.fields["count"].refusal == "Type a whole number, such as 16."


def test_escape_takes_back_what_was_typed(driven):
    driven.type("count", "0", enter=False)

    driven.qtbot.keyClick(driven.box("count"), Qt.Key.Key_Escape)

    assert driven.box("count").text() == "4"
    assert driven.form.fields["count"].refusal == ""
    assert driven.changes == []


def test_arrows_step_a_number_within_its_range(driven):
    box = driven.box("count")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        driven.qtbot.keyClick(box, key)

    assert driven.changes == [("count", 3), ("count", 2), ("count", 1), ("count", 2)]


def test_arrows_step_a_fraction_by_its_first_digit(driven):
    box = driven.box("rate")
    driven.qtbot.keyClick(box, Qt.Key.Key_Up)
    driven.qtbot.keyClick(box, Qt.Key.Key_Down)
    driven.qtbot.keyClick(box, Qt.Key.Key_Down)

    assert driven.changes == [("rate", 0.02), ("rate", 0.01), ("rate", 0.009)]


def test_a_decimal_comma_is_understood(driven):
    driven.type("rate", "0,5")

    assert driven.changes == [("rate", 0.5)]


def test_a_switch_turns_with_a_click(driven):
    driven.qtbot.mouseClick(driven.form.fields["on"].editor.findChild(Switch), Qt.MouseButton.LeftButton)

    assert driven.changes == [("on", False)]


def test_a_choice_is_announced(driven):
    box = driven.form.fields["method"].editor.findChild(QComboBox)
    box.setFocus()

    driven.qtbot.keyClick(box, Qt.Key.Key_Down)

    assert driven.changes == [("method", "mean")]


def test_each_axis_of_a_size_has_its_box(driven):
    driven.type("size", "5", axis=1)

    assert driven.changes == [("size", (3, 5))]


def test_a_word_stands_instead_of_a_size_and_gives_it_back(driven):
    button = driven.form.fields["padding"].editor.findChild(QPushButton)

    driven.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert driven.changes == [("padding", "same")]

    driven.form.show_values({**VALUES, "padding": "same"})
    assert not driven.box("padding").isEnabled()

    driven.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert driven.changes[-1] == ("padding", (0, 0))


def test_an_optional_number_may_be_none(driven):
    assert not driven.box("limit").isEnabled()

    driven.qtbot.mouseClick(driven.form.fields["limit"].editor.findChild(QPushButton), Qt.MouseButton.LeftButton)

    assert driven.changes == [("limit", 1)]


@pytest.mark.parametrize("text", ["3 x 224 x 224", "3,224,224", "3 224 224", "3×224×224"])
def test_a_shape_is_read_however_it_is_written(driven, text):
    driven.type("shape", text)

    assert driven.changes == [("shape", (3, 224, 224))]


def test_showing_values_announces_nothing(driven):
    driven.form.show_values({**VALUES, "count": 9, "size": (7, 7), "shape": (5,), "on": False, "method": "mean"})

    assert driven.changes == []
    assert driven.box("count").text() == "9"
    assert driven.box("shape").text() == "5"


def test_a_closed_group_says_what_is_unusual_in_it(driven):
    fold = driven.form.findChild(Fold)
    assert fold._head.state == ""

    driven.form.show_values({**VALUES, "folded": 8})

    assert fold._head.state == "Folded 8"


def test_an_owner_may_refuse_more(qtbot):
    def check(name: str, new: object) -> None:
        if new == 13:
            raise InvalidValue("No {n} in this house.", n=13)

    form = Form(specs_of(Everything), VALUES, check=check)
    qtbot.addWidget(form)
    driven = Driven(qtbot, form)

    driven.type("count", "13")

    assert form.fields["count"].refusal == "No 13 in this house."
    assert driven.changes == []


def test_a_whole_number_may_follow_variables(qtbot):
    form = Form(Conv2d.specs, Conv2d().values, expression=lambda name, text: evaluate(text, {"width": 8}))
    qtbot.addWidget(form)
    driven = Driven(qtbot, form)

    driven.type("out_channels", "2*depth", enter=False)
    assert "depth, which is no variable here; there is width" in form.fields["out_channels"].refusal

    driven.type("out_channels", "2*width")
    assert driven.bindings == [("out_channels", "2*width")]
    assert driven.changes == []

    form.show_values({**Conv2d().values, "out_channels": 16}, {"out_channels": "2*width"})
    driven.type("out_channels", "32")
    assert driven.changes == [("out_channels", 32)]
