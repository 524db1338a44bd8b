"""What a node does, in numbers: shapes, weights, multiply-adds, memory, each with its sum written out.

The sentences come from the kind itself (``layer.explain``) and from analysis; here they are put into lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from graph.analysis import BYTES, Fact, Report
from graph.layer import Explanation, Layer
from graph.tensors import Tensor
from graph.text import number, tr, tr_count
from gui.numbers import memory, short
from gui.parts import Elided, column, divider, label, row, within


@dataclass(frozen=True)
class Line:
    """A quantity: its name, its value, the sum under it, and why, as a tooltip."""

    title: str
    value: str
    worked: str = ""
    why: str = ""


def lines_of_node(fact: Fact) -> list[Line]:
    """What is known of a node, in the order in which it is read."""
    lines = []
    arriving = [text for x in fact.inputs for text in _arriving(x)]
    if arriving:
        title = tr("Input") if len(arriving) == 1 else tr("Inputs")
        lines.append(Line(title, arriving[0], "\n".join(arriving[1:])))
    if fact.error is not None or (not fact.outputs and not arriving):
        return lines
    for output in fact.outputs:
        lines.append(_explained(fact, "output", tr("Output"), str(output)))
    if fact.parameters:
        lines.append(_weights(fact))
    if fact.macs:
        lines.append(_explained(fact, "macs", tr("Multiply-adds"), _amount(fact.macs)))
    if fact.outputs and isinstance(fact.outputs[0], Tensor):
        lines.append(_memory(fact))
    return lines


def _arriving(x: Any) -> list[str]:
    if x is None:
        return []
    if isinstance(x, tuple) and not hasattr(x, "dims"):
        return [str(part) for part in x if part is not None]
    return [str(x)]


def _amount(n: int) -> str:
    return number(n) if n < 100_000_000 else short(n)


def _explained(fact: Fact, quantity: str, title: str, value: str) -> Line:
    found = _explanation(fact, quantity)
    if found is None:
        return Line(title, value)
    tip = "\n".join(part for part in (found.formula, str(found.why), found.source) if part)
    return Line(title, value, found.worked, tip)


def _explanation(fact: Fact, quantity: str) -> Explanation | None:
    if not isinstance(fact.layer, Layer) or any(x is None for x in fact.inputs):
        return None
    return fact.layer.explain(quantity, *fact.inputs)


def _weights(fact: Fact) -> Line:
    line = _explained(fact, "weights", tr("Weights"), number(fact.parameters))
    if line.worked or fact.inside is not None:
        return line
    parts = " + ".join(number(w.size) for w in fact.weights.values() if w.parameter)
    return Line(line.title, line.value, parts, line.why)


def _memory(fact: Fact) -> Line:
    out = fact.outputs[0]
    each = BYTES[getattr(out, "dtype", "float32")]
    shape = "×".join(number(n) for n in getattr(out, "shape", ())) or number(out.size)
    worked = tr("{shape} × {n} bytes", shape=shape, n=each)
    if fact.weights:
        held = sum(w.size * BYTES[w.dtype] for w in fact.weights.values())
        worked = tr("{sum}; weights {size}", sum=worked, size=memory(held))
    return Line(tr("Memory per image"), memory(out.size * each), worked)


def lines_of_network(report: Report) -> list[Line]:
    """What is known of a whole network."""
    lines = [Line(tr("Input"), str(flow)) for flow in report.inputs.values()]
    lines += [Line(tr("Output"), str(flow)) for flow in report.outputs.values()]
    if report.parameters:
        learning = "" if report.trainable == report.parameters else tr("{n} learn", n=report.trainable)
        lines.append(Line(tr("Parameters"), number(report.parameters), learning))
    if report.macs:
        lines.append(Line(tr("Multiply-adds"), _amount(report.macs), tr("for one image")))
    held = report.bytes()
    if held["activations"]:
        lines.append(Line(tr("Activations"), memory(held["activations"]), tr("for one image")))
    if held["weights"]:
        lines.append(Line(tr("Weights"), memory(held["weights"])))
        lines.append(Line(tr("Training"), memory(held["training"]), tr("weights, gradients, two moments of Adam")))
    return lines


def total_line(facts: list[Fact]) -> list[Line]:
    """What several nodes weigh together."""
    lines = [Line(tr("Nodes"), tr_count("{n} node", "{n} nodes", len(facts)))]
    if weights := sum(f.parameters for f in facts):
        lines.append(Line(tr("Weights"), number(weights)))
    if macs := sum(f.macs for f in facts):
        lines.append(Line(tr("Multiply-adds"), _amount(macs)))
    return lines


def table(lines: list[Line]) -> QWidget:
    """The lines one below the other: name left, value right, the sum under it."""
    rows = column(space=0)
    for line in lines:
        value = label(line.value, "strong", selectable=True)
        name = Elided(line.title, "label")
        head = row(name, value, space=8)
        head.setStretchFactor(name, 1)
        inside = column(head, space=2, margin=(0, 8, 0, 8))
        if line.worked:
            worked = label(line.worked, "sum", wrap=True, selectable=True)
            worked.setAlignment(Qt.AlignmentFlag.AlignRight)
            inside.addWidget(worked)
        made = within(QWidget(), inside)
        made.setToolTip(line.why)
        rows.addWidget(divider())
        rows.addWidget(made)
    return within(QWidget(), rows)
