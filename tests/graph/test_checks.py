"""An edge that may not be drawn is refused in a sentence, before it is made."""

from __future__ import annotations

from itertools import pairwise

import networkx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from graph import Block, Edge, Network, NetworkError, Node, edit
from graph.checks import DEPTH_LIMIT, closes_cycle, extents, refusal, task, wrap_refusal
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add
from graph.layers.source import Input, Output
from tests.strategies import networks

LECTURE = presets.build("lecture")


@pytest.mark.parametrize(
    ("edge", "sentence"),
    [
        (Edge("nobody", "out", "conv1", "x"), "There is no node called nobody."),
        (Edge("conv1", "out", "nobody", "x"), "There is no node called nobody."),
        (Edge("conv1", "y", "relu1", "x"), "conv1 has no port y; it has out."),
        (Edge("conv1", "out", "loss", "x"), "loss has no port x; it has input, target."),
        (Edge("conv1", "out", "input", "x"), "input is a beginning: nothing goes into it."),
        (Edge("output", "out", "conv1", "x"), "output is an end: nothing leaves it."),
        (Edge("conv1", "out", "conv1", "x"), "conv1 cannot feed itself: an edge leads on to another node."),
        (Edge("conv1", "out", "relu1", "x"), "conv1 feeds relu1 already."),
        (Edge("loss", "out", "conv1", "x"), "loss gives a loss, and conv1 takes a tensor at x."),
        (Edge("target", "out", "conv1", "x"), "target gives labels, and conv1 takes a tensor at x."),
        (Edge("conv1", "out", "loss", "target"), "conv1 gives a tensor, and loss takes labels at target."),
        (
            Edge("pool2", "out", "conv1", "x"),
            "conv1 leads to pool2 already: the edge would close a circle, and a network flows one way.",
        ),
    ],
)
def test_a_refusal_says_why(edge, sentence):
    assert str(refusal(LECTURE, edge)) == sentence
    with pytest.raises(NetworkError) as refused:
        edit.connect(LECTURE, edge)
    assert str(refused.value) == sentence


def test_a_taken_input_is_no_refusal():
    edge = Edge("conv1", "out", "conv6", "x")

    assert refusal(LECTURE, edge) is None
    assert edit.connect(LECTURE, edge).incoming["conv6"] == (edge,)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(most=10, blocks=False), st.randoms())
def test_cycles_are_those_that_networkx_finds(network, random):
    """In whatever order ends are asked for: what is remembered from one question serves the next."""
    paths = networkx.DiGraph([(e.source, e.target) for e in network.edges])
    paths.add_nodes_from(network.nodes)
    pairs = [(a, b) for a in network.nodes for b in network.nodes if a != b]
    random.shuffle(pairs)

    for source, target in pairs:
        assert closes_cycle(network, source, target) == networkx.has_path(paths, target, source)


def chain(*names: str) -> Network:
    nodes = {name: Node(name, ReLU()) for name in names}
    return Network("chain", nodes, tuple(Edge(a, "out", b, "x") for a, b in pairwise(names)))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "Choose the nodes that the block shall hold."),
        (["nobody"], "There is no node called nobody."),
        (["input", "conv1"], "input stays outside: here the network itself begins or ends."),
        (["softmax", "output"], "output stays outside: here the network itself begins or ends."),
        (["loss"], "loss is for training only: it stands in the network itself, not in a block."),
        (["conv1", "conv2"], "relu1 lies between the chosen nodes: choose it too."),
        (["conv1", "relu1", "dense"], "flatten lies between the chosen nodes: choose it too."),
    ],
)
def test_what_cannot_be_a_block_is_refused(names, sentence):
    assert str(wrap_refusal(LECTURE, names)) == sentence


def test_nodes_that_are_not_connected_may_be_one_block():
    assert wrap_refusal(LECTURE, ["conv1", "relu1"]) is None
    assert wrap_refusal(chain("a", "b").change(edges=()), ["a", "b"]) is None


def nested(depth: int) -> Network:
    """Blocks in blocks: ``b0`` stands in ``b1``, which stands in ``b2``."""
    blocks = {"b0": Network("b0", {"conv": Node("conv", Conv2d())})}
    for i in range(1, depth):
        blocks[f"b{i}"] = Network(f"b{i}", {"inner": Node("inner", Block(f"b{i - 1}"))})
    return Network("nested", {"top": Node("top", Block(f"b{depth - 1}"))}, blocks=blocks)


def test_blocks_go_so_deep_and_no_deeper():
    assert extents(nested(10))["b9"] == (10, 10)
    with pytest.raises(NetworkError, match="deep"):
        extents(nested(DEPTH_LIMIT + 1))


def test_blocks_that_multiply_are_refused():
    """Each block holds the one before ten times: 10^20 nodes in a file of a few lines."""
    blocks = {"b0": Network("b0", {"conv": Node("conv", Conv2d())})}
    for i in range(1, 21):
        blocks[f"b{i}"] = Network(f"b{i}", {f"n{k}": Node(f"n{k}", Block(f"b{i - 1}")) for k in range(10)})

    with pytest.raises(NetworkError, match="more than can be drawn"):
        extents(Network("bomb", blocks=blocks))


def test_the_task_follows_from_the_loss():
    assert task(LECTURE) == "classification"
    assert task(edit.remove(LECTURE, ["loss", "target"])) == ""


def test_ports_of_a_block_are_checked_like_any_others():
    inside = Network("b", {"x": Node("x", Input()), "y": Node("y", Output())}, (Edge("x", "out", "y", "x"),))
    network = Network("n", {"b": Node("b", Block("b")), "add": Node("add", Add())}, blocks={"b": inside})

    assert refusal(network, Edge("b", "y", "add", "x")) is None
    assert str(refusal(network, Edge("b", "out", "add", "x"))) == "b has no port out; it has y."
