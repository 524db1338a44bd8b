"""What a person works on: a network with its weights, its history, its file, and where in it one looks.

Every edit is a new :class:`~graph.network.Network`; the document replaces the old one by it, remembers both in one undo
command, announces the change at once, and what follows from it in the next turn of the event loop.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from graph import edit, files
from graph.analysis import Report, analyze
from graph.network import Network
from graph.text import Message, tr
from gui.recovery import Autosave
from gui.trail import Moves, Paths, Trail, Weights, definition, moved, moved_weights, path_of, reachable, trail_of
from runtime.weights import recall
from runtime.weights.match import Match, kept
from runtime.weights.origin import Origin

if TYPE_CHECKING:
    from presets import Preset


class State(NamedTuple):
    """What an edit replaces."""

    network: Network
    weights: Weights
    origin: Origin | None = None
    """Where the weights come from, if all of them come from one place; without a file where that is still awaited."""


class Replace(QUndoCommand):
    """The one command: another state instead of this one.

    Commands of the same non-empty *merge* key that follow each other are one step.  *moved* says which definition of a
    block (``""``: the network itself) has nodes that changed their path, and how.
    """

    def __init__(
        self,
        document: Document,
        before: State,
        after: State,
        text: str,
        merge: str = "",
        moves: Moves = ("", {}),
    ) -> None:
        super().__init__(text)
        self._document = weakref.ref(document)
        self.before, self.after, self.merge = before, after, merge
        self.moves = [moves] if moves[1] else []

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Replace) or other.merge != self.merge:
            return False
        self.after = other.after
        self.moves += other.moves
        if self.after == self.before:  # typed, and typed back
            self.setObsolete(True)
        return True

    def redo(self) -> None:
        if (document := self._document()) is not None:
            document._become(self.before, self.after, self.moves)

    def undo(self) -> None:
        if (document := self._document()) is not None:
            back = [(block, {new: old for old, new in paths.items()}) for block, paths in reversed(self.moves)]
            document._become(self.after, self.before, back)


class Document(QObject):
    """One network being edited; the only owner of its state."""

    changed = Signal(object, object)
    """The network before, the network after; at once."""
    analyzed = Signal(object)
    """What follows from the network: a :class:`~graph.analysis.Report`; in the next turn of the event loop."""
    dirty_changed = Signal(bool)
    """Whether there are edits that no file holds."""
    entered = Signal(object)
    """Another place is looked at: the names of the blocks from the outside in."""
    renamed = Signal(str)
    """Another title, since the document has another file or network name."""

    def __init__(
        self,
        network: Network | None = None,
        file: Path | None = None,
        weights: Weights | None = None,
        parent: QObject | None = None,
        origin: Origin | None = None,
    ) -> None:
        super().__init__(parent)
        drawn = network if network is not None else Network(name=tr("untitled"))
        self.state = State(drawn, dict(weights or {}), origin)
        """All that is to come back, the weights too that are not there now; only the history replaces it."""
        self._report: Report | None = None
        self._kept: tuple[Report, State, Match] | None = None
        self.arrived: Origin | None = None
        """The weights that its file names, once they are there; no step of the history."""
        self.missing: Message | str = ""
        """Why the weights that its file names are not there; empty where they are, or are still awaited."""
        self._trail: Trail = ()
        self.file = file
        self.preset: Preset | None = None
        """What it began as, if it was one."""
        self.stack = QUndoStack(self)
        self.stack.cleanChanged.connect(self._cleaned)
        self.autosave = Autosave(self)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._announce)
        self._turn.start()

    @classmethod
    def open(cls, file: Path | str, parent: QObject | None = None) -> Document:
        """The document in a ``.canevas`` file.

        Raises:
            FileError: it cannot be read, or is none.
        """
        file = Path(file)
        network, named = files.opened(file)
        if named is None:
            return cls(network, file, parent=parent)
        return cls(network, file, recall.places(named), parent, recall.awaited(named, file.parent))

    @property
    def network(self) -> Network:
        """The network as it is now."""
        return self.state.network

    @property
    def weights(self) -> Weights:
        """Where the weights of nodes lie, by path; none while they are awaited."""
        if self.awaited is not None:
            return {}
        if self.state.origin is None or self.state.origin.file:
            return self.state.weights
        assert self.arrived is not None
        return {path: (self.arrived.file, key) for path, (_, key) in self.state.weights.items()}

    @property
    def origin(self) -> Origin | None:
        """Where its weights come from; None if that is not known, or if it has none."""
        own = self.state.origin
        return own if own is None or own.file else self.arrived

    @property
    def awaited(self) -> Origin | None:
        """The weights that its file names and that are not there (yet): what is known of them."""
        own = self.state.origin
        return own if own is not None and not own.file and self.arrived is None else None

    @property
    def kept(self) -> Match | None:
        """Which weights fit the network as it is now; None if it has none of a known origin."""
        report, state, origin = self.report, self.state, self.origin
        if origin is None:
            return None
        if self._kept is None or self._kept[0] is not report or self._kept[1] is not state:
            self._kept = (report, state, kept(report, state.weights, origin))
        return self._kept[2]

    @property
    def report(self) -> Report:
        """What follows from the network as it is now; computed on demand if the next turn has not come yet."""
        if self._report is None or self._report.network is not self.network:
            self._report = analyze(self.network, self._report)
        return self._report

    @property
    def title(self) -> str:
        """What stands on its tab: the name of its file, or of its network."""
        return self.file.stem if self.file else self.network.name

    @property
    def dirty(self) -> bool:
        """Whether there are edits that no file holds."""
        return not self.stack.isClean()

    def edit(
        self, after: Network, text: str, merge: str = "", paths: Paths | None = None, weights: Weights | None = None
    ) -> None:
        """Replace the network by *after*, as one step called *text*.

        Args:
            after: the whole network, edited.
            text: what was done, in the language in use; stands in the history.
            merge: steps of the same key that follow each other become one (typing in one field).
            paths: nodes whose path changed; weights follow them.
            weights: other weights (files just read); what is left out keeps its own.
        """
        self._push(after, text, merge, ("", paths or {}), weights)

    def begin_with(self, weights: Weights, origin: Origin | None, text: str, after: Network | None = None) -> None:
        """Take other weights instead of those it has, as one step called *text*; perhaps with an edit of the network.

        *weights* name a file and a key by path; empty ones let the next training begin anew.
        """
        before = self.state
        self.stack.push(Replace(self, before, State(after or self.network, dict(weights), origin), text))

    def edit_shown(self, after: Network, text: str, merge: str = "", paths: Paths | None = None) -> None:
        """The same for the network that is looked at: inside a block, its definition is replaced.

        *paths* are relative to that inside; every node of the same block is edited, as they share the definition.
        """
        if not self._trail:
            self.edit(after, text, merge, paths)
            return
        block = definition(self.network, self._trail)
        top = edit.put_inside(self.network, self._trail, after)
        self._push(top, text, merge, (block, paths or {}), None)

    def seal(self) -> None:
        """Let the next edit begin a step of its own, whatever its merge key."""
        if self.stack.index() and isinstance(last := self.stack.command(self.stack.index() - 1), Replace):
            last.merge = ""

    def save(self, file: Path | str | None = None) -> None:
        """Write the network to *file*, or to the one it came from; and where its weights lie.

        Raises:
            FileError: it cannot be written; the document stays as it was.
        """
        target = Path(file) if file is not None else self.file
        if target is None:
            raise ValueError("a document without a file is saved under a name")
        origin = self.origin or self.state.origin
        files.save(self.network, target, recall.reference(self.state.weights, origin, target.parent))
        self.file = target
        self.stack.setClean()
        self.renamed.emit(self.title)

    def close(self) -> None:
        """Forget the history and the copy kept for a crash, and wait for nothing more."""
        self._turn.stop()
        self.autosave.remove()
        self.stack.blockSignals(True)
        self.stack.clear()

    # where one looks

    @property
    def trail(self) -> Trail:
        """Names of the blocks one is inside of, from the outside in; empty at the top."""
        return self._trail

    @property
    def shown(self) -> Network:
        """The network that is looked at: the document's, or the inside of the block at :attr:`trail`."""
        return self.network.within(self._trail)

    @property
    def shown_report(self) -> Report | None:
        """The facts of what is looked at; None where a block is not reached by analysis."""
        return self.report.within(self._trail)

    def path(self, name: str) -> str:
        """The path of a node of the network that is looked at, in the first repetition of blocks that are repeated."""
        around = path_of(self.network, self._trail)
        return f"{around}.{name}" if around else name

    def enter(self, trail: Trail) -> None:
        """Look into the block at *trail*; ``()`` is the whole."""
        reached = reachable(self.network, tuple(trail))
        if reached != self._trail:
            self._trail = reached
            self.entered.emit(reached)

    # inside

    def _push(self, after: Network, text: str, merge: str, moved: Moves, weights: Weights | None) -> None:
        before = self.state
        if after == before.network and not weights:
            return
        follow = moved_weights(before.weights, before.network, after, *moved)
        state = State(after, {**follow, **weights} if weights else follow, before.origin)
        self.stack.push(Replace(self, before, state, text, merge, moved))

    def _become(self, before: State, after: State, moves: list[Moves]) -> None:
        path, old_title = path_of(before.network, self._trail), self.title
        for block, paths in moves:
            path = moved(before.network, path, block, paths)
        trail = trail_of(after.network, path)
        elsewhere, self._trail, self.state = trail != self._trail, trail, after
        self.changed.emit(before.network, after.network)
        if elsewhere:
            self.entered.emit(trail)
        if self.title != old_title:
            self.renamed.emit(self.title)
        self._turn.start()

    def _cleaned(self, clean: bool) -> None:
        self.dirty_changed.emit(not clean)

    def _announce(self) -> None:
        self.analyzed.emit(self.report)
