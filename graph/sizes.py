"""Which images a network can take with the weights it has, and by how much its maps shrink.

The rules of shapes know no inverse, so sizes are tried: one analysis each.  A size fits if no layer refuses it and no
weight would have another shape: after a Flatten, a Linear wants exactly the features that it has weights for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from graph.analysis import Report, analyze
from graph.layers.source import Input
from graph.network import Network
from graph.receptive import strides
from graph.tensors import Tensor
from graph.text import Message, say

TRIED = 64
"""How many sizes on each side of the present one are tried at the most."""


@dataclass(frozen=True)
class Sizes:
    """The heights (and widths, changed by as much) of images that a network takes.

    *low* and *high* bound the run of multiples of *step* around the present size; *high* is None where no bound was
    found among those tried.
    """

    low: int
    high: int | None
    step: int = 1

    def __str__(self) -> str:
        return str(self.message)

    @property
    def message(self) -> Message:
        """In words: ``28 to 31 px``, ``from 7 px``, ``multiples of 16``."""
        if self.high == self.low:
            return say("{n} px", n=self.low)
        if self.step > 1:
            return say("multiples of {n}", n=self.step)
        if self.high is None:
            return say("from {n} px", n=self.low)
        return say("{low} to {high} px", low=self.low, high=self.high)


def total_stride(report: Report) -> Fraction:
    """Pixels of the image per step of the coarsest map."""
    found = [s for _, f in report.leaves() if f.fields and f.fields[0].axes for s in strides(f.fields)]
    return max(found, default=Fraction(1))


def input_sizes(report: Report, tried: int = TRIED) -> Sizes | None:
    """The sizes of images that the network takes; None where it takes no image, or none as it is.

    Args:
        report: what analysis found of it.
        tried: how many sizes on each side of the present one to try.
    """
    image = next((f for f in report.inputs.values() if isinstance(f, Tensor) and f.spatial), None)
    if image is None or not _fits(report):
        return None
    n = image.spatial[0]
    span = min(tried, max(2 * int(total_stride(report)), 8))
    fits = {0: True} | {by: _fits_by(report, by) for by in range(-min(span, n - 1), span + 1) if by}
    step = next((s for s in range(1, span + 1) if fits.get(s) or fits.get(-s)), 0)
    if step == 0:
        return Sizes(n, n)
    if step > 1:
        return Sizes(n, None, step) if n % step == 0 else Sizes(n, n)
    low = high = 0
    while fits.get(low - 1):
        low -= 1
    while fits.get(high + 1):
        high += 1
    smallest = n + low if not fits.get(low - 1, True) or n + low == 1 else _smallest(report, n)
    return Sizes(smallest, None if high == span else n + high)


def _smallest(report: Report, n: int) -> int:
    """The smallest size that fits, where all from it to *n* do."""
    low, high = 1, n
    while low < high:
        middle = (low + high) // 2
        if _fits_by(report, middle - n):
            high = middle
        else:
            low = middle + 1
    return low


def _fits(report: Report) -> bool:
    return all(f.error is None for _, f in report.leaves())


def _fits_by(report: Report, by: int) -> bool:
    """Whether the network with its weights takes images that are larger by *by* pixels along each axis."""
    other = analyze(resized(report.network, by))
    return _fits(other) and all(other.facts[name].weights == fact.weights for name, fact in report.facts.items())


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
