"""Facts against hand sums; and the incremental pass against the cold one."""

from dataclasses import replace

import pytest

from graph import Block, Edge, Network, Node, ShapeError, analyze
from graph.checks import task
from graph.layers.activation import ReLU, Softmax
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss
from graph.layers.merge import Add
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output, Target
from graph.layers.tensor_ops import Flatten


def network(nodes, edges, **more):
    """Nodes by name and edges as ``"a b"``."""
    made = {name: Node(name, layer) for name, layer in nodes.items()}
    parsed = []
    for edge in edges:
        source, target = edge.split()
        target, _, into = target.partition(":")
        parsed.append(Edge(source, "out", target, into or "x"))
    return Network("test", made, tuple(parsed), **more)


def small():
    return network(
        {
            "image": Input((1, 28, 28)),
            "conv": Conv2d(8, 3, padding="same"),
            "relu": ReLU(),
            "pool": MaxPool2d(),
            "flat": Flatten(),
            "dense": Linear(10),
            "softmax": Softmax(),
            "answer": Output(),
            "target": Target(),
            "loss": CrossEntropyLoss(),
        },
        [
            "image conv",
            "conv relu",
            "relu pool",
            "pool flat",
            "flat dense",
            "dense softmax",
            "softmax answer",
            "dense loss:input",
            "target loss:target",
        ],
    )


def test_facts_equal_the_hand_sums():
    report = analyze(small())

    assert report["conv"].output.dims == ("N", 8, 28, 28)
    assert report["conv"].parameters == 80  # (3·3·1 + 1)·8
    assert report["conv"].macs == 28 * 28 * 9 * 8
    assert report["dense"].parameters == (8 * 14 * 14 + 1) * 10
    assert report.parameters == 80 + 15_690
    assert report.macs == 28 * 28 * 9 * 8 + 1568 * 10
    assert str(report.outputs["answer"]) == "10"
    assert report.losses == ("loss",)
    assert report.problems == ()


def test_memory_is_the_sum_of_what_is_held():
    values = [784, 6272, 6272, 1568, 1568, 10, 10]  # image, conv, relu, pool, flat, dense, softmax
    weights = 4 * (80 + 15_690)

    found = analyze(small()).bytes(2)

    assert found == {
        "weights": weights,
        "activations": 2 * 4 * sum(values),
        "training": 4 * weights + 2 * (4 * sum(values) + 8),  # labels are int64
    }


def test_downstream_of_an_error_there_is_no_second_one():
    broken = network(
        {"image": Input((1, 8, 8)), "dense": Linear(10), "again": Linear(3), "answer": Output()},
        ["image dense", "dense again", "again answer"],
    )

    report = analyze(broken)

    assert isinstance(report["dense"].error, ShapeError)
    assert [p.path for p in report.problems if p.severity == "error"] == ["dense"]
    assert report["again"].outputs == ()


def test_a_safe_fix_mends_the_network():
    broken = network(
        {"image": Input((1, 8, 8)), "dense": Linear(10), "answer": Output()}, ["image dense", "dense answer"]
    )
    (problem,) = [p for p in analyze(broken).problems if p.severity == "error"]

    mended = problem.fixes[0].apply(broken)

    assert problem.code == "linear_on_maps"
    assert analyze(mended)["dense"].parameters == 650


def test_moving_a_node_computes_nothing_again():
    before = small()
    report = analyze(before)
    moved = before.change(nodes={**before.nodes, "conv": replace(before["conv"], at=(50.0, 60.0))})

    after = analyze(moved, report)

    assert after.facts is report.facts


def test_an_edit_computes_only_what_follows_from_it():
    before = small()
    report = analyze(before)
    edited = before.change(nodes={**before.nodes, "conv": replace(before["conv"], layer=Conv2d(8, 5, padding="same"))})

    after = analyze(edited, report)

    same = {name for name in before.nodes if after.facts[name] is report.facts[name]}
    assert same == {
        "image",
        "target",
        "answer",
        "loss",
        "softmax",
    }  # dense and flat see another field; it is whole there
    assert after["conv"].parameters == 208


