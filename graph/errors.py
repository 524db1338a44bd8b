"""What can go wrong, as a tree:

    CanevasError
    ├── InvalidValue     a value of a layer, recipe or variable is out of its range
    ├── ShapeError       a layer cannot take what arrives at it
    ├── NetworkError     an edit or a connection that no network allows
    └── FileError        a file that cannot be read or written

Each carries a :class:`graph.text.Message`; ``str(error)`` is one sentence in the language in use.
"""

from __future__ import annotations

from pathlib import Path

from graph.text import Message, say


class CanevasError(Exception):
    """A mistake that a person can mend; its text says what happened, why, and what to do."""

    def __init__(self, template: str | Message, /, **values: object) -> None:
        self.message = template if isinstance(template, Message) else say(template, **values)
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class InvalidValue(CanevasError):
    """A value outside its type or range; names the value, its range and what was given."""


class ShapeError(CanevasError):
    """A layer cannot take what arrives; *code* classifies the problem (``"window_too_large"``, ...)."""

    def __init__(self, template: str | Message, /, *, code: str = "shape", **values: object) -> None:
        super().__init__(template, **values)
        self.code = code


class NetworkError(CanevasError):
    """An edit that no network allows: a cycle, a taken name, a port that does not exist."""


class FileError(CanevasError):
    """A file that cannot be read or written: which *file*, which *place* in it (may be empty), and the *reason*."""

    def __init__(self, file: str | Path, reason: str | Message, /, *, place: str = "", **values: object) -> None:
        self.file, self.place = Path(file), place
        self.reason = reason if isinstance(reason, Message) else say(reason, **values)
        where = say("{file}, at {place}: {reason}", file=str(file), place=place, reason=self.reason)
        super().__init__(where if place else say("{file}: {reason}", file=str(file), reason=self.reason))
