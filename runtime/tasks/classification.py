"""Classification: one class per image, measured by how many are right, and which are taken for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from graph.analysis import Report
from graph.errors import CanevasError
from graph.layer import Layer
from graph.layers.source import Target
from graph.tensors import Tensor as Flow
from runtime.data.batches import Batch
from runtime.data.dataset import DataSet
from runtime.metrics import rounded


class Classification:
    """Watches what reaches the losses of a model: the scores of the classes, and the right classes.

    A hook on the loss sees them anyway, so that accuracy in training costs one comparison.
    """

    def __init__(self, model: nn.Module, losses: Sequence[str], classes: Sequence[str]) -> None:
        self.model, self.losses, self.classes = model, tuple(losses), tuple(classes)
        self.seen: tuple[Tensor, Tensor] | None = None
        judged = model.get_submodule(self.losses[-1])
        self.hook = judged.register_forward_hook(self._watch)

    def _watch(self, module: nn.Module, given: tuple[Any, ...], result: Any) -> None:
        scores, target = given[:2]
        if target.is_floating_point():  # written as one number per class
            target = target.argmax(1)
        self.seen = (scores.detach(), target)

    def right(self) -> Tensor:
        """How many of the images that the model has just been trained with it answered rightly."""
        assert self.seen is not None
        scores, target = self.seen
        return (scores.argmax(1) == target).sum()

    def measured(
        self, batches: Iterable[Batch], autocast: AbstractContextManager[Any] | None = None, top: int = 5
    ) -> Sums:
        """Losses, right answers and confusion of the model in evaluation on *batches*."""
        n = len(self.classes)
        device = next(self.model.parameters()).device
        kind = torch.float32 if device.type == "mps" else torch.float64
        sums = Sums(
            torch.zeros(2 + len(self.losses), device=device, dtype=kind), torch.zeros(n, n, device=device, dtype=kind)
        )
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode(), autocast or nullcontext():
                for images, labels, _ in batches:
                    losses = self.model(images, labels)
                    assert self.seen is not None
                    scores = self.seen[0].float()
                    near = scores.topk(min(top, n)).indices == labels[:, None]
                    found = [near[:, 0].sum(), near.any(1).sum(), *(losses[p] * len(labels) for p in self.losses)]
                    sums.totals += torch.stack([value.to(kind) for value in found])
                    pairs = torch.bincount(labels * n + scores.argmax(1), minlength=n * n)
                    sums.confusion += pairs.view(n, n)
        finally:
            self.model.train(was_training)
        return sums

    def answers(self, images: Tensor, labels: Tensor) -> Tensor:
        """Probabilities ``(B, classes)`` of the model in evaluation."""
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                self.model(images, labels)
                assert self.seen is not None
                return self.seen[0].float().softmax(1)
        finally:
            self.model.train(was_training)

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Sums as measures: loss, losses by name, accuracy, top5, images, confusion (rows: truth)."""
        n = max(float(sums.confusion.sum()), 1.0)
        right, near, *losses = (float(value) / n for value in sums.totals)
        return {
            "loss": rounded(sum(losses)),
            "losses": {name: rounded(value) for name, value in zip(self.losses, losses, strict=True)},
            "accuracy": rounded(right),
            "top5": rounded(near),
            "images": int(n),
            "confusion": sums.confusion.long().tolist(),
        }


@dataclass
class Sums:
    """Sums over images: right answers, right among the first five, each loss; and the table of truth by answer."""

    totals: Tensor
    confusion: Tensor


def check(report: Report, data: DataSet) -> None:
    """See to it that a network can learn from *data*.

    Raises:
        CanevasError: it has an error or no loss, takes other images, or scores another number of classes.
    """
    for problem in report.problems:
        if problem.severity == "error":
            raise CanevasError("The network cannot be trained: {why}", why=problem.message)
    losses = [fact for _, fact in report.leaves() if _is_loss(fact.layer)]
    if not losses:
        raise CanevasError("The network has no loss to make small: add a Target and a CrossEntropyLoss.")
    image_shape(report)
    for path, fact in report.leaves():
        if isinstance(fact.layer, Target) and fact.layer.gives != "class":
            raise CanevasError(
                "{path} gives {gives}, but {name} has one class for each image: set what it gives to class.",
                path=path,
                gives=fact.layer.gives,
                name=data.description.name,
            )
    scores = losses[-1].inputs[0]
    assert isinstance(scores, Flow)
    if scores.dims[1] != len(data.classes):
        raise CanevasError(
            "The network scores {scores} classes, but {name} has {classes}: set the last layer's size to {classes}.",
            scores=scores.dims[1],
            name=data.description.name,
            classes=len(data.classes),
        )


def image_shape(report: Report) -> tuple[int, int, int]:
    """Channels, height and width of the images that a network takes.

    Raises:
        CanevasError: it takes something else, or more than one input.
    """
    flows = list(report.inputs.values())
    if len(flows) != 1 or not isinstance(flows[0], Flow) or len(flows[0].dims) != 4:
        raise CanevasError(
            "A network that classifies images takes one image; this one takes {inputs}.",
            inputs=", ".join(map(str, flows)) or "nothing",
        )
    _, channels, height, width = flows[0].dims
    return channels, height, width


def _is_loss(layer: object) -> bool:
    return isinstance(layer, Layer) and layer.category == "loss"
