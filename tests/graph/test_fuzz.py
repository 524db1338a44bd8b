"""A share of the damaged files of :mod:`tests.fuzz`: each opens or is refused, in time, and nothing is executed."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from graph import CanevasError, Edge, FileError, Network, Node, analyze, edit, kinds, loads
from graph.layers.convolution import Conv2d
from graph.layers.source import Input, Target
from tests.fuzz import told

ROOT = Path(__file__).parents[2]


def fuzz(*given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tests.fuzz", *given], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_damaged_drawings_open_or_are_refused():
    found = fuzz("--count", "250", "--seed", "7", "--no-models")

    assert found.returncode == 0, found.stdout
    opened, refused = map(int, re.search(r"250 files: (\d+) opened, (\d+) refused", found.stdout).groups())
    assert opened > 50
    assert refused > 50


@pytest.mark.slow
@pytest.mark.torch
def test_damaged_models_are_refused_and_none_runs():
    pytest.importorskip("torch")
    found = fuzz("--count", "200", "--seed", "8", "--only-models")

    assert found.returncode == 0, found.stdout
    assert int(re.search(r"(\d+) refused", found.stdout)[1]) > 100


def test_whatever_is_executed_is_noticed(tmp_path):
    """Check the checker: what opens a file that calls something is found out."""
    code = (
        "import pickle, sys, tempfile, pathlib; from tests import fuzz, damaged_models as m, damage;"
        "fuzz.look = lambda file: pickle.loads(file.read_bytes()) and '';"
        "fuzz.watch();"
        "one = damage.Case('.pkl', pickle.dumps(m.Runs(eval, '1 + 1')), 'evil');"
        "print(fuzz.tried(0, one, pathlib.Path(sys.argv[1])).what)"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)

    assert found.stdout.strip() == "failed", found.stderr


ARRIVING = [Input((3, 16, 16)), Input((3, 16)), Input((10,)), Input((1, 1, 1)), Input((4, 6, 6, 6)), Target()]


@pytest.mark.parametrize("kind", sorted(k for k, cls in kinds().items() if cls.inputs))
def test_whatever_arrives_at_whatever_kind_can_be_told(kind):
    """Bypassed or not, fitting or not, something connected or nothing: facts, problems, fixes and explanations hold.

    A pooling that was bypassed because it did not fit was asked what it makes of what arrives.
    """
    layer = kinds()[kind]()
    ports = [(p.name, "source") for p in layer.inputs]
    wirings = [ports, [*ports[:1], *((name, "target") for name, _ in ports[1:])], []]
    for source, wiring, bypass in itertools.product(ARRIVING, wirings, (True, False)):
        network = Network("n", {n: Node(n, v) for n, v in (("source", source), ("target", Target()), ("it", layer))})
        network = network.change(nodes=network.nodes | {"it": Node("it", layer, bypass=bypass)})
        network = edit.add(network, Conv2d(), "conv")[0]
        for port, name in wiring:
            network = connected(network, Edge(name, "out", "it", port))
        if layer.outputs:
            network = connected(network, Edge("it", layer.outputs[0].name, "conv", "x"))
        told(analyze(network))


def connected(network, edge):
    try:
        return edit.connect(network, edge)
    except CanevasError:
        return network


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"name": "a", "block": ["b"]}, "no block called"),
        ({"name": "a", "kind": "Conv2d", "bind": {"stride": ["width"]}}, "An expression has"),
        ({"name": "a", "kind": "Conv2d", "bind": {"stride": {"width": 1}}}, "An expression has"),
    ],
)
def test_a_list_where_a_word_belongs_is_refused(node, reason):
    """Found by damage: each was a traceback."""
    with pytest.raises(FileError, match=reason):
        loads(json.dumps({"format": "canevas", "version": 1, "nodes": [node]}))
