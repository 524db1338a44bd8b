"""A trained network says the same in use as in training, wherever it is loaded from."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from graph import CanevasError, FileError, edit
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.run import Run, create
from tests.runtime.nursery import Nursery

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import checkpoint, infer  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.export import About, export  # noqa: E402
from runtime.infer import classes  # noqa: E402
from runtime.infer.trained import made  # noqa: E402

DIGITS = Description("digits")


@pytest.fixture(scope="module")
def trained_run(small, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory, wait_until) -> Run:
    """A run of two epochs that is over."""
    run = create(tmp_path_factory.mktemp("runs"), small, None, Recipe(epochs=2, threads=1, device="cpu"), DIGITS)
    nursery.worker(run.folder)
    wait_until(lambda: run.state == "done", 60, "the end of the run")
    return run


@pytest.fixture(scope="module")
def data():
    return open_data(DIGITS)


def test_a_run_measures_outside_as_it_did_in_training(trained_run: Run, data):
    told = classes.measure(infer.trained(trained_run.folder), data, mistakes=1000)
    result = trained_run.result["parts"]["test"]

    assert told["part"] == "test"
    assert told["confusion"] == result["confusion"]
    assert told["metrics"]["accuracy"] == result["accuracy"]
    assert told["metrics"]["cross_entropy"] == pytest.approx(result["loss"], rel=1e-4)
    wrong = sum(n for i, row in enumerate(told["confusion"]) for j, n in enumerate(row) if i != j)
    assert len(told["mistakes"]) == wrong
    scores = [m["score"] for m in told["mistakes"]]
    assert scores == sorted(scores, reverse=True)
    assert all(m["label"] != m["answer"] for m in told["mistakes"])


def test_an_exported_model_answers_like_its_run(trained_run: Run, data, tmp_path: Path):
    model = infer.trained(trained_run.folder)
    about = About("classification", model.classes, model.preprocessing)
    export(model.network, model.weights, tmp_path / "m.pt", about)
    taken = infer.trained(tmp_path / "m.pt")
    images = data.parts["test"].images[:50]

    assert torch.equal(classes.probabilities(model, images), classes.probabilities(taken, images))
    assert taken.preprocessing == model.preprocessing


def test_images_are_prepared_as_in_training(trained_run: Run, data, tmp_path: Path):
    model = infer.trained(trained_run.folder)
    images = data.parts["test"].images[:3]
    files = []
    for i, image in enumerate(images):
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(image[0].numpy()).save(files[-1])
    (tmp_path / "broken.png").write_text("x")
    answers, seen = classes.predict(model, [*files, tmp_path / "broken.png", tmp_path / "absent.png"], top=3)

    assert torch.equal(torch.from_numpy(seen[:3]), images)
    scores = classes.probabilities(model, images)
    for answer, row in zip(answers, scores, strict=False):
        assert [c["index"] for c in answer["classes"]] == row.topk(3).indices.tolist()
        assert answer["classes"][0]["score"] == pytest.approx(float(row.max()), rel=1e-5)
    assert "is no image" in answers[3]["error"]
    assert "no such file" in answers[4]["error"]


def test_scores_become_probabilities_once(trained_run: Run, data):
    model = infer.trained(trained_run.folder)
    plain = edit.remove(model.network, ["softmax"])
    plain = edit.connect(plain, type(next(iter(plain.edges)))("dense", "out", "output", "x"))
    without = made(plain, model.weights, model.classes, model.preprocessing, torch.device("cpu"))
    images = data.parts["test"].images[:20]

    assert torch.allclose(classes.probabilities(model, images), classes.probabilities(without, images), atol=1e-6)


def test_maps_are_what_leaves_the_node(trained_run: Run, data):
    model = infer.trained(trained_run.folder)
    image = data.parts["test"].images[0]
    maps = infer.maps(model, "relu", image)

    assert maps.shape == (4, 28, 28)
    assert float(maps.min()) == 0.0
    assert infer.maps(model, "dense", image).shape == (10,)
    for path, why in (("nothing", "no maps of its own"), ("loss", "not computed")):
        with pytest.raises(CanevasError, match=why):
            infer.maps(model, path, image)


def test_classes_are_found_by_their_names():
    labels = torch.tensor([0, 1, 2])

    assert classes.renumbered(labels, ["a", "b", "c"], ["c", "b", "a"], 3).tolist() == [2, 1, 0]
    assert classes.renumbered(labels, ["a", "b", "c"], [], 3).tolist() == [0, 1, 2]
    with pytest.raises(CanevasError, match="class z"):
        classes.renumbered(labels, ["a", "b", "z"], ["c", "b", "a"], 3)
    with pytest.raises(CanevasError, match="tells 5 classes apart"):
        classes.renumbered(labels, ["x", "y"], ["c", "b", "a"], 5)


def test_what_is_no_model_is_refused_in_a_sentence(tmp_path: Path, trained_run: Run):
    (tmp_path / "text.pt").write_text("no weights")
    torch.save({"x": 1}, tmp_path / "other.pt")
    torch.save(torch.nn.ReLU(), tmp_path / "code.pt")
    whole = trained_run.checkpoint().read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    for name in ("text.pt", "other.pt", "code.pt", "cut.pt", "absent.pt", "."):
        with pytest.raises(FileError):
            infer.trained(tmp_path / name)


def test_checkpoints_hold_plain_values_only(trained_run: Run):
    content = torch.load(trained_run.checkpoint("last"), weights_only=True)

    assert content["format"] == "canevas-checkpoint"
    assert set(content["model"]) == {"conv.weight", "conv.bias", "dense.weight", "dense.bias"}
    assert checkpoint.weights(trained_run).keys() == content["model"].keys()


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    checkpoint.save({"n": 1}, tmp_path / "last.pt")

    def full(content: object, file: object) -> None:
        Path(str(file)).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(FileError, match="No space left"):
        checkpoint.save({"n": 2}, tmp_path / "last.pt")

    assert checkpoint.load(tmp_path / "last.pt")["n"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["last.pt"]
