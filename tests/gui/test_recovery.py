"""What is left of unsaved work after a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from graph import FileError
from graph import edit as editing
from gui.document import Document
from gui.recovery import SECONDS, folder, recovered
from tests.gui.canvas.driver import small_network

pytestmark = pytest.mark.qt


@pytest.fixture
def document(qtbot) -> Document:
    made = Document(small_network(), weights={"conv": ("a.pt", "conv")})
    yield made
    made.close()


def edited(document: Document, n: int = 5) -> None:
    document.edit(editing.set_values(document.network, "conv", out_channels=n), "Filters")


def copies() -> list[Path]:
    return sorted(folder().glob("*.json"))


def test_thirty_seconds_after_the_first_edit_a_copy_is_due():
    assert SECONDS <= 30


def test_unsaved_edits_are_copied_in_time(document: Document, qtbot):
    document.autosave.seconds = 0.01
    edited(document)
    qtbot.waitUntil(lambda: bool(copies()))


def test_edits_that_never_stop_are_copied_all_the_same(document: Document, qtbot):
    """The clock runs from the first unsaved edit, not from the last."""
    document.autosave.seconds = 0.05
    numbers = iter(range(1, 100_000))

    def still_editing() -> bool:
        edited(document, next(numbers))
        return bool(copies())

    qtbot.waitUntil(still_editing)


def test_saving_removes_the_copy(document: Document, tmp_path: Path):
    edited(document)
    document.autosave.write()
    assert copies()
    document.save(tmp_path / "net.canevas")
    assert not copies()


def test_undoing_everything_removes_the_copy(document: Document):
    edited(document)
    document.autosave.write()
    document.stack.undo()
    assert not copies()


def test_closing_removes_the_copy(document: Document):
    edited(document)
    document.autosave.write()
    document.close()
    assert not copies()


def test_the_work_of_a_living_program_is_not_offered(document: Document):
    edited(document)
    document.autosave.write()
    assert recovered() == []


def test_a_full_disk_is_said_and_the_work_goes_on(document: Document, qtbot, monkeypatch):
    from graph import files

    def full(file, data):
        raise FileError(file, "there is no space left on the disk")

    monkeypatch.setattr(files, "write", full)
    edited(document)
    with qtbot.waitSignal(document.autosave.failed) as signal:
        document.autosave.write()
    assert "no space left" in signal.args[0]


CRASH = """
    import os
    from PySide6.QtWidgets import QApplication
    from graph import edit
    from gui.document import Document
    from tests.gui.canvas.driver import small_network

    app = QApplication([])
    document = Document(small_network(), weights={"conv": ("a.pt", "conv")})
    document.autosave.seconds = 0.01
    document.edit(edit.set_values(document.network, "conv", out_channels=77), "Filters")
    document.autosave._due.timeout.connect(lambda: os.kill(os.getpid(), 9))
    app.exec()
"""


def test_a_killed_program_leaves_its_work_and_the_next_one_opens_it(qtbot):
    root = Path(__file__).resolve().parents[2]
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(CRASH)], cwd=root, timeout=60, capture_output=True)
    assert died.returncode == -9, died.stderr
    (left,) = recovered()
    assert left.title == "small"
    document = left.open()
    assert document.network["conv"].layer.out_channels == 77
    assert document.weights == {"conv": ("a.pt", "conv")}
    assert document.dirty
    assert len(copies()) == 1  # now this program's own
    assert recovered() == []
    document.close()
    assert not copies()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": "canevas recovery", "version": 99}', "[" * 100_000]
)
def test_a_damaged_copy_is_listed_and_refused(qtbot, text: str):
    folder().mkdir(parents=True)
    (folder() / "1-abc.json").write_text(text)
    (left,) = recovered()
    with pytest.raises(FileError):
        left.open()
    assert copies()
    left.discard()
    assert not copies()


def test_a_copy_whose_network_is_damaged_is_refused_and_kept(qtbot):
    folder().mkdir(parents=True)
    record = {"format": "canevas recovery", "version": 1, "pid": 1, "started": 0, "title": "x", "network": "{}"}
    (folder() / "1-abc.json").write_text(json.dumps(record))
    with pytest.raises(FileError):
        recovered()[0].open()
    assert copies()


def test_a_number_given_to_another_process_does_not_hide_a_copy(qtbot):
    folder().mkdir(parents=True)
    record = {"format": "canevas recovery", "version": 1, "pid": os.getpid(), "started": 12.5, "network": ""}
    (folder() / "1-abc.json").write_text(json.dumps(record))
    assert len(recovered()) == 1
