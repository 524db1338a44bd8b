"""The panel at the left of the Test room: which network, and which images it is asked about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QScrollArea, QVBoxLayout, QWidget

from graph.text import tr
from gui import parts
from gui.chip import Chip
from gui.data.choose import DropZone
from gui.data.values import in_short
from gui.editors import Choice
from gui.numbers import counted
from gui.pictures import Tile, Tiles
from gui.plots.ticks import percent
from gui.runs import Summary
from gui.testing.answer import Shown, numbers_in_words
from runtime.data.description import IMAGE_ENDINGS
from runtime.data.signals import ENDINGS as SIGNAL_ENDINGS
from runtime.formats import ENDINGS

PAGE = 24
"""Samples that are shown at once."""
WIDEST = 560
"""Pixels of the list of networks at most."""
MOST_FILES = 200
"""Files of one drop that are looked at."""


def images_among(names: Sequence[str]) -> list[str]:
    """Image files among *names*; of a folder those directly in it, sorted."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_ENDINGS)
            found += [str(p) for p in inside]
        else:
            found.append(name)
    return found[:MOST_FILES]


def tile_of(shown: Shown, index: int = -1, mistaken: bool = False) -> Tile:
    """How an answer is shown among others; whether boxes, masks and numbers are *mistaken* is told from outside."""
    if shown.error:
        return Tile(shown.seen, tr("cannot be read"), wrong=True, index=index, tip=shown.error)
    if shown.objects is not None:
        words = ", ".join(dict.fromkeys(one.name for one in shown.truth))
        return Tile(shown.seen, words, wrong=mistaken, index=index, tip=Path(shown.name).name)
    if shown.numbers:
        said = in_short(number for _, number, _ in shown.numbers)
        return Tile(shown.seen, said, wrong=mistaken, index=index, tip=numbers_in_words(shown))
    if shown.layers:
        name = Path(shown.name).name
        return Tile(shown.large, name, wrong=mistaken, index=index, tip=name)
    guess, score = shown.classes[0] if shown.classes else ("", 0.0)
    wrong = bool(shown.right) and guess != shown.right
    rest = tr("not {label}", label=shown.right) if wrong else ""
    return Tile(shown.seen, guess, rest, percent(score, 0), wrong, index, tip=Path(shown.name).name)


