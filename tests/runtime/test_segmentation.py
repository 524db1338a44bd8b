"""A class for each pixel: data with masks, what is measured of them, and training on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import presets
from graph import CanevasError, analyze
from runtime.data.description import DataError, Description
from runtime.data.pairs import has_masks, pairs
from runtime.recipe import Recipe
from runtime.run import Run

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime import infer  # noqa: E402
from runtime.data.augmentation import masks_placed, placed  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.masks import classed  # noqa: E402
from runtime.data.targets import IGNORED, Masks, cropped  # noqa: E402
from runtime.infer import masks  # noqa: E402
from runtime.tasks.segmentation import Segmentation, measures  # noqa: E402
from runtime.tasks.task import likeliest, table  # noqa: E402


def folder(root: Path, n: int = 6, size: tuple[int, int] = (24, 32), above: str = "") -> Path:
    """Images with a bright disk each, and masks that say where it is (1); their left column does not count (255)."""
    image_folder, mask_folder = root / above / "images", root / above / "masks"
    for f in (image_folder, mask_folder):
        f.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[: size[0], : size[1]]
    chance = np.random.default_rng(len(above))
    for i in range(n):
        cy, cx, r = chance.uniform(8, 16), chance.uniform(10, 22), chance.uniform(4, 7)
        disk = (y - cy) ** 2 + (x - cx) ** 2 < r * r
        pixels = np.clip(60 + 120 * disk + chance.normal(0, 10, size), 0, 255).astype(np.uint8)
        mask = disk.astype(np.uint8)
        mask[:, 0] = 255
        Image.fromarray(pixels).save(image_folder / f"{i}.png")
        Image.fromarray(mask).save(mask_folder / f"{i}.png")
    return root


# data


def test_a_folder_of_images_and_masks_is_recognized_and_split(tmp_path: Path):
    folder(tmp_path, 20)
    data = open_data(Description(str(tmp_path)))

    assert (data.format, data.task, data.classes) == ("masks", "segmentation", ("0", "1"))
    assert data.images == {"train": 14, "validation": 3, "test": 3}
    assert data.shape == (1, 24, 32)
    part = data.parts["train"]
    assert part.targets.shape == (14, 24, 32)
    assert part.targets.dtype == torch.uint8
    assert (part.targets[:, :, 0] == 255).all()
    for image, mask, name in zip(part.images, part.targets, part.files, strict=True):
        assert torch.equal(mask, torch.from_numpy(np.asarray(Image.open(tmp_path / "masks" / Path(name).name)).copy()))
        assert image[0][mask == 1].float().mean() > image[0][mask == 0].float().mean() + 80


def test_parts_are_those_of_the_folders(tmp_path: Path):
    for name, n in (("train", 5), ("val", 2)):
        folder(tmp_path, n, above=name)
    data = open_data(Description(str(tmp_path)))

    assert data.images == {"train": 5, "validation": 2}
    assert data.testing == "validation"


def test_what_has_no_partner_or_another_size_is_named_and_left_out(tmp_path: Path):
    folder(tmp_path)
    (tmp_path / "masks" / "0.png").rename(tmp_path / "masks" / "stranger.png")
    (tmp_path / "masks" / "1.png").write_bytes(b"no image")
    Image.new("L", (7, 7)).save(tmp_path / "masks" / "2.png")
    data = open_data(Description(str(tmp_path)))

    said = {p.file: str(p.message) for p in data.problems}
    assert "has no mask" in said["images/0.png"]
    assert "has no image" in said["masks/stranger.png"]
    assert "is no image" in said["masks/1.png"]
    assert "7 × 7 pixels and its image 24 × 32" in said["masks/2.png"]
    assert sum(data.images.values()) == 3


def test_names_of_classes_fix_their_order_and_255_does_not_count(tmp_path: Path):
    folder(tmp_path)
    (tmp_path / "class_names.txt").write_text("ground\ndisk\nnever seen\n")
    data = open_data(Description(str(tmp_path)))

    assert data.classes == ("ground", "disk", "never seen")
    assert data.counts["train"][:2] == [data.images["train"]] * 2
    assert data.counts["train"][2] == 0


def test_two_numbers_are_two_classes_even_if_one_is_255():
    found = classed(np.array([[0, 255], [255, 7]]), (0, 255))
    assert found.tolist() == [[0, 1], [1, 255]]


def test_masks_of_one_class_are_refused_with_the_reason(tmp_path: Path):
    folder(tmp_path)
    for file in (tmp_path / "masks").iterdir():
        Image.new("L", (32, 24)).save(file)
    with pytest.raises(DataError, match="it takes 2 classes"):
        open_data(Description(str(tmp_path)))


def test_names_that_are_damaged_are_refused_by_file(tmp_path: Path):
    folder(tmp_path)
    (tmp_path / "classes.json").write_text("{")
    with pytest.raises(CanevasError, match=r"classes\.json"):
        pairs(tmp_path)


def test_palettes_keep_their_numbers(tmp_path: Path):
    folder(tmp_path, 4)
    for file in (tmp_path / "masks").iterdir():
        masks.colored(np.asarray(Image.open(file))).save(file)
    assert open_data(Description(str(tmp_path))).classes == ("0", "1")


def test_real_sets_are_read_as_they_are_documented(shared_data: Path):
    em = open_data(Description(str(shared_data / "isbi_em")))
    assert (em.classes, em.shape, sum(em.images.values())) == (("0", "255"), (1, 512, 512), 10)
    voc = open_data(Description(str(shared_data / "coco_nopeople" / "voc_palette")))
    assert len(voc.classes) == 13
    assert voc.classes[:2] == ("background", "airplane")
    assert voc.images == {"train": 15, "validation": 5}
    assert has_masks(shared_data / "coco_nopeople")
    assert not has_masks(shared_data / "ants_bees")


# what is right, made ready


def test_a_mask_is_cropped_to_the_scores_and_marked_as_the_loss_wants():
    raw = torch.arange(5 * 7, dtype=torch.uint8).reshape(1, 5, 7)
    raw[0, 2, 3] = 255
    found = Masks((3, 3), 9)(raw)
    assert found.tolist() == [[[9, 10, 11], [16, 9, 18], [23, 24, 25]]]
    assert Masks((3, 3))(raw)[0, 1, 1] == IGNORED
    assert cropped(raw, (7, 7))[0, 0].tolist() == [255] * 7


def test_masks_move_with_their_images():
    """A mask that is the image's own pixels is moved to the same places."""
    torch.manual_seed(0)
    mask = (torch.rand(4, 1, 3, 3) > 0.5).float()
    mask = torch.nn.functional.interpolate(mask, (48, 48), mode="nearest")
    recipe, samples = Recipe(shift=0.1, rotation=30.0, zoom=0.3, flip=True), np.arange(4)
    moved = placed(mask, recipe, 3, samples)[:, 0]
    found = masks_placed(mask[:, 0].to(torch.uint8), recipe, 3, samples)

    assert ((moved > 0.5) == (found == 1))[(moved - 0.5).abs() > 0.49].all()
    assert set(found.unique().tolist()) == {0, 1}


