"""The rows of the palette: how they look, and what they carry when one drags them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from gui import theme

KIND, BLOCK = "application/x-canevas-kind", "application/x-canevas-block"
"""What a dragged row carries: the name of a kind, or of a block of the network."""

ROLE = Qt.ItemDataRole.UserRole
WHAT, NAME, COLOR, ICON, ASIDE, BELOW, HELP = (ROLE + i for i in range(1, 8))


def item(
    what: str, name: str, text: str, color: str, aside: str = "", below: str = "", help: str = ""
) -> QStandardItem:
    """A row: what it is, its name, its words, its color, what stands at the right and below, and its help."""
    made = QStandardItem(text)
    for role, data in ((WHAT, what), (NAME, name), (COLOR, color), (ASIDE, aside), (BELOW, below), (HELP, help)):
        made.setData(data, role)
    made.setToolTip(help)
    made.setEditable(False)
    made.setDragEnabled(what in ("kind", "block"))
    made.setSelectable(True)
    return made


class _Model(QStandardItemModel):
    def mimeTypes(self) -> list[str]:
        return [KIND, BLOCK]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        made = QMimeData()
        for index in indexes:
            kind = KIND if index.data(WHAT) == "kind" else BLOCK
            made.setData(kind, QByteArray(index.data(NAME).encode()))
            made.setText(index.data(NAME))
        return made


class Tree(QTreeView):
    """Rows of 28 pixels (44 with a second line); a family opens and closes."""

    chosen = Signal(str, str)
    turned = Signal(str, bool)
    """Somebody opens a family, or closes it."""

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
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
