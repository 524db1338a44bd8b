"""A preset before it is opened: a card with its picture, and a sheet that says what it is and how it trains here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from graph.text import number, tr, tr_count
from gui.explanation_card import place, screen_at
from gui.network_picture import NetworkPicture
from gui.numbers import memory, of_signals, pixels, short
from gui.parts import Card, Elided, Paragraph, Picture, button, column, divider, frame, label, row, tool, within

if TYPE_CHECKING:
    from graph.analysis import Report
    from presets import Preset

WIDTH = 460
"""Width of a sheet, in pixels."""


class PresetCard(Card):
    """A preset: its picture, what it is made of, how large it is."""

    tried = Signal()
    """Somebody wants to repeat its trial."""

    def __init__(self, preset: Preset, *, told: bool = False) -> None:
        super().__init__()
        self.preset, self._report = preset, None
        self.setObjectName(f"preset-{preset.name}")
        self.setAccessibleName(str(preset.title))
        self._picture, self._layers, self._size = NetworkPicture(), Elided("", "label"), label("", "sum")
        title = Elided(str(preset.title), "strong")
        first = row(title, label(preset.year, "hint"), label(task_text(preset), "chip"), space=8)
        first.setStretchFactor(title, 1)
        last = row(label(tr("{n} parameters", n=preset.parameters), "sum"), None, self._size)
        rows = [first, self._layers, last, *(self._told() if told else ())]
        words = column(*rows, space=4, margin=(16, 10, 16, 12))
        within(self, column(self._picture, divider(), words, space=0, margin=1))
        self._about = tool("info", tr("About this preset"), self.show_sheet, name=f"about-{preset.name}")
        self._about.setParent(self)

    def _told(self) -> list[QWidget]:
        """What to notice, and what it learns here, or its paper."""
        trial, notes = self.preset.trial, Paragraph(str(self.preset.notes), "hint")
        if trial is None:
            return [notes, Elided(str(self.preset.reference), "hint")]
        here = tr("Learns {data} here in {time}", data=trial.data, time=time_text(trial.seconds))
        return [notes, within(QWidget(), row(Picture("play", "acc", 12), Elided(here, "hint"), space=6))]

    @property
    def filled(self) -> bool:
        """Whether its picture is drawn."""
        return self._report is not None

    def fill(self) -> None:
        """Build the network, and draw it."""
        from graph.analysis import analyze

        report = self._report = analyze(self.preset.build())
        self._picture.show_report(report)
        self._layers.setText(layers_text(report))
        self._size.setText(size_text(report))

    def show_sheet(self) -> PresetSheet:
        """Open the sheet beside the card."""
        if not self.filled:
            self.fill()
        sheet = PresetSheet(self.window(), self.preset, self._report)
        sheet.opened.connect(self.clicked)
        sheet.tried.connect(self.tried)
        sheet.open(QRect(self.mapToGlobal(self._about.pos()), self._about.size()))
        return sheet

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in the corner of the picture."""
        super().resizeEvent(event)
        side = self._about.sizeHint()
        self._about.setGeometry(QRect(self.width() - side.width() - 8, 8, side.width(), side.height()))


