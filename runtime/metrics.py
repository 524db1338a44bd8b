"""What training measures, kept on the device until somebody wants to know.

Asking a device for a number makes it wait; so the numbers of each step are added up where they arise and are read
several times a second, all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

ROWS = 1024
"""Records that may wait on the device."""
RECORDS = 4_000
"""About how many records of training a run writes, however long it is."""


class Meter:
    """Sums over the steps of each record: images, right answers, and every loss times the number of images.

    A record covers *every* steps; which record a step belongs to depends on its number only, so that a run that was
    interrupted writes the same records as one that was not.
    """

    def __init__(self, names: Sequence[str], total: int, device: torch.device) -> None:
        self.names = tuple(names)
        self.every = max(1, -(-total // RECORDS))
        kind = torch.float32 if device.type == "mps" else torch.float64
        self.sums = torch.zeros(ROWS, 2 + len(self.names), device=device, dtype=kind)
        self.first = 0
        """The oldest record that has not been read."""

    def add(self, step: int, losses: dict[str, Tensor], right: Tensor | None, n: int) -> None:
        """Count step number *step* (from 0): mean losses over *n* images, *right* of which were answered rightly."""
        row = self.sums[(step // self.every) % ROWS]
        if n:
            row[0] += n
            if right is not None:
                row[1] += right
            row[2:] += torch.stack([losses[name].detach() for name in self.names]).to(row.dtype) * n

    def full(self, step: int) -> bool:
        """Whether the records must be read before step number *step* is counted."""
        return step // self.every - self.first >= ROWS - 1

    def read(self, step: int, summed: Callable[[Tensor], Tensor]) -> list[tuple[int, list[float]]]:
        """Records that are complete now that *step* steps have been made: the number of the step that ended each, and
        its sums; *summed* adds over processes."""
        last = step // self.every
        rows = [record % ROWS for record in range(self.first, last)]
        if not rows:
            return []
        sums = summed(self.sums[rows]).tolist()
        self.sums[rows] = 0.0
        ends = [(record + 1) * self.every for record in range(self.first, last)]
        self.first = last
        return list(zip(ends, sums, strict=True))

    def open_record(self, step: int, summed: Callable[[Tensor], Tensor]) -> Tensor:
        """Sums of the record that is not complete after *step* steps, for a checkpoint."""
        return summed(self.sums[(step // self.every) % ROWS].clone()).cpu()

    def restore(self, step: int, open_record: Tensor) -> None:
        """Go on after *step* steps with the sums of the record that was open then."""
        self.first = step // self.every
        self.sums.zero_()
        self.sums[self.first % ROWS] = open_record.to(self.sums)

    def last_record(self, step: int, summed: Callable[[Tensor], Tensor]) -> list[tuple[int, list[float]]]:
        """The record that training ends in the middle of, if it does."""
        if step % self.every == 0:
            return []
        return [(step, self.open_record(step, summed).tolist())]

    def shown(self, sums: Sequence[float]) -> dict[str, Any]:
        """Sums as means: loss, losses by name, accuracy."""
        n = max(sums[0], 1.0)
        losses = {name: rounded(value / n) for name, value in zip(self.names, sums[2:], strict=True)}
        return {"loss": rounded(sum(sums[2:]) / n), "losses": losses, "accuracy": rounded(sums[1] / n)}


def rounded(value: float) -> float | None:
    """Seven significant digits, as many as were computed; None for what is no number, which JSON cannot say."""
    number = float(f"{value:.7g}")
    return number if abs(number) < float("inf") else None
