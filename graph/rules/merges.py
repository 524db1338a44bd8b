"""Ways out where paths of different sizes or channels meet: the choice is the user's, each way works afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from graph import edit
from graph.errors import CanevasError
from graph.layer import Layer
from graph.layers.convolution import Conv1d, Conv2d, Conv3d
from graph.layers.dense import Linear
from graph.layers.merge import Concat, Pointwise
from graph.layers.resample import CenterCrop, Interpolate
from graph.network import Edge, Network
from graph.problems import Fix
from graph.rules.edits import put_named
from graph.rules.registry import arriving, fixes_for
from graph.tensors import Tensor
from graph.text import Message, say

if TYPE_CHECKING:
    from graph.report import Report

CONVOLUTIONS: dict[int, type[Layer]] = {1: Conv1d, 2: Conv2d, 3: Conv3d}
Chain = tuple[Layer, ...]
"""Layers that are put into one edge, one after the other."""


@fixes_for("merge_differs")
def bring_together(report: Report, name: str) -> tuple[Fix, ...]:
    """Every way that brings all inputs of a merge together: resize, crop, stride, projection."""
    fact = report.facts[name]
    edges = arriving(report, name)
    shapes: tuple[Tensor, ...] = fact.inputs[0]
    layer = fact.layer
    if not isinstance(layer, (Concat, Pointwise)) or len({len(s.dims) for s in shapes}) > 1 or shapes[0].channels_last:
        return ()
    return tuple(fix for way in (_resized, _cropped, _strided, _projected) for fix in way(layer, edges, shapes))


def _resized(layer: Layer, edges: tuple[Edge, ...], shapes: tuple[Tensor, ...]) -> Iterator[Fix]:
    """The smaller maps are enlarged to the largest."""
    at = max(range(len(shapes)), key=lambda i: shapes[i].spatial)
    large = shapes[at]
    if len(large.spatial) != 2:
        return
    chains: list[Chain] = [
        (Interpolate(size=large.spatial, mode="bilinear"),) if s.spatial != large.spatial else () for s in shapes
    ]
    text = say("Resize {names} to {size}", names=_names(edges, chains), size=_size(large.spatial))
    yield from _working(layer, edges, shapes, chains, at, "resize", text)


def _cropped(layer: Layer, edges: tuple[Edge, ...], shapes: tuple[Tensor, ...]) -> Iterator[Fix]:
    """The middle of the larger maps is cut out."""
    at = min(range(len(shapes)), key=lambda i: shapes[i].spatial)
    small = shapes[at]
    if len(small.spatial) != 2 or any(n < m for s in shapes for n, m in zip(s.spatial, small.spatial, strict=True)):
        return
    chains: list[Chain] = [(CenterCrop(small.spatial),) if s.spatial != small.spatial else () for s in shapes]
    text = say("Crop {names} to {size}", names=_names(edges, chains), size=_size(small.spatial))
    yield from _working(layer, edges, shapes, chains, at, "crop", text)


def _strided(layer: Layer, edges: tuple[Edge, ...], shapes: tuple[Tensor, ...]) -> Iterator[Fix]:
    """The larger maps pass a 1×1 convolution with a stride, as the shortcuts of ResNet do."""
    at = min(range(len(shapes)), key=lambda i: shapes[i].spatial)
    small = shapes[at]
    if len(small.spatial) not in CONVOLUTIONS:
        return
    chains: list[Chain] = []
    for s in shapes:
        stride = tuple(-(-n // m) for n, m in zip(s.spatial, small.spatial, strict=True))
        channels = s.channels if isinstance(layer, Concat) else small.channels
        chains.append((_convolution(channels, stride),) if s.spatial != small.spatial else ())
    strides = {c.values["stride"][0] for chain in chains for c in chain}
    text = say(
        "Project {names} by a 1×1 convolution with stride {stride}",
        names=_names(edges, chains),
        stride=max(strides, default=1),
    )
    yield from _working(layer, edges, shapes, chains, at, "project_stride", text)


def _projected(layer: Layer, edges: tuple[Edge, ...], shapes: tuple[Tensor, ...]) -> Iterator[Fix]:
    """Other channels are brought to those of the first by a 1×1 convolution, other features by a Linear."""
    first = shapes[0]
    if isinstance(layer, Concat) or any(s.spatial != first.spatial for s in shapes):
        return
    if len(first.dims) > 2 and len(first.spatial) not in CONVOLUTIONS:
        return
    chains: list[Chain] = [(_projection(first),) if s.channels != first.channels else () for s in shapes]
    text = say("Project {names} to {c} maps by a 1×1 convolution", names=_names(edges, chains), c=first.channels)
    if len(first.dims) == 2:
        text = say("Project {names} to {c} features by a Linear", names=_names(edges, chains), c=first.channels)
    yield from _working(layer, edges, shapes, chains, 0, "project", text)


def _convolution(channels: int, stride: tuple[int, ...]) -> Layer:
    return CONVOLUTIONS[len(stride)](channels, 1, stride=stride, bias=False)


def _projection(to: Tensor) -> Layer:
    return Linear(to.channels, bias=False) if len(to.dims) == 2 else _convolution(to.channels, (1,) * len(to.spatial))


def _working(
    layer: Layer,
    edges: tuple[Edge, ...],
    shapes: tuple[Tensor, ...],
    chains: list[Chain],
    at: int,
    id: str,
    text: Message,
) -> Iterator[Fix]:
    """The fix that puts *chains* into the edges, with projections to the channels of the input *at*, if it works."""
    if not any(chains):
        return
    try:
        found = [_through(chain, s) for chain, s in zip(chains, shapes, strict=True)]
        if not isinstance(layer, Concat):
            for i, shape in enumerate(found):
                if shape.channels != shapes[at].channels:
                    chains[i] = (*chains[i], _projection(shapes[at]))
            found = [_through(chain, s) for chain, s in zip(chains, shapes, strict=True)]
        layer.output(tuple(found))
    except CanevasError:
        return
    yield Fix(id, text, _put(tuple(zip(edges, chains, strict=True)), edges[at]))


def _through(chain: Chain, x: Tensor) -> Tensor:
    for layer in chain:
        x = layer.output(x)
    return x


def _put(chains: tuple[tuple[Edge, Chain], ...], like: Edge) -> Callable[[Network], Network]:
    def apply(network: Network) -> Network:
        for edge, chain in chains:
            if not chain:
                continue
            network, names = put_named(network, edge, *chain)
            if isinstance(chain[0], (Interpolate, CenterCrop)):  # the size follows that of the other path
                network = edit.connect(network, Edge(like.source, like.out, names[0], "like"))
        return network

    return apply


def _names(edges: tuple[Edge, ...], chains: list[Chain]) -> str:
    return ", ".join(dict.fromkeys(edge.source for edge, chain in zip(edges, chains, strict=True) if chain))


def _size(size: tuple[int, ...]) -> str:
    return "×".join(map(str, size))
