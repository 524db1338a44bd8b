"""PySide6 6.12.0 loses a reference to None per call on Python 3.11, and aborts after some hundred repaints."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.qt


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_repaints_lose_no_reference_to_none(qtbot):
    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QWidget

    class Painted(QWidget):
        def paintEvent(self, event):
            painter = QPainter(self)
            for i in range(100):
                painter.setPen(QColor(i, i, i))
                painter.drawLine(0, i, 100, i)
            painter.end()

    widget = Painted()
    qtbot.addWidget(widget)
    widget.resize(100, 100)
    widget.grab()
    before = sys.getrefcount(None)

    for _ in range(50):
        widget.grab()

    # each repaint calls some 200 functions that return nothing: a leak or a loss would show as thousands
    assert abs(sys.getrefcount(None) - before) < 500
