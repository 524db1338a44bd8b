"""Receptive fields against hand sums, published tables and gradients."""

import random
from itertools import pairwise

import pytest

from graph import Edge, Network, Node, analyze
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat
from graph.layers.pooling import AvgPool2d, MaxPool2d
from graph.layers.source import Input
from graph.receptive import START, Reach, chain, forward, sees, union
from graph.windows import Adapt, Nearest, Slide, Spread


def sequence(*layers, shape=(3, 224, 224)):
    """A chain of *layers* behind an input, named x0, x1, ..."""
    nodes = {"image": Node("image", Input(shape))} | {f"x{i}": Node(f"x{i}", layer) for i, layer in enumerate(layers)}
    names = list(nodes)
    edges = tuple(Edge(a, "out", b, "x" if nodes[b].layer.inputs else "") for a, b in pairwise(names))
    return Network("chain", nodes, edges)


def vgg(*widths):
    """Convolutions 3x3 and poolings ("M") as VGG writes them."""
    return [MaxPool2d() if w == "M" else Conv2d(w, 3, padding=1) for w in widths]


VGG16 = vgg(8, 8, "M", 8, 8, "M", 8, 8, 8, "M", 8, 8, 8, "M", 8, 8, 8, "M")
VGG_A = vgg(8, "M", 8, "M", 8, 8, "M", 8, 8, "M", 8, 8, "M")


def field(network, path):
    """Size and stride along the first axis."""
    found = analyze(network)[path].receptive_field
    return found.size[0], found.stride[0]


def test_two_convolutions_of_three_see_five_pixels_as_the_lecture_says():
    assert field(sequence(Conv2d(1, 3), Conv2d(1, 3)), "x1") == (5, 1)


def test_the_rpn_window_on_vgg16_sees_228_pixels_as_the_lecture_says():
    assert field(sequence(*VGG16[:-1], Conv2d(8, 3, padding=1)), "x17") == (228, 16)


@pytest.mark.parametrize(
    ("layers", "path", "expected"),
    [
        (VGG16, "x16", (196, 16)),  # conv5_3
        (VGG16, "x17", (212, 32)),  # pool5
        (VGG_A, "x12", (150, 32)),  # vgg_a last
        ([Conv2d(8, 11, stride=4), MaxPool2d(3, 2), Conv2d(8, 5, padding=2)], "x0", (11, 4)),  # alexnet_v2
        ([Conv2d(8, 11, stride=4), MaxPool2d(3, 2), Conv2d(8, 5, padding=2)], "x1", (19, 8)),
        ([Conv2d(8, 11, stride=4), MaxPool2d(3, 2), Conv2d(8, 5, padding=2)], "x2", (51, 8)),
    ],
)
def test_fields_are_those_of_araujo_norris_and_sim(layers, path, expected):
    assert field(sequence(*layers), path) == expected


def test_paths_of_one_stride_see_what_either_sees():
    a, b = forward(START, Slide(3, 1, 1)), forward(START, Slide(5, 1, 1))

    assert union(a, b) == Reach(1, (-1,), (3,))


def test_paths_of_different_strides_cannot_be_lined_up():
    assert union(forward(START, Slide(3, 2, 1)), START) is None


def test_windows_of_two_kinds_with_the_same_numbers_are_told_apart():
    """A transposed convolution behind a convolution with the same numbers showed the other's field."""
    assert forward(START, Slide(4, 2, 1)) != forward(START, Spread(4, 2, 1))
    assert forward(START, Adapt(26, 3)) != forward(START, Nearest(26, 3))


def test_adaptive_pooling_sees_its_share():
    reach = forward(START, Adapt(5, 2))  # positions 0..2 and 2..4

    assert (reach.size, reach.stride * 2) == (3, 5)


def test_the_chain_names_the_layers_that_make_the_field_larger():
    report = analyze(sequence(Conv2d(8, 3, padding=1), Conv2d(8, 3, padding=1), MaxPool2d(), Conv2d(8, 3, padding=1)))

    assert chain(report, "x3") == [
        ("x0", (3, 3), (3, 3)),
        ("x1", (5, 5), (3, 3)),
        ("x2", (6, 6), (2, 2)),
        ("x3", (10, 10), (3, 3)),
    ]


