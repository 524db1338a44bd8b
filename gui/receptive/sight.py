"""What one value of a node sees, as a value: its position, its pixels, and the layers through which it sees them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from graph.analysis import Report
from graph.growth import Sizes, Step, rectangle, trace
from graph.receptive import Field
from graph.tensors import Tensor

Spans = tuple[tuple[int, int], ...]
"""First and last pixel per axis, both included; empty: nothing of the image, only padding."""


@dataclass(frozen=True)
class Sight:
    """One value of the node at *path*, and what it sees of the input *source*.

    *position* has an index per axis of *map* (both empty for a vector), *image* is the size of the input.
    """

    report: Report
    path: str
    source: str
    channels: int
    image: Sizes
    map: Sizes
    position: Sizes
    field: Field
    spans: Spans

    @cached_property
    def steps(self) -> list[tuple[Step, Sizes]]:
        """The layers that made the field larger, each with a position of its own map."""
        return trace(self.report, self.path, self.position, self.source)

    def spans_of(self, i: int) -> Spans:
        """What the position of the *i*-th step sees."""
        step, at = self.steps[i]
        return rectangle(self.report, step.path, at, self.source)

    @property
    def share(self) -> float:
        """Which part of the image the rectangle is."""
        seen = total = 1
        for (first, last), n in zip(self.spans, self.image, strict=True):
            seen, total = seen * (last - first + 1), total * n
        return seen / total if self.spans else 0.0

    @property
    def size(self) -> Sizes:
        """Pixels seen, borders ignored; empty where all is seen."""
        return tuple(r.size for r in self.field.axes)

    @property
    def stride(self) -> tuple[Fraction, ...]:
        """Pixels from one value to the next."""
        return tuple(r.stride for r in self.field.axes)

    @property
    def start(self) -> Sizes:
        """The first pixel that the value at 0 sees, padding included: mostly below 0."""
        return tuple(min(r.lo[0], r.hi[0]) for r in self.field.axes)

    @property
    def beyond(self) -> bool:
        """Whether part of what it would see lies over the border."""
        return bool(self.size) and self.spans_size != self.size

    @property
    def spans_size(self) -> Sizes:
        """Pixels seen, borders respected."""
        return tuple(last - first + 1 for first, last in self.spans)

    def nearest(self, pixel: tuple[float, ...]) -> Sizes:
        """The position whose pixels lie around *pixel*."""
        if len(self.field.axes) != len(self.map) or len(pixel) != len(self.map):
            return self.position
        found = []
        for reach, n, at in zip(self.field.axes, self.map, pixel, strict=True):
            middle = Fraction(reach.lo[0] + reach.hi[0], 2)
            found.append(min(max(round((Fraction(at) - middle) / reach.stride), 0), n - 1))
        return tuple(found)


def sight(report: Report, path: str, position: Sizes | None = None, source: str = "") -> Sight | None:
    """What the value at *position* (the middle one if None; brought into the map) sees; None if it sees no image."""
    fact = report[path]
    out = fact.output
    image = {name: flow for name, flow in report.inputs.items() if isinstance(flow, Tensor) and flow.spatial}
    field = next((f for f in fact.fields if f.input in image and (not source or f.input == source)), None)
    if field is None or not isinstance(out, Tensor):
        return None
    shape = out.spatial
    if position is None or len(position) != len(shape):
        position = tuple(n // 2 for n in shape)
    position = tuple(min(max(i, 0), n - 1) for i, n in zip(position, shape, strict=True))
    spans = rectangle(report, path, position, field.input)
    flow = image[field.input]
    return Sight(report, path, field.input, flow.channels, flow.spatial, shape, position, field, spans)
