"""One correction of the weights: the gradients of some batches added up, shortened if they are too long, applied.

Batches may go through the network in pieces where memory is short; the mean over all images stays the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor

from runtime.average import Average
from runtime.data.batches import Batch, Batches
from runtime.machine import out_of_memory
from runtime.prepared import Prepared
from runtime.recipe import Recipe
from runtime.together import Together


class Made(NamedTuple):
    """What a piece of a batch has brought: mean losses by name, right answers, and the number of images that count."""

    losses: dict[str, Tensor]
    right: Tensor
    images: int


class Correction:
    """Corrects the weights, step by step.

    With *scarce* it hears that memory was short, and how many images go through the network at a time from now on.
    """

    def __init__(
        self, ready: Prepared, recipe: Recipe, together: Together, scarce: Callable[[int, int], None] | None = None
    ) -> None:
        self.forward, self.optimizer, self.task = ready.forward, ready.optimizer, ready.task
        self.net, self.recipe, self.together = ready.net, recipe, together
        self.average = Average(ready.net, recipe.average) if recipe.average else None
        self.pieces = 1
        self._scarce = scarce

    def make(self, batches: Sequence[Batch], shares: Sequence[float], rate: float) -> list[Made]:
        """Correct the weights once by *batches*, each of which counts by its share in the mean.

        Where memory runs out, the batches are halved until it does not; no weight has been changed by then.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("factor", 1.0)  # a checkpoint from before there were factors
        made = self._gradients(batches, shares)
        if self.recipe.clip:
            fabric = self.together.fabric
            fabric.clip_gradients(self.net, self.optimizer, max_norm=self.recipe.clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update()
        return made

    def _gradients(self, batches: Sequence[Batch], shares: Sequence[float]) -> list[Made]:
        largest = max(len(batch.images) for batch in batches)
        while True:
            try:
                return self._added(batches, shares)
            except Exception as error:
                # of several processes the others would wait forever for the one that begins again
                if not out_of_memory(error) or self.pieces >= largest or self.together.world > 1:
                    raise
            self._halve(largest)

    def _halve(self, largest: int) -> None:
        """Let go of what the failed attempt holds, and take half as many images at a time."""
        self.optimizer.zero_grad()
        self.pieces = min(2 * self.pieces, largest)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self._scarce is not None:
            self._scarce(-(-largest // self.pieces), self.pieces)

    def _added(self, batches: Sequence[Batch], shares: Sequence[float]) -> list[Made]:
        made = []
        all_pieces = [
            (piece, share * piece.weight)
            for batch, share in zip(batches, shares, strict=True)
            for piece in pieces(batch, self.pieces)
        ]
        for number, (piece, weight) in enumerate(all_pieces, 1):
            with self._alone(number < len(all_pieces)):
                losses = self.forward(piece.images, piece.targets)
                objective = sum(losses.values())
                self.together.fabric.backward(objective if weight == 1.0 else objective * weight)
            detached = {name: loss.detach() for name, loss in losses.items()}
            made.append(Made(detached, self.task.right(), len(piece.images) if piece.weight else 0))
        return made

    def _alone(self, more: bool) -> AbstractContextManager[Any]:
        """While more is to come, processes do not exchange gradients."""
        if self.together.world == 1 or not more:
            return nullcontext()
        return self.together.fabric.no_backward_sync(self.forward)


def shares(batches: Batches, first: int, n: int) -> list[float]:
    """How much each of *n* batches, from number *first* of an epoch on, counts in the mean over all their images.

    The last batch of an epoch may be smaller.
    """
    size, images = batches.recipe.batch, len(batches.targets)
    sizes = [min(size, images - i * size) for i in range(first, first + n)]
    return [one / sum(sizes) for one in sizes]


def pieces(batch: Batch, n: int) -> Iterator[Batch]:
    """*batch* in at most *n* pieces, whose weights add up to its own.

    >>> [(len(piece.images), piece.weight) for piece in pieces(Batch(torch.zeros(6, 1), torch.zeros(6), 1.0), 4)]
    [(2, 0.3333333333333333), (2, 0.3333333333333333), (2, 0.3333333333333333)]
    """
    whole = len(batch.images)
    size = -(-whole // n)
    if size == whole:
        yield batch
        return
    for start in range(0, whole, size):
        images, targets = batch.images[start : start + size], batch.targets[start : start + size]
        yield Batch(images, targets, batch.weight * len(images) / whole)
