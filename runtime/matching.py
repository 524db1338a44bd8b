"""Which weights of a file belong where: by name, or by a name that differs in nothing but how it begins.

Many files come from code that calls its modules ``_conv_stem`` and ``_blocks.0._bn1``, since they are nobody else's
business; on a drawing such a name begins with a letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def partners(wanted: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """For each of the *wanted* keys that is *given*, the key under which it is given.

    A key stands for itself; else for the only one that is the same without the underscores that begin its names.

    >>> partners(["bn1.weight", "fc.bias"], ["_bn1.weight", "fc.bias", "_fc.bias"])
    {'bn1.weight': '_bn1.weight', 'fc.bias': 'fc.bias'}
    """
    known = dict.fromkeys(given)
    by_letters: dict[str, list[str]] = {}
    for key in known:
        by_letters.setdefault(letters_first(key), []).append(key)
    found = {}
    for key in wanted:
        alike = [key] if key in known else by_letters.get(key, [])
        if len(alike) == 1:
            found[key] = alike[0]
    return found


def letters_first(key: str) -> str:
    """*key* without the underscores that begin its names; a name of underscores only stays as it is."""
    return ".".join(name.lstrip("_") or name for name in key.split("."))


def renamed(state: Mapping[str, T], wanted: Iterable[str]) -> dict[str, T]:
    """*state* under the keys that are *wanted*, where it has them; what nobody wants keeps its own."""
    found = {theirs: ours for ours, theirs in partners(wanted, state).items()}
    return {found.get(key, key): value for key, value in state.items()}
