"""The rows of the palette: how they look, and what they carry when one drags them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from graph.files import dumps
from graph.text import tr
from gui import theme

KIND, BLOCK = "application/x-canevas-kind", "application/x-canevas-block"
CARRIED = "application/x-canevas-definition"
"""What a dragged row carries: the name of a kind, or of a block of the network; or the text of a definition."""

ROLE = Qt.ItemDataRole.UserRole
WHAT, NAME, COLOR, ICON, ASIDE, BELOW, HELP, DEFINITION, FAMILIES = (ROLE + i for i in range(1, 10))
BLOCK_ROWS = ("block", "mine", "ready")
"""Rows that are blocks: of the network, kept, coming with the program."""


def item(
    what: str, name: str, text: str, color: str, aside: str = "", below: str = "", help: str = ""
) -> QStandardItem:
    """A row: what it is, its name, its words, its color, what stands at the right and below, and its help."""
    made = QStandardItem(text)
    for role, data in ((WHAT, what), (NAME, name), (COLOR, color), (ASIDE, aside), (BELOW, below), (HELP, help)):
        made.setData(data, role)
    made.setToolTip(help)
    made.setEditable(what == "mine")
    made.setDragEnabled(what in ("kind", *BLOCK_ROWS))
    made.setSelectable(True)
    return made


class _Model(QStandardItemModel):
    def mimeTypes(self) -> list[str]:
        return [KIND, BLOCK, CARRIED]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        made = QMimeData()
        for index in indexes:
            if (definition := index.data(DEFINITION)) is not None:
                made.setData(CARRIED, QByteArray(dumps(definition).encode()))
            else:
                kind = KIND if index.data(WHAT) == "kind" else BLOCK
                made.setData(kind, QByteArray(index.data(NAME).encode()))
            made.setText(index.data())
        return made


class Tree(QTreeView):
    """Rows of 28 pixels (44 with a second line); a family opens and closes."""

    chosen = Signal(str, str)
    turned = Signal(str, bool)
    """Somebody opens a family, or closes it."""
    unwanted = Signal(str)
    """Somebody wants the kept block in this file gone."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("palette-tree")
        self.setModel(_Model(self))
        self.setItemDelegate(Rows(self))
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setExpandsOnDoubleClick(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.doubleClicked.connect(self._announce)

    def _announce(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(WHAT), index.data(NAME))

    def turn(self, index: QModelIndex) -> None:
        """Open a family, or close it."""
        on = not self.isExpanded(index)
        self.setExpanded(index, on)
        self.turned.emit(index.data(NAME), on)

    def first(self) -> QModelIndex | None:
        """The first row that is no family."""
        index = self.model().index(0, 0)
        while index.isValid() and index.data(WHAT) == "family":
            index = self.indexBelow(index)
        return index if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.data(WHAT) == "family" and event.button() == Qt.MouseButton.LeftButton:
            self.turn(index)
            self.setCurrentIndex(index)
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if not index.isValid() or index.data(WHAT) != "mine":
            return
        self.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if index.data(DEFINITION) is not None:
            menu.addAction(theme.icon("pencil"), tr("Rename"), lambda: self.edit(self.currentIndex()))
        menu.addAction(theme.icon("trash"), tr("Remove from my blocks"), self._drop_current)
        menu.popup(event.globalPos())

    def _drop_current(self) -> None:
        index = self.currentIndex()
        if index.isValid() and index.data(WHAT) == "mine":
            self.unwanted.emit(index.data(NAME))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_F2 and index.data(WHAT) == "mine" and index.data(DEFINITION) is not None:
            self.edit(index)
        elif event.key() == Qt.Key.Key_Delete:
            self._drop_current()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            if index.data(WHAT) == "family":
                self.turn(index)
            else:
                self._announce(index)
        else:
            super().keyPressEvent(event)


class Rows(QStyledItemDelegate):
    """Draws a row: a family with its icon, color and count; a kind with its usual values; two lines for the rest."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, 44 if index.data(BELOW) else 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        t, family = theme.theme(), index.data(WHAT) == "family"
        tree, area = self.parent(), option.rect.adjusted(8, 0, -8, 0)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if over or current:
            painter.setPen(t.color("acc") if current and tree.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(t.color("bg3" if current or not family else "bg2"))
            painter.drawRoundedRect(area.adjusted(0, 0, -1, -1), 6, 6)
        dpr, left = painter.device().devicePixelRatioF(), area.left() + 36
        if family:
            arrow = theme.pixmap("chevron-down" if tree.isExpanded(index) else "chevron-right", "t3", 12, dpr)
            painter.drawPixmap(area.left() + 5, area.top() + 8, arrow)
            painter.drawPixmap(
                area.left() + 22, area.top() + 6, theme.pixmap(index.data(ICON), index.data(COLOR), 16, dpr)
            )
            left = area.left() + 46
        elif index.data(FAMILIES) is not None:
            self._miniature(painter, QRect(area.left() + 8, area.top() + 6, 20, area.height() - 12), index)
        elif index.data(ICON):
            painter.drawPixmap(
                area.left() + 8, area.top() + 13, theme.pixmap(index.data(ICON), index.data(COLOR), 18, dpr)
            )
        right = area.right() - 8
        if over and not family and index.data(WHAT) != "preset":
            painter.drawPixmap(right - 10, area.center().y() - 6, theme.pixmap("grip-vertical", "t3", 14, dpr))
            right -= 18
        self._words(painter, QRect(left, area.top(), right - left, area.height()), index, family)
        painter.restore()

    def _miniature(self, painter: QPainter, area: QRect, index: QModelIndex) -> None:
        from gui.canvas.ground import miniature

        painter.save()
        miniature(painter, QRectF(area), index.data(FAMILIES))
        painter.restore()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """The title is edited where it stands."""
        editor.setGeometry(option.rect.adjusted(38, 4, -12, -14))

    def _words(self, painter: QPainter, area: QRect, index: QModelIndex, family: bool) -> None:
        t, elide, middle = theme.theme(), Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignVCenter
        text, aside, below = index.data(), index.data(ASIDE), index.data(BELOW)
        painter.setFont(theme.font(theme.BODY, theme.MEDIUM if family else theme.REGULAR))
        painter.setPen(t.color("t1"))
        metrics = painter.fontMetrics()
        line = area if not below else QRect(area.left(), area.top() + 4, area.width(), 20)
        painter.drawText(line, middle, metrics.elidedText(text, elide, line.width()))
        rest = line.adjusted(metrics.horizontalAdvance(text) + 10, 0, 0, 0)
        painter.setFont(theme.font(theme.AXIS))
        painter.setPen(t.color("t3"))
        if aside and rest.width() > 20:
            short = painter.fontMetrics().elidedText(aside, elide, rest.width())
            painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, short)
        if below:
            second = QRect(area.left(), area.top() + 22, area.width(), 16)
            painter.drawText(second, middle, painter.fontMetrics().elidedText(below, elide, second.width()))
