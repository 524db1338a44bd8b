"""The drawing table: a network as nodes and links that one moves, links and cuts with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["CanvasView"]


def __getattr__(name: str) -> object:
    """The canvas itself is loaded when it is first asked for: the window shows its menus before."""
    if name == "CanvasView":
        from gui.canvas.view import CanvasView

        return CanvasView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
