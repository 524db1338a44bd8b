"""Signals: what is recognized as such, how they are read, changed, learned from, and asked about."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import presets
from graph import CanevasError, analyze
from graph.circumstances import Circumstances
from graph.problems import misfits
from runtime.data.description import DataError, Description
from runtime.data.recognition import formats
from runtime.fit import fitted
from runtime.recipe import Recipe
from runtime.run import Run

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import infer  # noqa: E402
from runtime.data import augmentation, signals  # noqa: E402
from runtime.data.batches import Batches, Normalization  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.infer import classes  # noqa: E402

LENGTH = 90
NAMES = ("sine", "square", "saw")


def waves(n: int, length: int = LENGTH, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sines, squares and saws of some frequency and phase, with a little noise: ``(n, length)`` and their kinds."""
    chance = np.random.default_rng(seed)
    kinds = np.arange(n) % 3
    t = np.arange(length)[None] * chance.uniform(0.03, 0.06, (n, 1)) + chance.uniform(0, 1, (n, 1))
    made = np.stack([np.sin(2 * np.pi * t), np.sign(np.sin(2 * np.pi * t)), 2 * (t % 1) - 1])[kinds, np.arange(n)]
    return (5 + 3 * made + chance.normal(0, 0.2, made.shape)).astype(np.float32), kinds


def as_npz(root: Path, values: np.ndarray, kinds: np.ndarray) -> Path:
    file = root / "waves.npz"
    np.savez(file, x=values, y=kinds, class_names=np.array(NAMES))
    return file


def as_hdf5(root: Path, values: np.ndarray, kinds: np.ndarray) -> Path:
    import h5py

    file = root / "waves.h5"
    with h5py.File(file, "w") as f:
        f["signals"], f["labels"], f["class_names"] = values, kinds, np.array(NAMES, "S")
    return file


def as_csv(root: Path, values: np.ndarray, kinds: np.ndarray) -> Path:
    file = root / "waves.csv"
    lines = [",".join(["label", *(f"t{i}" for i in range(values.shape[1]))])]
    lines += [",".join([NAMES[kind], *map(repr, row.tolist())]) for row, kind in zip(values, kinds, strict=True)]
    file.write_text("\n".join(lines) + "\n")
    return file


FORMS: dict[str, Callable[[Path, np.ndarray, np.ndarray], Path]] = {"npz": as_npz, "hdf5": as_hdf5, "csv": as_csv}


# reading


@pytest.mark.parametrize("form", FORMS)
def test_signals_are_recognized_and_read_as_they_are(tmp_path: Path, form: str):
    values, kinds = waves(60)
    file = FORMS[form](tmp_path, values, kinds)
    data = open_data(Description(str(file)))

    assert (data.format, data.task, set(data.classes)) == ("signals", "classification", set(NAMES))
    assert data.shape == (1, LENGTH)
    assert data.images == {"train": 42, "validation": 9, "test": 9}
    told = {
        bytes(row.numpy().tobytes()): data.classes[c]
        for p in data.parts.values()
        for row, c in zip(p.images, p.targets, strict=True)
    }
    assert told == {row.tobytes(): NAMES[kind] for row, kind in zip(values, kinds, strict=True)}
    train = data.parts["train"].images
    assert data.preprocessing.mean == pytest.approx([float(train.double().mean())])
    assert data.preprocessing.std == pytest.approx([float(train.double().std(correction=0))])


def test_lines_without_names_are_those_of_the_ucr_archive(tmp_path: Path):
    """A tab between numbers, the class first, and the part in the name of the file."""
    values, kinds = waves(40)
    for name, some in (("Waves_TRAIN.tsv", slice(30)), ("Waves_TEST.tsv", slice(30, None))):
        rows = zip(kinds[some] + 1, values[some].tolist(), strict=True)
        (tmp_path / name).write_text("\n".join("\t".join([str(k), *map(str, row)]) for k, row in rows))
    data = open_data(Description(str(tmp_path)))

    assert data.images == {"train": 24, "validation": 6, "test": 10}
    assert data.parts["test"].images.shape == (10, 1, LENGTH)
    assert data.classes == ("1", "2", "3")


