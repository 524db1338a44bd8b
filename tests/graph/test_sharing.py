"""Shared weights: one layer that stands at several nodes, counted once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from graph import CanevasError, Edge, Network, Node, analyze, dumps, edit, loads
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.pooling import MaxPool2d
from graph.layers.source import Input, Output
from graph.network import Block
from graph.sizes import depth


def pyramid() -> Network:
    """A head at two sizes of the same maps: ``head`` and ``head2``, each a convolution and ReLU."""
    inside = {"input": Input((4, 8, 8)), "conv": Conv2d(4, 3, padding="same"), "relu": ReLU(), "output": Output()}
    edges = [Edge(a, "out", b, "x") for a, b in (("input", "conv"), ("conv", "relu"), ("relu", "output"))]
    head = Network("head", {n: Node(n, layer) for n, layer in inside.items()}, tuple(edges))
    nodes = {
        "image": Node("image", Input((4, 16, 16))),
        "head": Node("head", Block("head")),
        "pool": Node("pool", MaxPool2d(2)),
        "head2": Node("head2", Block("head")),
        "large": Node("large", Output()),
        "small": Node("small", Output()),
    }
    wires = (
        *(Edge("image", "out", "head", "input"), Edge("image", "out", "pool", "x")),
        *(Edge("pool", "out", "head2", "input"), Edge("head", "output", "large", "x")),
        Edge("head2", "output", "small", "x"),
    )
    return Network("pyramid", nodes, wires, blocks={"head": head})


def twice() -> Network:
    """One convolution, applied twice in a row."""
    layers = {
        "image": Input((3, 8, 8)),
        "a": Conv2d(3, 3, padding="same"),
        "b": Conv2d(3, 3, padding="same"),
        "out": Output(),
    }
    names = list(layers)
    return Network(
        "twice",
        {n: Node(n, x) for n, x in layers.items()},
        tuple(Edge(a, "out", b, "x") for a, b in pairwise(names)),
    )


SHARED = edit.share(pyramid(), "head2", "head")
TWICE = edit.share(twice(), "b", "a")


def test_shared_weights_are_counted_once():
    one, two = analyze(SHARED), analyze(pyramid())

    assert one.parameters == one.trainable == two.parameters // 2 == 148
    assert one["head2"].weights == {}
    assert one["head2.conv"].parameters == 0
    assert one.macs == two.macs
    assert one["head2"].outputs == two["head2"].outputs
    assert one.bytes()["weights"] == two.bytes()["weights"] // 2
    assert one.bytes()["activations"] == two.bytes()["activations"]
    assert depth(analyze(TWICE)) == 2
    assert analyze(TWICE)["b"].receptive_field.size == (5, 5)


def test_the_file_keeps_them():
    assert loads(dumps(SHARED)) == SHARED
    assert '"shares": "head"' in dumps(SHARED)
    with pytest.raises(CanevasError, match=r"shares: there is no node called 'haed'; did you mean head"):
        loads(dumps(SHARED).replace('"shares": "head"', '"shares": "haed"'))


def test_an_edit_of_one_is_an_edit_of_all():
    wide = edit.set_values(TWICE, "b", kernel_size=5)
    assert wide["a"].layer == wide["b"].layer
    assert wide["a"].layer.kernel_size == (5, 5)

    bound = edit.bind(edit.set_variable(TWICE, "w", 3), "a", "out_channels", "w")
    assert bound["a"].bind == bound["b"].bind == {"out_channels": "w"}
    assert edit.bind(bound, "b", "out_channels", "")["a"].bind == {}

    frozen = edit.freeze(SHARED, ["head2"], True)
    assert all(frozen[name].frozen for name in ("head", "head2"))
    assert analyze(frozen).trainable == 0

    repeated = edit.repeat(SHARED, "head2", 2)
    assert repeated.paths == {"head": "head.0"}
    assert repeated.network["head"].repeat == repeated.network["head2"].repeat == 2

    assert edit.put_layer(TWICE, "b", ReLU())["a"].kind == "ReLU"


@pytest.mark.parametrize(
    ("network", "name", "owner", "why"),
    [
        (TWICE, "b", "c", "there is no such node"),
        (twice(), "a", "a", "its own weights already"),
        (TWICE, "a", "b", "b has no weights of its own: it uses those of a"),
        (edit.put_layer(twice(), "b", MaxPool2d(2)), "b", "a", "b is a MaxPool2d and a a Conv2d"),
        (edit.set_values(twice(), "b", kernel_size=5), "b", "a", "kernel_size is 5×5 at b and 3×3 at a"),
        (
            edit.set_values(twice(), "image", shape=(1, 8, 8)),
            "b",
            "a",
            "b would need weight of 3×3×3×3, and a has 3×1×3",
        ),
        (edit.bypass(twice(), ["a"], True), "b", "a", "a is bypassed"),
        (edit.repeat(pyramid(), "head", 2).network, "head2", "head", "repeat is 1 at head2 and 2 at head"),
    ],
)
def test_what_does_not_fit_is_refused(network, name, owner, why):
    with pytest.raises(CanevasError, match=why):
        edit.share(network, name, owner)


def test_kinds_without_weights_have_none_to_share():
    network = edit.put_layer(edit.put_layer(twice(), "a", ReLU()), "b", ReLU())
    with pytest.raises(CanevasError, match="ReLU has no weights that could be shared"):
        edit.share(network, "b", "a")


def test_what_no_longer_fits_is_a_problem_with_a_way_out():
    broken = edit.set_values(TWICE, "image", shape=(1, 8, 8))
    problem = next(p for p in analyze(broken).problems if p.code == "shares_misfit")

    assert problem.severity == "error"
    assert problem.path == "b"
    assert problem.fixes[0].apply(broken)["b"].shares == ""
    assert not [p for p in analyze(problem.fixes[0].apply(broken)).problems if p.severity == "error"]


def test_names_follow():
    assert edit.rename(TWICE, "a", "first").network["b"].shares == "first"
    assert edit.rename(TWICE, "b", "second").network["second"].shares == "a"


def test_where_the_owner_goes_the_first_that_used_its_weights_has_them():
    third, name = edit.add(TWICE, TWICE["a"].layer)
    third = third.change(nodes={**third.nodes, name: replace(third[name], shares="a")})
    left = edit.remove(third, ["a"])

    assert left["b"].shares == ""
    assert left[name].shares == "b"
    assert edit.bridge(third, ["a"])["b"].shares == ""


def test_copies_share_among_themselves():
    both, names = edit.paste(TWICE, edit.take(TWICE, ["a", "b"]))
    assert both[names["b"]].shares == names["a"] != "a"
    one, names = edit.paste(TWICE, edit.take(TWICE, ["b"]))
    assert one[names["b"]].shares == ""


def test_a_block_takes_all_or_none():
    with pytest.raises(CanevasError, match="b uses the weights of a: choose both, or neither"):
        edit.wrap(TWICE, ["b"])
    wrapped = edit.wrap(TWICE, ["a", "b"], "pair")
    assert wrapped.network.blocks["pair"]["b"].shares == "a"
    back = edit.unwrap(wrapped.network, "pair").network
    assert back["b"].shares == "a"
    assert analyze(back).parameters == analyze(TWICE).parameters

    taken = edit.add(wrapped.network, Conv2d(2), "a")[0]
    free = edit.unwrap(taken, "pair").network
    assert free["b"].shares != "a"
    assert free["b"].shares in free


def test_a_block_that_shares_is_not_dissolved():
    for name in ("head", "head2"):
        with pytest.raises(CanevasError, match="use the same weights: give each its own"):
            edit.unwrap(SHARED, name)
    assert edit.unwrap(edit.share(SHARED, "head2", ""), "head").network.blocks


def test_blocks_that_share_get_a_definition_of_their_own_together():
    third, names = edit.paste(SHARED, edit.take(pyramid(), ["head"]))
    own = edit.make_own(third, "head2")

    assert own["head"].kind == own["head2"].kind != own[names["head"]].kind
    with pytest.raises(CanevasError, match="stands nowhere else"):
        edit.make_own(SHARED, "head")


def test_the_order_of_the_flow_does_not_matter():
    """The owner may be computed after the node that uses its weights."""
    flipped = Network("twice", {**TWICE.nodes}, TWICE.edges)
    flipped = edit.share(edit.share(flipped, "b", ""), "a", "b")

    assert analyze(flipped).parameters == 84
    assert analyze(flipped)["a"].parameters == 0
    assert not [p for p in analyze(flipped).problems if p.severity == "error"]


def test_analysis_step_by_step_is_analysis_at_once():
    report = analyze(pyramid())
    for network in (
        SHARED,
        edit.freeze(SHARED, ["head"], True),
        pyramid(),
        SHARED,
        edit.bypass(SHARED, ["head2"], True),
    ):
        report, fresh = analyze(network, report), analyze(network)
        assert (report.parameters, report.trainable) == (fresh.parameters, fresh.trainable)
        assert {p: f.parameters for p, f in report.leaves()} == {p: f.parameters for p, f in fresh.leaves()}