def random_network(rng):
    """A network with branches: convolutions, poolings, sums and concatenations on an image of 1 x 31 x 26."""
    nodes = {"image": Node("image", Input((1, 31, 26)))}
    edges, open_ends = [], ["image"]
    for i in range(rng.randint(3, 8)):
        name = f"n{i}"
        trial = dict(nodes)
        k, p = (rng.randint(1, 4), rng.randint(1, 4)), (rng.randint(0, 2), rng.randint(0, 2))
        layer = rng.choice(
            [
                Conv2d(2, k, stride=(rng.randint(1, 3), rng.randint(1, 2)), padding=p, dilation=rng.randint(1, 2)),
                Conv2d(2, k, padding="same"),
                MaxPool2d(2, 2),
                AvgPool2d((3, 2), (2, 1), (1, 1), rng.random() < 0.5),
                AdaptiveAvgPool2d((rng.randint(2, 7), rng.randint(2, 7))),
                Concat(),
                Add(),
            ]
        )
        sources = rng.sample(open_ends, min(2, len(open_ends))) if layer.inputs[0].many else [rng.choice(open_ends)]
        trial[name] = Node(name, layer)
        more = [*edges, *(Edge(s, "out", name, "x") for s in sources)]
        if analyze(Network("random", trial, tuple(more)))[name].outputs:
            nodes, edges = trial, more
            open_ends.append(name)
    return Network("random", nodes, tuple(edges))


def gradient_box(network, name, position):
    """The pixels with a gradient from one position, with all weights one: an oracle that knows no rule."""
    torch = pytest.importorskip("torch")
    nn, values = torch.nn, {}
    for node in (network[n] for n in network.order):
        mine = [values[e.source] for e in network.incoming.get(node.name, ())]
        if node.kind == "Input":
            x = torch.ones(1, *node.layer.shape, dtype=torch.float64, requires_grad=True)
            values[node.name] = x
        elif node.kind == "Conv2d":
            made = nn.Conv2d(**node.layer.arguments(analyze(network)[node.name].inputs[0])).double()
            for p in made.parameters():
                nn.init.ones_(p)
            values[node.name] = made(mine[0])
        elif node.kind == "MaxPool2d":  # every pixel of the window, not only the largest
            values[node.name] = nn.functional.avg_pool2d(mine[0], 2, 2)
        elif node.kind in ("AvgPool2d", "AdaptiveAvgPool2d"):
            made = getattr(nn, node.kind)(**node.layer.arguments(None))
            values[node.name] = made(mine[0])
        else:
            values[node.name] = torch.cat(mine, 1) if node.kind == "Concat" else sum(mine)
    y = values[name][0, :, position[0], position[1]].sum()
    if not y.requires_grad:
        return None
    (grad,) = torch.autograd.grad(y, x, allow_unused=True)
    if grad is None or not grad.abs().sum():
        return None
    rows, columns = torch.nonzero(grad[0, 0])[:, 0], torch.nonzero(grad[0, 0])[:, 1]
    return ((int(rows.min()), int(rows.max())), (int(columns.min()), int(columns.max())))


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(60))
def test_an_output_position_sees_exactly_the_pixels_with_a_gradient(seed):
    rng = random.Random(seed)
    network = random_network(rng)
    report = analyze(network)
    name = rng.choice([n for n in network.nodes if n != "image"] or ["image"])
    out = report[name].output
    for _ in range(4):
        position = tuple(rng.randrange(n) for n in out.spatial)
        expected = gradient_box(network, name, position)
        assert sees(report, name, position).get("image") == expected


@pytest.mark.parametrize("seed", range(60))
def test_the_field_of_all_positions_is_never_too_small(seed):
    rng = random.Random(seed)
    network = random_network(rng)
    report = analyze(network)
    for name in network.nodes:
        found = report[name].fields[0]
        for axis, reach in enumerate(found.axes):
            for j in range(report[name].output.spatial[axis]):
                position = [0, 0]
                position[axis] = j
                seen = sees(report, name, tuple(position))
                if not seen:  # only padding
                    continue
                first, last = seen["image"][axis]
                q, r = divmod(j, len(reach.lo))
                assert reach.step * q + reach.lo[r] <= first
                assert last <= reach.step * q + reach.hi[r]
