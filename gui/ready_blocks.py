"""Blocks at hand for any network: those that somebody keeps, and those that come with the program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from graph.errors import CanevasError
from graph.network import Network
from graph.text import tr
from runtime import library


class AtHand(NamedTuple):
    """A block that can be put on a drawing: its title, definition, other words, and help.

    *file* is that of a kept one; *refusal* says why it cannot be read, and then there is no definition.
    """

    title: str
    definition: Network | None
    words: str
    help: str
    file: Path | None = None
    refusal: str = ""


def at_hand() -> list[AtHand]:
    """The kept blocks by title, then those that come with the program."""
    return [*mine(), *shipped()]


def mine() -> list[AtHand]:
    """The kept blocks."""
    help = tr("A block that you keep.")
    return [AtHand(k.title, k.definition, "", k.refusal or help, k.file, k.refusal) for k in library.kept()]


def shipped() -> list[AtHand]:
    """The blocks that come with the program."""
    from presets import ready_blocks

    return [
        AtHand(str(ready.title), _definition(name), name, f"{ready.help} {ready.reference}")
        for name, ready in ready_blocks().items()
    ]


@lru_cache(64)
def _definition(name: str) -> Network | None:
    from presets import ready_blocks

    try:
        return ready_blocks()[name].build()
    except CanevasError:  # drawn by a plug-in that is broken: it is offered to nobody
        return None