@pytest.mark.parametrize(
    ("name", "shape", "is_signal"),
    [
        ("x", (10, 90), True),
        ("x", (10, 64), False),  # squares of 8 × 8, unless they are called signals
        ("signals", (10, 64), True),
        ("x", (10, 3, 200), True),
        ("x", (10, 200, 3), True),
        ("x", (10, 28, 28), False),
        ("x", (10, 32, 32, 3), False),
        ("x", (10, 8), False),
    ],
)
def test_arrays_are_told_apart_by_name_and_shape(tmp_path: Path, name: str, shape: tuple[int, ...], is_signal: bool):
    np.savez(tmp_path / "set.npz", **{name: np.zeros(shape, np.float32)}, y=np.arange(10) % 2)
    assert ("signals" in formats(tmp_path / "set.npz")[:1]) is is_signal


def test_the_last_axis_is_time_whichever_it_was(tmp_path: Path):
    values = np.random.default_rng(0).normal(size=(12, 3, 50)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=values, y=np.arange(12) % 2)
    np.savez(tmp_path / "b.npz", x=values.transpose(0, 2, 1), y=np.arange(12) % 2)
    a, b = (open_data(Description(str(tmp_path / f"{n}.npz")), (3, 50)).parts["train"].images for n in "ab")
    assert torch.equal(a, b)


def test_squares_are_signals_where_the_network_takes_one(tmp_path: Path):
    np.savez(tmp_path / "set.npz", x=np.arange(640.0).reshape(10, 64), y=np.arange(10) % 2)
    assert open_data(Description(str(tmp_path / "set.npz"))).shape == (1, 8, 8)
    data = open_data(Description(str(tmp_path / "set.npz")), (1, 64))
    assert data.parts["train"].images.shape[1:] == (1, 64)
    assert open_data(Description(str(tmp_path / "set.npz"), "signals")).shape == (1, 64)


def test_another_length_is_reached_by_straight_lines():
    line = np.arange(20, dtype=np.float32)[None, None] * 2 + 1
    longer, shorter = signals.fitted(line, 60), signals.fitted(line, 10)
    assert longer.shape[-1] == 60
    np.testing.assert_allclose(np.diff(longer[0, 0, 2:-2]), 2 / 3, rtol=1e-4)  # a line stays one
    np.testing.assert_allclose(shorter[0, 0], np.arange(10) * 4 + 2, rtol=1e-5)
    expected = torch.nn.functional.interpolate(torch.from_numpy(line), size=60, mode="linear", align_corners=False)
    np.testing.assert_allclose(longer, expected.numpy(), rtol=1e-5)


HEAD = ",".join(f"t{i}" for i in range(20))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([",".join(["a", *["1.5"] * 20, "b"])] * 4, "no number"),
        ([f"label,{HEAD}", *[f"a,{'1.5,' * 19}2"] * 3, "b,1,2"], "lengths"),
        ([f"label,{HEAD}", f"a,{'nan,' * 19}2"], "infinite or none"),
        ([f"x,{HEAD}", ",".join(["1.5"] * 21)], "no column says"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, lines: list[str], sentence: str):
    (tmp_path / "set.csv").write_text("\n".join(lines))
    with pytest.raises(CanevasError, match=sentence):
        open_data(Description(str(tmp_path / "set.csv"), "signals"))


def test_images_and_signals_are_not_taken_for_each_other(tmp_path: Path):
    file = as_npz(tmp_path, *waves(30))
    with pytest.raises(DataError, match="holds signals"):
        open_data(Description(str(file)), (1, 28, 28))
    with pytest.raises(DataError, match="holds images"):
        open_data(Description("digits"), (1, 128))
    with pytest.raises(DataError, match="takes signals of 2 channels"):
        open_data(Description(str(file)), (2, 90))
    around = Circumstances("waves", "classification", (1, 90), classes=3)
    assert next(p.code for p in misfits(analyze(presets.build("lecture")), around)) == "no_images"
    around = Circumstances("digits", "classification", (1, 28, 28), classes=4)
    assert [p.code for p in misfits(analyze(presets.build("conv1d_signal")), around)] == ["no_images"]


def test_damaged_files_are_read_or_refused_in_a_sentence(tmp_path: Path):
    """A header of NumPy that ends too early, names of HDF5 that are no text, and what else chance does to bytes."""
    chance = random.Random(0)
    for file in [form(tmp_path, *waves(30)) for form in FORMS.values()]:
        whole = file.read_bytes()
        for i in range(60):
            raw = bytearray(whole[: chance.randrange(len(whole))] if i % 3 == 0 else whole)
            for _ in range(chance.choice((1, 3, 20)) if raw else 0):
                raw[chance.randrange(min(len(raw), 2000 if i % 3 == 1 else len(raw)))] = chance.randrange(256)
            file.write_bytes(bytes(raw))
            for format in ("", "signals"):
                with contextlib.suppress(CanevasError):
                    open_data(Description(str(file), format), task="regression" if i % 2 else "")
        file.unlink()


