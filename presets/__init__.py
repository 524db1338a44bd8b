"""Networks worth starting from, one file each.

``presets.build("lecture", width=16)`` gives a :class:`graph.Network`; a plug-in adds its own by an entry point of the
group ``canevas.presets`` that names a function decorated with :func:`preset`.
"""

from presets.registry import Preset, build, preset, presets, refused_plugins

__all__ = ["Preset", "build", "preset", "presets", "refused_plugins"]
