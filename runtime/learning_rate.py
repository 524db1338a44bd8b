"""The learning rate as a function of the step: it can be drawn before training and found after."""

from __future__ import annotations

import math
from bisect import bisect_right

from runtime.rates import milestones
from runtime.recipe import Recipe

START = 1 / 25
"""Where the warm-up begins, and …"""
END = 1e-4
"""… where one-cycle and cosine end, as shares of the recipe's learning rate."""


def learning_rate(recipe: Recipe, step: int, total: int, per_epoch: int = 1, falls: int = 0) -> float:
    """The rate of correction number *step* (from 0) of *total*, of which *per_epoch* make an epoch.

    A warm-up rises from 1/25 to the full rate: along a line, or along half a cosine for one-cycle.  Then the rate stays
    (constant), follows half a cosine down to 1/10,000 (cosine, one-cycle), or is multiplied by the recipe's factor at
    milestones (step), and as often as training has found that nothing gets better (plateau: *falls* times).

    >>> learning_rate(Recipe(learning_rate=1.0, schedule="constant", warm_up=0.0), 5, 10)
    1.0

    Source: Smith and Topin, "Super-convergence", 2017; Loshchilov and Hutter, "SGDR", 2016; He and others, "Deep
    residual learning", 2015 (step and plateau).
    """
    risen = recipe.warm_up * total
    if step < risen:
        share = step / risen
        if recipe.schedule == "one-cycle":
            share = 0.5 - 0.5 * math.cos(math.pi * share)
        return recipe.learning_rate * (START + (1.0 - START) * share)
    if recipe.schedule in ("constant", "step", "plateau"):
        return recipe.learning_rate * recipe.factor ** _falls(recipe, step // per_epoch, falls)
    share = (step - risen) / max(total - 1 - risen, 1.0)
    return recipe.learning_rate * (END + (1.0 - END) * (0.5 + 0.5 * math.cos(math.pi * min(share, 1.0))))


def _falls(recipe: Recipe, epoch: int, found: int) -> int:
    """How often the rate has fallen when *epoch* epochs have passed, of which training *found* that it should."""
    if recipe.schedule == "step":
        return bisect_right(milestones(recipe.milestones), epoch) if recipe.milestones else epoch // recipe.step_every
    return found if recipe.schedule == "plateau" else 0
