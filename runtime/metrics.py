"""What training measures, kept on the device until somebody wants to know.

Asking a device for a number makes it wait; so the numbers of each step are added up where they arise and are read
several times a second, all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

RECORDS = 4_000
"""About how many records of training a run writes, however long it is."""
WAITING = 2_000
"""Steps whose numbers may wait on the device."""


class Meter:
    """Sums over the steps of each record: images, right answers, and every loss times the number of images.

    A record covers *every* steps; which record a step belongs to depends on its number only, and sums are made step by
    step, so that a run that was interrupted writes the same records as one that was not.
    """

    def __init__(self, names: Sequence[str], total: int, counts: str = "accuracy") -> None:
        self.names, self.counts = tuple(names), counts
        self.every = max(1, -(-total // RECORDS))
        self.step = 0
        """Steps that have been read."""
        self.sums = [0.0] * (2 + len(self.names))
        """Of the record that is not complete: what a checkpoint keeps."""
        self._waiting: list[Tensor] = []
        self._images: list[int] = []
        self._more: list[bool] = []

    def add(self, losses: dict[str, Tensor], right: Tensor, n: int, *, more: bool = False) -> None:
        """Count a step: mean losses over *n* images, *right* of which were answered rightly.

        With *more*, they are only a piece of the step, and others follow.
        """
        self._images.append(n)
        self._more.append(more)
        self._waiting.append(right)
        self._waiting += [losses[name].detach() for name in self.names]

    @property
    def full(self) -> bool:
        """Whether the numbers must be read before more is counted."""
        return len(self._images) >= WAITING

    def read(self, summed: Callable[[Tensor], Tensor]) -> list[tuple[int, list[float]]]:
        """Records that have become complete: the number of the step that ended each, and its sums.

        *summed* adds over processes.
        """
        complete = []
        pieces, self._more = self._more, []
        for row, more in zip(self._rows(summed), pieces, strict=True):
            self.sums = [a + b for a, b in zip(self.sums, row, strict=True)]
            self.step += not more
            if self.step % self.every == 0 and not more:
                complete.append((self.step, self.sums))
                self.sums = [0.0] * len(row)
        return complete

    def _rows(self, summed: Callable[[Tensor], Tensor]) -> list[list[float]]:
        if not self._images:
            return []
        exact = torch.float32 if self._waiting[0].device.type == "mps" else torch.float64
        width = 1 + len(self.names)
        read = torch.stack([value.to(exact) for value in self._waiting]).view(-1, width)
        images = torch.tensor(self._images, dtype=exact, device=read.device)
        rows = torch.cat([images[:, None], read], 1)
        rows[:, 2:] *= images[:, None]
        rows[:, 1] *= images > 0  # a process that only keeps step with the others answers nothing
        self._waiting.clear()
        self._images.clear()
        return summed(rows).tolist()

    def rest(self) -> list[tuple[int, list[float]]]:
        """The record that training ends in the middle of, if it does."""
        return [(self.step, self.sums)] if self.step % self.every else []

    def restore(self, step: int, sums: Sequence[float]) -> None:
        """Go on after *step* steps with the sums of the record that was open then."""
        self.step, self.sums = step, list(sums)

    def shown(self, sums: Sequence[float]) -> dict[str, Any]:
        """Sums as means: loss, losses by name, and what is counted besides."""
        n = max(sums[0], 1.0)
        losses = {name: rounded(value / n) for name, value in zip(self.names, sums[2:], strict=True)}
        counted = {self.counts: rounded(sums[1] / n)} if self.counts else {}
        return {"loss": rounded(sum(sums[2:]) / n), "losses": losses, **counted}


def rounded(value: float) -> float | None:
    """Seven significant digits, as many as were computed; None for what is no number, which JSON cannot say."""
    number = float(f"{value:.7g}")
    return number if abs(number) < float("inf") else None
