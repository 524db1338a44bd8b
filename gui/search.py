"""Finding things by a few letters: kinds in the palette, commands by their name.

Accents and case do not matter; letters may be left out between others (``cv2`` finds ``Conv2d``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TypeVar

from graph.layer import CATEGORIES, Layer, help_of
from graph.text import everywhere

Thing = TypeVar("Thing")


@lru_cache(8192)
def folded(text: str) -> str:
    """*text* without accents and case: ``Étiquette`` becomes ``etiquette``."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def score(query: str, title: str, words: str = "") -> int:
    """How well *title* (or one of the other *words*) answers *query*; 0: not at all.

    >>> score("conv", "Conv2d") > score("conv", "x", "convolution") > score("cv", "Conv2d") > 0
    True
    """
    asked, name, others = folded(query).strip(), folded(title), folded(words)
    if not asked:
        return 1
    if name == asked:
        return 100
    if others.split()[:1] == [asked]:  # the first of the other words is the usual one: dense is Linear
        return 95
    if name.startswith(asked):
        return 90
    if any(part.startswith(asked) for part in _parts(title)):
        return 80
    if asked in name:
        return 70
    if any(part.startswith(asked) for part in others.split()):
        return 60
    every = asked.split()
    if len(every) > 1 and all(part in f"{name} {others}" for part in every):
        return 50
    if asked in others:
        return 40
    return 20 if len(asked) > 1 and _in_order(asked, name) else 0


@lru_cache(8192)
def _parts(title: str) -> tuple[str, ...]:
    """The words that *title* is made of, folded: ``BatchNorm2d`` and ``batch_norm2d`` of batch and norm2d."""
    return tuple(folded(part) for part in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", title).replace("_", " ").split())


@cache
def words_of(kind: type[Layer]) -> str:
    """Other words for a kind: its own, and its family and help in every language, whichever is in use."""
    family, help = everywhere(CATEGORIES[kind.category].template), everywhere(help_of(kind))
    return " ".join((kind.words, *family, *help))


def _in_order(letters: str, name: str) -> bool:
    """Whether a name of one word has these letters in this order, the first one first."""
    rest = iter(name)
    return " " not in name and name[:1] == letters[:1] and all(letter in rest for letter in letters)


def best(query: str, things: Iterable[Thing], words: Callable[[Thing], tuple[str, str]]) -> list[Thing]:
    """The *things* that answer *query*, the best first; equals keep their order."""
    scored = [(score(query, *words(thing)), thing) for thing in things]
    return [thing for points, thing in sorted(scored, key=lambda pair: -pair[0]) if points]
