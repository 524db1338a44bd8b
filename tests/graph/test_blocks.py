"""Blocks: made of nodes, dissolved, edited inside; paths, ports, variables and notes follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

import presets
from graph import Block, Edge, Network, NetworkError, Node, Note, analyze, edit, loads
from graph.files import dumps
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat
from graph.layers.source import Input, Output, Target

LECTURE = presets.build("lecture")
STAGE = ["conv1", "relu1", "conv2", "relu2", "pool1"]


def test_a_block_stands_where_its_first_node_stood():
    moved = edit.wrap(LECTURE, STAGE, "stage1")
    network = moved.network

    assert list(network.nodes)[:3] == ["input", "stage1", "conv3"]
    assert network["stage1"].at == LECTURE["conv1"].at
    assert network.incoming["stage1"] == (Edge("input", "out", "stage1", "input"),)
    assert network.outgoing["stage1"] == (Edge("stage1", "output", "conv3", "x"),)
    assert moved.paths == {name: f"stage1.{name}" for name in STAGE}
    assert all(network.blocks["stage1"][name] is LECTURE[name] for name in STAGE)


def test_weights_follow_their_nodes_into_a_block():
    moved = edit.wrap(LECTURE, STAGE)
    report = analyze(moved.network)

    assert report.parameters == 33_730
    assert report["block1.conv2"].parameters == 584
    assert set(report["block1"].weights) == {f"{c}.{k}" for c in ("conv1", "conv2") for k in ("weight", "bias")}


def test_variables_go_in_and_come_out():
    wrapped = edit.wrap(LECTURE, ["conv3", "relu3"], "b").network

    assert wrapped.blocks["b"].variables == {"width": 8}
    assert wrapped["b"].bind == {"width": "width"}
    assert analyze(edit.set_variable(wrapped, "width", 3))["b.conv3"].output.channels == 6

    fixed = edit.set_values(wrapped, "b", width=5)
    assert fixed["b"].bind == {}
    assert edit.unwrap(fixed, "b").network["conv3"].layer.out_channels == 10

    bound = edit.bind(wrapped, "b", "width", "width + 1")
    assert edit.unwrap(bound, "b").network["conv3"].bind == {"out_channels": "2 * (width + 1)"}


def test_ports_are_named_after_what_they_connect():
    nodes = {n: Node(n, Add() if n in "st" else ReLU()) for n in ("a", "b", "s", "t", "u", "v")}
    edges = (
        *(Edge("a", "out", "s", "x"), Edge("b", "out", "s", "x"), Edge("a", "out", "t", "x")),
        *(Edge("s", "out", "t", "x"), Edge("s", "out", "u", "x"), Edge("t", "out", "v", "x")),
    )
    network = Network("n", nodes, edges)

    wrapped = edit.wrap(network, ["s", "t"], "sums").network

    assert [p.name for p in wrapped.inputs(wrapped["sums"])] == ["s_in", "s_in2"]
    assert [p.name for p in wrapped.outputs(wrapped["sums"])] == ["s_out", "t_out"]
    # one output outside feeds one port, however many nodes inside it reaches
    assert wrapped.incoming["sums"] == (Edge("a", "out", "sums", "s_in"), Edge("b", "out", "sums", "s_in2"))
    assert [e.target for e in wrapped.blocks["sums"].outgoing["s_in"]] == ["s", "t"]


def test_the_order_into_a_concatenation_survives_both_ways():
    nodes = {n: Node(n, ReLU()) for n in "pqr"} | {"cat": Node("cat", Concat())}
    edges = tuple(Edge(n, "out", "cat", "x") for n in "qrp")
    network = Network("n", nodes, edges)

    for chosen in (["q"], ["r"], ["p", "q"], ["cat"], ["r", "cat"]):
        wrapped = edit.wrap(network, chosen, "made").network
        back = edit.unwrap(wrapped, "made").network
        assert [e.source for e in back.incoming["cat"]] == ["q", "r", "p"], chosen


def test_frames_go_in_and_come_out():
    network = edit.set_notes(LECTURE, [Note("in", frames=("conv1", "relu1")), Note("half", frames=("relu1", "conv2"))])

    wrapped = edit.wrap(network, ["conv1", "relu1"], "b").network

    assert [(n.text, n.frames) for n in wrapped.notes] == [("half", ("b", "conv2"))]
    assert [(n.text, n.frames) for n in wrapped.blocks["b"].notes] == [("in", ("conv1", "relu1"))]
    back = edit.unwrap(wrapped, "b").network
    assert {n.text: set(n.frames) for n in back.notes} == {
        "in": {"conv1", "relu1"},
        "half": {"conv1", "relu1", "conv2"},
    }


def test_dissolving_takes_other_names_where_theirs_are_taken():
    wrapped = edit.wrap(LECTURE, ["conv1", "relu1"], "b").network
    grown, _ = edit.add(wrapped, Conv2d(), "conv1")

    moved = edit.unwrap(grown, "b")

    assert moved.paths == {"b.conv1": "conv7", "b.relu1": "relu1"}
    assert moved.network.outgoing["input"] == (Edge("input", "out", "conv7", "x"),)


def test_dissolving_a_frozen_block_leaves_frozen_nodes():
    wrapped = edit.freeze(edit.wrap(LECTURE, ["conv1", "relu1"], "b").network, ["b"], True)

    assert analyze(edit.unwrap(wrapped, "b").network).trainable == analyze(wrapped).trainable == 33_730 - 80


@pytest.mark.parametrize("change", ["conv1", "nobody", "bypassed"])
def test_what_cannot_be_dissolved_is_refused(change):
    network = edit.wrap(LECTURE, ["conv3", "relu3"], "bypassed").network
    network = network.change(nodes={**network.nodes, "bypassed": replace(network["bypassed"], bypass=True)})

    with pytest.raises(NetworkError):
        edit.unwrap(network, change)


def test_dissolving_draws_no_edge_twice():
    """Two outputs of a block that are the same inside, both added: outside they would be one edge, drawn twice."""
    inside = Network(
        "b",
        {
            "x": Node("x", Input()),
            "r": Node("r", ReLU()),
            "p": Node("p", Output()),
            "q": Node("q", Output()),
        },
        (Edge("x", "out", "r", "x"), Edge("r", "out", "p", "x"), Edge("r", "out", "q", "x")),
    )
    nodes = {"b": Node("b", Block("b")), "s": Node("s", Add())}
    network = Network("n", nodes, (Edge("b", "p", "s", "x"), Edge("b", "q", "s", "x")), blocks={"b": inside})

    with pytest.raises(NetworkError, match="twice"):
        edit.unwrap(network, "b")


def twice() -> Network:
    """A block that stands at two nodes, one behind the other."""
    network = edit.wrap(LECTURE, ["conv2", "relu2"], "unit").network
    network, _ = edit.add(network, Block("unit"), "again")
    network = edit.connect(network, Edge("unit", "output", "again", "input"))
    return edit.connect(network, Edge("again", "output", "pool1", "x"))


def test_an_edit_inside_shows_at_every_node_of_the_block():
    network = twice()
    inside = edit.set_values(network.inside("unit"), "conv2", kernel_size=5)

    after = edit.put_inside(network, ("again",), inside)
    report = analyze(after)

    assert report["unit.conv2"].parameters == report["again.conv2"].parameters == (25 * 8 + 1) * 8
    assert after.nodes is network.nodes
    assert after.edges is network.edges


def test_paths_inside_change_at_every_node_of_the_block():
    network = twice()
    moved = edit.rename(network.inside("unit"), "conv2", "filter")

    paths = edit.place_paths(network, ("unit",), moved.paths)

    assert paths == {"unit.conv2": "unit.filter", "again.conv2": "again.filter"}
    keys = {
        f"{p}.{k}" for p, f in analyze(edit.put_inside(network, ("unit",), moved.network)).leaves() for k in f.weights
    }
    assert {"unit.filter.weight", "again.filter.weight"} <= keys


def test_paths_change_in_blocks_of_blocks_too():
    network = edit.wrap(twice(), ["unit", "again"], "outer").network

    assert edit.place_paths(network, ("outer", "unit"), {"conv2": "filter"}) == {
        "outer.unit.conv2": "outer.unit.filter",
        "outer.again.conv2": "outer.again.filter",
    }


def test_edges_follow_a_port_that_changes_its_name():
    network = twice()
    inside = edit.rename(network.inside("unit"), "input", "x0").network
    inside = edit.rename(inside, "output", "y0").network

    after = edit.put_inside(network, ("unit",), inside)

    assert after.incoming["again"] == (Edge("unit", "y0", "again", "x0"),)
    assert analyze(after).outputs == analyze(network).outputs


def test_edges_to_a_port_that_is_gone_go_too():
    network = twice()
    inside = edit.remove(network.inside("unit"), ["output"])

    after = edit.put_inside(network, ("unit",), inside)

    assert "unit" not in after.outgoing
    assert "again" not in after.incoming
    assert "unit" in after.incoming


def test_values_of_a_variable_that_is_gone_go_too():
    network = edit.set_values(twice(), "again", width=3)
    inside = edit.set_values(network.inside("unit"), "conv2", out_channels=8)
    inside = edit.set_variable(inside, "width", None)

    after = edit.put_inside(network, ("unit",), inside)

    assert after["unit"].bind == {}
    assert after["again"].layer == Block("unit")


def test_a_block_made_inside_a_block_is_taken_over():
    network = twice()
    inside = edit.wrap(network.inside("unit"), ["relu2"], "deep").network

    after = edit.put_inside(network, ("unit",), inside)

    assert set(after.blocks) == {"unit", "deep"}
    assert after.blocks["unit"].blocks == {}
    assert analyze(after)["again.deep.relu2"].output is not None
    assert loads(dumps(after)) == after


def test_a_block_cannot_stand_inside_itself():
    network = edit.wrap(twice(), ["unit", "again"], "outer").network
    inside, _ = edit.add(network.inside("unit"), Block("outer"))

    with pytest.raises(NetworkError, match="would stand inside itself"):
        edit.put_inside(network, ("outer", "unit"), inside)


def test_losses_and_targets_stay_outside():
    network = twice()
    inside, _ = edit.add(network.inside("unit"), Target())

    with pytest.raises(NetworkError, match="target is for training only"):
        edit.put_inside(network, ("unit",), inside)


def test_definitions_that_stand_nowhere_leave_when_the_last_is_dissolved():
    network = twice()

    once = edit.unwrap(network, "again").network
    assert set(once.blocks) == {"unit"}
    assert edit.unwrap(once, "unit").network.blocks == {}


def test_dissolving_inside_a_block_spares_what_stands_elsewhere():
    network = edit.wrap(twice(), ["again"], "outer").network
    inside = edit.unwrap(network.inside("outer"), "again").network

    after = edit.put_inside(network, ("outer",), inside)

    assert set(after.blocks) == {"unit", "outer"}
    assert analyze(after).parameters == analyze(network).parameters


def test_an_edit_at_the_top_is_stored_as_it_is():
    assert edit.put_inside(LECTURE, (), LECTURE) is LECTURE


def test_a_block_that_is_not_there_cannot_be_added():
    with pytest.raises(NetworkError, match="no block called nothing"):
        edit.add(LECTURE, Block("nothing"))
