"""The rule that corrects the weights, from a recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from runtime.recipe import Recipe

ADAM_BETA2 = 0.999
FUSED = ("cpu", "cuda", "mps")
"""Devices on which one kernel corrects all weights at once."""

MADE: dict[str, Callable[[list[dict[str, Any]], Recipe, bool], Optimizer]] = {
    "AdamW": lambda groups, recipe, fused: AdamW(
        groups, recipe.learning_rate, betas=(recipe.momentum, ADAM_BETA2), fused=fused
    ),
    "Adam": lambda groups, recipe, fused: Adam(
        groups, recipe.learning_rate, betas=(recipe.momentum, ADAM_BETA2), fused=fused
    ),
    "SGD": lambda groups, recipe, fused: SGD(groups, recipe.learning_rate, momentum=recipe.momentum, fused=fused),
}


def optimizer(model: nn.Module, recipe: Recipe, device: torch.device) -> Optimizer:
    """The recipe's optimizer for the weights of *model* that learn; only those with two axes and more decay."""
    learning = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learning if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in learning if p.ndim < 2], "weight_decay": 0.0},
    ]
    return MADE[recipe.optimizer]([g for g in groups if g["params"]], recipe, device.type in FUSED)
