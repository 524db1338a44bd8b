"""The form of every kind gives back what it shows: each value typed, clicked or chosen again is the value it was."""

from __future__ import annotations

from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton

from graph import Layer, kinds
from graph.values import Spec
from gui.box import shown
from gui.form import Form
from gui.parts import Switch
from tests.strategies import sampled

pytestmark = pytest.mark.qt
ABLE = sorted(name for name, kind in kinds().items() if kind.specs and kind.offered)
DRAWS = 4


def short(value):
    """A value with the digits that a person types."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return tuple(map(short, value)) if isinstance(value, tuple) else value


def drawn(name: str, random: Random) -> Layer:
    """A layer whose fractions have few digits."""
    return kinds()[name](**{key: short(value) for key, value in sampled(kinds()[name], random).values.items()})


def enter(qtbot, form: Form, spec: Spec, value) -> None:
    """Give *value* as a person does: by keys, a click, or a choice."""
    editor = form.fields[spec.name].editor
    if spec.type == "bool":
        if form._values[spec.name] != value:
            qtbot.mouseClick(editor.findChild(Switch), Qt.MouseButton.LeftButton)
    elif spec.type == "choice":
        box = editor.findChild(QComboBox)
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
    elif value is None or (isinstance(value, str) and value in spec.words):
        buttons = editor.findChildren(QPushButton)
        button = buttons[[*spec.words, *((None,) if spec.optional else ())].index(value)]
        if not button.isChecked():
            button.click()
    else:
        for button in editor.findChildren(QPushButton):
            if button.isChecked():
                button.click()
        boxes = editor.findChildren(QLineEdit)
        parts = value if spec.type == "size" else (value,)
        for box, part in zip(boxes, parts, strict=True):
            text = ", ".join(map(shown, part)) if spec.type == "numbers" else shown(part)
            box.selectAll()
            qtbot.keyClicks(box, text)
            qtbot.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize("name", ABLE)
def test_what_is_typed_is_the_layer_that_was_shown(qtbot, name):
    random = Random(name)
    for _ in range(DRAWS):
        layer, before = drawn(name, random), drawn(name, random)
        form = Form(before.specs, before.values)
        qtbot.addWidget(form)
        values = dict(before.values)
        form.changed.connect(values.__setitem__)
        form.changed.connect(lambda *_, form=form, values=values: form.show_values(values))
        for spec in layer.specs:
            enter(qtbot, form, spec, layer.values[spec.name])

        assert type(before)(**values) == layer


@pytest.mark.parametrize("name", ABLE)
def test_a_form_shows_the_values_of_its_layer(qtbot, name):
    layer = drawn(name, Random(name))
    form = Form(layer.specs, layer.values)
    qtbot.addWidget(form)
    for spec in layer.specs:
        value, editor = layer.values[spec.name], form.fields[spec.name].editor
        if spec.type == "bool":
            assert editor.findChild(Switch).isChecked() is value
        elif spec.type == "choice":
            assert editor.findChild(QComboBox).currentData() == value
        elif value is not None and value not in spec.words:
            parts = value if spec.type == "size" else (value,)
            texts = [", ".join(map(shown, p)) if spec.type == "numbers" else shown(p) for p in parts]
            assert [box.text() for box in editor.findChildren(QLineEdit)] == texts


def test_a_table_that_cannot_be_read_is_refused_while_one_types(qtbot):
    layer = kinds()["TableConv2d"]()
    form = Form(layer.specs, layer.values)
    qtbot.addWidget(form)
    changes = []
    form.changed.connect(lambda name, value: changes.append(value))
    box = form.fields["table"].editor.findChild(QLineEdit)
    box.selectAll()
    qtbot.keyClicks(box, "0-2; a")

    assert "names no maps" in form.fields["table"].refusal
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert changes == []
