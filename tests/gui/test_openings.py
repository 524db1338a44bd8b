"""A network on its way from the service: it is seen, it can be given up, and it holds nobody up."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from graph import files
from graph.text import use_language
from gui.openings import Opening
from tests.gui.fake_service import FakeService

pytestmark = pytest.mark.qt


@pytest.fixture
def service(window) -> FakeService:
    window.session._service = FakeService()
    window.show()
    return window.session._service


def lines(window) -> list[Opening]:
    return [line for line in window.findChildren(Opening) if not line.isHidden()]


def test_what_is_being_opened_says_how_far_it_is(window, service, small_network):
    window.files.torchvision("efficientnet_v2_l")

    (line,) = lines(window)
    assert line.bar.maximum() == 0  # nobody knows yet
    service.last("import").progress(0.5)
    assert line.bar.value() / line.bar.maximum() == 0.5
    service.last("import").answer(network=files.dumps(small_network))
    assert not lines(window)
    assert window.openings.isHidden()
    assert window.session.document.network == small_network


def test_cancel_gives_it_up_and_opens_nothing(window, service, qtbot):
    window.files.torchvision("resnet50")
    asked = service.last("import")
    (line,) = lines(window)

    qtbot.mouseClick(line.findChild(QWidget, "cancel-opening"), Qt.MouseButton.LeftButton)

    assert not asked.waiting
    assert not lines(window)
    assert window.session.documents == []


def test_what_cannot_be_opened_is_said_and_its_line_goes(window, service):
    window.files.torchvision("resnet50")

    service.last("import").refuse("The process that computes for the window crashed.")

    assert window.notice.text == "The process that computes for the window crashed."
    assert not lines(window)


def test_two_at_once_have_a_line_each(window, service, small_network):
    window.files.torchvision("resnet50")
    window.files.torchvision("vgg16")
    first, second = service.asked

    second.answer(network=files.dumps(small_network))

    (line,) = lines(window)
    first.progress(0.25)
    assert line.bar.value() / line.bar.maximum() == 0.25


def test_another_language_loses_nothing_that_is_on_its_way(window, service, small_network):
    window.files.torchvision("resnet50")
    try:
        window.session.settings.set("language", "fr")
        assert len(lines(window)) == 1

        service.last("import").answer(network=files.dumps(small_network))
    finally:
        use_language("en")

    assert not lines(window)
    assert window.session.document.network == small_network
