"""The same canvas job done by NodeGraphQt: build, zoom, drag; run as ``python -m benchmarks.nodegraphqt NODES``.

NodeGraphQt 0.6.44 runs on PySide6 6.11 through Qt.py 2.0.7; it imports ``distutils``, which Python 3.12 no longer has
and setuptools brings back.  Its undo is switched off here, since it would make building slower still.
"""

from __future__ import annotations

import sys
import warnings

from benchmarks.harness import Figure, report, seconds, settle
from benchmarks.networks import residual

warnings.simplefilter("ignore")  # its own: distutils, and enums that Qt deprecated

STEPS = 10


def main(count: int) -> None:
    from NodeGraphQt import BaseNode, NodeGraph
    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    class Layer(BaseNode):
        __identifier__ = "peer"
        NODE_NAME = "Conv2d"

        def __init__(self) -> None:
            super().__init__()
            self.add_input("x", multi_input=True)
            self.add_output("y")

    app = QApplication([])
    network = residual(count)
    graphs = []

    def build() -> None:
        graph = NodeGraph()
        graph.register_node(Layer)
        graph.widget.resize(1600, 1000)
        graph.widget.show()
        nodes = {}
        for node in network.nodes.values():
            nodes[node.name] = graph.create_node(
                "peer.Layer", name=node.name, pos=node.at, selected=False, push_undo=False
            )
        for edge in network.edges:
            nodes[edge.source].output(0).connect_to(nodes[edge.target].input(0), push_undo=False)
        settle(app)
        graphs.append(graph)

    built = seconds(build, repeat=1, warm=0)
    graph = graphs[-1]
    graph.select_all()
    graph.fit_to_selection()
    graph.clear_selection()
    settle(app)

    def zoom() -> None:
        for step in range(STEPS):
            graph.viewer()._set_viewer_zoom(0.1 if step % 2 else -0.1, 0.0)
            settle(app)

    item = graph.all_nodes()[count // 2].view

    def drag() -> None:
        for step in range(STEPS):
            item.setPos(item.pos() + QPointF(2 if step % 2 else -2, 1))
            settle(app)

    report(
        [
            Figure("build", built * 1e3, "ms"),
            Figure("zoom", seconds(zoom, repeat=3) / STEPS * 1e3, "ms"),
            Figure("drag", seconds(drag, repeat=3) / STEPS * 1e3, "ms"),
        ]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
