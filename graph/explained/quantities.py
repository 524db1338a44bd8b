"""The one place where a number that can be explained is registered: its name, its title, and how it comes about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from graph.costs import Terms, whole
from graph.layer import Explanation, Layer, Part
from graph.network import Block
from graph.report import Fact, Report
from graph.text import Message, number

WRITTEN = 12
"""At most so many terms of a sum are written out in one line; the rest stand in the parts."""


class Asked(NamedTuple):
    """What a question is about: the network, the path of a node in it (empty: all of it), and on what terms."""

    report: Report
    path: str
    fact: Fact
    terms: Terms

    @property
    def layer(self) -> Layer | None:
        """The layer that is asked; None for a block, for the whole network, and where it is bypassed."""
        return None if isinstance(self.fact.layer, Block) or self.bypassed else self.fact.layer

    @property
    def bypassed(self) -> bool:
        """Whether what arrives passes unchanged: nothing of the layer holds then, it need not even fit."""
        around, _, name = self.path.rpartition(".")
        level = self.report[around].inside if around else self.report
        return bool(name) and level is not None and level.network.nodes[name].bypass

    def children(self) -> Iterator[tuple[str, Asked]]:
        """What is inside a block (of the whole, all that its outputs need), as questions of their own."""
        inside = self.fact.inside
        assert inside is not None
        for name in inside.network.order:
            fact = inside.facts[name]
            if name not in inside.arrivals and (self.path or name in inside.inference | inside.training):
                yield name, Asked(self.report, f"{self.path}.{name}" if self.path else name, fact, self.terms)


class Quantity(NamedTuple):
    """A number that a node, a block or a network has."""

    name: str
    title: Message
    of: Callable[[Asked], Explanation | None]


QUANTITIES: dict[str, Quantity] = {}
"""Every number that can be asked for, by name."""

Answers = Callable[[Asked], Explanation | None]


def quantity(name: str, title: Message) -> Callable[[Answers], Answers]:
    """Register how the number called *name* is explained; it answers None where there is no such number."""

    def register(of: Answers) -> Answers:
        if name in QUANTITIES:
            raise TypeError(f"the quantity {name} exists already")
        QUANTITIES[name] = Quantity(name, title, of)
        return of

    return register


def asked(report: Report, path: str, terms: Terms) -> Asked:
    """A question about the node at *path*; about all of the network if it is empty."""
    return Asked(report, path, report[path] if path else whole(report), terms)


def added(amounts: Mapping[str, int]) -> tuple[str, tuple[Part, ...]]:
    """A sum written out, and its terms one by one, what is nothing left out: ``80 + 584 = 664``.

    >>> added({"conv1": 80, "relu1": 0, "conv2": 584})[0]
    '80 + 584 = 664'
    """
    parts, so_far = [], 0
    for name, amount in amounts.items():
        if amount:
            so_far += amount
            parts.append(Part(name, number(amount), number(so_far)))
    return f"{joined([p.adds for p in parts])} = {number(so_far)}", tuple(parts)


def joined(terms: list[str], sign: str = " + ") -> str:
    """Terms of a sum in a line; of many the first and the last ones."""
    if len(terms) > WRITTEN:
        half = WRITTEN // 2
        terms = [*terms[:half], "…", *terms[-half + 1 :]]
    return sign.join(terms) or "0"
