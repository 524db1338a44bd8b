"""Windows to be driven as a person drives them; none starts a process unless a test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from graph import Edge, Network, Node, layers
from gui import theme
from gui import window as windows
from gui.document import Document
from gui.runs import Runs
from gui.session import Session
from gui.testing import TestingRoom
from gui.window import Window
from tests.gui.fake_service import FakeService


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Nothing is left on the clipboard: without a screen, Qt crashes at the end of the process over what lies there."""
    yield
    qapp.clipboard().clear()


@pytest.fixture
def small_network() -> Network:
    """Input, a convolution, a ReLU."""
    nodes = [
        Node("input", layers.source.Input((3, 32, 32)), (0, 0)),
        Node("conv1", layers.convolution.Conv2d(10, (5, 5)), (0, 96)),
        Node("relu1", layers.activation.ReLU(), (0, 192)),
    ]
    edges = (Edge("input", "out", "conv1", "x"), Edge("conv1", "out", "relu1", "x"))
    return Network("small", {n.name: n for n in nodes}, edges)


@pytest.fixture
def window(qtbot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """A window of 1280 × 800 whose rooms of data and training are empty pages."""
    theme.apply(qapp, "dark")
    for room in ("data", "train", "test"):
        monkeypatch.setitem(windows.PAGES, room, lambda _: QWidget())
    made = Window()
    made.resize(1280, 800)
    qtbot.addWidget(made)
    made.show()
    yield made
    for document in made.session.documents:
        document.stack.setClean()
    made.close()


@pytest.fixture
def drawing(window: Window, small_network: Network, qtbot) -> Callable[[], Document]:
    """Opens the small network in the window's Design room."""

    def open_it(network: Network | None = None) -> Document:
        document = window.files.add(Document(network or small_network))
        qtbot.waitUntil(lambda: document.report.network is document.network)
        return document

    return open_it


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    """A session without a document, whose service a test answers by hand."""
    made = Session()
    made._service = FakeService()
    yield made
    made.close()


@pytest.fixture
def room(session: Session, qtbot) -> Iterator[TestingRoom]:
    """The Test room of that session."""
    made = TestingRoom(session)
    qtbot.addWidget(made)
    made.resize(1280, 760)
    made.show()
    yield made
    made.close_down()
    Runs.of(session).stop()
