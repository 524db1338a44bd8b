"""Choose data: what comes with the program, a folder, or a set of torchvision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFileDialog, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from graph.text import tr
from gui import parts, theme
from gui.editors import Choice
from gui.session import Session
from runtime.data.description import TORCHVISION, Description, builtin
from runtime.data.recognition import WORDS, formats

REMEMBERED = 5
"""Folders that are remembered."""


class DropZone(QWidget):
    """A dashed frame that takes files or folders, by drop or by a click."""

    dropped = Signal(list)
    clicked = Signal()

    def __init__(self, icon: str, title: str, hint: str, *, height: int = 92) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setFixedHeight(height)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self._over = False
        self._title = parts.label(title, "strong")
        words = [self._title, parts.label(hint, "hint", wrap=True)]
        for word in words:
            word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture = parts.row(None, parts.Picture(icon, "t2", 18), None)
        parts.within(self, parts.column(None, picture, *words, None, space=4, margin=8))

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lively = self._over or self.hasFocus()
        painter.setPen(QPen(t.color("acc" if lively else "line2"), 1.25, Qt.PenStyle.DashLine))
        painter.setBrush(t.color("accsoft") if self._over else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)

    def name(self, title: str) -> None:
        """Ask for something else."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def _hover(self, on: bool) -> None:
        self._over = on
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event.mimeData()):
            event.acceptProposedAction()
            self._hover(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._hover(False)
        event.acceptProposedAction()
        self.dropped.emit(files_in(event.mimeData()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


def files_in(mime: QMimeData) -> list[str]:
    """Local files and folders that a drag carries."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]


def filtered(names: tuple[str, ...], text: str) -> list[str]:
    """Names in which *text* occurs, whatever the case."""
    return [name for name in names if text.strip().casefold() in name.casefold()]


class Choose(QWidget):
    """The panel at the left of the Data room."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "panel")
        self._session = session
        head = parts.within(QWidget(), parts.row(parts.label(tr("Choose data"), "strong"), margin=(16, 0, 16, 0)))
        head.setFixedHeight(44)
        self.drop = DropZone(
            "folder-open", tr("Drop a folder here"), tr("classes, masks, boxes or numbers, in any usual format")
        )
        self.drop.clicked.connect(self.browse)
        self.drop.dropped.connect(lambda files: self.choose_folder(files[0]))
        self._recent = parts.column(space=0)
        self.format = Choice()
        self.format.setObjectName("data-format")
        self.format.setAccessibleName(tr("Format of the data"))
        self.format.activated.connect(self._told_format)
        self._format = parts.within(
            QWidget(), parts.column(parts.label(tr("Format"), "label"), self.format, space=4, margin=(0, 4, 0, 4))
        )
        self.search = QLineEdit()
        self.search.setObjectName("search-data")
        self.search.setPlaceholderText(tr("Search torchvision's sets"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._list)
        self._sets = parts.column(space=0)
        self._included = parts.column(*(self._row(name, name, "package") for name in builtin()), space=0)
        inner = QWidget()
        content = parts.column(
            parts.label(tr("Included"), "label"),
            self._included,
            4,
            parts.label(tr("Your own data"), "label"),
            self.drop,
            self._recent,
            self._format,
            4,
            parts.label(tr("From torchvision"), "label"),
            self.search,
            self._sets,
            None,
            space=8,
            margin=(16, 12, 12, 16),
        )
        parts.within(inner, content)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (head, parts.divider(), area):
            layout.addWidget(item)
        session.data_changed.connect(self.refresh)
        self.refresh()
        self._list("")

    def _row(self, text: str, source: str, icon: str) -> QWidget:
        made = parts.button(text, icon, "row", self._chooser(source), tip=source, name=f"data-{text}")
        made.setProperty("source", source)
        made.setCheckable(True)
        made.setMinimumHeight(30)
        made.setChecked(self._session.data is not None and self._session.data.source == source)
        return made

    def _chooser(self, source: str) -> Callable[[], None]:
        def choose() -> None:
            self._session.choose_data(Description(source))
            self.refresh()

        return choose

    def refresh(self) -> None:
        """Show which data are chosen, and the folders that were."""
        data = self._session.data
        if data is not None and Path(data.source).exists():
            self._remember(str(data.path))
        self._show_formats(data)
        parts.clear(self._recent)
        for folder in self.remembered():
            self._recent.addWidget(self._row(Path(folder).name or folder, folder, "folder"))
        for layout in (self._included, self._sets):
            for i in range(layout.count()):
                if widget := layout.itemAt(i).widget():
                    widget.setChecked(data is not None and widget.property("source") == data.source)

    def _show_formats(self, data: Description | None) -> None:
        """What the folder was recognized as, and as what else it can be read."""
        own = data is not None and data.source not in builtin() and not data.source.startswith("torchvision:")
        self._format.setVisible(own)
        if not own:
            return
        try:
            found = formats(data.path)
        except OSError:
            found = []
        self.format.clear()
        if found:
            self.format.addItem(tr("Recognized: {format}", format=WORDS[found[0]]), "")
        for name in dict.fromkeys((*found[1:], *((data.format,) if data.format else ()))):
            self.format.addItem(str(WORDS[name]), name)
        self.format.setCurrentIndex(max(0, self.format.findData(data.format)))
        self._format.setVisible(self.format.count() > 1)

    def _told_format(self, index: int) -> None:
        data = self._session.data
        self._session.choose_data(Description(data.source, self.format.itemData(index)))

    def _list(self, text: str) -> None:
        parts.clear(self._sets)
        found = filtered(TORCHVISION, text)
        for name in found:
            self._sets.addWidget(self._row(name, f"torchvision:{name}", "database"))
        if not found:
            self._sets.addWidget(parts.label(tr("No set of that name."), "faint"))

    def remembered(self) -> list[str]:
        """Folders and files that were chosen before and are still there."""
        raw = self._session.settings.recall("data_folders", []) or []
        names = [raw] if isinstance(raw, str) else list(raw)
        return [name for name in names if Path(name).exists()]

    def _remember(self, folder: str) -> None:
        others = [f for f in self.remembered() if f != folder]
        self._session.settings.remember("data_folders", [folder, *others][:REMEMBERED])

    def browse(self) -> None:
        """Ask for a folder."""
        dialog = QFileDialog(self, tr("Choose a folder of images"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.choose_folder)
        dialog.open()

    def choose_folder(self, folder: str) -> None:
        """Take *folder*, or a file that is a whole set, or the folder of another file that was dropped."""
        path = Path(folder)
        alone = path.is_file() and not formats(path)
        self._session.choose_data(Description(str(path.parent if alone else path)))
