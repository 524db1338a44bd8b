"""The values of a kind: declared once, then used by form, check, file, source and test alike.

A kind (or a recipe) is a dataclass whose fields are made with :func:`value`; :func:`specs_of` reads them into
:class:`Spec`\\ s, each of which can check and normalize what a person typed or a file said.
"""

from __future__ import annotations

import inspect
import math
import sys
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from graph.errors import InvalidValue

INT_LIMIT = 1_000_000_000
"""No size, count or seed is larger; a file that says so is refused before it can hurt."""

NUMBERS_LIMIT = 10_000
"""No list of numbers, such as the weights of classes, is longer."""

Size1 = tuple[int]
Size2 = tuple[int, int]
Size3 = tuple[int, int, int]
Shape = tuple[int, ...]
Numbers = tuple[float, ...]
Same = Literal["same"]


def value(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    label: str = "",
    help: str = "",
    always: bool = False,
    fold: str = "",
    reads: Callable[[str], object] | None = None,
) -> Any:
    """A field of a kind: its default and what is allowed.

    Args:
        default: the value when nothing is said.
        low, high: inclusive range, for numbers and for each number of a size.
        choices: allowed words, for text.
        label: the word shown before the field (English; the name of the argument when empty).
        help: one sentence that a student reads: what it does to the picture, not its type.
        always: write it in the source even when it equals the default (torch has none, or another one).
        fold: name of the folded group of the form that it stands in; empty for the fields seen at once.
        reads: of a text with a meaning, what reads it; it refuses by an InvalidValue what it cannot read.
    """
    meta = {
        "low": low,
        "high": high,
        "choices": choices,
        "label": label,
        "help": help,
        "always": always,
        "fold": fold,
        "reads": reads,
    }
    return field(default=default, metadata={"value": meta})


@dataclass(frozen=True)
class Spec:
    """What one value may be.

    *type* is one of ``int``, ``float``, ``bool``, ``choice``, ``text``, ``size`` (one number per axis; *length* axes,
    a single number stands for all), ``shape`` (1 to 6 whole numbers) and ``numbers`` (1 to 10,000 numbers).
     *words* are texts allowed instead of a number (``"same"`` for a padding); *optional* allows None.
    """

    name: str
    type: str
    default: Any
    length: int = 0
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    optional: bool = False
    label: str = ""
    help: str = ""
    always: bool = False
    fold: str = ""
    reads: Callable[[str], object] | None = None

    def check(self, raw: Any) -> Any:
        """*raw* in its normal form (``3`` becomes ``(3, 3)`` for a size of two).

        Raises:
            InvalidValue: wrong type, not finite, or out of range; the sentence says what is allowed.
        """
        if raw is None and self.optional:
            return None
        if isinstance(raw, str) and raw in self.words:
            return raw
        return _CHECKS[self.type](self, raw)

    def _number(self, raw: Any, whole: bool) -> Any:
        accepted = (int,) if whole else (int, float)
        if type(raw) not in accepted:
            raise InvalidValue(
                "{name} must be a whole number, not {given}." if whole else "{name} must be a number, not {given}.",
                name=self.name,
                given=shown(raw),
            )
        if not whole and not math.isfinite(raw):
            raise InvalidValue("{name} must be a finite number, not {given}.", name=self.name, given=shown(raw))
        low = self.low if self.low is not None else -INT_LIMIT
        high = self.high if self.high is not None else INT_LIMIT
        if not low <= raw <= high:
            raise InvalidValue(
                "{name} must be from {low} to {high}, not {given}.",
                name=self.name,
                low=shown(low),
                high=shown(high),
                given=shown(raw),
            )
        return raw if whole else float(raw)

    def _bool(self, raw: Any) -> bool:
        if type(raw) is not bool:
            raise InvalidValue("{name} must be true or false, not {given}.", name=self.name, given=shown(raw))
        return raw

    def _choice(self, raw: Any) -> str:
        if not isinstance(raw, str) or raw not in self.choices:
            raise InvalidValue(
                "{name} must be one of {choices}, not {given}.",
                name=self.name,
                choices=", ".join(self.choices),
                given=shown(raw),
            )
        return raw

    def _text(self, raw: Any) -> str:
        if not isinstance(raw, str) or len(raw) > 10_000:
            raise InvalidValue("{name} must be a text, not {given}.", name=self.name, given=shown(raw))
        if self.reads is not None:
            self.reads(raw)
        return raw

    def _size(self, raw: Any) -> tuple[int, ...]:
        if type(raw) is int:
            return (self._number(raw, whole=True),) * self.length
        if not isinstance(raw, (tuple, list)) or len(raw) != self.length:
            raise InvalidValue(
                "{name} must be {n} whole numbers, one per axis, not {given}.",
                name=self.name,
                n=self.length,
                given=shown(raw),
            )
        return tuple(self._number(r, whole=True) for r in raw)

    def _shape(self, raw: Any) -> tuple[int, ...]:
        if not isinstance(raw, (tuple, list)) or not 1 <= len(raw) <= 6:
            raise InvalidValue(
                "{name} must be a list of 1 to 6 whole numbers, not {given}.", name=self.name, given=shown(raw)
            )
        return tuple(self._number(r, whole=True) for r in raw)

    def _numbers(self, raw: Any) -> tuple[float, ...]:
        if not isinstance(raw, (tuple, list)) or not 1 <= len(raw) <= NUMBERS_LIMIT:
            raise InvalidValue(
                "{name} must be a list of 1 to {limit} numbers, not {given}.",
                name=self.name,
                limit=NUMBERS_LIMIT,
                given=shown(raw),
            )
        return tuple(self._number(r, whole=False) for r in raw)


