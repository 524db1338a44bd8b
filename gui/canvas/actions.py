"""What one can do to a network on the canvas, by name: each is one step of the document's history.

Commands, keys and gestures all call these; what is refused is told in a sentence and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from graph import edit
from graph.edit import Moved
from graph.errors import CanevasError
from graph.layer import Layer
from graph.layout import arrange
from graph.network import Block, Edge, Network
from graph.text import tr, tr_count
from gui.canvas import clipboard
from gui.canvas.geometry import BLOCK, COLUMN, GAP, GRID, NODE, Point, snapped
from gui.canvas.hit import End, linked_to
from gui.canvas.noting import carried, without
from gui.canvas.wiring import fed, free_place, taker, with_room

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

Change = Callable[[Network], Network | Moved]
Offer = Layer | Block | Network
"""What can be put on the drawing: a kind, a block that is there, the definition of one that is not there yet."""


class Actions:
    """Edits of the network that a canvas shows, mostly of the nodes selected there."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas

    def apply(self, change: Change, text: str, merge: str = "") -> bool:
        """Make one step of *change*; tells why if it is refused, and whether it was made."""
        document = self._canvas.document
        try:
            made = change(document.shown)
            after, paths = (made.network, made.paths) if isinstance(made, Moved) else (made, None)
            document.edit_shown(after, text, f"{'.'.join(document.trail)}/{merge}" if merge else "", paths)
        except CanevasError as error:
            self._canvas.tell(str(error))
            return False
        return True

    # nodes come and go

    def add(self, layer: Offer, at: Point | None = None, after: Iterable[str] = (), end: End | None = None) -> str:
        """Put a new node with its middle at *at*, fed by the nodes *after*, linked to *end*.

        Returns its name, empty if it was refused; without *at* it stands below what feeds it.
        """
        network, name = self._canvas.network, ""
        wide, high = NODE if isinstance(layer, Layer) else BLOCK
        sources = [n for n in after if n in network.nodes and network.outputs(network.nodes[n])]
        place = _below(self._canvas, sources) if at is None else (snapped(at[0] - wide / 2), snapped(at[1] - high / 2))

        def change(network: Network) -> Network:
            nonlocal name
            made, name = edit.add(*edit.bring(network, layer), at=place)
            edge = linked_to(made, name, end) if end is not None else None
            return edit.connect(made, edge) if edge is not None else fed(made, sources, name)

        if not self.apply(change, tr("Add {kind}", kind=layer.kind if isinstance(layer, Layer) else layer.name)):
            return ""
        self._canvas.scene.select([name])
        self._canvas.look.reveal([name])
        return name

    def add_into(self, layer: Offer, edge: Edge, at: Point) -> str:
        """Put a new node into *edge*; returns its name, empty if refused."""
        name, (wide, high) = "", NODE if isinstance(layer, Layer) else BLOCK

        def change(network: Network) -> Network:
            nonlocal name
            place = snapped(at[0] - wide / 2), snapped(at[1] - high / 2)
            made, name = edit.add(*edit.bring(network, layer), at=place)
            return with_room(edit.insert(made, name, edge), name)

        if not self.apply(change, tr("Insert {kind}", kind=layer.kind if isinstance(layer, Layer) else layer.name)):
            return ""
        self._canvas.scene.select([name])
        return name

    def insert(self, name: str, edge: Edge, at: Point) -> bool:
        """Put a node that stands in the network into *edge*, at *at*."""
        return self.apply(
            lambda n: with_room(edit.insert(edit.move(n, {name: at}), name, edge), name),
            tr("Insert {name}", name=name),
        )

    def remove(self) -> None:
        """Delete the selected nodes with their links, and the selected comments."""
        names, noted = self._canvas.selection, self._canvas.scene.noted
        if names or noted:
            text = _named(tr("Delete"), names) if names else tr("Delete a comment")
            self.apply(lambda n: edit.remove(without(n, noted), names), text)

    def bridge(self) -> None:
        """Delete the selected nodes, and link their neighbors."""
        if names := self._canvas.selection:
            self.apply(lambda n: edit.bridge(n, names), _named(tr("Delete and reconnect"), names))

    # links

    def connect(self, edge: Edge, instead: Edge | None = None) -> bool:
        """Draw a link; *instead* of another one where that is given."""

        def change(network: Network) -> Network:
            return edit.connect(edit.disconnect(network, [instead]) if instead else network, edge)

        text = tr("Link {source} to {target}", source=edge.source, target=edge.target)
        return self.apply(change, text)

    def disconnect(self, edges: Iterable[Edge]) -> None:
        """Delete links."""
        gone = [e for e in edges if e in self._canvas.scene.drawing.routes]
        if gone:
            self.apply(lambda n: edit.disconnect(n, gone), tr_count("Delete a link", "Delete {n} links", len(gone)))

    def link(self) -> None:
        """Link the selected nodes to each other, in the order of the flow: from each to the next one below it."""
        names = self._canvas.selection
        boxes = self._canvas.scene.drawing.boxes
        chain = sorted(names, key=lambda n: (boxes[n].rect.top, boxes[n].rect.left))
        if len(chain) < 2:
            self._canvas.tell(tr("Select two nodes or more, then link them."))
            return

        def change(network: Network) -> Network:
            if len(chain) > 2 and (merge := taker(network, chain)):
                return fed(network, [n for n in chain if n != merge], merge, strict=True)
            for source, target in pairwise(chain):
                network = fed(network, [source], target, strict=True)
            return network

        self.apply(change, _named(tr("Link"), names))

    # copies

    def copy(self) -> None:
        """Put the selected nodes on the clipboard."""
        if names := self._canvas.selection:
            clipboard.put(edit.take(self._canvas.network, names), self._incoming(names))

    def paste(self, *, linked: bool = False) -> None:
        """Paste the nodes on the clipboard; *linked*: with the links that came into them, where these still fit."""
        try:
            found = clipboard.get()
        except CanevasError as error:
            self._canvas.tell(str(error))
            return
        if found is None:
            self._canvas.tell(tr("The clipboard holds no nodes of a network."))
            return
        fragment, incoming = found
        self._put(fragment, self._canvas.look.paste_offset(fragment), tr("Paste"), incoming if linked else ())

    def paste_linked(self) -> None:
        """Paste, and link what is pasted to what fed the originals."""
        self.paste(linked=True)

    def duplicate(self, *, linked: bool = False) -> None:
        """Copy the selected nodes beside themselves; *linked*: fed by what feeds the originals."""
        if names := self._canvas.selection:
            fragment = edit.take(self._canvas.network, names)
            self._put(
                fragment, (COLUMN - 92, 0.0), _named(tr("Duplicate"), names), self._incoming(names) if linked else ()
            )

    def duplicate_linked(self) -> None:
        """Duplicate, fed by what feeds the originals."""
        self.duplicate(linked=True)

    def _put(self, fragment: Network, offset: Point, text: str, incoming: Iterable[Edge]) -> None:
        made: dict[str, str] = {}

        def change(network: Network) -> Network:
            nonlocal made
            kept = [e for e in incoming if e.source in network.nodes]
            after, made = edit.paste(network, fragment, offset, kept)
            return after

        if self.apply(change, text):
            self._canvas.scene.select(made.values())
            self._canvas.look.reveal(made.values())

    def _incoming(self, names: Iterable[str]) -> tuple[Edge, ...]:
        inside, network = set(names), self._canvas.network
        return tuple(e for e in network.edges if e.target in inside and e.source not in inside)

    # structure and state

    def make_own(self) -> None:
        """Give each selected block a copy of its definition."""
        names = [n for n in self._canvas.selection if isinstance(self._canvas.network[n].layer, Block)]
        if not names:
            self._canvas.tell(tr("Select a block: its definition is copied for it alone."))
        for name in names:
            self.apply(lambda n, name=name: edit.make_own(n, name), tr("Give {name} its own definition", name=name))

    def wrap(self) -> None:
        """Make one block of the selected nodes."""
        if names := self._canvas.selection:
            before = set(self._canvas.network.nodes)
            if self.apply(lambda n: edit.wrap(n, names), _named(tr("Make a block of"), names)):
                self._canvas.scene.select(set(self._canvas.network.nodes) - before or names[:1])

    def unwrap(self) -> None:
        """Dissolve the selected blocks: what is inside stands in their place."""
        before = set(self._canvas.network.nodes)
        blocks = [n for n in self._canvas.selection if isinstance(self._canvas.network[n].layer, Block)]
        if not blocks:
            self._canvas.tell(tr("Select a block to dissolve it."))
        for name in blocks:
            self.apply(lambda n, name=name: edit.unwrap(n, name), tr("Dissolve {name}", name=name))
        if blocks:
            self._canvas.scene.select(set(self._canvas.network.nodes) - before)

    def freeze(self) -> None:
        """Freeze the selected nodes; if all of them are, let them learn again."""
        if names := self._canvas.selection:
            on = not all(self._canvas.network[n].frozen for n in names)
            self.apply(lambda n: edit.freeze(n, names, on), _named(tr("Freeze") if on else tr("Unfreeze"), names))

    def bypass(self) -> None:
        """Bypass the selected nodes; if all of them are, let them work again."""
        if names := self._canvas.selection:
            on = not all(self._canvas.network[n].bypass for n in names)
            self.apply(lambda n: edit.bypass(n, names, on), _named(tr("Bypass") if on else tr("Use again"), names))

    # places

    def move(self, places: Mapping[str, Point], merge: str = "") -> bool:
        """Put nodes elsewhere."""
        return self.apply(lambda n: edit.move(n, places), _named(tr("Move"), tuple(places)), merge)

    def nudge(self, dx: int, dy: int) -> None:
        """Move what is selected by steps of the grid, frames with their nodes."""
        network = self._canvas.network
        names, notes = carried(network, self._canvas.selection, self._canvas.scene.noted)
        x, y = dx * GRID, dy * GRID
        places = {n: (network.nodes[n].at[0] + x, network.nodes[n].at[1] + y) for n in names}
        merge = f"nudge {' '.join(names)} {' '.join(map(str, notes))}"
        if notes:
            aside = {i: (network.notes[i].at[0] + x, network.notes[i].at[1] + y) for i in notes}
            self._canvas.notes.move(places, aside, merge)
        elif names:
            self.move(places, merge)

    def arrange(self) -> None:
        """Lay the network out anew: the flow downwards, nothing on top of another."""
        self.apply(lambda n: edit.move(n, arrange(n)), tr("Lay out"))
        self._canvas.look.frame_all()


def _below(canvas: CanvasView, names: list[str]) -> Point:
    """Where a node fed by *names* stands: below them; fed by none, in the middle of what is in sight."""
    drawing = canvas.scene.drawing
    whole = drawing.bounds(names) if names else None
    if whole is None:
        x, y = canvas.view.sight().center
        start = (snapped(x - NODE[0] / 2), snapped(y - NODE[1] / 2))
    else:
        start = (snapped(whole.center[0] - NODE[0] / 2), snapped(whole.bottom + GAP))
    return free_place(start, lambda rect: bool(drawing.nodes.near(rect)))


def _named(what: str, names: tuple[str, ...]) -> str:
    """A step of the history: *what* was done to which nodes."""
    if len(names) == 1:
        return tr("{what} {name}", what=what, name=names[0])
    return tr_count("{what} {n} node", "{what} {n} nodes", len(names), what=what)
