"""Where one looks on the canvas and what is selected there, by name: nothing here changes the network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graph.network import Block, Network
from graph.text import tr
from gui.canvas import picture
from gui.canvas.geometry import Point, Rect, around, snapped
from gui.canvas.gestures import Tip
from gui.canvas.hit import End, Hit
from gui.canvas.letters import font, metrics
from gui.canvas.walk import Walk
from gui.theme import SEMIBOLD


class Look(Walk):
    """Walking, framing, entering and searching on one canvas."""

    # scale and place

    def frame_selection(self) -> None:
        """Show all of what is selected; of everything if nothing is."""
        self._canvas.view.frame(self._canvas.scene.drawing.bounds(self._canvas.selection or None), most=1.5, margin=80)

    def frame_all(self) -> None:
        """Show everything."""
        self._canvas.show_everything()

    def zoom_in(self) -> None:
        """One stop closer."""
        self._canvas.view.zoom_step(1)

    def zoom_out(self) -> None:
        """One stop further away."""
        self._canvas.view.zoom_step(-1)

    def zoom_full(self) -> None:
        """At 100 %."""
        self._canvas.view.zoom_to(1.0)

    def turn_map(self) -> None:
        """Show the minimap, or hide it."""
        self._canvas.turn_map()

    def reveal(self, names: Iterable[str]) -> None:
        """Bring nodes into sight with the least motion."""
        rect = around(self._canvas.scene.drawing.boxes[n].rect for n in names if n in self._canvas.scene.drawing.boxes)
        if rect is not None:
            self.reveal_rect(rect)

    def reveal_rect(self, rect: Rect) -> None:
        """Bring a part of the scene into sight with the least motion."""
        view = self._canvas.view
        sight, scale = view.sight(), view.scale_now
        room = rect.grown(32 / scale)
        dx = max(0.0, room.right - sight.right) or min(0.0, room.left - sight.left)
        dy = max(0.0, room.bottom - sight.bottom) or min(0.0, room.top - sight.top)
        if dx or dy:
            view.pan(-dx * scale, -dy * scale)

    def show(self, name: str) -> None:
        """Select a node and bring it into sight: what a problem points to."""
        self._canvas.scene.select([name])
        self.reveal([name])

    # blocks

    def enter(self) -> None:
        """Look into the selected block; write the selected comment."""
        if block := self._canvas.selected_block():
            self._canvas.document.enter((*self._canvas.document.trail, block))
        elif not self._canvas.selection:
            self._canvas.notes.edit()

    def leave(self) -> None:
        """Look at what the block stands in; at the top, select nothing."""
        document = self._canvas.document
        if document.trail:
            document.enter(document.trail[:-1])
        else:
            self._canvas.scene.select(())

    # the selection

    def select_all(self) -> None:
        """Select every node and every note; frames go with their nodes."""
        network = self._canvas.network
        self._canvas.scene.select(network.nodes, [i for i, n in enumerate(network.notes) if not n.frames])

    # search, clipboard, sentences

    def quick_add(self, at: Point | None = None, end: End | None = None) -> None:
        """Search what to add: at *at*, to be linked to *end*; else below what is selected, and fed by it."""
        self._canvas.open_search(at, end)

    def paste_offset(self, fragment: Network) -> Point:
        """By how much to move a fragment so that it stands under the pointer, or in the middle of what is in sight."""
        boxes = [Rect(n.at[0], n.at[1], n.at[0] + 180, n.at[1] + 64) for n in fragment.nodes.values()]
        whole = around(boxes)
        if whole is None:
            return 0.0, 0.0
        pointer, sight = self._canvas.hand.pointer, self._canvas.view.sight()
        x, y = pointer.at if pointer is not None else sight.center
        dx, dy = snapped(x - whole.center[0]), snapped(y - whole.center[1])
        drawing = self._canvas.scene.drawing
        while any(drawing.nodes.near(b.moved(dx, dy).grown(-30)) for b in boxes):
            dx, dy = dx + 32, dy + 32
        return dx, dy

    def tip_of(self, over: Hit) -> Tip | None:
        """What is said about the thing under the pointer: an error, a long name, the name of a port among several."""
        box = self._canvas.scene.drawing.boxes.get(over.node)
        if box is None:
            return None
        if over.end is not None:
            several = len({s.port for s in (box.outs if over.end.out else box.ins)}) > 1
            return Tip((over.end.at[0] + 6, over.end.at[1]), over.end.port, wrong=False) if several else None
        fact, told = self._canvas.scene.facts.get(over.node), self._canvas.scene.told.get(over.node)
        if told is not None:
            return Tip((box.rect.left, box.rect.bottom), str(told.message), wrong=told.severity == "error")
        if fact is None or fact.error is None:
            long = metrics(font(13, SEMIBOLD)).horizontalAdvance(over.node) > box.rect.right - box.rect.left - 22
            return Tip((box.rect.left, box.rect.bottom), over.node, wrong=False) if long else None
        return Tip((box.rect.left, box.rect.bottom), str(fact.error))

    def save_picture(self, file: Path | str) -> None:
        """Save the drawing as ``.svg`` or ``.png``.

        Raises:
            FileError: it cannot be written, or the ending is another one.
        """
        picture.save(self._canvas.scene, file)

    def copy_picture(self) -> None:
        """Put the drawing on the clipboard, as SVG and as PNG."""
        picture.copy(self._canvas.scene)
        self._canvas.told.emit(tr("The drawing is on the clipboard."))


def block_of(network: Network, names: tuple[str, ...]) -> str:
    """The one block among *names*; empty if there is none, or several."""
    blocks = [n for n in names if n in network.nodes and isinstance(network.nodes[n].layer, Block)]
    return blocks[0] if len(blocks) == 1 else ""
