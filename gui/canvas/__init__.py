"""The drawing table: a network as nodes and links that one moves, links and cuts with mouse and keys."""

from gui.canvas.view import CanvasView

__all__ = ["CanvasView"]
