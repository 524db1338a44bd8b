"""Numbers on the nodes by choice, and the heat map."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

import presets
from graph import analyze, edit
from gui import theme
from gui.canvas.paint import warm
from gui.canvas.quantities import QUANTITIES, STEPS, ends, held, warmths
from tests.gui.canvas.driver import Driver

pytestmark = pytest.mark.qt


@pytest.fixture
def lecture(driven, qtbot) -> Driver:
    canvas = driven(presets.build("lecture"))
    qtbot.waitUntil(lambda: bool(canvas.canvas.scene.facts))
    return canvas


def on(canvas: Driver, name: str) -> str:
    return canvas.canvas.scene.nodes[name].face.weights


def test_n_turns_through_the_numbers(lecture: Driver):
    seen = []
    for _ in range(5):
        seen.append((on(lecture, "conv2"), on(lecture, "relu2")))
        lecture.keys("N")
    assert seen == [
        ("584", ""),  # parameters
        ("451.6\u2009K", ""),  # 28 × 28 × 9 × 8 × 8 multiply-adds
        ("24.5 KiB", "24.5 KiB"),  # 8 × 28 × 28 × 4 bytes
        ("5\u2009px", "5\u2009px"),
        ("", ""),
    ]
    assert on(lecture, "conv2") == "584"


def test_h_turns_through_the_warmths_and_the_legend_says_which(lecture: Driver):
    legend = lecture.canvas.showing.legend
    assert not legend.isVisible()
    assert lecture.canvas.scene.nodes["conv2"].face.warmth == -1
    lecture.keys("H")
    assert legend.isVisible()
    assert legend.accessibleName() == "Parameters: from 0 to 15\u2009690"
    assert lecture.canvas.scene.nodes["dense"].face.warmth == STEPS
    assert lecture.canvas.scene.nodes["relu1"].face.warmth == 0
    for _ in range(4):
        lecture.keys("H")
    assert not legend.isVisible()
    assert lecture.canvas.scene.nodes["dense"].face.warmth == -1


def test_warmth_follows_an_edit(lecture: Driver, qtbot):
    lecture.keys("H")
    network = edit.bind(lecture.network, "conv6", "out_channels", "")
    lecture.document.edit(edit.set_values(network, "conv6", out_channels=320), "more")
    qtbot.waitUntil(lambda: "156.8\u2009K" in lecture.canvas.showing.legend.accessibleName())  # (7·7·320 + 1)·10
    assert lecture.canvas.scene.nodes["conv6"].face.warmth > STEPS // 2


def test_a_block_is_as_warm_as_all_inside():
    report = analyze(presets.build("resnet18"))
    found = warmths(report.facts, "macs")
    layer1 = report["layer1"]
    inside = sum(f.macs for _, f in layer1.inside.leaves())
    assert QUANTITIES["macs"].amount(layer1) == inside
    most = max(f.macs for f in report.facts.values())
    assert found["layer1"] == round(STEPS * (inside / most) ** 0.5)
    assert ends(report.facts, "macs")[0] == "0"


def test_memory_on_a_block_is_what_analysis_counts():
    report = analyze(presets.build("resnet18"))
    total = sum(held(fact) for name, fact in report.facts.items() if name in report.inference)
    assert total == report.bytes()["activations"]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_warmth_lets_its_text_be_read(qapp, name):
    theme.apply(qapp, name)

    def light(color: QColor) -> float:
        parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3])
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True)) + 0.05

    text = light(theme.theme().color("t1"))
    lights = [light(warm(i)) for i in range(STEPS + 1)]
    assert all(max(text, one) / min(text, one) >= 4.5 for one in lights)
    assert lights == sorted(lights, reverse=name == "light")  # told apart without color, too


def test_the_map_and_the_view_from_afar_are_warm(lecture: Driver):
    lecture.keys("H")
    groups = lecture.canvas.view.afar.boxes()
    assert f"warmth {STEPS}" in groups
    assert "conv" not in groups


def test_the_menu_says_what_is_chosen(lecture: Driver):
    menu = lecture.canvas.showing.menu()
    checked = [a.text() for a in menu.actions() if a.isChecked()]
    assert checked == ["Parameters", "Nothing"]
    next(a for a in menu.actions() if a.text() == "Multiply-adds").trigger()
    assert lecture.canvas.scene.quantity == "macs"
    menu.deleteLater()
