"""Settings are chosen on a page made from one table, hold at once, and are there at the next start."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QToolButton

from gui import theme
from gui.settings import Settings, Values, language_code, store
from gui.window import Window
from runtime import processes
from runtime.folders import data_home

pytestmark = pytest.mark.qt


@pytest.fixture
def page(window: Window):
    window.do("settings")
    return window.page("settings")


def box(page, name: str) -> QLineEdit:
    return page.form.fields[name].editor.findChild(QLineEdit)


def test_every_setting_of_the_table_stands_on_the_page(page):
    assert list(page.form.fields) == [spec.name for spec in Values.specs]
    assert all(spec.label and spec.help for spec in Values.specs)


def test_a_theme_is_chosen_and_kept(page, window: Window, qtbot):
    choice = page.form.fields["theme"].editor.findChild(QComboBox)
    choice.setFocus()

    qtbot.keyClick(choice, Qt.Key.Key_End)

    assert theme.theme().name == "light"
    assert Settings().values.theme == "light"
    window.session.settings.set("theme", "dark")


def test_threads_hold_for_the_next_training(page, window: Window, qtbot):
    field = box(page, "threads")
    field.selectAll()
    qtbot.keyClicks(field, "1")
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert window.session.recipe.threads == 1
    assert Settings().values.threads == 1


def test_a_folder_that_is_no_full_path_is_refused(page, window: Window, qtbot):
    qtbot.keyClicks(box(page, "runs_folder"), "runs")

    assert "is no full path" in page.form.fields["runs_folder"].refusal
    assert window.session.settings.values.runs_folder == ""


def test_a_folder_is_chosen(page, window: Window, tmp_path, qtbot):
    qtbot.mouseClick(page.form.fields["runs_folder"].editor.findChild(QToolButton), Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog, "folder-dialog")

    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()

    assert window.session.settings.values.runs_folder == str(tmp_path)


@pytest.mark.parametrize(("name", "damaged"), [("theme", "purple"), ("threads", "many"), ("autosave", "-3")])
def test_a_damaged_setting_is_as_if_it_had_never_been_chosen(name, damaged):
    kept = store()
    kept.setValue(f"settings/{name}", damaged)
    kept.sync()

    assert getattr(Settings().values, name) == getattr(Values(), name)


def test_the_language_of_the_system_is_used_unless_one_is_chosen(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "fr_FR:en")
    assert language_code("system") == "fr"
    assert language_code("en") == "en"

    monkeypatch.setenv("LANGUAGE", "xx")
    assert language_code("system") == "en"


def test_the_data_folder_holds_for_the_processes_to_come(window: Window, tmp_path, monkeypatch):
    monkeypatch.delenv("CANEVAS_DATA", raising=False)

    window.session.settings.set("data_folder", str(tmp_path / "sets"))
    assert processes.environment()["CANEVAS_DATA"] == str(tmp_path / "sets")
    assert data_home() == tmp_path / "sets"

    window.session.settings.set("data_folder", "")
    assert "CANEVAS_DATA" not in processes.environment()
