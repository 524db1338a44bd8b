"""What training asks of a task: how right an answer is, how good the network is on a part, which weights are best.

The loop knows losses and steps; a task knows what scores mean.  A hook on a loss sees the scores anyway, so that
measuring while training costs one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from runtime.data.batches import Batch
from runtime.metrics import rounded


@dataclass
class Sums:
    """Sums over images: each of *totals* (the losses come last); and the table of truth (rows) by answer."""

    totals: Tensor
    confusion: Tensor


class Task:
    """Watches what reaches the last loss of a model: the scores, and what is right."""

    name: ClassVar[str] = ""
    judge: ClassVar[str] = ""
    """The measure that says which weights are best; the larger, the better."""
    measures: ClassVar[tuple[str, ...]] = ()
    """The measures that are written whenever the validation part has been seen."""
    counts: ClassVar[str] = "accuracy"
    """What :meth:`right` is called in the records of training; empty where nothing is counted."""

    def __init__(self, model: nn.Module, losses: Sequence[str], classes: Sequence[str]) -> None:
        self.model, self.losses, self.classes = model, tuple(losses), tuple(classes)
        self.seen: tuple[Tensor, Tensor] | None = None
        self.watch(model)

    def watch(self, model: nn.Module) -> None:
        """Have the last loss show what it is given."""
        model.get_submodule(self.losses[-1]).register_forward_hook(self._watch)

    def _watch(self, module: nn.Module, given: tuple[Any, ...], result: Any) -> None:
        scores, target = given[:2]
        self.seen = (scores.detach(), target)

    @property
    def scored(self) -> tuple[Tensor, Tensor]:
        """The scores that the model gave last, and what was right."""
        assert self.seen is not None
        return self.seen

    def right(self) -> Tensor:
        """Summed over the images that the model has just been trained with: the share of each answered rightly."""
        raise NotImplementedError

    def measured(self, batches: Iterable[Batch], autocast: AbstractContextManager[Any] | None = None) -> Sums:
        """Sums over *batches*, of the model in evaluation."""
        n = len(self.classes)
        device = next(self.model.parameters()).device
        exact = torch.float32 if device.type == "mps" else torch.float64
        totals: Tensor | None = None
        confusion = torch.zeros(n, n, device=device, dtype=exact)
        with self.evaluation(), torch.inference_mode(), autocast or nullcontext():
            for images, targets, _ in batches:
                losses = self.model(images, targets)
                found = [*self.counted(), *(losses[path] * len(images) for path in self.losses)]
                row = torch.stack([value.to(exact) for value in found])
                totals = row if totals is None else totals + row
                confusion += self.table()
        return Sums(torch.zeros(0) if totals is None else totals, confusion)

    def counted(self) -> list[Tensor]:
        """What is summed over images besides the losses, of the batch that the model has just seen."""
        raise NotImplementedError

    def table(self) -> Tensor:
        """The table of truth by answer of the batch that the model has just seen."""
        raise NotImplementedError

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Sums as measures: ``loss``, ``losses`` by name, those of :attr:`measures`, ``images``, ``confusion``."""
        raise NotImplementedError

    def losses_of(self, sums: Sums, images: float) -> dict[str, Any]:
        """The mean losses among *sums*."""
        values = [float(value) / images for value in sums.totals[-len(self.losses) :]]
        named = {name: rounded(value) for name, value in zip(self.losses, values, strict=True)}
        return {"loss": rounded(sum(values)), "losses": named}

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """The model in evaluation, afterwards as before."""
        was_training = self.model.training
        self.model.eval()
        try:
            yield
        finally:
            self.model.train(was_training)


FEW = 16
"""Up to so many classes each pixel's likeliest is found by comparing all with the highest score."""


def likeliest(scores: Tensor) -> Tensor:
    """The class with the highest of *scores* ``(B, classes, ...)``, the first of equal ones: ``scores.argmax(1)``.

    Of maps on a CPU, where that takes 2 to 30 times as long: torch looks along an axis pixel by pixel.
    """
    n = scores.shape[1]
    if scores.ndim < 4 or scores.device.type != "cpu":
        return scores.argmax(1)
    if n > FEW:
        return scores.max(1).indices
    plain = scores.contiguous()
    highest = (plain < plain.amax(1, keepdim=True)).logical_not_().view(torch.uint8)
    order = torch.arange(n, 0, -1, dtype=torch.uint8).view(-1, 1, 1)  # of the first class the highest
    return n - highest.mul_(order).amax(1).long()


def table(truth: Tensor, answers: Tensor, n: int) -> Tensor:
    """How often each class was taken for each: rows are the truth, columns the answers, ``(n, n)``."""
    return torch.bincount(truth * n + answers, minlength=n * n).view(n, n)


def cells(tables: Sequence[Tensor]) -> np.ndarray:
    """What the table of each image counts, ``(P, 4)``: an image, a class, what it was taken for, and how often."""
    found = [torch.zeros(0, 4, dtype=torch.long)]
    for i, one in enumerate(tables):
        at = one.nonzero()
        found.append(torch.cat((torch.full((len(at), 1), i), at, one[at[:, 0], at[:, 1]][:, None].long()), 1))
    return torch.cat(found).int().numpy()
