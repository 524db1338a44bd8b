"""What a node does, in numbers, each of which can be asked how it comes about.

The numbers and their sums are those of :mod:`graph.explain`; here they are put into lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QWidget

from graph import costs
from graph.analysis import Report
from graph.costs import ONE, Terms, arriving
from graph.explain import explain, title
from graph.report import Fact, ReceptiveField, field_of
from graph.text import number, tr, tr_count
from gui.canvas.faces import words
from gui.numbers import memory, of_signals, pixels, short
from gui.parts import Elided, column, divider, label, row, within


@dataclass(frozen=True)
class Line:
    """A quantity: its name, its value, the sum under it, and the name under which it is explained (or none)."""

    title: str
    value: str
    worked: str = ""
    quantity: str = ""


class Number(QLabel):
    """A number that says how it comes about when it is clicked, or when one presses Enter on it."""

    asked = Signal()

    def __init__(self, text: str, role: str = "strong") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tr("How this number comes about"))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.asked.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            font = self.font()
            font.setUnderline(event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn) or self.hasFocus())
            self.setFont(font)
        return super().event(event)

    def place(self) -> QRect:
        """Where it stands on the screen."""
        return QRect(self.mapToGlobal(self.rect().topLeft()), self.size())


class Lines(QWidget):
    """Lines one below the other: name left, value right, the sum under it."""

    asked = Signal(str, QRect)
    """Somebody wants to know how the number of this name comes about, which stands there on the screen."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        rows = column(space=0)
        for line in lines:
            rows.addWidget(divider())
            rows.addWidget(self._row(line))
        within(self, rows)

    def _row(self, line: Line) -> QWidget:
        value: QLabel
        if line.quantity:
            value = Number(line.value)
            value.setObjectName(f"ask-{line.quantity}")
            value.setAccessibleName(f"{line.title}: {line.value}")
            value.asked.connect(lambda: self.asked.emit(line.quantity, value.place()))
        else:
            value = label(line.value, "strong", selectable=True)
        name = Elided(line.title, "label")
        head = row(name, value, space=8)
        head.setStretchFactor(name, 1)
        inside = column(head, space=2, margin=(0, 8, 0, 8))
        if line.worked:
            worked = label(line.worked, "sum", wrap=True, selectable=True)
            worked.setAlignment(Qt.AlignmentFlag.AlignRight)
            inside.addWidget(worked)
        return within(QWidget(), inside)


def lines_of_node(report: Report, path: str) -> list[Line]:
    """What is known of a node, in the order in which it is read."""
    fact, lines = report[path], []
    taken = [words(x) for x in arriving(fact)]
    if taken:
        lines.append(Line(tr("Input") if len(taken) == 1 else tr("Inputs"), taken[0], "\n".join(taken[1:])))
    if fact.error is not None or (not fact.outputs and not taken):
        return lines
    lines += _lines_of_outputs(report, path, fact)
    if fact.leaving and (field := explain(report, path, "receptive_field")) is not None:
        lines.append(_line(report, path, "receptive_field", field.result))
    if fact.parameters:
        lines.append(_line(report, path, "weights", number(fact.parameters)))
        if fact.trainable != fact.parameters:
            lines.append(_line(report, path, "trainable", number(fact.trainable)))
    if fact.macs:
        lines.append(_line(report, path, "macs", amount(fact.macs)))
    if kept := costs.activations(fact):
        found = _line(report, path, "memory", memory(kept))
        held = costs.weights_bytes(fact.weights)
        worked = found.worked.partition(" = ")[0] if found.worked else ""
        worked = tr("{sum} bytes", sum=worked) if worked else ""
        if held:
            worked = tr("{sum}; weights {size}", sum=worked, size=memory(held)) if worked else ""
        each = tr("Memory per signal") if of_signals(report) else tr("Memory per image")
        lines.append(Line(each, found.value, worked, found.quantity))
    return lines


