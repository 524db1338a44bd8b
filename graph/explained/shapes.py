"""Where shapes and weights come from."""

from __future__ import annotations

from graph.costs import biases
from graph.explained.misprints import MISPRINTS
from graph.explained.quantities import Asked, added, quantity
from graph.layer import Explanation, Part
from graph.report import Fact
from graph.tensors import Tensor
from graph.text import Message, number, say


@quantity("output", say("Output"))
def output(asked: Asked) -> Explanation | None:
    """The shape of what leaves: as the kind explains it, else what happens to what arrives."""
    fact = asked.fact
    if not fact.outputs:
        return None
    found = asked.layer.explain("output", *fact.inputs) if asked.layer is not None and _known(fact) else None
    made = found or _shape(asked)
    note = MISPRINTS.get(asked.layer.kind) if asked.layer is not None else None
    return made._replace(note=made.note or note)


def _known(fact: Fact) -> bool:
    return all(x is not None for x in fact.inputs)


def _shape(asked: Asked) -> Explanation:
    fact, out = asked.fact, str(asked.fact.outputs[0])
    if fact.inside is not None:
        taken = ", ".join(str(x) for x in fact.inputs if x is not None)
        why = say("It is what the layers inside make of what arrives.")
        return Explanation("", f"{taken} → {out}" if taken else out, out, why, parts=_steps(asked))
    formula = asked.layer.formula if asked.layer is not None else ""
    arrives = fact.inputs[0] if fact.inputs else None
    if arrives is None:
        return Explanation("", out, out, say("The shape is given: nothing arrives here."))
    if isinstance(arrives, tuple) and not hasattr(arrives, "dims"):
        worked = ", ".join(map(str, arrives)) + f" → {out}"
        return Explanation(formula, worked, out, say("It follows from all that arrives."))
    source = asked.layer.source if asked.layer is not None else ""
    worked = f"{arrives} → {out}"
    if str(arrives) == out:
        why = say("Every value is treated by itself: the shape stays.")
        return Explanation(formula or "y = f(x)", worked, out, why, source)
    why = say("The same values are arranged differently, or a part is taken.")
    return Explanation(formula, worked, out, why, source)


def _steps(asked: Asked) -> tuple[Part, ...]:
    """The layers inside that make another shape of what arrives."""
    found: list[Part] = []
    for name, inner in asked.children():
        flow = inner.fact.output
        if isinstance(flow, Tensor) and (not found or found[-1].sum != str(flow)):
            found.append(Part(name, "", str(flow)))
    return tuple(found)


@quantity("weights", say("Weights"))
def weights(asked: Asked) -> Explanation | None:
    """How many parameters it has."""
    fact = asked.fact
    if not fact.parameters:
        return None
    found = asked.layer.explain("weights", *fact.inputs) if asked.layer is not None and _known(fact) else None
    made = found or _counted(asked)
    return made._replace(parts=made.parts or _tensors(fact), note=made.note or _of_them_biases(fact))


def _counted(asked: Asked) -> Explanation:
    fact, total = asked.fact, number(asked.fact.parameters)
    if fact.inside is not None:
        worked, parts = added({name: inner.fact.parameters for name, inner in asked.children()})
        why = say("The weights of all the layers inside.")
        return Explanation("Σ", worked, total, why, parts=parts)
    sizes = ["×".join(map(number, w.shape)) or "1" for w in fact.weights.values() if w.parameter]
    return Explanation("Σ", f"{' + '.join(sizes)} = {total}", total, say("The sizes of its tensors, added up."))


def _tensors(fact: Fact) -> tuple[Part, ...]:
    """Its parameters by their key in the saved weights."""
    if fact.inside is not None:
        return ()
    counted = [(key, w) for key, w in fact.weights.items() if w.parameter]
    return tuple(Part(key, "×".join(map(number, w.shape)) or "1", number(w.size)) for key, w in counted)


def _of_them_biases(fact: Fact) -> Message | None:
    """Books often count without them: whoever compares should see why."""
    n = biases(fact.weights.items())
    if not n or n == fact.parameters:
        return None
    return say("Of these, {n} are biases; without them there are {rest}.", n=n, rest=fact.parameters - n)


@quantity("trainable", say("Learning weights"))
def trainable(asked: Asked) -> Explanation | None:
    """How many of its parameters learn."""
    fact = asked.fact
    if not fact.parameters:
        return None
    frozen, learns = fact.parameters - fact.trainable, number(fact.trainable)
    worked = f"{number(fact.parameters)} − {number(frozen)} = {learns}"
    return Explanation("weights − frozen", worked, learns, say("Frozen weights keep their values in training."))
