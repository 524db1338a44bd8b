"""Analysis asks once, forgets nothing that matters, and reaches as far as networks do."""

from __future__ import annotations

import functools
import gc
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from graph import Edge, Network, NetworkError, Node, analyze
from graph.effect import effect
from graph.layer import Layer, kind
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.source import Input
from graph.tensors import Tensor
from graph.values import Size2, value
from presets import build
from tests import strategies

ROOT = Path(__file__).parents[2]


def chain(*layers: Layer) -> Network:
    nodes = [Node(f"n{i}", layer) for i, layer in enumerate([Input((3, 32, 32)), *layers])]
    edges = [Edge(a.name, "out", b.name, "x") for a, b in pairwise(nodes)]
    return Network("chain", {n.name: n for n in nodes}, tuple(edges))


def forget() -> None:
    for kept in gc.get_objects():
        if type(kept) is type(functools.lru_cache(id)) and kept.__module__.startswith("graph"):
            kept.cache_clear()


def test_the_same_layer_on_the_same_shape_is_asked_once():
    report = analyze(chain(Conv2d(8, 3, padding=1), ReLU(), Conv2d(8, 3, padding=1), ReLU(), Conv2d(8, 3, padding=1)))

    assert report["n3"].weights is report["n5"].weights
    assert report["n1"].weights != report["n3"].weights
    assert report["n3"].fields != report["n5"].fields


def test_what_a_layer_refuses_is_refused_again():
    network = chain(Conv2d(8, 40))

    first, second = (analyze(replace(network))["n1"].error for _ in range(2))

    assert str(first) == str(second)
    assert "40" in str(first)


@pytest.mark.parametrize("name", ["lecture", "resnet18", "googlenet", "unet"])
def test_what_was_kept_changes_no_fact(name: str):
    network = build(name)
    kept = analyze(network)

    forget()
    anew = analyze(build(name))

    assert dict(kept.leaves()) == dict(anew.leaves())
    assert kept.bytes(2) == anew.bytes(2)


@given(strategies.networks())
@settings(max_examples=60, deadline=None)
def test_of_the_nodes_that_are_ready_the_first_stored_comes_first(network: Network):
    """Also where nodes are stored against the flow, so that the order has to be found."""
    for stored in (list(network.nodes), list(reversed(network.nodes))):
        turned = Network("turned", {name: network.nodes[name] for name in stored}, network.edges)
        done: list[str] = []
        while len(done) < len(stored):
            ready = (n for n in stored if n not in done and all(e.source in done for e in turned.incoming.get(n, ())))
            done.append(next(ready))

        assert turned.order == tuple(done)


def test_a_chain_of_twenty_thousand_layers_is_no_matter_of_depth():
    report = analyze(chain(*[ReLU()] * 20_000))

    assert report["n20000"].outputs == (Tensor(("N", 3, 32, 32)),)


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_looked_for_afterwards_as_before(collects: bool):
    circle = chain(ReLU(), ReLU())
    circle = circle.change(edges=(*circle.edges[1:], Edge("n2", "out", "n1", "x")))
    was = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        analyze(chain(ReLU()))
        with pytest.raises(NetworkError):
            analyze(circle)
        assert gc.isenabled() == collects
    finally:
        (gc.enable if was else gc.disable)()


def test_weights_of_a_block_are_those_inside_it():
    fact = next(f for f in analyze(build("resnet18")).facts.values() if f.inside is not None)

    inside = {f"{path}.{key}": w for path, leaf in fact.inside.leaves() for key, w in leaf.weights.items()}

    assert fact.weights == inside
    assert len(fact.weights) == len(inside)
    assert list(fact.weights) == list(inside)
    assert sum(w.size for w in fact.weights.values() if w.parameter) == fact.parameters


def test_a_default_is_written_in_its_normal_form():
    class Odd(Layer):
        """A kind whose default is a number where a size is meant."""

        size: Size2 = value(3, low=1)

    with pytest.raises(TypeError, match="normal form"):
        kind(Odd)


def test_the_answer_of_a_layer_holds_all_that_is_kept_of_it():
    found = effect(Conv2d(8, 3, padding=1), (Tensor(("N", 3, 32, 32)),))

    assert found.parameters == 3 * 3 * 3 * 8 + 8
    assert found.macs == 32 * 32 * 3 * 3 * 3 * 8
    assert found.outputs == (Tensor(("N", 8, 32, 32)),)


def test_a_large_network_is_analyzed_without_torch():
    code = (
        "import sys, graph, presets\n"
        "report = graph.analyze(presets.build('resnet152'))\n"
        "assert report.parameters == 60_192_808\n"
        "assert not {'torch', 'PySide6', 'numpy'} & set(sys.modules), 'something heavy came along'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
