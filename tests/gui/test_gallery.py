"""The page of all presets: groups, a search, cards that open their network."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

import presets
from graph.text import use_language
from gui.gallery import GROUPS, Gallery, found, group_of
from gui.parts import Paragraph
from gui.preset_card import PresetCard
from gui.window import Window

pytestmark = pytest.mark.qt


@pytest.fixture
def gallery(window: Window) -> Gallery:
    window.do("presets")
    return window.page("presets")


def names(gallery: Gallery) -> dict[str, list[str]]:
    """The presets that are shown, by group."""
    shown = {name: [c.preset.name for c in group.cards if c.isVisible()] for name, group in gallery.groups.items()}
    return {name: cards for name, cards in shown.items() if cards}


def test_every_preset_has_its_card_in_one_group(gallery: Gallery):
    every = [name for cards in names(gallery).values() for name in cards]

    assert sorted(every) == sorted(presets.presets())
    assert list(gallery.groups) == [name for name in GROUPS if name in gallery.groups]


def test_groups_are_by_what_a_network_is_for():
    every = presets.presets()
    assert {name: group_of(every[name]) for name in ("vgg16", "yolo_v1", "unet", "conv1d_signal", "sheet_skip")} == {
        "vgg16": "classification",
        "yolo_v1": "detection",
        "unet": "segmentation",
        "conv1d_signal": "signals",
        "sheet_skip": "ideas",
    }


def test_what_takes_signals_says_so():
    for preset in presets.presets().values():
        inputs = [layer.shape for layer in (n.layer for n in preset.build().nodes.values()) if hasattr(layer, "shape")]
        assert (preset.takes == "signals") == any(len(shape) == 2 for shape in inputs)


def test_the_first_page_leads_there(window: Window, qtbot):
    window.show_room("welcome")
    qtbot.waitUntil(lambda: not window.page("welcome").findChild(QPushButton, "all-presets").isHidden())
    qtbot.mouseClick(window.page("welcome").findChild(QPushButton, "all-presets"), Qt.MouseButton.LeftButton)
    assert window.room == "presets"
    window.page("presets").findChild(QPushButton, "back").click()
    assert window.room == "welcome"


def test_a_search_leaves_what_answers_it(gallery: Gallery, qtbot):
    qtbot.keyClicks(gallery.search, "unet")
    assert names(gallery) == {"segmentation": ["unet", "unet_padded"]}
    gallery.search.setText("Redmon")
    assert set(names(gallery)) == {"detection"}
    gallery.search.setText("nothing is called so")
    assert names(gallery) == {}
    assert gallery.none.isVisible()
    gallery.search.clear()
    gallery.choose("signals")
    assert names(gallery) == {"signals": ["conv1d_signal"]}


def test_ideas_are_found_in_any_language():
    every = presets.presets().values()
    try:
        for language in ("en", "fr"):
            use_language(language)
            assert "resnet18" in [p.name for p in found("skip", every)]
    finally:
        use_language("en")


def test_a_card_opens_its_network(gallery: Gallery, window: Window, qtbot):
    card = gallery.findChild(PresetCard, "preset-lenet5")
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.rect().center())
    assert window.room == "design"
    assert window.session.document.network.name == presets.build("lenet5").name


def test_only_the_cards_that_are_seen_are_drawn(gallery: Gallery, window: Window, qtbot):
    first, last = (gallery.findChild(PresetCard, f"preset-{name}") for name in ("lecture", "sheet_skip"))
    qtbot.waitUntil(lambda: first.filled and not gallery._next.isActive())
    assert not last.filled
    gallery.ensureWidgetVisible(last)
    qtbot.waitUntil(lambda: last.filled)


def test_a_long_note_ends_in_dots(qtbot):
    made = Paragraph("one two three four five six seven eight nine ten", "hint")
    qtbot.addWidget(made)
    made.resize(120, made.sizeHint().height())
    assert len(made.shown()) == 2
    assert made.shown()[1].endswith("…")
    made.resize(1200, made.height())
    assert made.shown()[0] == made.text
