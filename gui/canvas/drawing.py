"""The network as it is drawn: a box per node, a route per edge, kept equal to the network by comparing identities.

No Qt: the scene makes items of it, hit testing asks it, the minimap and the pictures draw it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graph.network import Block, Edge, Network
from gui.canvas.geometry import Box, Cells, Rect, around, box
from gui.canvas.lanes import Lanes
from gui.canvas.routes import Route, route

FRAME, TITLE = 24.0, 20.0
"""Pixels between a frame and its nodes, and above them in addition for its title."""

Touched = tuple[Edge, Rect]
"""An edge, and where it ran or runs now."""


class Changes(NamedTuple):
    """What :meth:`Drawing.become` did."""

    gone: tuple[str, ...] = ()
    put: tuple[str, ...] = ()
    """Nodes that are new, or look or stand otherwise."""
    touched: tuple[Touched, ...] = ()
    """Where links ran or run now that are no longer the same."""


class Drawing:
    """Boxes and routes of the network that is looked at."""

    def __init__(self) -> None:
        self.network = Network()
        self.boxes: dict[str, Box] = {}
        self.routes: dict[Edge, Route] = {}
        self.nodes = Cells()
        self.links = Cells()
        self._lanes = Lanes()
        self.held: dict[int, Rect] = {}
        """Where comments are shown while they are in hand."""

    def become(self, network: Network) -> Changes:
        """Draw *network* instead; what is the same object is not looked at."""
        before, self.network = self.network, network
        self.held = {}
        gone = [name for name in before.nodes if name not in network.nodes]
        put = _other(before, network)
        moved: list[Rect] = []
        for name in gone:
            moved.append(self.boxes.pop(name).rect)
            self.nodes.drop(name)
        redrawn = set()
        for name in put:
            new, old = box(network, network.nodes[name]), self.boxes.get(name)
            if new == old:
                continue
            redrawn.add(name)
            if old is None or old.rect != new.rect:
                moved += [new.rect] if old is None else [old.rect, new.rect]
                self.nodes.put(name, new.rect)
            self.boxes[name] = new
        touched = self._drop_links(before, network) if before.edges is not network.edges else []
        if len(moved) > len(network.nodes):  # nearly everything moved
            touched += self._reroute(network.edges)
        else:
            touched += self._reroute(self._concerned(redrawn, moved))
        return Changes(tuple(gone), tuple(put), tuple(touched))

    def shift(self, names: Iterable[str], dx: float, dy: float) -> tuple[Touched, ...]:
        """Draw nodes elsewhere than the network says, while they are being dragged; returns where links changed."""
        mine = set(names)
        for name in mine:
            self.boxes[name] = self.boxes[name].moved(dx, dy)
            self.nodes.put(name, self.boxes[name].rect)
        edges = {e for name in mine for e in self._of(name)}
        return tuple(self._reroute(edges))

    def restore(self, names: Iterable[str]) -> tuple[Touched, ...]:
        """Draw nodes where the network says again."""
        back = {name for name in names if name in self.network.nodes}
        for name in back:
            self.boxes[name] = box(self.network, self.network.nodes[name])
            self.nodes.put(name, self.boxes[name].rect)
        return tuple(self._reroute({e for name in back for e in self._of(name)}))

    def bounds(self, names: Iterable[str] | None = None) -> Rect | None:
        """What surrounds the nodes called *names*, or everything."""
        boxes = self.boxes.values() if names is None else (self.boxes[n] for n in names if n in self.boxes)
        rects = [b.rect for b in boxes]
        if names is None:
            rects += [
                Rect(n.at[0], n.at[1], n.at[0] + n.size[0], n.at[1] + n.size[1])
                for n in self.network.notes
                if not n.frames
            ]
        return around(rects)

    def note_rect(self, i: int) -> Rect | None:
        """Where the *i*-th comment stands; None for a frame around nothing."""
        if (held := self.held.get(i)) is not None:
            return held
        note = self.network.notes[i]
        if not note.frames:
            return Rect(*note.at, note.at[0] + note.size[0], note.at[1] + note.size[1])
        whole = around(self.boxes[n].rect for n in note.frames if n in self.boxes)
        if whole is None:
            return None
        room = whole.grown(FRAME)
        return room._replace(top=room.top - TITLE)

    def frames_around(self, names: Iterable[str]) -> list[int]:
        """Places of the comments that frame any of these nodes."""
        mine = set(names)
        return [i for i, note in enumerate(self.network.notes) if not mine.isdisjoint(note.frames)]

    def matches(self, network: Network) -> bool:
        """Whether it draws exactly *network*; for tests."""
        return (
            set(self.boxes) == set(network.nodes)
            and all(self.boxes[name] == box(network, node) for name, node in network.nodes.items())
            and set(self.routes) == set(network.edges)
            and all(self._ends(e) == (r.points[0], r.points[-1]) for e, r in self.routes.items())
            and len(self.nodes) == len(network.nodes)
            and len(self.links) == len(network.edges)
            and not self.held
        )

    def _of(self, name: str) -> tuple[Edge, ...]:
        return (*self.network.incoming.get(name, ()), *self.network.outgoing.get(name, ()))

    def _ends(self, edge: Edge) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.boxes[edge.source].start(edge.out), self.boxes[edge.target].end(edge)

    def _drop_links(self, before: Network, network: Network) -> list[Touched]:
        kept = set(network.edges)
        gone = [e for e in self.routes if e not in kept]
        touched = []
        for edge in gone:
            touched.append((edge, self.routes.pop(edge).bounds))
            self.links.drop(edge)
            self._lanes.drop(edge)
        return touched

    def _concerned(self, redrawn: set[str], moved: list[Rect]) -> set[Edge]:
        """Edges whose way may be another one: of nodes that changed, new ones, and those where something moved."""
        edges = {e for name in redrawn for e in self._of(name)}
        if len(self.routes) < len(self.network.edges):
            edges |= {e for e in self.network.edges if e not in self.routes}
        for rect in moved:
            edges |= self.links.near(rect.grown(32)).keys()  # type: ignore[arg-type]
        return edges

    def _reroute(self, edges: Iterable[Edge]) -> list[Touched]:
        """Find the ways of *edges* anew, and of those that must make room for them."""
        ways: dict[Edge, Route] = {}
        for edge in edges:
            way = route(*self._ends(edge), self._near)
            if way.gutter is None:
                ways[edge] = way
                self._lanes.drop(edge)
            else:
                self._lanes.put(edge, way)
        ways |= self._lanes.settle(self._near)
        touched = []
        for edge, new in ways.items():
            old = self.routes.get(edge)
            if new == old:
                continue
            if old is not None:
                touched.append((edge, old.bounds))
            touched.append((edge, new.bounds))
            self.routes[edge] = new
            self.links.put(edge, new.bounds)
        return touched

    def _near(self, rect: Rect) -> list[Rect]:
        return list(self.nodes.near(rect).values())


def _other(before: Network, after: Network) -> list[str]:
    """Names of nodes of *after* that may look otherwise than in *before*."""
    old, same_edges = before.nodes, before.edges is after.edges
    same_blocks = before.blocks is after.blocks
    if same_edges and same_blocks:
        return [name for name, node in after.nodes.items() if old.get(name) is not node]
    return [
        name
        for name, node in after.nodes.items()
        if old.get(name) is not node
        or (not same_blocks and isinstance(node.layer, Block))
        or before.incoming.get(name) != after.incoming.get(name)
        or before.outgoing.get(name) != after.outgoing.get(name)
    ]
