"""Folded groups of facts below the numbers: costs on one's own terms, weights by name, place, sizes of images.

Each is built when it is opened; which are open is remembered by the inspector while one walks from node to node.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from graph import sizes
from graph.analysis import Report
from graph.costs import ONE, PRECISIONS, Terms
from graph.layer import Weight
from graph.place import dead_ends, followers, longest_path, sources
from graph.tensors import Tensor
from graph.text import number, say, tr, tr_count
from graph.values import Spec
from gui import explanation
from gui.editors import editor
from gui.explanation import Line, Lines
from gui.fold import Fold
from gui.parts import Elided, button, column, label, row, within

MOST = 60
"""So many weights are listed; a block may have hundreds."""
WORDS = {"float32": say("32 bits"), "bfloat16": say("16 bits (bfloat16)"), "float16": say("16 bits (float16)")}


class Costs(QWidget):
    """What a node or the network costs at a batch and in a precision that one chooses."""

    asked = Signal(str, QRect)
    chosen = Signal(object)
    """Other :class:`~graph.costs.Terms`."""

    def __init__(self, report: Report, path: str, terms: Terms) -> None:
        super().__init__()
        self._report, self._path, self.terms = report, path, terms
        spec = Spec("batch", "int", 1, low=1, high=1_000_000)
        self.batch = editor(spec, spec.check)
        self.batch.setObjectName("batch")
        self.batch.setAccessibleName(tr("Images at once"))
        self.batch.setFixedWidth(72)
        self.batch.show_value(terms.batch)
        self.batch.edited.connect(lambda n: self._choose(Terms(n, self.terms.precision)))
        self.precision = QComboBox()
        self.precision.setObjectName("precision")
        self.precision.setAccessibleName(tr("Precision"))
        for name in PRECISIONS:
            self.precision.addItem(str(WORDS[name]), name)
        self.precision.setCurrentIndex(PRECISIONS.index(terms.precision))
        self.precision.activated.connect(lambda i: self._choose(Terms(self.terms.batch, PRECISIONS[i])))
        control = row(label(tr("Batch"), "label"), self.batch, self.precision, space=8)
        control.setStretchFactor(self.precision, 1)
        self._lines = column(space=0)
        within(self, column(control, 8, self._lines, space=0, margin=(0, 4, 0, 8)))
        self._show()

    def _choose(self, terms: Terms) -> None:
        self.terms = terms
        self._show()
        self.chosen.emit(terms)

    def _show(self) -> None:
        lines = Lines(explanation.lines_of_costs(self._report, self._path, self.terms))
        lines.asked.connect(self.asked)
        while (item := self._lines.takeAt(0)) is not None:
            item.widget().deleteLater()
        self._lines.addWidget(lines)


def weights_table(report: Report, path: str) -> QWidget:
    """The tensors of the saved weights by their names: shape, and how many numbers."""
    weights = report[path].weights
    grid = QGridLayout()
    grid.setContentsMargins(0, 4, 0, 10)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for i, (key, weight) in enumerate(list(weights.items())[:MOST]):
        _weight_row(grid, i, f"{path}.{key}" if key else path, weight)
    if len(weights) > MOST:
        more = tr_count("and {n} more", "and {n} more", len(weights) - MOST)
        grid.addWidget(label(more, "hint"), MOST, 0)
    return within(QWidget(), grid)


def _weight_row(grid: QGridLayout, i: int, key: str, weight: Weight) -> None:
    right = Qt.AlignmentFlag.AlignRight
    name = Elided(key, "label", Qt.TextElideMode.ElideLeft)
    shape = label(" × ".join(map(number, weight.shape)) or "1", "label", selectable=True)
    grid.addWidget(name, i, 0)
    grid.addWidget(shape, i, 1, right)
    grid.addWidget(label(number(weight.size), "sum"), i, 2, right)
    if not weight.parameter:
        for part in (name, shape):
            part.setToolTip(tr("{key}: a statistic that is kept with the weights and does not learn", key=key))
            part.setEnabled(False)


class Place(QWidget):
    """What the node gets its values from, what gets values from it, how deep it lies."""

    chosen = Signal(object)
    """Names of nodes that somebody wants to see selected."""

    def __init__(self, report: Report, name: str) -> None:
        super().__init__()
        network = report.network
        rows = column(space=4, margin=(0, 4, 0, 10))
        found = (
            (tr("Sees"), sources(network, name), "sees"),
            (tr("Is seen by"), followers(network, name), "seen"),
            (tr("Longest path to it"), longest_path(network, name), "longest"),
        )
        for title, names, what in found:
            rows.addWidget(self._row(title, names, what))
        if name in dead_ends(report):
            rows.addWidget(label(tr("A dead end: no output and no loss needs what it computes."), "warn", wrap=True))
        within(self, rows)

    def _row(self, title: str, names: tuple[str, ...], what: str) -> QWidget:
        text = tr_count("{n} node", "{n} nodes", len(names))
        show = button(text, role="link", do=lambda: self.chosen.emit(names), tip=", ".join(names[:40]))
        show.setObjectName(f"place-{what}")
        show.setEnabled(bool(names))
        return within(QWidget(), row(label(title, "label"), None, show))


class TrySize(QWidget):
    """Another size of images: what it changes, before one changes anything."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report
        self._now = next(f.spatial[0] for f in report.inputs.values() if isinstance(f, Tensor) and f.spatial)
        spec = Spec("size", "int", self._now, low=1, high=100_000)
        self.size = editor(spec, spec.check)
        self.size.setObjectName("try-size")
        self.size.setAccessibleName(tr("Another size of images"))
        self.size.setFixedWidth(88)
        self.size.show_value(self._now)
        self.size.edited.connect(self.show_size)
        self._found = column(space=4)
        top = row(label(tr("Height of the images"), "label"), None, self.size, label(tr("px"), "label"))
        within(self, column(top, self._found, space=8, margin=(0, 4, 0, 10)))
        self.show_size(self._now)

    def show_size(self, size: int) -> None:
        """Say what images of that height (their width changed by as much) would change."""
        while (item := self._found.takeAt(0)) is not None:
            item.widget().deleteLater()
        change = sizes.changes(self._report, size - self._now)
        if size == self._now:
            self._found.addWidget(label(tr("Type another height to see which layers it changes."), "hint", wrap=True))
            return
        if change.refused:
            reason = change.report[change.refused[0]].error
            self._found.addWidget(label(f"{change.refused[0]}: {reason}", "error", wrap=True))
            return
        lines = [Line(tr("Output"), str(flow)) for flow in change.report.outputs.values()]
        lines += [Line(tr("Multiply-adds"), explanation.amount(change.report.macs))]
        lines += [Line(tr("Activations"), explanation.memory(change.report.bytes()["activations"]))]
        self._found.addWidget(Lines(lines))
        self._found.addWidget(_told(change))


