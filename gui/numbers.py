"""How numbers are written: exact where people compare them, short where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.text import memory as memory
from graph.text import number, tr_count

if TYPE_CHECKING:
    from graph.analysis import Report


def short(n: int | float) -> str:
    """At most four figures: ``225.8 K``, ``31.03 M``, ``7.78 G``; whole below ten thousand.

    >>> short(584), short(225_792), short(31_031_810)
    ('584', '225.8 K', '31.03 M')
    """
    if n < 10_000:
        return number(round(n))
    for unit in ("K", "M", "G", "T", "P"):
        n /= 1000
        if n < 999.95:
            return f"{n:.4g} {unit}"
    return f"{n:.4g} E"


def counted(n: int, signals: bool) -> str:
    """So many images, or signals.

    >>> counted(3, signals=False), counted(1, signals=True)
    ('3 images', '1 signal')
    """
    return tr_count("{n} signal", "{n} signals", n) if signals else tr_count("{n} image", "{n} images", n)


def of_signals(report: Report) -> bool:
    """Whether a network takes numbers along one axis, time, and not images."""
    return any(len(getattr(flow, "spatial", ())) == 1 for flow in report.inputs.values())


def pixels(sizes: tuple[int, ...] | tuple[float, ...]) -> str:
    """Sizes along axes: ``10 × 10``."""
    return " × ".join(number(round(s)) if float(s).is_integer() else f"{s:g}" for s in sizes)
