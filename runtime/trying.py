"""What the window can have tried before a training; see :mod:`runtime.trials`, which brings what only training needs.

overfit   ``network`` (text), ``weights``? {path: [file, key]}, ``recipe``, ``data``, ``preprocessing``? (what the
          weights want done to images) -> losses, images, learned, text
find_rate the same -> rates, losses, smoothed, suggestion (None if none helped), text
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graph import files
from graph.analysis import analyze
from runtime import checkpoint
from runtime.data.preprocessing import Preprocessing
from runtime.recipe import Recipe
from runtime.shelf import Shelf
from runtime.tasks import known

if TYPE_CHECKING:
    from runtime.trials import Asked

Progress = Callable[..., None]


def overfit(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Whether the network can learn one batch by heart."""
    from runtime import trials

    return trials.by_heart(_to_try(shelf, asked, progress), progress).to_dict()


def find_rate(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Which learning rate suits the network."""
    from runtime import trials

    return trials.range_test(_to_try(shelf, asked, progress), progress).to_dict()


def _to_try(shelf: Shelf, asked: Mapping[str, Any], progress: Progress) -> Asked:
    from runtime.trials import Asked

    network = files.loads(asked["network"])
    shape, task = known.image_shape(analyze(network)), known.task_of(network).name
    told = Preprocessing.from_dict(asked["preprocessing"]) if asked.get("preprocessing") else None
    data = shelf.opened(asked["data"], told.adapted(shape) if told else shape, progress, task)
    weights = checkpoint.gathered(asked.get("weights") or {})
    return Asked(network, weights, Recipe.from_dict(asked["recipe"]), data)
