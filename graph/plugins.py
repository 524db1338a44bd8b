"""Plug-ins: installed packages that bring kinds or presets, announced by an entry point of theirs.

Importing what the entry point names is all that happens: its module uses the same decorators as ours.
"""

from __future__ import annotations

from typing import Any

from graph.text import Message, say


def load_plugins(group: str, registry: dict[str, Any]) -> list[Message]:
    """Import every plug-in of the entry point *group*; what went wrong, a sentence each.

    A plug-in that fails is passed over whole: what it had put into *registry* by then is taken out again.
    """
    from importlib.metadata import entry_points  # takes longer to import than all of this page to run

    refused = []
    for point in entry_points(group=group):
        before = dict(registry)
        try:
            point.load()
        except Exception as error:  # another's code may fail in any way, and must not take the program along
            registry.clear()
            registry.update(before)
            reason = " ".join(str(error).split())[:200]
            refused.append(
                say(
                    "The plug-in {name} is passed over: {reason}",
                    name=point.name,
                    reason=reason or type(error).__name__,
                )
            )
    return refused
