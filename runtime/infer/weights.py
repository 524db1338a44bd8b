"""The weights of a node, as one looks at them: their values, how large they are, how they are spread."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from graph.errors import CanevasError
from runtime.infer.trained import Trained, module_at
from runtime.metrics import rounded

FIRST = 64
"""Filters, and maps of each, that are shown of large kernels."""
ACROSS, DOWN = 512, 256
"""Columns and rows that are shown of a large matrix."""
BINS = 48


class Weights(NamedTuple):
    """What is told of weights in numbers, and the values themselves; of large ones the beginning."""

    told: dict[str, Any]
    values: np.ndarray


def weights(model: Trained, path: str, key: str = "") -> Weights:
    """The weights *key* (the largest ones if empty) of the node at *path*.

    Raises:
        CanevasError: there is no such node, or it has no such weights.
    """
    module = module_at(model, path)
    learned = {name for name, _ in module.named_parameters()}
    found = {name: value for name, value in module.state_dict().items() if value.numel()}
    if not found:
        raise CanevasError("{path} has no weights: it computes the same whatever was learned.", path=path)
    key = key or max(found, key=lambda name: (name in learned, found[name].ndim, found[name].numel()))
    if key not in found:
        known = ", ".join(found)
        raise CanevasError("{path} has no weights called {key}; it has {known}.", path=path, key=key, known=known)
    values = found[key].detach().float().cpu()
    low, high = float(values.min()), float(values.max())
    counts = np.histogram(values.numpy(), BINS, (low, high if high > low else low + 1.0))[0]
    told = {
        "keys": [{"key": name, "shape": list(v.shape), "learned": name in learned} for name, v in found.items()],
        "key": key,
        "shape": list(values.shape),
        "mean": rounded(float(values.mean())),
        "std": rounded(float(values.std(correction=0))),
        "low": rounded(low),
        "high": rounded(high),
        "counts": counts.tolist(),
    }
    return Weights(told, beginning(values).numpy())


def beginning(values: Tensor) -> Tensor:
    """As many of the values as one can see at once: of kernels the first filters, of matrices the first rows."""
    if values.ndim >= 3:
        return values[:FIRST, :FIRST]
    if values.ndim == 2:
        return values[:DOWN, :ACROSS]
    return torch.atleast_1d(values)[: DOWN * ACROSS]
