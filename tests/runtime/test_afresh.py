"""A set for which neither memory nor disk has room is decoded by processes ahead of the training: the same training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from graph import CanevasError, FileError, Network
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.folders import cache_home
from runtime.processes import ROOT, environment
from runtime.recipe import Recipe
from runtime.run import Run
from tests.small_sets import as_coco, as_masks

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import checkpoint, devices  # noqa: E402
from runtime.data import decoding  # noqa: E402
from runtime.data.afresh import Afresh  # noqa: E402
from runtime.data.batches import Batches, in_order  # noqa: E402
from runtime.data.dataset import DataSet  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.engine import Engine  # noqa: E402
from runtime.journal import Journal  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes with 70 images each."""
    chance = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(70):
            pixels = chance.integers(0, 255, (28, 28, 1), np.uint8).repeat(3, 2)
            Image.fromarray(pixels).save(tmp_path / "set" / label / f"{i:02}.png")
    return tmp_path / "set"


@pytest.fixture(params=[0, 2])
def nowhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Called, it leaves no room for images, neither in memory nor on the disk; decoded here, and by two processes."""

    def take_away() -> None:
        monkeypatch.setenv("CANEVAS_MEMORY_MIB", "0.001")
        monkeypatch.setenv("CANEVAS_CACHE_MIB", "0.01")

    monkeypatch.setenv("CANEVAS_DECODERS", str(request.param))
    yield take_away
    if pool := decoding._pool(request.param):
        pool.shutdown()
    decoding._pool.cache_clear()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def seen(data: DataSet) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """All batches of two epochs of training, one of them begun in the middle, and all that is measured."""
    recipe = Recipe(batch=3, shift=0.1, rotation=5.0, brightness=0.1)
    train = Batches(data.parts["train"], data.preprocessing, recipe, CPU)
    batches = [*train.epoch(0), *train.epoch(1, 3), *in_order(data.parts[data.testing], train.normalized, CPU, size=5)]
    return [(images, targets) for images, targets, _ in batches]


@pytest.mark.parametrize("task", ["", "detection", "segmentation"])
def test_the_batches_are_those_of_images_in_memory(
    task: str, pictures: Path, tmp_path: Path, nowhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    root = {"": lambda: pictures, "detection": lambda: as_coco(tmp_path), "segmentation": lambda: as_masks(tmp_path)}
    source = Description(str(root[task]()))
    in_memory = open_data(source, task=task)
    nowhere()
    monkeypatch.setattr("runtime.data.part.TOGETHER", 0)
    afresh = open_data(source, task=task)

    assert all(isinstance(part.images, Afresh) for part in afresh.parts.values())
    assert afresh.preprocessing == in_memory.preprocessing
    for part, same in zip(afresh.parts.values(), in_memory.parts.values(), strict=True):
        assert part.files == same.files
        assert torch.equal(part.images.whole(), same.images)
    for one, other in zip(seen(afresh), seen(in_memory), strict=True):
        assert all(map(torch.equal, one, other))
    assert not list((cache_home() / "images").glob("*.0.bytes")) or task == "segmentation"


def test_a_few_are_decoded_at_once(pictures: Path, nowhere: Callable[[], None]):
    nowhere()
    part = open_data(Description(str(pictures))).parts["train"]

    assert isinstance(part.images, Afresh)
    assert isinstance(part.at(np.arange(21)).images, torch.Tensor)
    assert torch.equal(part.at(np.arange(3, 90)).at(np.array([1, 0])).images, part.at(np.array([4, 3])).images)


def test_the_training_is_the_same(
    pictures: Path, small: Network, make_run: Callable[..., Run], nowhere: Callable[[], None]
):
    from graph import edit

    net = edit.set_values(small, "dense", out_features=2)
    made = [make_run(str(pictures), net, epochs=2, batch=16, shift=0.1) for _ in range(2)]
    for run in made:
        journal, chosen = Journal(run), devices.device(run.recipe)
        engine = Engine(run, journal, devices.fabric(chosen), devices.prepare(run.recipe, chosen))
        engine.prepare()
        engine.train()
        journal.close("done")
        nowhere()
    assert isinstance(engine.data.parts["train"].images, Afresh)

    one, other = (checkpoint.load(run.folder / "checkpoints" / "last.pt")["model"] for run in made)
    assert all(torch.equal(one[key], other[key]) for key in one)
    for name in ("metrics.jsonl", "result.json"):
        assert (made[0].folder / name).read_bytes() == (made[1].folder / name).read_bytes()


def test_what_cannot_be_read_is_told_and_what_is_damaged_later_is_named(pictures: Path, nowhere: Callable[[], None]):
    (pictures / "dog" / "03.png").write_bytes(b"")
    nowhere()
    data = open_data(Description(str(pictures)))
    assert [str(p) for p in data.problems] == ["dog/03.png: the file is empty. It is left out."]
    assert sum(data.images.values()) == 139

    images = data.parts["train"].images
    whole = images.files[20].read_bytes()
    images.files[20].write_bytes(whole[: len(whole) // 2])
    told = images.split(16)
    assert torch.equal(next(told), images[:16].whole())
    with pytest.raises(FileError, match=f"{images.files[20].name}: it is damaged or cut off"):
        next(told)
    assert isinstance(FileError(images.files[20], "it is damaged."), CanevasError)


def test_no_more_is_decoded_ahead_than_memory_is_meant_for(
    pictures: Path, nowhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    told = Preprocessing((28, 28), 3, (0.0,) * 3, (1.0,) * 3)
    monkeypatch.setattr(decoding, "AHEAD", 12 * 3 * 28 * 28)  # twelve images
    files = sorted(pictures.rglob("*.png"))
    asked = 0

    def batches() -> Iterator[list[Path]]:
        nonlocal asked
        for start in range(0, len(files), 4):
            asked += 4
            yield files[start : start + 4]

    for done, images in enumerate(decoding.ahead(batches(), told)):
        assert np.array_equal(images, decoding.decoded(files[4 * done : 4 * done + 4], told))
        assert asked - 4 * done <= 12


@pytest.mark.parametrize("nowhere", [2], indirect=True)
def test_where_a_process_has_died_training_goes_on(pictures: Path, nowhere: Callable[[], None]):
    nowhere()
    images = open_data(Description(str(pictures))).parts["train"].images
    right = images.whole()
    told = images.split(16)
    first = next(told)
    for child in children():
        with suppress(psutil.NoSuchProcess):  # one of a test before may just be leaving
            child.kill()

    assert torch.equal(torch.cat([first, *told]), right)
    assert torch.equal(images.whole(), right)


@pytest.mark.parametrize("nowhere", [2], indirect=True)
def test_a_process_ends_when_the_pool_wants_it_to(pictures: Path, nowhere: Callable[[], None]):
    """Where one has died the pool ends the others by SIGTERM, and waits for them."""
    nowhere()
    images = open_data(Description(str(pictures))).parts["train"].images
    right = images.whole()
    asked = [child for child in children() if "spawn_main" in " ".join(child.cmdline())]
    for child in asked:
        child.terminate()

    assert asked
    assert psutil.wait_procs(asked, timeout=10)[1] == []
    assert torch.equal(images.whole(), right)


STORY = """
import sys
from pathlib import Path
import psutil
from runtime.data.decoding import ahead
from runtime.data.preprocessing import Preprocessing

