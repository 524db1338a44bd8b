"""The same validation images, epoch after epoch, with the network's answers so far; mistakes are ringed and worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QScrollArea, QVBoxLayout, QWidget

from graph.text import Message, say, tr, tr_count
from gui import parts
from gui.chip import Chip
from gui.legend import MaskLegend
from gui.pictures import Tile, Tiles
from gui.plots.ticks import percent

CHOICES: dict[str, Message] = {"mixed": say("Mixed"), "wrong": say("Mistakes"), "unsure": say("Least certain")}


@dataclass(frozen=True, eq=False)
class Sample:
    """An image with its class, the network's answer, and how sure the network was.

    Of an image with masks or boxes, *picture* shows the answer, *truth* what is right, and *score* is how far the two
    meet each other; from *enough* on, it counts as right.
    """

    picture: QImage
    label: str = ""
    guess: str = ""
    score: float = 0.0
    truth: QImage | None = None
    enough: float = 0.5
    missed: float | None = None
    """Where numbers are foretold, by how many standard deviations the answer is off; up to one it counts as right."""

    @property
    def right(self) -> bool:
        """Whether the answer is the class."""
        if self.missed is not None:
            return self.missed <= 1.0
        return self.guess == self.label if self.truth is None else self.score >= self.enough


def selected(samples: Sequence[Sample], choice: str) -> list[Sample]:
    """The samples to show: all as they stand, mistakes only, or from the least certain answer to the surest."""
    if choice == "wrong":
        return [s for s in samples if not s.right]
    if choice == "unsure":
        return sorted(samples, key=lambda s: s.score)
    return list(samples)


def tile(sample: Sample) -> Tile:
    """How a sample is shown."""
    if sample.truth is not None:
        tip = tr("What the network answers; it meets what is right by {score}.", score=percent(sample.score))
        return Tile(sample.picture, tr("answer"), "", percent(sample.score, 0), not sample.right, tip=tip)
    if sample.missed is not None:
        tip = tr("The network says {guess}; right is {label}.", guess=sample.guess, label=sample.label)
        room = len(sample.guess) + len(sample.label) < 14
        return Tile(sample.picture, sample.guess, "", sample.label if room else "", not sample.right, tip=tip)
    rest = "" if sample.right else tr("not {label}", label=sample.label)
    tip = tr(
        "The network says {guess} with {score}; the right answer is {label}.",
        guess=sample.guess,
        score=percent(sample.score),
        label=sample.label,
    )
    return Tile(sample.picture, sample.guess, rest, percent(sample.score, 0), not sample.right, tip=tip)


def tiles_of(sample: Sample) -> list[Tile]:
    """The pictures of a sample: where pixels are classed, what is right stands before the answer."""
    if sample.truth is None:
        return [tile(sample)]
    return [Tile(sample.truth, tr("right"), tip=tr("What is right")), tile(sample)]


class Samples(QWidget):
    """The panel at the right of the Train room."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "panel")
        self.samples: tuple[Sample, ...] = ()
        self.choice = "mixed"
        self.state = parts.Elided(role="label")
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.empty = parts.label(role="faint", wrap=True)
        self.legend = MaskLegend()
        self.tiles = Tiles(columns=3, gap=11)
        """Three side by side; where pixels are classed, two: what is right, and the answer."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        parts.within(inner, parts.column(self.empty, self.legend, self.tiles, None, space=10, margin=(16, 0, 10, 12)))
        area.setWidget(inner)
        head = parts.within(
            QWidget(), parts.row(parts.label(tr("Samples"), "strong"), self.state, space=12, margin=(16, 0, 16, 0))
        )
        head.setFixedHeight(44)
        note = parts.label(
            tr("The same of the validation part every epoch, with the network's answer so far."), "hint", wrap=True
        )
        foot = parts.row(parts.Picture("eye", "t3", 14), note, space=8, margin=(16, 12, 16, 12))
        foot.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for item in (head, parts.divider()):
            layout.addWidget(item)
        layout.addLayout(self._chips())
        layout.addWidget(area, 1)
        layout.addWidget(parts.divider())
        layout.addLayout(foot)
        self.clear(tr("The answers appear here after the first epoch."))

    def _chips(self) -> QVBoxLayout:
        self._group = QButtonGroup(self)
        buttons = []
        for name, word in CHOICES.items():
            made = Chip(str(word), bare=True)
            made.setChecked(name == self.choice)
            made.setObjectName(name)
            made.clicked.connect(lambda _=False, name=name: self.choose(name))
            self._group.addButton(made)
            buttons.append(made)
        return parts.column(parts.row(*buttons, None, space=4), margin=(12, 10, 12, 10))

    def choose(self, choice: str) -> None:
        """Show all, the mistakes, or the least certain first."""
        self.choice = choice
        self._show()

    def clear(self, sentence: str) -> None:
        """Show no samples, and why."""
        self.samples = ()
        self.state.setText("")
        self.legend.show_classes(())
        self._show(sentence)

    def show_samples(self, samples: Sequence[Sample], epoch: int, classes: Sequence[str] = ()) -> None:
        """Show the answers after *epoch*; *classes* are those of masks."""
        self.samples = tuple(samples)
        self.legend.show_classes(classes)
        self.tiles.set_columns(2 if any(s.truth is not None for s in samples) else 3)
        wrong = sum(not s.right for s in samples)
        said = tr_count(
            "epoch {epoch}, {n} of {all} wrong",
            "epoch {epoch}, {n} of {all} wrong",
            wrong,
            epoch=epoch,
            all=len(samples),
        )
        self.state.setText(said)
        self._show()

    def _show(self, sentence: str = "") -> None:
        chosen = selected(self.samples, self.choice)
        if self.samples and not chosen:
            sentence = tr("No mistake among these.")
        self.empty.setText(sentence)
        self.empty.setVisible(bool(sentence))
        self.tiles.setVisible(bool(chosen))
        self.tiles.show_tiles([t for s in chosen for t in tiles_of(s)])
