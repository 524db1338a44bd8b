"""Edits of nodes and edges, one at a time: what changes, what stays, and what is refused."""

from __future__ import annotations

import pytest

import presets
from graph import Block, Edge, InvalidValue, Network, NetworkError, Node, Note, analyze, edit
from graph.layers.activation import ReLU
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.merge import Add, Concat
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output
from graph.layers.tensor_ops import Flatten

LECTURE = presets.build("lecture")


def drawn(nodes: str, edges: str, **layers) -> Network:
    """Nodes by name (ReLU where nothing else is said) and edges as ``"a b, b c:x"``."""
    made = {name: Node(name, layers.get(name, ReLU())) for name in nodes.split()}
    found = []
    for pair in filter(None, (e.strip() for e in edges.split(","))):
        source, target = pair.split()
        found.append(Edge(source, "out", target, "x"))
    return Network("drawn", made, tuple(found))


def pairs(network: Network) -> list[str]:
    return [f"{e.source} {e.target}" for e in network.edges]


@pytest.mark.parametrize(
    ("layer", "taken", "name"),
    [
        (Conv2d(), (), "conv1"),
        (Conv2d(), ("conv1", "conv2"), "conv3"),
        (MaxPool2d(), (), "pool1"),
        (AdaptiveAvgPool2d(), ("pool1",), "pool2"),
        (ReLU(), (), "relu1"),
        (Input(), (), "input"),
        (Input(), ("input",), "input2"),
        (Flatten(), (), "flatten"),
        (Output(), ("output",), "output2"),
    ],
)
def test_names_are_invented_from_the_kind(layer, taken, name):
    network = Network("n", {t: Node(t, ReLU()) for t in taken})

    grown, found = edit.add(network, layer)

    assert found == name
    assert grown[name].layer is layer


@pytest.mark.parametrize("name", ["conv1", "class", "forward", "type", "a b", "", "1x", "007", "ü", "a" * 81, "_a"])
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(NetworkError):
        edit.rename(LECTURE, "pool1", name)


def test_removing_takes_edges_and_empty_frames_along():
    notes = (Note("both", frames=("a", "b")), Note("one", frames=("b",)), Note("free"))
    network = edit.set_notes(drawn("a b c", "a b, b c"), notes)

    after = edit.remove(network, ["b"])

    assert list(after.nodes) == ["a", "c"]
    assert after.edges == ()
    assert [(n.text, n.frames) for n in after.notes] == [("both", ("a",)), ("free", ())]
    assert after["a"] is network["a"]


def test_bridging_connects_the_neighbors():
    assert pairs(edit.bridge(drawn("a b c d", "a b, b c, b d"), ["b"])) == ["a c", "a d"]
    assert pairs(edit.bridge(drawn("a b c d", "a b, b c, c d"), ["b", "c"])) == ["a d"]
    assert pairs(edit.bridge(drawn("a b c", "b c"), ["b"])) == []


def test_bridging_draws_no_edge_twice():
    network = drawn("a b s", "a s, a b, b s", s=Add())

    assert pairs(edit.bridge(network, ["b"])) == ["a s"]


def test_bridging_keeps_the_order_of_a_concatenation():
    network = drawn("a b c d cat", "a b, b cat, c cat, d cat", cat=Concat())

    assert pairs(edit.bridge(network, ["b"])) == ["a cat", "c cat", "d cat"]


def test_bridging_connects_nothing_that_does_not_fit():
    """Labels do not flow where a tensor is wanted."""
    assert pairs(edit.bridge(LECTURE, ["loss"]))[-1] == "softmax output"


def test_connecting_replaces_the_edge_at_a_taken_input_in_its_place():
    network = drawn("a b c d", "a c, c d")

    assert pairs(edit.connect(network, Edge("b", "out", "c", "x"))) == ["b c", "c d"]


def test_connecting_adds_where_a_port_takes_many():
    network = drawn("a b s", "a s", s=Add())

    assert pairs(edit.connect(network, Edge("b", "out", "s", "x"))) == ["a s", "b s"]


def test_disconnecting_takes_exactly_those_edges():
    network = drawn("a b c", "a b, b c")

    assert pairs(edit.disconnect(network, [network.edges[0]])) == ["b c"]
    with pytest.raises(NetworkError, match="no edge"):
        edit.disconnect(network, [Edge("a", "out", "c", "x")])


