"""YOLO v1 against the equations of its paper, written out here cell by cell."""

from __future__ import annotations

import math
from random import Random

import pytest

import presets
from graph import Tensor, analyze, kinds
from graph.layers.yolo import TERMS

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

import runtime  # noqa: E402
from runtime.modules.yolodecode import YoloDecode  # noqa: E402
from runtime.modules.yololoss import YoloLoss  # noqa: E402

SIZE = (112, 84)
"""Width and height of the images."""


def iou(a, b):
    """Of two boxes given by middle and extent."""
    over = [
        max(0.0, min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) - max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2))
        for i in (0, 1)
    ]
    both = over[0] * over[1]
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def cells(vector, s, b, c):
    """Per cell the class scores, the confidences and the boxes, from the vector of one image."""
    n = s * s
    return [
        (
            vector[i * c : (i + 1) * c],
            vector[n * c + i * b : n * c + (i + 1) * b],
            [vector[n * (c + b) + (i * b + j) * 4 : n * (c + b) + (i * b + j) * 4 + 4] for j in range(b)],
        )
        for i in range(n)
    ]


def five_sums(vectors, objects, s, b, c, coord=5.0, noobj=0.5, rescore=True):
    """Equation 3, sum by sum, over a batch; *objects* are (x1, y1, x2, y2, class) in pixels."""
    sums = dict.fromkeys(TERMS, 0.0)
    fallbacks = 0
    for vector, mine in zip(vectors, objects, strict=True):
        grid = cells(vector, s, b, c)
        held = {}
        for x1, y1, x2, y2, label in mine:
            box = ((x1 + x2) / 2 / SIZE[0], (y1 + y2) / 2 / SIZE[1], (x2 - x1) / SIZE[0], (y2 - y1) / SIZE[1])
            column, row = min(s - 1, int(box[0] * s)), min(s - 1, int(box[1] * s))
            if box[2] >= 0.005 and box[3] >= 0.005:
                held.setdefault(row * s + column, (box, label))
        for i, (scores, confidences, boxes) in enumerate(grid):
            responsible = None
            if i in held:
                box, label = held[i]
                column, row = i % s, i // s
                absolute = [((p[0] + column) / s, (p[1] + row) / s, p[2] ** 2, p[3] ** 2) for p in boxes]
                overlaps = [iou(p, box) for p in absolute]
                if max(overlaps) > 0:
                    responsible = overlaps.index(max(overlaps))
                else:
                    fallbacks += 1
                    apart = [math.dist(p, box) for p in absolute]
                    responsible = apart.index(min(apart))
                p = boxes[responsible]
                sums["xy"] += coord * ((p[0] - (box[0] * s - column)) ** 2 + (p[1] - (box[1] * s - row)) ** 2)
                sums["wh"] += coord * ((p[2] - math.sqrt(box[2])) ** 2 + (p[3] - math.sqrt(box[3])) ** 2)
                wanted = overlaps[responsible] if rescore else 1.0
                sums["obj"] += (confidences[responsible] - wanted) ** 2
                sums["cls"] += sum((score - (k == label)) ** 2 for k, score in enumerate(scores))
            sums["noobj"] += noobj * sum(conf**2 for j, conf in enumerate(confidences) if j != responsible)
    return {name: value / 2 / len(vectors) for name, value in sums.items()}, fallbacks


def case(seed, s, b, c, n=3, far=False):
    """Random scores and objects, one image without any; *far*: boxes that overlap nothing."""
    random = Random(seed)
    vectors = [[random.uniform(-0.3, 1.0) for _ in range(s * s * (c + b))] for _ in range(n)]
    for vector in vectors:
        for _ in range(s * s * b):
            vector += [random.uniform(0, 1) + (30 if far else 0) for _ in range(2)]
            vector += [random.uniform(0.1, 0.9) for _ in range(2)]
    objects = []
    for i in range(n):
        mine = []
        for _ in range(0 if i == 1 else random.randint(2, 9)):
            w, h = random.uniform(4, 60), random.uniform(4, 50)
            x, y = random.uniform(w / 2, SIZE[0] - w / 2), random.uniform(h / 2, SIZE[1] - h / 2)
            mine.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2, random.randrange(c)))
        objects.append(mine)
    return vectors, objects


