"""The source of every kind, and of every preset, runs and gives what analysis foretold."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import presets
from graph import CanevasError, Edge, Labels, Loss, Network, Node, Tensor, analyze, kinds
from graph.layers.source import Input, Target
from runtime.folding import WIDTH
from tests.strategies import layers, tensors

pytestmark = [pytest.mark.torch, pytest.mark.slow]
torch = pytest.importorskip("torch")

import runtime  # noqa: E402

FITTING = {
    "RelativePositionalMultiHeadAttention": ((5, 4, 8), {"head_dim": 4, "max_seq_len": 4}),
    "WindowDepartition": ((6, 4, 3), {"size": 2, "windows": (2, 3)}),
}
"""What arrives, and the values, of kinds that chance rarely makes fit."""

COMPUTING = sorted(name for name, kind in kinds().items() if kind.inputs and kind.outputs and kind.offered)


@st.composite
def alone(draw, name: str) -> Network:
    """One layer of a kind, with whatever arrives at its ports."""
    kind = kinds()[name]
    layer, arrives = draw(layers(kind)), draw(tensors(ranks=(2, 3, 4, 5)))
    if name in FITTING:
        shape, values = FITTING[name]
        layer, arrives = kind(**values), Tensor(("N", *shape))
    nodes, edges = {"it": Node("it", layer)}, []
    for port in kind.inputs:
        for i in range(draw(st.integers(1, 3)) if port.many else 1):
            if port.optional and draw(st.booleans()):
                continue
            source = f"{port.name}_{i}"
            if Tensor in port.accepts:
                nodes[source] = Node(source, Input(arrives.shape))
            elif Labels in port.accepts:
                nodes[source] = Node(source, Target())
            else:
                assume(False)
            edges.append(Edge(source, "out", "it", port.name))
    return Network("alone", {n: nodes[n] for n in (*[k for k in nodes if k != "it"], "it")}, tuple(edges))


def shape_of(dims: tuple, n: int) -> tuple[int, ...]:
    return tuple(n if d == "N" else d if isinstance(d, int) else d.factor * n for d in dims)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # costs torch a copy, not us a number
@pytest.mark.parametrize("name", COMPUTING)
def test_it_runs_and_gives_what_was_foretold(name):
    seen = []

    @given(alone(name))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def runs(network):
        fact = analyze(network)["it"]
        assume(not any(p.severity == "error" for p in analyze(network).problems))
        try:
            model = runtime.compile(network).eval()
        except CanevasError:
            assume(not fact.outputs)
            raise
        foretold = {f"it.{key}" if key else "it": w.shape for key, w in fact.weights.items()}
        assert {k: tuple(t.shape) for k, t in model.state_dict().items()} == foretold
        images = [torch.randn(2, *n.layer.shape) for n in network.nodes.values() if n.kind == "Input"]
        (flow,) = fact.outputs[:1]
        if isinstance(flow, Loss):
            found = model(*images, torch.zeros(2, dtype=torch.int64))["it"]
            assert found.shape == ()
        else:
            found = model(*images)
            first = found[0] if isinstance(found, tuple) else found
            assert tuple(first.shape) == shape_of(flow.dims, 2)
        seen.append(network)

    runs()
    assert seen, "no draw was accepted"


@pytest.mark.parametrize("name", sorted(presets.presets()))
def test_the_source_of_every_preset_is_formatted_and_builds_its_weights(name):
    network = presets.build(name)
    text = runtime.source(network)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(WIDTH), "-"]
    formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    assert formatted == text
    with torch.device("meta"):
        model = runtime.compile(network)
    foretold = {}
    for path, fact in analyze(network).leaves():
        foretold |= {f"{path}.{key}" if key else path: weight.shape for key, weight in fact.weights.items()}
    assert {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()} == foretold
