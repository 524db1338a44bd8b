"""Receptive fields against hand sums, published tables and gradients."""

import random
from itertools import pairwise

import pytest

import presets
from graph import Edge, Network, Node, analyze, edit
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input
from graph.receptive import START, Reach, forward, sees, union
from graph.windows import Adapt, Nearest, Slide, Spread
from tests.graph.branching import positions, random_network


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
    ],
)
def test_fields_are_those_of_araujo_norris_and_sim(layers, path, expected):
    assert field(sequence(*layers), path) == expected


SLIM_ALEXNET = [Conv2d(8, 11, stride=4), MaxPool2d(3, 2), Conv2d(8, 5, padding=2), MaxPool2d(3, 2)]
SLIM_ALEXNET += [Conv2d(8, 3, padding=1) for _ in range(3)] + [MaxPool2d(3, 2)]


@pytest.mark.parametrize(
    ("end", "expected"),
    [("x0", (11, 4)), ("x1", (19, 8)), ("x2", (51, 8)), ("x7", (195, 32))],
)
def test_alexnet_v2_is_as_in_the_table(end, expected):
    assert field(sequence(*SLIM_ALEXNET), end) == expected


@pytest.mark.parametrize(("units", "expected"), [((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027)])
def test_residual_networks_that_stride_at_the_end_of_a_stage_are_as_in_the_table(units, expected):
    """resnet_v1_50 and resnet_v1_101 of slim; torchvision's stride at the beginning and see less."""
    network = Network("slim", {"image": Node("image", Input((3, 224, 224)))})
    network, end = then(network, "image", Conv2d(8, 7, stride=2, padding=3), MaxPool2d(3, 2, 1))
    for stage, count in enumerate(units):
        for unit in range(count):
            stride = 2 if unit == count - 1 and stage < 3 else 1
            body = [Conv2d(8, 1), Conv2d(8, 3, stride=stride, padding=1), Conv2d(8, 1)]
            network, main = then(network, end, *body)
            network, short = then(network, end, MaxPool2d(1, stride))
            network, end = then(network, main, Add())
            network = edit.connect(network, Edge(short, "out", end, "x"))

    assert field(network, end) == (expected, 32)


def then(network, end, *layers):
    """*network* with *layers* in a row behind the node *end*, and the name of the last."""
    for layer in layers:
        network, name = edit.add(network, layer)
        network = edit.connect(network, Edge(end, "out", name, "x"))
        end = name
    return network, end


@pytest.mark.parametrize(
    ("preset", "path", "size", "stride"),
    [
        ("mobilenet_v1", "separable13", 315, 32),  # the table's mobilenet_v1
        ("unet", "bottom.conv2", 140, 16),  # the lecture's values: the valid U-Net at its lowest level
        ("yolo_v1", "conv24.conv", 749, 64),
    ],
)
def test_ready_networks_see_what_the_tables_say(preset, path, size, stride):
    assert field(presets.build(preset), path) == (size, stride)


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


@pytest.mark.parametrize("seed", range(120))
def test_the_field_of_all_positions_is_never_too_small(seed):
    """But at a border that lends pixels from elsewhere, or where pieces are joined: it says what is so inside."""
    rng = random.Random(seed)
    network = random_network(rng)
    report = analyze(network)
    for name in network.nodes:
        if any(map(lends, before(network, name))):
            continue
        for position in positions(rng, report[name].output.spatial):
            seen = sees(report, name, position)
            for found in report[name].fields:
                for axis, reach in enumerate(found.axes):
                    if found.input in seen:
                        first, last = seen[found.input][axis]
                        q, r = divmod(position[axis], len(reach.lo))
                        assert reach.step * q + reach.lo[r] <= first
                        assert last <= reach.step * q + reach.hi[r]
            assert seen.keys() <= {found.input for found in report[name].fields}


def before(network, name):
    """The node and all that it hangs on."""
    found = {name}
    for at in reversed(network.order):
        found |= {e.source for e in network.incoming.get(at, ())} if at in found else set()
    return [network[n] for n in found]


def lends(node):
    mode = getattr(node.layer, "padding_mode", None) or getattr(node.layer, "mode", "constant")
    border = node.kind in ("Pad", "Conv2d") and mode not in ("constant", "zeros")
    return border or (node.kind == "Concat" and node.layer.dim > 1)
