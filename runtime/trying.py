"""What the window can have tried before a training; see :mod:`runtime.trials`, which brings what only training needs.

overfit   ``network`` (text), ``weights``? {path: [file, key]}, ``recipe``, ``data``, ``preprocessing``? (what the
          weights want done to images) -> losses, images, learned, text
find_rate the same -> rates, losses, smoothed, suggestion (None if none helped), text
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from graph import files
from graph.analysis import analyze
from runtime import checkpoint
from runtime.data.dataset import DataSet
from runtime.data.preprocessing import Preprocessing
from runtime.recipe import Recipe
from runtime.tasks import known

if TYPE_CHECKING:
    from runtime.trials import Asked

Progress = Callable[..., None]


class Desk(Protocol):
    """What is needed of :class:`runtime.requests.Desk`."""

    def opened(self, raw: Any, shape: Any, progress: Progress, task: str = "") -> DataSet:
        """The data that are named."""


def overfit(desk: Desk, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Whether the network can learn one batch by heart."""
    from runtime import trials

    return trials.by_heart(_to_try(desk, asked, progress), progress).to_dict()


def find_rate(desk: Desk, asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Which learning rate suits the network."""
    from runtime import trials

    return trials.range_test(_to_try(desk, asked, progress), progress).to_dict()


def _to_try(desk: Desk, asked: Mapping[str, Any], progress: Progress) -> Asked:
    from runtime.trials import Asked

    network = files.loads(asked["network"])
    shape, task = known.image_shape(analyze(network)), known.task_of(network).name
    told = Preprocessing.from_dict(asked["preprocessing"]) if asked.get("preprocessing") else None
    data = desk.opened(asked["data"], told.adapted(shape) if told else shape, progress, task)
    weights = checkpoint.gathered(asked.get("weights") or {})
    return Asked(network, weights, Recipe.from_dict(asked["recipe"]), data)
