"""The pixels that a position sees are those with a gradient: 200 random networks, an oracle that knows no rule.

``CANEVAS_FIELD_NETWORKS=5000 pytest tests/graph/test_seen_pixels.py`` compares more.
"""

from __future__ import annotations

import os
import random
from itertools import pairwise
from typing import Any

import pytest

from graph import Edge, Network, NetworkError, Node, analyze, edit
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat
from graph.layers.source import Input, Output
from graph.layers.tensor_ops import Permute
from graph.layers.windowed import PatchMerging, ShiftedWindowAttention
from graph.receptive import sees
from tests.graph.branching import positions, random_network

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")]

import runtime  # noqa: E402

NETWORKS = int(os.environ.get("CANEVAS_FIELD_NETWORKS", "200"))
BATCH = 20
"""Networks per test."""


class Everything(torch.nn.Module):
    """A pooling that reads all of its window: a maximum has a gradient at one value only."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Any) -> Any:
        out = self.pool(x)
        values = (self.pool.kernel_size, self.pool.stride, self.pool.padding, self.pool.dilation)
        k, s, p, d = ((v, v) if isinstance(v, int) else v for v in values)
        more = [max((out.shape[2 + i] - 1) * s[i] + d[i] * (k[i] - 1) + 1 - x.shape[2 + i] - p[i], 0) for i in (0, 1)]
        x = torch.nn.functional.pad(x, (p[1], more[1], p[0], more[0]))
        weight = torch.ones(x.shape[1], 1, *k, dtype=x.dtype)
        made = 1 + torch.nn.functional.conv2d(x, weight, None, s, 0, d, x.shape[1])
        return made[..., : out.shape[-2], : out.shape[-1]]


def running(network: Network, name: str) -> tuple[Any, dict[str, Any]]:
    """What computes the node *name*, and images: positive all, so that nothing cancels."""
    ended = network.change(
        nodes=network.nodes | {"end": Node("end", Output())}, edges=(*network.edges, Edge(name, "out", "end", "x"))
    )
    before = {name, "end"}
    for at in reversed(ended.order):
        before |= {e.source for e in ended.incoming.get(at, ())} if at in before else set()
    needed = edit.remove(ended, set(ended.nodes) - before)
    model = runtime.compile(needed).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.data = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) + 0.5
    for at, module in list(model.named_children()):
        if isinstance(module, torch.nn.MaxPool2d):
            setattr(model, at, Everything(module))
        elif isinstance(module, torch.nn.AdaptiveMaxPool2d):
            setattr(model, at, torch.nn.AdaptiveAvgPool2d(module.output_size))
    images = {
        n.name: (torch.rand(1, *n.layer.shape, generator=generator, dtype=torch.float64) + 0.5).requires_grad_()
        for n in needed.nodes.values()
        if n.kind == "Input"
    }
    return model, images


def with_gradient(model: Any, images: dict[str, Any], position: tuple[int, int]) -> dict[str, Any]:
    """First and last pixel with a gradient, along each axis, of each image."""
    value = model(*images.values())[0, :, position[0], position[1]].sum()
    if not value.requires_grad:
        return {}
    found = {}
    for name, grad in zip(images, torch.autograd.grad(value, images.values(), allow_unused=True), strict=True):
        if grad is None:
            continue
        rows, columns = torch.nonzero(grad[0, 0].abs() > 1e-12 * value.abs(), as_tuple=True)
        if len(rows):
            found[name] = ((rows.min().item(), rows.max().item()), (columns.min().item(), columns.max().item()))
    return found


def compared(seed: int) -> int:
    """How many positions of a random network were held against gradients."""
    rng, count = random.Random(seed), 0
    network = random_network(rng)
    report = analyze(network)
    made = [name for name, node in network.nodes.items() if node.kind != "Input"]
    for name in dict.fromkeys([*made[-1:], *rng.sample(made, min(2, len(made)))]):
        model, images = running(network, name)
        for position in positions(rng, report[name].output.spatial):
            expected = with_gradient(model, images, position)
            assert sees(report, name, position) == expected, (seed, name, position)
            count += 1
    return count


@pytest.mark.parametrize("first", range(0, NETWORKS, BATCH))
def test_a_position_sees_exactly_the_pixels_with_a_gradient(first):
    counts = [compared(seed) for seed in range(first, min(first + BATCH, NETWORKS))]

    assert sum(counts) > 8 * len(counts)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_seen_does_not_depend_on_blocks(seed):
    rng = random.Random(seed)
    network = random_network(rng)
    *_, a, b, last = [n for n in network.order if network[n].kind != "Input"]
    try:
        wrapped = edit.wrap(network, [a, b], "unit").network
    except NetworkError:  # a path would leave the block and come back
        wrapped = edit.wrap(network, [b], "unit").network
    before, after = analyze(network), analyze(wrapped)

    for position in positions(rng, before[last].output.spatial):
        assert sees(after, last, position) == sees(before, last, position)
    for position in positions(rng, before[b].output.spatial):
        assert sees(after, f"unit.{b}", position) == sees(before, b, position)


@pytest.mark.parametrize(("shift", "merged"), [(0, False), (2, False), (2, True)])
def test_a_place_of_shifted_window_attention_sees_its_window(shift, merged):
    layers = [Conv2d(8, 3, padding=1), Permute((0, 2, 3, 1)), ShiftedWindowAttention(2, (4, 4), (shift, shift))]
    layers += [PatchMerging()] if merged else []
    nodes = {"image": Node("image", Input((1, 13, 10)))} | {f"n{i}": Node(f"n{i}", v) for i, v in enumerate(layers)}
    network = Network("swin", nodes, tuple(Edge(a, "out", b, "x") for a, b in pairwise(nodes)))
    back = edit.add(network, Permute((0, 3, 1, 2)), "back")[0]
    network = edit.connect(back, Edge(list(nodes)[-1], "out", "back", "x"))
    model, images = running(network, "back")
    for parameter in model.parameters():
        parameter.data *= 0.01
    report, rng = analyze(network), random.Random(0)

    for position in positions(rng, report["back"].output.spatial) * 3:
        assert sees(report, "back", position) == with_gradient(model, images, position)


def test_a_bypassed_merge_sees_what_its_first_input_sees():
    nodes = {"image": Node("image", Input((1, 9, 9))), "conv": Node("conv", Conv2d(1, 3, padding=1))}
    network = Network("n", nodes | {"add": Node("add", Add(), bypass=True)})
    for edge in (("image", "conv"), ("image", "add"), ("conv", "add")):
        network = edit.connect(network, Edge(edge[0], "out", edge[1], "x"))

    assert sees(analyze(network), "add", (4, 4)) == {"image": ((4, 4), (4, 4))}


def test_pieces_joined_along_space_see_their_own_image():
    nodes = {n: Node(n, Input((1, size, 6))) for n, size in (("upper", 5), ("lower", 4))}
    network = Network("n", nodes | {"join": Node("join", Concat(2)), "conv": Node("conv", Conv2d(1, 3, padding=1))})
    for edge in (("upper", "join"), ("lower", "join"), ("join", "conv")):
        network = edit.connect(network, Edge(edge[0], "out", edge[1], "x"))
    report = analyze(network)

    assert sees(report, "join", (6, 2)) == {"lower": ((1, 1), (2, 2))}
    assert sees(report, "conv", (5, 0)) == {"upper": ((4, 4), (0, 1)), "lower": ((0, 1), (0, 1))}
