"""EfficientNetV2-L in the window: opened the first time and again, panned and zoomed, as it is and without blocks.

A frame is what the window's thread does from a turn of the wheel, or a pull at the drawing, to the painted picture; of
all frames the slowest but one in twenty counts, since it is the slow ones that are seen.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psutil

from benchmarks.harness import Figure, report, settle
from graph import edit
from graph.layout import arrange
from graph.network import Block, Network

NAME = "efficientnet_v2_l"
FRAME = 1000 / 60
"""Milliseconds that a frame may take, at sixty in a second."""
STEPS = 40


def opened(app: Any, window: Any) -> float:
    """CPU seconds, of the window and of the service, until the network stands there."""
    service, before = psutil.Process(window.session.service.pid), len(window.session.documents)
    began, own = sum(service.cpu_times()[:2]), time.process_time()
    window.files.torchvision(NAME)
    while len(window.session.documents) == before:
        settle(app)
    for _ in range(10):  # painted, analyzed, its problems listed
        settle(app)
    return time.process_time() - own + sum(service.cpu_times()[:2]) - began


def ready(app: Any, window: Any) -> None:
    """Wait until the service has loaded torch (4 s), as it does while a person looks at the welcome page."""
    done: list[object] = []
    window.session.service.ask("import", done.append, done.append, torchvision="alexnet")
    while not done:
        settle(app)


def without_blocks(network: Network) -> Network:
    """All layers on one level."""
    while blocks := [name for name, node in network.nodes.items() if isinstance(node.layer, Block)]:
        for name in blocks:
            network = edit.unwrap(network, name).network
    return edit.move(network, arrange(network))


def frames(app: Any, act: Callable[[int], None]) -> float:
    """Milliseconds of the slowest frame but one in twenty."""
    taken = []
    for step in range(STEPS):
        began = time.process_time()
        act(step)
        settle(app)
        taken.append(time.process_time() - began)
    return 1e3 * sorted(taken)[int(0.95 * STEPS)]


def moved(app: Any, canvas: Any) -> tuple[float, float]:
    """Slow frames while panning at 100 %, and while zooming by a wheel from everything to 200 % and back."""
    view = canvas.view
    view.zoom_to(1.0)
    settle(app)
    panned = frames(app, lambda step: view.pan(-31, -47 if step % 20 < 10 else 47))
    canvas.show_everything()
    settle(app)
    scales = [view.scale_now * (2.0 / view.scale_now) ** (i / 20) for i in range(21)]
    zoomed = frames(app, lambda step: view.zoom_to(scales[20 - abs(20 - step)]))
    return panned, zoomed


def main() -> int:
    from gui import app as program
    from gui.document import Document

    app = program.application()
    window = program.open_window()
    window.resize(1600, 1000)
    window.show()
    settle(app)
    window.session.service.start()
    ready(app, window)
    first, again = opened(app, window), opened(app, window)
    found = [
        Figure("EfficientNetV2-L opened in the window the first time", first, "s", most=5),
        Figure("EfficientNetV2-L opened again", again, "s", most=1),
    ]
    network = window.session.document.network
    window.files.add(Document(without_blocks(network)))
    for name, document in zip(("as it is", "without blocks"), window.session.documents[1:], strict=True):
        window.session.show_document(document)
        settle(app)
        panned, zoomed = moved(app, window.canvas)
        found.append(Figure(f"EfficientNetV2-L {name}, frame while panning", panned, "ms", most=FRAME))
        found.append(Figure(f"EfficientNetV2-L {name}, frame while zooming", zoomed, "ms", most=FRAME))
    report(found)
    window.session.close()
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["CANEVAS_HOME"] = home
        sys.exit(main())