def padded(objects):
    """Objects as a tensor ``(N, K, 5)``; unused rows have the class −1."""
    most = max(1, *map(len, objects))
    found = torch.full((len(objects), most, 5), -1.0, dtype=torch.float64)
    for i, mine in enumerate(objects):
        for j, row in enumerate(mine):
            found[i, j] = torch.tensor(row, dtype=torch.float64)
    return found


def images(n):
    return torch.zeros(n, 3, SIZE[1], SIZE[0])


def as_maps(vectors, s, b, c):
    """The numbers of a vector, cell by cell along the channels of maps."""
    found = torch.empty(len(vectors), c + 5 * b, s, s, dtype=torch.float64)
    for n, vector in enumerate(vectors):
        for i, (scores, confidences, boxes) in enumerate(cells(vector, s, b, c)):
            row = [*scores, *confidences, *(v for box in boxes for v in box)]
            found[n, :, i // s, i % s] = torch.tensor(row, dtype=torch.float64)
    return found


@pytest.mark.parametrize(("s", "b", "c"), [(7, 2, 20), (5, 3, 4), (4, 1, 2)])
@pytest.mark.parametrize("rescore", [True, False])
@pytest.mark.parametrize("far", [False, True])
def test_the_five_sums_are_those_of_the_paper(s, b, c, rescore, far):
    vectors, objects = case(s * 10 + b, s, b, c, far=far)
    expected, fallbacks = five_sums(vectors, objects, s, b, c, rescore=rescore)
    loss = YoloLoss(b, c, s, rescore=rescore)
    target = padded(objects)
    by_vector = loss(torch.tensor(vectors, dtype=torch.float64), target, images(3))
    by_maps = YoloLoss(b, c, 99, rescore=rescore)(as_maps(vectors, s, b, c), target, images(3))

    assert fallbacks > 0 or not far
    for name, a, m in zip(TERMS, by_vector, by_maps, strict=True):
        assert float(a) == pytest.approx(expected[name], rel=1e-9), name
        assert float(m) == pytest.approx(expected[name], rel=1e-9), name


def test_the_confidence_that_is_wanted_lets_no_gradient_through():
    vectors, objects = case(3, 4, 2, 3)
    scores = torch.tensor(vectors, dtype=torch.float64, requires_grad=True)
    obj = YoloLoss(2, 3, 4)(scores, padded(objects), images(3))[2]
    (gradient,) = torch.autograd.grad(obj, scores)
    n = 4 * 4
    assert (gradient[:, n * 5 :] == 0).all()  # boxes
    assert (gradient[:, n * 3 : n * 5] != 0).any()


def test_an_image_without_objects_only_lowers_confidences():
    scores = torch.rand(2, 4 * 4 * 13)
    losses = YoloLoss(2, 3, 4)(scores, torch.full((2, 1, 5), -1.0), images(2))
    assert [float(loss) for loss in (losses[0], losses[1], losses[2], losses[4])] == [0.0] * 4
    assert float(losses[3]) == pytest.approx(0.5 * float((scores[:, 48:80] ** 2).sum()) / 4, rel=1e-6)


def kept(boxes, threshold):
    """Greedy non-maximum suppression, box by box: (score, class, x1, y1, x2, y2)."""
    found = []
    for box in sorted(boxes, key=lambda box: -box[0]):
        middle = ((box[2] + box[4]) / 2, (box[3] + box[5]) / 2, box[4] - box[2], box[5] - box[3])
        for other in found:
            its = ((other[2] + other[4]) / 2, (other[3] + other[5]) / 2, other[4] - other[2], other[5] - other[3])
            if other[1] == box[1] and iou(middle, its) > threshold:
                break
        else:
            found.append(box)
    return found


@pytest.mark.parametrize(("s", "b", "c"), [(7, 2, 20), (5, 3, 4)])
def test_decoding_is_that_of_the_paper(s, b, c):
    vectors, _ = case(s, s, b, c)
    found = YoloDecode(b, c, s, 0.2, 0.4)(torch.tensor(vectors, dtype=torch.float64), images(3))
    by_maps = YoloDecode(b, c, 1, 0.2, 0.4)(as_maps(vectors, s, b, c), images(3))
    for vector, one, other in zip(vectors, found, by_maps, strict=True):
        boxes = []
        for i, (scores, confidences, mine) in enumerate(cells(vector, s, b, c)):
            for j, (x, y, w, h) in enumerate(mine):
                middle = ((x + i % s) / s * SIZE[0], (y + i // s) / s * SIZE[1])
                extent = (w * w * SIZE[0], h * h * SIZE[1])
                for k, score in enumerate(scores):
                    if confidences[j] * score > 0.2:
                        low = [m - e / 2 for m, e in zip(middle, extent, strict=True)]
                        high = [m + e / 2 for m, e in zip(middle, extent, strict=True)]
                        boxes.append((confidences[j] * score, k, *low, *high))
        expected = kept(boxes, 0.4)
        assert len(expected) > 5
        assert one["labels"].tolist() == [box[1] for box in expected]
        assert one["scores"].tolist() == pytest.approx([box[0] for box in expected])
        clipped = [[min(max(v, 0.0), m) for v, m in zip(box[2:], SIZE * 2, strict=True)] for box in expected]
        assert [v for box in one["boxes"].tolist() for v in box] == pytest.approx([v for box in clipped for v in box])
        assert torch.equal(other["labels"], one["labels"])


def test_eight_images_are_learned_to_full_recall():
    torch.manual_seed(0)
    network = presets.build("yolo_small", classes=3, width=8)
    model = runtime.compile(network)
    torch.manual_seed(1)
    target = torch.full((8, 2, 5), -1.0)
    pictures = torch.zeros(8, 1, 96, 96)
    for i in range(8):
        for k in range(2):
            x, y, side = 8 + 44 * k + torch.randint(8, ()), torch.randint(60, ()), 20 + torch.randint(14, ())
            label = int(torch.randint(3, ()))
            target[i, k] = torch.tensor([x, y, x + side, y + side, label])
            pictures[i, 0, y : y + side, x : x + side] = 0.4 + 0.3 * label
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(150):
        losses = model(pictures, target)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
    assert list(losses) == [f"loss.{name}" for name in TERMS]
    for found, wanted in zip(model(pictures), target, strict=True):  # batch statistics: they are what was learned on
        for *box, label in wanted.tolist():
            hits = [
                iou(
                    ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]),
                    ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]),
                )
                for b, name in zip(found["boxes"].tolist(), found["labels"].tolist(), strict=True)
                if name == label
            ]
            assert max(hits, default=0) > 0.5