if __name__ == "__main__":
    files = sorted(Path(sys.argv[1]).rglob("*.png"))
    told = ahead((files for _ in range(10**6)), Preprocessing((28, 28), 3, (0.0,) * 3, (1.0,) * 3))
    next(told)
    print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
    if sys.argv[2] == "go on":
        for _ in told:
            pass
"""


@pytest.mark.parametrize("end", ["killed", "asked to end", "over"])
def test_processes_leave_with_the_one_that_started_them(pictures: Path, tmp_path: Path, end: str):
    (tmp_path / "story.py").write_text(STORY)
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "story.py"), str(pictures), "over" if end == "over" else "go on"],
        env={**environment(), "CANEVAS_DECODERS": "2"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pids = [int(word) for word in process.stdout.readline().split()]
    helpers = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    if end != "over":
        os.kill(process.pid, signal.SIGKILL if end == "killed" else signal.SIGTERM)
    _, errors = process.communicate(timeout=20)

    assert len(pids) >= 2
    assert psutil.wait_procs(helpers, timeout=10)[1] == []
    assert "Traceback" not in errors
    assert errors == "" or end != "over"  # Python says what semaphores it clears away after a process that was killed


def test_such_a_process_does_without_torch():
    told = "import sys; import runtime.data.decoding; print([m for m in ('torch', 'PySide6') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", told], env=environment(), cwd=ROOT, text=True) == "[]\n"


def test_there_is_a_process_for_each_core_but_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CANEVAS_DECODERS", raising=False)
    for cores, together, n in ((1, 1, 0), (2, 1, 1), (8, 1, 7), (64, 1, 8), (8, 2, 3), (2, 2, 0)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, n=cores: set(range(n)), raising=False)
        monkeypatch.setenv("LOCAL_WORLD_SIZE", str(together))
        assert decoding.decoders() == n
