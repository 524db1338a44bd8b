"""Formulas set for reading: names of quantities slanted, indices lowered, signs and numbers upright."""

from __future__ import annotations

import re
from html import escape

_TOKEN = re.compile(
    r"_\{(?P<group>[^}]*)\}|_(?P<index>\w)|\^(?P<power>\w)|\[(?P<list>[\w, ·+−-]+)\]|(?P<word>[^\W\d_₀-₉ᵢⱼᵀ]+)"
)


def typeset(formula: str) -> str:
    """A formula as rich text: ``b[o]`` gets a lowered *o*, single letters are slanted.

    >>> typeset("W x + b")
    '<i>W</i> <i>x</i> + <i>b</i>'
    """
    found, at = [], 0
    for token in _TOKEN.finditer(formula):
        found.append(escape(formula[at : token.start()]))
        at = token.end()
        if (index := token["group"] or token["index"] or token["list"]) is not None:
            found.append(
                f"<sub>{_slanted(index)}</sub>" if not _apart(formula, token.start()) else f"[{_slanted(index)}]"
            )
        elif token["power"] is not None:
            found.append(f"<sup>{_slanted(token['power'])}</sup>")
        else:
            found.append(_slanted(token["word"]))
    return "".join([*found, escape(formula[at:])])


def _apart(formula: str, start: int) -> bool:
    """Whether a bracket stands by itself and is no index: a list of values."""
    return formula[start] == "[" and (start == 0 or not formula[start - 1].isalnum())


def _slanted(text: str) -> str:
    """Single letters are quantities; longer words are words."""

    def one(match: re.Match[str]) -> str:
        word = match[0]
        return f"<i>{escape(word)}</i>" if len(word) == 1 and word not in "ΣΦσ" else escape(word)

    return re.sub(r"[^\W\d_₀-₉ᵢⱼᵀ]+", one, text)
