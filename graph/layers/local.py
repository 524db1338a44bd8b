"""Windows with less sharing than a convolution: weights of their own for each position, or chosen maps for each filter.

Sources: LeCun, "Generalization and network design strategies", 1989; LeCun and others, "Backpropagation applied to
handwritten zip code recognition", 1989.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod
from typing import Any

from graph.arithmetic import times
from graph.errors import InvalidValue, ShapeError
from graph.layer import Explanation, Layer, Weight, kind
from graph.layers.convolution import (
    Convolution,
    bias_value,
    filters_value,
    kernel_value,
    padding_number_value,
    stride_value,
)
from graph.tensors import Tensor
from graph.text import number, say
from graph.values import Size1, Size2, shown, value


def _border(axes: int) -> Any:
    return value((0,) * axes, low=0, high=10_000, label="Padding", help="Pixels added around the maps.")


class LocallyConnected(Convolution):
    """What locally connected layers over any number of axes share: a convolution that shares no weights."""

    module = "runtime.modules"
    formula = "y[o, i] = b[o, i] + Σ w[o, c, u, i] · x[c, s·i + u − p]"
    source = "LeCun, 1989"
    words = "local unshared weights locale poids non partagés convolution darknet keras deepface"
    groups = 1
    padding_mode = "zeros"
    padding_value = 0.0

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """``(out_channels, in_channels, *kernel_size, *positions)``, and a bias per filter and position."""
        places = self.output(x).spatial
        found = {"weight": Weight((self.out_channels, x.channels, *self.kernel_size, *places))}
        return found | {"bias": Weight((self.out_channels, *places))} if self.bias else found

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """The channels and the size that arrive; weights for each position need a size that is known."""
        found = super().arguments(x)
        first = {"in_channels": x.channels, "out_channels": found.pop("out_channels"), "size": x.spatial}
        return first | {k: v for k, v in found.items() if k != "in_channels"}

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """As a convolution, but each position has weights of its own."""
        if quantity != "weights":
            return super().explain(quantity, *x)
        arrives: Tensor = x[0]
        places = self.output(arrives).spatial
        window = times(*self.kernel_size, arrives.channels)
        total = number(sum(w.size for w in self.weights(arrives).values()))
        worked = f"{f'({window} + 1)' if self.bias else window} × {times(*places, self.out_channels)} = {total}"
        why = say("Nothing is shared: each filter has a window of weights, and a bias, for each position.")
        plain = say("Nothing is shared: each filter has a window of weights for each position.")
        formula = "(k × k × C + 1) × H × W × filters" if self.bias else "k × k × C × H × W × filters"
        return Explanation(formula, worked, total, why if self.bias else plain, self.source)


@kind
class LocallyConnected2d(LocallyConnected):
    """A convolution whose windows share nothing: at each position, other patterns are looked for."""

    axes = 2
    dilation = (1, 1)

    out_channels: int = filters_value()
    kernel_size: Size2 = kernel_value(2)
    stride: Size2 = stride_value(2)
    padding: Size2 = _border(2)
    bias: bool = bias_value()


@kind
class LocallyConnected1d(LocallyConnected):
    """A convolution along a signal whose windows share nothing: at each position, other patterns are looked for."""

    axes = 1
    dilation = (1,)

    out_channels: int = filters_value()
    kernel_size: Size1 = kernel_value(1)
    stride: Size1 = stride_value(1)
    padding: Size1 = _border(1)
    bias: bool = bias_value()


TABLE_LIMIT = 100_000
"""A table has no more connections; a file that says so is refused before it can hurt."""

_ROW = re.compile(r"\s*(\d{1,6}(?:-\d{1,6})?(?:\s*,\s*\d{1,6}(?:-\d{1,6})?)*)\s*(?:[x×]\s*(\d{1,6}))?\s*")


@lru_cache(256)
def read_table(text: str) -> tuple[tuple[int, ...], ...]:
    """The maps that each filter sees, from ``0-7 x4; 4-11 x4; 0-3, 8-11 x4``: a row per filter, or per few alike.

    >>> read_table("0-2 x2; 0, 3")
    ((0, 1, 2), (0, 1, 2), (0, 3))

    Raises:
        InvalidValue: it cannot be read, names a map twice in a row, or is too long.
    """
    rows: list[tuple[int, ...]] = []
    connections = 0
    for part in text.split(";"):
        found = _ROW.fullmatch(part)
        maps: list[int] = []
        for piece in found[1].split(",") if found else ():
            first, _, last = piece.strip().partition("-")
            maps += range(int(first), min(int(last or first), int(first) + TABLE_LIMIT) + 1)
        if not found or not maps or len(set(maps)) != len(maps):
            raise InvalidValue(
                'table: {given} names no maps. Write the maps of each filter, such as "0-2; 0, 3", and how many '
                'filters are alike, such as "0-7 x4".',
                given=shown(part.strip()),
            )
        times = int(found[2] or 1)
        connections += len(maps) * times
        if connections > TABLE_LIMIT or times < 1:
            raise InvalidValue(
                "table: there are {n} connections; at most {limit} are allowed, and each row stands at least once.",
                n=connections,
                limit=TABLE_LIMIT,
            )
        rows += [tuple(sorted(maps))] * times
    return tuple(rows)


@kind
class TableConv2d(Convolution):
    """A convolution in which a table says which maps each filter sees, so that filters are forced to differ.

    Each connection has a window of weights.  The bias may be one per filter, or, as in 1989, one per unit: for each
    filter and position.
    """

    axes = 2
    module = "runtime.modules"
    formula = "y[o, i] = b + Σ_{c ∈ table[o]} Σ_u w[o, c, u] · x[c, s·i + u − p]"
    words = "connection table connexions lenet sparse partial partielle convolution map"
    dilation = (1, 1)
    groups = 1
    padding_mode = "zeros"

    table: str = value(
        "0 x4",
        label="Table",
        always=True,
        reads=read_table,
        help='The maps that each filter sees, counted from 0: "0-2; 0, 3" are two filters, "0-7 x4" are four alike.',
    )
    kernel_size: Size2 = kernel_value(2)
    stride: Size2 = stride_value(2)
    padding: Size2 = _border(2)
    padding_value: float = padding_number_value()
    biases: str = value(
        "filter",
        choices=("filter", "unit", "none"),
        label="Biases",
        help="One learned number for each filter, for each filter at each position, or none.",
    )

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The maps that each filter sees."""
        return read_table(self.table)

    @property
    def out_channels(self) -> int:  # type: ignore[override]
        """How many filters: the rows of the table."""
        return len(self.rows)

    @property
    def bias(self) -> bool:  # type: ignore[override]
        """Whether there is any."""
        return self.biases != "none"

    @property
    def connections(self) -> int:
        """How many pairs of a filter and a map that it sees."""
        return sum(map(len, self.rows))

    def output(self, x: Tensor) -> Tensor:
        """A map per row of the table.

        Raises:
            ShapeError: the table names a map that does not arrive, or what every convolution refuses.
        """
        found = super().output(x)
        last = max(max(row) for row in self.rows)
        if last >= x.channels:
            raise ShapeError(
                "The table names map {last}, but {n} arrive, counted from 0: give it more maps, or name fewer.",
                code="no_such_map",
                last=last,
                n=x.channels,
            )
        return found

    def weights(self, x: Tensor) -> dict[str, Weight]:
        """A window for each connection, and the biases."""
        found = {"weight": Weight((self.connections, *self.kernel_size))}
        if self.biases == "unit":
            return found | {"bias": Weight(self.output(x).shape)}
        return found | {"bias": Weight((self.out_channels,))} if self.bias else found

    def macs(self, x: Tensor) -> int:
        """At each position, a window for each connection."""
        return prod(self.output(x).spatial) * prod(self.kernel_size) * self.connections

    def arguments(self, x: Tensor) -> dict[str, Any]:
        """The table as rows of numbers; the size of the result where each unit has a bias."""
        found = Layer.arguments(self, x) | {"table": self.rows}
        found.pop("biases", None)
        if found.pop("padding_value", 0.0):
            found.pop("padding", None)
        if self.biases == "unit":
            found |= {"units": self.output(x).spatial}
        return {"in_channels": x.channels} | found | ({} if self.bias else {"bias": False})

    def explain(self, quantity: str, *x: Any) -> Explanation | None:
        """The sums of its weights and of its multiply-adds, by connections."""
        arrives: Tensor = x[0]
        window, n = times(*self.kernel_size), number(self.connections)
        out = self.output(arrives)
        if quantity == "weights":
            biases = {"filter": (self.out_channels,), "unit": out.shape, "none": ()}[self.biases]
            total = number(sum(w.size for w in self.weights(arrives).values()))
            worked = f"{n} × {window}{' + ' + times(*biases) if biases else ''} = {total}"
            why = say("The table has {n} connections of a filter with a map; each has a window of weights.", n=n)
            return Explanation("connections × k × k + biases", worked, total, why, self.source)
        if quantity == "macs":
            total = number(self.macs(arrives))
            worked = f"{times(*out.spatial)} × {window} × {n} = {total}"
            why = say("At every position, each connection multiplies and adds its window.")
            return Explanation("H × W × k × k × connections", worked, total, why, self.source)
        return super().explain(quantity, *x)
