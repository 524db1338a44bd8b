"""Which recipe is offered before anybody has chosen one: what is usual for a task, and what has been tried.

Free of torch; window and terminal offer the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graph.values import shown
from runtime.recipe import Recipe

USUAL: Mapping[str, Mapping[str, Any]] = {"detection": {"rotation": 0.0}}
"""Values of a recipe by the task that they are usual for, where they are not those of every other.

The upright box around a turned one is too large, so that loose boxes would be learned.
"""


def offered(task: str, tried: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe for a *task*, with the values that the same network was *tried* with on the same data.

    >>> offered("detection").rotation, offered("classification").rotation
    (0.0, 8.0)
    """
    return Recipe(**{**USUAL.get(task, {}), **(tried or {})})


def followed(recipe: Recipe, before: Recipe, now: Recipe) -> Recipe:
    """*recipe*, which began as the one offered *before*, where another is offered *now*: what was set by hand stays.

    >>> followed(Recipe(epochs=3, batch=32), Recipe(), Recipe(epochs=12, batch=16)).batch
    16
    """
    own = {name: value for name, value in recipe.to_dict().items() if value != getattr(before, name)}
    return Recipe(**{**now.to_dict(), **own})


def unusual(recipe: Recipe, known: Collection[str] = ()) -> str:
    """The values of a recipe that are not the defaults, by their names in its file; not those that are *known*.

    >>> unusual(Recipe(batch=16, rotation=0.0), ["batch"])
    'rotation 0'
    """
    found = [(spec.name, getattr(recipe, spec.name), spec.default) for spec in recipe.specs if spec.name not in known]
    return ", ".join(f"{name} {shown(value)}" for name, value, usual in found if value != usual)
