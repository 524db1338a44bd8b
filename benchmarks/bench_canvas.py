"""The canvas with 1,000 nodes, built, zoomed and dragged; and the same in NodeGraphQt."""

from __future__ import annotations

import subprocess
import sys

from PySide6.QtWidgets import QApplication

from benchmarks.harness import Figure, read, report, seconds, settle
from benchmarks.networks import residual
from gui import theme
from gui.canvas import CanvasView
from gui.document import Document

NODES = 1000
STEPS = 20


def ours() -> list[Figure]:
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "dark")
    network = residual(NODES)
    canvases = []

    def build() -> None:
        canvas = CanvasView(Document(network))
        canvas.resize(1600, 1000)
        canvas.show()
        settle(app)
        canvases.append(canvas)

    built = seconds(build, repeat=3, warm=0)
    canvas = canvases[-1]
    canvas.show_everything()
    settle(app)
    scene, view = canvas.scene, canvas.view
    fit = view.scale_now

    def zoom() -> None:
        for step in range(STEPS):
            view.zoom_to(fit * (1.05 if step % 2 == 0 else 1.0))
            settle(app)

    name = list(network.nodes)[NODES // 2]

    def drag() -> None:
        for step in range(STEPS):
            scene.shift([name], 4 * step, 2 * step)
            settle(app)
        scene.restore([name])

    zoomed, dragged = (seconds(action, repeat=5) / STEPS for action in (zoom, drag))
    view.zoom_to(1.0)
    view.center_on(network.nodes[name].at)
    settle(app)
    close = seconds(drag, repeat=5) / STEPS
    return [
        Figure("canvas, 1,000 nodes, build", built * 1e3, "ms", most=300),
        Figure("canvas, 1,000 nodes, zoom step at fit", zoomed * 1e3, "ms", most=15),
        Figure("canvas, 1,000 nodes, drag step at fit", dragged * 1e3, "ms", most=3),
        Figure("canvas, 1,000 nodes, drag step at 100 %", close * 1e3, "ms", most=3),
    ]


def theirs() -> list[Figure]:
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.nodegraphqt", str(NODES)], stdout=subprocess.PIPE, text=True, check=True
    )
    return read(process.stdout)


def main() -> None:
    mine, other = ours(), theirs()
    compared = [
        Figure(f"NodeGraphQt, 1,000 nodes, {b.name}", b.number, "ms", note=f"{b.number / a.number:.3g} × Canevas")
        for a, b in zip(mine, other, strict=False)
    ]
    report([*mine, *compared])


if __name__ == "__main__":
    main()
