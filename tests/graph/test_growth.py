"""The chain of layers that adds up to a receptive field: every step true, at any depth, on the path that sees most."""

from itertools import pairwise

import pytest

import presets
from graph import Edge, Network, Node, analyze, edit
from graph.growth import growth, rectangle, trace
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Multiply
from graph.layers.pooling import MaxPool2d
from graph.layers.resample import CenterCrop
from graph.layers.source import Input
from graph.receptive import sizes

LECTURE = presets.build("lecture")


def told(report, path):
    return [(step.path, step.term(), step.size) for step in growth(report, path)]


def fork(*sides, merge=None):
    """An image, paths beside each other, and a merge."""
    nodes, edges = {"image": Node("image", Input((4, 32, 32)))}, []
    for i, layers in enumerate(sides):
        names = ["image", *(f"n{i}{j}" for j in range(len(layers)))]
        nodes |= {name: Node(name, layer) for name, layer in zip(names[1:], layers, strict=True)}
        edges += [Edge(a, "out", b, "x") for a, b in pairwise(names)]
        edges.append(Edge(names[-1], "out", "merge", "x"))
    nodes["merge"] = Node("merge", merge or Add())
    return analyze(Network("fork", nodes, tuple(edges)))


def conv(kernel, **values):
    return Conv2d(4, kernel, padding="same", **values)


def test_the_terms_are_those_of_the_formula():
    assert told(analyze(LECTURE), "conv3") == [
        ("conv1", "(3 − 1)", (3, 3)),
        ("conv2", "(3 − 1)", (5, 5)),
        ("pool1", "(2 − 1)", (6, 6)),
        ("conv3", "(3 − 1)·2", (10, 10)),
    ]


def test_a_dilation_stands_in_the_term():
    report = fork([conv(3, dilation=4)])

    assert growth(report, "n00")[0].term() == "(3 − 1)·4"


def test_it_goes_through_blocks_and_out_of_them():
    network = edit.wrap(LECTURE, ["conv3", "relu3", "conv4"], "stage").network
    report = analyze(network)

    assert [step.path for step in growth(report, "pool2")][-3:] == ["stage.conv3", "stage.conv4", "pool2"]
    assert told(report, "stage") == told(report, "stage.conv4")  # a block sees what leaves it
    assert growth(report, "stage.conv3")[-1].size == (10, 10)


def test_repetitions_are_steps_of_their_own():
    network = edit.wrap(LECTURE, ["conv2", "relu2"], "stage").network
    report = analyze(edit.repeat(network, "stage", 3).network)

    assert [step.path for step in growth(report, "pool1")] == [
        "conv1",
        "stage.0.conv2",
        "stage.1.conv2",
        "stage.2.conv2",
        "pool1",
    ]


def test_where_paths_meet_the_larger_one_counts_and_the_other_is_named():
    report = fork([conv(3)], [conv(5), conv(3)])
    *_, merge = growth(report, "merge")

    assert [step.path for step in growth(report, "merge")] == ["n10", "n11", "merge"]
    assert merge.added == (0, 0)
    assert [(b.path, b.size, b.disagrees) for b in merge.branches] == [("n00", (3, 3), False)]


def test_a_path_with_another_stride_is_said_to_disagree():
    strided = [Conv2d(4, 3, 2, 1), conv(3)]
    report = fork(strided, [AdaptiveAvgPool2d(16)])  # 32 to 16 by windows of two: strides agree
    assert not any(b.disagrees for s in growth(report, "merge") for b in s.branches)

    report = fork(strided, [Conv2d(4, 17)])  # 32 to 16 without a stride
    assert report["merge"].error is None
    assert any(b.disagrees for b in growth(report, "merge")[-1].branches)


def test_beside_a_gate_the_local_path_is_followed():
    report = fork([conv(3)], [AdaptiveAvgPool2d(1)], merge=Multiply())
    steps = growth(report, "merge")

    assert [step.path for step in steps] == ["n00", "merge"]
    assert steps[-1].whole
    assert steps[-1].size == (3, 3)


def test_of_what_only_gives_its_size_nothing_is_seen():
    """A crop reads the size of the small map beside it, whose own field is far larger."""
    nodes = {
        "image": Node("image", Input((1, 32, 32))),
        "conv": Node("conv", conv(3)),
        "small": Node("small", MaxPool2d(8)),
        "crop": Node("crop", CenterCrop()),
    }
    like = CenterCrop.inputs[1].name
    edges = (
        Edge("image", "out", "conv", "x"),
        Edge("image", "out", "small", "x"),
        Edge("conv", "out", "crop", "x"),
        Edge("small", "out", "crop", like),
    )
    report = analyze(Network("crop", nodes, edges))

    assert [step.path for step in growth(report, "crop")] == ["conv"]


@pytest.mark.parametrize("name", ["lecture", "resnet18", "unet", "mobilenet_v2", "googlenet", "efficientnet_b0"])
def test_the_steps_of_every_node_add_up_to_its_field(name):
    report = analyze(presets.build(name))
    asked = [(p, f) for p, f in report.leaves() if f.fields and f.fields[0].axes][:: 1 if name == "lecture" else 9]

    for path, fact in asked:
        steps = growth(report, path)
        for axis, size in enumerate(sizes(fact.fields)):
            assert 1 + sum(step.added[axis] for step in steps) == size, path


@pytest.mark.parametrize("position", [(0, 0), (3, 3), (6, 6), (0, 5)])
def test_the_rectangles_lie_one_inside_the_other(position):
    report = analyze(LECTURE)
    found = trace(report, "conv6", position)
    spans = [rectangle(report, step.path, at, "input") for step, at in found]

    assert found[-1][0].path == "conv6"
    assert found[-1][1] == position
    for inner, outer in pairwise(spans):
        assert all(b[0] <= a[0] and a[1] <= b[1] for a, b in zip(inner, outer, strict=True))


def test_a_step_stands_in_the_middle_of_what_the_next_one_sees():
    found = {step.path: at for step, at in trace(analyze(LECTURE), "conv6", (3, 3))}

    # conv6 and conv5 at 3 look at 2..4; pool2 at 3 at 6..7; pool1 at 6 at 12..13
    assert (found["conv5"], found["conv4"], found["conv3"], found["conv2"]) == ((3, 3), (6, 6), (6, 6), (12, 12))


def test_beside_a_gate_the_rectangle_is_that_of_the_local_path():
    report = fork([conv(3)], [AdaptiveAvgPool2d(1)], merge=Multiply())

    assert rectangle(report, "merge", (0, 9), "image") == ((0, 1), (8, 10))
    assert rectangle(report, "n00", (0, 9), "image") == ((0, 1), (8, 10))
    assert rectangle(report, "n10", (0, 0), "image") == ((0, 31), (0, 31))


def test_a_dense_layer_ends_the_chain():
    last = growth(analyze(LECTURE), "dense")[-1]

    assert (last.path, last.whole, last.size) == ("dense", True, ())


def test_what_sees_no_image_has_no_chain():
    assert growth(analyze(LECTURE), "target") == []
