"""What a recipe writes as text about learning rates: the epochs at which they fall, and factors for parts of a network.

Free of torch, so that the window can refuse a name that the network does not have before anything is trained.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from graph.errors import InvalidValue
from graph.values import shown

if TYPE_CHECKING:
    from graph.report import Report

HIGHEST = 1000.0
"""No part of a network learns more times faster than the rest."""
NAMED = 12
"""So many names are said where one is not known."""


def milestones(text: str) -> tuple[int, ...]:
    """The epochs that a text names, in their order.

    >>> milestones("30, 60 80")
    (30, 60, 80)

    Raises:
        InvalidValue: something in it is no whole number of epochs.
    """
    words = _words(text)
    for word in words:
        if not word.isascii() or not word.isdigit() or not 1 <= int(word[:9]) <= 100_000 or len(word) > 6:
            raise InvalidValue(
                "Milestones are whole numbers of epochs from 1 to 100000, such as 30, 60; {given} is none.",
                given=shown(word),
            )
    return tuple(sorted(map(int, words)))


def factors(text: str) -> dict[str, float]:
    """What the learning rate is multiplied by below each path that a text names.

    >>> factors("backbone=0.1, head = 1")
    {'backbone': 0.1, 'head': 1.0}

    Raises:
        InvalidValue: something in it is no name with a factor from 0 to 1000.
    """
    found: dict[str, float] = {}
    for word in _words(re.sub(r"\s*=\s*", "=", text)):
        path, equals, number = word.partition("=")
        try:
            factor = float(number) if equals and path else math.nan
        except ValueError:
            factor = math.nan
        if not 0.0 <= factor <= HIGHEST:
            raise InvalidValue(
                "Rates of blocks are written name=factor, with factors from 0 to 1000, such as "
                "backbone=0.1, head=1; {given} is no such pair.",
                given=shown(word),
            )
        if path in found:
            raise InvalidValue("The rate of {name} is given twice.", name=shown(path))
        found[path] = factor
    return found


def factor(path: str, given: Mapping[str, float]) -> float:
    """The factor for the weights at *path*: that of the longest name it lies below, 1 where there is none.

    >>> factor("backbone.conv1.weight", {"backbone": 0.1, "backbone.conv1": 0.5})
    0.5
    """
    own = [name for name in given if path == name or path.startswith(name + ".")]
    return given[max(own, key=len)] if own else 1.0


def check(given: Mapping[str, float], paths: Iterable[str]) -> None:
    """See to it that every name stands for some of the layers at *paths*.

    Raises:
        InvalidValue: one does not; the sentence says which names there are.
    """
    known = list(paths)
    for name in given:
        if not any(path == name or path.startswith(name + ".") for path in known):
            tops = list(dict.fromkeys(path.split(".")[0] for path in known))
            raise InvalidValue(
                "The recipe gives {name} a rate of its own, but nothing that learns has this name; there are {known}.",
                name=shown(name),
                known=", ".join(tops[:NAMED]) + (", …" if len(tops) > NAMED else ""),
            )


def learning(report: Report) -> list[str]:
    """The paths of the layers of a network that learn, in the order of execution."""
    return [path for path, fact in report.leaves() if fact.trainable]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text) if word]
