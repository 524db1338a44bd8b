"""Which input positions an output position sees, along one axis.

Every window answers one question, ``sees(j)``: the first and last input position that output position j reads (borders
ignored), and says after how many outputs the pattern repeats.  Receptive fields, forwards over all positions and
backwards from one, both follow from that.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple, Protocol

NOTHING = (1, 0)
"""An empty interval: a transposed convolution with gaps may read nothing at some positions."""


class Window(Protocol):
    """What one output position sees along one axis."""

    @property
    def period(self) -> tuple[int, int]:
        """``(outputs, inputs)``: ``sees(j + outputs)`` is ``sees(j)`` moved by ``inputs``."""
        ...

    @property
    def gap(self) -> int:
        """Distance between two input positions that are read (the dilation)."""
        ...

    def __hash__(self) -> int: ...

    def sees(self, j: int) -> tuple[int, int]:
        """First and last input position that output position *j* reads, unclipped; :data:`NOTHING` if none."""
        ...


class Slide(NamedTuple):
    """A sliding window: convolution and pooling with kernel k, stride s, padding p, dilation d.

    *border* names what stands in the padding where that is taken from the map itself: "reflect", "replicate" or
    "circular".
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    border: str = ""

    @property
    def period(self) -> tuple[int, int]:
        """The window moves by its stride."""
        return 1, self.stride

    @property
    def gap(self) -> int:
        """The dilation."""
        return self.dilation

    def sees(self, j: int) -> tuple[int, int]:
        """``s·j − p`` to ``s·j − p + d(k − 1)``."""
        first = self.stride * j - self.padding
        return first, first + self.dilation * (self.kernel - 1)


class Adapt(NamedTuple):
    """Adaptive pooling of n positions to m: position j averages ``⌊jn/m⌋ .. ⌈(j+1)n/m⌉ − 1``."""

    n: int
    m: int

    @property
    def period(self) -> tuple[int, int]:
        """The pattern repeats with the ratio m : n in lowest terms."""
        g = gcd(self.n, self.m)
        return self.m // g, self.n // g

    @property
    def gap(self) -> int:
        """Every position between is read."""
        return 1

    def sees(self, j: int) -> tuple[int, int]:
        """First and last of the positions averaged."""
        return j * self.n // self.m, -(-(j + 1) * self.n // self.m) - 1


class Spread(NamedTuple):
    """A transposed convolution: input i writes to outputs ``s·i − p + d·t``, so output j reads those that reach it."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def period(self) -> tuple[int, int]:
        """An input further per stride of outputs."""
        return self.stride, 1

    @property
    def gap(self) -> int:
        """A dilation of d that meets a stride of s skips positions: ``d / gcd(d, s)``."""
        return self.dilation // gcd(self.dilation, self.stride)

    def sees(self, j: int) -> tuple[int, int]:
        """First and last i with ``s·i − p + d·t = j`` for some t in ``0..k−1``; :data:`NOTHING` if there is none."""
        shared = gcd(self.dilation, self.stride)
        place, rest = divmod(j + self.padding, shared)
        if rest:
            return NOTHING
        every, step = self.stride // shared, self.dilation // shared  # t is known but for multiples of *every*
        t = place * pow(step, -1, every) % every
        if t >= self.kernel:
            return NOTHING
        last = t + (self.kernel - 1 - t) // every * every
        return (place - step * last) // every, (place - step * t) // every


class Nearest(NamedTuple):
    """Nearest-neighbor resampling of n positions to m: position j copies ``⌊jn/m⌋``."""

    n: int
    m: int

    @property
    def period(self) -> tuple[int, int]:
        """The pattern repeats with the ratio m : n in lowest terms."""
        g = gcd(self.n, self.m)
        return self.m // g, self.n // g

    @property
    def gap(self) -> int:
        """Only one position is read."""
        return 1

    def sees(self, j: int) -> tuple[int, int]:
        """The position copied."""
        return j * self.n // self.m, j * self.n // self.m


class Blend(NamedTuple):
    """Linear (taps = 2) or cubic (4) resampling of n positions to m, with or without aligned corners.

    Source: position ``(j + ½) n/m − ½``, or ``j (n − 1)/(m − 1)`` with aligned corners, as ``torch`` computes it.
    """

    n: int
    m: int
    taps: int = 2
    align: bool = False

    @property
    def _ratio(self) -> tuple[int, int]:
        return (self.n - 1, max(self.m - 1, 1)) if self.align else (self.n, self.m)

    @property
    def period(self) -> tuple[int, int]:
        """The pattern repeats with the ratio of sizes (or of gaps between corners) in lowest terms."""
        n, m = self._ratio
        g = gcd(n, m)
        return m // g, n // g

    @property
    def gap(self) -> int:
        """Neighbors are read."""
        return 1

    def sees(self, j: int) -> tuple[int, int]:
        """The pixels around the position, or the pixel alone if it is hit exactly."""
        n, m = self._ratio
        whole, rest = divmod(j * n, m) if self.align else divmod((2 * j + 1) * n - m, 2 * m)
        reach = self.taps // 2
        return (whole, whole) if rest == 0 else (whole - reach + 1, whole + reach)


class Shift(NamedTuple):
    """Cropping or padding: position j is position ``j + by`` of the input; *border* as that of :class:`Slide`."""

    by: int
    border: str = ""

    @property
    def period(self) -> tuple[int, int]:
        """One to one."""
        return 1, 1

    @property
    def gap(self) -> int:
        """One position is read."""
        return 1

    def sees(self, j: int) -> tuple[int, int]:
        """The position it was."""
        return j + self.by, j + self.by


class Whole(NamedTuple):
    """Everything, from every position: dense layers, attention, global pooling."""


WHOLE = Whole()


class Unseen(NamedTuple):
    """Nothing: of an input that only says how large the result is, no value is read."""


UNSEEN = Unseen()


class Turned(NamedTuple):
    """Axes in another order: per spatial axis of the input, which one of the output it has become; None: none."""

    axes: tuple[int | None, ...]


class Each(NamedTuple):
    """What is seen of each of the values that arrive at a port that takes many, where that differs."""

    values: tuple[tuple[Window, ...], ...]


Seen = tuple[Window, ...] | Whole | Unseen | Turned | Each | None
"""What a layer sees of one input: a window per spatial axis, the whole, nothing, axes in another order, or (None)
only the same position."""
