"""The stages of a detector: the boxes of YOLO's cells, who is responsible, and what any other node answers."""

from __future__ import annotations

import numpy as np
import pytest

import presets
from graph import CanevasError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from runtime.infer.stages import boxes_in, numbered, stages  # noqa: E402
from tests.runtime.test_cam import plain, trained  # noqa: E402
from tests.runtime.test_yolo import iou  # noqa: E402

OBJECTS = torch.tensor([[10.0, 12, 40, 36, 3], [50, 48, 90, 80, 7], [60, 50, 84, 82, 1], [-1, -1, -1, -1, -1]])
"""The middles of the second and the third lie in the same cell: the first of them has it."""


@pytest.fixture(scope="module")
def model():
    made = trained(presets.build("yolo_small", width=4), tuple("0123456789"))
    decode = next(m for m in made.model.modules() if hasattr(m, "overlap"))
    decode.threshold = 0.02  # weights by chance are not sure of anything
    depth = decode.classes + 5 * decode.boxes
    last = next(m for m in made.model.modules() if getattr(m, "out_channels", 0) == depth)
    with torch.no_grad():
        last.bias[decode.classes + decode.boxes :] += 0.5  # boxes of a quarter of the image around the cells' middles
    return made


@pytest.fixture(scope="module")
def image(model):
    return torch.randint(256, model.preprocessing.shape, dtype=torch.uint8)


def numbers(model, image):
    """What reaches the decoding: ``(C + 5 B, S, S)``."""
    seen = []
    decode = next(m for m in model.model.modules() if hasattr(m, "overlap"))
    hook = decode.register_forward_hook(lambda module, given, result: seen.append(given[0][0].detach()))
    (final,) = model.model(image[None].float() / 255)
    hook.remove()
    return seen[0], decode, {name: value.detach() for name, value in final.items()}


def by_hand(numbers, b, c, side):
    """Each box by cell and predictor: its place in pixels, its best class and how sure; as the paper has it."""
    found = {}
    s = numbers.shape[1]
    for row in range(s):
        for column in range(s):
            cell = numbers[:, row, column].tolist()
            for j in range(b):
                x, y, w, h = cell[c + b + 4 * j : c + b + 4 * j + 4]
                middle = ((x + column) / s * side, (y + row) / s * side)
                extent = (w * w * side, h * h * side)
                scores = [cell[c + j] * score for score in cell[:c]]
                label = max(range(c), key=lambda k, scores=scores: scores[k])
                found[row * s + column, j] = (*middle, *extent, label, scores[label])
    return found


def test_every_box_stands_with_its_cell_and_predictor(model, image):
    scores, decode, final = numbers(model, image)
    side, s = image.shape[1], scores.shape[1]
    expected = by_hand(scores, decode.boxes, decode.classes, side)

    found = stages(model, image)
    every, sure, last = found.stages

    assert found.grid == (s, s)
    assert len(every.boxes) == len(expected) == s * s * decode.boxes
    for left, top, right, bottom, label, score, cell, predictor in every.boxes.tolist():
        x, y, w, h, best, confidence = expected[int(cell), int(predictor)]
        box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
        assert [left, top, right, bottom] == pytest.approx(box, abs=1e-3)
        assert (label, score) == (best, pytest.approx(confidence, abs=1e-6))
    assert (np.diff(every.boxes[:, 5]) <= 0).all()  # the surest first
    assert len(sure.boxes) > len(last.boxes) > 0
    assert (sure.boxes[:, 5] > decode.threshold).all()
    assert last.boxes[:, :4] == pytest.approx(final["boxes"].numpy(), abs=1e-3)
    for left, top, right, bottom, label, _, cell, predictor in last.boxes.tolist():
        x, y, w, h, *_ = expected[int(cell), int(predictor)]
        box = [max(x - w / 2, 0), max(y - h / 2, 0), min(x + w / 2, side), min(y + h / 2, side)]
        assert [left, top, right, bottom] == pytest.approx(box, abs=1e-3)
        assert label < decode.classes
    assert last.boxes[:, 5] == pytest.approx(final["scores"].numpy(), abs=1e-5)


def test_cells_tell_their_likeliest_class(model, image):
    scores, decode, _ = numbers(model, image)
    expected = by_hand(scores, decode.boxes, decode.classes, image.shape[1])

    for cell, (label, sure) in enumerate(stages(model, image).cells.tolist()):
        best = max((expected[cell, j] for j in range(decode.boxes)), key=lambda one: one[5])
        assert (label, sure) == (best[4], pytest.approx(best[5], abs=1e-6))


def test_the_predictor_that_overlaps_most_is_responsible(model, image):
    scores, decode, _ = numbers(model, image)
    side, s, b = image.shape[1], scores.shape[1], decode.boxes
    boxes = by_hand(scores, b, decode.classes, side)

    found = stages(model, image, OBJECTS).objects.tolist()

    assert [row[4] for row in found] == [3, 7]
    for (left, top, right, bottom, *_), (*place, _, cell, predictor, overlap) in zip(
        OBJECTS.tolist(), found, strict=False
    ):
        middle = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        assert place == pytest.approx([left, top, right, bottom], abs=1e-3)
        assert cell == int(middle[1] / side * s) * s + int(middle[0] / side * s)
        each = [iou(boxes[int(cell), j][:4], middle) for j in range(b)]
        apart = [
            sum(((p - m) / side) ** 2 for p, m in zip(boxes[int(cell), j][:4], middle, strict=True)) for j in range(b)
        ]
        best = each.index(max(each)) if max(each) > 0 else apart.index(min(apart))
        assert (predictor, overlap) == (best, pytest.approx(each[best], abs=1e-5))


def test_nothing_is_changed_by_looking(model, image):
    decode = next(m for m in model.model.modules() if hasattr(m, "overlap"))
    before = torch.get_rng_state()
    gates = (decode.threshold, decode.overlap)
    stages(model, image, OBJECTS)

    assert (decode.threshold, decode.overlap) == gates
    assert torch.equal(torch.get_rng_state(), before)
    assert all(not m._forward_hooks and not m.training for m in model.model.modules())


def test_what_finds_nothing_has_no_stages():
    model = trained(plain(False))
    with pytest.raises(CanevasError, match="no stages"):
        stages(model, torch.zeros(3, 12, 10, dtype=torch.uint8))


def test_boxes_are_known_in_the_forms_that_nodes_give_them():
    boxes = torch.tensor([[0.0, 0, 4, 4], [1, 1, 9, 9]])
    detections = {"boxes": boxes, "scores": torch.tensor([0.2, 0.8]), "labels": torch.tensor([5, 6])}

    assert boxes_in([detections, detections]).tolist() == [
        pytest.approx([1, 1, 9, 9, 6, 0.8, -1, -1]),
        pytest.approx([0, 0, 4, 4, 5, 0.2, -1, -1]),
    ]
    assert boxes_in([boxes, boxes[:1]])[:, :4].tolist() == boxes.tolist()
    assert boxes_in(([boxes], ([torch.zeros(2, dtype=torch.long)], [boxes])))[:, :4].tolist() == boxes.tolist()
    assert boxes_in(torch.zeros(2, 4, 7, 7)) is None
    assert boxes_in((torch.zeros(()), torch.zeros(()))) is None
    assert boxes_in([]) is None
    six = numbered(boxes_in([torch.zeros(6, 4)]), 3)
    assert six[:, 6:].tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
