"""Objects with boxes: data that move with their images, average precision, and training on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import presets
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.run import Run

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")

from runtime import infer  # noqa: E402
from runtime.data import boxes as geometry  # noqa: E402
from runtime.data import scenes  # noqa: E402
from runtime.data.augmentation import boxes_placed, placed  # noqa: E402
from runtime.data.dataset import open as open_data  # noqa: E402
from runtime.data.digits import digits  # noqa: E402
from runtime.data.parts import split  # noqa: E402
from runtime.data.preprocessing import Preprocessing  # noqa: E402
from runtime.infer import boxes, judging  # noqa: E402
from runtime.requests import Desk  # noqa: E402
from runtime.tasks.detection import hits, measures  # noqa: E402
from runtime.tasks.task import cells  # noqa: E402


def told(height: int, width: int, fit: str) -> Preprocessing:
    return Preprocessing((height, width), 1, (0.0,), (1.0,), fit=fit)


# data


@pytest.fixture(scope="module")
def data():
    return open_data(Description("digit-scenes"))


def test_scenes_hold_what_their_boxes_and_masks_say(data):
    assert data.task == "detection"
    assert data.images == {"train": 1500, "validation": 200, "test": 300}
    masked = open_data(Description("digit-scenes"), task="segmentation")
    assert masked.classes == ("ground", *"0123456789")
    for part in ("train", "test"):
        some, masks = data.parts[part], masked.parts[part].targets
        assert torch.equal(some.images, masked.parts[part].images)
        counts = (some.targets[..., 4] >= 0).sum(1)
        assert int(counts.min()) == 1
        assert int(counts.max()) == 4
        for objects, mask in zip(some.targets[:50], masks[:50], strict=True):
            for x1, y1, x2, y2, label in objects[objects[:, 4] >= 0].int().tolist():
                assert 20 <= max(x2 - x1, y2 - y1) <= 37
                inside = mask[y1:y2, x1:x2]
                assert (inside == label + 1).any()
                assert set(inside.unique().tolist()) <= {0, label + 1}


def test_digits_that_judge_are_never_learned_from():
    """The digits of the parts are those of the set of single digits, which no two parts share."""
    cut = split(digits()[1])
    assert not set(cut["train"]) & set(cut["test"])
    assert set(scenes.SCENES) == set(cut)


def test_scenes_are_the_same_every_time():
    a, b = scenes.scenes("validation"), scenes.scenes("validation")
    assert all((x == y).all() for x, y in zip(a, b, strict=True))


# boxes follow their images


@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_boxes_follow_an_image_to_another_size(fit):
    from runtime.data.images import prepared

    pixels = np.zeros((60, 90), np.uint8)
    pixels[20:40, 30:60] = 255
    image = prepared(Image.fromarray(pixels), told(48, 48, fit))[0]
    objects = torch.tensor([[[30.0, 20, 60, 40, 3], [-1, -1, -1, -1, -1]]])
    (x1, y1, x2, y2, label), nothing = geometry.scaled(objects, (60, 90), told(48, 48, fit))[0].tolist()

    lit = (image > 127).nonzero()
    assert (y1, x1) == pytest.approx((lit[0].min(), lit[1].min()), abs=1)
    assert (y2, x2) == pytest.approx((lit[0].max() + 1, lit[1].max() + 1), abs=1)
    assert label == 3
    assert nothing[4] == -1


def test_what_is_hardly_seen_any_more_is_left_out():
    objects = torch.tensor([[-30.0, 0, 10, 10, 1], [-5, 0, 10, 10, 2], [0, 0, 1, 30, 3]])
    found = geometry.clipped(objects, (20, 20))
    assert found[:, 4].tolist() == [-1, 2, -1]
    assert found[1].tolist() == [0, 0, 10, 10, 2]


def test_boxes_move_with_their_images():
    """A bright rectangle is found where its box went, whatever was drawn."""
    images, objects = torch.zeros(6, 1, 64, 80), torch.full((6, 2, 5), -1.0)
    for i in range(6):
        x, y = 20 + 3 * i, 14 + 2 * i
        images[i, 0, y : y + 18, x : x + 22] = 255.0
        objects[i, 0] = torch.tensor([x, y, x + 22, y + 18, i])
    recipe = Recipe(shift=0.08, rotation=0.0, zoom=0.2, flip=True)
    for epoch in range(3):
        moved = placed(images, recipe, epoch, np.arange(6))[:, 0]
        found = boxes_placed(objects, (64, 80), recipe, epoch, np.arange(6))
        for image, box in zip(moved, found[:, 0], strict=True):
            lit = (image > 127).nonzero()
            low, high = lit.amin(0).tolist(), (lit.amax(0) + 1).tolist()
            assert box[:4].tolist() == pytest.approx([low[1], low[0], high[1], high[0]], abs=1.01)
        assert (found[:, 1, 4] == -1).all()
    turned = Recipe(shift=0.0, rotation=30.0, zoom=0.0)
    moved = placed(images, turned, 0, np.arange(6))[:, 0]
    for image, box in zip(moved, boxes_placed(objects, (64, 80), turned, 0, np.arange(6))[:, 0], strict=True):
        lit = (image > 127).nonzero()
        assert (lit.amin(0) >= box[[1, 0]] - 1.01).all()
        assert (lit.amax(0) + 1 <= box[[3, 2]] + 1.01).all()


# average precision


def detections(rows):
    rows = torch.tensor(rows).reshape(-1, 6)
    return {"boxes": rows[:, :4], "scores": rows[:, 4], "labels": rows[:, 5].long()}


def objects(rows):
    rows = torch.tensor(rows, dtype=torch.float32).reshape(-1, 5)
    return {"boxes": rows[:, :4], "labels": rows[:, 4].long()}


def test_the_case_worked_by_hand():
    """Class 0: two objects; right .9, wrong .8, right .7.  Class 1: one object, found."""
    right = objects([[0, 0, 10, 10, 0], [50, 50, 60, 60, 0], [20, 20, 30, 30, 1]])
    found = detections(
        [[0.0, 0, 10, 10, 0.9, 0], [80, 80, 90, 90, 0.8, 0], [50, 50, 60, 60, 0.7, 0], [20, 20, 30, 30, 0.6, 1]]
    )
    told = measures([(found, right)], 2)
    assert told["map50"] == pytest.approx(0.917492, abs=1e-6)
    assert told["ap50"] == pytest.approx([0.834983, 1.0], abs=1e-6)
    assert told["voc"] == pytest.approx((0.833333 + 1) / 2, abs=1e-6)
    assert told["voc07"] == pytest.approx((0.848485 + 1) / 2, abs=1e-6)


def test_a_class_that_is_nowhere_has_no_precision():
    found, right = detections([[0.0, 0, 10, 10, 0.9, 1]]), objects([[0, 0, 10, 10, 1]])
    assert measures([(found, right)], 3)["ap50"] == [None, 1.0, None]


def test_nothing_found_is_no_precision_at_all():
    told = measures([(detections([]), objects([[0, 0, 10, 10, 1]])), (detections([]), objects([]))], 2)
    assert (told["map50"], told["map"]) == (0.0, 0.0)


def test_objects_are_taken_for_what_overlaps_them_most():
    """Of three objects one is found, one as another class, one is missed; of four boxes two stand where nothing is."""
    right = {
        "boxes": torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]),
        "labels": torch.tensor([0, 1, 1]),
    }
    places = [[0.0, 0, 10, 9], [0, 0, 10, 6], [20, 0, 30, 10], [70, 0, 80, 10]]
    one = {"boxes": torch.tensor(places), "labels": torch.tensor([0, 1, 0, 1]), "scores": torch.ones(4)}

    table = judging.confused(one, right, 2)

    assert table.tolist() == [[1, 0, 0], [1, 0, 1], [0, 2, 0]]
    other = {**one, "scores": torch.tensor([0.5, 0.9, 1.0, 1.0])}  # now the second box is the surer one
    assert judging.confused(other, right, 2).tolist() == [[0, 1, 0], [1, 0, 1], [1, 1, 0]]
    none = {name: value[:0] for name, value in one.items()}
    assert judging.confused(none, right, 2).tolist() == [[0, 0, 1], [0, 0, 2], [0, 0, 0]]
    empty = {name: value[:0] for name, value in right.items()}
    assert judging.confused(none, empty, 2).sum() == 0
    assert cells([table, 0 * table, table[:, [1, 0, 2]]]).tolist() == [
        *([0, 0, 0, 1], [0, 1, 0, 1], [0, 1, 2, 1], [0, 2, 1, 2]),
        *([2, 0, 1, 1], [2, 1, 1, 1], [2, 1, 2, 1], [2, 2, 0, 2]),
    ]


def test_an_object_is_met_once():
    box = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10]])
    assert [hit for _, hit in hits(box, torch.tensor([0.5, 0.9]), box[:1])] == [True, False]


# training


def counted_again(run: Run, threshold: float, overlap: float) -> dict:
    """What the window is told when its sliders have moved."""
    desk = Desk()
    told = desk.answer("recount", {"model": str(run.folder), "threshold": threshold, "overlap": overlap}, lambda *_: 0)
    desk.close()
    return told


def judged_objects(data) -> int:
    """Objects in the test part: all are missed where no box counts."""
    return int((data.parts["test"].targets[..., 4] >= 0).sum())


TERMS = {
    "yolo_small": [f"loss.{name}" for name in ("xy", "wh", "obj", "noobj", "cls")],
    "faster_rcnn_small": ["rpn_loss.objectness", "rpn_loss.box", "roi_loss.classification", "roi_loss.box"],
}
"""What each detector learns from, a curve each."""


def small(preset: str = "yolo_small", width: int = 4):
    return presets.build(preset, width=width)


@pytest.mark.slow
@pytest.mark.parametrize("preset", TERMS)
def test_a_detector_trains_resumes_its_curves_and_is_used(
    preset: str,
    tmp_path: Path,
    make_run: Callable[..., Run],
    worker: Callable[[Run], int],
    wait_until: Callable[..., None],
    data,
):
    run = make_run("digit-scenes", small(preset), steps=30, batch=8, learning_rate=0.01, preview_every=1)
    worker(run)
    wait_until(lambda: run.state in ("done", "failed", "crashed"), 90, "the end of the training")
    assert run.state == "done", run.error

    train = [r for r in run.metrics().records if r["part"] == "train"]
    assert list(train[0]["losses"]) == TERMS[preset]
    assert "accuracy" not in train[0]
    assert train[-1]["loss"] < train[0]["loss"]
    judged = run.result["parts"]["test"]
    assert {"map50", "map", "ap50", "loss", "images"} <= set(judged)
    assert judged["images"] == 300
    shown = json.loads(sorted((run.folder / "previews").glob("epoch-*.json"))[-1].read_text())
    assert len(shown["answers"]) == 8
    assert all(len(row) == 5 for one in shown["answers"] for row in one["right"])

    model = infer.trained(run.folder)
    told = boxes.measure(model, data, "test", mistakes=3)
    # batches of another size may change the last bit of a score, and after 30 steps many are nearly equal
    assert told["metrics"]["map50"] == pytest.approx(judged["map50"], abs=0.01)
    assert sum(told["mistakes"][0]["errors"]) == max(map(sum, told["errors"]))
    again = counted_again(run, told["threshold"], told["overlap"])
    assert np.sum(again["errors"], 0) == pytest.approx(np.sum(told["errors"], 0), rel=0.02, abs=5)  # as above
    assert sum(map(sum, counted_again(run, 0.99, told["overlap"])["errors"])) == judged_objects(data)

    file = tmp_path / "scene.png"
    scene = data.parts["test"].images[0]
    Image.fromarray(scene[0].numpy()).resize((192, 192), Image.Resampling.NEAREST).save(file)
    next(m for m in model.model.modules() if hasattr(m, "overlap")).threshold = 0.0
    answers, _, seen = boxes.predict(model, [file, tmp_path / "nothing.png"])
    assert len(answers[0]["boxes"]) == len(seen[0]["boxes"]) > 0
    first = max(range(len(seen[0]["scores"])), key=lambda i: float(seen[0]["scores"][i]))
    assert answers[0]["boxes"][0]["box"] == pytest.approx((seen[0]["boxes"][first] * 2).tolist(), abs=0.02)
    assert "no such file" in answers[1]["error"]
    boxes.drawn(file, answers[0]["boxes"], model.classes).save(tmp_path / "drawn.png")
