"""How numbers are written: exact where people compare them, short where there is little room."""

from __future__ import annotations

from graph.text import number

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


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


def memory(n: int | float) -> str:
    """Bytes in binary units: ``12.25 KiB``.

    >>> memory(12_544), memory(900), memory(134_920)
    ('12.25 KiB', '900 B', '131.8 KiB')
    """
    size, unit = float(n), 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    text = f"{size:.{0 if unit == 0 else 2 if size < 100 else 1}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {UNITS[unit]}"


def pixels(sizes: tuple[int, ...] | tuple[float, ...]) -> str:
    """Sizes along axes: ``10 × 10``."""
    return " × ".join(number(round(s)) if float(s).is_integer() else f"{s:g}" for s in sizes)
