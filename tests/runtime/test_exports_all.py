"""Every preset in every format, by ``make test-exports``: an hour on one core, and up to 8 GB of memory.

``make test`` has the share below, which has every way of leaving in it: classes, boxes, maps of any size, a signal.
"""

from __future__ import annotations

import gc
from functools import lru_cache

import psutil
import pytest

import presets
from graph.analysis import analyze
from runtime.export import export
from runtime.formats import FORMATS, GRAPHS

torch = pytest.importorskip("torch")

from tests.runtime.lively import lively  # noqa: E402

pytestmark = [pytest.mark.torch]

SHARE = {
    ("lecture", ".pt2"),
    ("lenet_1989", ".onnx"),
    ("conv1d_signal", ".onnx"),
    ("yolo_small", ".onnx"),
    ("yolo_small", ".pt2"),
    ("faster_rcnn_small", ".pt2"),
    ("sheet_skip", ".safetensors"),
}
"""What each run of the tests tries."""

FREE = {"resnet18": 32, "unet": 16, "unet_padded": 16, "squeezenet": 16, "yolo_small": 16, "densenet121": 32}
"""Networks whose graphs take images of other sizes, in these steps: their total stride."""

COPIES = 8
"""Memory that an export takes, in sizes of the weights: two models, two files on their way, and what opens them."""


@lru_cache(maxsize=1)
def drawn(name: str) -> tuple:
    """A preset with its weights: the same for all its formats, of one preset at a time."""
    network = presets.build(name)
    return network, lively(network)


def tried(name: str, ending: str, folder) -> None:
    needed = COPIES * analyze(presets.build(name)).bytes()["weights"]
    if needed > psutil.virtual_memory().available:
        pytest.skip(f"{name} takes about {needed / 2**30:.0f} GB")

    made = export(*drawn(name), folder / f"{name}{ending}")

    assert made.verified, made.wrong
    assert not [note for note in made.notes if "proof says little" in note]
    assert made.free is None or made.free["batch"]
    assert "print(" in made.example
    if ending == ".pt2" and name in FREE:
        assert made.free["step"] == FREE[name]
        assert made.free["sides"] == ["height", "width"]
    if (name, ending) == ("yolo_small", ".onnx"):
        assert made.free["sides"] == []  # its adaptive pooling would be that of one size in a graph of ONNX
    if FORMATS[ending] not in GRAPHS:
        assert made.max_difference == 0.0
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "ending"), sorted(SHARE))
def test_a_share_of_the_presets_leaves_in_every_way(name, ending, tmp_path):
    tried(name, ending, tmp_path)


@pytest.mark.exports_all
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", sorted(presets.presets(), key=lambda name: presets.presets()[name].parameters))
def test_every_preset_leaves_in_every_format(name, ending, tmp_path):
    tried(name, ending, tmp_path)
