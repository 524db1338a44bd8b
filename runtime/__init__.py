"""What a network does: its source, the model that runs it, data, training, predictions, import and export.

Importing this package costs nothing and needs no torch: each name below loads its module when it is first asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.compile import compile
    from runtime.import_.module import from_module
    from runtime.import_.torchvision import from_torchvision
    from runtime.source import source

__all__ = ["compile", "from_module", "from_torchvision", "source"]

_HOME = {
    "compile": "runtime.compile",
    "from_module": "runtime.import_.module",
    "from_torchvision": "runtime.import_.torchvision",
    "source": "runtime.source",
}
"""Where each public name is defined; the modules bear the names of their main functions."""


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


class _Runtime(ModuleType):
    """Keeps ``runtime.compile`` the function: importing the module of that name would put the module in its place."""

    def __setattr__(self, name: str, value: object) -> None:
        hidden = name in _HOME and isinstance(value, ModuleType)
        super().__setattr__(name, getattr(value, name) if hidden else value)


sys.modules[__name__].__class__ = _Runtime
