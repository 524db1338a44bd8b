"""Whose weights a node uses: its own, or those of another node beside it."""

from __future__ import annotations

from collections.abc import Callable

from graph.analysis import Report
from graph.network import Network
from graph.sharing import needs, share_refusal
from graph.text import tr
from gui.document import Document
from gui.editors import Choice


def owners(network: Network, report: Report | None, name: str) -> list[str]:
    """Nodes whose weights the node *name* could use, and the one whose weights it uses."""
    node, found = network[name], []
    if report is None or name not in report.facts:
        return [node.shares] if node.shares else []
    mine = needs(report, name)
    for other in network.nodes.values():
        if other.kind != node.kind or other.name not in report.facts:
            continue
        if other.name == node.shares or (
            share_refusal(network, name, other.name) is None and mine and mine == needs(report, other.name)
        ):
            found.append(other.name)
    return found


class WeightsOf(Choice):
    """A list of the nodes that could own the weights; made anew when it opens."""

    def __init__(self, document: Document, name: str, share: Callable[[str], None]) -> None:
        super().__init__()
        self._document, self._name = document, name
        self.setObjectName("weights-of")
        self.setAccessibleName(tr("Weights of"))
        self.follow()
        self.activated.connect(lambda i: share(self.itemData(i)))

    def follow(self) -> None:
        """Show whose they are now."""
        network = self._document.shown
        self.clear()
        self.addItem(tr("its own"), "")
        for owner in owners(network, self._document.shown_report, self._name):
            self.addItem(owner, owner)
        self.setCurrentIndex(max(0, self.findData(network[self._name].shares)))

    def showPopup(self) -> None:
        self.follow()
        super().showPopup()
