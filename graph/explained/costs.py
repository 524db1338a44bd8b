"""Where costs come from: multiply-adds, operations, bytes, and their shares of the whole."""

from __future__ import annotations

from graph import costs
from graph.costs import KEPT_PER_WEIGHT, Terms
from graph.explained.quantities import Asked, added, quantity
from graph.layer import Explanation
from graph.tensors import Tensor
from graph.text import memory, number, say

ROOFLINE = "Williams, Waterman and Patterson, 2009"
MIXED = "Micikevicius and others, 2018"


@quantity("macs", say("Multiply-adds"))
def macs(asked: Asked) -> Explanation | None:
    """Multiplications with an addition each, for one image."""
    fact = asked.fact
    if not fact.macs:
        return None
    total = number(fact.macs)
    known = asked.layer is not None and all(x is not None for x in fact.inputs)
    found = asked.layer.explain("macs", *fact.inputs) if asked.layer is not None and known else None
    if found is not None:
        return found
    if fact.inside is None:
        return Explanation("", total, total, say("Multiplications, each with an addition."))
    inference = fact.inside.inference if not asked.path else set(fact.inside.facts)
    worked, parts = added({n: inner.fact.macs for n, inner in asked.children() if n in inference})
    return Explanation("Σ", worked, total, say("Those of all the layers inside, for one image."), parts=parts)


@quantity("flops", say("Operations (FLOPs)"))
def flops(asked: Asked) -> Explanation | None:
    """Floating-point operations, for one image."""
    if not asked.fact.macs:
        return None
    total = number(2 * asked.fact.macs)
    why = say("A multiply-add is two operations: a multiplication and an addition.")
    return Explanation("2 × multiply-adds", f"2 × {number(asked.fact.macs)} = {total}", total, why)


@quantity("memory", say("Activations"))
def activations(asked: Asked) -> Explanation | None:
    """Bytes of what it computes."""
    fact, terms = asked.fact, asked.terms
    total = costs.activations(fact, terms) if asked.path else costs.total(asked.report, terms).activations
    if not total:
        return None
    shown = memory(total)
    if fact.inside is not None:
        needed = asked.report.inference if not asked.path else set(fact.inside.facts)
        amounts = {n: costs.activations(inner.fact, terms) for n, inner in asked.children() if n in needed}
        worked, parts = added(amounts)
        why = say("What all the layers inside compute is kept, in bytes.")
        return Explanation("Σ", _in_bytes(worked, total), shown, why, parts=parts)
    worked = " + ".join(_product(o, terms) for o in fact.outputs)
    why = say("What it computes is kept: so many values, so many bytes each.")
    factors = "N × C × H × W × bytes" if terms.batch > 1 else "C × H × W × bytes"
    formula = factors if isinstance(fact.outputs[0], Tensor) and len(fact.outputs[0].spatial) == 2 else "values × bytes"
    return Explanation(formula, _in_bytes(f"{worked} = {number(total)}", total), shown, why)


def _product(flow: object, terms: Terms) -> str:
    each = terms.bytes(getattr(flow, "dtype", "int64"))
    shape = getattr(flow, "shape", ()) or (getattr(flow, "size", 1),)
    many = f"{number(terms.batch)} × " if terms.batch > 1 else ""
    return f"{many}{'×'.join(map(number, shape))} × {each}"


def _in_bytes(worked: str, total: int) -> str:
    """A sum of bytes, and the same in a larger unit where there is one."""
    return f"{worked} B = {memory(total)}" if total >= 1024 else f"{worked} B"


@quantity("weights_memory", say("Weights, in bytes"))
def weights_memory(asked: Asked) -> Explanation | None:
    """Bytes of its weights in inference."""
    values = asked.fact.weights.values()
    n, total = sum(w.size for w in values), costs.weights_bytes(asked.fact.weights, asked.terms)
    if not n:
        return None
    each = asked.terms.bytes("float32")
    plain = total == n * each
    worked = f"{number(n)} × {each} = {number(total)}" if plain else number(total)
    why = say("Every weight is a number of so many bytes; statistics of a normalization are kept with them.")
    return Explanation("weights × bytes", _in_bytes(worked, total), memory(total), why)


@quantity("training_memory", say("Training, in bytes"))
def training_memory(asked: Asked) -> Explanation | None:
    """Bytes that training with Adam keeps."""
    fact, terms = asked.fact, asked.terms
    held = costs.memory_of(fact, terms) if asked.path else costs.total(asked.report, terms)
    if not held.training:
        return None
    weights = costs.weights_bytes(fact.weights)
    kept = held.training - weights - KEPT_PER_WEIGHT * fact.trainable
    parts = f"{number(weights)} + {KEPT_PER_WEIGHT} × {number(fact.trainable)} + {number(kept)}"
    worked = _in_bytes(f"{parts} = {number(held.training)}", held.training)
    why = say(
        "The weights, for each that learns its gradient and two moments of Adam (4 bytes each), and the activations, "
        "which the way back needs."
    )
    source = MIXED if terms.precision != "float32" else "Kingma and Ba, 2015"
    return Explanation("weights + 12 × learning + activations", worked, memory(held.training), why, source)


@quantity("intensity", say("Arithmetic intensity"))
def intensity(asked: Asked) -> Explanation | None:
    """Multiply-adds per byte that is moved."""
    fact, terms = asked.fact, asked.terms
    if not fact.macs:
        return None
    weights = costs.weights_bytes(fact.weights, terms)
    moved = costs.touched(fact, terms) if asked.path else weights + costs.total(asked.report, terms).activations
    per = fact.macs * terms.batch / max(moved, 1)
    many = f"{number(terms.batch)} × " if terms.batch > 1 else ""
    worked = f"{many}{number(fact.macs)} / ({number(weights)} + {number(moved - weights)}) ≈ {per:.1f}"
    why = say("Multiply-adds per byte of weights and values that are moved: where it is low, memory is the limit.")
    return Explanation("multiply-adds / bytes", worked, f"{per:.1f}", why, ROOFLINE)


@quantity("share_weights", say("Share of the weights"))
def share_weights(asked: Asked) -> Explanation | None:
    """Which part of the network's parameters it has."""
    return _share(asked, asked.fact.parameters, asked.report.parameters)


@quantity("share_macs", say("Share of the multiply-adds"))
def share_macs(asked: Asked) -> Explanation | None:
    """Which part of the network's multiply-adds it does."""
    return _share(asked, asked.fact.macs, asked.report.macs)


@quantity("share_memory", say("Share of the activations"))
def share_memory(asked: Asked) -> Explanation | None:
    """Which part of the network's activations it keeps."""
    own = costs.activations(asked.fact, asked.terms)
    return _share(asked, own, costs.total(asked.report, asked.terms).activations)


def _share(asked: Asked, own: int, total: int) -> Explanation | None:
    if not asked.path or not own or own > total:
        return None
    shown = percent(own / total)
    worked = f"{number(own)} / {number(total)} {shown if shown.startswith('<') else f'≈ {shown}'}"
    return Explanation("own / all", worked, shown, say("Its part of what the whole network has."))


def percent(share: float) -> str:
    """A share as people write it: ``46.5 %``, ``100 %``, ``< 0.1 %``."""
    if 0 < share < 0.0005:
        return "< 0.1\u00a0%"
    text = f"{100 * share:.1f}".removesuffix(".0")
    return f"{text}\u00a0%"
