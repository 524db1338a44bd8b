"""Freezing all but the last layers, and giving a network a head for other classes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import presets
from graph import edit
from graph.analysis import analyze
from graph.errors import InvalidValue, NetworkError
from graph.freezing import freeze_but_last, learning_now, set_learning, weighted
from graph.head import head, renewed, with_head

LITE, RESNET = presets.build("efficientnet_lite0"), presets.build("resnet18")


def learns(network) -> set[str]:
    return {path for path, fact in analyze(network).leaves() if fact.trainable}


def owners(network) -> list[str]:
    return [path for path, fact in analyze(network).leaves() if fact.parameters]


def test_the_head_alone():
    frozen = freeze_but_last(LITE, 1)

    assert learns(frozen) == {"fc"}
    assert analyze(frozen).trainable == 1280 * 1000 + 1000
    assert analyze(frozen).parameters == analyze(LITE).parameters


def test_a_normalization_goes_with_the_layer_before_it():
    assert learns(freeze_but_last(LITE, 2)) == {"fc", "conv_head", "bn1"}


def test_a_block_that_is_frozen_in_part_gets_its_own_inside():
    frozen = freeze_but_last(LITE, 3)  # the last convolution of the last of sixteen blocks

    assert learns(frozen) == {"fc", "conv_head", "bn1", "blocks.15.project_conv", "blocks.15.bn2"}
    assert owners(frozen) == owners(LITE)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=3), st.sampled_from([LITE, RESNET]))
def test_it_is_what_was_said_last_and_the_last_layers(counts, network):
    frozen = network
    for n in counts:
        frozen = freeze_but_last(frozen, n)
    report = analyze(frozen)
    of_all = owners(network)

    n = min(counts[-1], len(weighted(report)))
    assert learning_now(report) == n
    assert learns(frozen) == set(of_all[len(of_all) - len(learns(frozen)) :])  # an end of the order, without a gap
    assert weighted(report)[len(weighted(report)) - n :] == tuple(p for p in weighted(report) if p in learns(frozen))


def test_more_layers_than_there_are_learn_all():
    assert learns(freeze_but_last(freeze_but_last(LITE, 1), 999)) == set(owners(LITE))
    assert learns(freeze_but_last(LITE, 0)) == set()


def test_what_is_drawn_to_stay_frozen_stays_so():
    fcn = presets.build("fcn_32s", classes=3)
    fixed = set(owners(fcn)) - learns(fcn)
    assert fixed

    assert not learns(freeze_but_last(fcn, 999)) & fixed


def test_fewer_than_none_cannot_learn():
    with pytest.raises(InvalidValue, match="-1"):
        freeze_but_last(LITE, -1)


def test_exactly_these_learn():
    assert learns(set_learning(RESNET, {"conv1", "layer1.0.conv1"})) == {"conv1", "layer1.0.conv1"}


# heads


HEADS = {
    "efficientnet_lite0": "fc.out_features",
    "efficientnet_b0": "classifier.1.out_features",
    "vgg16": "fc8.out_features",
    "squeezenet": "conv10.out_channels",
    "unet": "scores.out_channels",
}


@pytest.mark.parametrize("name", HEADS)
def test_the_head_is_found_in_blocks_too(name):
    found = head(presets.build(name))

    assert found is not None
    assert f"{found.path}.{found.value}" == HEADS[name]


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet18", "efficientnet_b0", "lecture"])
def test_only_the_head_changes(name):
    network = presets.build(name)
    before, after = analyze(network), analyze(with_head(network, 7))
    path = head(network).path

    assert after[path].output.channels == 7
    others = [p for p, fact in before.leaves() if fact.weights and p != path]
    assert all(before[p].weights == after[p].weights for p in others)


def test_a_frozen_head_learns_once_it_is_new():
    network = freeze_but_last(presets.build("efficientnet_b0"), 0)

    made = with_head(network, 7)

    assert learns(made) == {"classifier.1"}
    assert analyze(made)["features.0.0"].trainable == 0


def test_without_a_variable_the_layer_is_told():
    network = edit.set_values(LITE, "fc", out_features=1000)  # bound no more

    assert analyze(with_head(network, 2))["fc"].output.channels == 2


def test_several_heads_follow_their_variable():
    network = presets.build("fcn_8s", classes=21)

    assert analyze(with_head(network, 3))["upscore"].output.channels == 3


HEADS_OF_MANY = {
    "faster_rcnn_small": {"cls_score", "bbox_pred"},
    "faster_rcnn_vgg16": {"cls_score", "bbox_pred"},
    "yolo_small": {"scores"},
    "fast_yolo": {"fc2"},
    "fcn_8s": {"score_fr", "score_pool4", "score_pool3"},
    "unet_padded": {"scores"},
    "resnet18": {"fc"},
}
"""Layers whose weights depend on the classes, as the papers name them; interpolations of scores learn nothing."""


@pytest.mark.parametrize("name", HEADS_OF_MANY)
def test_what_depends_on_the_classes_begins_anew_and_nothing_else(name):
    before = presets.build(name)

    made, heads = renewed(freeze_but_last(before, 0), 7)

    assert set(heads) == HEADS_OF_MANY[name]
    assert analyze(made).problems == analyze(presets.build(name, classes=7)).problems
    assert {p: dict(f.weights) for p, f in analyze(made).leaves()} == {
        p: dict(f.weights) for p, f in analyze(presets.build(name, classes=7)).leaves()
    }
    assert learns(made) == set(heads)


def test_as_many_classes_as_before_have_the_same_heads():
    network = presets.build("faster_rcnn_small", classes=3)

    assert renewed(network, 3) == (network, ("cls_score", "bbox_pred"))


def test_no_head_is_said():
    with pytest.raises(NetworkError, match="No layer"):
        with_head(presets.build("lenet_1989"), 2)
