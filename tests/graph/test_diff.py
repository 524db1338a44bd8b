"""Two networks compared: what was edited is what is found."""

import presets
from graph import Edge, edit
from graph.diff import diff
from graph.layers.activation import LeakyReLU
from graph.layers.normalization import BatchNorm2d

LECTURE = presets.build("lecture")


def test_a_network_does_not_differ_from_itself():
    assert not diff(LECTURE, presets.build("lecture"))


def test_moving_makes_no_difference():
    assert not diff(LECTURE, edit.move(LECTURE, {"conv1": (500.0, 500.0)}))


def test_a_changed_value_is_found_with_all_that_follows():
    found = diff(LECTURE, edit.set_values(edit.bind(LECTURE, "conv1", "out_channels", ""), "conv1", out_channels=16))

    (change,) = found.nodes
    assert change.path == "conv1"
    assert change.values["out_channels"] == (8, 16)
    assert ("conv1", "parameters", "80", "160") in [(f.path, f.quantity, f.before, f.after) for f in found.facts]
    assert ("conv2", "parameters", "584", "1\u2009160") in [
        (f.path, f.quantity, f.before, f.after) for f in found.facts
    ]
    assert "conv3" not in {f.path for f in found.facts if f.quantity == "parameters"}
    assert not found.edges


def test_another_kind_is_a_change_of_kind():
    (change,) = diff(LECTURE, edit.put_layer(LECTURE, "relu1", LeakyReLU())).nodes

    assert str(change.message) == "relu1 (LeakyReLU): kind ReLU → LeakyReLU"


def test_an_inserted_node_is_one_node_and_three_edges():
    grown, name = edit.add(LECTURE, BatchNorm2d())
    after = edit.insert(grown, name, Edge("conv1", "out", "relu1", "x"))

    found = diff(LECTURE, after)

    assert [(n.path, n.how) for n in found.nodes] == [(name, "added")]
    assert {(e.how, e.edge.source, e.edge.target) for e in found.edges} == {
        ("removed", "conv1", "relu1"),
        ("added", "conv1", name),
        ("added", name, "relu1"),
    }


def test_what_differs_inside_a_block_is_found_by_path():
    wrapped = edit.wrap(LECTURE, ["conv1", "relu1"], "unit").network
    block = next(n.name for n in wrapped.nodes.values() if n.kind == "unit")
    inside = edit.set_values(edit.bind(wrapped.inside("unit"), "conv1", "out_channels", ""), "conv1", bias=False)

    found = diff(wrapped, edit.put_inside(wrapped, (block,), inside))

    assert f"{block}.conv1" in {n.path for n in found.nodes}


def test_a_change_in_a_block_within_a_block_is_found():
    """The blocks on the way to it are the same: only a definition that they use is another."""
    before = presets.build("resnet18")
    bias = edit.set_values(before.inside("basic"), "conv1", bias=True)
    after = edit.put_inside(before, ("layer1", "0"), bias)

    paths = [change.path for change in diff(before, after).nodes]

    assert "layer1.0.conv1" in paths
    assert "layer4.1.conv1" in paths
    assert all(path.endswith(".conv1") for path in paths)
