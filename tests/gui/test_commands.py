"""One table says what can be done; menus, keys, search and the page of shortcuts agree with it."""

from __future__ import annotations

import warnings

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLabel

import presets
from gui.canvas.keys import KEYS
from gui.command_search import Search
from gui.commands import COMMANDS, MENUS, by_id
from gui.theme import _svg
from gui.topbar import keys_text
from gui.window import Window

pytestmark = pytest.mark.qt


def test_no_key_is_given_twice():
    keys = [QKeySequence(k).toString() for c in COMMANDS for k in c.shortcuts]

    assert sorted(keys) == sorted(set(keys))
    assert all(keys)


def test_every_command_has_words_a_menu_and_an_id_of_its_own():
    assert len({c.id for c in COMMANDS}) == len(COMMANDS)
    assert all(str(c.text) and c.menu in MENUS for c in COMMANDS)


def test_every_key_of_the_drawing_belongs_to_a_command():
    shown = {k for c in COMMANDS if c.canvas for k in c.shortcuts}

    assert shown == set(KEYS)


def test_every_icon_exists_under_its_present_name(qapp):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for command in COMMANDS:
            assert not command.icon or _svg(command.icon, "#000000", 1.75).size()


@pytest.mark.parametrize("opened", [False, True])
def test_whether_a_command_can_be_done_is_known_everywhere(window: Window, drawing, opened):
    if opened:
        drawing(presets.build("lecture"))
        window.canvas.scene.select(("conv1", "relu1"))
    for room in ("welcome", "design", "settings"):
        window.show_room(room)
        assert all(isinstance(c.enabled(window), bool) for c in COMMANDS)
        assert [c.id for c in COMMANDS if window.actions_by_id[c.id].isEnabled() != c.enabled(window)] == []


def test_without_a_document_nothing_of_a_document_can_be_done(window: Window):
    able = {c.id for c in COMMANDS if c.enabled(window)}

    assert able == {"new", "open", "fine_tune", "quit", "welcome", "presets", "commands", "shortcuts", "settings"}


CHANGES_THE_OUTSIDE = {"open", "save", "save_as", "save_drawing", "close", "quit", "train"}


def test_every_command_does_something_without_failing(window: Window, drawing, qtbot):
    document = drawing(presets.build("lecture"))
    for command in COMMANDS:
        if command.id in CHANGES_THE_OUTSIDE:
            continue
        window.session.show_document(document)
        window.show_room("design")
        window.canvas.scene.select(("conv1", "relu1"))
        window.do(command.id)
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
    QApplication.processEvents()


def test_the_keys_of_the_window_do_their_command(window: Window, qtbot):
    window.activateWindow()

    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)

    assert window.room == "design"
    assert len(window.session.documents) == 1


def test_the_keys_of_the_drawing_work_where_it_has_the_focus(window: Window, drawing, qtbot):
    document = drawing()
    window.canvas.scene.select(("conv1",))

    qtbot.keyClick(window.canvas.view, Qt.Key.Key_L)
    assert document.network["conv1"].frozen

    window.design.palette.seek()
    qtbot.keyClick(window.design.palette.search, Qt.Key.Key_L)
    assert document.network["conv1"].frozen
    assert window.design.palette.search.text() == "l"


def test_the_search_finds_a_command_and_does_it(window: Window, qtbot):
    window.do("commands")
    search = window.findChild(Search)

    qtbot.keyClicks(search.box, "new netw")
    qtbot.keyClick(search.box, Qt.Key.Key_Return)

    assert len(window.session.documents) == 1


def test_the_search_offers_only_what_can_be_done(window: Window, qtbot):
    window.do("commands")
    search = window.findChild(Search)

    qtbot.keyClicks(search.box, "undo")

    assert [search.list.model().item(i).text() for i in range(search.list.model().rowCount())] != ["Undo"]
    search.close()


def test_the_search_for_nodes_goes_into_blocks(window: Window, drawing, qtbot):
    document = drawing()
    window.canvas.scene.select(("conv1", "relu1"))
    window.do("wrap")
    qtbot.waitUntil(lambda: any("." in path for path, _ in document.report.leaves()))
    window.do("find")
    search = window.findChild(Search)

    qtbot.keyClicks(search.box, "conv1")
    qtbot.keyClick(search.box, Qt.Key.Key_Return)

    assert len(document.trail) == 1
    assert window.canvas.selection == ("conv1",)


def test_the_page_of_shortcuts_shows_every_key(window: Window):
    window.do("shortcuts")

    shown = [label.text() for label in window.page("shortcuts").findChildren(QLabel)]

    for command in COMMANDS:
        for keys in command.shortcuts:
            assert keys_text(keys) in shown, command.id
        assert not command.shortcuts or str(command.text) in shown


def test_the_menu_holds_every_command(window: Window):
    subs = [a.menu() for a in window.bar.menu.actions()]

    assert [m.title() for m in subs] == [str(title) for title in MENUS.values()]
    assert {a.objectName() for m in subs for a in m.actions() if a.objectName()} >= {c.id for c in COMMANDS}


def test_a_disabled_command_does_nothing(window: Window):
    window.do("undo")
    window.do("save")

    assert by_id("save").enabled(window) is False
