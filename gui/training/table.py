"""The runs as a table: tick one to draw it, choose one to look at it, rename, delete, resume.

The table is a model and a painter of cells; what asks for a decision (deleting) asks in the head of the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from graph.text import tr
from gui import parts, theme
from gui.numbers import memory
from gui.plots.ticks import percent, three
from gui.runs import Summary
from gui.training.words import STATE_COLORS, clock, state_word

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("draw", "run", "network", "rate", "epochs", "accuracy", "loss", "time", "disk", "state")
LEFT = ("draw", "run", "network", "state")
WIDTHS = {"draw": 60, "rate": 72, "epochs": 72, "accuracy": 104, "loss": 92, "time": 64, "disk": 84, "state": 92}
ROW = 34


def heading(column: str) -> str:
    """The word over a column."""
    return {
        "draw": "",
        "run": tr("Run"),
        "network": tr("Network"),
        "rate": tr("Rate"),
        "epochs": tr("Epochs"),
        "accuracy": tr("Best measure"),
        "loss": tr("Lowest loss"),
        "time": tr("Time"),
        "disk": tr("On disk"),
        "state": tr("State"),
    }[column]


def cell(row: Summary, column: str) -> str:
    """What a row says in a column."""
    return {
        "draw": "",
        "run": row.name,
        "network": row.network,
        "rate": f"{row.rate:.4g}",
        "epochs": f"{row.epoch} / {row.epochs}",
        "accuracy": "–" if row.accuracy is None else measured(row.judge, row.accuracy),
        "loss": "–" if row.loss is None else three(row.loss),
        "time": clock(row.seconds),
        "disk": memory(row.size),
        "state": state_word(row.state),
    }[column]


def measured(judge: str, value: float) -> str:
    """A measure as it is written: a share in percent, but R² as a number."""
    return f"{value:.3f}" if judge == "r2" else percent(value)


class RunsModel(QAbstractTableModel):
    """Rows are summaries; which are drawn, in which color, and which is looked at, is told from outside."""

    renamed = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Summary, ...] = ()
        self.colors: dict[Path, str] = {}
        self.current: Path | None = None

    def show_rows(self, rows: Sequence[Summary], colors: Mapping[Path, str], current: Path | None) -> None:
        """Show other rows; where there are as many as before, only what they say changes."""
        same = [r.run for r in rows] == [r.run for r in self.rows]
        if not same:
            self.beginResetModel()
        self.rows, self.colors, self.current = tuple(rows), dict(colors), current
        if not same:
            self.endResetModel()
        elif self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (as Qt declares it)
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way == Qt.Orientation.Horizontal and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            whole = role == Qt.ItemDataRole.ToolTipRole and COLUMNS[section] == "rate"
            return tr("Learning rate") if whole else heading(COLUMNS[section])
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return cell(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and column in ("run", "network"):
            return cell(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.CheckStateRole and column == "draw":
            return Qt.CheckState.Checked if row.run.folder in self.colors else Qt.CheckState.Unchecked
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return usual | Qt.ItemFlag.ItemIsEditable if COLUMNS[index.column()] == "run" else usual

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.rows[index.row()]
        name = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or not name or name == row.name:
            return False
        self.renamed.emit(row.run, name)
        return True


def _side(column: str) -> int:
    left = Qt.AlignmentFlag.AlignLeft if column in LEFT else Qt.AlignmentFlag.AlignRight
    return int(left | Qt.AlignmentFlag.AlignVCenter)


class Cells(QStyledItemDelegate):
    """Paints cells: the tick with the color of the curve, the row that is looked at, states in their color."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: RunsModel = index.model()
        row, column, t = model.rows[index.row()], COLUMNS[index.column()], theme.theme()
        painter.save()
        if row.run.folder == model.current:
            painter.fillRect(option.rect, t.color("accsoft"))
        painter.setPen(QPen(t.color("line"), 1))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        if column == "draw":
            self._tick(painter, option.rect, model.colors.get(row.run.folder, ""))
        else:
            strong = column == "run"
            painter.setFont(theme.font(theme.LABEL, theme.MEDIUM if strong else theme.REGULAR))
            token = STATE_COLORS.get(row.state, "t2") if column == "state" else "t1" if strong else "t2"
            painter.setPen(t.color(token))
            room = option.rect.adjusted(8, 0, -8, 0)
            text = painter.fontMetrics().elidedText(cell(row, column), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, _side(column), text)
        painter.restore()

    def _tick(self, painter: QPainter, rect: QRect, color: str) -> None:
        t = theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(rect.left() + 12.5, rect.center().y() - 7, 15, 15)
        painter.setPen(QPen(t.color("accbg" if color else "line2"), 1))
        painter.setBrush(t.color("accbg" if color else "bg2"))
        painter.drawRoundedRect(box, 4, 4)
        if color:
            device = painter.device()
            painter.drawPixmap(
                int(box.left()) + 2, int(box.top()) + 2, theme.pixmap("check", "onacc", 12, device.devicePixelRatioF())
            )
        painter.setPen(QPen(QColor(color) if color else t.color("line2"), 2.5))
        y = rect.center().y() + 0.5
        painter.drawLine(int(box.right()) + 9, int(y), int(box.right()) + 19, int(y))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        made = super().createEditor(parent, option, index)
        made.setMinimumHeight(ROW - 6)
        return made


