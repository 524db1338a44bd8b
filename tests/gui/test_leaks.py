"""Opening and closing leaves nothing behind: no widget, no document, no file handle."""

from __future__ import annotations

import gc
from collections import Counter

import psutil
import pytest
from PySide6.QtWidgets import QApplication, QWidget

from gui import window as windows
from gui.canvas import CanvasView
from gui.document import Document
from gui.window import Window

pytestmark = pytest.mark.qt


def settle() -> None:
    """Let what was given up be gone."""
    for _ in range(3):
        QApplication.sendPostedEvents(None, 52)  # QEvent.Type.DeferredDelete
        QApplication.processEvents()
        gc.collect()


def widgets() -> Counter[str]:
    return Counter(type(w).__name__ for w in QApplication.allWidgets())


def objects(*classes: type) -> Counter[str]:
    return Counter(type(o).__name__ for o in gc.get_objects() if type(o) in classes)


def handles() -> int:
    return psutil.Process().num_fds() if hasattr(psutil.Process(), "num_fds") else 0


def test_documents_leave_nothing_behind(window: Window, small_network):
    def cycle() -> None:
        document = window.files.add(Document(small_network))
        window.canvas.scene.select(("conv1",))
        document.edit(document.network.change(name="other"), "Change")
        QApplication.processEvents()
        document.stack.setClean()
        window.files.close(document)

    for _ in range(3):
        cycle()
    settle()
    before = widgets(), objects(Document, CanvasView), handles()

    for _ in range(15):
        cycle()
    settle()

    assert widgets() - before[0] == Counter()
    assert objects(Document, CanvasView) - before[1] == Counter()
    assert handles() <= before[2] + 1


def test_windows_leave_nothing_behind(qtbot, qapp, monkeypatch, small_network):
    for room in ("data", "train", "test"):
        monkeypatch.setitem(windows.PAGES, room, lambda _: QWidget())

    def cycle() -> None:
        window = Window()
        window.show()
        window.files.add(Document(small_network))
        QApplication.processEvents()
        window.show_room("settings")
        window.close()
        window.deleteLater()

    cycle()
    settle()
    before = widgets(), objects(Document, CanvasView, Window), handles()

    for _ in range(6):
        cycle()
    settle()

    assert widgets() - before[0] == Counter()
    assert objects(Document, CanvasView, Window) - before[1] == Counter()
    assert handles() <= before[2] + 1
