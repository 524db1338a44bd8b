"""The window: rooms, theme, language, what it remembers, and what it does not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

import presets
from graph import text
from gui import app, theme
from gui import window as windows
from gui.parts import Elided
from gui.window import Window

pytestmark = pytest.mark.qt
ROOT = Path(__file__).resolve().parents[2]


def room_button(window: Window, id: str) -> QPushButton:
    return window.bar.findChild(QPushButton, f"room-{id}")


def test_rooms_are_grey_until_a_document_is_open(window: Window, drawing, qtbot):
    assert not room_button(window, "design").isEnabled()
    window.show_room("train")
    assert window.room == "welcome"

    drawing()
    assert room_button(window, "design").isChecked()
    qtbot.mouseClick(room_button(window, "data"), Qt.MouseButton.LeftButton)
    assert window.room == "data"


def test_a_room_is_built_at_its_first_visit_only(window: Window, drawing, monkeypatch):
    built = []
    monkeypatch.setitem(windows.PAGES, "test", lambda _: built.append(1) or QWidget())
    drawing()
    assert built == []

    window.show_room("test")
    window.show_room("design")
    window.show_room("test")

    assert built == [1]


def test_totals_of_the_network_stand_in_the_status_line(window: Window, drawing):
    drawing(presets.build("lecture"))
    QApplication.processEvents()

    shown = [label.text() for label in window.status.findChildren(QLabel) if not label.isHidden()]

    assert "33\u2009730" in shown
    assert "131.8 KiB" in shown
    assert "32 × 32" in shown


def test_the_theme_switches_live(window: Window, drawing):
    drawing()
    before = window.grab().toImage().pixelColor(4, 4)

    window.session.settings.set("theme", "light")
    QApplication.processEvents()

    after = window.grab().toImage().pixelColor(4, 4)
    assert (before.lightness() < 60, after.lightness() > 200) == (True, True)
    assert window.canvas is not None
    window.session.settings.set("theme", "dark")


def test_the_language_switches_live_and_keeps_the_work(window: Window, drawing, monkeypatch):
    document = drawing()
    window.session.settings.set("language", "en")
    french = {"Train": "Entraîner", "Search layers": "Chercher une couche", "Problems": "Problèmes"}
    monkeypatch.setattr(text._Current, "catalog", text._Current.catalog)
    monkeypatch.setattr("gui.window.text.use_language", lambda code: _speak(code, french))

    window.session.settings.set("language", "fr")

    assert room_button(window, "train_room").text() == "Entraîner"
    assert window.design.palette.search.placeholderText() == "Chercher une couche"
    assert window.actions_by_id["train_room"].text() == "Entraîner"
    assert window.session.document is document
    assert set(window.canvas.scene.drawing.boxes) == set(document.network.nodes)
    assert window.room == "design"


def _speak(code: str, words: dict[str, str]) -> None:
    class Catalog:
        def gettext(self, message: str) -> str:
            return words.get(message, message)

        def ngettext(self, one: str, many: str, n: int) -> str:
            return one if n == 1 else many

    text._Current.code, text._Current.catalog = code, Catalog()


def test_pages_close_down_when_they_are_built_anew(window: Window, drawing, monkeypatch):
    closed = []

    class Room(QWidget):
        def close_down(self) -> None:
            closed.append(1)

    monkeypatch.setitem(windows.PAGES, "train", lambda _: Room())
    drawing()
    window.show_room("train")

    window.session.settings.set("language", "fr")

    assert closed == [1]


def test_the_geometry_comes_back(qtbot, qapp):
    first = Window()
    qtbot.addWidget(first)
    first.resize(960, 700)  # a screen without a screen is small
    first.show()
    first.close()

    second = Window()
    qtbot.addWidget(second)

    assert (second.width(), second.height()) == (960, 700)
    second.close()


def test_a_name_too_long_is_shortened_and_shown_whole_as_a_tooltip(window: Window, drawing, small_network, qtbot):
    name = "a network with a name that nobody would ever want to read to its end " * 3
    drawing(small_network.change(name=name.strip()))
    QApplication.processEvents()
    window.grab()

    title = window.findChild(Elided, "document-title")

    assert title.width() < 500
    assert title.toolTip() == name.strip()
    assert window.width() == 1280


def test_the_first_button_opens_chooses_and_trains(window: Window, qtbot):
    start = window.page("welcome").findChild(QPushButton, "start")

    with qtbot.waitSignal(window.session.train_wanted):
        qtbot.mouseClick(start, Qt.MouseButton.LeftButton)

    assert window.room == "train"
    assert window.session.document.report.parameters == 33_730
    assert window.session.data.source == "digits"


def test_a_preset_opens_with_a_click_on_its_card(window: Window, qtbot):
    card = window.page("welcome").findChild(QWidget, "preset-lecture")

    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)

    assert window.room == "design"
    assert window.session.document.title == "Lecture network"


def test_a_layer_is_added_from_the_palette_after_what_is_selected(window: Window, drawing, qtbot):
    document = drawing()
    window.canvas.scene.select(("relu1",))

    qtbot.keyClicks(window.design.palette.search, "maxpool2d")
    qtbot.keyClick(window.design.palette.search, Qt.Key.Key_Return)

    assert document.network["pool1"].kind == "MaxPool2d"
    assert [(e.source, e.target) for e in document.network.edges][-1] == ("relu1", "pool1")


def test_the_history_goes_back_to_a_step(window: Window, drawing, qtbot):
    document = drawing()
    for count in (3, 4, 5):
        document.edit(document.network.change(name=f"name {count}"), f"Step {count}")

    window.do("history")
    history = window.design.findChild(QWidget, "history")
    history.setCurrentIndex(history.model().index(1, 0))

    assert document.network.name == "name 3"
    assert document.stack.index() == 1
    window.do("history")
    assert not history.isVisible()


def test_our_own_mistakes_are_written_down_and_said(window: Window, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    app.watch_mistakes(window)

    sys.excepthook(ZeroDivisionError, ZeroDivisionError("by zero"), None)

    assert "ZeroDivisionError" in window.notice.text
    assert "by zero" in app.crash_log().read_text(encoding="utf-8")


def test_the_window_stands_before_anything_slow_is_imported():
    code = (
        "import sys\n"
        "from gui import app\n"
        "qt = app.application()\n"
        "window = app.open_window()\n"
        "window.show()\n"
        "qt.processEvents()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "window.close()\n"
    )

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert "PySide6" in loaded
    assert not loaded & {"torch", "torchvision", "pyqtgraph", "networkx", "sklearn", "lightning_fabric", "numpy"}


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_page_of_the_window_is_painted_in_both_themes(window: Window, drawing, qapp, name):
    theme.apply(qapp, name)
    drawing(presets.build("lecture"))
    window.canvas.scene.select(("conv3",))

    for room in ("welcome", "design", "settings", "shortcuts"):
        window.show_room(room)
        QApplication.processEvents()
        assert not window.grab().isNull()
    theme.apply(qapp, "dark")
