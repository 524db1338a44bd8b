"""The Data room: choose a data set, see what is in it, and whether the network fits."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gui.data.room import DataRoom

__all__ = ["DataRoom"]


def __getattr__(name: str) -> Any:
    """The room is loaded when it is asked for; other rooms need only what is known of the data."""
    if name != "DataRoom":
        raise AttributeError(name)
    from gui.data.room import DataRoom

    return DataRoom
