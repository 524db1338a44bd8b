"""Segmentation: one class per pixel, measured by how well each class's area is met.

All measures follow from one table of pixels, truth by answer; pixels that do not count are left out of it.
Source: Everingham and others, "The Pascal visual object classes challenge", 2015; Long, Shelhamer and Darrell, 2015.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from runtime.metrics import rounded
from runtime.tasks.task import Sums, Task, likeliest, table


class Segmentation(Task):
    """Scores ``(B, classes, H, W)`` and masks ``(B, H, W)``."""

    name = "segmentation"
    judge = "miou"
    measures = ("miou", "dice", "accuracy")

    def right(self) -> Tensor:
        """Over the images, the share of their pixels that was answered rightly."""
        scores, target = self.scored
        counts = self._counts(target)
        right = ((likeliest(scores) == target) & counts).flatten(1).sum(1)
        return (right / counts.flatten(1).sum(1).clamp(min=1)).sum()

    def _counts(self, target: Tensor) -> Tensor:
        """Where a pixel counts: what is marked otherwise has a number that no class has."""
        return (target >= 0) & (target < len(self.classes))

    def counted(self) -> list[Tensor]:
        """Images."""
        target = self.scored[1]
        return [torch.tensor(len(target), device=target.device)]

    def table(self) -> Tensor:
        """Truth by answer, in pixels."""
        scores, target = self.scored
        counts = self._counts(target)
        return table(target[counts], likeliest(scores)[counts], len(self.classes))

    def answers(self, images: Tensor, targets: Tensor) -> Tensor:
        """The likeliest class of each pixel ``(B, H, W)``, bytes, of the model in evaluation."""
        with self.evaluation(), torch.inference_mode():
            self.model(images, targets)
        return likeliest(self.scored[0]).to(torch.uint8)

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Loss, losses by name, the measures, images, confusion (pixels) and the index of each class."""
        images = float(sums.totals[0])
        found = {**self.losses_of(sums, max(images, 1.0)), **measures(sums.confusion), "images": int(images)}
        return found | {"confusion": sums.confusion.long().tolist()}


def measures(confusion: Tensor) -> dict[str, Any]:
    """What the table of pixels ``(classes, classes)`` says: mean intersection over union, mean Dice, pixels right.

    ``iou`` lists the index of each class; a class that is neither there nor answered has none and counts in no mean.

    >>> measures(torch.tensor([[1, 1, 0], [0, 1, 0], [0, 0, 0]]))["iou"]
    [0.5, 0.5, None]
    """
    both, truth, answers = confusion.diagonal().double(), confusion.sum(1).double(), confusion.sum(0).double()
    there = (truth + answers) > 0
    iou, dice = both / (truth + answers - both), 2 * both / (truth + answers)
    return {
        "miou": rounded(float(iou[there].mean())) if bool(there.any()) else 0.0,
        "dice": rounded(float(dice[there].mean())) if bool(there.any()) else 0.0,
        "accuracy": rounded(float(both.sum() / truth.sum().clamp(min=1))),
        "iou": [rounded(value) if here else None for value, here in zip(iou.tolist(), there.tolist(), strict=True)],
    }
