"""Which runs are drawn, in which colors: a color is a run and stays with it as long as it is ticked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graph.errors import CanevasError
from gui import theme
from gui.plots.curves import Series
from gui.runs import Course
from runtime.learning_rate import learning_rate
from runtime.recipe import Recipe
from runtime.run import Run

POINTS = 400
"""Points of the learning rate that is still to come."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A run that is drawn: its course, its name, its color, and the learning rate still to come."""

    course: Course
    name: str
    color: str
    rest: Series | None = None


class Ticked:
    """The runs that are drawn, by folder, each with the place of its color; the one that is looked at has the first."""

    def __init__(self) -> None:
        self.places: dict[Path, int] = {}

    def __contains__(self, run: Run) -> bool:
        return run.folder in self.places

    def add(self, run: Run) -> None:
        """Draw *run* too, in the first color that is free."""
        if run.folder not in self.places:
            taken = set(self.places.values())
            self.places[run.folder] = next(i for i in range(len(taken) + 1) if i not in taken)

    def remove(self, run: Run) -> None:
        """Draw *run* no more; its color is free."""
        self.places.pop(run.folder, None)

    def keep(self, folders: set[Path]) -> None:
        """Forget those that are gone."""
        self.places = {f: i for f, i in self.places.items() if f in folders}

    def colors(self) -> dict[Path, str]:
        """Their colors in the theme in use, as ``#RRGGBB``."""
        return {folder: theme.theme().run(i).name() for folder, i in self.places.items()}


def drawn(courses: Mapping[Path, Course], colors: Mapping[Path, str], current: Run | None) -> list[Drawn]:
    """The runs to draw, the one that is looked at first."""
    found = [Drawn(c, _name(c.run), colors[f], rest_of(c)) for f, c in courses.items() if f in colors]
    return sorted(found, key=lambda d: (d.course.run != current, d.name))


def _name(run: Run) -> str:
    try:
        return run.name
    except CanevasError:
        return run.folder.name


def rest_of(course: Course) -> Series | None:
    """The learning rate that the recipe has in store for the steps still to come; None when training is over."""
    step, steps = course.progress.step, course.progress.steps
    if course.state in ("done", "failed") or step >= steps:
        return None
    try:
        recipe = course.run.recipe
    except CanevasError:
        return None
    series = Series()
    series.extend(*still_to_come(recipe, step, steps, course.progress.per_epoch, course.last.get("learning_rate")))
    return series


def still_to_come(
    recipe: Recipe, step: int, steps: int, per_epoch: int = 1, last: float | None = None
) -> tuple[np.ndarray, list[float]]:
    """Steps from *step* to the last, at most :data:`POINTS` of them, and the learning rate at each.

    Nobody knows when it will fall because nothing gets better: after the warm-up it stays at the *last* one.
    """
    at = np.unique(np.linspace(step, steps - 1, min(POINTS, steps - step)).round())
    if recipe.schedule == "plateau" and last is not None and step > recipe.warm_up * steps:
        return at, [last] * len(at)
    return at, [learning_rate(recipe, int(i), steps, max(per_epoch, 1)) for i in at]
