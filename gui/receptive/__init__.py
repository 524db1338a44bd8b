"""The receptive field, large: one value of a node, and what it sees of one's own image."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gui.receptive.panel import FieldPanel as FieldPanel


def __getattr__(name: str) -> Any:
    if name == "FieldPanel":
        from gui.receptive.panel import FieldPanel

        return FieldPanel
    raise AttributeError(name)
