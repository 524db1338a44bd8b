"""What is known of a preset before it is opened, and how its trial is repeated."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

import presets
from graph import analyze
from gui.preset_card import PresetCard, PresetSheet, trial_text
from gui.window import Window
from runtime.data.description import Description

pytestmark = pytest.mark.qt


@pytest.fixture
def card(window: Window, qtbot) -> PresetCard:
    window.show()
    welcome = window.page("welcome")
    qtbot.waitUntil(lambda: welcome.findChild(PresetCard, "preset-lecture") is not None)
    return welcome.findChild(PresetCard, "preset-lecture")


def test_the_sheet_tells_what_it_is_and_how_it_learns(card, qtbot):
    qtbot.mouseClick(card._about, Qt.MouseButton.LeftButton)
    sheet = card.window().findChild(PresetSheet)
    preset = presets.presets()["lecture"]

    words = [label.text().replace("\u202f", "\u2009") for label in sheet.findChildren(QLabel)]
    for told in ("33\u2009730", "28 × 28", str(preset.notes), trial_text(preset), preset.reference):
        assert told in words
    assert sheet.screen().availableGeometry().contains(sheet.geometry())
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: card.window().findChild(PresetSheet) is None)


def test_the_trial_opens_fits_and_trains(card, window: Window, qtbot):
    begun = []
    window.session.train_wanted.connect(lambda: begun.append(window.room))
    sheet = card.show_sheet()
    qtbot.mouseClick(sheet.findChild(QPushButton, "try-preset"), Qt.MouseButton.LeftButton)

    assert begun == ["train"]
    assert window.session.data == Description("digits")
    assert window.session.recipe.epochs == presets.presets()["lecture"].trial.epochs
    assert window.session.document.network.name == "Lecture network"


@pytest.mark.parametrize("name", [name for name, preset in presets.presets().items() if preset.trial])
def test_a_preset_with_a_trial_is_fitted_to_its_data(window: Window, name):
    window.files.try_out(name)
    document = window.session.document

    assert [p.message for p in document.report.problems if p.severity == "error"] == []
    assert analyze(document.network).inputs["input"].shape[0] == 1  # both sets are gray


@pytest.mark.parametrize("name", [name for name, preset in presets.presets().items() if preset.reference])
def test_every_published_preset_has_a_year(name):
    assert 1980 <= int(presets.presets()[name].year) <= 2026


def test_what_a_network_is_made_of_can_be_translated():
    """The lines of the cards were English in every language: nobody could gather their words."""
    from tools.catalog import gathered

    assert {"{n} pooling", "{n} dense layer", "{n} merge"} <= {
        one.id[0] for one in gathered() if isinstance(one.id, tuple)
    }
