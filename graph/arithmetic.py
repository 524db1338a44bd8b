"""The arithmetic of sliding windows, and how its sums are written out.

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from __future__ import annotations

from graph.errors import ShapeError
from graph.text import number


def slide(n: int, k: int, s: int = 1, p: int = 0, d: int = 1, end: int | None = None, *, ceil: bool = False) -> int:
    """Number of positions of a sliding window along one axis.

    ``⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1`` for n input positions, kernel k, stride s, padding p, dilation d; rounded up
    instead when *ceil* is true, except that no window may start in the far padding.  *end* is the far padding where
    it differs from p.

    >>> slide(224, 7, 2, 3), slide(6, 3, 2, 0, ceil=True)
    (112, 3)

    Raises:
        ShapeError: the window is larger than the padded input.
    """
    far = p if end is None else end
    room = n + p + far - d * (k - 1) - 1
    if room < 0 and not (ceil and -(-room // s) == 0):
        raise ShapeError(
            "A window of {window} does not fit in {n} + {padding}: pad, or shrink the kernel.",
            code="window_too_large",
            window=d * (k - 1) + 1,
            n=n,
            padding=p + far,
        )
    if not ceil:
        return room // s + 1
    count = -(-room // s) + 1
    return count - 1 if (count - 1) * s >= n + p else count  # a window may not start in the far padding


def slide_worked(n: int, k: int, s: int, p: int, d: int, *, ceil: bool = False) -> str:
    """The sum of :func:`slide` with its numbers: ``⌊(14 + 2·1 − 3) / 1⌋ + 1 = 14``.

    Where a last window would start in the far padding, it is taken away again.

    >>> slide_worked(5, 1, 7, 0, 1, ceil=True)
    '⌈(5 − 1) / 7⌉ + 1 − 1 = 1'
    """
    left, right = ("⌈", "⌉") if ceil else ("⌊", "⌋")
    padded = f"{n} + 2·{p}" if p else f"{n}"
    window = f"{d}·({k} − 1) − 1" if d > 1 else f"{k}"
    count = slide(n, k, s, p, d, ceil=ceil)
    gone = " − 1" if starts_beyond(n, k, s, p, d, ceil=ceil) else ""
    return f"{left}({padded} − {window}) / {s}{right} + 1{gone} = {count}"


def starts_beyond(n: int, k: int, s: int, p: int, d: int, *, ceil: bool) -> bool:
    """Whether, rounded up, a last window would start in the far padding, where none may."""
    room = n + 2 * p - d * (k - 1) - 1
    return ceil and -(-room // s) + 1 != slide(n, k, s, p, d, ceil=True)


def times(*factors: int | str) -> str:
    """Factors joined by ``×``: ``3×3×8``.

    >>> times(3, 3, 8)
    '3×3×8'
    """
    return "×".join(number(f) if isinstance(f, int) else f for f in factors)


def pair(size: tuple[int, ...]) -> str:
    """A size as people write it: ``3×3``."""
    return times(*size)