# measures


def test_measures_are_those_of_torchmetrics():
    metrics = pytest.importorskip("torchmetrics")
    torch.manual_seed(1)
    truth, answers = torch.randint(5, (3, 20, 20)), torch.randint(5, (3, 20, 20))
    found = measures(table(truth.flatten(), answers.flatten(), 5))

    jaccard = metrics.JaccardIndex("multiclass", num_classes=5)(answers, truth)
    dice = metrics.F1Score("multiclass", num_classes=5, average="macro")(answers.flatten(), truth.flatten())
    right = metrics.Accuracy("multiclass", num_classes=5, average="micro")(answers, truth)
    assert found["miou"] == pytest.approx(float(jaccard), rel=1e-5)
    assert found["dice"] == pytest.approx(float(dice), rel=1e-5)
    assert found["accuracy"] == pytest.approx(float(right), rel=1e-5)


def test_the_case_worked_by_hand():
    truth, answers = torch.tensor([0, 1, 1, 1, 2, 0]), torch.tensor([0, 0, 1, 1, 2, 2])
    found = measures(table(truth, answers, 3))
    assert found["miou"] == pytest.approx(0.5)
    assert found["dice"] == pytest.approx(0.655556, abs=1e-6)
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    ignored = measures(table(truth[1:], answers[1:], 3))
    assert ignored["miou"] == pytest.approx(0.388889, abs=1e-6)