_CHECKS: dict[str, Any] = {
    "int": lambda spec, raw: spec._number(raw, whole=True),
    "float": lambda spec, raw: spec._number(raw, whole=False),
    "bool": Spec._bool,
    "choice": Spec._choice,
    "text": Spec._text,
    "size": Spec._size,
    "shape": Spec._shape,
    "numbers": Spec._numbers,
}


class Vector(tuple[float, ...]):
    """Numbers that torch wants as a tensor: ``torch.tensor((1.0, 2.0))`` in the source."""


def shown(raw: object) -> str:
    """*raw* as it may stand in a sentence: short, and never more than a line."""
    text = f"{raw:g}" if isinstance(raw, float) else repr(raw)
    return text if len(text) <= 40 else text[:37] + "..."


def specs_of(cls: type) -> tuple[Spec, ...]:
    """The values of a dataclass whose fields were made with :func:`value`, in the order of their definition."""
    return tuple(
        _spec(f.name, _hint(cls, f.name), f.default, f.metadata["value"]) for f in fields(cls) if "value" in f.metadata
    )


def _hint(cls: type, name: str) -> Any:
    """The type of one field; ``typing.get_type_hints`` reads every annotation of every base, which takes long."""
    home = next(base for base in cls.__mro__ if name in inspect.get_annotations(base))
    hint = inspect.get_annotations(home)[name]
    return _evaluated(hint, home.__module__) if isinstance(hint, str) else hint


@cache
def _evaluated(hint: str, module: str) -> Any:
    return eval(hint, vars(sys.modules[module]))  # an annotation in a file of ours or of a plug-in


def _spec(name: str, hint: Any, default: Any, meta: dict[str, Any]) -> Spec:
    options = get_args(hint) if isinstance(hint, UnionType) or get_origin(hint) is typing.Union else (hint,)
    words = tuple(w for option in options if get_origin(option) is Literal for w in get_args(option))
    plain = [o for o in options if o is not NoneType and get_origin(o) is not Literal]
    type_, length = _type_of(plain[0], meta["choices"])
    if default is MISSING:
        raise TypeError(f"{name}: a value of a kind needs a default")
    return Spec(name, type_, default, length=length, words=words, optional=NoneType in options, **meta)


def _type_of(hint: Any, choices: tuple[str, ...]) -> tuple[str, int]:
    if get_origin(hint) is tuple:
        of = get_args(hint)
        several = "numbers" if of[0] is float else "shape"
        return (several, 0) if Ellipsis in of else ("size", len(of))
    simple = {int: "int", float: "float", bool: "bool", str: "choice" if choices else "text"}
    return simple[hint], 0
