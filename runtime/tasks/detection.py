"""Detection: objects with their boxes, measured by average precision.

Source: Lin and others, "Microsoft COCO: common objects in context", 2014; computed by torchmetrics with
faster-coco-eval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from runtime.data.batches import Batch
from runtime.metrics import rounded
from runtime.tasks.task import Sums, Task

UNSURE = 0.01
"""While the network is measured, boxes count from this score on: the curve of precision needs the unsure ones, too."""

Found = dict[str, Tensor]
"""``boxes`` (D, 4) in pixels, ``scores`` (D,), ``labels`` (D,); of what is right, without scores."""


@dataclass
class FoundSums(Sums):
    """Of each image what was found and what is right."""

    found: list[tuple[Found, Found]] = field(default_factory=list)


class Detection(Task):
    """Objects ``(B, K, 5)`` against what the network finds."""

    name = "detection"
    judge = "map50"
    measures = ("map50", "map")
    counts = ""

    def watch(self, model: nn.Module) -> None:
        """Nothing is watched: what is found leaves the model itself."""

    def right(self) -> Tensor:
        """No share of an image is right or wrong."""
        return torch.zeros((), device=next(self.model.parameters()).device)

    def measured(self, batches: Iterable[Batch], autocast: AbstractContextManager[Any] | None = None) -> FoundSums:
        """Losses, and what was found, of the model in evaluation."""
        sums = FoundSums(torch.zeros(1 + len(self.losses), dtype=torch.float64), torch.zeros(1, 1))
        with self.evaluation(), lenient(self.model), torch.inference_mode(), autocast or nullcontext():
            for images, targets, _ in batches:
                losses = self.model(images, targets)
                mean = torch.stack([losses[path].double() for path in self.losses]).cpu()
                sums.totals += torch.cat((torch.ones(1, dtype=torch.float64), mean)) * len(images)
                sums.found += zip(map(plain, self.model(images)), right_of(targets), strict=True)
        return sums

    def answers(self, images: Tensor, targets: Tensor) -> list[Found]:
        """What the model finds, as sure as it is told to be."""
        with self.evaluation(), torch.inference_mode():
            return [plain(found) for found in self.model(images)]

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Loss, losses by name, mAP@.5, mAP, the AP@.5 of each class, images."""
        assert isinstance(sums, FoundSums)
        images = float(sums.totals[0])
        return {
            **self.losses_of(sums, max(images, 1.0)),
            **measures(sums.found, len(self.classes)),
            "images": int(images),
        }


def measures(found: Sequence[tuple[Found, Found]], classes: int) -> dict[str, Any]:
    """``map`` (over IoU .5 to .95), ``map50``, and ``ap50`` by class: None where there is no such object.

    Each pair is what was found in an image and what is right.
    """
    from torchmetrics.detection import MeanAveragePrecision

    metric = MeanAveragePrecision(backend="faster_coco_eval", class_metrics=False)
    metric.warn_on_many_detections = False
    metric.update([answer for answer, _ in found], [right for _, right in found])
    whole = metric.compute()
    return {
        "map50": _share(whole["map_50"]),
        "map": _share(whole["map"]),
        "ap50": by_class(found, classes),
    }


def _share(value: Tensor) -> float:
    """A precision; COCO says −1 where there is nothing to find, which is found perfectly by finding nothing."""
    number = float(value)
    return rounded(number if number >= 0 else 0.0) or 0.0


def by_class(found: Sequence[tuple[Found, Found]], classes: int) -> list[float | None]:
    """The average precision at IoU .5 of each class, COCO's: precision at 101 recalls, each the best from there on."""
    precisions: list[float | None] = []
    for label in range(classes):
        total, scored = 0, []
        for answer, right in found:
            wanted = right["boxes"][right["labels"] == label]
            total += len(wanted)
            mine = answer["labels"] == label
            scored += hits(answer["boxes"][mine], answer["scores"][mine], wanted)
        precisions.append(average_precision(scored, total) if total else None)
    return precisions


def hits(boxes: Tensor, scores: Tensor, wanted: Tensor, overlap: float = 0.5) -> list[tuple[float, bool]]:
    """Of each box its score, and whether it is the surest one that meets an object that no surer one has met."""
    from torchvision.ops import box_iou

    taken: set[int] = set()
    found = []
    table = box_iou(boxes.float(), wanted.float())
    for i in scores.argsort(descending=True, stable=True).tolist():
        free = [(float(table[i, j]), j) for j in range(len(wanted)) if j not in taken and table[i, j] >= overlap]
        if free:
            taken.add(max(free, key=lambda pair: pair[0])[1])
        found.append((float(scores[i]), bool(free)))
    return found


def average_precision(scored: Sequence[tuple[float, bool]], total: int) -> float:
    """Precision at 101 recalls from 0 to 1, each the best that is reached from there on; their mean."""
    ordered = sorted(scored, key=lambda pair: -pair[0])
    right, points = 0, []
    for n, (_, hit) in enumerate(ordered, 1):
        right += hit
        points.append((right / total, right / n))
    best = [max((p for r, p in points if r >= i / 100), default=0.0) for i in range(101)]
    return rounded(sum(best) / len(best)) or 0.0


def plain(found: Found) -> Found:
    """What a model found, off its device."""
    return {name: found[name].float().cpu() if name != "labels" else found[name].cpu() for name in found}


def right_of(targets: Tensor) -> Iterator[Found]:
    """Objects ``(B, K, 5)`` as boxes and labels of each image."""
    for rows in targets.cpu():
        there = rows[rows[:, 4] >= 0]
        yield {"boxes": there[:, :4], "labels": there[:, 4].long()}


@contextmanager
def lenient(model: nn.Module) -> Iterator[None]:
    """Let boxes through that are unsure, for measuring; afterwards as before."""
    gates = [module for module in model.modules() if hasattr(module, "threshold") and hasattr(module, "overlap")]
    before = [module.threshold for module in gates]
    for module in gates:
        module.threshold = min(module.threshold, UNSURE)
    try:
        yield
    finally:
        for module, threshold in zip(gates, before, strict=True):
            module.threshold = threshold
