"""Networks worth starting from, one file each.

``presets.build("lecture", width=16)`` gives a :class:`graph.Network`; a plug-in adds its own by an entry point of the
group ``canevas.presets`` that names a function decorated with :func:`preset`.  ``presets.ready_blocks()`` gives the
parts that networks are often made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from presets.registry import Preset, Trial, build, preset, presets, refused_plugins

if TYPE_CHECKING:
    from presets.ready import ReadyBlock

__all__ = ["Preset", "Trial", "build", "preset", "presets", "ready_blocks", "refused_plugins"]


def ready_blocks() -> Mapping[str, ReadyBlock]:
    """Blocks worth having at hand, by name, in the order of the palette; they are found when first asked for."""
    found: Mapping[str, ReadyBlock] = import_module("presets.ready").ready_blocks()
    return found