# augmentation


def test_a_delay_moves_whole_steps_and_repeats_the_edge():
    values = torch.arange(20.0).expand(4, 2, 20)
    recipe, samples = Recipe(shift=0.3), np.arange(4)
    found = augmentation.delayed(values, recipe, 1, samples)
    steps = np.rint(augmentation.drawn(recipe, 1, samples)[2] * 0.3 * 20)
    assert len(set(steps)) > 2
    for row, by in zip(found, steps, strict=True):
        assert torch.equal(row, (torch.arange(20.0) - by).clamp(0, 19).expand(2, 20))
    assert torch.equal(augmentation.delayed(values[2:3], recipe, 1, samples[2:3]), found[2:3])


def test_noise_is_normal_and_depends_on_the_sample_and_the_epoch_alone():
    recipe, samples = Recipe(noise=0.5, seed=3), np.arange(8)
    zero = torch.zeros(8, 2, 2000)
    found = augmentation.noisy(zero, recipe, 0, samples)
    assert float(found.mean()) == pytest.approx(0.0, abs=0.02)
    assert float(found.std()) == pytest.approx(0.5, rel=0.02)
    assert abs(float(np.corrcoef(found[0, 0], found[1, 0])[0, 1])) < 0.1
    assert torch.equal(augmentation.noisy(zero[5:6], recipe, 0, samples[5:6]), found[5:6])
    assert not torch.equal(augmentation.noisy(zero, recipe, 1, samples), found)


def test_batches_of_signals_are_normalized_and_changed(tmp_path: Path):
    data = open_data(Description(str(as_npz(tmp_path, *waves(60)))))
    part, cpu = data.parts["train"], torch.device("cpu")
    normalized = Normalization(data.preprocessing, cpu)(part.images)
    torch.testing.assert_close(normalized, (part.images - part.images.mean()) / part.images.std(correction=0))
    still = Recipe(shift=0.0, rotation=0.0, zoom=0.0)
    samples = np.arange(6)
    torch.testing.assert_close(Batches(part, data.preprocessing, still, cpu).batch(samples, 0).images, normalized[:6])
    changed = Batches(part, data.preprocessing, Recipe(noise=0.1), cpu).batch(samples, 0).images
    assert changed.shape == (6, 1, LENGTH)
    assert not torch.equal(changed, normalized[:6])


# networks


def test_the_preset_is_fitted_to_the_data(tmp_path: Path):
    data = open_data(Description(str(as_npz(tmp_path, *waves(30)))))
    around = Circumstances("waves", data.task, data.shape, classes=3)
    network, solved = fitted(presets.build("conv1d_signal"), around)
    assert {p.code for p in solved} == {"image_size", "class_count"}
    assert analyze(network).inputs["input"].shape == (1, LENGTH)


@pytest.mark.parametrize("form", ["npz", "csv"])
def test_waves_are_told_apart(
    tmp_path: Path,
    make_run: Callable[..., Run],
    worker: Callable[[Run], int],
    wait_until: Callable[..., None],
    form: str,
):
    file = FORMS[form](tmp_path, *waves(300))
    network, _ = fitted(presets.build("conv1d_signal"), Circumstances("w", "classification", (1, LENGTH), classes=3))
    run = make_run(str(file), network, epochs=8, batch=16, learning_rate=0.01, noise=0.05)
    worker(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 60, "the end of the training")
    assert run.error is None
    assert run.result["parts"]["test"]["accuracy"] > 0.9

    model = infer.trained(run.folder)
    found = classes.measure(model, open_data(Description(str(file)), (1, LENGTH)))
    assert found["metrics"]["accuracy"] == pytest.approx(run.result["parts"]["test"]["accuracy"], abs=0.03)
    values, _ = waves(3, length=120, seed=9)
    for i, row in enumerate(values):
        np.save(tmp_path / f"{i}.npy", row)
    (tmp_path / "2.csv").write_text("\n".join(map(str, values[2].tolist())))
    files = [tmp_path / "0.npy", tmp_path / "2.npy", tmp_path / "2.csv", tmp_path / "waves.txt"]
    answers, seen = classes.predict(model, files)
    assert seen.shape == (4, 1, LENGTH)
    assert [a["classes"][0]["label"] for a in answers[:3]] == ["sine", "saw", "saw"]
    assert "no such file" in answers[3]["error"]