def test_reordering_changes_the_order_of_one_port_only():
    network = drawn("a b c cat d", "a cat, a d, b cat, c cat", cat=Concat())
    edges = network.incoming["cat"]

    after = edit.reorder(network, "cat", "x", [edges[2], edges[0], edges[1]])

    assert pairs(after) == ["c cat", "a d", "a cat", "b cat"]
    with pytest.raises(NetworkError):
        edit.reorder(network, "cat", "x", edges[:2])


def test_inserting_puts_a_node_into_an_edge():
    network = drawn("a b new", "a b")

    assert pairs(edit.insert(network, "new", network.edges[0])) == ["new b", "a new"]


def test_inserting_keeps_the_order_of_a_concatenation():
    network = drawn("a b c new cat", "a cat, b cat, c cat", cat=Concat())

    after = edit.insert(network, "new", network.edges[1])

    assert [e.source for e in after.incoming["cat"]] == ["a", "new", "c"]


@pytest.mark.parametrize("name", ["input", "output", "loss", "conv1"])
def test_inserting_what_cannot_stand_there_is_refused(name):
    with pytest.raises(NetworkError):
        edit.insert(LECTURE, name, Edge("conv2", "out", "relu2", "x"))


def test_renaming_moves_the_path_and_nothing_else():
    notes = (Note("frame", frames=("conv1", "relu1")),)
    network = edit.set_notes(LECTURE, notes)

    moved = edit.rename(network, "conv1", "stem")

    assert moved.paths == {"conv1": "stem"}
    assert list(moved.network.nodes)[1] == "stem"
    assert moved.network["stem"].layer is network["conv1"].layer
    assert moved.network.notes[0].frames == ("stem", "relu1")
    assert moved.network["relu1"] is network["relu1"]
    assert analyze(moved.network).parameters == 33_730
    assert edit.rename(network, "conv1", "conv1") == (network, {})


def test_a_value_changes_no_edge():
    after = edit.set_values(LECTURE, "conv1", stride=2)

    assert after.edges is LECTURE.edges
    assert after.order is LECTURE.order
    assert after["conv1"].layer.stride == (2, 2)
    assert all(after[n] is LECTURE[n] for n in LECTURE.nodes if n != "conv1")
    assert edit.set_values(LECTURE, "conv1", stride=(1, 1)) is LECTURE


def test_a_value_that_is_set_follows_nothing_any_more():
    after = edit.set_values(LECTURE, "conv1", out_channels=5)

    assert after["conv1"].bind == {}
    assert analyze(edit.set_variable(after, "width", 16))["conv1"].output.channels == 5


@pytest.mark.parametrize("values", [{"stride": 0}, {"strides": 2}, {"out_channels": 2.5}, {"padding": "valid"}])
def test_values_are_checked(values):
    with pytest.raises(InvalidValue):
        edit.set_values(LECTURE, "conv1", **values)


def test_binding_and_letting_go_keeps_the_number():
    bound = edit.bind(LECTURE, "conv2", "out_channels", "3 * width")
    free = edit.bind(bound, "conv2", "out_channels", "")

    assert analyze(bound)["conv2"].output.channels == 24
    assert free["conv2"].bind == {}
    assert free["conv2"].layer.out_channels == 24


@pytest.mark.parametrize(
    ("value", "expression"),
    [("out_channels", "width - 8"), ("out_channels", "depth"), ("bias", "width"), ("padding", "width +")],
)
def test_binding_to_what_cannot_be_is_refused(value, expression):
    with pytest.raises(InvalidValue):
        edit.bind(LECTURE, "conv2", value, expression)


def test_variables_are_checked_by_what_follows_them():
    with pytest.raises(InvalidValue, match="out_channels"):
        edit.set_variable(LECTURE, "width", 0)
    with pytest.raises(NetworkError, match="width is still used by conv1, conv2"):
        edit.set_variable(LECTURE, "width", None)
    with pytest.raises(InvalidValue):
        edit.set_variable(LECTURE, "width", True)
    with pytest.raises(NetworkError):
        edit.set_variable(LECTURE, "class", 3)
    grown = edit.set_variable(LECTURE, "depth", 3)
    assert edit.set_variable(grown, "depth", None) == LECTURE


