"""Where the weights of a drawing lie, in its file: written, read back, and refused by name and place."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import FileError
from graph.files import dumps, load, loads, opened, save
from graph.reference import Reference
from tests.strategies import networks

SUM = "0123456789abcdef" * 4
WEIGHTS = Reference("file:../trained.pt", SUM, {"conv1.weight": "conv1.weight", "stem.bias": "module.conv1.bias"})
NETWORK = loads('{"format": "canevas", "version": 1, "name": "x", "nodes": [], "edges": []}')

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda key: " = " not in key)
references = st.builds(
    Reference,
    st.sampled_from(["file:w.pt", "run:First-1", "torchvision:resnet18:IMAGENET1K_V1", "package:efficientnet"]),
    st.sampled_from([SUM, "f" * 64]),
    st.dictionaries(keys, keys, max_size=5),
)


LAW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(networks(), references)
def test_a_file_is_the_network_and_where_its_weights_lie(tmp_path_factory, network, weights):
    file = tmp_path_factory.mktemp("files") / "x.canevas"
    save(network, file, weights)

    assert opened(file) == (network, weights)
    assert opened(file).weights.tensors == weights.tensors
    assert load(file) == network
    save(network, file)
    assert opened(file) == (network, None)


def test_a_tensor_has_a_line_so_that_versions_differ_where_they_differ():
    lines = dumps(NETWORK, WEIGHTS).splitlines()

    assert '      "conv1.weight",' in lines
    assert '      "stem.bias = module.conv1.bias"' in lines


def of(**other: object) -> str:
    return json.dumps({"format": "canevas", "version": 2, "weights": {**WEIGHTS.to_record(), **other}})


REFUSED = {
    json.dumps({"format": "canevas", "version": 2, "weights": []}): ("weights", "object"),
    json.dumps({"format": "canevas", "version": 2, "weights": {}}): ("weights.from", "text"),
    of(run="os.system"): ("weights", "no field called 'run'"),
    of(tensor=[]): ("weights", "did you mean tensors"),
    **{of(**{"from": text}): ("weights.from", "begin with") for text in ("", "file:", "x.pt", "http://x", "file:\0")},
    of(**{"from": 3}): ("weights.from", "text"),
    of(**{"from": "file:" + "x" * 5000}): ("weights.from", "characters"),
    of(sha256="0" * 63): ("weights.sha256", "64 digits"),
    of(sha256=SUM.upper()): ("weights.sha256", "64 digits"),
    of(tensors={}): ("weights.tensors", "list"),
    of(tensors=["a", 3]): ("weights.tensors[1]", "text"),
    of(tensors=["a", "a = b"]): ("weights.tensors[1]", "twice"),
    of(tensors=[" = b"]): ("weights.tensors[0]", "name of a tensor"),
    of(tensors=["a = "]): ("weights.tensors[0]", "name of a tensor"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_names_no_weights_is_refused_by_place(text):
    place, reason = REFUSED[text]

    with pytest.raises(FileError) as error:
        loads(text, "x.canevas")
    assert error.value.place == place
    assert reason in str(error.value)


@settings(LAW, max_examples=200)
@given(st.integers(0, len(dumps(NETWORK, WEIGHTS)) - 1), st.characters(exclude_categories=["Cs"]))
def test_any_damage_is_read_or_refused(at, character):
    text = dumps(NETWORK, WEIGHTS)
    try:
        loads(text[:at] + character + text[at + 1 :])
    except FileError as error:
        assert error.reason  # noqa: PT017
