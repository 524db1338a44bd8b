"""How files of earlier versions become what this version reads: one function per step, in a chain.

The data of a version is plain JSON, before anything of it is trusted: a step changes what the next version says
otherwise, leaves alone what it does not know, and the reader refuses the rest by name and place.  A change of the
format comes with a new :data:`VERSION`, a step here, and a file of the old version among the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph.text import say
from graph.untrusted import Unreadable
from graph.values import shown

VERSION = 2
"""The version that is written."""

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[int, Step] = {1: dict}
"""What makes data of the next version of data of a version, by version.

1 to 2: a file may say where the weights of its network lie; nothing that was there before is said otherwise.
"""


def migrated(data: dict[str, Any], version: int = VERSION, steps: Mapping[int, Step] = STEPS) -> dict[str, Any]:
    """*data* as *version* of the format says it.

    Raises:
        Unreadable: it bears no version, or a newer one.
    """
    found = data.get("version")
    if type(found) is not int or found < 1:
        raise Unreadable("version", say("there must be a whole number from 1 on, not {given}", given=shown(found)))
    if found > version:
        raise Unreadable(
            "version",
            say(
                "it was written by a newer Canevas (version {given} of the format; this one reads up to {own}): "
                "update the program",
                given=found,
                own=version,
            ),
        )
    for step in range(found, version):
        data = {**steps[step](data), "version": step + 1}
    return data
