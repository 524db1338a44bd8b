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
    """A sliding window: convolution and pooling with kernel k, stride s, padding p, dilation d."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

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


class Whole(NamedTuple):
    """Everything, from every position: dense layers, attention, global pooling."""


WHOLE = Whole()

Seen = tuple[Window, ...] | Whole | None
"""What a layer sees of one input: a window per spatial axis, the whole, or (None) only the same position."""
