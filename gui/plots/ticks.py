"""Where the lines of an axis stand and what is written beside them."""

from __future__ import annotations

import math

from graph.text import number

Ticks = list[tuple[float, str]]


def step(span: float, count: int) -> float:
    """The round step (1, 2 or 5 times a power of ten) that divides *span* into at most about *count* parts.

    >>> step(20, 4), step(0.1, 4)
    (5.0, 0.05)
    """
    if span <= 0 or not math.isfinite(span):
        return 1.0
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)


def ticks(low: float, high: float, count: int = 5, whole: bool = False) -> Ticks:
    """Round positions between *low* and *high* with their texts; *whole*: only whole numbers (epochs, steps)."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    by = step(high - low, count)
    if whole:
        by = max(1.0, by)
    first = math.ceil(low / by - 1e-9)
    last = math.floor(high / by + 1e-9)
    digits = max(0, -math.floor(math.log10(by) + 1e-9))
    return [(i * by, plain(i * by, digits)) for i in range(first, last + 1)]


def percent_ticks(low: float, high: float, count: int = 5) -> Ticks:
    """The same for shares of 0 to 1, written in percent."""
    return [(at / 100, f"{text}\u2009%") for at, text in ticks(low * 100, high * 100, count)]


def log_ticks(low: float, high: float, count: int = 5) -> Ticks:
    """Powers of ten between the exponents *low* and *high*; between them 2 and 5 where there would be too few.

    >>> log_ticks(-1.2, 0.2)[:2]
    [(-1.0, '0.1'), (-0.6989700043360187, '0.2')]
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    powers = range(math.floor(low), math.ceil(high) + 1)
    by = max(1, math.ceil(len(powers) / max(1, count)))
    parts = (1,) if high - low > 2 else (1, 2, 5)
    made = [(e + math.log10(m), written(m * 10.0**e)) for e in powers if e % by == 0 for m in parts]
    return [(at, text) for at, text in made if low <= at <= high]


def plain(value: float, digits: int) -> str:
    """*value* with *digits* decimals, or with thin spaces between thousands where it is whole."""
    if digits:
        return f"{value:.{digits}f}"
    return number(round(value)) if abs(value) < 1e15 else f"{value:.0e}"


def written(value: float) -> str:
    """A number of any size in few characters: ``0.001``, ``12``, ``3e-07``.

    >>> written(0.0001), written(3e-7), written(20000) == "20\u2009000"
    ('0.0001', '3e-07', True)
    """
    if value and abs(value) < 1e-4 * 0.999:
        return f"{value:.0e}"
    if abs(value) >= 1000:
        return number(round(value)) if abs(value) < 1e9 else f"{value:.1e}"
    return f"{value:.6g}"


def three(value: float) -> str:
    """A measured number with three digits that count: ``0.102``, ``0.00032``, ``2\u2009418``.

    >>> three(0.10234), three(12.346), three(0.000321), three(float("nan"))
    ('0.102', '12.3', '0.000321', '–')
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return number(round(value)) if abs(value) < 1e9 else f"{value:.2e}"
    if value and abs(value) < 1e-4:
        return f"{value:.1e}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 0.1:
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:.3g}"


def percent(share: float, digits: int = 1) -> str:
    """A share of 0 to 1 in percent: ``98.4\u2009%``.  All right is 100, nearly all right never is; nor is hardly any 0.

    >>> [percent(share).replace("\u2009", " ") for share in (0.98412, 0.9999, 1.0, 0.0001)]
    ['98.4 %', '99.9 %', '100 %', '< 0.1 %']
    """
    if not math.isfinite(share):
        return "–"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f}\u2009%"
    least = 10.0**-digits
    if 0 < share * 100 < least / 2:
        return f"< {least:g}\u2009%"
    top = 100 - least
    return f"{min(max(share * 100, 0.0), top):.{digits}f}\u2009%"
