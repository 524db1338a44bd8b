"""Which images a network takes, by trying; depths that have a name."""

from itertools import pairwise

import pytest

import presets
from graph import Network, Node, analyze, edit
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.merge import Concat
from graph.layers.pooling import MaxPool2d
from graph.layers.resample import Upsample
from graph.layers.source import Input, Output
from graph.layers.tensor_ops import Flatten
from graph.network import Edge
from graph.sizes import depth, input_sizes, intensity, total_stride


def chain(*layers, shape=(1, 28, 28)):
    found = {"image": Node("image", Input(shape))}
    for i, layer in enumerate(layers):
        found[f"n{i}"] = Node(f"n{i}", layer)
    found["answer"] = Node("answer", Output())
    names = list(found)
    edges = tuple(Edge(a, "out", b, "x") for a, b in pairwise(names))
    return Network("chain", found, edges)


def u_net(size):
    """One level of a U: a skip beside a pooling and an up-sampling, four times as deep by strides."""
    nodes = {
        "image": Node("image", Input((1, size, size))),
        "down": Node("down", MaxPool2d(16)),
        "up": Node("up", Upsample(16.0)),
        "cat": Node("cat", Concat()),
        "answer": Node("answer", Output()),
    }
    edges = (
        Edge("image", "out", "down", "x"),
        Edge("down", "out", "up", "x"),
        Edge("image", "out", "cat", "x"),
        Edge("up", "out", "cat", "x"),
        Edge("cat", "out", "answer", "x"),
    )
    return Network("u", nodes, edges)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (presets.build("lecture"), "28 to 31 px"),  # two floors of a half give 7, and dense wants 1,568
        (chain(Conv2d(4, 5), AdaptiveAvgPool2d(1), Flatten(), Linear(3)), "from 5 px"),
        (presets.build("conv1d_signal"), "from 4 values"),
        (u_net(64), "multiples of 16"),
    ],
)
def test_sizes_are_found_by_trying(network, expected):
    assert str(input_sizes(analyze(network))) == expected


def test_a_size_beside_the_multiples_is_told_with_its_steps():
    """A convolution without padding takes 2 pixels before the U: 18, 34, 50 ..."""
    network = u_net(18)
    network = edit.add(network, Conv2d(1, 3), "conv")[0]
    edges = tuple(e._replace(source="conv") if e.source == "image" else e for e in network.edges)
    network = network.change(edges=(Edge("image", "out", "conv", "x"), *edges))

    assert str(input_sizes(analyze(network))) == "18 px, and steps of 16"


def test_whoever_has_no_time_gets_no_answer():
    tries = iter([False, False, True])

    assert input_sizes(analyze(presets.build("lecture")), lambda: next(tries)) is None


def test_a_network_without_image_has_no_size():
    assert input_sizes(analyze(chain(Linear(3), shape=(5,)))) is None


def test_a_network_with_an_error_has_no_size():
    assert input_sizes(analyze(chain(Linear(3)))) is None


def test_depth_counts_layers_with_weights_as_names_do():
    assert depth(analyze(presets.build("lecture"))) == 7


def test_the_total_stride_is_that_of_the_coarsest_map():
    assert total_stride(analyze(presets.build("lecture"))) == 4


def test_intensity_is_arithmetic_per_byte():
    report = analyze(chain(Flatten(), Linear(10)))

    assert intensity(report) == 7840 / (4 * 7850 + 4 * (784 + 784 + 10))
