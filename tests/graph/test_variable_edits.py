"""Variables under another name, or as plain numbers: nothing else changes."""

from __future__ import annotations

import pytest

import presets
from graph import NetworkError, analyze, edit
from graph.variable_edits import fix_variable, rename_variable, uses
from graph.variables import names_in

LECTURE = presets.build("lecture", width=6)
STAGE = ["conv3", "relu3", "conv4", "relu4"]


@pytest.fixture
def nested():
    """A block in a block: both have the variable width, and the outer one stands twice with other numbers."""
    inner = edit.wrap(LECTURE, STAGE, "inner").network
    outer = edit.wrap(inner, ["inner", "pool2"], "outer").network
    assert outer.blocks["outer"].variables == outer.blocks["inner"].variables == {"width": 6}
    return outer


def same_facts(a, b):
    before, after = analyze(a), analyze(b)
    assert [(p, f.outputs, f.weights) for p, f in before.leaves()] == [
        (p, f.outputs, f.weights) for p, f in after.leaves()
    ]


def test_uses_name_node_value_and_expression():
    found = uses(LECTURE)["width"]

    assert ("conv1", "out_channels", "width") in found
    assert {use.node for use in found} == {f"conv{i}" for i in range(1, 7)}
    assert uses(edit.set_variable(LECTURE, "spare", 1))["spare"] == ()


def test_expressions_follow_a_new_name():
    network = rename_variable(LECTURE, "width", "filters")

    assert list(network.variables) == [{"width": "filters"}.get(v, v) for v in LECTURE.variables]
    assert network.variables["filters"] == 6
    assert [u.expression.replace("filters", "width") for u in uses(network)["filters"]] == [
        u.expression for u in uses(LECTURE)["width"]
    ]
    same_facts(LECTURE, network)
    assert rename_variable(network, "filters", "width") == LECTURE


@pytest.mark.parametrize("name", ["classes", "2x", "lambda", "repeat", "a-b", ""])
def test_a_name_that_is_taken_or_none_is_refused(name):
    with pytest.raises(NetworkError):
        rename_variable(LECTURE, "width", name)


def test_there_must_be_such_a_variable():
    with pytest.raises(NetworkError, match="no variable wide; it has width, classes"):
        rename_variable(LECTURE, "wide", "x")
    with pytest.raises(NetworkError, match="no variable wide"):
        fix_variable(LECTURE, "wide")


def test_nodes_of_a_block_follow_a_new_name_inside_it(nested):
    network = rename_variable(nested, "width", "filters", ("outer", "inner"))

    assert network.blocks["inner"].variables == {"filters": 6}
    assert network.blocks["outer"].variables == {"width": 6}
    assert network.blocks["outer"]["inner"].bind == {"filters": "width"}
    assert all(names_in(e) == ("filters",) for n in network.blocks["inner"].nodes.values() for e in n.bind.values())
    same_facts(nested, network)


def test_values_that_nodes_of_a_block_give_follow_too(nested):
    given = edit.set_values(nested, "outer", width=3)

    network = rename_variable(given, "width", "filters", ("outer",))

    assert network["outer"].layer.values == {"filters": 3}
    same_facts(given, network)


def test_a_number_takes_the_place_of_a_variable():
    network = fix_variable(LECTURE, "width")

    assert "width" not in network.variables
    assert "width" not in uses(network)
    assert network["conv3"].layer.out_channels == 12
    assert network["conv3"].bind == {}
    same_facts(LECTURE, network)


def test_the_other_variables_of_an_expression_stay():
    both = edit.bind(LECTURE, "conv1", "out_channels", "width + classes // 2")

    network = fix_variable(both, "width")

    assert network["conv1"].bind == {"out_channels": "6 + classes // 2"}
    same_facts(both, network)


def test_what_is_unused_goes():
    assert fix_variable(edit.set_variable(LECTURE, "spare", 1), "spare") == LECTURE


def test_a_number_takes_the_place_of_a_variable_inside_a_block(nested):
    free = edit.bind(nested, "outer", "width", "")

    network = fix_variable(free, "width", ("outer",))

    assert network.blocks["outer"].variables == {}
    assert network["outer"].layer.values == {}
    assert network.blocks["outer"]["inner"].layer.values == {"width": 6}
    same_facts(free, network)


def test_a_block_that_stands_with_other_numbers_keeps_its_variable(nested):
    with pytest.raises(NetworkError, match="outer say otherwise: width is not 6"):
        fix_variable(edit.set_values(nested, "outer", width=3), "width", ("outer",))
    with pytest.raises(NetworkError, match="outer say otherwise"):
        fix_variable(nested, "width", ("outer",))  # bound: it may become any number


def test_a_repetition_by_a_variable_becomes_a_number():
    block = edit.wrap(LECTURE, ["conv2", "relu2"], "pair").network
    counted = edit.repeat(edit.set_variable(block, "n", 2), "pair", "n").network
    assert [u.value for u in uses(counted)["n"]] == ["repeat"]

    network = fix_variable(counted, "n")

    assert network["pair"].repeat == 2
    assert "repeat" not in network["pair"].bind
    same_facts(counted, network)
    same_facts(counted, rename_variable(counted, "n", "depth"))
