"""Canvases to be driven as a person drives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from graph import Network
from gui import theme
from gui.canvas import CanvasView
from gui.document import Document
from tests.gui.canvas.driver import Driver, small_network


@pytest.fixture
def driven(qtbot, qapp) -> Iterator[Callable[[Network], Driver]]:
    """Opens canvases of 900 × 700 at 100 %, the network's upper left corner at (300, 60)."""
    theme.apply(qapp, "dark")
    opened: list[Driver] = []

    def open_canvas(network: Network | None = None) -> Driver:
        canvas = CanvasView(Document(network if network is not None else small_network()))
        qtbot.addWidget(canvas)
        canvas.resize(900, 700)
        canvas.show()
        canvas.view.zoom_to(1.0)
        canvas.view.center_on((150.0, 290.0))
        driver = Driver(canvas)
        opened.append(driver)
        return driver

    yield open_canvas
    for driver in opened:
        driver.document.close()


@pytest.fixture
def canvas(driven) -> Driver:
    """A canvas on the small network: input, conv, relu below each other."""
    return driven()
