"""Repeated blocks: a block at one node n times is the same block written n times."""

from __future__ import annotations

import pytest

import presets
from graph import CanevasError, Edge, Network, Node, analyze, dumps, edit, loads
from graph.growth import growth
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output
from graph.network import Block
from graph.receptive import sees
from graph.repeats import standing
from graph.sizes import depth

LECTURE = presets.build("lecture")
WRAPPED = edit.wrap(LECTURE, ["conv1", "relu1", "conv2", "relu2"], "stage").network
THRICE = edit.repeat(WRAPPED, "stage", 3).network


def test_repetitions_are_numbered_and_have_weights_of_their_own():
    report = analyze(THRICE)

    assert report["stage"].parameters == (80 + 584) + 2 * (584 + 584)
    assert report["stage.0.conv1"].weights["weight"].shape == (8, 1, 3, 3)
    assert report["stage.2.conv1"].weights["weight"].shape == (8, 8, 3, 3)
    assert list(report["stage"].weights)[:3] == ["0.conv1.weight", "0.conv1.bias", "0.conv2.weight"]


def test_the_facts_are_those_of_the_block_written_three_times():
    written = edit.unwrap(THRICE, "stage")
    once, thrice = analyze(written.network), analyze(THRICE)

    assert [n for n in written.network.nodes if n.startswith("stage")] == ["stage", "stage2", "stage3"]
    assert written.paths == {"stage.0": "stage", "stage.1": "stage2", "stage.2": "stage3"}
    for what in ("parameters", "trainable", "macs", "bytes"):
        a, b = getattr(once, what), getattr(thrice, what)
        assert (a(4), b(4)) == (b(4), b(4)) if what == "bytes" else a == b
    assert depth(once) == depth(thrice) == 11
    assert thrice["stage"].receptive_field == once["stage3"].receptive_field
    assert thrice["stage.1.conv2"].receptive_field == once["stage2.conv2"].receptive_field
    assert sees(thrice, "stage.1.conv2", (0, 9)) == sees(once, "stage2.conv2", (0, 9))
    assert sees(thrice, "conv3", (0, 9)) == sees(once, "conv3", (0, 9))
    assert [step.size for step in growth(thrice, "conv3")] == [step.size for step in growth(once, "conv3")]
    assert [step.path for step in growth(thrice, "stage")][-1].startswith("stage.2.")


def test_the_number_may_follow_a_variable():
    bound = edit.repeat(edit.set_variable(WRAPPED, "deep", 2), "stage", "2 * deep").network

    assert "stage.3.conv2" in dict(analyze(bound).leaves())
    assert "stage.3.conv2" not in dict(analyze(edit.set_variable(bound, "deep", 1)).leaves())
    assert loads(dumps(bound)) == bound
    with pytest.raises(CanevasError, match=r"stage can stand 1 to 1.000 times, not 0"):
        edit.set_variable(bound, "deep", 0)
    assert len(edit.unwrap(bound, "stage").network) == len(WRAPPED) + 3


def test_once_by_an_expression_is_numbered_once_by_a_number_is_not():
    bound = edit.repeat(edit.set_variable(WRAPPED, "deep", 1), "stage", "deep")

    assert bound.paths == {"stage": "stage.0"}
    assert "0.conv1.weight" in analyze(bound.network)["stage"].weights
    back = edit.repeat(bound.network, "stage", 1)
    assert back.paths == {"stage.0": "stage"}
    assert "conv1.weight" in analyze(back.network)["stage"].weights


def test_analysis_step_by_step_is_analysis_at_once():
    report = analyze(WRAPPED)
    inside = THRICE.within(("stage",))
    wider = edit.set_values(inside, "conv2", kernel_size=5)
    states = [
        THRICE,
        edit.repeat(THRICE, "stage", 2).network,
        edit.set_variable(THRICE, "width", 4),
        edit.put_inside(THRICE, ("stage",), wider),
        edit.freeze(THRICE, ["stage"], True),
        WRAPPED,
    ]
    for network in states:
        report, fresh = analyze(network, report), analyze(network)
        assert dict(report["stage"].weights) == dict(fresh["stage"].weights)
        assert (report.parameters, report.trainable, report.macs) == (fresh.parameters, fresh.trainable, fresh.macs)
        assert [p for p, _ in report.leaves()] == [p for p, _ in fresh.leaves()]


