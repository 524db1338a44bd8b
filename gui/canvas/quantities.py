"""What a node may show in numbers and in warmth: its parameters, its multiply-adds, its memory, its receptive field.

Pure: from what analysis found to a number, a text, and how warm a node is beside the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import NamedTuple

from graph.analysis import BYTES, Fact
from graph.receptive import sizes
from graph.tensors import Tensor
from graph.text import Message, memory, number, say

STEPS = 24
"""Different warmths; so few that a node's picture can be kept."""


class Quantity(NamedTuple):
    """A number about a node: its name, how much it is (0: there is none), and the text that stands on the node."""

    title: Message
    amount: Callable[[Fact], float]
    text: Callable[[Fact], str]


def compact(n: float) -> str:
    """A count in at most six characters: exact below a hundred thousand, then ``143.6 K``, ``2.3 M``.

    >>> compact(15690) == "15\\u2009690", compact(2_294_528) == "2.3\\u2009M"
    (True, True)
    """
    n = round(n)
    if n < 100_000:
        return number(n)
    for size, sign in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K")):
        if n >= size:
            return f"{n / size:.1f}\u2009{sign}"
    return number(n)


def held(fact: Fact) -> int:
    """Bytes per image of all that a node computes; of a block, of all inside."""
    if fact.inside is not None:
        return sum(held(f) for name, f in fact.inside.facts.items() if name not in fact.inside.arrivals)
    return sum(o.size * BYTES[o.dtype] for o in fact.outputs if isinstance(o, Tensor))


def _seen(fact: Fact) -> float:
    field = fact.receptive_field
    return float(max(field.size, default=0)) if field is not None and fact.inputs else 0.0


def _field(fact: Fact) -> str:
    field = fact.receptive_field
    if field is None or not fact.inputs or not (field.size or field.whole):
        return ""
    if each := [max(sizes(fields), default=0) for fields in fact.leaving.values()]:
        low, high = min(each), max(each)
        return f"{number(low)}–{number(high)}\u2009px" if 0 < low < high else f"{number(high)}\u2009px"
    size = number(field.size[0]) if len(set(field.size)) == 1 else "×".join(map(number, field.size))
    return f"{size or '∞'}\u2009px{' *' if field.whole and field.size else ''}" if field.size else "∞"


def _count(amount: Callable[[Fact], float]) -> Callable[[Fact], str]:
    return lambda fact: compact(amount(fact)) if amount(fact) else ""


QUANTITIES: dict[str, Quantity] = {
    "parameters": Quantity(say("Parameters"), lambda f: f.parameters, _count(lambda f: f.parameters)),
    "macs": Quantity(say("Multiply-adds"), lambda f: f.macs, _count(lambda f: f.macs)),
    "memory": Quantity(say("Activations"), held, lambda f: memory(held(f)) if held(f) else ""),
    "field": Quantity(say("Receptive field"), _seen, _field),
}
"""What can be chosen, in the order of the menu."""


def warmths(facts: Mapping[str, Fact], quantity: str) -> dict[str, int]:
    """How warm each node is, from 0 to :data:`STEPS`: by the root of its share of the largest, so that small ones show.

    Nodes of which nothing is known are left out.
    """
    amounts = {name: QUANTITIES[quantity].amount(fact) for name, fact in facts.items() if fact.error is None}
    most = max(amounts.values(), default=0.0)
    return {name: round(STEPS * sqrt(amount / most)) if most else 0 for name, amount in amounts.items()}


def ends(facts: Mapping[str, Fact], quantity: str) -> tuple[str, str]:
    """The smallest and the largest amount, as text."""
    known = [f for f in facts.values() if f.error is None and f.outputs]
    chosen = sorted(known, key=QUANTITIES[quantity].amount)
    if not chosen:
        return "", ""
    low, high = (QUANTITIES[quantity].text(f) or "0" for f in (chosen[0], chosen[-1]))
    return low, high
