"""Which weights of a file belong where: by name, or by a name that differs in nothing but how it begins.

Many files come from code that calls its modules ``_conv_stem`` and ``_blocks.0._bn1``, since they are nobody else's
business; on a drawing such a name begins with a letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def partners(wanted: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """For each of the *wanted* keys that is *given*, the key under which it is given.

    A key stands for itself; else for the only one that is the same without the underscores that begin its names, or
    without anything between its names: older files call ``norm1.weight`` ``norm.1.weight``.

    >>> partners(["bn1.weight", "fc.bias"], ["_bn1.weight", "fc.bias", "_fc.bias"])
    {'bn1.weight': '_bn1.weight', 'fc.bias': 'fc.bias'}
    """
    known = dict.fromkeys(given)
    alike: list[tuple[Callable[[str], str], dict[str, list[str]]]] = [(plain, {}) for plain in PLAIN]
    for key in known:
        for plain, keys in alike:
            keys.setdefault(plain(key), []).append(key)
    found = {}
    for key in wanted:
        same = [[key]] if key in known else [keys[plain(key)] for plain, keys in alike if plain(key) in keys]
        if same and len(same[0]) == 1:
            found[key] = same[0][0]
    return found


def letters_first(key: str) -> str:
    """*key* without the underscores that begin its names; a name of underscores only stays as it is."""
    return ".".join(name.lstrip("_") or name for name in key.split("."))


def run_together(key: str) -> str:
    """*key* without dots and underscores."""
    return key.replace(".", "").replace("_", "")


PLAIN = (letters_first, run_together)
"""In what two keys may be the same that differ; the first that finds one decides."""


def renamed(state: Mapping[str, T], wanted: Iterable[str]) -> dict[str, T]:
    """*state* under the keys that are *wanted*, where it has them; what nobody wants keeps its own."""
    found = {theirs: ours for ours, theirs in partners(wanted, state).items()}
    return {found.get(key, key): value for key, value in state.items()}
