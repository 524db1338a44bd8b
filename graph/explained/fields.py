"""Where receptive fields come from: the chain of windows that adds up to them, axis by axis."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from graph.arithmetic import pair
from graph.explained.quantities import Asked, joined, quantity
from graph.growth import Step, growth
from graph.layer import Explanation, Part
from graph.receptive import Fields, sizes, strides
from graph.report import Fact
from graph.sizes import depth as depth_of
from graph.sizes import total_stride
from graph.text import Message, number, say, tr

SOURCE = "Araujo, Norris and Sim, 2019"
AXES: dict[int, tuple[Message, ...]] = {
    1: (say("length"),),
    2: (say("height"), say("width")),
    3: (say("depth"), say("height"), say("width")),
}
"""What the axes of an image are called."""


@quantity("receptive_field", say("Receptive field"))
def receptive_field(asked: Asked) -> Explanation | None:
    """The pixels that one of its values depends on."""
    path = asked.path or largest(asked)
    fact = asked.report[path] if path else asked.fact
    if not path or not fact.fields:
        return None
    if fact.leaving:
        return _each(fact, lambda fields: " × ".join(map(number, sizes(fields))))
    steps, field = growth(asked.report, path), fact.fields[0]
    parts = tuple(_part(step) for step in steps)
    if not field.axes:
        image = asked.report.inputs.get(field.input)
        shown = " × ".join(map(number, getattr(image, "spatial", ()))) or str(image)
        why = say("Every value depends on the whole input.")
        return Explanation("", shown, shown, why, SOURCE, parts)
    shown = " × ".join(map(number, sizes(fact.fields)))
    why = say("Each window lets a value see (k − 1) × step more pixels than what it looks at.")
    if field.whole:
        why = say("Each window lets a value see (k − 1) × step more pixels, and a gate beside it sees the whole image.")
    return Explanation("r + (k − 1) · d · S", _sums(steps, sizes(fact.fields)), shown, why, SOURCE, parts)


def _each(fact: Fact, shown: Callable[[Fields], str]) -> Explanation:
    """A number of each output of a block, where they differ."""
    parts = tuple(Part(name, "", shown(fields) or tr("everything")) for name, fields in fact.leaving.items())
    why = say("Each output of the block sees the image in its own way: enter the block to see how each comes about.")
    return Explanation("", "", ", ".join(dict.fromkeys(part.sum for part in parts)), why, SOURCE, parts)


def largest(asked: Asked) -> str:
    """The path of the node of the network that sees most without seeing everything; empty if none does."""
    found = ((sizes(f.fields), path) for path, f in asked.report.leaves() if f.fields and f.fields[0].axes)
    return max(found, default=((), ""), key=lambda pair: pair[0])[1]


def _sums(steps: list[Step], size: tuple[int, ...]) -> str:
    """``1 + (3 − 1) + (3 − 1)·2 = 7``, for each axis that differs from the others."""
    rows = [_sum(steps, axis) + f" = {number(n)}" for axis, n in enumerate(size)]
    if len(set(rows)) == 1:
        return rows[-1]
    return "; ".join(f"{name}: {row}" for name, row in zip(_names(len(size)), rows, strict=True))


def _names(axes: int) -> tuple[Message | str, ...]:
    return AXES.get(axes) or tuple(str(i + 1) for i in range(axes))


def _sum(steps: list[Step], axis: int) -> str:
    terms = [s.term(axis) for s in steps if s.added and s.added[axis]]
    return joined(["1", *terms]).replace("+ -", "− ")


def _part(step: Step) -> Part:
    if not step.size:
        return Part(step.path, "", tr("everything"), told(step))
    same = len({step.term(a) for a in range(len(step.size))}) == 1
    term = step.term() if same else ", ".join(step.term(a) for a in range(len(step.size)))
    adds = "" if not any(step.added) else term if term.startswith("-") else f"+ {term}"
    total = number(step.size[0]) if len(set(step.size)) == 1 else pair(step.size)
    return Part(step.path, adds, total, told(step))


def told(step: Step) -> Message | None:
    """What there is to say of a step beside its numbers: that it sees all, or what arrives on other paths."""
    if not step.size:
        return say("It sees all of what arrives.")
    if step.whole:
        return say("From here on a gate has seen all of the image.")
    wrong = next((b for b in step.branches if b.disagrees), None)
    if wrong is not None:
        return say("{path} arrives with another step: its pixels do not line up.", path=wrong.path)
    branch = next(iter(step.branches), None)
    if branch is None:
        return None
    if not branch.size:
        return say("Beside it, {path} has seen all of the image.", path=branch.path)
    return say("The largest counts; {path} sees {size}.", path=branch.path, size=pair(branch.size))


@quantity("stride", say("Step"))
def stride(asked: Asked) -> Explanation | None:
    """Pixels of the image from one of its values to the next."""
    if not asked.path:
        return _total_stride(asked)
    fact = asked.fact
    if not fact.fields or not fact.fields[0].axes:
        return None
    if fact.leaving:
        return _each(fact, lambda fields: " × ".join(map(str, dict.fromkeys(strides(fields)))))
    steps, own = growth(asked.report, asked.path), strides(fact.fields)
    factors = [_factors(steps, own, axis) for axis in range(len(own))]
    rows = [_product(found, total) for found, total in zip(factors, own, strict=True)]
    same = len(set(rows)) == 1
    worked = rows[-1] if same else "; ".join(f"{name}: {row}" for name, row in zip(_names(len(own)), rows, strict=True))
    so_far, parts = Fraction(1), []
    for path, factor in factors[-1] if same else ():
        so_far *= factor
        parts.append(Part(path, f"× {factor}", str(so_far)))
    why = say("The strides on the way multiply: so many pixels lie between two neighboring values.")
    shown = str(own[-1]) if len(set(own)) == 1 else " × ".join(map(str, own))
    return Explanation("s₁ · s₂ · …", worked, shown, why, SOURCE, tuple(parts))


def _factors(steps: list[Step], own: tuple[Fraction, ...], axis: int) -> list[tuple[str, Fraction]]:
    """The strides other than 1 along an axis, with their layers."""
    sliding = [s for s in steps if s.jump]
    jumps = [s.jump[axis] for s in sliding] + [own[axis]]
    found = ((s.path, after / before) for s, before, after in zip(sliding, jumps, jumps[1:], strict=False))
    return [(path, factor) for path, factor in found if factor != 1]


def _product(factors: list[tuple[str, Fraction]], total: Fraction) -> str:
    return f"{joined([str(f) for _, f in factors], ' × ')} = {total}" if len(factors) > 1 else str(total)


def _total_stride(asked: Asked) -> Explanation | None:
    found = total_stride(asked.report)
    why = say("Pixels of the image per step of the coarsest map.")
    return Explanation("s₁ · s₂ · …", str(found), str(found), why, SOURCE)


@quantity("depth", say("Depth"))
def depth(asked: Asked) -> Explanation | None:
    """Layers with weights on the longest path."""
    if asked.fact.inside is None:
        return None
    n = depth_of(asked.fact.inside)
    why = say('Layers with weights, one after the other: what "16 layers" means in VGG16.')
    return Explanation("", number(n), number(n), why) if n else None
