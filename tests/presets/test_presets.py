"""Presets against their published numbers; and how they are found and refused."""

from __future__ import annotations

import json

import pytest

import presets
from graph import Block, InvalidValue, Network, analyze, dumps, edit, loads
from graph.checks import task
from graph.text import say


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_a_preset_keeps_its_promises(name):
    preset = presets.presets()[name]
    network = presets.build(name)
    report = analyze(network)

    assert report.parameters == preset.parameters
    assert [p for p in report.problems if p.severity != "hint"] == []
    assert task(network) == preset.task
    assert network.variables == preset.defaults
    assert loads(dumps(network)) == network
    assert str(preset.title)
    assert json.dumps(preset.reference)


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_a_preset_is_drawn_without_overlap_and_on_the_grid(name):
    """Boxes of nodes keep 16 pixels between them."""
    nodes = list(presets.build(name).nodes.values())
    size = {n.name: (176, 100) if isinstance(n.layer, Block) else (180, 64) for n in nodes}

    assert all(n.at[0] % 4 == n.at[1] % 4 == 0 for n in nodes)
    for i, a in enumerate(nodes):
        for b in nodes[i + 1 :]:
            left, right = sorted((a, b), key=lambda n: n.at[0])
            upper, lower = sorted((a, b), key=lambda n: n.at[1])
            beside = right.at[0] - left.at[0] >= size[left.name][0] + 16
            assert beside or lower.at[1] - upper.at[1] >= size[upper.name][1] + 16, (a.name, b.name)


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_variables_of_a_preset_do_something(name):
    preset = presets.presets()[name]
    plain = analyze(presets.build(name))

    for spec in preset.variables:
        other = analyze(presets.build(name, **{spec.name: spec.default + 1}))
        assert (other.parameters, other.macs) != (plain.parameters, plain.macs)
        small = analyze(presets.build(name, **{spec.name: spec.low}))
        assert [p for p in small.problems if p.severity == "error"] == []


def test_the_lecture_counts_33_730_weights():
    """Convolutions 80, 584, 1,168, 2,320, 4,640 and 9,248; the dense layer (7·7·32 + 1)·10."""
    report = analyze(presets.build("lecture"))

    by_node = {path: fact.parameters for path, fact in report.leaves() if fact.parameters}
    assert by_node == {
        "conv1": 80,
        "conv2": 584,
        "conv3": 1168,
        "conv4": 2320,
        "conv5": 4640,
        "conv6": 9248,
        "dense": 15_690,
    }
    assert sum(by_node.values()) == report.parameters == 33_730
    assert report.macs == 1_878_464


def test_the_misprint_of_the_lecture_is_noted_on_the_drawing():
    notes = [note.text for note in presets.build("lecture").notes]

    assert any("33\u2009720" in text and "33\u2009730" in text and "10 biases" in text for text in notes)


def test_width_is_one_number():
    network = edit.set_variable(presets.build("lecture"), "width", 16)
    report = analyze(network)

    assert [report[f"conv{i}"].output.channels for i in range(1, 7)] == [16, 16, 32, 32, 64, 64]
    assert report.parameters == analyze(presets.build("lecture", width=16)).parameters


@pytest.mark.parametrize(
    ("name", "variables", "sentence"),
    [
        ("lectur", {}, "There is no preset called lectur; there is lecture."),
        ("Lecture", {}, "There is no preset called Lecture; there is lecture."),
        ("lecture", {"widht": 3}, "lecture has no variable widht; it has width, classes."),
        ("lecture", {"width": 0}, "width must be from 1 to 1024, not 0."),
        ("lecture", {"classes": 2.5}, "classes must be a whole number, not 2.5."),
        ("lecture", {"classes": True}, "classes must be a whole number, not True."),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(name, variables, sentence):
    with pytest.raises(InvalidValue) as refused:
        presets.build(name, **variables)

    assert str(refused.value).replace("\u2009", "") == sentence


def test_a_name_is_taken_once():
    def lecture() -> Network:
        return Network()

    with pytest.raises(TypeError, match="lecture exists already"):
        presets.preset(title=say("Twice"), task="", parameters=0, reference="")(lecture)
