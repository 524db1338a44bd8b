"""Where a node stands: before what, behind what, how deep; and what another size of images changes."""

import presets
from graph import analyze, edit
from graph.layers.convolution import Conv2d
from graph.network import Edge
from graph.place import dead_ends, followers, longest_path, sources
from graph.sizes import changes

LECTURE = presets.build("lecture")


def test_a_node_sees_all_that_feeds_it_and_is_seen_by_all_that_it_feeds():
    assert sources(LECTURE, "pool1") == ("input", "conv1", "relu1", "conv2", "relu2")
    assert followers(LECTURE, "dense") == ("softmax", "output", "loss")
    assert sources(LECTURE, "input") == ()
    assert followers(LECTURE, "loss") == ()


def test_the_longest_path_is_taken_not_the_shortcut():
    """A residual block: the sum is reached past both convolutions."""
    network = presets.build("resnet18")
    block = network.inside(network.inside(network["layer1"].kind)["0"].kind)
    path = longest_path(block)

    assert len(path) == len(longest_path(block, path[-1]))
    assert {"conv1", "bn1", "conv2", "bn2", "add"} <= set(path)
    assert longest_path(LECTURE, "pool1") == ("input", "conv1", "relu1", "conv2", "relu2", "pool1")


def test_what_nothing_needs_is_a_dead_end():
    network, name = edit.add(LECTURE, Conv2d(4, 3))
    network = edit.connect(network, Edge("pool1", "out", name, "x"))

    assert dead_ends(analyze(network)) == (name,)
    assert dead_ends(analyze(LECTURE)) == ()


def test_larger_images_change_maps_and_the_weights_behind_a_flatten():
    by_four = changes(analyze(LECTURE), 4)

    assert by_four.weights == ("dense",)
    assert "conv6" in by_four.shapes
    assert "dense" not in by_four.shapes
    assert by_four.refused == ()


def test_a_few_pixels_more_are_lost_in_the_poolings():
    assert changes(analyze(LECTURE), 3).weights == ()  # 31 // 2 // 2 is 7 as well
    assert changes(analyze(LECTURE), 3).shapes[-1] == "relu4"


def test_images_too_small_are_refused_where_they_do_not_fit():
    assert changes(analyze(LECTURE), -26).refused == ("pool2",)
