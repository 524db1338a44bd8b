"""Which images a network can take with the weights it has, and by how much its maps shrink.

The rules of shapes know no inverse, so sizes are tried: one analysis each.  A size fits if no layer refuses it and no
weight would have another shape: after a Flatten, a Linear wants exactly the features that it has weights for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from graph.analysis import Report, analyze
from graph.layers.source import Input
from graph.network import Network
from graph.receptive import strides
from graph.tensors import Tensor
from graph.text import Message, say

LONGEST_STEP = 64
"""A network that wants multiples of more pixels than these is said to take its own size only."""
LARGEST = 4
"""Tried up to so many times the size: if that fits, any larger size is said to."""


@dataclass(frozen=True)
class Sizes:
    """The heights (and widths, changed by as much) of images that a network takes.

    *low* and *high* bound the run of sizes around the present one; *high* is None where no bound was found.  With a
    *step* above 1, low is the present size, and others lie so many pixels apart.
    """

    low: int
    high: int | None
    step: int = 1
    signal: bool = False
    """Whether values in time are counted, not pixels."""

    def __str__(self) -> str:
        return str(self.message)

    @property
    def message(self) -> Message:
        """In words: ``28 to 31 px``, ``from 7 px``, ``multiples of 16``; of a signal ``from 4 values``."""
        if self.step > 1:
            if self.low % self.step == 0:
                return say("multiples of {n}", n=self.step)
            words = say("{n} values, and steps of {step}") if self.signal else say("{n} px, and steps of {step}")
        elif self.high == self.low:
            words = say("{n} values") if self.signal else say("{n} px")
        elif self.high is None:
            words = say("from {n} values") if self.signal else say("from {n} px")
        else:
            words = say("{low} to {high} values") if self.signal else say("{low} to {high} px")
        return say(words.template, n=self.low, low=self.low, high=self.high or 0, step=self.step)


def total_stride(report: Report) -> Fraction:
    """Pixels of the image per step of the coarsest map."""
    found = [s for _, f in report.leaves() if f.fields and f.fields[0].axes for s in strides(f.fields)]
    return max(found, default=Fraction(1))


class _Late(Exception):
    """It takes too long."""


def input_sizes(report: Report, late: Callable[[], bool] = lambda: False) -> Sizes | None:
    """The sizes of images that the network takes; None where it takes no image, or none as it is.

    Args:
        report: what analysis found of it.
        late: asked before each try; once it says yes, the answer is None.
    """
    image = next((f for f in report.inputs.values() if isinstance(f, Tensor) and f.spatial), None)
    if image is None or not _fits(report):
        return None
    now, known = image.spatial[0], dict[int, bool]()

    def valid(size: int) -> bool:
        if late():
            raise _Late
        if size not in known:
            known[size] = size >= 1 and _fits_by(report, size - now)
        return known[size]

    try:
        return replace(_tried(now, valid), signal=len(image.spatial) == 1)
    except _Late:
        return None


def _tried(now: int, valid: Callable[[int], bool]) -> Sizes:
    step = next((d for d in range(1, LONGEST_STEP + 1) if valid(now + d)), 0)
    if step > 1 and valid(now + 2 * step):
        return Sizes(now, None, step)
    low = _edge(now, 1, valid)
    if step != 1:
        return Sizes(low, now)
    return Sizes(low, None if valid(LARGEST * now) else _edge(now, LARGEST * now, valid))


def _edge(good: int, end: int, valid: Callable[[int], bool]) -> int:
    """The last valid size between *good*, which is valid, and *end*."""
    if valid(end):
        return end
    bad = end
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if valid(middle):
            good = middle
        else:
            bad = middle
    return good


def _fits(report: Report) -> bool:
    return all(f.error is None for _, f in report.leaves())


def _fits_by(report: Report, by: int) -> bool:
    """Whether the network with its weights takes images that are larger by *by* pixels along each axis."""
    other = analyze(resized(report.network, by))
    return (
        other.parameters == report.parameters
        and _fits(other)
        and all(other.facts[name].weights == fact.weights for name, fact in report.facts.items())
    )


def resized(network: Network, by: int) -> Network:
    """The network whose images are *by* pixels larger along every axis; vectors stay."""
    nodes = dict(network.nodes)
    for name, node in network.nodes.items():
        if isinstance(node.layer, Input) and len(node.layer.shape) > 1:
            channels, *space = node.layer.shape
            shape = (channels, *(max(n + by, 1) for n in space))
            nodes[name] = type(node)(name, Input(shape), node.at, frozen=node.frozen, bypass=node.bypass)
    return network.change(nodes=nodes)


class Change(NamedTuple):
    """What another size of images changes.

    Args:
        report: what analysis finds of the network at that size.
        shapes: layers that then give another shape.
        weights: layers that would need weights of another shape: those there are do not fit.
        refused: layers that cannot take what then arrives.
    """

    report: Report
    shapes: tuple[str, ...]
    weights: tuple[str, ...]
    refused: tuple[str, ...]


def changes(report: Report, by: int) -> Change:
    """What images that are larger by *by* pixels along each axis (smaller, if negative) change, layer by layer."""
    other = analyze(resized(report.network, by))
    then = dict(other.leaves())
    shapes, weights, refused = [], [], []
    for path, fact in report.leaves():
        after = then.get(path)
        if after is None or after.error is not None:
            refused.append(path)
        elif not after.outputs:
            continue  # behind a layer that refuses
        else:
            if after.outputs != fact.outputs:
                shapes.append(path)
            if after.weights != fact.weights:
                weights.append(path)
    return Change(other, tuple(shapes), tuple(weights), tuple(refused))


def flops(report: Report) -> int:
    """Floating-point operations per image: two per multiply-add."""
    return 2 * report.macs


def intensity(report: Report) -> float:
    """Multiply-adds per byte that inference of one image touches: where it is low, memory is what limits the speed."""
    held = report.bytes(1)
    return report.macs / max(held["weights"] + held["activations"], 1)


def depth(report: Report) -> int:
    """Layers with weights on the longest path from an input to an output: what "16 layers" means in VGG16."""
    network = report.network
    found: dict[str, int] = {}
    for name in network.order:
        fact = report.facts.get(network.nodes[name].shares, report.facts[name])  # with the weights it uses
        own = depth(fact.inside) if fact.inside is not None else int("weight" in fact.weights and bool(fact.macs))
        found[name] = own + max((found[e.source] for e in network.incoming.get(name, ())), default=0)
    return max((found[name] for name in report.ends), default=0)