class PresetSheet(QFrame):
    """All that is known of a preset; a click beside it or Escape closes it."""

    opened, tried = Signal(), Signal()

    def __init__(self, parent: QWidget, preset: Preset, report: Report) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("preset-sheet")
        self.setAccessibleName(str(preset.title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "popup")
        self.setFixedWidth(WIDTH)
        title = Elided(str(preset.title), "title")
        head = row(title, label(task_text(preset), "chip"), tool("x", tr("Close"), self.close, size=14), space=8)
        head.setStretchFactor(title, 1)
        rows = column(head, _facts(preset, report), space=10, margin=(16, 10, 12, 14))
        if str(preset.notes):
            rows.addWidget(label(tr("What to notice"), "strong"))
            rows.addWidget(label(str(preset.notes), "label", wrap=True))
        self._open = button(tr("Open"), "folder-open", do=lambda: self._leave(self.opened), name="open-preset")
        buttons = row(None, self._open, space=8)
        if preset.trial is not None:
            rows.addWidget(label(tr("Learns here"), "strong"))
            rows.addWidget(label(trial_text(preset), "label", wrap=True))
            words = tr("Train it on {data}", data=preset.trial.data)
            buttons.addWidget(button(words, "play", "main", lambda: self._leave(self.tried), name="try-preset"))
        if preset.reference:
            rows.addWidget(label(str(preset.reference), "hint", wrap=True))
        rows.addLayout(buttons)
        within(self, rows)

    def open(self, beside: QRect) -> None:
        """Open beside the rectangle *beside* of the screen, wholly on the screen."""
        self.layout().activate()
        high = self.layout().totalHeightForWidth(WIDTH)
        self.setFixedHeight(high)
        self.move(place(beside, QRect(0, 0, WIDTH, high), screen_at(beside.center())))
        self.show()
        self._open.setFocus(Qt.FocusReason.PopupFocusReason)

    def _leave(self, signal: Any) -> None:
        self.close()
        signal.emit()


def _facts(preset: Preset, report: Report) -> QWidget:
    """Numbers of a preset, two in a line."""
    held = report.bytes()
    told = [
        (tr("Year"), preset.year),
        (tr("Signals") if of_signals(report) else tr("Images"), size_text(report)),
        (tr("Parameters"), number(preset.parameters)),
        (tr("Multiply-adds"), short(report.macs) if report.macs else ""),
        (tr("Weights"), memory(held["weights"]) if held["weights"] else ""),
        (
            tr("Training, one signal") if of_signals(report) else tr("Training, one image"),
            memory(held["training"]) if held.get("training") and report.losses else "",
        ),
    ]
    grid = QGridLayout()
    grid.setContentsMargins(12, 10, 12, 10)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    for i, (name, value) in enumerate((name, value) for name, value in told if value):
        grid.addWidget(label(name, "hint"), i // 2, 2 * (i % 2))
        grid.addWidget(label(value, "sum"), i // 2, 2 * (i % 2) + 1)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(3, 1)
    return within(frame("card"), grid)


def trial_text(preset: Preset) -> str:
    """What its trial was, and what came of it, in a sentence."""
    trial = preset.trial
    assert trial is not None
    time = time_text(trial.seconds)
    sentence = tr_count(
        "On the included {data}, {n} epoch, some {time} of one core: {result}.",
        "On the included {data}, {n} epochs, some {time} of one core: {result}.",
        trial.epochs,
        data=trial.data,
        time=time,
        result=trial.result,
    )
    if not trial.variables:
        return sentence
    with_ = ", ".join(f"{name} {value}" for name, value in trial.variables.items())
    return f"{sentence} {tr('With {variables}.', variables=with_)}"


def time_text(seconds: int) -> str:
    """How long something takes, roughly."""
    minutes = round(seconds / 60)
    return tr_count("{n} minute", "{n} minutes", minutes) if minutes else tr_count("{n} second", "{n} seconds", seconds)


def task_text(preset: Preset) -> str:
    """What a preset is for, in a word or two; a sheet trains nothing, it shows one idea."""
    return tr(preset.task.capitalize()) if preset.task else tr("One idea")


def size_text(report: Report) -> str:
    """Height and width of the images that a network takes; empty where it takes none."""
    from graph.tensors import Tensor

    image = next((f for f in report.inputs.values() if isinstance(f, Tensor)), None)
    return pixels(image.spatial) if image and image.spatial else ""


def layers_text(report: Report) -> str:
    """What a network is made of, in a line: ``6 convolutions, 2 poolings, 1 dense layer``."""
    count: dict[str, int] = {}
    for _, fact in report.leaves():
        category = getattr(fact.layer, "category", "")
        count[category] = count.get(category, 0) + 1
    told = {  # each in full: what gathers the words for translation reads the source
        "conv": tr_count("{n} convolution", "{n} convolutions", count.get("conv", 0)),
        "pool": tr_count("{n} pooling", "{n} poolings", count.get("pool", 0)),
        "dense": tr_count("{n} dense layer", "{n} dense layers", count.get("dense", 0)),
        "merge": tr_count("{n} merge", "{n} merges", count.get("merge", 0)),
        "attn": tr_count("{n} attention", "{n} attentions", count.get("attn", 0)),
    }
    return ", ".join(words for category, words in told.items() if count.get(category))
