"""What is done to an image before a network sees it: to the pixel what torchvision's transforms do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from graph.errors import InvalidValue
from runtime.data.images import prepared
from runtime.data.preprocessing import Preprocessing

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize  # noqa: E402

from runtime.data.boxes import scaled  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.description import Description  # noqa: E402


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(width * height).integers(0, 256, (height, width, 3), np.uint8))


def imagenet(short: int, size: int, interpolation: str = "bicubic") -> Preprocessing:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return Preprocessing((size, size), 3, mean, std, interpolation, short=short)


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    size=st.integers(1, 32),
    border=st.integers(0, 9),
    interpolation=st.sampled_from(["bilinear", "bicubic", "nearest"]),
)
def test_shrinking_and_cutting_is_that_of_torchvision(width, height, size, border, interpolation):
    image = noise(width, height)
    theirs = Compose([Resize(size + border, InterpolationMode(interpolation)), CenterCrop(size)])(image)

    ours = prepared(image, imagenet(size + border, size, interpolation))

    assert np.array_equal(ours, np.asarray(theirs).transpose(2, 0, 1))


def test_a_picture_far_too_long_does_not_fill_memory():
    told = imagenet(256, 224)
    image = Image.new("RGB", (60_000, 1))  # 256 rows of 15 million columns otherwise

    assert prepared(image, told).shape == (3, 224, 224)


def test_boxes_go_with_the_image():
    told = imagenet(64, 48)
    image = Image.new("RGB", (200, 128))
    image.paste((255, 255, 255), (80, 40, 120, 80))
    pixels = prepared(image, told)[0] > 127

    box = scaled(torch.tensor([[80.0, 40, 120, 80, 3]]), (128, 200), told)[0]

    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    assert box[:4].tolist() == pytest.approx(seen, abs=0.5)
    assert box[4] == 3


def test_other_sizes_keep_the_share_of_the_border():
    assert imagenet(256, 224).adapted((3, 112, 112)).short == 128
    assert imagenet(256, 224).adapted((3, 224, 224)) == imagenet(256, 224)
    gray = imagenet(256, 224).adapted((1, 224, 224))
    assert gray.mean == pytest.approx(((0.485 + 0.456 + 0.406) / 3,))


def test_it_is_the_same_once_written_and_read():
    told = imagenet(256, 224)

    assert Preprocessing.from_dict(told.to_dict()) == told
    before = {name: value for name, value in told.to_dict().items() if name != "short"}
    assert Preprocessing.from_dict(before).short == 0  # files written before there was such a value


@pytest.mark.parametrize("short", [200, -1, 1.5, True])
def test_a_short_side_must_hold_what_is_cut_out(short):
    with pytest.raises(InvalidValue, match="short"):
        imagenet(short, 224)


def test_data_keep_the_mean_that_the_weights_have_learned_with(tmp_path):
    for name in ("dark", "light"):
        (tmp_path / name).mkdir()
        for i in range(10):
            noise(20 + i, 16).save(tmp_path / name / f"{i}.png")
    told = imagenet(16, 12)

    given = open_data(Description(str(tmp_path)), told)
    own = open_data(Description(str(tmp_path)), (3, 12, 12))

    assert given.preprocessing == told
    assert own.preprocessing.mean != told.mean
    assert given.parts["train"].images.shape[1:] == (3, 12, 12)
    assert not torch.equal(given.parts["train"].images, own.parts["train"].images)
