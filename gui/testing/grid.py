"""Small pictures side by side in even rows: maps and filters."""

from __future__ import annotations

CELL, GAP = 44, 4
"""Side of a picture and the distance to the next."""


def columns(count: int, width: int) -> int:
    """How many maps stand side by side: all of them if they fit, else a number that fills the rows evenly.

    >>> columns(8, 900), columns(64, 900), columns(32, 400)
    (8, 16, 8)
    """
    fit = max(1, (width + GAP) // (CELL + GAP))
    if count <= fit:
        return max(1, count)
    return next((n for n in range(fit, fit // 2, -1) if count % n == 0), fit)
