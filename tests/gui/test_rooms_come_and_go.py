"""Rooms are pages: made anew when the language changes, over a session that stays."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

import presets
from graph.text import use_language
from gui import theme
from gui.data import DataRoom
from gui.document import Document
from gui.runs import Runs
from gui.session import Session
from gui.testing import TestingRoom
from gui.training import TrainingRoom
from runtime.data.description import Description
from runtime.recipe import Recipe
from tests.gui.fake_runs import FakeRun
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt

ROOMS = [DataRoom, TrainingRoom, TestingRoom]


@pytest.fixture
def session(qtbot):
    made = Session()
    made._service = FakeService()
    made.add(Document(presets.build("lecture")))
    yield made
    Runs.of(made).stop()
    made.close()
    made.deleteLater()


def gone(widget) -> None:
    """Let a page go as the window does."""
    widget.hide()
    widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_that_is_gone_hears_nothing_and_is_freed(session, qtbot, qapp, room):
    left = []
    for _ in range(3):
        made = room(session)
        made.resize(1280, 760)
        made.show()
        if room is TrainingRoom:
            qtbot.waitUntil(lambda made=made: made.curves is not None)
        left.append(weakref.ref(made))
        gone(made)
        del made
    session.choose_data(Description("digits"))
    session.set_recipe(Recipe(epochs=3))
    session.show_run(FakeRun(Runs.of(session).root).run)
    session.document.edit(presets.build("lecture", classes=3), "three classes")
    theme.apply(qapp, "light")
    theme.apply(qapp, "dark")
    qtbot.waitUntil(lambda: session.document.report.network is session.document.network)
    gc.collect()

    assert [ref() for ref in left] == [None] * 3


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_speak_the_language_in_use(session, qtbot, room):
    use_language("fr")
    made = room(session)
    qtbot.addWidget(made)
    made.resize(1280, 760)
    made.show()
    assert made.grab().width() == 1280
