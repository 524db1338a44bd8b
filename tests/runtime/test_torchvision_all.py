"""Every classifier and segmenter of torchvision, by ``make test-torchvision``: minutes, and up to 8 GB of memory."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from graph import analyze, edit, files

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision").models
pytestmark = [pytest.mark.torch, pytest.mark.torchvision_all]

import runtime  # noqa: E402
from runtime.import_.builders import BUILDERS  # noqa: E402
from runtime.import_.torchvision import bare, from_torchvision  # noqa: E402
from tests.runtime import torchvision_models as own  # noqa: E402


@pytest.mark.parametrize("name", list(BUILDERS))
def test_names_and_numbers_are_torchvisions(name):
    known = BUILDERS[name]
    network = from_torchvision(name)
    module = bare(known, known.classes, known.size)
    with torch.device("meta"):
        model = runtime.compile(network)
    report = analyze(network)

    shapes = {key: (tensor.shape, tensor.dtype) for key, tensor in module.state_dict().items()}
    assert {key: (tensor.shape, tensor.dtype) for key, tensor in model.state_dict().items()} == shapes
    assert {k for k, _ in model.named_parameters()} == {k for k, _ in module.named_parameters()}
    assert report.parameters == known.parameters
    assert round(report.macs / 1e9, 3) == known.gmacs
    assert not [p for p in report.problems if p.severity == "error"]


def test_facts_of_all_need_no_torch(tmp_path):
    """Where torch cannot be imported: parameters, multiply-adds, no error among the problems."""
    paths = []
    for name in BUILDERS:
        files.save(from_torchvision(name), tmp_path / name)
        paths.append(str(tmp_path / name))
    code = (
        "import sys; sys.modules['torch'] = sys.modules['torchvision'] = None\n"
        "from graph import analyze, load; from runtime.import_.builders import BUILDERS\n"
        "for file in sys.argv[1:]:\n"
        "    report = analyze(load(file)); known = BUILDERS[file.rpartition('/')[2]]\n"
        "    assert (report.parameters, round(report.macs / 1e9, 3)) == (known.parameters, known.gmacs), file\n"
        "    assert not [p for p in report.problems if p.severity == 'error'], file\n"
    )
    subprocess.run([sys.executable, "-c", code, *paths], check=True)


@pytest.mark.parametrize("name", list(BUILDERS))
def test_it_computes_what_torchvision_computes(name):
    model = own.model_of(name)
    network = own.compiled(own.opened(name), model)

    own.assert_equal_in_use(name, network, model)
    own.assert_equal_in_training(name, network, model)
    del model, network
    gc.collect()


ENTRIES = [
    (name, weights)
    for name in BUILDERS
    for weights in models.get_model_weights(name)
    if BUILDERS[name].task == "classification"
]
FORCED = {"googlenet": {"aux_logits": False, "transform_input": True}}
"""What published weights ask of the builder, beside the size of the images."""


@pytest.mark.parametrize(("name", "weights"), ENTRIES, ids=lambda part: str(getattr(part, "name", part)))
def test_published_parameters_and_multiply_adds(name, weights):
    size = weights.transforms.keywords["crop_size"]
    network = from_torchvision(name, size=size, **FORCED.get(name, {}))
    report = analyze(network)

    assert report.parameters == weights.meta["num_params"]
    assert round(report.macs / 1e9, 3) == weights.meta["_ops"]


FIELDS = {"resnet18": 435, "resnet34": 899, "resnet50": 427, "resnet101": 971, "resnet152": 1451}


@pytest.mark.parametrize("name", list(FIELDS))
def test_receptive_fields_of_residual_networks(name):
    field = analyze(from_torchvision(name))["layer4"].receptive_field

    assert field.size == (FIELDS[name],) * 2


def test_an_opened_network_can_take_images_of_another_size():
    network = edit.set_values(from_torchvision("resnet18"), "input", shape=(3, 96, 96))

    assert analyze(network).outputs["output"].shape == (1000,)
