"""Laws of problems, for random networks: one mistake is told once, and a fix mends without harm."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graph import CanevasError, Network, NetworkError, analyze, edit, kinds
from graph.layers.activation import LogSoftmax, ReLU, Sigmoid, Softmax
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.loss import CrossEntropyLoss, FocalLoss, NLLLoss
from graph.layers.loss_numbers import BCEWithLogitsLoss
from graph.layers.normalization import BatchNorm2d
from graph.layers.pooling import MaxPool2d
from graph.layers.resample import Upsample
from graph.layers.source import Target
from graph.layers.tensor_ops import Flatten
from graph.layers.transposed import ConvTranspose2d
from graph.problems import mend, problems_of
from tests.graph.test_problems import chain, judged
from tests.strategies import INNER, edited, layers, networks

LAW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def errors(report) -> set[tuple[str, str]]:
    return {(p.code, p.path) for p in report.problems if p.severity == "error"}


def told(report) -> list[tuple[str, str, str, str]]:
    return [(p.code, p.severity, p.path, str(p.message)) for p in report.problems]


@LAW
@given(networks(blocks=False, variables=False), st.data())
def test_one_broken_node_is_one_error(network, data):
    """Downstream of an error nothing is known, and so nothing is told."""
    able = [n for n in network.nodes if network[n].kind not in ("Input", "Output")]
    name = data.draw(st.sampled_from(able))
    layer = data.draw(layers(kinds()[data.draw(st.sampled_from(INNER))]))
    broken = network.change(nodes={**network.nodes, name: type(network[name])(name, layer)})
    report = analyze(broken)
    assume(report.facts[name].error is not None)

    assert {path for _, path in errors(report)} == {name}
    assert len(errors(report)) == 1
    assert sum(p.path == name and p.severity == "error" for p in report.problems) == 1


@LAW
@given(networks(), st.data())
def test_a_break_inside_a_block_is_told_where_it_is(network, data):
    """The block around it, and all behind it, keep silent."""
    blocks = [n for n in network.nodes.values() if n.kind in network.blocks]
    assume(blocks)
    block = data.draw(st.sampled_from(blocks))
    inside = network.inside(block.kind)
    able = [n for n in inside.nodes.values() if n.kind not in ("Input", "Output") and n.kind not in network.blocks]
    assume(able)
    name = data.draw(st.sampled_from(able)).name
    wrong = type(inside[name])(name, kinds()["Softmax"](5))
    try:
        broken = edit.put_inside(network, (block.name,), inside.change(nodes={**inside.nodes, name: wrong}))
    except CanevasError:
        assume(False)
        raise

    found = errors(analyze(broken))

    assert {path.rpartition(".")[2] for _, path in found} == {name}


FLAWED = (
    *(Conv2d(4, 3), Conv2d(4, 4, padding="same"), Conv2d(6, 3, 2, padding="same"), Conv2d(4, 2, 3), Conv2d(4, 40)),
    *(BatchNorm2d(), ReLU(), Dropout(0.0), Dropout(1.0), MaxPool2d(2), MaxPool2d(1), MaxPool2d(2, padding=2)),
    *(ConvTranspose2d(3, 3, 2), ConvTranspose2d(3, 2, 2, output_padding=3), Upsample(2.0, align_corners=True)),
    *(Flatten(), Linear(10), Softmax(), LogSoftmax(), Sigmoid()),
)
"""Layers that are wrong, or are so beside others."""
LOSSES = (CrossEntropyLoss(), NLLLoss(), BCEWithLogitsLoss(), FocalLoss(over="softmax"), None)


@st.composite
def flawed(draw) -> Network:
    """A chain of layers as a beginner might draw it, perhaps with a loss, perhaps as a block."""
    layers = draw(st.lists(st.sampled_from(FLAWED), min_size=2, max_size=6))
    loss = draw(st.sampled_from(LOSSES))
    network = chain(*layers) if loss is None else judged(chain(*layers), loss, Target())
    if draw(st.booleans()):
        names = [n for n in network.nodes if n not in ("image", "answer", "loss", "target")]
        network = edit.wrap(network, names[: draw(st.integers(1, len(names)))]).network
    return network


@settings(LAW, max_examples=300)
@given(flawed())
def test_whatever_is_offered_works_and_what_is_safe_does_no_harm(network):
    """The problem of the fix is gone; after a safe one no error came, and the answer has the shape that it had."""
    before = analyze(network)
    for problem in before.problems:
        for fix in problem.fixes:
            after = analyze(fix.apply(network), before)
            assert (problem.code, problem.path) not in {(p.code, p.path) for p in after.problems}, fix.id
            if fix.safe:
                assert len(errors(after)) <= len(errors(before)), fix.id
                assert errors(before) or after.outputs == before.outputs, fix.id


@settings(LAW, max_examples=100)
@given(flawed())
def test_beginners_are_mended_to_the_end(network):
    mended, done = mend(network)

    assert not [p for p in analyze(mended).problems if any(f.safe for f in p.fixes)]
    assert len(done) < 30


@settings(LAW, max_examples=60)
@given(networks(most=6), st.data())
def test_a_safe_fix_mends_its_problem_and_no_harm_is_done(network, data):
    """Its problem is gone, no error came, and what the network answers has the shape that it had."""
    for _ in range(data.draw(st.integers(1, 4))):
        network = data.draw(edited(network))
    before = analyze(network)
    for problem in before.problems:
        for fix in (f for f in problem.fixes if f.safe):
            after = analyze(fix.apply(network), before)
            left = {(p.code, p.path) for p in after.problems}
            assert (problem.code, problem.path) not in left
            assert errors(after) <= errors(before)
            if not errors(before):
                assert after.outputs == before.outputs


@settings(LAW, max_examples=100)
@given(networks(most=6), st.data())
def test_every_fix_can_be_applied(network, data):
    """What is offered is done, if not always for the best: nobody presses a button in vain."""
    for _ in range(data.draw(st.integers(1, 4))):
        network = data.draw(edited(network))
    before = analyze(network)
    for problem in before.problems:
        for fix in problem.fixes:
            try:
                after = analyze(fix.apply(network), before)
            except NetworkError:
                assert fix.id in ("bridge", "remove")  # other nodes are in the way, and the sentence says so
                continue
            assert (problem.code, problem.path) not in {(p.code, p.path) for p in after.problems}


@LAW
@given(networks(), st.data())
def test_mending_comes_to_an_end(network, data):
    for _ in range(data.draw(st.integers(1, 4))):
        network = data.draw(edited(network))

    mended, done = mend(network)

    assert len(done) < 100
    assert len(errors(analyze(mended))) <= len(errors(analyze(network)))
    assert mend(mended)[1] == []


@settings(LAW, max_examples=100)
@given(networks(), st.data())
def test_problems_after_each_edit_are_those_of_the_whole(network, data):
    """What is kept of an earlier look says the same as a fresh one."""
    report = analyze(network)
    _ = report.problems
    for _ in range(data.draw(st.integers(1, 8))):
        network = data.draw(edited(network))
        report = analyze(network, report)
        if data.draw(st.booleans()):  # some states nobody looks at
            assert told(report) == told(analyze(network))


def test_rules_are_asked_again_only_beside_a_change(monkeypatch: pytest.MonkeyPatch):
    from graph import problems

    network: Network = chain(*(layer for _ in range(8) for layer in (Conv2d(4, 3, padding=1), ReLU())))
    report = analyze(network)
    _ = report.problems
    asked: list[str] = []
    original = problems._asked
    monkeypatch.setattr(problems, "_asked", lambda r, names: original(r, asked.extend(names) or names))

    report = analyze(edit.set_values(network, "conv2d4", padding_mode="reflect"), report)
    _ = problems_of(report)

    assert set(asked) == {"relu3", "conv2d4", "relu4"}
