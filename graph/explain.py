"""Every number explained: its formula, the same with the user's numbers, the result, one sentence why, the source.

A kind explains what is its own (:meth:`graph.layer.Layer.explain`); here stands what holds for all of them, and what
only the network knows, such as the chain of windows that adds up to a receptive field.
"""

from __future__ import annotations

from graph.analysis import BYTES, Fact, Report
from graph.layer import Explanation, Layer
from graph.receptive import chain, sizes
from graph.tensors import Tensor
from graph.text import number, say

QUANTITIES = ("output", "weights", "macs", "memory", "receptive_field")
"""What can be asked about a node."""

FIELD_SOURCE = "Araujo, Norris and Sim, 2019"


def explain(report: Report, path: str, quantity: str) -> Explanation | None:
    """How a number of the node at *path* comes about; None where there is no such number.

    Args:
        report: what analysis found.
        path: a node, inside of blocks too.
        quantity: one of :data:`QUANTITIES`.
    """
    fact = report[path]
    if fact.error is not None or not fact.outputs:
        return None
    if quantity == "memory":
        return _memory(fact)
    if quantity == "receptive_field":
        return _field(report, path)
    layer = fact.layer
    found = layer.explain(quantity, *fact.inputs) if isinstance(layer, Layer) else None
    return found or {"output": _output, "weights": _weights, "macs": _macs}[quantity](fact)


def _output(fact: Fact) -> Explanation:
    out = str(fact.outputs[0])
    arrives = fact.inputs[0] if fact.inputs else None
    if fact.inside is not None:
        return Explanation("", out, out, say("It is what the layers inside make of what arrives."))
    if arrives is None:
        return Explanation("", out, out, say("The shape is given: nothing arrives here."))
    if isinstance(arrives, tuple) and not hasattr(arrives, "dims"):
        return Explanation(
            "", ", ".join(map(str, arrives)) + f" → {out}", out, say("It follows from all that arrives.")
        )
    if str(arrives) == out:
        return Explanation(
            "y = f(x)", f"{arrives} → {out}", out, say("Every value is treated by itself: the shape stays.")
        )
    return Explanation(
        "", f"{arrives} → {out}", out, say("The same values are arranged differently, or a part is taken.")
    )


def _weights(fact: Fact) -> Explanation | None:
    counted = [w for w in fact.weights.values() if w.parameter]
    if not counted:
        return None
    total = number(sum(w.size for w in counted))
    if fact.inside is not None:
        parts = [number(f.parameters) for f in fact.inside.facts.values() if f.parameters]
        why = say("The weights of all the layers inside.")
    else:
        parts = ["×".join(map(number, w.shape)) or "1" for w in counted]
        why = say("The sizes of its tensors, added up.")
    return Explanation("Σ", f"{' + '.join(parts)} = {total}", total, why)


def _macs(fact: Fact) -> Explanation | None:
    if not fact.macs:
        return None
    total = number(fact.macs)
    if fact.inside is not None:
        parts = [number(f.macs) for f in fact.inside.facts.values() if f.macs]
        return Explanation("Σ", f"{' + '.join(parts)} = {total}", total, say("Those of all the layers inside."))
    return Explanation("", total, total, say("Multiplications, each with an addition."))


def _memory(fact: Fact) -> Explanation | None:
    out = fact.outputs[0]
    if not isinstance(out, Tensor):
        return None
    each = BYTES[out.dtype]
    total = number(out.size * each)
    worked = f"{'×'.join(map(number, out.shape))} × {each} = {total}"
    return Explanation("C × H × W × bytes", worked, total, say("What it computes is kept for one image, in bytes."))


def _field(report: Report, path: str) -> Explanation | None:
    fact = report[path]
    if not fact.fields:
        return None
    field, image = fact.fields[0], report.inputs.get(fact.fields[0].input)
    if not field.axes:
        shown = "×".join(map(str, getattr(image, "spatial", ()))) or str(image)
        return Explanation("", shown, shown, say("Every value depends on the whole input."), FIELD_SOURCE)
    size = "×".join(map(str, sizes(fact.fields)))
    top, *inside = path.split(".")
    steps = [f"{name}: {length[0]}" for name, length, _ in chain(report, top)] if not inside else []
    worked = " → ".join(["1", *steps]) if steps else size
    why = (
        say("Each window lets a value see (k − 1) × step more pixels, and a gate beside it sees the whole image.")
        if field.whole
        else say("Each window lets a value see (k − 1) × step more pixels than what it looks at.")
    )
    return Explanation("r + (k − 1) · d · S", worked, size, why, FIELD_SOURCE)
