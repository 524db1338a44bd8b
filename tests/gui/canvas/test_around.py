"""What stands around the drawing: search, minimap, zoom control, pictures, themes, languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from graph import FileError
from graph import edit as editing
from graph.text import use_language
from gui import theme
from gui.canvas import picture
from gui.canvas.hit import End
from gui.canvas.quick_add import entries, search
from tests.gui.canvas.driver import Driver, chain, small_network

pytestmark = pytest.mark.qt


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("conv2d", "Conv2d"),
        ("cv2", "Conv2d"),
        ("relu", "ReLU"),
        ("noyau", "Conv2d"),  # French: kernel
        ("entrée", "Input"),
        ("entree", "Input"),
        ("batchn", "BatchNorm2d"),
        ("cross", "CrossEntropyLoss"),
    ],
)
def test_the_search_knows_names_and_words_of_both_languages(qtbot, query: str, first: str):
    assert first in [e.name for e in search(query, entries(small_network()))][:3]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("dense", "Linear"),  # not DenseNet, nor a dense block
        ("loss", "CrossEntropyLoss"),
        ("norm", "BatchNorm2d"),  # not VGG with normalization
        ("drop", "Dropout"),
        ("conv", "Conv2d"),
        ("resnet", "ResNet-18"),  # not a layer with these letters somewhere
    ],
)
def test_enter_takes_what_is_meant(qtbot, query: str, first: str):
    assert search(query, entries(small_network()))[0].name == first


def test_the_search_knows_the_blocks_of_the_network(qtbot):
    network = editing.wrap(chain("input:Input", "a:ReLU", "b:ReLU"), ["a", "b"], "stage").network
    assert search("stage", entries(network))[0].name == "stage"


@pytest.mark.parametrize(
    ("query", "source"),
    [("resnet50", "torchvision:resnet50"), ("lecture", "preset:lecture"), ("swin_t", "torchvision:swin_t")],
)
def test_whole_networks_are_found_by_name(query: str, source: str):
    assert source in [e.source for e in search(query, entries(small_network()))][:3]


def test_an_empty_search_and_the_end_of_a_link_offer_no_whole_networks():
    network = small_network()
    free = End(next(iter(network.nodes)), "out", True, (0.0, 0.0))

    assert all(e.layer is not None for e in search("", entries(network)))
    assert all(e.layer is not None for e in entries(network, free))


def test_a_network_chosen_in_the_search_is_asked_for(canvas: Driver, qtbot):
    canvas.keys("Tab")
    qtbot.keyClicks(canvas.canvas.search.field, "efficientnet_v2_l")

    with qtbot.waitSignal(canvas.canvas.network_wanted) as wanted:
        qtbot.keyClick(canvas.canvas.search.field, Qt.Key.Key_Return)

    assert wanted.args == ["torchvision:efficientnet_v2_l"]
    assert len(canvas.canvas.network.nodes) == len(small_network().nodes)


def test_the_search_stays_within_the_canvas(canvas: Driver):
    canvas.double(canvas.at(440, 620) if canvas.viewport.rect().contains(canvas.at(440, 620)) else QPoint(890, 690))
    box, room = canvas.canvas.search, canvas.canvas.view.rect()
    assert room.contains(box.geometry())


def test_clicking_elsewhere_closes_the_search(canvas: Driver, qtbot):
    canvas.keys("Tab")
    canvas.canvas.view.setFocus()
    qtbot.waitUntil(lambda: canvas.canvas.search is None)


def test_a_click_on_the_map_looks_there(driven):
    canvas = driven(editing.move(small_network(), {"relu": (4000.0, 3000.0)}))
    minimap = canvas.canvas.minimap
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() - 12, minimap.height() // 2))
    before = canvas.canvas.view.sight().center
    assert before[0] > 3500
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, pos=QPoint(12, 20))
    assert canvas.canvas.view.sight().center[0] < 500


def test_alt_m_hides_the_map_and_shows_it_again(canvas: Driver):
    assert canvas.canvas.minimap.isVisible()
    canvas.keys("Alt+M")
    assert not canvas.canvas.minimap.isVisible()
    canvas.keys("Alt+M")
    assert canvas.canvas.minimap.isVisible()


def test_an_empty_canvas_says_what_to_do_and_has_no_map(driven):
    canvas = driven(chain())
    assert not canvas.canvas.minimap.isVisible()
    image = canvas.viewport.grab().toImage()
    middle = image.height() // 2
    colors = {image.pixelColor(x, middle + y).name() for x in range(250, 650) for y in range(0, 20, 3)}
    assert len(colors) > 5  # letters


def test_the_zoom_control_says_the_scale(canvas: Driver):
    canvas.canvas.look.zoom_in()
    assert canvas.canvas.zoom._percent.text() == "125 %"
    canvas.canvas.look.zoom_full()
    assert canvas.canvas.zoom._percent.text() == "100 %"


def test_overlays_stay_in_their_corners(canvas: Driver):
    canvas.canvas.resize(700, 500)
    room = canvas.canvas.view.rect()
    minimap, zoom = canvas.canvas.minimap.geometry(), canvas.canvas.zoom.geometry()
    assert (room.right() - minimap.right(), room.bottom() - minimap.bottom()) == (16, 16)
    assert (zoom.left(), room.bottom() - zoom.bottom()) == (16, 16)


def test_another_theme_is_another_picture_at_once(canvas: Driver, qapp):
    dark = canvas.viewport.grab().toImage().pixelColor(3, 3)
    theme.apply(qapp, "light")
    light = canvas.viewport.grab().toImage().pixelColor(3, 3)
    theme.apply(qapp, "dark")
    assert dark.lightness() < 60
    assert light.lightness() > 200


def test_another_language_is_shown_at_once(canvas: Driver, qapp):
    from PySide6.QtCore import QEvent

    before = canvas.canvas.scene.nodes["input"].face
    use_language("fr")
    qapp.sendEvent(canvas.canvas, QEvent(QEvent.Type.LanguageChange))
    assert canvas.canvas.scene.nodes["input"].face is not before


# pictures


def test_the_drawing_is_saved_as_svg(canvas: Driver, tmp_path: Path):
    canvas.canvas.look.save_picture(tmp_path / "net.svg")
    text = (tmp_path / "net.svg").read_text(encoding="utf-8")
    ET.fromstring(text)
    for words in ("conv", "Conv2d – 8, 3×3", "8 × 26 × 26"):
        assert words in text


def test_the_drawing_is_saved_as_png_twice_as_fine(canvas: Driver, tmp_path: Path):
    canvas.canvas.look.save_picture(tmp_path / "net.png")
    image = QImage(str(tmp_path / "net.png"))
    assert (image.width(), image.height()) == (2 * (180 + 64), 2 * (256 + 64))


def test_another_ending_is_refused(canvas: Driver, tmp_path: Path):
    with pytest.raises(FileError, match=r"\.svg or \.png"):
        canvas.canvas.look.save_picture(tmp_path / "net.gif")


def test_the_drawing_is_copied(canvas: Driver):
    canvas.canvas.look.copy_picture()
    mime = QGuiApplication.clipboard().mimeData()
    assert mime.hasImage()
    assert b"<svg" in bytes(mime.data("image/svg+xml").data())
    QGuiApplication.clipboard().clear()


def test_a_drawing_of_nothing_and_a_huge_one_are_pictures_too(driven):
    assert not picture.image(driven(chain()).canvas.scene).isNull()
    huge = driven(editing.move(small_network(), {"relu": (900_000.0, 900_000.0)}))
    image = picture.image(huge.canvas.scene)
    assert image.width() * image.height() <= 1.01 * picture.LARGEST