def test_moving_changes_places_only():
    after = edit.move(LECTURE, {"conv1": (4.0, 8.0), "relu1": LECTURE["relu1"].at})

    assert after["conv1"].at == (4.0, 8.0)
    assert after["relu1"] is LECTURE["relu1"]
    assert edit.move(LECTURE, {"relu1": LECTURE["relu1"].at}) is LECTURE
    with pytest.raises(InvalidValue):
        edit.move(LECTURE, {"conv1": (float("nan"), 0.0)})


def test_freezing_and_bypassing_are_switches():
    frozen = edit.freeze(LECTURE, ["conv1", "relu1"], True)
    assert analyze(frozen).trainable == 33_730 - 80
    assert edit.freeze(frozen, ["conv1", "relu1"], False) == LECTURE
    assert edit.freeze(frozen, ["conv1"], True) is frozen

    bypassed = edit.bypass(LECTURE, ["relu1"], True)
    assert bypassed["relu1"].bypass
    assert edit.bypass(bypassed, ["relu1"], False) == LECTURE


@pytest.mark.parametrize("name", ["input", "output", "target", "loss"])
def test_what_lets_nothing_through_cannot_be_bypassed(name):
    with pytest.raises(NetworkError, match="cannot be bypassed"):
        edit.bypass(LECTURE, [name], True)


def test_another_kind_keeps_the_edges_that_its_ports_allow():
    after = edit.put_layer(LECTURE, "pool1", Concat())
    assert after.edges == LECTURE.edges

    scores = edit.put_layer(LECTURE, "loss", ReLU())
    assert [e for e in scores.edges if "loss" in e] == [Edge("dense", "out", "loss", "x")]

    many = drawn("a b s t", "a s, b s, s t", s=Add())
    assert pairs(edit.put_layer(many, "s", ReLU())) == ["a s", "s t"]

    assert pairs(edit.put_layer(many, "s", Output())) == ["a s"]


def test_another_layer_keeps_what_can_still_be_bound():
    assert edit.put_layer(LECTURE, "conv1", Conv2d(8, 5))["conv1"].bind == {"out_channels": "width"}
    assert edit.put_layer(LECTURE, "conv1", MaxPool2d())["conv1"].bind == {}


def test_a_copy_has_free_names_and_inner_edges():
    fragment = edit.take(LECTURE, ["conv1", "relu1"])

    after, names = edit.paste(LECTURE, fragment, (20.0, 0.0))

    assert names == {"conv1": "conv7", "relu1": "relu7"}
    assert after["conv7"].at == (20.0, 96.0)
    assert after["conv7"].layer is LECTURE["conv1"].layer
    assert [e for e in after.edges if "conv7" in e] == [Edge("conv7", "out", "relu7", "x")]


def test_a_copy_may_keep_what_feeds_it():
    kept = LECTURE.incoming["conv1"]

    after, _ = edit.paste(LECTURE, edit.take(LECTURE, ["conv1"]), keep_incoming=kept)

    assert after.incoming["conv7"] == (Edge("input", "out", "conv7", "x"),)


def test_a_copy_brings_its_variables_and_blocks_along():
    wrapped = edit.wrap(LECTURE, ["conv1", "relu1"], "stage").network
    other = Network("other", variables={"width": 3})

    after, names = edit.paste(other, edit.take(wrapped, ["stage"]))

    assert names == {"stage": "stage"}
    assert after.variables == {"width": 3}  # its own stays
    assert after.blocks == wrapped.blocks


def test_another_block_of_the_same_name_is_kept_apart():
    one = edit.wrap(LECTURE, ["conv1", "relu1"], "stage").network
    two = edit.wrap(LECTURE, ["conv2", "relu2"], "stage").network

    after, names = edit.paste(one, edit.take(two, ["stage"]))

    assert after[names["stage"]].layer == Block("stage2")
    assert set(after.blocks) == {"stage", "stage2"}
    assert set(after.blocks["stage2"].nodes) == {"input", "conv2", "relu2", "output"}


def test_a_block_that_holds_another_one_of_the_same_name_is_another_one():
    inner = [edit.wrap(LECTURE, names, "inner").network for names in (["conv1"], ["conv2"])]
    one, two = (edit.wrap(n, ["inner"], "outer").network for n in inner)

    after, names = edit.paste(one, edit.take(two, ["outer"]))

    outer = after[names["outer"]].kind
    assert outer != "outer"
    (held,) = [n.kind for n in after.blocks[outer].nodes.values() if isinstance(n.layer, Block)]
    assert "conv2" in after.blocks[held].nodes