def test_a_block_with_two_inputs_cannot_be_repeated():
    nodes = {n: Node(n, layer) for n, layer in (("a", Input()), ("b", Input()), ("out", Output()))}
    definition = Network("two", nodes, (Edge("a", "out", "out", "x"),))
    network, name = edit.add(Network("n", blocks={"two": definition}), Block("two"))

    with pytest.raises(CanevasError, match="two has 2 inputs and 1 outputs"):
        edit.repeat(network, name, 2)
    with pytest.raises(CanevasError, match="conv1 is no block"):
        edit.repeat(LECTURE, "conv1", 2)


def test_a_definition_that_gets_a_second_input_says_so_where_it_is_repeated():
    inside = edit.add(THRICE.within(("stage",)), Input(), "second")[0]
    report = analyze(edit.put_inside(THRICE, ("stage",), inside))

    assert "stage has 2 inputs" in str(report["stage"].error)
    assert {p.path for p in report.problems if p.severity == "error"} == {"stage"}


def test_a_problem_of_every_repetition_is_told_once():
    pooled = edit.add(THRICE.within(("stage",)), MaxPool2d(3), "pool")[0]
    pooled = edit.insert(pooled, "pool", pooled.incoming["conv2"][0])
    network = edit.repeat(edit.put_inside(THRICE, ("stage",), pooled), "stage", 6).network
    errors = [p for p in analyze(network).problems if p.severity == "error"]

    assert [p.path for p in errors] == ["stage.3.pool"]  # 28, 9, 3, 1: here the map is too small
    assert standing(network, errors[0].path) == (("stage",), "pool")


def test_what_is_mended_in_a_repetition_is_mended_in_the_definition():
    dead = edit.set_values(THRICE.within(("stage",)), "conv1", bias=True)
    inside, norm = edit.add(dead, BatchNorm2d(), "norm")
    inside = edit.insert(inside, norm, inside.incoming["relu1"][0])
    network = edit.put_inside(THRICE, ("stage",), inside)
    problem = next(p for p in analyze(network).problems if p.path.startswith("stage.") and p.fixes)

    fixed = problem.fixes[0].apply(network)
    assert fixed.blocks["stage"] != network.blocks["stage"]
    assert problem.code not in {p.code for p in analyze(fixed).problems if p.path == problem.path}


def test_repetitions_in_repetitions():
    outer = edit.wrap(THRICE, ["stage", "pool1"], "outer").network
    outer = edit.repeat(outer, "outer", 2).network
    report = analyze(outer)

    assert report["outer.1.stage.2.conv1"].output.spatial == (14, 14)
    assert standing(outer, "outer.1.stage.2.conv1") == (("outer", "stage"), "conv1")
    assert standing(outer, "outer.1") == ((), "outer")
    assert report.within(("outer", "stage")) is report["outer.0.stage.0"].inside
    assert edit.place_paths(outer, ("outer", "stage"), {"conv1": "first"}) == {
        f"outer.{i}.stage.{j}.conv1": f"outer.{i}.stage.{j}.first" for i in range(2) for j in range(3)
    }
    assert loads(dumps(outer)) == outer


def test_a_renamed_variable_keeps_the_number_of_an_inner_block():
    """A number that follows a variable of the block survives what is edited in its definition."""
    deep = edit.set_variable(THRICE.within(("stage",)), "deep", 2)
    network = edit.put_inside(THRICE, ("stage",), deep)
    outer = edit.wrap(network, ["stage"], "outer").network
    inside = edit.repeat(edit.set_variable(outer.within(("outer",)), "n", 3), "stage", "n").network
    outer = edit.put_inside(outer, ("outer",), inside)

    changed = edit.set_variable(outer.within(("outer", "stage")), "deep", None)
    after = edit.put_inside(outer, ("outer", "stage"), changed)
    assert after.blocks["outer"]["stage"].bind["repeat"] == "n"
    assert "outer.stage.2.conv1" in dict(analyze(after).leaves())
    assert edit.unwrap(after, "outer").network["stage"].repeat == 3


