"""Two networks compared on one drawing: what was added, removed and changed, with all that follows from it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QSplitter, QWidget

from graph.analysis import Fact, Report, analyze
from graph.diff import Diff, EdgeChange, FactChange, NodeChange, diff
from graph.network import Block, Network
from graph.text import tr, tr_count
from graph.union import united
from gui import parts
from gui.canvas.controls import Breadcrumbs
from gui.canvas.hit import node_at
from gui.canvas.preview import changes
from gui.canvas.scene import Scene
from gui.canvas.viewport import View

SIGNS = {"added": "+", "removed": "−", "changed": "~"}
TOKENS = {"added": "ok", "removed": "err", "changed": "warn"}
"""The sign and the color of what became of a node or a link."""


class Comparison(QWidget):
    """A list of the changes at the left, the drawing of both at the right; Escape leaves."""

    closed = Signal()

    def __init__(self, before: Network, after: Network, titles: tuple[str, str]) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "page")
        self.before, self.after, self.trail = before, after, tuple[str, ...]()
        self.found: Diff = diff(before, after)
        self._reports = analyze(before), analyze(after)
        self._titles = titles
        self.scene = Scene(self)
        self.view = View(self.scene, self)
        self.view.setAccessibleName(tr("Drawing of both networks"))
        self._reader = _Reader(self)
        self.view.viewport().installEventFilter(self._reader)
        self.view.installEventFilter(self._reader)
        self.crumbs = Breadcrumbs(self)
        self.crumbs.wanted.connect(self.enter)
        self.changes = QListWidget()
        self.changes.setObjectName("changes")
        self.changes.setAccessibleName(tr("Changes"))
        self.changes.setWordWrap(True)
        self.changes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.changes.currentItemChanged.connect(lambda item, _: self._go(item))
        self._fill()
        right = parts.within(QWidget(), parts.column(self.crumbs, self.view, space=0))
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.addWidget(self.changes)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([320, 900])
        split.setChildrenCollapsible(False)
        parts.within(self, parts.column(self._head(), parts.divider(), split, space=0))
        self.enter(())

    def _head(self) -> QWidget:
        a, b = (parts.Elided(title, "strong", Qt.TextElideMode.ElideMiddle) for title in self._titles)
        for one in (a, b):
            one.setMaximumWidth(220)
        counts = parts.row(space=8)
        for how, words in self._counts():
            counts.addWidget(parts.label(words, {"added": "ok", "removed": "error", "changed": "second"}[how]))
        if not self.found:
            counts.addWidget(parts.label(tr("No difference."), "ok"))
        totals = [str(f.message) for f in self.found.facts if not f.path]
        middle = parts.Elided(" · ".join(totals), "second")
        leave = parts.button(tr("Close"), "x", do=self.closed.emit, name="close-comparison")
        line = parts.row(
            a, parts.Picture("arrow-right", "t2", 14), b, counts, middle, leave, space=12, margin=(16, 0, 8, 0)
        )
        line.setStretchFactor(middle, 1)
        made = parts.within(QWidget(), line)
        made.setFixedHeight(44)
        return made

    def _counts(self) -> list[tuple[str, str]]:
        number = {how: sum(n.how == how for n in self.found.nodes) for how in SIGNS}
        words = {
            "added": tr_count("{n} node added", "{n} nodes added", number["added"]),
            "removed": tr_count("{n} node removed", "{n} nodes removed", number["removed"]),
            "changed": tr_count("{n} node changed", "{n} nodes changed", number["changed"]),
        }
        return [(how, words[how]) for how in SIGNS if number[how]]

    # the list

    def _fill(self) -> None:
        for change in (*self.found.nodes, *self.found.edges):
            self._row(f"{SIGNS[change.how]} {change.message}", change)
        for fact in self.found.facts:
            self._row(f"  {fact.message}", fact)

    def _row(self, text: str, change: NodeChange | EdgeChange | FactChange) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, change)
        self.changes.addItem(item)

    def _go(self, item: QListWidgetItem | None) -> None:
        """Bring what changed into sight."""
        change = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if change is None:
            return
        if isinstance(change, EdgeChange):
            self.enter(tuple(change.path.split(".")) if change.path else ())
            names = [change.edge.source, change.edge.target]
        elif not change.path:
            return
        else:
            *trail, name = change.path.split(".")
            self.enter(tuple(trail))
            names = [name]
        self.scene.select(names)
        self._reveal(names)

    def _reveal(self, names: list[str]) -> None:
        rect = self.scene.drawing.bounds([n for n in names if n in self.scene.nodes])
        if rect is None:
            return
        if self.view.scale_now < 0.5:
            self.view.zoom_to(0.8)
        sight = self.view.sight()
        if not (sight.holds((rect.left, rect.top)) and sight.holds((rect.right, rect.bottom))):
            self.view.center_on(rect.center)

    # the drawing

    def enter(self, trail: tuple[str, ...]) -> None:
        """Look into the block nodes named by *trail*."""
        if trail == self.trail and self.scene.nodes:
            return
        self.trail = trail
        union = united(self.before, self.after, trail)
        self.scene.select(())
        self.scene.mark(union.nodes, union.edges, {n: changes(mark) for n, mark in union.nodes.items()})
        self.scene.show(union.network)
        self.scene.know_facts(self._facts(trail))
        self.scene.dim(name for name in union.network.nodes if name not in union.nodes)
        self.crumbs.show_trail(self._titles[1], trail)
        self.view.frame(self.scene.drawing.bounds())

    def _facts(self, trail: tuple[str, ...]) -> dict[str, Fact]:
        """What is known at this level: of what is gone, what was known of it before."""
        found: dict[str, Fact] = {}
        for report in self._reports:
            if (inside := _inside(report, trail)) is not None:
                found |= inside.facts
        return found

    def open_at(self, name: str) -> None:
        """Look into a block."""
        node = self.scene.drawing.network.nodes.get(name)
        if node is not None and isinstance(node.layer, Block):
            self.enter((*self.trail, name))

    def leave(self) -> None:
        """Look at what the block stands in; at the top, close."""
        if self.trail:
            self.enter(self.trail[:-1])
        else:
            self.closed.emit()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.view.frame(self.scene.drawing.bounds())
        self.view.setFocus()


class _Reader(QObject):
    """Mouse and keys of whoever only looks: drag pans, the wheel zooms, a double click enters, Escape leaves."""

    def __init__(self, page: Comparison) -> None:
        super().__init__(page)
        self._page = page
        self._from: tuple[float, float] | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        view = self._page.view
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if watched is not view.viewport():
            return False
        if isinstance(event, QWheelEvent):
            view.zoom_step(1 if event.angleDelta().y() > 0 else -1, event.position().toPoint())
            return True
        return isinstance(event, QMouseEvent) and self._mouse(event)

    def _key(self, event: QKeyEvent) -> bool:
        page, keys = self._page, Qt.Key
        do = {
            keys.Key_Escape: page.leave,
            keys.Key_Home: lambda: page.view.frame(page.scene.drawing.bounds()),
            keys.Key_Plus: lambda: page.view.zoom_step(1),
            keys.Key_Minus: lambda: page.view.zoom_step(-1),
            keys.Key_Return: lambda: [page.open_at(name) for name in page.scene.selection[:1]],
        }.get(keys(event.key()))
        if do is not None:
            do()
        return do is not None

    def _mouse(self, event: QMouseEvent) -> bool:
        view, at = self._page.view, event.position()
        there = view.mapToScene(at.toPoint())
        name = node_at(self._page.scene.drawing, (there.x(), there.y()))
        if event.type() == QEvent.Type.MouseButtonDblClick and name:
            self._page.open_at(name)
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._from = (at.x(), at.y())
            self._page.scene.select([name] if name else ())
        elif event.type() == QEvent.Type.MouseMove and self._from and event.buttons():
            view.pan(at.x() - self._from[0], at.y() - self._from[1])
            self._from = (at.x(), at.y())
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._from = None
        return event.type() != QEvent.Type.MouseMove or bool(event.buttons())


def _inside(report: Report, trail: tuple[str, ...]) -> Report | None:
    found: Report | None = report
    for name in trail:
        fact = found.facts.get(name) if found is not None else None
        found = fact.inside if fact is not None else None
    return found
