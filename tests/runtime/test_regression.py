"""Numbers for each image: data that tell them, networks that fit, what is measured, training, answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import presets
from graph import CanevasError, analyze
from graph.circumstances import Circumstances
from graph.problems import misfits
from runtime.data.description import DataError, Description
from runtime.fit import fitted
from runtime.run import Run

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import answering, infer  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.export import export  # noqa: E402
from runtime.infer import numbers  # noqa: E402
from runtime.tasks import known  # noqa: E402
from runtime.tasks.regression import measures, summed  # noqa: E402

SIDE = 12


def disks(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of a bright disk, and where its middle is, as shares of the image."""
    y, x = np.mgrid[:SIDE, :SIDE]
    places = np.random.default_rng(3).uniform(0.2, 0.8, (n, 2))
    images = [255 * np.exp(-((x - px * SIDE) ** 2 + (y - py * SIDE) ** 2) / 8) for px, py in places]
    return np.stack(images).round().astype(np.uint8), places.astype(np.float32)


def table(root: Path, n: int = 40, columns: tuple[str, ...] = ("across", "down")) -> Path:
    images, places = disks(n)
    (root / "images").mkdir(parents=True)
    with (root / "places.csv").open("w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(("file", *columns, "split"))
        for i, (image, place) in enumerate(zip(images, places, strict=True)):
            Image.fromarray(image).save(root / "images" / f"{i:03}.png")
            part = "train" if i < n * 0.6 else "val" if i < n * 0.8 else "test"
            rows.writerow((f"images/{i:03}.png", *(f"{v:.4f}" for v in place[: len(columns)]), part))
    return root


# data


def test_a_table_with_columns_of_numbers_is_recognized(tmp_path: Path):
    data = open_data(Description(str(table(tmp_path / "set"))))

    assert (data.format, data.task, data.classes, data.numbers) == ("csv", "regression", (), ("across", "down"))
    assert data.images == {"train": 24, "validation": 8, "test": 8}
    assert data.counts == {"train": [], "validation": [], "test": []}
    part = data.parts["validation"]
    assert part.targets.dtype == torch.float32
    for image, (across, down), name in zip(part.images, part.targets, part.files, strict=True):
        y, x = np.unravel_index(int(image[0].argmax()), (SIDE, SIDE))
        assert abs(x - across * SIDE) < 1
        assert abs(y - down * SIDE) < 1
        assert name.startswith("images/")


def test_a_column_of_labels_with_fractions_tells_numbers_and_one_of_whole_ones_classes(tmp_path: Path):
    root = table(tmp_path / "set", columns=("target",))
    assert open_data(Description(str(root))).numbers == ("target",)
    text = (root / "places.csv").read_text().splitlines()
    (root / "places.csv").write_text("\n".join([text[0], *(f"images/{i:03}.png,{i % 3},train" for i in range(40))]))
    assert open_data(Description(str(root))).task == "classification"
    asked = open_data(Description(str(root)), task="regression")
    assert (asked.task, asked.numbers) == ("regression", ("target",))


def test_lines_without_a_number_are_named_and_left_out(tmp_path: Path):
    root = table(tmp_path / "set")
    with (root / "places.csv").open("a") as f:
        f.write("images/000.png,,0.5,train\nimages/001.png,nan,0.5,train\nimages/none.png,0.5,0.5,train\n")
    data = open_data(Description(str(root)))

    assert data.images["train"] == 24
    told = [str(p) for p in data.problems]
    assert any("line 42 lacks a class or a number (2 such lines)" in one for one in told)
    assert any("images/none.png is missing" in one for one in told)


@pytest.mark.parametrize("ending", ["npz", "h5"])
def test_arrays_of_fractions_are_numbers(tmp_path: Path, ending: str):
    images, places = disks(20)
    file = tmp_path / f"set.{ending}"
    if ending == "npz":
        np.savez(file, x_train=images[:15], y_train=places[:15], x_test=images[15:], y_test=places[15:])
    else:
        import h5py

        with h5py.File(file, "w") as f:
            f["train/images"], f["train/targets"] = images[:15], places[:15]
            f["test/images"], f["test/targets"] = images[15:], places[15:]
    data = open_data(Description(str(file)))

    assert (data.task, data.numbers) == ("regression", ("y0", "y1"))
    assert torch.equal(data.parts["test"].targets, torch.from_numpy(places[15:]))


def test_arrays_of_whole_numbers_are_classes_unless_they_are_asked_for(tmp_path: Path):
    images, _ = disks(20)
    np.savez(tmp_path / "set.npz", x=images, y=np.arange(20) % 4)
    assert open_data(Description(str(tmp_path / "set.npz"))).task == "classification"
    data = open_data(Description(str(tmp_path / "set.npz")), task="regression")
    assert (data.task, data.numbers, data.parts["train"].targets.shape[1]) == ("regression", ("y",), 1)


def test_a_table_without_any_number_says_what_is_needed(tmp_path: Path):
    root = table(tmp_path / "set")
    (root / "places.csv").write_text("file,label\nimages/000.png,dog\nimages/001.png,cat\n")
    with pytest.raises(DataError, match="columns of numbers"):
        open_data(Description(str(root)), task="regression")


def test_a_classifier_that_asks_for_classes_is_told_that_there_are_numbers(tmp_path: Path):
    """The user saw "the table names 0 classes"; now the network is what does not fit, and that has a way out."""
    root = table(tmp_path / "set")
    for asked in ("classification", "segmentation", ""):
        data = open_data(Description(str(root)), task=asked)
        assert (data.task, data.classes) == ("regression", ())
    around = Circumstances("set", data.task, data.shape, numbers=len(data.numbers))
    network, solved = fitted(presets.build("lecture", width=1), around)
    assert "class_not_number" in [p.code for p in solved]
    assert analyze(network).facts["loss"].inputs[0].shape == (len(data.numbers),)


# networks


@pytest.mark.parametrize("name", ["lecture", "lenet5", "resnet18", "conv1d_signal", "alexnet"])
def test_a_classifier_is_made_to_foretell(name: str):
    around = Circumstances("places", "regression", (1, SIDE, SIDE), numbers=2)
    network, solved = fitted(presets.build(name), around, keep=("image_size",))
    report = analyze(network)

    assert "class_not_number" in [p.code for p in solved]
    assert report.facts["loss"].inputs[0].shape == (2,)
    assert [layer for layer in (n.kind for n in network.nodes.values()) if layer == "Softmax"] == []
    assert [str(out) for out in report.outputs.values()] == ["2"]
    assert not [p for p in report.problems if p.severity == "error"]
    assert known.task_of(network).name == "regression"
    other, _ = fitted(network, Circumstances("places", "regression", (1, SIDE, SIDE), numbers=3), keep=("image_size",))
    assert analyze(other).facts["loss"].inputs[0].shape == (3,)


def test_a_network_of_masks_is_refused_where_numbers_are_told():
    around = Circumstances("places", "regression", (1, SIDE, SIDE), numbers=2)
    found = misfits(analyze(presets.build("unet_padded", width=1)), around)
    assert [(p.code, p.fixes) for p in found if p.severity == "error"] == [("class_not_number", ())]


# measures


def test_measures_are_those_of_torchmetrics():
    """torchmetrics calls an R² beyond .9999 a whole 1 and warns of others; scikit-learn does not."""
    from sklearn.metrics import r2_score
    from torchmetrics.functional import mean_absolute_error, mean_squared_error

    chance = torch.Generator().manual_seed(0)
    right = torch.randn(50, 3, generator=chance) * torch.tensor([1.0, 20.0, 0.01]) + torch.tensor([0.0, 500.0, 3.0])
    answers = right + torch.randn(50, 3, generator=chance) * torch.tensor([0.5, 30.0, 0.001])
    found = measures(summed(answers[:20], right[:20]) + summed(answers[20:], right[20:]))

    each = r2_score(right.double().numpy(), answers.double().numpy(), multioutput="raw_values")
    assert [one["r2"] for one in found["each"]] == pytest.approx(each.tolist(), rel=1e-6)
    assert found["r2"] == pytest.approx(float(each.mean()), rel=1e-6)
    for i, one in enumerate(found["each"]):
        assert one["mae"] == pytest.approx(float(mean_absolute_error(answers[:, i], right[:, i])), rel=1e-5)
        wanted = float(mean_squared_error(answers[:, i], right[:, i], squared=False))
        assert one["rmse"] == pytest.approx(wanted, rel=1e-5)


def test_without_variance_nothing_is_explained():
    assert measures(summed(torch.tensor([[2.0], [3.0]]), torch.tensor([[1.0], [1.0]])))["r2"] == 0.0
    assert measures(summed(torch.tensor([[2.0]]), torch.tensor([[1.0]])))["mae"] == 1.0


# training


def network(n: int = 2):
    around = Circumstances("places", "regression", (1, SIDE, SIDE), numbers=n)
    return fitted(presets.build("lecture"), around)[0]


def test_it_learns_where_the_disk_is(
    tmp_path: Path, make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None]
):
    data = Description(str(table(tmp_path / "set", 200)))
    still = {"shift": 0.0, "rotation": 0.0, "zoom": 0.0}
    run = make_run(data.source, network(), epochs=12, batch=16, learning_rate=0.01, **still)
    worker(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 60, "the end of the training")

    judged = run.result["parts"]["test"]
    assert judged["r2"] > 0.8
    assert judged["rmse"] < 0.1
    assert len(judged["each"]) == 2
    record = [r for r in run.metrics().records if r["part"] == "validation"][-1]
    assert {"loss", "r2", "mae", "rmse"} <= set(record)

    model = infer.trained(run.folder)
    assert (model.task, model.classes, model.numbers) == ("regression", (), ("across", "down"))
    taken = infer.trained(export(model.network, model.weights, tmp_path / "taken.pt", model.about()).file)
    assert (taken.numbers, taken.scale, taken.preprocessing) == (model.numbers, model.scale, model.preprocessing)
    assert taken.scale == 1.0
    opened = open_data(data, (1, SIDE, SIDE), task="regression")
    found = numbers.measure(model, opened, mistakes=3, every=True)
    assert found["metrics"]["r2"] == pytest.approx(judged["r2"], abs=1e-6)
    assert found["scores"][found["mistakes"][0]["index"]] == max(found["scores"])
    answers, _ = numbers.predict(model, [tmp_path / "set" / "images" / "170.png", tmp_path / "none.png"])
    assert [one["name"] for one in answers[0]["numbers"]] == ["across", "down"]
    assert answers[0]["numbers"][0]["value"] == pytest.approx(float(disks(200)[1][170, 0]), abs=0.25)
    assert "error" in answers[1]
    told, arrays = answering.tested(model, opened, "test", 4, lambda share: None)
    assert (told["task"], arrays["images"].shape) == ("regression", (4, 1, SIDE, SIDE))

    preview = json.loads(run.previews()[-1].read_text())
    assert preview["numbers"] == ["across", "down"]
    assert len(preview["answers"][0]["right"]) == len(preview["answers"][0]["answer"]) == 2


def test_in_short_epochs_answers_are_shown_seldomer(tmp_path: Path, make_run, worker, wait_until):
    data = str(table(tmp_path / "set", 40))
    run = make_run(data, network(2), epochs=12, batch=8, preview_every=1)

    worker(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 60, "the end of the training")

    # 24 images an epoch and 8 of them shown: after 80, 160 and 240 images, in epochs 4, 7 and 10
    assert [json.loads(file.read_text())["epoch"] for file in run.previews()] == [1, 4, 7, 10, 12]


def test_another_number_of_numbers_is_refused(tmp_path: Path):
    data = open_data(Description(str(table(tmp_path / "set"))), (1, SIDE, SIDE))
    with pytest.raises(CanevasError, match="gives 3 numbers for each image, but set tells 2"):
        known.check(analyze(network(3)), data)
