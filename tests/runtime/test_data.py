"""Data sets: recognized, read, split; what is damaged is named and left out, what is hostile is refused."""

from __future__ import annotations

import gzip
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graph import CanevasError, FileError
from runtime.data import parts
from runtime.data.description import DataError, Description
from runtime.data.images import look, read
from runtime.data.preprocessing import Preprocessing

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.idx import read_idx  # noqa: E402

GRAY, COLOR = Preprocessing((32, 24)), Preprocessing((32, 24), 3, (0.0,) * 3, (1.0,) * 3)


def picture(file: Path, size: tuple[int, int] = (12, 10), shade: int = 128, mode: str = "RGB") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, shade if mode == "L" else (shade, shade, shade)).save(file)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes with ten images each, of different sizes."""
    for label in ("cat", "dog"):
        for i in range(10):
            picture(tmp_path / "set" / label / f"{i}.png", (40 + i, 50), 20 * i)
    return tmp_path / "set"


# the digits


def test_the_digits_are_those_of_scikit_learn_enlarged_bilinearly():
    from sklearn.datasets import load_digits

    data = open_data(Description("digits"))

    assert data.classes == tuple("0123456789")
    assert {name: len(part) for name, part in data.parts.items()} == {"train": 1259, "validation": 269, "test": 269}
    small = torch.from_numpy(load_digits().images).float()[:, None] * 255 / 16
    enlarged = torch.nn.functional.interpolate(small, (28, 28), mode="bilinear", align_corners=False)
    wanted = {bytes(x.round().to(torch.uint8).numpy()) for x in enlarged}
    assert {bytes(x.numpy()) for part in data.parts.values() for x in part.images} == wanted


def test_mean_and_deviation_are_those_of_the_training_part():
    data = open_data(Description("digits"))
    values = data.parts["train"].images.double() / 255

    assert data.preprocessing.mean[0] == pytest.approx(float(values.mean()))
    assert data.preprocessing.std[0] == pytest.approx(float(values.std(correction=0)))


def test_a_split_gives_each_class_its_share_and_is_the_same_every_time():
    labels = np.repeat(np.arange(5), [100, 50, 20, 3, 1])
    cut = parts.split(labels)

    assert sorted(np.concatenate(list(cut.values()))) == list(range(len(labels)))
    assert [np.bincount(labels[cut[name]], minlength=5).tolist() for name in ("train", "validation", "test")] == [
        [70, 34, 14, 3, 1],
        [15, 8, 3, 0, 0],
        [15, 8, 3, 0, 0],
    ]
    assert all((a == b).all() for a, b in zip(cut.values(), parts.split(labels).values(), strict=True))


# folders


def test_a_folder_of_folders_is_split_and_brought_to_one_size(folder: Path):
    data = open_data(Description(str(folder)))

    assert (data.format, data.classes) == ("imagefolder", ("cat", "dog"))
    assert data.counts == {"train": [6, 6], "validation": [2, 2], "test": [2, 2]}
    assert data.shape == (3, 32, 32)
    assert data.parts["train"].files[0].startswith("cat/")


def test_the_network_decides_the_shape(folder: Path):
    data = open_data(Description(str(folder)), (1, 20, 30))

    assert data.parts["train"].images.shape[1:] == (1, 20, 30)
    with pytest.raises(DataError, match="1 or 3 channels"):
        open_data(Description(str(folder)), (4, 20, 30))


def test_classes_have_one_order_in_all_parts(tmp_path: Path):
    """By first meeting, ``zebra`` would be class 0 of train and class 1 of val."""
    for file in ("train/zebra/1.png", "train/ant/1.png", "train/bee/1.png", "val/bee/1.png", "val/ant/1.png"):
        picture(tmp_path / file, shade=sum(file.encode()) % 250)
    data = open_data(Description(str(tmp_path)))

    assert data.classes == ("ant", "bee", "zebra")
    assert data.counts == {"train": [1, 1, 1], "validation": [1, 1, 0]}
    assert data.testing == "validation"
    assert "no test part" in str(data.problems[0])


def test_what_cannot_be_read_is_named_and_left_out(folder: Path):
    (folder / "cat" / "empty.jpg").touch()
    (folder / "cat" / "text.jpg").write_text("no image at all")
    whole = (folder / "dog" / "1.png").read_bytes()
    (folder / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / ".hidden.png").write_text("not looked at")
    (folder / "dog" / "notes.txt").write_text("not looked at")
    data = open_data(Description(str(folder)))

    said = {p.file: str(p.message) for p in data.problems}
    assert said == {
        "cat/empty.jpg": "the file is empty. It is left out.",
        "cat/text.jpg": "it is no image, or of a kind that is not known. It is left out.",
        "dog/cut.png": "it is damaged or cut off. It is left out.",
    }
    assert sum(map(sum, data.counts.values())) == 20


@pytest.mark.parametrize("source", ["nothing-there", "torchvision:Nope", "torchvision:", "\x1b[31m"])
def test_data_that_are_not_there_are_refused_in_a_sentence(source: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CanevasError) as refused:
        open_data(Description(source))
    assert "\x1b" not in str(refused.value)


def test_one_class_is_none(tmp_path: Path):
    picture(tmp_path / "only" / "1.png")
    with pytest.raises(DataError, match="takes two to tell apart"):
        open_data(Description(str(tmp_path)))


def test_a_set_of_torchvision_that_is_absent_says_so_at_once(tmp_path: Path):
    with pytest.raises(DataError, match="allow it to be downloaded"):
        open_data(Description(f"torchvision:CIFAR10:{tmp_path}"))


def test_real_folders(shared_data: Path):
    ants = open_data(Description(str(shared_data / "ants_bees")))
    assert (ants.classes, ants.shape) == (("ants", "bees"), (3, 192, 192))
    assert ants.counts == {"train": [24, 24], "validation": [8, 8]}
    usps = open_data(Description(str(shared_data / "usps_digits" / "imagefolder")))
    assert (usps.shape, len(usps.parts["train"]), len(usps.parts["validation"])) == ((1, 16, 16), 600, 200)


def test_real_idx_files_by_folder_and_by_name_are_the_same(shared_data: Path):
    root = shared_data / "fashion_mnist_small"
    by_folder = open_data(Description(str(root)))
    by_name = open_data(Description(f"torchvision:FashionMNIST:{root}"))

    assert {name: len(part) for name, part in by_folder.parts.items()} == {
        "train": 1701,
        "validation": 299,
        "test": 500,
    }
    assert by_folder.classes == by_name.classes
    assert by_folder.classes[9] == "Ankle boot"
    assert torch.equal(by_folder.parts["test"].images, by_name.parts["test"].images)
    from torchvision.datasets.mnist import read_image_file

    raw = root / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte"
    assert torch.equal(by_folder.parts["test"].images[:, 0], read_image_file(str(raw)))


# odd images


def test_odd_images_of_every_kind_are_read(shared_data: Path):
    odd = shared_data / "edge_cases"
    broken = {"empty.jpg", "not_an_image.jpg", "truncated.jpg", "SOURCE.txt"}
    for file in sorted(p for p in odd.iterdir() if p.is_file()):
        if file.name in broken:
            with pytest.raises(FileError):
                read(file, GRAY)
            continue
        for told in (GRAY, COLOR):
            assert read(file, told).shape == told.shape, file.name


def test_sixteen_bits_are_divided_not_cut(shared_data: Path):
    """``convert("L")`` makes such an image all white."""
    file = shared_data / "edge_cases" / "gray16.png"
    exact = np.asarray(Image.open(file)).astype(float) / 257

    assert abs(read(file, Preprocessing((256, 256)))[0] - exact).max() <= 0.5 + 1e-9


def test_a_photograph_held_upright_is_seen_upright(shared_data: Path):
    file = shared_data / "edge_cases" / "exif_orientation6.jpg"
    with Image.open(file) as raw:
        lying = raw.size
    assert look(file)[0] == (lying[0], lying[1])  # (height, width): the sides have changed places


def test_what_is_transparent_lies_on_white_paper(tmp_path: Path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")

    assert read(tmp_path / "clear.png", Preprocessing((8, 8))).min() == 255


def test_the_middle_is_cut_out_without_stretching(tmp_path: Path):
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")

    assert (read(tmp_path / "wide.png", Preprocessing((10, 10))) == 200).all()


def test_an_image_that_claims_to_be_gigantic_is_refused_before_it_is_decoded(tmp_path: Path):
    file = picture(tmp_path / "bomb.png")
    content = bytearray(file.read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)  # width and height in the header
    content[29:33] = struct.pack(">I", __import__("zlib").crc32(content[12:29]))
    file.write_bytes(content)

    with pytest.raises(FileError, match="pixels"):
        read(file, GRAY)


# IDX


def idx(file: Path, array: np.ndarray, *, says: tuple[int, ...] | None = None, type: int = 8) -> Path:
    shape = says or array.shape
    content = bytes((0, 0, type, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    return file


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "train-images-idx3-ubyte.gz"])
def test_idx_files_under_each_usual_name(tmp_path: Path, name: str):
    chance = np.random.default_rng(0)
    images, labels = chance.integers(0, 256, (40, 5, 6), np.uint8), np.arange(40, dtype=np.uint8) % 4
    idx(tmp_path / name, images)
    idx(tmp_path / name.replace("images", "labels").replace("idx3", "idx1"), labels)
    data = open_data(Description(str(tmp_path)))

    assert (data.format, data.shape, data.classes) == ("idx", (1, 5, 6), ("0", "1", "2", "3"))
    assert sum(map(sum, data.counts.values())) == 40


@pytest.mark.parametrize(
    ("says", "type", "why"),
    [
        ((4_000_000_000, 60_000, 60_000), 8, "but the file has only"),
        ((3, 5, 6), 8, "more follow"),
        ((2, 5, 7), 8, "but the file has only"),
        ((2, 5, 6), 13, "type 13"),
        ((0, 5, 6), 8, "holds nothing"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_headers_are_not_believed(tmp_path: Path, says, type: int, why: str, ending: str):
    file = idx(tmp_path / f"x{ending}", np.zeros((4, 5, 6), np.uint8)[: 2 if says[0] == 2 else 4], says=says, type=type)

    with pytest.raises(FileError) as refused:
        read_idx(file, 3)
    assert why in str(refused.value) or "follow" in str(refused.value)


def test_labels_must_be_as_many_as_images(tmp_path: Path):
    idx(tmp_path / "train-images-idx3-ubyte", np.zeros((4, 5, 6), np.uint8))
    idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(3, np.uint8))

    with pytest.raises(FileError, match="3 labels for the 4 images"):
        open_data(Description(str(tmp_path)))


def test_a_damaged_archive_is_said_to_be_damaged(tmp_path: Path):
    file = idx(tmp_path / "x.gz", np.random.default_rng(0).integers(0, 256, (40, 5, 6), np.uint8))
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(FileError, match="damaged"):
        read_idx(file, 3)


# descriptions


def test_a_description_survives_a_change_of_folder(tmp_path: Path, monkeypatch, folder: Path):
    monkeypatch.chdir(folder.parent)
    told = Description("set").to_dict()
    monkeypatch.chdir("/")

    assert Description.from_dict(told).recognized() == "imagefolder"
    assert Description.from_dict(told).name == "set"


@pytest.mark.parametrize(
    "raw", [None, [], {"source": 3}, {"source": "x", "more": 1}, {"format": "exe"}, {"source": ""}]
)
def test_nonsense_is_no_description(raw: object):
    with pytest.raises(CanevasError):
        Description.from_dict(raw)


def test_folders_with_boxes_are_not_taken_for_classes(tmp_path: Path):
    for name in ("images", "imagesets"):
        picture(tmp_path / name / "1.png")
    with pytest.raises(FileError, match="no format is recognized"):
        Description(str(tmp_path)).recognized()


def test_reading_can_be_stopped(folder: Path):
    class Stop(Exception):
        pass

    def stop(share: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        open_data(Description(str(folder)), progress=stop)


def test_a_folder_without_permission_is_refused_in_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(FileError, match="Permission denied"):
        Description(str(folder)).recognized()


def test_copies_of_a_set_are_the_same_set(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path / "copy")
    one, two = open_data(Description(str(folder))), open_data(Description(str(tmp_path / "copy")))

    assert torch.equal(one.parts["test"].images, two.parts["test"].images)
    assert one.parts["test"].files == two.parts["test"].files