def _lines_of_outputs(report: Report, path: str, fact: Fact) -> list[Line]:
    """What leaves; of several outputs each by its name, and what it sees where they differ."""
    if len(fact.outputs) == 1:
        return [_line(report, path, "output", words(fact.output))]
    around, _, name = path.rpartition(".")
    level = report[around].inside if around else report
    assert level is not None
    ports = level.network.outputs(level.network.nodes[name])
    lines = [
        Line(tr("Output {name}", name=port.name), words(out), seen_by(field_of(fact.leaving.get(port.name, ()))))
        for port, out in zip(ports, fact.outputs, strict=False)
    ]
    if not lines:
        return lines
    first = _line(report, path, "output", lines[0].value)  # the one that is explained
    return [replace(first, title=lines[0].title, worked=lines[0].worked or first.worked), *lines[1:]]


def seen_by(field: ReceptiveField | None) -> str:
    """What a value of a map sees, in a few words; empty where nothing is known."""
    if field is None:
        return ""
    if not field.size:
        return tr("sees everything")
    return tr("sees {size} px, step {step} px", size=pixels(field.size), step=pixels(field.stride[-1:]))


def _line(report: Report, path: str, quantity: str, value: str, terms: Terms = ONE, *, plain: bool = False) -> Line:
    """A number with its sum, if it can be explained; a block's long sums stand in the explanation only."""
    found = explain(report, path, quantity, terms)
    if found is None:
        return Line(str(title(quantity)), value)
    long = plain or not path or report[path].inside is not None or found.worked == value
    return Line(str(title(quantity)), value, "" if long else found.worked, quantity)


def amount(n: int) -> str:
    """A count as it is shown: exact while there is room."""
    return number(n) if n < 100_000_000 else short(n)


def lines_of_network(report: Report) -> list[Line]:
    """What is known of a whole network."""
    lines = [Line(tr("Input"), words(flow)) for flow in report.inputs.values()]
    lines += [Line(tr("Output"), words(flow)) for flow in report.outputs.values()]
    if report.parameters:
        learning = "" if report.trainable == report.parameters else tr("{n} learn", n=report.trainable)
        lines.append(Line(tr("Parameters"), number(report.parameters), learning, "weights"))
    each = tr("for one signal") if of_signals(report) else tr("for one image")
    if report.macs:
        lines.append(Line(str(title("macs")), amount(report.macs), each, "macs"))
    held = report.bytes()
    if held["activations"]:
        lines.append(Line(str(title("memory")), memory(held["activations"]), each, "memory"))
    if held["weights"]:
        lines.append(Line(tr("Weights"), memory(held["weights"]), "", "weights_memory"))
        worked = tr("weights, gradients, two moments of Adam")
        lines.append(Line(tr("Training"), memory(held["training"]), worked, "training_memory"))
    for quantity in ("receptive_field", "stride", "depth"):
        if (found := explain(report, "", quantity)) is not None:
            lines.append(Line(str(title(quantity)), found.result, "", quantity))
    return lines


def lines_of_costs(report: Report, path: str, terms: Terms) -> list[Line]:
    """What a node (or all of the network) costs at a batch and a precision."""
    asked = ("memory", "weights_memory", "training_memory", "flops", "intensity")
    shares = ("share_weights", "share_macs", "share_memory")
    found = []
    for quantity in (*asked, *shares):
        answer = explain(report, path, quantity, terms)
        if answer is not None:
            found.append(Line(str(title(quantity)), answer.result, "", quantity))
    return found


def total_line(facts: list[Fact]) -> list[Line]:
    """What several nodes weigh together."""
    lines = [Line(tr("Nodes"), tr_count("{n} node", "{n} nodes", len(facts)))]
    if weights := sum(f.parameters for f in facts):
        lines.append(Line(tr("Weights"), number(weights)))
    if macs := sum(f.macs for f in facts):
        lines.append(Line(str(title("macs")), amount(macs)))
    return lines