def block_network(bias=True):
    inside = network(
        {"x": Input((1, 1, 1)), "conv": Conv2d(4, 3, padding="same", bias=bias), "bn": BatchNorm2d(), "out": Output()},
        ["x conv", "conv bn", "bn out"],
    )
    outer = network({"image": Input((1, 8, 8)), "answer": Output()}, [], blocks={"unit": inside})
    nodes = {**outer.nodes, "a": Node("a", Block("unit")), "b": Node("b", Block("unit")), "sum": Node("sum", Add())}
    edges = (
        Edge("image", "out", "a", "x"),
        Edge("a", "out", "b", "x"),
        Edge("a", "out", "sum", "x"),
        Edge("b", "out", "sum", "x"),
        Edge("sum", "out", "answer", "x"),
    )
    return outer.change(nodes=nodes, edges=edges)


def test_blocks_are_analyzed_where_they_stand():
    report = analyze(block_network())

    assert report["a.conv"].parameters == 4 * 9 + 4
    assert report["b.conv"].parameters == 4 * 4 * 9 + 4
    assert report["b"].parameters == report["b.conv"].parameters + 8
    assert report["b.conv"].receptive_field.size == (5, 5)
    assert report["sum"].receptive_field.size == (5, 5)
    assert set(report["a"].weights) == {
        "conv.weight",
        "conv.bias",
        "bn.weight",
        "bn.bias",
        "bn.running_mean",
        "bn.running_var",
        "bn.num_batches_tracked",
    }


def test_an_edit_inside_a_block_reaches_every_place_it_stands_at():
    before = block_network()
    edited = before.change(blocks={"unit": block_network(bias=False).blocks["unit"]})

    after = analyze(edited, analyze(before))

    assert after["b"].parameters == analyze(edited)["b"].parameters == 4 * 4 * 9 + 8


def test_a_frozen_block_trains_nothing_inside():
    before = block_network()
    frozen = before.change(nodes={**before.nodes, "a": replace(before["a"], frozen=True)})

    report = analyze(frozen, analyze(before))

    assert report["a"].trainable == 0
    assert report["a"].parameters == 48
    assert report.trainable == report["b"].parameters


def test_a_missing_loss_is_offered():
    plain = network({"image": Input((1, 8, 8)), "flat": Flatten(), "dense": Linear(10)}, ["image flat", "flat dense"])
    (problem,) = analyze(plain).problems

    mended = problem.fixes[0].apply(plain)

    assert problem.code == "loss_missing"
    assert analyze(mended).problems == ()
    assert analyze(mended).losses == ("loss",)


def test_scores_of_pixels_are_offered_a_loss_and_masks():
    plain = network({"image": Input((1, 8, 8)), "scores": Conv2d(4, 1)}, ["image scores"])
    (problem,) = [p for p in analyze(plain).problems if p.code == "loss_missing"]

    mended = problem.fixes[0].apply(plain)

    assert task(mended) == "segmentation"
    assert not [p for p in analyze(mended).problems if p.severity == "error"]


def test_softmax_before_the_loss_is_noticed_and_mended():
    wrong = small()
    edges = tuple(Edge("softmax", "out", "loss", "input") if e.into == "input" else e for e in wrong.edges)
    wrong = wrong.change(edges=edges)
    (problem,) = analyze(wrong).problems

    assert problem.code == "softmax_before_loss"
    assert analyze(problem.fixes[0].apply(wrong)).problems == ()


@pytest.mark.parametrize("name", ["type", "class", "a b", "1x", "_x", "é", "", "a.b", "forward"])
def test_names_that_torch_or_python_refuse_are_refused(name):
    from graph.network import check_name

    with pytest.raises(graph_error()):
        check_name(name)


def graph_error():
    from graph import NetworkError

    return NetworkError