@pytest.mark.parametrize("n", [0, -1, 1001, True, 2.0, "2"])
def test_a_number_out_of_range_is_refused_in_files_and_edits(n):
    text = dumps(THRICE).replace('"repeat": 3', f'"repeat": {str(n).lower() if n is True else repr(n)}')
    with pytest.raises(CanevasError):
        loads(text.replace("'", '"'))
    if n != "2":
        with pytest.raises(CanevasError, match=r"stage can stand 1 to 1.000 times"):
            edit.repeat(WRAPPED, "stage", n)


def test_repetitions_multiplied_beyond_all_drawing_are_refused():
    network = edit.repeat(WRAPPED, "stage", 1000).network
    for name in ("outer", "outermost"):
        network = edit.wrap(network, [next(n for n in network.nodes if n in ("stage", "outer"))], name).network
    network = edit.set_variable(network, "n", 1)
    network = edit.repeat(network, "outermost", "n").network

    with pytest.raises(CanevasError, match="more than can be drawn"):
        edit.set_variable(network, "n", 1000)
    text = dumps(network).replace('"n": 1', '"n": 1000')
    with pytest.raises(CanevasError, match="more than can be drawn"):
        loads(text)


def test_a_copy_and_a_layer_put_there_keep_the_number():
    pasted, names = edit.paste(THRICE, edit.take(THRICE, ["stage"]))
    assert pasted[names["stage"]].repeat == 3
    assert edit.put_layer(THRICE, "stage", ReLU())["stage"].repeat == 1
    assert edit.put_layer(THRICE, "stage", Block("stage"))["stage"].repeat == 3
    assert edit.put_layer(THRICE, "stage", Conv2d(4))["stage"].repeat == 1


def test_only_blocks_of_a_definition_that_stands_elsewhere_become_their_own():
    two, names = edit.paste(THRICE, edit.take(THRICE, ["stage"]))
    assert edit.standings(two, "stage") == 2

    own = edit.make_own(two, names["stage"])
    copy = own[names["stage"]].kind
    assert copy != "stage"
    assert own.blocks[copy].nodes == own.blocks["stage"].nodes
    changed = edit.put_inside(
        own, (names["stage"],), edit.set_values(own.within((names["stage"],)), "conv1", kernel_size=5)
    )
    assert changed.blocks["stage"] == THRICE.blocks["stage"]
    with pytest.raises(CanevasError, match="stands nowhere else"):
        edit.make_own(own, "stage")


def test_a_definition_gets_another_name_wherever_it_stands():
    outer = edit.wrap(THRICE, ["stage", "pool1"], "outer").network
    named = edit.name_block(outer, "stage", "body")

    assert set(named.blocks) == {"outer", "body"}
    assert named.blocks["body"].name == "body"
    assert named.blocks["outer"]["stage"].kind == "body"
    assert analyze(named).parameters == analyze(outer).parameters
    with pytest.raises(CanevasError, match="There is a block called outer already"):
        edit.name_block(outer, "stage", "outer")


def test_a_port_is_renamed_at_every_node_and_depth():
    outer = edit.wrap(THRICE, ["stage", "pool1"], "outer").network
    outer, copy = edit.paste(outer, edit.take(outer, ["outer"]))
    outer = edit.connect(outer, Edge("outer", "output", copy["outer"], "input"))
    inside = edit.rename(outer.within(("outer", "stage")), "output", "maps").network
    after = edit.put_inside(outer, ("outer", "stage"), inside)
    after = edit.put_inside(after, ("outer",), edit.rename(after.within(("outer",)), "input", "images").network)

    assert [p.name for p in after.outputs(after.blocks["outer"]["stage"])] == ["maps"]
    assert Edge("stage", "maps", "pool1", "x") in after.blocks["outer"].edges
    assert {e.into for e in after.edges if e.target in ("outer", copy["outer"])} == {"images"}
    assert analyze(after).parameters == analyze(outer).parameters
    assert not [p for p in analyze(after).problems if p.severity == "error"]