class Table(QTableView):
    """The view; a click on the tick draws, a click elsewhere looks at the run, a double click renames it."""

    ticked = Signal(object)
    chosen = Signal(object)
    removing = Signal()

    def __init__(self, model: RunsModel) -> None:
        super().__init__()
        self.setModel(model)
        self.runs = model
        self.setItemDelegate(Cells(self))
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setMinimumSectionSize(40)
        head.setFixedHeight(30)
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        for i, column in enumerate(COLUMNS):
            if column in WIDTHS:
                self.setColumnWidth(i, max(WIDTHS[column], head.sectionSizeHint(i)))
            mode = QHeaderView.ResizeMode.Fixed if column in WIDTHS else QHeaderView.ResizeMode.Stretch
            head.setSectionResizeMode(i, mode)
        head.setSectionResizeMode(COLUMNS.index("network"), QHeaderView.ResizeMode.Stretch)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            run = self.runs.rows[index.row()].run
            (self.ticked if COLUMNS[index.column()] == "draw" else self.chosen).emit(run)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        run = self.runs.rows[index.row()].run if index.isValid() else None
        if run and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(run)
        elif run and event.key() == Qt.Key.Key_Space:
            self.ticked.emit(run)
        elif run and event.key() == Qt.Key.Key_Delete:
            self.removing.emit()
        elif run and event.key() == Qt.Key.Key_F2:
            self.edit(self.runs.index(index.row(), COLUMNS.index("run")))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        for column, room in (("network", 960), ("disk", 780), ("time", 720), ("rate", 600)):
            self.setColumnHidden(COLUMNS.index(column), self.width() < room)


class RunsCard(QFrame):
    """The card: how many runs, what they take on the disk, the table, and the question before deleting."""

    ticked = Signal(object)
    chosen = Signal(object)
    renamed = Signal(object, str)
    deleted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.model = RunsModel()
        self.model.renamed.connect(self.renamed)
        self.table = Table(self.model)
        self.table.ticked.connect(self.ticked)
        self.table.chosen.connect(self.chosen)
        self.table.removing.connect(self.ask_delete)
        self._asked: Summary | None = None
        self.empty = parts.label(tr("No run yet. Start trains the network of this document."), "faint")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = QStackedLayout()
        self._body.addWidget(self.empty)
        self._body.addWidget(self.table)
        self._head = QStackedLayout()
        for widget in (self._usual_head(), self._question()):
            self._head.addWidget(widget)
        box = parts.column(self._head, parts.divider(), self._body, space=0, margin=1)
        box.setStretch(2, 1)
        parts.within(self, box)

    def _usual_head(self) -> QWidget:
        self.count = parts.label("0", "chip")
        self.count.setFixedHeight(20)
        self.hint = parts.label(tr("tick a run to draw it"), "faint")
        self.disk = parts.label(role="faint")
        self.rename = parts.tool(
            "pencil", tr("Rename the run that is looked at (F2)"), self.start_rename, name="rename"
        )
        self.delete = parts.tool("trash", tr("Delete the run that is looked at"), self.ask_delete, name="delete")
        words = parts.row(
            parts.label(tr("Runs"), "strong"),
            self.count,
            self.hint,
            None,
            self.disk,
            self.rename,
            self.delete,
            margin=(12, 0, 8, 0),
        )
        return _of_height(parts.within(QWidget(), words))

    def _question(self) -> QWidget:
        self.question = parts.Elided(role="strong")
        self.yes = parts.button(tr("Delete"), "trash", do=self._delete, name="delete-yes")
        self.no = parts.button(tr("Keep"), do=self._keep, name="delete-no")
        words = parts.row(self.question, self.yes, self.no, margin=(12, 0, 8, 0))
        words.setStretch(0, 1)
        return _of_height(parts.within(QWidget(), words))

    def show_rows(self, rows: Sequence[Summary], colors: Mapping[Path, str], current: Path | None) -> None:
        """Show the runs; *colors* of those that are drawn; *current* is looked at."""
        self.model.show_rows(rows, colors, current)
        self._body.setCurrentWidget(self.table if rows else self.empty)
        self.count.setText(str(len(rows)))
        self.hint.setVisible(bool(rows))
        self.disk.setText(tr("{size} on disk", size=memory(sum(r.size for r in rows))) if rows else "")
        found = self._current()
        self.rename.setEnabled(found is not None)
        self.delete.setEnabled(found is not None and found.state not in ("starting", "running", "paused"))
        if self._asked is not None and self._asked.run not in [r.run for r in rows]:
            self._keep()

    def _current(self) -> Summary | None:
        return next((r for r in self.model.rows if r.run.folder == self.model.current), None)

    def start_rename(self) -> None:
        """Edit the name of the run that is looked at, in its cell."""
        if (row := self._current()) is not None:
            self.table.edit(self.model.index(self.model.rows.index(row), COLUMNS.index("run")))

    def ask_delete(self) -> None:
        """Ask, in the head of the card, whether the run that is looked at shall go."""
        self._asked = self._current()
        if self._asked is None or not self.delete.isEnabled():
            return
        self.question.setText(
            tr(
                "Delete {name} and its {size}? This cannot be undone.",
                name=self._asked.name,
                size=memory(self._asked.size),
            )
        )
        self._head.setCurrentIndex(1)
        self.no.setFocus()

    def _delete(self) -> None:
        asked = self._asked
        self._keep()
        if asked is not None:
            self.deleted.emit(asked.run)

    def _keep(self) -> None:
        self._asked = None
        self._head.setCurrentIndex(0)


def _of_height(widget: QWidget) -> QWidget:
    widget.setFixedHeight(36)
    return widget