def test_a_share_is_on_every_term():
    from graph import edit

    network = presets.build("yolo_small", classes=3, width=2)
    torch.manual_seed(0)
    once = runtime.compile(network).eval()
    twice = runtime.compile(edit.set_values(network, "loss", share=2.0), once.state_dict()).eval()
    pictures, target = torch.rand(2, 1, 96, 96), torch.tensor([[[5.0, 5, 40, 40, 1]], [[30.0, 30, 90, 80, 2]]])
    a, b = once(pictures, target), twice(pictures, target)
    assert all(torch.equal(2.0 * a[name], b[name]) for name in a)


def test_scores_that_do_not_fit_say_what_would():
    report = analyze(presets.build("yolo_small", classes=3))
    assert report["loss"].error is None
    loss = kinds()["YoloLoss"](boxes=2, classes=3, grid=4)
    from graph import Boxes, ShapeError

    with pytest.raises(ShapeError, match=r"needs 5 × 2 \+ 3 = 13 maps; it receives 12"):
        loss.output(Tensor(("N", 12, 6, 6)), Boxes(), Tensor(("N", 1, 96, 96)))
    with pytest.raises(ShapeError, match="208 numbers"):
        loss.output(Tensor(("N", 200)), Boxes(), Tensor(("N", 1, 96, 96)))
