"""How far a training is, and what its validation has said so far: small enough to stand in every checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.recipe import Recipe


@dataclass
class Place:
    """How far training is: *step* corrections made in all, *batch* batches of epoch number *epoch* (from 0) seen."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best: dict[str, Any] = field(default_factory=dict)
    rate: float = 0.0
    """Learning rate that a person has set on the way; 0 follows the recipe."""
    waited: int = 0
    """Epochs since the best one."""
    flat: int = 0
    """Epochs since the best one or since the rate fell last, whichever is nearer; the warm-up counts for nothing."""
    falls: int = 0
    """How often the rate has fallen because nothing got better."""
    pieces: int = 1
    """In how many pieces a batch goes through the network, for want of memory."""

    def judged(self, recipe: Recipe, measure: str, shown: Mapping[str, Any], rising: bool = False) -> bool:
        """Take in what an epoch has brought on the validation part; whether it is the best one.

        Better is better by any amount.  *rising*: the learning rate still rises, so that it cannot be asked to fall.
        """
        if not self.best or _worth(recipe, measure, shown) > _worth(recipe, measure, self.best):
            self.best = {measure: shown[measure], "loss": shown["loss"], "step": self.step}
            self.waited = self.flat = 0
            return True
        self.waited += 1
        self.flat += not rising
        if recipe.schedule == "plateau" and self.flat > recipe.patience:
            self.falls, self.flat = self.falls + 1, 0
        return False

    def enough(self, recipe: Recipe) -> bool:
        """Whether the recipe has training end here, because it has waited long enough for something better."""
        return 0 < recipe.stop_after <= self.waited


def _worth(recipe: Recipe, measure: str, shown: Mapping[str, Any]) -> tuple[float, ...]:
    """The larger, the better; of two equal measures that with the smaller loss."""
    loss = -math.inf if shown["loss"] is None else -shown["loss"]
    if recipe.judge == "loss":
        return (loss,)
    return (-math.inf if shown[measure] is None else shown[measure], loss)
