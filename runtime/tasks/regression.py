"""Regression: numbers for each image, measured by how far off they are.

All measures follow from sums over the images, one for each number, so that processes can add theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from runtime.metrics import rounded
from runtime.tasks.task import Sums, Task

SUMS = 5
"""Of each number what is summed: errors without sign, their squares, what is right, its squares, and one."""


class Regression(Task):
    """Numbers ``(B, K)`` against those that are right."""

    name = "regression"
    judge = "r2"
    measures = ("r2", "mae", "rmse")
    counts = ""

    def right(self) -> Tensor:
        """No number is exactly right."""
        return torch.zeros((), device=self.scored[0].device)

    def counted(self) -> list[Tensor]:
        """Images, and the sums of each number one after the other."""
        answers, right = self.scored
        return [torch.tensor(len(right), device=right.device), *summed(answers, right).flatten()]

    def table(self) -> Tensor:
        """There are no classes to be taken for each other."""
        return torch.zeros(0, 0, device=self.scored[0].device)

    def answers(self, images: Tensor, targets: Tensor) -> Tensor:
        """The numbers ``(B, K)`` of the model in evaluation."""
        with self.evaluation(), torch.inference_mode():
            self.model(images, targets)
        return self.scored[0].float()

    def shown(self, sums: Sums) -> dict[str, Any]:
        """Loss, losses by name, R², mean absolute error and root of the mean square, ``each`` number's, images."""
        images = float(sums.totals[0])
        of_each = sums.totals[1 : len(sums.totals) - len(self.losses)].view(-1, SUMS)
        return {**self.losses_of(sums, max(images, 1.0)), **measures(of_each), "images": int(images)}


def summed(answers: Tensor, right: Tensor) -> Tensor:
    """Of each number the sums ``(K, 5)`` over the images: |e|, e², y, y² and 1."""
    exact = torch.float32 if answers.device.type == "mps" else torch.float64
    answers, right = answers.flatten(1).to(exact), right.flatten(1).to(exact)
    error = answers - right
    return torch.stack((error.abs(), error**2, right, right**2, torch.ones_like(right))).sum(1).T.contiguous()


def measures(sums: Tensor) -> dict[str, Any]:
    """``mae``, ``rmse`` and ``r2``, the means over the numbers, and ``each``: the same of every number.

    R² is 1 less the mean square of the errors by the variance of what is right; it is 0 for whoever always answers the
    mean, and below for whoever does worse.  Where all that is right is the same, or there is a single image, there is
    no variance, and it is said to be 0.

    >>> error = torch.tensor([[1.0, 1.0, 3.0, 5.0, 2.0]])  # right: 1, 2; answered: 1, 3
    >>> measures(error)["r2"], measures(error)["mae"]
    (-1.0, 0.5)
    """
    absolute, squared, y, y_squared, n = sums.double().T.cpu()
    n = n.clamp(min=1)
    varies = (y_squared - y**2 / n).clamp(min=0)
    has = varies > 1e-12 * y_squared.clamp(min=1e-300)
    r2 = torch.where(has, 1 - squared / varies.clamp(min=1e-300), 0.0)
    mae, rmse = absolute / n, (squared / n).sqrt()
    return {
        **told(mae.mean(), rmse.mean(), r2.mean()),
        "each": [told(*of) for of in zip(mae, rmse, r2, strict=True)],
    }


def told(mae: Tensor, rmse: Tensor, r2: Tensor) -> dict[str, float | None]:
    """The three measures by name."""
    values: Sequence[tuple[str, Tensor]] = (("r2", r2), ("mae", mae), ("rmse", rmse))
    return {name: rounded(float(value)) for name, value in values}