def _told(change: sizes.Change) -> QWidget:
    """Which layers change, and whether the weights that there are still fit."""
    if change.weights:
        names = ", ".join(change.weights[:3])
        text = tr("Its weights no longer fit: {names} would need others.", names=names)
        return label(text, "warn", wrap=True)
    if not change.shapes:
        return label(tr("No layer gives another shape."), "label", wrap=True)
    n = len(change.shapes)
    last = change.shapes[-1]
    text = tr_count(
        "{n} layer gives another shape, the last {last}.",
        "{n} layers give another shape, the last {last}.",
        n,
        last=last,
    )
    return label(tr("{changed} All weights still fit.", changed=text), "label", wrap=True)


class Groups(QObject):
    """Makes the groups of a subject; remembers which are open, and on what terms costs are asked."""

    asked = Signal(str, QRect)
    """Somebody wants to know how the number of this name comes about, which stands there on the screen."""
    chosen = Signal(object)
    """Names of nodes that somebody wants to see selected."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.terms = ONE
        self._open: set[str] = set()

    def made(self, whole: Report, path: str, report: Report, name: str) -> list[QWidget]:
        """The groups of the node (or block) at *path* of the *whole* network, which is *name* in *report*.

        Both empty: those of the network.
        """
        found = []
        if whole[path].outputs if path else report.facts:
            found.append(self._fold("costs", tr("Costs"), lambda: self._costs(whole, path)))
        if path and whole[path].weights:
            found.append(self._fold("weights", tr("Weights by name"), lambda: weights_table(whole, path)))
        if name:
            found.append(self._fold("place", tr("Place in the network"), lambda: self._place(report, name)))
        elif not path and takes_images(report):
            found.append(self._fold("size", tr("Another size of images"), lambda: TrySize(report)))
        return found

    def _fold(self, name: str, title: str, make: Callable[[], QWidget]) -> QWidget:
        """A heading; what stands under it is made when it is opened."""
        inside = column(space=0, margin=(4, 0, 0, 0))
        fold = Fold(title, within(QWidget(), inside), opened=name in self._open)
        fold.setObjectName(f"fold-{name}")

        def turn(on: bool) -> None:
            (self._open.add if on else self._open.discard)(name)
            if on and not inside.count():
                inside.addWidget(make())

        fold.toggled.connect(turn)
        if name in self._open:
            turn(True)
        return within(QWidget(), column(fold, space=0, margin=(12, 4, 16, 4)))

    def _costs(self, report: Report, path: str) -> Costs:
        made = Costs(report, path, self.terms)
        made.asked.connect(self.asked)
        made.chosen.connect(lambda terms: setattr(self, "terms", terms))
        return made

    def _place(self, report: Report, name: str) -> Place:
        made = Place(report, name)
        made.chosen.connect(self.chosen)
        return made


def takes_images(report: Report) -> bool:
    """Whether there is an image whose size one could change."""
    return any(isinstance(f, Tensor) and f.spatial for f in report.inputs.values())
