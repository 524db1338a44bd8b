"""What one can do to the comments on a drawing: notes that stand for themselves, and frames around nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from graph import edit
from graph.network import Network, Note
from graph.text import tr
from gui.canvas.geometry import GRID, Point, Rect, snapped
from gui.canvas.items import qrect
from gui.canvas.note_editor import NoteEditor

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

SIZE: Point = (220.0, 96.0)
"""Width and height of a new note."""
LEAST: Point = (96.0, 56.0)
"""No note is smaller."""

_numbers = count(1)


class Notes:
    """Comments on one canvas, those that are selected mostly; each edit is one step of the document's history."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self.editor: NoteEditor | None = None
        self._step = ""
        canvas.document.changed.connect(lambda _before, _after: self._look_again())
        canvas.view.looked.connect(self._place_editor)

    def add(self) -> None:
        """Frame the selected nodes with a comment; with none selected, put a note under the pointer."""
        network, names = self._canvas.network, self._canvas.selection
        for i, note in enumerate(network.notes):
            if names and set(note.frames) == set(names):  # it has its frame already
                self._open(i)
                return
        made = Note("", frames=names) if names else Note("", self._free_place(), SIZE)
        self._step = f"note {next(_numbers)}"
        text = tr("Frame with a comment") if names else tr("Add a note")
        if self._canvas.actions.apply(lambda n: edit.set_notes(n, (*n.notes, made)), text, self._step):
            self._open(len(self._canvas.network.notes) - 1, fresh=True)

    def edit(self) -> None:
        """Write the text of the selected comment, where it stands."""
        if len(self._canvas.scene.noted) == 1:
            self._open(next(iter(self._canvas.scene.noted)))

    def next(self) -> None:
        """Select the next comment, and bring it into sight."""
        scene, n = self._canvas.scene, len(self._canvas.network.notes)
        if not n:
            self._canvas.tell(tr("There is no comment here; C adds one."))
            return
        i = (max(scene.noted) + 1) % n if scene.noted else 0
        scene.select((), [i])
        if (rect := scene.drawing.note_rect(i)) is not None:
            self._canvas.look.reveal_rect(rect)

    def write(self, i: int, text: str, step: str = "") -> None:
        """Give a comment another text; a note without a word goes."""
        text = text.strip()
        if not text and not self._canvas.network.notes[i].frames:
            self._canvas.actions.apply(lambda n: without(n, [i]), tr("Delete a comment"), step)
        else:
            self._canvas.actions.apply(lambda n: changed(n, i, text=text), tr("Write a comment"), step)

    def move(self, nodes: Mapping[str, Point], notes: Mapping[int, Point], merge: str = "") -> bool:
        """Put nodes and notes elsewhere."""

        def change(network: Network) -> Network:
            for i, at in notes.items():
                network = changed(network, i, at=at)
            return edit.move(network, nodes)

        return self._canvas.actions.apply(change, tr("Move a comment"), merge)

    def resize(self, i: int, rect: Rect, merge: str = "") -> bool:
        """Give a note another place and size."""
        size = (rect.right - rect.left, rect.bottom - rect.top)
        return self._canvas.actions.apply(
            lambda n: changed(n, i, at=(rect.left, rect.top), size=size), tr("Resize a note"), merge
        )

    def enclose(self, i: int, names: Iterable[str]) -> bool:
        """Let a frame stand around other nodes."""
        chosen = set(names)
        return self._canvas.actions.apply(
            lambda n: changed(n, i, frames=tuple(name for name in n.nodes if name in chosen)), tr("Resize a frame")
        )

    def grow(self, dx: int, dy: int) -> None:
        """Make the selected notes larger by steps of the grid, or smaller."""
        notes = self._canvas.network.notes
        for i in sorted(self._canvas.scene.noted):
            if not notes[i].frames:
                (x, y), (wide, high) = notes[i].at, notes[i].size
                wide, high = max(LEAST[0], wide + 2 * dx * GRID), max(LEAST[1], high + 2 * dy * GRID)
                self.resize(i, Rect(x, y, x + wide, y + high), merge=f"grow {i}")

    # the place where one writes

    def _open(self, i: int, *, fresh: bool = False) -> None:
        if self.editor is not None:
            self.editor.finish()
        step, self._step = self._step if fresh else "", ""
        self._canvas.scene.select((), [i])
        note = self._canvas.network.notes[i]
        made = self.editor = NoteEditor(self._canvas.view, note.text, title=bool(note.frames))
        made.edited = i, note
        made.done.connect(lambda text: self._written(made, text, step))
        made.given_up.connect(lambda: self._given_up(made, step))
        self._place_editor()
        made.begin()

    def _written(self, editor: NoteEditor, text: str, step: str) -> None:
        i, note = editor.edited
        self._close(editor)
        if text.strip() != note.text or (not text.strip() and not note.frames):
            self.write(i, text, step)

    def _given_up(self, editor: NoteEditor, step: str) -> None:
        i, _ = editor.edited
        self._close(editor)
        if step:  # it was there for being written only
            self._canvas.actions.apply(lambda n: without(n, [i]), "", step)

    def _close(self, editor: NoteEditor) -> None:
        if self.editor is editor:
            self.editor = None
        focused = editor.hasFocus()
        editor.hide()
        editor.deleteLater()
        if focused:
            self._canvas.view.setFocus()

    def _look_again(self) -> None:
        """The network changed: what is being written may be about a comment that is no more."""
        if self.editor is not None:
            i, note = self.editor.edited
            if self._canvas.network.notes[i : i + 1] != (note,):
                self._close(self.editor)
            else:
                self._place_editor()

    def _place_editor(self) -> None:
        if self.editor is None:
            return
        rect = self._canvas.scene.drawing.note_rect(self.editor.edited[0])
        if rect is not None:
            transform = self._canvas.view.viewportTransform()
            self.editor.place(QRectF(transform.mapRect(qrect(rect))), self._canvas.view.scale_now)

    def _free_place(self) -> Point:
        """Under the pointer, or in the middle of what is in sight; aside where something stands there."""
        canvas = self._canvas
        pointer = canvas.hand.pointer
        x, y = pointer.at if pointer is not None else canvas.view.sight().center
        x, y = snapped(x - SIZE[0] / 2), snapped(y - SIZE[1] / 2)
        for _ in range(40):
            rect = Rect(x, y, x + SIZE[0], y + SIZE[1])
            taken = canvas.scene.drawing.nodes.near(rect.grown(4))
            if not taken:
                break
            x = max(r.right for r in taken.values()) + 32.0
        return x, y


def changed(network: Network, i: int, **parts: object) -> Network:
    """*network* with other parts of its *i*-th comment."""
    notes = list(network.notes)
    notes[i] = replace(notes[i], **parts)  # type: ignore[arg-type]
    return edit.set_notes(network, notes)


def without(network: Network, gone: Iterable[int]) -> Network:
    """*network* without these comments."""
    left = set(gone)
    return edit.set_notes(network, [n for i, n in enumerate(network.notes) if i not in left])


def carried(network: Network, names: Iterable[str], notes: Iterable[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What moves with a selection: its nodes and those in its frames, in stored order; and its free notes."""
    chosen, free = set(names), []
    for i in notes:
        if network.notes[i].frames:
            chosen.update(network.notes[i].frames)
        else:
            free.append(i)
    return tuple(n for n in network.nodes if n in chosen), tuple(sorted(free))
