"""Curves of precision over recall: by hand, by torchmetrics, by scikit-learn's definition written out."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")

from runtime.infer import precision  # noqa: E402
from runtime.infer.precision import curve, of_boxes, of_classes, told  # noqa: E402
from runtime.tasks.detection import measures  # noqa: E402


def test_the_case_worked_by_hand():
    """Right, wrong, right of 3 objects: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3."""
    found = curve(np.array([0.6, 0.9, 0.8]), np.array([True, True, False]), 3)

    assert found.thresholds.tolist() == [0.9, 0.8, 0.6]
    assert found.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    assert found.recall.tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3])
    assert found.all_points == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)
    # recalls 0 to .33 (34 of 101) have precision 1, .34 to .66 (33) have 2/3, the rest nothing
    assert found.coco == pytest.approx((34 + 33 * 2 / 3) / 101)
    assert found.step == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def scenes(seed: int, images: int = 40, classes: int = 3):
    """Objects by chance; found are most of them, moved a little, and some boxes in vain."""
    generator = torch.Generator().manual_seed(seed)

    def draw(n):
        low = torch.rand(n, 2, generator=generator) * 60
        return torch.cat((low, low + 8 + torch.rand(n, 2, generator=generator) * 24), 1)

    pairs = []
    for _ in range(images):
        n, vain = (int(torch.randint(0, 7, (), generator=generator)) for _ in range(2))
        labels = torch.randint(classes, (n,), generator=generator)
        right = {"boxes": draw(n), "labels": labels}
        moved = right["boxes"] + torch.randn(n, 4, generator=generator) * 2
        again = right["boxes"] + torch.randn(n, 4, generator=generator)  # some are found twice
        one = {
            "boxes": torch.cat((moved, draw(vain), again)),
            "labels": torch.cat(
                (right["labels"], torch.randint(classes, (vain,), generator=generator), right["labels"])
            ),
            "scores": torch.rand(2 * n + vain, generator=generator),
        }
        pairs.append((one, right))
    return pairs


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_average_precision_of_coco(seed):
    pairs = scenes(seed)
    curves = of_boxes(pairs, 3)

    assert [one.coco for one in curves] == pytest.approx(measures(pairs, 3)["ap50"], abs=1e-6)
    assert sum(one.objects for one in curves) == sum(len(right["labels"]) for _, right in pairs)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_difficult_is_left_out_as_coco_leaves_out_crowds(seed):
    pairs = scenes(seed)
    for _, right in pairs:
        hard = torch.rand(len(right["labels"]), generator=torch.Generator().manual_seed(seed)) < 0.4
        right |= {"difficult": hard, "iscrowd": hard.long()}
    curves = of_boxes(pairs, 3)

    assert [one.coco for one in curves] == pytest.approx(measures(pairs, 3)["ap50"], abs=1e-6)
    assert sum(one.objects for one in curves) == sum(int((~right["difficult"]).sum()) for _, right in pairs)


def test_a_box_on_a_difficult_object_counts_neither_for_nor_against():
    """Right .9 of one object; .95 and .8 lie on the difficult one; .7 is in vain."""
    found = torch.tensor([[40.0, 40, 60, 60], [0, 0, 10, 10], [42, 42, 58, 58], [80, 80, 90, 90]])
    one = {"boxes": found, "scores": torch.tensor([0.95, 0.9, 0.8, 0.7]), "labels": torch.zeros(4, dtype=torch.long)}
    boxes = torch.tensor([[0.0, 0, 10, 10], [40, 40, 60, 60]])
    right = {"boxes": boxes, "labels": torch.zeros(2, dtype=torch.long), "difficult": torch.tensor([False, True])}
    (curved,) = of_boxes([(one, right)], 1)

    assert curved.thresholds.tolist() == pytest.approx([0.9, 0.7])
    assert (curved.precision.tolist(), curved.recall.tolist(), curved.objects) == ([1.0, 0.5], [1.0, 1.0], 1)


@pytest.mark.parametrize("seed", range(3))
def test_all_points_are_those_of_voc(seed):
    """As the devkit of VOC writes it: sentinels, the envelope from behind, and a sum where recall changes."""
    for one in of_boxes(scenes(seed), 3):
        recall = [0.0, *one.recall.tolist(), 1.0]
        sharp = [0.0, *one.precision.tolist(), 0.0]
        for i in range(len(sharp) - 2, -1, -1):
            sharp[i] = max(sharp[i], sharp[i + 1])
        area = sum((recall[i + 1] - recall[i]) * sharp[i + 1] for i in range(len(recall) - 1))
        assert 0.1 < one.all_points == pytest.approx(area)


def test_a_class_against_the_rest_is_that_of_torchmetrics():
    from torchmetrics.functional.classification import binary_average_precision, binary_precision_recall_curve

    torch.manual_seed(0)
    labels = torch.randint(4, (300,))
    scores = (torch.randn(300, 4) + 1.5 * torch.nn.functional.one_hot(labels, 4)).softmax(1)
    scores = (scores * 20).round() / 20  # the same number often
    for label, one in enumerate(of_classes(scores, labels)):
        sharp, recall, at = binary_precision_recall_curve(scores[:, label], (labels == label).long())
        assert one.thresholds.tolist() == pytest.approx(at.flip(0).tolist())
        assert one.precision.tolist() == pytest.approx(sharp[:-1].flip(0).tolist())
        assert one.recall.tolist() == pytest.approx(recall[:-1].flip(0).tolist())
        area = float(binary_average_precision(scores[:, label], (labels == label).long()))
        assert one.step == pytest.approx(area, abs=1e-6)


def test_what_is_told_is_short_and_keeps_both_ends():
    rng = np.random.default_rng(0)
    long = curve(rng.random(5000), rng.random(5000) < 0.3, 2000)
    none = curve(np.empty(0), np.empty(0, bool), 0)
    missed = curve(np.empty(0), np.empty(0, bool), 4)
    said, points = told([long, none, missed], ["a", "b", "c"], boxes=True)

    assert [(one["label"], one["index"], one["objects"]) for one in said] == [("a", 0, 2000), ("c", 2, 4)]
    assert said[0]["points"] == len(points) <= precision.SHOWN
    assert points[0, 0] == pytest.approx(long.thresholds[0])
    assert points[-1].tolist() == pytest.approx([long.thresholds[-1], long.precision[-1], long.recall[-1]])
    assert said[1] == {"label": "c", "index": 2, "objects": 4, "points": 0, "ap": 0.0, "ap101": 0.0}