class Images(QWidget):
    """Choose a network; drop, open or paste images; pick samples of a part."""

    model_chosen = Signal(object)
    part_chosen = Signal(str)
    dropped = Signal(list)
    pasted = Signal()
    view_chosen = Signal(str)
    more_wanted = Signal()
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "panel")
        self.model = Choice()
        self.model.setObjectName("model")
        self.model.setAccessibleName(tr("Network under test"))
        self.model.setMinimumWidth(120)
        self.model.activated.connect(self._model_chosen)
        self.signals = False
        self.drop = DropZone("image-plus", tr("Drop an image here"), tr("or a folder, or paste from the clipboard"))
        self.drop.dropped.connect(lambda names: self.dropped.emit(images_among(names)))
        self.drop.clicked.connect(self.browse)
        self.part = QComboBox()
        self.part.setObjectName("part")
        self.part.setAccessibleName(tr("Part of the data"))
        for name, word in (("", tr("Test part")), ("validation", tr("Validation part")), ("train", tr("Train part"))):
            self.part.addItem(word, name)
        self.part.activated.connect(lambda _: self.part_chosen.emit(self.part.currentData()))
        self.chips = {name: Chip(word, bare=True) for name, word in self._views().items()}
        for name, chip in self.chips.items():
            chip.setObjectName(f"view-{name}")
            chip.setAutoExclusive(True)
            chip.clicked.connect(lambda _=False, name=name: self.view_chosen.emit(name))
        self.count = parts.label(role="faint")
        self.tiles = Tiles(columns=3, gap=10)
        self.tiles.chosen.connect(self.chosen)
        self.more = parts.button(tr("Show more"), "chevron-down", "quiet", self.more_wanted.emit, name="more")
        self.empty = parts.label(role="faint", wrap=True)
        self._lay_out()
        self.name_cell("")

    def _views(self) -> dict[str, str]:
        return {"all": tr("All"), "mistakes": tr("Mistakes"), "cell": "", "mine": tr("Mine")}

    def _lay_out(self) -> None:
        top = parts.column(
            parts.column(parts.label(tr("Network"), "label"), self.model, space=4),
            self.drop,
            parts.row(self.part, None, self.count),
            parts.row(*self.chips.values(), None, space=2),
            space=12,
            margin=(16, 14, 16, 8),
        )
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = parts.column(
            self.empty, self.tiles, parts.row(None, self.more, None), None, space=8, margin=(16, 4, 10, 12)
        )
        area.setWidget(parts.within(QWidget(), inner))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(area, 1)

    def show_models(self, rows: Sequence[Summary], files: Sequence[Path], current: Path | None) -> None:
        """Offer runs that have weights, files that were opened, and opening another one."""
        self.model.clear()
        for row in rows:
            if row.run.checkpoint() is not None:
                both = tr("{run} ({network})", run=row.name, network=row.network)
                self.model.addItem(both if row.name != row.network else row.name, row.run.folder)
        for file in files:
            self.model.addItem(file.name, file)
        self.model.addItem(tr("Open an exported file …"), None)
        for i in range(self.model.count()):
            self.model.setItemData(i, self.model.itemText(i), Qt.ItemDataRole.ToolTipRole)
        widest = max(self.model.fontMetrics().horizontalAdvance(self.model.itemText(i)) for i in range(i + 1))
        self.model.view().setMinimumWidth(min(widest + 40, WIDEST))
        at = next((i for i in range(self.model.count()) if self.model.itemData(i) == current and current), -1)
        self.model.setCurrentIndex(at)
        self.model.setPlaceholderText(tr("Choose a trained network"))
        self.model.setToolTip(self.model.currentText())

    def _model_chosen(self, place: int) -> None:
        file = self.model.itemData(place)
        if file is not None:
            self.model_chosen.emit(file)
            return
        self.model.setCurrentIndex(-1)
        dialog = QFileDialog(self, tr("Open an exported network"))
        dialog.setNameFilter(" ".join(f"*{one}" for one in ENDINGS))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.model_chosen.emit(Path(name)))
        dialog.open()

    def browse(self) -> None:
        """Ask for image files."""
        dialog = QFileDialog(self, tr("Open images"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        endings = (*sorted(IMAGE_ENDINGS), *SIGNAL_ENDINGS)
        dialog.setNameFilter(tr("Images and signals") + " (" + " ".join(f"*{e}" for e in endings) + ")")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.dropped.emit(images_among(names)))
        dialog.open()

    def say_signals(self, signals: bool) -> None:
        """Speak of signals, or of images: of what the network takes."""
        self.signals = signals
        self.drop.name(tr("Drop a signal here") if signals else tr("Drop an image here"))

    def name_cell(self, text: str) -> None:
        """What the chip of the cell is called; there is none while nobody has chosen a cell."""
        self.chips["cell"].setText(text)
        self.chips["cell"].setVisible(bool(text))
        self.chips["cell"].updateGeometry()

    def show_view(
        self,
        view: str,
        shown: Sequence[Shown],
        indices: Sequence[int],
        total: int,
        sentence: str,
        wrong: Collection[int] = (),
    ) -> None:
        """Show answers; *total* of them are there in all; *sentence* where there are none; *wrong* are mistakes."""
        self.chips[view].setChecked(True)
        self.count.setText(counted(total, self.signals) if total else "")
        places = [*indices, *([-1] * len(shown))]
        self.tiles.show_tiles([tile_of(s, i, i in wrong) for s, i in zip(shown, places, strict=False)])
        self.tiles.setVisible(bool(shown))
        self.more.setVisible(0 < len(shown) < total)
        self.empty.setText("" if shown else sentence)
        self.empty.setVisible(not shown and bool(sentence))
