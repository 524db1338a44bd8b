"""The first page: one button that trains, presets to open, files that were open, data that is included."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QScrollArea, QWidget

from graph.text import tr
from gui.commands import by_id
from gui.hero import Hero
from gui.parts import Elided, Picture, button, clear, column, frame, label, role, row, within
from gui.preset_card import PresetCard

if TYPE_CHECKING:
    from gui.window import Window
    from presets import Preset

COLUMNS, CARDS = 3, 6
"""So many presets are shown side by side, and at first."""

FIRST = ("lecture", "vgg16", "resnet18", "unet", "yolo_v1", "faster_rcnn_small", "yolo_small", "lenet5", "googlenet")
"""The presets to be shown first, in this order."""


ASSETS = Path(__file__).parent / "assets"


class Welcome(QScrollArea):
    """Where one begins."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.setObjectName("page-welcome")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._recent = column(space=2, margin=8)
        left = column(self._presets_head(), self._presets(), 12, *self._rooms(), None, space=12)
        right = column(self._recent_head(), within(frame("card"), self._recent), 12, *self._data(), None, space=12)
        side = within(QWidget(), right)
        side.setFixedWidth(340)
        below = row(within(QWidget(), left), side, space=24)
        below.setStretch(0, 1)
        page = within(QWidget(), column(self._hero(), below, None, space=24, margin=(32, 24, 32, 24)))
        page.setMaximumWidth(1720)
        self.setWidget(within(QWidget(), row(page, space=0)))
        window.session.settings.recent_changed.connect(self._fill_recent)
        self._fill_recent()

    def _hero(self) -> QWidget:
        window = self._window
        title = label(tr("Draw a network, see what it computes, train it, test it."), "welcome", wrap=True)
        title.setMaximumWidth(560)
        words = tr(
            "Start with the lecture's network: 6 convolutions, 2 poolings, 1 dense layer, {n} parameters. "
            "The digits are included.",
            n=33_730,
        )
        text = label(words, "second", wrap=True)
        text.setMaximumWidth(520)
        start = button(
            tr("Train the lecture's network on handwritten digits"), "play", "large", self.start, name="start"
        )
        others = row(
            button(tr("Empty network"), "plus", do=lambda: window.do("new"), name="empty"),
            button(tr("Open"), "folder-open", do=lambda: window.do("open"), name="open"),
            button(
                tr("Fine-tune on my images"), "wand-sparkles", do=lambda: window.do("fine_tune"), name="fine-tune-start"
            ),
            None,
            space=8,
        )
        left = column(None, title, text, 8, row(start, None), others, None, space=12)
        card = frame("card")
        inside = row(left, Hero(), space=32, margin=(40, 24, 40, 20))
        inside.setStretch(0, 5)
        inside.setStretch(1, 6)
        return within(card, inside)

    def start(self) -> None:
        """Open the lecture's network, choose the digits, and train."""
        self._window.files.try_out("lecture")

    # presets

    def _presets_head(self) -> QWidget:
        self._all = button("", role="quiet", do=lambda: self._window.do("presets"), name="all-presets")
        self._all.hide()
        return _head(tr("Presets"), self._all)

    def _presets(self) -> QWidget:
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(16)
        for i in range(COLUMNS):
            self._grid.setColumnStretch(i, 1)
        self._grid.setRowMinimumHeight(0, 250)
        self._cards: list[PresetCard] = []
        self._more = QTimer(self, interval=0)
        self._more.timeout.connect(self._fill_card)
        return within(QWidget(), self._grid)

    def showEvent(self, event: QShowEvent) -> None:
        """Presets come after the first paint: to draw their pictures, they are built and analyzed."""
        super().showEvent(event)
        if not self._cards:
            QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        if self._cards:
            return
        found = ordered()
        self._all.setText(tr("All {n} presets", n=len(found)))
        self._all.setVisible(len(found) > CARDS)
        self._add(found[:CARDS])

    def _add(self, found: list[Preset]) -> None:
        for preset in found:
            card = PresetCard(preset)
            card.clicked.connect(lambda name=preset.name: self._window.files.preset(name))
            card.tried.connect(lambda name=preset.name: self._window.files.try_out(name))
            at = len(self._cards)
            self._grid.addWidget(card, at // COLUMNS, at % COLUMNS)
            self._cards.append(card)
        self._more.start()

    def _fill_card(self) -> None:
        """Draw the next picture; one per turn of the event loop, so that nothing waits."""
        empty = next((card for card in self._cards if not card.filled), None)
        if empty is None:
            self._more.stop()
        else:
            empty.fill()

    def _rooms(self) -> list[QWidget]:
        """What the four rooms are for, in the order in which people work."""
        words = {
            "design": tr("Draw layers and link them. Sizes, weights and receptive fields are computed as you draw."),
            "data": tr("Choose images to learn from, and look at them: samples, classes, sizes."),
            "train_room": tr("Watch the network learn: loss, accuracy, answers. Pause, stop and go on."),
            "test": tr("Give it images, see what it answers and where it errs, and take it away as a file."),
        }
        made = row(space=16)
        for id, text in words.items():
            command, card = by_id(id), frame("card")
            head = row(Picture(command.icon, "acc", 18), label(str(command.text), "strong"), None, space=10)
            inside = column(head, label(text, "label", wrap=True), None, space=8, margin=(16, 14, 16, 14))
            made.addWidget(within(card, inside), 1)
        return [label(tr("Four rooms"), "title"), within(QWidget(), made)]

    # recent files and data

    def _recent_head(self) -> QWidget:
        settings = self._window.session.settings
        self._clear = button(tr("Clear"), role="quiet", do=settings.forget_recent, name="clear-recent")
        return _head(tr("Recent files"), self._clear)

    def _fill_recent(self) -> None:
        clear(self._recent)
        files = self._window.session.settings.recent
        self._clear.setVisible(bool(files))
        for file in files[:6]:
            self._recent.addWidget(self._file(file))
        if not files:
            words = tr("What you open or save is found here again.")
            empty = label(words, "faint", wrap=True)
            empty.setContentsMargins(8, 8, 8, 8)
            self._recent.addWidget(empty)

    def _file(self, file: Path) -> QWidget:
        made = QPushButton()
        role(made, "row")
        made.setFixedHeight(44)
        made.setObjectName(f"recent-{file.stem}")
        made.setToolTip(str(file))
        made.setAccessibleName(file.stem)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.clicked.connect(lambda: self._window.files.open(file))
        names = column(Elided(file.stem), Elided(str(file.parent), "hint", Qt.TextElideMode.ElideLeft), space=0)
        line = row(Picture("file", "t3"), names, label(day_text(file), "hint"), space=12, margin=(8, 4, 8, 4))
        line.setStretch(1, 1)
        return within(made, line)

    def _data(self) -> list[QWidget]:
        from runtime.data.description import builtin

        lines = column(space=0)
        for name, included in builtin().items():
            picture = QLabel()
            picture.setPixmap(_thumbnail(ASSETS / f"{name}.png", 36, self.devicePixelRatioF()))
            about = label(str(included.about), "hint", wrap=True)
            line = row(picture, column(label(str(included.title)), about, space=2), space=12, margin=(14, 10, 14, 10))
            line.setStretch(1, 1)
            lines.addLayout(line)
        return [label(tr("Included data"), "title"), within(frame("card"), lines)]


def _head(title: str, *more: QWidget) -> QWidget:
    made = within(QWidget(), row(label(title, "title"), None, *more))
    made.setFixedHeight(28)
    return made


def ordered() -> list[Preset]:
    """The presets, those first that one looks for first."""
    from presets import presets

    found = presets()
    first = [found[name] for name in FIRST if name in found]
    return first + [preset for preset in found.values() if preset not in first]


def _thumbnail(file: Path, side: int, dpr: float) -> QPixmap:
    image = QImage(str(file)).scaled(
        QSize(round(side * dpr), round(side * dpr)), mode=Qt.TransformationMode.FastTransformation
    )
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(dpr)
    return made


def day_text(file: Path) -> str:
    """When a file was last written: the time if it was today, else the day."""
    when = datetime.fromtimestamp(file.stat().st_mtime)
    today = datetime.now().date()
    if when.date() == today:
        return tr("today {time}", time=when.strftime("%H:%M"))
    if (today - when.date()).days == 1:
        return tr("yesterday")
    return when.strftime("%Y-%m-%d")
