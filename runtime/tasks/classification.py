"""Classification: one class per image, measured by how many are right, and which are taken for which."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from runtime.metrics import rounded
from runtime.tasks.task import Sums, Task, table

TOP = 5


class Classification(Task):
    """Scores ``(B, classes)`` and the right class of each image."""

    name = "classification"
    judge = "accuracy"
    measures = ("accuracy", "top5")

    def _watch(self, module: nn.Module, given: tuple[Any, ...], result: Any) -> None:
        scores, target = given[:2]
        if target.is_floating_point():  # written as one number per class
            target = target.argmax(1)
        self.seen = (scores.detach(), target)

    def right(self) -> Tensor:
        """How many of the images were answered rightly."""
        scores, target = self.scored
        return (scores.argmax(1) == target).sum()

    def counted(self) -> list[Tensor]:
        """Images, right answers, and right ones among the first five."""
        scores, target = self.scored
        near = scores.float().topk(min(TOP, len(self.classes))).indices == target[:, None]
        return [torch.tensor(len(target), device=target.device), near[:, 0].sum(), near.any(1).sum()]

    def table(self) -> Tensor:
        """Truth by answer, in images."""
        scores, target = self.scored
        return table(target, scores.argmax(1), len(self.classes))

    def answers(self, images: Tensor, targets: Tensor) -> Tensor:
        """Probabilities ``(B, classes)`` of the model in evaluation."""
        with self.evaluation(), torch.inference_mode():
            self.model(images, targets)
        return self.scored[0].float().softmax(1)

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Loss, losses by name, accuracy, top5 (None where there are no more classes than that), images, confusion."""
        images, right, near = (float(value) for value in sums.totals[:3])
        n = max(images, 1.0)
        return {
            **self.losses_of(sums, n),
            "accuracy": rounded(right / n),
            "top5": rounded(near / n) if len(self.classes) > TOP else None,
            "images": int(images),
            "confusion": sums.confusion.long().tolist(),
        }
