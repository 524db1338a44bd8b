"""Receptive fields: which pixels of the input a value sees, exactly, on any graph.

A :class:`Reach` describes one axis of a map: position ``j = len(lo)·q + r`` sees the pixels from ``step·q + lo[r]`` to
``step·q + hi[r]``, borders ignored.  One phase (``len(lo) == 1``) is the usual case; up-sampling makes more, so that
strides below one stay exact and no fraction is needed.

Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

from graph.region import Interval as Interval
from graph.region import sees as sees
from graph.windows import NOTHING, Each, Seen, Turned, Unseen, Whole, Window

FAR = 1 << 40
"""Stands for "no pixel" in an empty phase: ``lo = FAR``, ``hi = -FAR``."""


class Reach(NamedTuple):
    """What the positions along one axis see of one axis of the input; see the module's docstring."""

    step: int
    lo: tuple[int, ...]
    hi: tuple[int, ...]

    @property
    def size(self) -> int:
        """Pixels between the first and the last one seen, both included; of the phase that sees most."""
        return max(max(h - low + 1 for low, h in zip(self.lo, self.hi, strict=True)), 0)

    @property
    def stride(self) -> Fraction:
        """Pixels of the input between two neighboring positions."""
        return Fraction(self.step, len(self.lo))


START = Reach(1, (0,), (0,))
"""An input pixel sees itself."""


class Field(NamedTuple):
    """What a value sees of one input: per spatial axis of that input a reach, and whether something sees all of it.

    *whole* with axes: the local field, beside a gate that has seen everything ("global context");
    *whole* without axes: every value depends on the whole input.
    """

    input: str
    axes: tuple[Reach, ...]
    whole: bool = False


Fields = tuple[Field, ...]
"""What a value sees, per input of the network; inputs that it does not see are absent."""


PHASE_LIMIT, TAP_LIMIT = 1024, 16_384
"""A pattern of more phases than this, or of more positions that they read, is not followed: nobody could read it."""