@pytest.mark.parametrize("classes", [1, 2, 11, 16, 17])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_likeliest_class_is_the_first_of_the_highest(classes: int, layout: torch.memory_format):
    scores = torch.randn(3, classes, 13, 9, generator=torch.Generator().manual_seed(classes))
    equal = scores.round()  # of small whole numbers many are equal
    equal[0] = 0.0

    for given in (scores, equal):
        assert torch.equal(likeliest(given.contiguous(memory_format=layout)), given.argmax(1))


def test_pixels_that_do_not_count_are_in_no_measure():
    class Echo(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.loss = torch.nn.CrossEntropyLoss()

        def forward(self, images, targets):
            return {"loss": self.loss(images, targets)}

    task = Segmentation(Echo(), ["loss"], ["a", "b"])
    scores = torch.tensor([[[[1.0, 0.0, 0.0]], [[0.0, 1.0, 1.0]]]])  # answers 0 1 1
    target = torch.tensor([[[0, 0, IGNORED]]])
    shown = task.shown(task.measured([(scores, target, 1.0)]))
    assert shown["confusion"] == [[1, 1], [0, 0]]
    assert shown["accuracy"] == 0.5
    assert shown["iou"] == [0.5, 0.0]
    assert float(task.right()) == 0.5


# training


@pytest.fixture
def small():
    return presets.build("unet_padded", width=2)


def trained(
    make_run: Callable[..., Run], worker: Callable[[Run], int], wait_until: Callable[..., None], net, data: Path, **more
) -> Run:
    run = make_run(str(data), net, **more)
    worker(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 90, "the end of the training")
    assert run.state == "done", run.error
    return run


@pytest.mark.slow
def test_disks_are_found_and_the_run_says_so(tmp_path: Path, small, make_run, worker, wait_until):
    from graph import edit

    net = edit.set_values(small, "input", shape=(1, 32, 32))
    run = trained(make_run, worker, wait_until, net, folder(tmp_path / "d", 20), epochs=10, batch=4, learning_rate=0.02)

    judged = run.result["parts"]["test"]
    assert judged["miou"] > 0.6
    assert set(judged) >= {"loss", "losses", "miou", "dice", "accuracy", "iou", "confusion", "images"}
    measured = [r for r in run.metrics().records if r["part"] == "validation"]
    assert run.result["best"]["miou"] == max(r["miou"] for r in measured)
    shown = json.loads(sorted((run.folder / "previews").glob("epoch-*.json"))[-1].read_text())
    right, answered = (np.load(run.folder / "previews" / shown[name]) for name in ("right", "masks"))
    assert right.shape == answered.shape == (3, 32, 32)
    assert shown["answers"][0]["score"] > 0.4

    model = infer.trained(run.folder)
    told = masks.measure(model, open_data(Description(str(tmp_path / "d")), (1, 32, 32)), mistakes=2)
    assert told["confusion"] == judged["confusion"]
    assert told["metrics"]["miou"] == judged["miou"]
    assert told["mistakes"][0]["score"] == min(told["scores"])

    answers, _, pictures = masks.predict(model, [tmp_path / "d" / "images" / "0.png", tmp_path / "nothing.png"])
    assert pictures[0].shape == (24, 32)  # as large as the file
    assert sum(c["score"] for c in answers[0]["classes"]) == pytest.approx(1.0, abs=1e-6)
    assert "no such file" in answers[1]["error"]


def test_an_unpadded_network_is_compared_with_the_middle_of_the_mask(tmp_path: Path):
    from graph import edit
    from runtime.compile import compile
    from runtime.prepared import masks as ready

    net = edit.set_values(presets.build("unet", width=1), "input", shape=(1, 188, 188))
    report = analyze(net)
    assert ready(report, compile(net)) == Masks((4, 4), IGNORED)


@pytest.mark.parametrize(
    ("preset", "data", "why"),
    [("unet_padded", "digits", "one class per pixel"), ("lecture", "masks", "one class per image")],
)
def test_a_task_and_data_of_another_are_told_apart(tmp_path, preset, data, why, make_run, worker, wait_until):
    from runtime.tasks.known import check

    found = open_data(Description(str(folder(tmp_path, 6)) if data == "masks" else data))
    with pytest.raises(CanevasError, match=f"learns {why}"):
        check(analyze(presets.build(preset)), found)
