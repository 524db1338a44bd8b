"""The scene: items kept equal to the network that is looked at, and what is selected among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from graph.analysis import Fact, Report
from graph.network import Edge, Network
from graph.problems import Problem
from graph.union import Mark
from gui.canvas.drawing import Drawing, Touched
from gui.canvas.faces import changes_shape, looks
from gui.canvas.geometry import Rect
from gui.canvas.items import HandItem, LinksItem, NodeItem, NotesItem, qrect
from gui.canvas.paint import DIMMED, HOVERED, SELECTED, Pictures
from gui.canvas.quantities import warmths
from gui.canvas.said import Said


class Scene(QGraphicsScene):
    """Shows a network; knows nothing of documents."""

    selection_changed = Signal(object)
    """Names of the selected nodes, in stored order."""
    known = Signal()
    """Analysis has found something else."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.drawing = Drawing()
        self.facts: dict[str, Fact] = {}
        self.quantity, self.warmth = "parameters", ""
        """What stands on the nodes in numbers, and what they are warm by."""
        self.warmths: dict[str, int] = {}
        self.marks: dict[str, Mark] = {}
        self.said: dict[str, Said] = {}
        """What became of nodes, where two networks are compared, and what is said about it."""
        self._marked_edges: dict[Edge, str] = {}
        self.told: dict[str, Problem] = {}
        """The worst problem of each node that has one."""
        self.labels: dict[Edge, str] = {}
        self.looks: dict[Edge, str] = {}
        self.pictures = Pictures()
        self.nodes: dict[str, NodeItem] = {}
        self.hovered: str | Edge | None = None
        self._known: tuple[object, object] = (None, None)
        self.stamp = self.node_stamp = 0
        """Other numbers whenever anything looks otherwise, or nodes do apart from being selected."""
        self._selected: set[str] = set()
        self.noted: set[int] = set()
        """Places of the selected comments among the network's."""
        self._notes, self._links, self.in_hand = NotesItem(self), LinksItem(self), HandItem(self)
        for item in (self._notes, self._links, self.in_hand):
            self.addItem(item)

    # the network

    def show(self, network: Network) -> None:
        """Make the items equal to *network*; what is the same object stays as it is."""
        before = self.drawing.network
        changes = self.drawing.become(network)
        for name in changes.gone:
            self.removeItem(self.nodes.pop(name))
            self.facts.pop(name, None)
            self._known = (None, None)
        for name in changes.put:
            item = self.nodes.get(name)
            if item is None:
                item = self.nodes[name] = NodeItem(self, name)
                self.addItem(item)
            item.place(self.drawing.boxes[name].rect)
            item.forget()
        if before.edges is not network.edges:
            self.labels = {e: t for e, t in self.labels.items() if e in self.drawing.routes}
            self._links.forget()
        if before.edges is not network.edges or _other_kinds(before, network, changes.put):
            self.looks = {**looks(network), **self._marked_edges}
        if changes.gone or changes.put:
            self.marked()
        self._repaint(changes.touched)
        noted = self.noted
        if before.notes is not network.notes:
            noted = {j for i in noted if (j := _same_note(before, network, i)) >= 0}
            self._notes.update()
        elif network.notes and (changes.put or changes.gone):
            self._notes.update()
        self.select([name for name in self._selected if name in network.nodes], noted)
        if changes.gone and self.hovered not in self.nodes:
            self.hovered = None

    def mark(self, nodes: Mapping[str, Mark], edges: Mapping[Edge, str], said: Mapping[str, Said]) -> None:
        """Show of nodes and links what became of them, and what is *said* about each of these nodes."""
        self.marks, self.said, self._marked_edges = dict(nodes), dict(said), dict(edges)
        for item in self.nodes.values():
            item.forget()
        self.looks = {**looks(self.drawing.network), **self._marked_edges}
        self.marked()
        self.update()

    def know(self, report: Report | None) -> None:
        """Show what analysis found."""
        self.know_facts(report.facts if report is not None else {})

    def know_facts(self, facts: Mapping[str, Fact]) -> None:
        """Show what is known of each node."""
        network, (old_facts, old_edges) = self.drawing.network, self._known
        if facts is old_facts and network.edges is old_edges:
            return
        before, self.facts = self.facts, dict(facts)
        self._known = (facts, network.edges)
        other = [name for name in self.nodes if before.get(name) is not facts.get(name)]
        for name in {*other, *self._warmed()}:
            self.nodes[name].forget()
        edges: Iterable[Edge] = network.edges
        if network.edges is old_edges:
            edges = {e for name in other for e in network.outgoing.get(name, ())}
        for edge in edges:
            text = changes_shape(network, edge, self.facts)
            if text != self.labels.pop(edge, ""):
                self._repaint(self._now([edge]), labelled=True)
            if text:
                self.labels[edge] = text
        for name in other:
            if _wrong(before.get(name)) != _wrong(self.facts.get(name)):
                self._repaint(self._now(network.incoming.get(name, ())))
        self.marked()
        self.known.emit()

    def show_quantity(self, quantity: str) -> None:
        """Let another quantity stand on the nodes; empty: none."""
        self.quantity = quantity
        for item in self.nodes.values():
            item.forget()

    def show_warmth(self, quantity: str) -> None:
        """Let nodes be warm by another quantity; empty: by none."""
        self.warmth = quantity
        for name in self._warmed():
            self.nodes[name].forget()
        self.marked()

    def _warmed(self) -> list[str]:
        """Find how warm each node is; those that are another warmth than before."""
        before, self.warmths = self.warmths, warmths(self.facts, self.warmth) if self.warmth else {}
        return [name for name in self.nodes if before.get(name) != self.warmths.get(name)]

    def matches(self, network: Network) -> bool:
        """Whether what is shown is exactly *network*; for tests."""
        return (
            self.drawing.network is network
            and self.drawing.matches(network)
            and set(self.nodes) == set(network.nodes)
            and all((i.pos().x(), i.pos().y()) == network.nodes[name].at for name, i in self.nodes.items())
            and all(i.scene() is self for i in self.nodes.values())
            and self._selected <= set(network.nodes)
        )

    # the selection

    @property
    def selection(self) -> tuple[str, ...]:
        """Names of the selected nodes, in stored order."""
        if len(self._selected) < 2:
            return tuple(self._selected)
        return tuple(name for name in self.drawing.network.nodes if name in self._selected)

    def select(self, names: Iterable[str], notes: Iterable[int] = ()) -> None:
        """Select exactly these nodes, and these comments."""
        wanted, noted = {name for name in names if name in self.nodes}, set(notes)
        if noted != self.noted:
            both, self.noted = noted | self.noted, noted
            self._repaint_notes(both)
        if wanted == self._selected:
            return
        other = wanted ^ self._selected
        self._selected = wanted
        self.stamp += 1
        self.restate(other)
        self._repaint(self._now(e for n in other for e in self._links_of(n)))
        self.selection_changed.emit(self.selection)

    def hover(self, what: str | Edge | None) -> None:
        """Let the node called *what*, or a link, show that the pointer is over it."""
        if what == self.hovered:
            return
        before, self.hovered = self.hovered, what
        self.stamp += 1
        for thing in (before, what):
            if isinstance(thing, Edge):
                if thing in self.drawing.routes:
                    self._repaint(self._now([thing]))
            elif thing is not None:
                self.restate([thing])

    def dim(self, names: Iterable[str]) -> None:
        """Let these nodes step back, and no others."""
        wanted = set(names)
        for name, item in self.nodes.items():
            state = item.state & ~DIMMED | (DIMMED if name in wanted else 0)
            if state != item.state:
                item.state = state
                item.update()

    def restate(self, names: Iterable[str]) -> None:
        """Repaint nodes whose selection or hovering changed."""
        for name in names:
            if (item := self.nodes.get(name)) is not None:
                item.state = (
                    item.state & DIMMED
                    | (SELECTED if name in self._selected else 0)
                    | (HOVERED if name == self.hovered else 0)
                )
                item.update()

    # what moves and is in hand

    def shift(self, names: Iterable[str], dx: float, dy: float) -> None:
        """Show nodes elsewhere than they are, while they are dragged."""
        names = list(names)
        frames = self.drawing.frames_around(names)
        self._repaint_notes(frames)
        self._moved(names, self.drawing.shift(names, dx, dy))
        self._repaint_notes(frames)

    def restore(self, names: Iterable[str]) -> None:
        """Show nodes where they are again."""
        names = [name for name in names if name in self.nodes]
        frames = self.drawing.frames_around(names)
        self._repaint_notes(frames)
        self._moved(names, self.drawing.restore(names))
        self._repaint_notes(frames)

    def hold_notes(self, rects: Mapping[int, Rect]) -> None:
        """Show comments elsewhere than they are, while they are moved or resized; nothing puts all back."""
        both = {*self.drawing.held, *rects}
        self._repaint_notes(both)
        self.drawing.held = dict(rects)
        self._repaint_notes(both)

    def by_style(self, edges: Iterable[Edge]) -> dict[str, list[Edge]]:
        """Links grouped by the pen that draws them, the plain ones first."""
        groups: dict[str, list[Edge]] = {"wire": [], "training": [], "skip": [], "wrong": []}
        looks, facts, selected, hovered = self.looks, self.facts, self._selected, self.hovered
        marked = self._marked_edges
        for edge in edges:
            if marked and edge in marked:
                style = marked[edge]
            elif edge is hovered or edge == hovered:
                style = "hovered"
            elif (fact := facts.get(edge.target)) is not None and fact.error is not None:
                style = "wrong"
            elif selected and (edge.source in selected or edge.target in selected):
                style = "selected"
            else:
                style = looks.get(edge, "wire")
            groups.setdefault(style, []).append(edge)
        return {style: group for style, group in groups.items() if group}

    def forget_pictures(self) -> None:
        """Paint everything anew: another theme, another language."""
        self.pictures.clear()
        self.marked()
        for item in self.nodes.values():
            item.forget()
        self.labels = {e: t for e in self.labels if (t := changes_shape(self.drawing.network, e, self.facts))}
        self.update()

    def marked(self) -> None:
        """Nodes look otherwise than before: what was kept of them is made again."""
        self.stamp += 1
        self.node_stamp += 1

    def _moved(self, names: Iterable[str], touched: Iterable[Touched]) -> None:
        self.marked()
        for name in names:
            self.nodes[name].place(self.drawing.boxes[name].rect)
        self._repaint(touched)

    def _repaint_notes(self, places: Iterable[int]) -> None:
        for i in places:
            if i < len(self.drawing.network.notes) and (rect := self.drawing.note_rect(i)) is not None:
                self._notes.update(qrect(rect.grown(8)))

    def _links_of(self, name: str) -> tuple[Edge, ...]:
        network = self.drawing.network
        return (*network.incoming.get(name, ()), *network.outgoing.get(name, ()))

    def _now(self, edges: Iterable[Edge]) -> list[Touched]:
        return [(e, self.drawing.routes[e].bounds) for e in edges]

    def _repaint(self, touched: Iterable[Touched], *, labelled: bool = False) -> None:
        """Repaint where links changed, their labels included."""
        for edge, rect in touched:
            aside = 84 if labelled or edge in self.labels else 6
            self._links.update(QRectF(qrect(rect)).adjusted(-aside, -12, aside, 12))


def _same_note(before: Network, after: Network, i: int) -> int:
    """Where the *i*-th comment of *before* stands among those of *after*; -1 if it is gone."""
    note = before.notes[i]
    for j, other in enumerate(after.notes):
        if other is note:
            return j
    return i if len(before.notes) == len(after.notes) else -1


def _other_kinds(before: Network, after: Network, names: Iterable[str]) -> bool:
    """Whether a node among *names* holds another kind of layer than before."""
    return any(name not in before.nodes or before.nodes[name].kind != after.nodes[name].kind for name in names)


def _wrong(fact: Fact | None) -> bool:
    return fact is not None and fact.error is not None
