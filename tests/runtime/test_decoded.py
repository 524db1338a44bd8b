"""What memory has no room for lies in a file of the cache: the same data, found again, never more than is allowed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.data.description import DataError, Description
from runtime.folders import cache_home
from runtime.processes import ROOT, environment
from tests.small_sets import as_coco, as_masks

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.data import decoded, folder  # noqa: E402
from runtime.data.dataset import DataSet  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes with 20 images each."""
    chance = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(20):
            pixels = chance.integers(0, 255, (16, 20, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / label / f"{i}.png")
    return tmp_path / "set"


def same(one: DataSet, two: DataSet) -> bool:
    """Whether two sets are equal to the last byte."""
    parts = [(one.parts[name], two.parts[name]) for name in one.parts]
    return (
        (one.classes, one.preprocessing, list(one.parts)) == (two.classes, two.preprocessing, list(two.parts))
        and all(torch.equal(a.images, b.images) and torch.equal(a.targets, b.targets) for a, b in parts)
        and all(a.files == b.files for a, b in parts)
    )


def entries() -> list[Path]:
    """What the cache holds."""
    return sorted((cache_home() / "images").glob("*.bytes"))


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No memory for images at all."""
    monkeypatch.setenv("CANEVAS_MEMORY_MIB", "0")
    return monkeypatch


@pytest.mark.parametrize("task", ["", "detection", "segmentation"])
def test_on_the_disk_lie_the_same_data_as_in_memory(task: str, pictures: Path, tmp_path: Path, monkeypatch):
    root = {"": lambda: pictures, "detection": lambda: as_coco(tmp_path), "segmentation": lambda: as_masks(tmp_path)}
    source = Description(str(root[task]()))
    in_memory = open_data(source, task=task)
    assert entries() == []
    monkeypatch.setenv("CANEVAS_MEMORY_MIB", "0")
    on_disk = open_data(source, task=task)

    assert len(entries()) == (2 if task == "segmentation" else 1)
    assert same(in_memory, on_disk)
    assert same(in_memory, open_data(source, task=task))


def test_what_was_decoded_once_is_not_decoded_again(pictures: Path, little: pytest.MonkeyPatch):
    first = open_data(Description(str(pictures)))

    def read(*given: object) -> None:
        raise AssertionError("an image is decoded again")

    little.setattr(folder, "read", read)
    assert same(first, open_data(Description(str(pictures))))


def test_another_file_or_another_size_is_decoded_anew(pictures: Path, little: pytest.MonkeyPatch):
    first = open_data(Description(str(pictures)))
    Image.new("RGB", (20, 16), "white").save(pictures / "cat" / "0.png")
    os.utime(pictures / "cat" / "0.png", ns=(1, 1))
    second = open_data(Description(str(pictures)))

    assert not same(first, second)
    assert open_data(Description(str(pictures)), (1, 8, 8)).shape == (1, 8, 8)
    assert len(entries()) == 3


def test_what_cannot_be_read_is_told_each_time(pictures: Path, little: pytest.MonkeyPatch):
    whole = (pictures / "dog" / "3.png").read_bytes()
    (pictures / "dog" / "3.png").write_bytes(whole[: len(whole) // 2])
    first, second = (open_data(Description(str(pictures))) for _ in range(2))

    assert [str(p) for p in first.problems] == ["dog/3.png: it is damaged or cut off. It is left out."]
    assert [str(p) for p in second.problems] == [str(p) for p in first.problems]
    assert sum(first.images.values()) == 39
    assert same(first, second)


def test_the_cache_keeps_to_its_size_and_the_oldest_go(pictures: Path, little: pytest.MonkeyPatch):
    size = 40 * 16 * 20 * 3
    little.setenv("CANEVAS_CACHE_MIB", str(2.5 * size / 2**20))
    known: set[Path] = set()
    for i, shape in enumerate(((3, 16, 20), (3, 20, 16), (3, 10, 32))):
        open_data(Description(str(pictures)), shape)
        new = set((cache_home() / "images").glob("*.json")) - known
        os.utime(new.pop(), (i, i))
        known = set((cache_home() / "images").glob("*.json"))
        if not i:
            (oldest,) = entries()

    assert sum(file.stat().st_size for file in entries()) <= 2.5 * size
    assert len(entries()) == 2
    assert oldest not in entries()


def test_an_interrupted_reading_leaves_nothing_that_counts(pictures: Path, little: pytest.MonkeyPatch):
    class Stop(Exception):
        pass

    def stop(share: float) -> None:
        if list((cache_home() / "images").glob("unfinished-*")):
            raise Stop

    with pytest.raises(Stop):
        open_data(Description(str(pictures)), progress=stop)
    assert entries() == []
    assert list((cache_home() / "images").iterdir()) == []


def test_a_disk_without_room_for_masks_is_told_with_its_numbers(tmp_path: Path, little: pytest.MonkeyPatch):
    little.setattr(decoded, "SPARE", 2**60)
    with pytest.raises(DataError, match="and the disk of"):
        open_data(Description(str(as_masks(tmp_path))))


def test_a_set_larger_than_the_cache_drives_nothing_out_of_it(pictures: Path, little: pytest.MonkeyPatch):
    open_data(Description(str(pictures)), (3, 8, 8))
    known = entries()
    little.setenv("CANEVAS_DECODERS", "0")
    little.setenv("CANEVAS_CACHE_MIB", str(1.5 * 40 * 8 * 8 * 3 / 2**20))

    part = open_data(Description(str(pictures))).parts["train"]
    assert part.images.shape == (28, 3, 16, 20)
    assert entries() == known


STORY = """
import sys
import torch
from runtime.data.batches import Batches
from runtime.data.dataset import open
from runtime.data.description import Description
from runtime.recipe import Recipe

def anonymous():
    line = next(line for line in file("/proc/self/status") if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024

file = __builtins__.open
torch.set_num_threads(1)
open(Description("digits"))  # what is imported late
before = anonymous()
data = open(Description(sys.argv[1]))
recipe = Recipe(batch=8, shift=0.0, rotation=0.0, zoom=0.0)
most, seen = anonymous(), 0
for epoch in range(2):
    for batch in Batches(data.parts["train"], data.preprocessing, recipe, torch.device("cpu")).epoch(epoch):
        most, seen = max(most, anonymous()), seen + len(batch.images)
print(sum(part.images.nbytes for part in data.parts.values()) / 2**20, most - before, seen)
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [{}, {"CANEVAS_CACHE_MIB": "1", "CANEVAS_DECODERS": "1"}])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux counts it")
def test_a_set_larger_than_memory_is_trained_on_in_bounded_memory(tmp_path: Path, room: dict[str, str]):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for i in range(480):
            Image.new("RGB", (256, 256), (i % 256, 0, 255 * (label == "dog"))).save(tmp_path / label / f"{i}.bmp")
    environ = {**environment(), "CANEVAS_MEMORY_MIB": "4", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", **room}
    told = subprocess.run(
        [sys.executable, "-c", STORY, str(tmp_path)], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    )
    size, grown, seen = map(float, told.stdout.split())

    assert size == pytest.approx(180)  # 960 images of 256 × 256, in MiB
    assert seen == 2 * 672
    assert grown < 0.6 * size  # some 80: batches, and what decodes; twice as many images take little more
