"""Plain data from a file that nobody vouches for: taken as what it must be, or refused by its place and a reason."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from graph.text import Message, say
from graph.values import shown


class Unreadable(Exception):
    """Data that is no network: the *place* in it and the *reason*."""

    def __init__(self, place: str, reason: Message) -> None:
        super().__init__(place, reason)
        self.place, self.reason = place, reason


def checked_fields(data: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    """Refuse *data* with a field that is not *known*; names the nearest one."""
    allowed = set(known)
    for name in data:
        if name not in allowed:
            raise Unreadable(place, unknown(say("there is no field called {name}"), name, allowed))


def unknown(sentence: Message, given: object, known: Iterable[str]) -> Message:
    """*sentence* about an unknown name, with the nearest known one."""
    near = difflib.get_close_matches(given, known, 1) if isinstance(given, str) and len(given) < 100 else []
    plain = Message(sentence.template, {"name": shown(given)})
    return say("{sentence}; did you mean {near}?", sentence=plain, near=near[0]) if near else plain


def checked_object(raw: Any, place: str) -> Mapping[str, Any]:
    """*raw* if it is an object."""
    if not isinstance(raw, dict):
        raise Unreadable(place, say("there must be an object {{...}}, not {given}", given=shown(raw)))
    return raw


def checked_list(raw: Any, place: str, limit: int) -> list[Any]:
    """*raw* if it is a list of at most *limit* items."""
    if not isinstance(raw, list):
        raise Unreadable(place, say("there must be a list [...], not {given}", given=shown(raw)))
    if len(raw) > limit:
        raise Unreadable(place, say("the list is longer than {n}", n=limit))
    return raw


def checked_text(raw: Any, place: str, limit: int) -> str:
    """*raw* if it is a text of at most *limit* characters that can be written again."""
    if not isinstance(raw, str) or len(raw) > limit or any("\ud800" <= c <= "\udfff" for c in raw):
        raise Unreadable(place, say("there must be a text of at most {n} characters", n=limit))
    return raw
