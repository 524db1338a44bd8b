"""Documents are opened, saved and closed; nothing that no file holds is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton

import graph.files
from graph import edit
from gui import app
from gui.dialogs import Question
from gui.document import Document
from gui.settings import Settings
from gui.window import Window

pytestmark = pytest.mark.qt


def change(document: Document) -> None:
    document.edit(edit.set_values(document.network, "conv1", out_channels=3), "Change")


def question(window: Window) -> Question:
    return next(q for q in window.findChildren(Question) if q.isVisible())


def press(qtbot, widget, name: str) -> None:
    qtbot.mouseClick(widget.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_new_networks_get_names_of_their_own(window: Window):
    window.do("new")
    window.do("new")

    assert [d.title for d in window.session.documents] == ["untitled", "untitled 2"]


def test_saving_keeps_the_network_and_its_file(window: Window, drawing, tmp_path):
    document = drawing()
    change(document)

    document.file = tmp_path / "mine.canevas"
    window.do("save")

    assert graph.files.load(tmp_path / "mine.canevas") == document.network
    assert not document.dirty
    assert window.session.settings.recent == [tmp_path / "mine.canevas"]
    assert window.status.said.startswith("Saved ")


def test_a_document_without_a_file_asks_for_a_name(window: Window, drawing, tmp_path, qtbot):
    document = drawing()
    window.do("save")
    dialog = window.findChild(QFileDialog, "file-dialog")

    dialog.fileSelected.emit(str(tmp_path / "named.canevas"))
    dialog.close()

    assert document.file == tmp_path / "named.canevas"
    assert document.title == "named"
    assert window.bar.title.text() == "named"


def test_closing_asks_about_changes(window: Window, drawing, qtbot):
    document = drawing()
    change(document)

    window.do("close")
    press(qtbot, question(window), "cancel")
    assert window.session.documents == [document]

    window.do("close")
    press(qtbot, question(window), "discard")
    assert window.session.documents == []
    assert window.room == "welcome"


def test_save_in_the_question_saves_and_then_closes(window: Window, drawing, tmp_path, qtbot):
    document = drawing()
    document.save(tmp_path / "mine.canevas")
    change(document)
    after = document.network

    window.do("close")
    press(qtbot, question(window), "save")

    assert window.session.documents == []
    assert graph.files.load(tmp_path / "mine.canevas") == after


def test_escape_in_the_question_keeps_everything(window: Window, drawing, qtbot):
    document = drawing()
    change(document)
    window.do("close")

    qtbot.keyClick(question(window), Qt.Key.Key_Escape)

    assert window.session.documents == [document]
    assert document.dirty


def test_what_was_not_changed_closes_without_a_word(window: Window, drawing):
    drawing()

    window.do("close")

    assert window.session.documents == []


def test_the_window_asks_for_each_changed_document(window: Window, drawing, small_network, qtbot):
    first, second = drawing(), drawing(small_network.change(name="other"))
    change(first)
    change(second)

    window.close()
    assert window.isVisible()
    press(qtbot, question(window), "discard")
    assert window.isVisible()
    press(qtbot, question(window), "discard")

    assert not window.isVisible()


def test_the_window_stays_when_somebody_says_cancel(window: Window, drawing, qtbot):
    document = drawing()
    change(document)

    window.close()
    press(qtbot, question(window), "cancel")

    assert window.isVisible()
    assert window.session.documents == [document]


def test_recent_files_come_back_with_the_next_window(window: Window, drawing, tmp_path, qtbot):
    drawing().save(tmp_path / "first.canevas")
    window.files.open(tmp_path / "first.canevas")
    window.files.close()
    window.files.open(tmp_path / "first.canevas")

    assert Settings().recent == [tmp_path / "first.canevas"]
    window.show_room("welcome")
    row = window.page("welcome").findChild(QPushButton, "recent-first")
    assert row is not None


def test_a_recent_file_opens_with_a_click(window: Window, small_network, tmp_path, qtbot):
    file = tmp_path / "first.canevas"
    graph.files.save(small_network, file)
    window.session.settings.opened(file)
    row = window.page("welcome").findChild(QPushButton, "recent-first")

    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)

    assert window.session.document.file == file
    assert window.room == "design"


def test_a_recent_file_that_is_gone_is_not_offered(window: Window, small_network, tmp_path):
    file = tmp_path / "gone.canevas"
    graph.files.save(small_network, file)
    window.session.settings.opened(file)

    file.unlink()

    assert window.session.settings.recent == []


def test_a_file_opens_once(window: Window, small_network, tmp_path):
    file = tmp_path / "once.canevas"
    graph.files.save(small_network, file)

    first = window.files.open(file)
    window.do("new")

    assert window.files.open(file) is first
    assert len(window.session.documents) == 2
    assert window.session.document is first


@pytest.mark.parametrize("content", [b"", b"{", b"\x00\xff", b'{"format": "canevas", "version": 99}'])
def test_a_file_that_is_none_is_refused_in_a_sentence(window: Window, tmp_path, content):
    file = tmp_path / "bad.canevas"
    file.write_bytes(content)

    assert window.files.open(file) is None

    assert window.notice.isVisible()
    assert "bad.canevas" in window.notice.text
    assert window.session.documents == []
    assert window.session.settings.recent == []


def test_a_file_that_cannot_be_written_is_said_to_be_so(window: Window, drawing, tmp_path):
    document = drawing()
    change(document)
    (tmp_path / "folder").write_text("not a folder")

    document.file = tmp_path / "folder" / "mine.canevas"
    window.do("save")

    assert window.notice.isVisible()
    assert document.dirty


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_drawing_is_saved_as_a_picture(window: Window, drawing, tmp_path, ending):
    drawing()

    window.design.save_picture(tmp_path / f"drawing.{ending}")

    assert (tmp_path / f"drawing.{ending}").stat().st_size > 500


def test_the_tabs_follow_the_documents(window: Window, drawing, small_network, qtbot):
    first = drawing()
    second = drawing(small_network.change(name="other"))
    tabs = window.design.tabs.bar
    assert [tabs.tabText(i) for i in range(tabs.count())] == ["small", "other"]

    change(second)
    assert tabs.tabText(1) == "other  ●"

    tabs.setCurrentIndex(0)
    assert window.session.document is first
    window.do("next_document")
    assert window.session.document is second
    assert tabs.currentIndex() == 1


def test_a_tab_closes_the_document_that_it_shows_also_once_it_has_moved(window: Window, drawing, small_network, qtbot):
    first, second, third = (drawing(small_network.change(name=name)) for name in ("a", "b", "c"))
    tabs = window.design.tabs.bar

    def close(at: int) -> list:
        qtbot.mouseClick(tabs.tabButton(at, tabs.ButtonPosition.RightSide), Qt.MouseButton.LeftButton)
        assert [tabs.tabText(i) for i in range(tabs.count())] == [d.title for d in window.session.documents]
        return window.session.documents

    tabs.moveTab(2, 0)
    assert window.session.documents == [third, first, second]
    assert close(1) == [third, second]
    assert close(0) == [second]


def test_what_a_crash_left_behind_is_offered(window: Window, drawing, monkeypatch, qtbot):
    from gui import recovery

    document = drawing()
    change(document)
    document.autosave.write()
    after = document.network
    monkeypatch.setattr(recovery, "_alive", lambda record: False)

    app.offer_recovery(window)
    assert "small" in window.notice.text
    press(qtbot, window.notice, "restore")

    restored = window.session.documents[-1]
    assert restored is not document
    assert restored.network == after
    assert restored.dirty


def test_what_was_left_behind_can_be_discarded(window: Window, drawing, monkeypatch, qtbot):
    from gui import recovery

    document = drawing()
    change(document)
    document.autosave.write()
    monkeypatch.setattr(recovery, "_alive", lambda record: False)

    app.offer_recovery(window)
    press(qtbot, window.notice, "discard")

    assert recovery.recovered() == []
    assert not window.notice.isVisible()


@pytest.mark.parametrize("source", ["preset:nothing", "/no/such/file.canevas"])
def test_a_source_that_is_none_is_said_to_be_so(window: Window, source):
    app.open_source(window, source)

    assert window.notice.isVisible()
    assert window.session.documents == []


def test_a_preset_is_opened_by_its_name(window: Window):
    app.open_source(window, "preset:lecture")

    assert window.session.document.report.parameters == 33_730


def test_paths_of_recent_files_are_kept_whole(window: Window, small_network, tmp_path):
    folder = tmp_path / "été, à la mer"
    folder.mkdir()
    file = folder / "réseau.canevas"
    graph.files.save(small_network, file)

    window.files.open(file)

    assert Settings().recent == [Path(file)]


class OneAnswer:
    """Stands for the service: it gives one answer."""

    def __init__(self, result: dict | None = None, error: str = "") -> None:
        self.result, self.error, self.asked = result, error, []

    def ask(self, do, done=None, failed=None, progress=None, **args) -> None:
        self.asked.append((do, args))
        if self.result is not None:
            done(self.result)
        else:
            failed(self.error)

    def close(self) -> None:
        """Nothing to end."""


def test_an_exported_model_opens_with_its_weights(window: Window, small_network, tmp_path):
    place = [str(tmp_path / "m.pt"), "conv1.weight"]
    answer = {"network": graph.files.dumps(small_network), "weights": {"conv1.weight": place}}
    window.session._service = OneAnswer(answer)

    window.files.open(tmp_path / "m.pt")

    assert window.session._service.asked == [("import", {"file": str(tmp_path / "m.pt")})]
    assert window.session.document.network == small_network
    assert window.session.document.weights == {"conv1.weight": tuple(place)}
    assert window.room == "design"


def test_a_model_that_cannot_be_read_is_said_to_be_so(window: Window, tmp_path):
    window.session._service = OneAnswer(error="m.pt: it is no model.")

    window.files.open(tmp_path / "m.pt")

    assert window.notice.text == "m.pt: it is no model."
    assert window.session.documents == []


def test_a_network_of_torchvision_opens_by_the_service_and_then_from_what_it_left(window: Window, small_network):
    from runtime.import_.remembered import keep

    window.session._service = OneAnswer({"network": graph.files.dumps(small_network)})
    window.files.torchvision("resnet18")
    assert window.session._service.asked == [("import", {"torchvision": "resnet18"})]
    assert window.session.document.network == small_network

    keep("resnet18", small_network)
    window.files.torchvision("resnet18")
    assert len(window.session._service.asked) == 1
    assert len(window.session.documents) == 2
