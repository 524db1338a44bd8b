"""Two networks compared on one drawing: what was added, removed and changed, with all that follows from it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QSplitter, QWidget

from graph.analysis import Fact, Report, analyze
from graph.diff import Diff, diff
from graph.network import Block, Network
from graph.repeats import standing
from graph.text import memory, number, tr, tr_count
from graph.union import following, united
from gui import parts, theme
from gui.canvas.controls import Breadcrumbs
from gui.canvas.hit import node_at
from gui.canvas.minimap import Minimap
from gui.canvas.paint import SIGNS
from gui.canvas.said import said
from gui.canvas.scene import Scene
from gui.canvas.viewport import View
from gui.changes import Changes, lines
from gui.numbers import of_signals, pixels, short
from gui.status import largest_field

LIST, EDGE = 340, 16
"""Width of the list at first; pixels between the map and the border."""
ROLES = {"added": "ok", "removed": "error", "changed": "warn"}
"""How the number of nodes is written of which the same became."""


class Comparison(QWidget):
    """Totals before and after above, the changes at the left, the drawing of both at the right; Escape leaves."""

    closed = Signal()

    def __init__(self, before: Network, after: Network, titles: tuple[str, str]) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "page")
        self.trail, self.walked = tuple[str, ...](), False
        self.scene = Scene(self)
        self.view = View(self.scene, self)
        self.view.setAccessibleName(tr("Drawing of both networks"))
        self.map = Minimap(self.view)
        self._reader = _Reader(self)
        self.view.viewport().installEventFilter(self._reader)
        self.view.installEventFilter(self._reader)
        self.crumbs = Breadcrumbs(self)
        self.changes = Changes()
        self._head, self._totals = parts.row(space=12, margin=(16, 0, 8, 0)), parts.row(space=8, margin=(16, 0, 16, 0))
        parts.within(self, parts.column(*self._bars(), self._middle(), space=0))
        self.crumbs.wanted.connect(self.enter)
        self.changes.wanted.connect(lambda line: self.go(line.block, line.nodes))
        self.view.looked.connect(self._place)
        self.map.wanted.connect(self.view.center_on)
        theme.changed.connect(self._look_anew)
        self.show_networks(before, after, titles)

    def _bars(self) -> list[QWidget]:
        made = []
        for line, height in ((self._head, 44), (self._totals, 32)):
            bar = parts.frame("bar")
            bar.setFixedHeight(height)
            made.append(parts.within(bar, line))
        return made

    def _middle(self) -> QWidget:
        right = parts.within(QWidget(), parts.column(self.crumbs, self.view, space=0))
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.changes)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([LIST, 1200])
        return split

    # what is compared

    def show_networks(self, before: Network, after: Network, titles: tuple[str, str]) -> None:
        """Compare these two; one stays in the block that one looks into, if it is still there."""
        self.before, self.after, self._titles = before, after, titles
        self.found: Diff = diff(before, after)
        self._reports = analyze(before), analyze(after)
        self.changes.show_lines(lines(self.found))
        self._fill_head()
        self._fill_totals()
        self._draw(self.trail)

    def turn(self) -> None:
        """Look from the other side: what was added was removed."""
        self.show_networks(self.after, self.before, (self._titles[1], self._titles[0]))

    def _fill_head(self) -> None:
        parts.clear(self._head)
        a, b = (parts.Elided(title, "strong", Qt.TextElideMode.ElideMiddle) for title in self._titles)
        for one in (a, b):
            one.setMaximumWidth(260)
        counts = [parts.label(words, ROLES[how]) for how, words in self._counts()]
        if not self.found:
            counts = [parts.label(tr("No difference."), "ok")]
        turn = parts.tool("arrow-left-right", tr("The other way round"), self.turn, name="turn-comparison")
        for item in (a, parts.Picture("arrow-right", "t2", 14), b, turn, parts.upright(16), *counts):
            self._head.addWidget(item)
        self._head.addStretch(1)
        if self.changes.count():
            self._head.addWidget(parts.label(tr("F8 goes to the next change"), "faint"))
        self._head.addWidget(parts.button(tr("Close"), "x", do=self.closed.emit, name="close-comparison"))

    def _counts(self) -> list[tuple[str, str]]:
        found = {how: sum(n.how == how for n in self.found.nodes) for how in ROLES}
        words = {
            "added": tr_count("{n} node added", "{n} nodes added", found["added"]),
            "removed": tr_count("{n} node removed", "{n} nodes removed", found["removed"]),
            "changed": tr_count("{n} node changed", "{n} nodes changed", found["changed"]),
        }
        return [(how, f"{SIGNS[how][0]} {words[how]}") for how in ROLES if found[how]]

    def _fill_totals(self) -> None:
        parts.clear(self._totals)
        for i, (words, was, now) in enumerate(totals(*self._reports)):
            if i:
                self._totals.addWidget(parts.upright(14))
            self._totals.addWidget(parts.label(words, "status-word"))
            value = parts.label(now, "status-word") if was == now else parts.label(f"{was} → {now}", "status-value")
            self._totals.addWidget(value)
        self._totals.addStretch(1)

    # walking

    def go(self, block: str, names: tuple[str, ...]) -> None:
        """Enter the block at the path *block*, and bring the nodes called *names* into sight."""
        path = f"{block}.{names[0]}" if block else names[0]
        self.enter(next((place for n in (self.after, self.before) if (place := _way(n, path)) is not None), ()))
        self.scene.select(names)
        self.walked = True
        self._reveal(names)

    def _reveal(self, names: tuple[str, ...]) -> None:
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
        if trail != self.trail:
            self._draw(trail)
            self.view.frame(self.scene.drawing.bounds())

    def _draw(self, trail: tuple[str, ...]) -> None:
        self.trail = trail
        union = united(self.before, self.after, trail)
        old, new = (_facts(report, trail) for report in self._reports)
        marks = {**union.nodes, **following(union, old, new)}
        self.scene.select(())
        self.scene.mark(marks, union.edges, {n: said(mark, old.get(n), new.get(n)) for n, mark in marks.items()})
        self.scene.show(union.network)
        self.scene.know_facts({**old, **new})
        self.scene.dim(name for name in union.network.nodes if name not in marks)
        self.crumbs.show_trail(self._titles[1], trail)
        self.map.refresh()

    def open_at(self, name: str) -> None:
        """Look into a block."""
        node = self.scene.drawing.network.nodes.get(name)
        if node is not None and isinstance(node.layer, Block):
            self.enter((*self.trail, name))

    def leave(self) -> None:
        """Look at what the block stands in; at the top, close."""
        if self.trail:
            name = self.trail[-1]
            self.enter(self.trail[:-1])
            self.scene.select([name])
        else:
            self.closed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.frame()
        self.view.setFocus()

    def frame(self) -> None:
        """Show everything, unless somebody looks at a part."""
        if not self.walked:
            self.view.frame(self.scene.drawing.bounds())

    def _look_anew(self) -> None:
        self.scene.forget_pictures()
        self.map.refresh()
        self.view.viewport().update()

    def _place(self) -> None:
        area = self.view.rect()
        self.map.move(area.width() - self.map.width() - EDGE, area.height() - self.map.height() - EDGE)
        self.map.update()


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
        if event.type() == QEvent.Type.Resize:
            self._page.frame()
            return False
        if isinstance(event, QWheelEvent):
            self._page.walked = True
            view.zoom_step(1 if event.angleDelta().y() > 0 else -1, event.position().toPoint())
            return True
        return isinstance(event, QMouseEvent) and self._mouse(event)

    def _key(self, event: QKeyEvent) -> bool:
        page, keys = self._page, Qt.Key
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        do = {
            keys.Key_F8: lambda: page.changes.walk(-1 if back else 1),
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
            self._page.walked = True
            self._page.scene.select([name] if name else ())
            self._page.changes.choose(".".join(self._page.trail), name)
        elif event.type() == QEvent.Type.MouseMove and self._from and event.buttons():
            view.pan(at.x() - self._from[0], at.y() - self._from[1])
            self._from = (at.x(), at.y())
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._from = None
        return event.type() != QEvent.Type.MouseMove or bool(event.buttons())


def totals(before: Report, after: Report) -> list[tuple[str, str, str]]:
    """What both amount to: the words, what it was, what it is."""
    reports, held = (before, after), (before.bytes(), after.bytes())
    each = tr("activations per signal") if of_signals(after) else tr("activations per image")
    rows = [
        (tr("parameters"), [number(r.parameters) for r in reports]),
        (tr("multiply-adds"), [number(r.macs) if r.macs < 100_000_000 else short(r.macs) for r in reports]),
        (each, [memory(h["activations"]) for h in held]),
        (tr("weights"), [memory(h["weights"]) for h in held]),
        (tr("receptive field"), [pixels(largest_field(r)) or "–" for r in reports]),
    ]
    return [(words, was, now) for words, (was, now) in rows]


def _facts(report: Report, trail: tuple[str, ...]) -> dict[str, Fact]:
    inside = report.within(trail)
    return dict(inside.facts) if inside is not None else {}


def _way(network: Network, path: str) -> tuple[str, ...] | None:
    """The blocks to enter so that the node at *path* is seen; None where there is no such node."""
    trail, name = standing(network, path)
    return trail if name in network.within(trail) else None
