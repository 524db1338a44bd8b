"""Every kind, with random values: its source runs, and weights, counts, shapes and results are torch's own.

A new kind of layer is tried by itself, since the tests run over :func:`graph.kinds`.  If torch has a class of its name,
nothing is to be written; else it needs an entry in :data:`tests.runtime.oracles.OTHERS`, a second way to compute it.
"""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import presets
from graph import Edge, Labels, Loss, Network, Node, Tensor, analyze, dumps, kinds, loads
from graph.layer import TRAINING
from graph.layers.source import Input, Target
from runtime.folding import WIDTH
from tests.strategies import layers, tensors

pytestmark = [pytest.mark.torch, pytest.mark.slow]
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from tests.runtime.oracles import OTHERS, expected  # noqa: E402

FITTING = {
    "RelativePositionalMultiHeadAttention": ((5, 4, 8), {"head_dim": 4, "max_seq_len": 4}),
    "WindowDepartition": ((6, 4, 3), {"size": 2, "windows": (2, 3)}),
}
"""What arrives, and the values, of kinds that chance rarely makes fit."""


def plain(kind) -> bool:
    """Whether tensors or labels arrive, and a tensor or one loss leaves; lists of boxes have tests of their own."""
    takes = all({Tensor, Labels} & set(port.accepts) for port in kind.inputs)
    return takes and all({Tensor, Loss} & set(port.accepts) for port in kind.outputs)


ABLE = {n: k for n, k in sorted(kinds().items()) if k.inputs and k.outputs and k.offered and plain(k)}
COMPUTING = [name for name, kind in ABLE.items() if kind.category == "loss" or kind.when != TRAINING]
PREPARING = [name for name in ABLE if name not in COMPUTING]
"""Kinds that make what a loss compares with."""
BATCH = 2


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
            if Labels in port.accepts and (Tensor not in port.accepts or draw(st.booleans())):
                maps = kind.category == "loss" and len(arrives.dims) > 2
                nodes[source] = Node(source, Target("mask" if maps else "class"))
            else:
                nodes[source] = Node(source, Input(arrives.shape))
            edges.append(Edge(source, "out", "it", port.name))
    return Network("alone", {n: nodes[n] for n in (*[k for k in nodes if k != "it"], "it")}, tuple(edges))


def shape_of(dims: tuple, n: int) -> tuple[int, ...]:
    return tuple(n if d == "N" else d if isinstance(d, int) else d.factor * n for d in dims)


def randomized(model):
    """Other weights than those at first, which are often zero or one; what was counted or looked up stays."""
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if tensor.is_floating_point() and not key.endswith("relative_coords_table"):
                tensor.copy_(torch.rand(tensor.shape) + 0.25)
    return {key.removeprefix("it").removeprefix("."): t for key, t in model.state_dict().items()}


def arriving(network: Network, layer) -> tuple[list, list, object]:
    """Data for the model: images, the target, and the same per port of the layer."""
    images, targets, ports = [], None, {}
    for node in network.nodes.values():
        if node.kind == "Input":
            images.append(torch.randn(BATCH, *node.layer.shape))
            ports.setdefault(node.name.rpartition("_")[0], []).append(images[-1])
    for node in network.nodes.values():
        if node.kind == "Target":
            scores = ports["input"][0]
            size = (BATCH,) if node.layer.gives == "class" else (BATCH, *scores.shape[2:])
            least = 2 if layer.module == "runtime.modules" else 1  # a single score may tell 1 from 0
            targets = torch.randint(max(scores.shape[1], least), size)
            ports[node.name.rpartition("_")[0]] = [targets]
    taken = [tuple(ports[p.name]) if p.many else ports[p.name][0] for p in layer.inputs if p.name in ports]
    return images, taken, targets


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # costs torch a copy, not us a number
@pytest.mark.parametrize("name", COMPUTING)
def test_it_computes_what_torch_does(name):
    assert kinds()[name].module == "torch.nn" or name in OTHERS, f"tests/runtime/oracles.py: no oracle for {name}"
    seen = []

    @given(alone(name))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def runs(network):
        report = analyze(network)
        assume(not any(p.severity == "error" for p in report.problems))
        fact, layer = report["it"], network["it"].layer
        text = runtime.source(network)
        torch.manual_seed(len(seen))
        model = runtime.compile(network).eval()
        foretold = {f"it.{key}" if key else "it": w.shape for key, w in fact.weights.items()}
        assert {k: tuple(t.shape) for k, t in model.state_dict().items()} == foretold
        assert sum(p.numel() for p in model.parameters()) == fact.parameters
        learned = {f"it.{key}" if key else "it" for key, w in fact.weights.items() if w.parameter}
        assert {k for k, _ in model.named_parameters()} == learned

        weights = randomized(model)
        images, taken, targets = arriving(network, layer)
        with torch.no_grad():
            found = model(*images, targets)["it"] if layer.category == "loss" else model(*images)
            wanted = expected(layer, weights, fact.inputs, tuple(taken))
        found = found[0] if isinstance(found, tuple) else found
        assert tuple(found.shape) == shape_of(fact.output.dims, BATCH)
        exact = layer.module == "torch.nn" and name != "MultiheadAttention"  # which torch computes in two ways
        close = {"rtol": 0, "atol": 0} if exact else {"rtol": 2e-5, "atol": 2e-5}
        torch.testing.assert_close(found, wanted, equal_nan=True, **close)

        again = loads(dumps(network))
        assert again == network
        assert runtime.source(again) == text
        seen.append(network)

    runs()
    assert seen, "no draw was accepted"


@pytest.mark.parametrize("name", PREPARING)
def test_what_a_loss_compares_with_is_what_its_oracle_makes(name):
    @given(layers(kinds()[name]))
    @settings(max_examples=12, deadline=None)
    def makes(layer):
        target = torch.randint(layer.classes, (BATCH,))
        found = eval(layer.expression("target"), {"nn": torch.nn, "target": target})
        assert tuple(found.shape) == shape_of(layer.output(Labels()).dims, BATCH)
        torch.testing.assert_close(found, expected(layer, {}, (Labels(),), (target,)))

    makes()


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
