"""Which dimensions of what a network takes may have other sizes in an exported graph: images per batch, their sides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from graph.analysis import Report
from graph.sizes import input_sizes, total_stride
from graph.tensors import SPACE, Sizes, Tensor
from graph.text import Message, say

NAMES = {"L": "length", "D": "depth", "H": "height", "W": "width"}
SIDES = {
    "length": say("length"),
    "depth": say("depth"),
    "height": say("height"),
    "width": say("width"),
}
LARGEST_STEP = 512
"""A network that goes in larger steps is said to take its own size only."""


@dataclass(frozen=True)
class Free:
    """What may be another number than in the example.

    Args:
        batch: whether any number of images may go through at once.
        sides: names of the axes of space that are free, ``("height", "width")``.
        step: their sizes are so many pixels apart.
        low: the smallest of these sizes, in pixels.
    """

    batch: bool = False
    sides: tuple[str, ...] = ()
    step: int = 1
    low: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {**asdict(self), "sides": list(self.sides)}

    @property
    def message(self) -> Message:
        """In a sentence."""
        if not self.batch:
            return say("It takes exactly as many images, of the same size, as in the example.")
        if not self.sides:
            return say("It takes any number of images at once, of this size only.")
        sides = tuple(SIDES[side] for side in self.sides)
        values = {"step": self.step, "low": self.low, "first": sides[0], "last": sides[-1]}
        if len(sides) == 1 and self.step == 1:
            return say("It takes any number at once, of any {first} from {low}.", **values)
        if len(sides) == 1:
            return say("It takes any number at once; {first} from {low} in steps of {step}.", **values)
        if self.step == 1:
            return say("It takes any number of images at once; {first} and {last} from {low} px.", **values)
        return say(
            "It takes any number of images at once; {first} and {last} from {low} px in steps of {step}.", **values
        )


def hoped(report: Report) -> list[Free]:
    """What may be tried, the most first: sizes in steps of the total stride where analysis finds that these fit."""
    found = [Free(batch=True), Free()]
    flows = [flow for flow in report.inputs.values() if isinstance(flow, Tensor)]
    if any(isinstance(flow, Sizes) for fact in report.facts.values() for flow in fact.outputs):
        return found  # images are brought to a size that depends on which side is longer: no graph can say so
    sizes = input_sizes(report) if len(flows) == 1 and flows[0].spatial else None
    if sizes is None or sizes.high is not None:
        return found
    stride, spatial = total_stride(report), flows[0].spatial
    step = lcm(sizes.step, int(stride)) if stride == Fraction(int(stride)) else sizes.step
    rest = {side % step for side in spatial}
    if step > LARGEST_STEP or len(rest) != 1:
        return found
    low = sizes.low if sizes.step == 1 else step
    low += (rest.pop() - low) % step
    return [Free(True, tuple(NAMES[axis] for axis in SPACE[len(spatial)]), step, low), *found]
