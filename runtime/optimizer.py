"""The rule that corrects the weights, from a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from runtime.rates import factor, factors
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
    """The recipe's optimizer for the weights of *model* that learn.

    Biases and the weights of normalization do not decay; each group keeps the ``factor`` of its learning rate.
    """
    given = factors(recipe.rates)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for path, parameter, decays in learning(model):
        key = (factor(path, given), recipe.weight_decay if decays else 0.0)
        groups.setdefault(key, []).append(parameter)
    made = [
        {"params": group, "weight_decay": decay, "factor": by, "lr": recipe.learning_rate * by}
        for (by, decay), group in groups.items()
    ]
    return MADE[recipe.optimizer](made, recipe, device.type in FUSED)


def learning(model: nn.Module) -> Iterator[tuple[str, nn.Parameter, bool]]:
    """The path of each weight that learns, the weight, and whether it decays; those that do come first."""
    found, seen = [], set()
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(path, recurse=False):
            if parameter.requires_grad and parameter not in seen:
                seen.add(parameter)
                found.append((name, parameter, _decays(module, name.rpartition(".")[2], parameter)))
    return iter(sorted(found, key=lambda one: not one[2]))


def _decays(module: nn.Module, name: str, parameter: nn.Parameter) -> bool:
    """A bias may have several axes (one number per position), and so may the weights of a normalization."""
    return parameter.ndim >= 2 and "bias" not in name and "Norm" not in type(module).__name__
