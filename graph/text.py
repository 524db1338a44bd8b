"""The one place where words meet a language.

Every sentence a person reads is written in English in the code and rendered by :func:`tr` at the moment it is shown,
so that switching the language is immediate.  What must be kept for later (a problem, an error) is a :class:`Message`:
the English template and its values.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DOMAIN = "canevas"
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "fr": "Français"}
"""Languages that ship, by code, each named in itself."""


class _Current:
    """The language in use; English until :func:`use_language` says otherwise."""

    code = "en"
    catalog: gettext.NullTranslations = gettext.NullTranslations()


def use_language(code: str) -> None:
    """Render everything from now on in the language *code* (``"en"``, ``"fr"``); unknown codes mean English."""
    known = code if code in LANGUAGES else "en"
    _Current.code = known
    _Current.catalog = _catalog(known)


@cache
def _catalog(code: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [code], fallback=True)


def language() -> str:
    """Code of the language in use."""
    return _Current.code


def tr(template: str, /, **values: object) -> str:
    """The sentence *template* in the language in use, its ``{names}`` replaced by *values*.

    >>> tr("{n} nodes", n=3)
    '3 nodes'
    """
    text = _Current.catalog.gettext(template) if template else ""
    return text.format(**{name: _shown(v) for name, v in values.items()}) if values else text


def everywhere(template: str) -> tuple[str, ...]:
    """The sentence *template* in every language that ships, each once: what a search in any of them may find.

    >>> everywhere("Pooling") >= ("Pooling",)
    True
    """
    return tuple(dict.fromkeys(_catalog(code).gettext(template) for code in LANGUAGES)) if template else ()


def tr_count(one: str, many: str, n: int, /, **values: object) -> str:
    """Like :func:`tr` for a sentence whose form depends on the number *n*, which is available as ``{n}``.

    >>> tr_count("{n} error", "{n} errors", 1)
    '1 error'
    """
    text = _Current.catalog.ngettext(one, many, n)
    return text.format(n=number(n), **{name: _shown(v) for name, v in values.items()})


def number(n: int) -> str:
    """A whole number with thin, unbreakable spaces between thousands.

    >>> number(33730) == "33\u2009730"
    True
    """
    return f"{n:,}".replace(",", "\u2009")


def memory(n: int | float) -> str:
    """Bytes in binary units, as the language in use writes them: ``12.25 KiB``, ``12.25 Kio``.

    >>> memory(12_544), memory(900), memory(134_920)
    ('12.25 KiB', '900 B', '131.8 KiB')
    """
    size, unit = float(n), 0
    while size >= 1024 and unit < len(BYTES) - 1:
        size, unit = size / 1024, unit + 1
    text = f"{size:.{0 if unit == 0 else 2 if size < 100 else 1}f}"
    return tr(BYTES[unit].template, n=text.rstrip("0").rstrip(".") if "." in text else text)


def _shown(value: object) -> object:
    return number(value) if type(value) is int else value


@dataclass(frozen=True)
class Message:
    """A sentence to be shown later: the English template and its values.

    ``str(message)`` renders it in the language in use at that moment.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return tr(self.template, **self.values)


def say(template: str, /, **values: object) -> Message:
    """A :class:`Message` from a template and its values."""
    return Message(template, values)


BYTES = (say("{n} B"), say("{n} KiB"), say("{n} MiB"), say("{n} GiB"), say("{n} TiB"))
"""Units of memory, each 1024 times the one before."""