@lru_cache(maxsize=65_536, typed=True)  # windows of two classes with the same numbers are equal as tuples
def forward(reach: Reach, window: Window) -> Reach | None:
    """The reach after a *window* has slid over positions with the given *reach*; None if its pattern is too long."""
    phases = len(reach.lo)
    outputs, inputs = window.period
    if phases == 1 and outputs == 1:
        first, last = window.sees(0)
        if (first, last) != NOTHING:
            step = reach.step
            return Reach(step * inputs, (step * first + reach.lo[0],), (step * last + reach.hi[0],))
    times = phases // gcd(phases, inputs)
    count = times * outputs
    first, last = window.sees(0)
    if count > PHASE_LIMIT or count * ((last - first) // window.gap + 1) > TAP_LIMIT:
        return None
    found = [_hull(reach, window, r) for r in range(count)]
    step = reach.step * (times * inputs // phases)
    return _reduced(Reach(step, tuple(f[0] for f in found), tuple(f[1] for f in found)))


def _hull(reach: Reach, window: Window, j: int) -> tuple[int, int]:
    """First and last pixel that position *j* sees through *window*."""
    first, last = window.sees(j)
    phases, lo, hi = len(reach.lo), FAR, -FAR
    for i in range(first, last + 1, window.gap):
        q, r = divmod(i, phases)
        if reach.lo[r] != FAR:
            lo, hi = min(lo, reach.step * q + reach.lo[r]), max(hi, reach.step * q + reach.hi[r])
    return lo, hi


def _reduced(reach: Reach) -> Reach:
    """The same reach with as few phases as describe it."""
    phases = len(reach.lo)
    for n in range(1, phases):
        if phases % n or reach.step * n % phases:
            continue
        step = reach.step * n // phases
        if all(
            reach.lo[r] == reach.lo[r % n] + step * (r // n) and reach.hi[r] == reach.hi[r % n] + step * (r // n)
            for r in range(n, phases)
        ):
            return Reach(step, reach.lo[:n], reach.hi[:n])
    return reach


def union(a: Reach, b: Reach) -> Reach | None:
    """What positions see along two paths together; None if the paths disagree about the stride."""
    if len(a.lo) == len(b.lo) == 1:
        if a.step != b.step:
            return None
        return Reach(a.step, (min(a.lo[0], b.lo[0]),), (max(a.hi[0], b.hi[0]),))
    if a.stride != b.stride:
        return None
    phases = lcm(len(a.lo), len(b.lo))
    a, b = _spread(a, phases), _spread(b, phases)
    lo = tuple(min(x, y) for x, y in zip(a.lo, b.lo, strict=True))
    hi = tuple(max(x, y) for x, y in zip(a.hi, b.hi, strict=True))
    return _reduced(Reach(a.step, lo, hi))


def _spread(reach: Reach, phases: int) -> Reach:
    n = len(reach.lo)
    step = reach.step * (phases // n)

    def moved(values: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            values[r % n] if abs(values[r % n]) == FAR else values[r % n] + reach.step * (r // n) for r in range(phases)
        )

    return Reach(step, moved(reach.lo), moved(reach.hi))


def through(fields: Fields, seen: Seen) -> Fields:
    """The fields after a layer that sees *seen* of an input with the given *fields*."""
    if seen is None:
        return fields
    if isinstance(seen, Each):  # pieces side by side: each sees as much as it did
        return fields
    if isinstance(seen, Unseen):
        return ()
    if isinstance(seen, Whole | Turned):
        return tuple(Field(f.input, (), True) for f in fields)
    return tuple([_through(f, seen) for f in fields])


def _through(field: Field, windows: tuple[Window, ...]) -> Field:
    if len(field.axes) != len(windows):
        return field if not field.axes else Field(field.input, (), True)
    axes = tuple(map(forward, field.axes, windows))
    known = tuple([reach for reach in axes if reach is not None])
    return Field(field.input, known, field.whole) if len(known) == len(axes) else Field(field.input, (), True)


def together(parts: Iterable[Fields]) -> Fields:
    """The fields of a node whose inputs have the fields *parts*: per input of the network, all that any path sees.

    Where a path is global and another local, the local field stays and is marked whole; where paths disagree about
    the stride they cannot be lined up, and the value sees the whole input.
    """
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    found: dict[str, Field] = {}
    for fields in parts:
        for field in fields:
            present = found.get(field.input)
            found[field.input] = field if present is None else _united(present, field)
    return tuple(found.values())


def _united(a: Field, b: Field) -> Field:
    if a == b:
        return a
    whole = a.whole or b.whole
    if not a.axes or not b.axes:
        return Field(a.input, a.axes or b.axes, whole)
    if len(a.axes) != len(b.axes):
        return Field(a.input, (), True)
    axes = tuple(map(union, a.axes, b.axes))
    known = tuple([r for r in axes if r is not None])
    return Field(a.input, known, whole) if len(known) == len(axes) else Field(a.input, (), True)


def disagree(a: Fields, b: Fields) -> bool:
    """Whether two paths from the same input arrive with different strides, so that their pixels do not line up."""
    by_input = {f.input: f for f in a}
    for field in b:
        other = by_input.get(field.input)
        if other is None or not other.axes or len(other.axes) != len(field.axes):
            continue
        for x, y in zip(other.axes, field.axes, strict=True):
            if x.step * len(y.lo) != y.step * len(x.lo):
                return True
    return False


def sizes(fields: Fields) -> tuple[int, ...]:
    """Pixels seen along each axis of the first input; empty where only "everything" can be said."""
    return tuple(r.size for r in fields[0].axes) if fields else ()


def strides(fields: Fields) -> tuple[Fraction, ...]:
    """Pixels of the first input between neighboring positions, per axis."""
    return tuple(r.stride for r in fields[0].axes) if fields else ()
