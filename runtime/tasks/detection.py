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

from runtime.data import boxes
from runtime.data.batches import Batch
from runtime.metrics import rounded
from runtime.tasks import voc
from runtime.tasks.counting import balance, counting
from runtime.tasks.task import Sums, Task

UNSURE = 0.01
"""While the network is measured, boxes count from this score on: the curve of precision needs the unsure ones, too."""

MANY = 1000
"""So many boxes of an image are told at least where none is left out for saying it twice."""

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
    sure: float | None = None
    """From how sure on boxes are shown: where precision and recall of the last part that was measured are balanced."""

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

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """The model in evaluation, and chance as if nothing had been drawn: the losses of regions draw a sample."""
        device = next(self.model.parameters()).device
        with torch.random.fork_rng([device] if device.type == "cuda" else []), super().evaluation():
            torch.manual_seed(0)
            yield

    def answers(self, images: Tensor, targets: Tensor) -> list[Found]:
        """What the model finds, as sure as it is told to be, and as is shown."""
        with self.evaluation(), torch.inference_mode():
            every = [plain(found) for found in self.model(images)]
        return every if self.sure is None else [counting(one, self.sure) for one in every]

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Loss, losses by name, mAP@.5, mAP, the AP@.5 of each class, images."""
        assert isinstance(sums, FoundSums)
        images = float(sums.totals[0])
        self.sure = balance(sums.found)
        return {
            **self.losses_of(sums, max(images, 1.0)),
            **measures(sums.found, len(self.classes)),
            "images": int(images),
        }


def measures(found: Sequence[tuple[Found, Found]], classes: int) -> dict[str, Any]:
    """``map`` (over IoU .5 to .95), ``map50``, Pascal VOC's ``voc`` and ``voc07``, and ``ap50`` by class: None where
    there is no such object.

    Each pair is what was found in an image and what is right.
    """
    from torchmetrics.detection import MeanAveragePrecision

    answers, right = [answer for answer, _ in found], [wanted for _, wanted in found]
    whole = MeanAveragePrecision(backend="faster_coco_eval")
    half = MeanAveragePrecision(backend="faster_coco_eval", iou_thresholds=[0.5], class_metrics=True)
    for metric in (whole, half):
        metric.warn_on_many_detections = False
        metric.update(answers, right)
    every, each = whole.compute(), half.compute()
    every |= {name: torch.tensor(value) for name, value in voc.mean(found, classes).items()}
    by_class = dict(zip(each["classes"].reshape(-1).tolist(), each["map_per_class"].reshape(-1).tolist(), strict=True))
    known = (by_class.get(label, -1.0) for label in range(classes))
    return {
        "map50": _share(float(every["map_50"])),
        "map": _share(float(every["map"])),
        "voc": _share(float(every["voc"])),
        "voc07": _share(float(every["voc07"])),
        "ap50": [_share(value) if value >= 0 else None for value in known],
    }


def _share(value: float) -> float:
    """A precision; COCO says −1 where there is nothing to find."""
    return rounded(max(value, 0.0)) or 0.0


def hits(found: Tensor, scores: Tensor, wanted: Tensor, overlap: float = 0.5) -> list[tuple[float, bool]]:
    """Of each box its score, and whether it is the surest one that meets an object that no surer one has met."""
    from torchvision.ops import box_iou

    taken: set[int] = set()
    marks = []
    table, sure = box_iou(found.float(), wanted.float()).tolist(), scores.tolist()
    for i in scores.argsort(descending=True, stable=True).tolist():
        free = [(both, j) for j, both in enumerate(table[i]) if j not in taken and both >= overlap]
        if free:
            taken.add(max(free, key=lambda pair: pair[0])[1])
        marks.append((sure[i], bool(free)))
    return marks


def plain(found: Found) -> Found:
    """What a model found, off its device."""
    return {name: found[name].float().cpu() if name != "labels" else found[name].cpu() for name in found}


def right_of(targets: Tensor) -> Iterator[Found]:
    """Objects ``(B, K, 5)`` as boxes and labels of each image; ``difficult`` ones, which do not count, among them.

    COCO has no such objects; for its measures they are what it calls a crowd (``iscrowd``).
    """
    for rows in targets.cpu():
        there = rows[rows[:, 4] != boxes.NONE]
        labels = there[:, 4].long()
        hard = labels < 0
        labels = torch.where(hard, boxes.difficult(labels), labels)
        yield {"boxes": there[:, :4], "labels": labels, "difficult": hard, "iscrowd": hard.long()}


def gates(model: nn.Module) -> list[Any]:
    """The modules that decide which boxes are sure enough (``threshold``) and which say it twice (``overlap``)."""
    return [module for module in model.modules() if hasattr(module, "threshold") and hasattr(module, "overlap")]


@contextmanager
def lenient(model: nn.Module, overlap: float | None = None) -> Iterator[None]:
    """Let boxes through that are unsure, and those that *overlap* less; afterwards as before."""
    found = gates(model)
    names = ("threshold", "overlap", "most")
    before = [{name: getattr(module, name) for name in names if hasattr(module, name)} for module in found]
    for module in found:
        module.threshold = min(module.threshold, UNSURE)
        if overlap is not None:
            module.overlap = overlap
            module.most = MANY  # those that say it twice would crowd out others
    try:
        yield
    finally:
        for module, usual in zip(found, before, strict=True):
            for name, own in usual.items():
                setattr(module, name, own)


def met(one: Found, right: Found, overlap: float = 0.5) -> float:
    """Objects found, by objects there and boxes in vain together; 1 where there is nothing and nothing was found."""
    found = vain = total = 0
    for label in set(one["labels"].tolist()) | set(right["labels"].tolist()):
        mine, theirs = one["labels"] == label, right["labels"] == label
        hard = right.get("difficult", torch.zeros_like(theirs))[theirs]
        wanted = right["boxes"][theirs]
        flags = [hit for _, hit in hits(one["boxes"][mine], one["scores"][mine], wanted[~hard], overlap)]
        on_hard = sum(mark < 0 for _, mark in voc.judged(one["boxes"][mine], one["scores"][mine], wanted, hard))
        found += sum(flags)
        vain += max(len(flags) - sum(flags) - on_hard, 0)
        total += int((~hard).sum())
    total += vain
    return rounded(found / total) or 0.0 if total else 1.0
