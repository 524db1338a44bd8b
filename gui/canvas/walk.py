"""Going from node to node by keys: along links up and down, to the nearest neighbor at the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.network import Network
from gui.canvas.geometry import Box

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView


class Walk:
    """The walker on one canvas: *walk* selects what it comes to, *reach* adds it to what is selected."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._current = ""

    def walk_down(self) -> None:
        """Select what the selected node feeds."""
        self._go(0, 1)

    def walk_up(self) -> None:
        """Select what feeds the selected node."""
        self._go(0, -1)

    def walk_left(self) -> None:
        """Select the neighbor at the left."""
        self._go(-1, 0)

    def walk_right(self) -> None:
        """Select the neighbor at the right."""
        self._go(1, 0)

    def reach_down(self) -> None:
        """Select also what the node feeds."""
        self._go(0, 1, also=True)

    def reach_up(self) -> None:
        """Select also what feeds the node."""
        self._go(0, -1, also=True)

    def reach_left(self) -> None:
        """Select also the neighbor at the left."""
        self._go(-1, 0, also=True)

    def reach_right(self) -> None:
        """Select also the neighbor at the right."""
        self._go(1, 0, also=True)

    def _go(self, dx: int, dy: int, *, also: bool = False) -> None:
        network, chosen = self._canvas.network, self._canvas.selection
        if not network.nodes:
            return
        if not chosen:
            found = network.order[0]
        else:
            here = self._current if self._current in chosen else chosen[-1]
            found = step(network, self._canvas.scene.drawing.boxes, here, dx, dy)
        self._current = found
        self._canvas.scene.select({*chosen, found} if also else [found])
        self._canvas.look.reveal([found])


def step(network: Network, boxes: dict[str, Box], here: str, dx: int, dy: int) -> str:
    """The node one comes to from *here*: along a link up or down, else the nearest one in that direction."""
    linked: list[str] = []
    if dy > 0:
        linked = [e.target for e in network.outgoing.get(here, ())]
    elif dy < 0:
        linked = [e.source for e in network.incoming.get(here, ())]
    (x, y), best, nearest = boxes[here].rect.center, here, float("inf")
    if linked:
        return min(dict.fromkeys(linked), key=lambda n: abs(boxes[n].rect.center[0] - x))
    for name, box in boxes.items():
        along = (box.rect.center[0] - x) * dx + (box.rect.center[1] - y) * dy
        across = abs((box.rect.center[0] - x) * dy) + abs((box.rect.center[1] - y) * dx)
        if along > 1 and across <= 2 * along and (cost := along + 3 * across) < nearest:
            best, nearest = name, cost
    return best
