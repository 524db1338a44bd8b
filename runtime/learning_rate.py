"""The learning rate as a function of the step and of nothing else: it can be drawn before training and found after."""

from __future__ import annotations

import math

from runtime.recipe import Recipe

START = 1 / 25
"""Where the warm-up begins, and …"""
END = 1e-4
"""… where one-cycle and cosine end, as shares of the recipe's learning rate."""


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """The rate of correction number *step* (from 0) of *total*.

    A warm-up rises from 1/25 to the full rate: along a line, or along half a cosine for one-cycle.  Then the rate stays
    (constant) or follows half a cosine down to 1/10,000 (cosine, one-cycle).

    >>> learning_rate(Recipe(learning_rate=1.0, schedule="constant", warm_up=0.0), 5, 10)
    1.0

    Source: Smith and Topin, "Super-convergence", 2017; Loshchilov and Hutter, "SGDR", 2016.
    """
    risen = recipe.warm_up * total
    if step < risen:
        share = step / risen
        if recipe.schedule == "one-cycle":
            share = 0.5 - 0.5 * math.cos(math.pi * share)
        return recipe.learning_rate * (START + (1.0 - START) * share)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    share = (step - risen) / max(total - 1 - risen, 1.0)
    return recipe.learning_rate * (END + (1.0 - END) * (0.5 + 0.5 * math.cos(math.pi * min(share, 1.0))))
