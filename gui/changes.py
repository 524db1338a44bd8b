"""The changes between two networks as a list that one walks: what was done, node by node, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from graph.diff import VARIABLE, Diff, EdgeChange, FactChange, NodeChange, plain
from graph.text import tr
from gui import theme
from gui.canvas.letters import line as write
from gui.canvas.paint import SIGNS

LINE = Qt.ItemDataRole.UserRole
MOST = 5
"""So many details of a node are shown; the tooltip has all."""


class Line(NamedTuple):
    """One row: what became of something, what it is, the details, and where it is to be seen.

    *how* is empty for what only follows from other changes, and ``"section"`` for a title.
    """

    how: str
    title: str
    aside: str = ""
    details: tuple[str, ...] = ()
    block: str = ""
    """Path of the block in which it is; empty for the network itself."""
    nodes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, for tooltips and for who cannot see."""
        sign = f"{SIGNS[self.how][0]} " if self.how in SIGNS else ""
        return "\n".join((f"{sign}{self.title} {self.aside}".strip(), *self.details))


def lines(found: Diff) -> list[Line]:
    """The rows of a comparison: variables, nodes, links between nodes of both, and last what follows."""
    facts: dict[str, list[str]] = {}
    for fact in found.facts:
        if fact.path:
            facts.setdefault(fact.path, []).append(str(fact.detail))
    changed = {change.path for change in found.nodes}
    other = {change.path for change in found.nodes if change.how != "changed"}
    links = [edge for edge in found.edges if not _ends(edge) & other]
    made = [_variable(f) for f in found.facts if not f.path and f.quantity.startswith(VARIABLE)]
    made += [_node(change, facts.get(change.path, ())) for change in found.nodes]
    made += [_link(edge) for edge in links]
    follows = [_at(path, Line("", path, details=tuple(facts[path]))) for path in facts if path not in changed]
    return [*made, *([Line("section", tr("What follows")), *follows] if follows else [])]


def _variable(fact: FactChange) -> Line:
    name = fact.quantity.removeprefix(VARIABLE)
    return Line("changed", name, tr("variable"), (f"{fact.before} → {fact.after}",))


def _node(change: NodeChange, facts: Iterable[str]) -> Line:
    values = tuple(f"{name} {plain(a)} → {plain(b)}" for name, (a, b) in change.values.items())
    return _at(change.path, Line(change.how, change.path, change.kind, (*values, *facts)))


def _link(change: EdgeChange) -> Line:
    edge = change.edge
    title = f"{change.path}.{edge.source} → {edge.target}" if change.path else f"{edge.source} → {edge.target}"
    return Line(change.how, title, tr("link"), (), change.path, (edge.source, edge.target))


def _at(path: str, line: Line) -> Line:
    block, _, name = path.rpartition(".")
    return line._replace(block=block, nodes=(name,))


def _ends(change: EdgeChange) -> set[str]:
    prefix = f"{change.path}." if change.path else ""
    return {prefix + change.edge.source, prefix + change.edge.target}


class Changes(QListWidget):
    """The rows; the one that is chosen is shown on the drawing."""

    wanted = Signal(object)
    """The :class:`Line` to go to."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("changes")
        self.setAccessibleName(tr("Changes"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Rows(self))
        self.currentItemChanged.connect(self._go)

    def show_lines(self, shown: Iterable[Line]) -> None:
        """Show other rows."""
        self.blockSignals(True)
        self.clear()
        for line in shown:
            item = QListWidgetItem(line.text)
            item.setData(LINE, line)
            item.setToolTip(line.text if len(line.details) > MOST else "")
            if line.how == "section":
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addItem(item)
        self.blockSignals(False)

    def walk(self, by: int) -> None:
        """Go to the next row, or the one before, round and round."""
        rows = [i for i in range(self.count()) if self.item(i).data(LINE).how != "section"]
        if not rows:
            return
        now = self.currentRow()
        at = rows.index(now) + by if now in rows else (0 if by > 0 else -1)
        self.setCurrentRow(rows[at % len(rows)])

    def choose(self, block: str, name: str) -> None:
        """Mark the row of a node, going nowhere."""
        for i in range(self.count()):
            line = self.item(i).data(LINE)
            if line.block == block and line.nodes == (name,):
                self.blockSignals(True)
                self.setCurrentRow(i)
                self.blockSignals(False)
                return

    def _go(self, item: QListWidgetItem | None, _: object) -> None:
        if item is not None and item.data(LINE).nodes:
            self.wanted.emit(item.data(LINE))


class _Rows(QStyledItemDelegate):
    """A sign in its color, the name, the kind at the right, and the details below each other."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line: Line = index.data(LINE)
        return QSize(100, 30 + 17 * min(MOST, len(line.details)) + (4 if line.details else 0))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t, line = theme.theme(), index.data(LINE)
        area = QRectF(option.rect).adjusted(4, 1, -4, -1)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3"))
            painter.drawRoundedRect(area, 6, 6)
        self._write(painter, area, line)
        painter.restore()

    def _write(self, painter: QPainter, area: QRectF, line: Line) -> None:
        t, left, right = theme.theme(), area.left() + 30, area.right() - 8
        if line.how == "section":
            write(painter, theme.font(theme.LABEL), t.color("t3"), area.left() + 8, area.top() + 19, line.title)
            return
        if line.how in SIGNS:
            sign, token = SIGNS[line.how]
            write(
                painter,
                theme.font(theme.TITLE, theme.SEMIBOLD),
                t.color(token),
                area.left() + 10,
                area.top() + 19,
                sign,
            )
        small = theme.font(theme.LABEL)
        taken = write(painter, small, t.color("t3"), right, area.top() + 19, line.aside, right=True)
        title = theme.font(theme.BODY, theme.SEMIBOLD)
        write(painter, title, t.color("t1"), left, area.top() + 19, line.title, right - left - taken - 8)
        for i, detail in enumerate(_shown(line.details)):
            write(painter, small, t.color("t2"), left, area.top() + 38 + 17 * i, detail, right - left)


def _shown(details: tuple[str, ...]) -> tuple[Any, ...]:
    if len(details) <= MOST:
        return details
    return (*details[: MOST - 1], tr("and {n} more", n=len(details) - MOST + 1))
