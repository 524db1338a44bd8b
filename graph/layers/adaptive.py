"""Adaptive pooling: maps of a fixed size, whatever arrives."""

from __future__ import annotations

from typing import Any, ClassVar

from graph.arithmetic import pair, times
from graph.layer import Explanation, Layer, kind
from graph.layers.pooling import check_maps
from graph.tensors import Tensor
from graph.text import say
from graph.values import Size1, Size2, Size3, value
from graph.windows import WHOLE, Adapt, Seen


def _output_size(axes: int) -> Any:
    help = "Size of the maps that come out, along each axis; 1 takes the whole map together."
    return value((1,) * axes, low=1, high=10_000, label="Output size", always=True, help=help)


SHARE = "y[i] from x[⌊i·n/m⌋ .. ⌈(i+1)·n/m⌉ − 1]"


ADAPTIVE_WORDS = "adaptive global pooling adaptatif taille fixe mise en commun regroupement"


class AdaptivePooling(Layer):
    """What poolings to a fixed size share."""

    category = "pool"
    source = "He and others, 2014"
    formula = SHARE
    words = ADAPTIVE_WORDS
    axes: ClassVar[int] = 2

    output_size: tuple[int, ...]

    @property
    def caption(self) -> str:
        """The size that comes out."""
        return f"→ {pair(self.output_size)}"

    def output(self, x: Tensor) -> Tensor:
        """The same channels, ``output_size`` positions along each axis.

        Raises:
            ShapeError: what arrives has another number of axes.
        """
        check_maps(self, x, self.axes)
        return x.with_spatial(x.channels, self.output_size)

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Its share of the input along each axis; a single value for each map is one of the whole."""
        if set(self.output_size) == {1}:
            return (WHOLE,)
        return (tuple(Adapt(n, m) for n, m in zip(x[0].spatial, self.output_size, strict=True)),)

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """Which share of the input the first of its values takes."""
        if quantity != "output":
            return None
        n, m = x[0].spatial[-1], self.output_size[-1]
        why = say("Each of the {m} results takes its share of the {n} positions, whatever their number.", m=m, n=n)
        if m == 1:
            why = say("One result for each map: all {n} positions are taken together.", n=n)
        worked = f"{times(*x[0].spatial)} → {pair(self.output_size)}: ⌈{n}/{m}⌉ = {-(-n // m)}"
        return Explanation("n → m: ⌈n/m⌉", worked, str(self.output(*x)), why, self.source)


@kind
class AdaptiveAvgPool2d(AdaptivePooling):
    """Gives maps of a fixed size, whatever arrives: each output is the mean of its share of the input."""

    axes = 2
    output_size: Size2 = _output_size(2)


@kind
class AdaptiveAvgPool1d(AdaptivePooling):
    """Gives a signal of a fixed length: each output is the mean of its share of the input."""

    axes = 1
    output_size: Size1 = _output_size(1)


@kind
class AdaptiveAvgPool3d(AdaptivePooling):
    """Gives a volume of a fixed size: each output is the mean of its share of the input."""

    axes = 3
    output_size: Size3 = _output_size(3)


@kind
class AdaptiveMaxPool2d(AdaptivePooling):
    """Gives maps of a fixed size, whatever arrives: each output is the largest value of its share of the input."""

    axes = 2
    output_size: Size2 = _output_size(2)


@kind
class AdaptiveMaxPool1d(AdaptivePooling):
    """Gives a signal of a fixed length: each output is the largest value of its share of the input."""

    axes = 1
    output_size: Size1 = _output_size(1)


@kind
class AdaptiveMaxPool3d(AdaptivePooling):
    """Gives a volume of a fixed size: each output is the largest value of its share of the input."""

    axes = 3
    output_size: Size3 = _output_size(3)
