"""Random networks whose paths part and meet, up and down, with every way of sliding: for laws about what is seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from graph import Edge, Network, Node, analyze
from graph.layers.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from graph.layers.axes import Transpose
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat, Mean, Multiply
from graph.layers.parts import Chunk, Slice
from graph.layers.pooling import AvgPool2d, LPPool2d, MaxPool2d
from graph.layers.resample import CenterCrop, Interpolate, Upsample
from graph.layers.shuffle import Pad, PixelShuffle, PixelUnshuffle
from graph.layers.source import Input
from graph.layers.tensor_ops import Permute
from graph.layers.transposed import ConvTranspose2d


def _two(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    return rng.randint(low, high), rng.randint(low, high)


def _convolution(rng: random.Random) -> Any:
    border = rng.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
    if rng.random() < 0.2:
        return Conv2d(2, _two(rng, 1, 4), padding="same", dilation=_two(rng, 1, 3), padding_mode=border)
    values = {"stride": _two(rng, 1, 3), "padding": _two(rng, 0, 3), "dilation": _two(rng, 1, 3)}
    return Conv2d(2, _two(rng, 1, 4), padding_mode=border, **values)


def _kept(rng: random.Random) -> Any:
    """As large as what arrives, so that paths meet again."""
    d = rng.randint(1, 4)
    return Conv2d(2, 3, padding=d, dilation=d)


def _transposed(rng: random.Random) -> Any:
    values = {"stride": _two(rng, 1, 3), "padding": _two(rng, 0, 2), "dilation": _two(rng, 1, 4)}
    return ConvTranspose2d(2, _two(rng, 1, 4), output_padding=_two(rng, 0, 1), **values)


def _resampled(rng: random.Random) -> Any:
    mode = rng.choice(["nearest", "bilinear", "bicubic"])
    corners = mode != "nearest" and rng.random() < 0.4
    factor = rng.choice([2.0, 3.0, 1.5, 0.5])
    return rng.choice([Upsample(factor, mode, corners), Interpolate(_two(rng, 2, 40), mode, corners)])


def _pooled(rng: random.Random) -> Any:
    k, d = _two(rng, 1, 3), _two(rng, 1, 3)
    border = tuple(rng.randint(0, n // 2) for n in k)
    return rng.choice(
        [
            MaxPool2d(k, _two(rng, 1, 3), border, d, ceil_mode=rng.random() < 0.5),
            AvgPool2d(k, _two(rng, 1, 3), border, rng.random() < 0.5),
            LPPool2d(2.0, k, _two(rng, 1, 3), ceil_mode=rng.random() < 0.5),
            AdaptiveAvgPool2d(_two(rng, 1, 9)),
            AdaptiveMaxPool2d(_two(rng, 1, 9)),
        ]
    )


def _bordered(rng: random.Random) -> Any:
    mode = rng.choice(["constant", "reflect", "replicate", "circular"])
    low = -2 if mode == "constant" else 0
    return rng.choice(
        [
            Pad((*_two(rng, low, 3), *_two(rng, low, 3)), mode, 1.0 if mode == "constant" else 0.0),
            CenterCrop(_two(rng, 3, 20)),
        ]
    )


def _rearranged(rng: random.Random) -> Any:
    part = Slice(rng.randint(2, 3), rng.randint(0, 4), rng.randint(2, 12))
    return rng.choice(
        [
            PixelShuffle(2),
            PixelUnshuffle(2),
            Permute((0, 1, 3, 2)),
            Transpose(2, 3),
            part,
            Chunk(2, 1, rng.choice([2, 3])),
        ]
    )


def _merged(rng: random.Random) -> Any:
    return rng.choice([Add(), Multiply(), Mean(), Concat(), Concat(2), Concat(3)])


DRAWN: list[Callable[[random.Random], Any]] = [_convolution, _convolution, _transposed, _resampled, _pooled]
DRAWN += [_merged, _merged, _bordered, _rearranged, _kept]


def random_network(rng: random.Random) -> Network:
    """One or two images, and layers that fit where they are tried: branches, merges, up and down."""
    nodes = {"image": Node("image", Input((1, 23, 19)))}
    if rng.random() < 0.3:
        nodes["second"] = Node("second", Input((1, *_two(rng, 9, 23))))
    network = Network("random", nodes)
    wanted = len(nodes) + rng.randint(3, 9)
    for _ in range(60):
        if len(network.nodes) == wanted:
            break
        layer, name = rng.choice(DRAWN)(rng), f"n{len(network.nodes)}"
        count = rng.randint(2, 3) if layer.inputs[0].many else 1
        ends = list(network.nodes)
        sources = rng.sample(ends, min(count, len(ends))) if count > 1 else [rng.choice(ends[-3:])]
        edges = tuple(Edge(source, "out", name, "x") for source in sources)
        trial = network.change(nodes=network.nodes | {name: Node(name, layer)}, edges=network.edges + edges)
        out = analyze(trial)[name].output
        if layer.kind == "PixelShuffle" and network[sources[0]].kind not in ("Conv2d", "ConvTranspose2d"):
            continue  # each position takes other channels, and only behind a convolution do all see the same
        if out is not None and len(out.spatial) == 2 and max(out.spatial) < 90:
            network = trial
    return network


def positions(rng: random.Random, sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Corners and what lies beside them, and any."""
    near = [tuple(rng.choice([0, min(1, n - 1), max(n - 2, 0), n - 1]) for n in sizes) for _ in range(3)]
    return near + [tuple(rng.randrange(n) for n in sizes) for _ in range(3)]
