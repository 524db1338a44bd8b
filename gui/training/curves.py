"""The four live plots of the Train room, fed from the courses of the runs that are ticked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from graph.errors import CanevasError
from graph.text import tr
from gui import parts, theme
from gui.editors import read_number
from gui.plots.plot import Line, Plot, Plots, Style
from gui.plots.ticks import percent, percent_ticks, three, ticks, written
from gui.runs import JUDGES, Course
from gui.training.drawn import Drawn
from gui.training.words import epoch_place, smoothing, step_place
from runtime.recipe import Recipe

TERM = "train.losses."
"""What begins the names of the terms of the loss among a course's curves."""
SMOOTH = 60
"""Where the slider stands at first."""

EXPECTED = {"detection": "map50", "segmentation": "miou", "regression": "r2"}
"""What a run of a task will be judged by; by accuracy otherwise."""


SHARES, PLAIN = Style(percent, percent_ticks, 0.0, 1.0), Style(lambda v: f"{v:.3f}", floor=0.0, ceiling=1.0)
"""How the measure of a task is written: in percent, but R² as a number."""


class Legend(QWidget):
    """Which color is which run; validation is drawn thick, training thin."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[str, str]] = []
        self.terms: list[tuple[str, str]] = []
        self.setMinimumWidth(120)
        self.setFixedHeight(28)

    def show_entries(self, entries: list[tuple[str, str]], terms: Sequence[tuple[str, str]] = ()) -> None:
        """Pairs of a name and a color: of the runs, and of the *terms* of the loss where they are drawn."""
        self.entries, self.terms = entries, list(terms)
        self.setToolTip("\n".join(name for name, _ in (*entries, *terms)))
        self.update()

    @property
    def words(self) -> list[tuple[str, str, float, float]]:
        """What is written: a word, and color, width and opacity of the line before it."""
        several, found = len(self.entries) > 1, []
        metrics = QFontMetrics(theme.font(theme.AXIS))
        for name, color in self.entries:
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 160)
            first = tr("{run}, validation", run=short) if several else tr("validation")
            found += [(first, color, 2.0, 1.0), (tr("train"), color, 1.25, 0.65)]
        return found + [(name, color, 1.25, 0.9) for name, color in self.terms]

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.theme(), QPainter(self)
        painter.setFont(theme.font(theme.AXIS))
        metrics = painter.fontMetrics()
        for (text, color, width, alpha), (x, middle) in zip(self.words, self.places(), strict=False):
            faded = QColor(t.color(color))
            faded.setAlphaF(alpha)
            painter.setPen(QPen(faded, width))
            painter.drawLine(x, middle, x + 14, middle)
            painter.setPen(t.color("t2"))
            painter.drawText(x + 20, middle + metrics.ascent() // 2 - 1, text)

    def places(self) -> list[tuple[int, int]]:
        """Where each word begins, and the middle of its line: in a second line where one is too short; no third."""
        metrics, placed, x, line = QFontMetrics(theme.font(theme.AXIS)), list[tuple[int, int]](), 0, 0
        for text, *_ in self.words:
            needed = 20 + metrics.horizontalAdvance(text)
            if x and x + needed > self.width():
                x, line = 0, line + 1
            placed.append((x, line))
            x += needed + 16
        high = self.height() // 2
        return [(x, high if not line else high // 2 + at * high) for x, at in placed if at < 2]


class RateField(QWidget):
    """A pencil that opens a field, in which the learning rate of the run that trains is typed; Enter sends it."""

    wanted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._spec = next(s for s in Recipe.specs if s.name == "learning_rate")
        self.open = parts.tool("pencil", tr("Set the learning rate of this run"), self._open, name="set-rate", size=14)
        self.open.setFixedSize(22, 22)
        self.box = QLineEdit()
        self.box.setObjectName("rate")
        self.box.setAccessibleName(tr("Learning rate"))
        self.box.setFixedSize(84, 24)
        self.box.hide()
        self.box.textEdited.connect(lambda text: parts.flag(self.box, "invalid", self._read(text) is None))
        self.box.returnPressed.connect(self._send)
        self.box.editingFinished.connect(self._close)
        parts.within(self, parts.row(self.box, self.open, space=4))
        self.setFixedHeight(24)
        self.hide()

    def _read(self, text: str) -> float | None:
        try:
            value: float = self._spec.check(read_number(text, whole=False))
        except CanevasError as error:
            self.box.setToolTip(str(error))
            return None
        self.box.setToolTip("")
        return value

    def _open(self) -> None:
        self.open.hide()
        self.box.clear()
        parts.flag(self.box, "invalid", False)
        self.box.show()
        self.box.setFocus()

    def _send(self) -> None:
        if (value := self._read(self.box.text())) is not None:
            self.wanted.emit(value)

    def _close(self) -> None:
        self.box.hide()
        self.open.show()


class Curves(QWidget):
    """Loss, accuracy, learning rate and images per second of the runs that are drawn."""

    smoothed = Signal(float)
    rate_wanted = Signal(float)
    """Somebody typed a learning rate for the run that trains."""

    def __init__(self) -> None:
        super().__init__()
        count = {"floor": 0.0}
        self.loss = Plot(tr("Loss"), Style(three, floor=0.0), can_log=True)
        self.accuracy = Plot(tr("Accuracy"), SHARES)
        self.rate = Plot(tr("Learning rate"), Style(lambda v: f"{v:.3g}", _rate_ticks, **count))
        self.speed = Plot(tr("Images per second"), Style(three, **count))
        self.loss.empty.setText(tr("Curves appear here as soon as the network is trained."))
        self.drawn: tuple[Drawn, ...] = ()
        self.epochs = 10
        """How far the axis goes while nothing is drawn."""
        self.task = ""
        """What is learned, as long as no run says what it is judged by."""
        self.plots = Plots((self.loss, self.accuracy, self.rate, self.speed), self._place)
        self.plots.drawing.connect(self._settle)
        self.legend = Legend()
        self.rate_field = RateField()
        self.rate_field.wanted.connect(self.rate_wanted)
        self.rate.head.addWidget(self.rate_field)
        self._build()

    def _build(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setFixedWidth(96)
        self.slider.setObjectName("smoothing")
        self.slider.setAccessibleName(tr("Smoothing"))
        self.slider.valueChanged.connect(self._smooth)
        self.amount = parts.label(role="label")
        self.amount.setFixedWidth(36)
        self.axis = QComboBox()
        self.axis.setObjectName("axis")
        self.axis.addItem(tr("Epochs"), "epochs")
        self.axis.addItem(tr("Steps"), "steps")
        self.axis.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.axis.currentIndexChanged.connect(lambda _: self.show_runs(self.drawn))
        bar = parts.row(
            self.legend,
            parts.label(tr("Smoothing"), "label"),
            self.slider,
            self.amount,
            parts.label(tr("Axis"), "label"),
            self.axis,
            space=10,
        )
        bar.setStretch(0, 1)
        grid = QGridLayout()
        grid.setSpacing(16)
        for i, plot in enumerate(self.plots.plots):
            grid.addWidget(plot, i // 2, i % 2)
        grid.setRowStretch(0, 5)
        grid.setRowStretch(1, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addLayout(grid, 1)
        self.slider.setValue(SMOOTH)

    def _smooth(self, position: int) -> None:
        weight = smoothing(position)
        self.amount.setText(f"{weight:.2f}")
        self.plots.set_smoothing(weight)
        self.smoothed.emit(weight)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.plots.changed(now=True)  # what was drawn before it could be seen

    @property
    def judge(self) -> str:
        """The measure that the first run is judged by, where it differs from the others'."""
        series = self.drawn[0].course.series if self.drawn else {}
        known = next((name for name in JUDGES if f"validation.{name}" in series), "")
        return known or EXPECTED.get(self.task, "accuracy")

    @property
    def _signals(self) -> bool:
        """Whether the first run learns from signals, not from images."""
        return bool(self.drawn) and self.drawn[0].course.signals

    @property
    def by_epochs(self) -> bool:
        """Whether the horizontal axis counts epochs, not steps."""
        return self.axis.currentData() == "epochs"

    def show_runs(self, drawn: Sequence[Drawn]) -> None:
        """Draw these runs, the first one on top."""
        self.drawn = tuple(drawn)
        titles = {"map50": tr("mAP@.5"), "miou": tr("Mean IoU"), "accuracy": tr("Accuracy"), "r2": "R²"}
        self.accuracy.title.setText(titles[self.judge])
        self.accuracy.style_ = PLAIN if self.judge == "r2" else SHARES
        self.speed.title.setText(tr("Signals per second") if self._signals else tr("Images per second"))
        several, terms = len(self.drawn) > 1, self._terms()
        for plot, lines in (
            (self.loss, [*self._measured("loss", several), *terms]),
            (self.accuracy, self._measured(self.judge, several)),
            (self.rate, self._rates(several)),
            (self.speed, self._speeds(several)),
        ):
            plot.set_lines(lines)
        self.legend.show_entries([(d.name, d.color) for d in self.drawn], [(line.word, line.color) for line in terms])
        self._grown(now=True)

    def grown(self) -> None:
        """The courses have more points, or the first points of a curve."""
        if self._lacking():
            self.show_runs(self.drawn)
        else:
            self._grown()

    def _grown(self, now: bool = False) -> None:
        self.plots.changed(now)

    def _settle(self) -> None:
        """Just before drawing: how far the axes go, and the last values."""
        self.plots.set_extent(0.0, self._end())
        far = max((len(d.course.series.get(f"validation.{self.judge}", ())) for d in self.drawn), default=0)
        self.accuracy.after = min((self._unit_of_epoch(d.course) for d in self.drawn), default=0.0) if far > 2 else 0.0
        self._say_values()

    def _lacking(self) -> bool:
        """Whether a course has a curve that is not drawn yet."""
        known = {id(line.series) for plot in self.plots.plots for line in plot.lines}
        return any(id(s) not in known for d in self.drawn for k, s in d.course.series.items() if _shown(k))

    def _unit(self, course: Course) -> float:
        return float(course.progress.per_epoch or 1) if self.by_epochs else 1.0

    def _unit_of_epoch(self, course: Course) -> float:
        return (course.progress.per_epoch or 1) / self._unit(course)

    def _end(self) -> float:
        ends = [d.course.progress.steps / self._unit(d.course) for d in self.drawn]
        return max(ends, default=0.0) or float(self.epochs)

    def _measured(self, quantity: str, several: bool) -> list[Line]:
        """Validation thick with a dot per epoch; training thin, and as measured paler still; below other runs."""
        lines: list[Line] = []
        for d in self.drawn:
            unit, series = self._unit(d.course), d.course.series
            if (found := series.get(f"validation.{quantity}")) is not None:
                word = _named(d, tr("validation"), several)
                lines.append(Line(found, d.color, word, 2.0, dots=d is self.drawn[0], divide=unit))
            if (found := series.get(f"train.{quantity}")) is not None:
                word = _named(d, tr("train"), several)
                lines.append(Line(found, d.color, word, 1.25, 0.65, smoothed=True, divide=unit))
                lines.append(Line(found, d.color, "", 1.0, 0.22, fits=False, noisy=True, divide=unit))
        return lines

    def _terms(self) -> list[Line]:
        """The terms of the loss, where it has several and only one run is drawn: thin, each in a color of its own."""
        if len(self.drawn) != 1:
            return []
        course = self.drawn[0].course
        names = [key for key in course.series if key.startswith(TERM)]
        found = []
        for i, key in enumerate(names):
            word = key.removeprefix(TERM).removeprefix("loss.")
            color, unit = theme.theme().run(i + 1).name(), self._unit(course)
            found.append(Line(course.series[key], color, word, 1.25, 0.9, smoothed=True, divide=unit))
        return found

    def _rates(self, several: bool) -> list[Line]:
        lines: list[Line] = []
        for d in self.drawn:
            unit = self._unit(d.course)
            if (found := d.course.series.get("learning_rate")) is not None:
                lines.append(Line(found, d.color, _named(d, tr("rate"), several), 1.5, divide=unit))
            if d.rest is not None:
                lines.append(Line(d.rest, d.color, "", 1.25, 0.65, dotted=True, divide=unit))
        return lines

    def _speeds(self, several: bool) -> list[Line]:
        word = tr("signals/s") if self._signals else tr("images/s")
        return [
            Line(found, d.color, _named(d, word, several), 1.25, noisy=True, divide=self._unit(d.course))
            for d in self.drawn
            if (found := d.course.series.get("speed")) is not None
        ]

    def allow_rate(self, on: bool) -> None:
        """Whether the learning rate can be set: while a worker would hear it."""
        self.rate_field.setVisible(on)

    def _say_values(self) -> None:
        last = self.drawn[0].course.last if self.drawn else {}
        for plot, key in ((self.loss, "loss"), (self.accuracy, self.judge)):
            part = next((p for p in ("validation", "train") if f"{p}.{key}" in last), "")
            plot.show_value(tr(part) if part else "", plot.style_.write(last[f"{part}.{key}"]) if part else "")
        self.rate.show_value("", f"{last['learning_rate']:.3g}" if "learning_rate" in last else "")
        self.speed.show_value("", three(last["speed"]) if "speed" in last else "")

    def _place(self, position: float) -> str:
        return epoch_place(position) if self.by_epochs else step_place(position)


def _shown(key: str) -> bool:
    return key in ("learning_rate", "speed") or key.split(".", 1)[-1] in ("loss", *JUDGES) or key.startswith(TERM)


def _named(drawn: Drawn, word: str, several: bool) -> str:
    return tr("{run} {word}", run=drawn.name, word=word) if several else word


def _rate_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    return [(at, written(at)) for at, _ in ticks(low, high, count)]
