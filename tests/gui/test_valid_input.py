"""Which sizes of images a network takes with its weights, checked against sums by hand."""

from __future__ import annotations

import pytest

import presets
from graph import Edge, Network, Node, analyze, edit, layers
from gui.valid_input import valid_sizes
from gui.window import Window

pytestmark = pytest.mark.qt


def words(network: Network) -> str:
    return str(valid_sizes(analyze(network), patience=30))


def test_a_dense_layer_fixes_the_size():
    """Two poolings halve it, rounded down: 28, 29, 30 and 31 give 7 × 7, and the dense layer wants 1,568 values."""
    assert words(presets.build("lecture")) == "28 to 31 px"


def test_a_network_of_convolutions_takes_any_size_from_its_kernels_on(small_network):
    """A kernel of 5 without padding wants 5 pixels."""
    assert words(small_network) == "from 5 px"


def test_skips_over_poolings_want_multiples():
    """Two halvings and an enlargement by 4 meet the input again only for multiples of 4."""
    nodes = [
        Node("input", layers.source.Input((1, 32, 32))),
        Node("conv", layers.convolution.Conv2d(1, 3, padding="same")),
        Node("pool", layers.pooling.MaxPool2d(4)),
        Node("up", layers.resample.Upsample(scale_factor=4.0)),
        Node("add", layers.merge.Add()),
    ]
    edges = (
        Edge("input", "out", "conv", "x"),
        Edge("conv", "out", "pool", "x"),
        Edge("pool", "out", "up", "x"),
        Edge("up", "out", "add", "x"),
        Edge("conv", "out", "add", "x"),
    )

    assert words(Network("skip", {n.name: n for n in nodes}, edges)) == "multiples of 4"


def test_nothing_is_said_where_something_is_wrong(small_network):
    assert valid_sizes(analyze(edit.set_values(small_network, "conv1", kernel_size=(99, 99)))) is None


def test_it_stands_in_the_status_line_a_moment_later(window: Window, drawing, qtbot):
    drawing(presets.build("lecture"))

    qtbot.waitUntil(lambda: window.status._valid == "28 to 31 px", timeout=10_000)
