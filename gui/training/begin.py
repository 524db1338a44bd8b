"""Begin a run, go on with one, and what to say of one that ended badly: the room's hands, free of Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.errors import CanevasError
from graph.network import Network
from graph.text import tr
from gui.runs import Course, Summary
from runtime import client
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.recipe import Recipe
from runtime.run import LIVE, Run, create

if TYPE_CHECKING:
    from gui.document import Document

go_on = client.resume


def preload() -> None:
    """Have a worker ready, and import what draws curves: both take a while, and Start shall not."""
    client.preload()
    import_module("gui.training.curves")


@dataclass(frozen=True)
class Plan:
    """What a run shall train, from which weights, how, on what, and where its directory goes."""

    root: Path
    network: Network
    weights: Mapping[str, tuple[str, str]]
    recipe: Recipe
    data: Description
    preprocessing: Preprocessing | None = None
    """What the weights have learned to be done to images."""
    begun: Mapping[str, Any] | None = None
    """What the run is to remember of where its weights come from."""


def planned(document: Document, recipe: Recipe, data: Description, root: Path) -> Plan:
    """What training *document* means now: its weights where they still fit, and what they want done to images.

    Raises:
        CanevasError: its weights are not there: it would begin at random without anybody having wished so.
    """
    refuse_awaited(document)
    kept, origin = document.kept, document.origin
    weights = dict(kept.weights if kept is not None else document.weights)
    told = origin.preprocessing if origin is not None and weights else None
    begun = kept.told(origin) if kept is not None and origin is not None else None
    return Plan(root, document.network, weights, recipe, data, told, begun)


def refuse_awaited(document: Document) -> None:
    """Refuse a drawing whose weights are not there.

    Raises:
        CanevasError: they are not.
    """
    if (awaited := document.awaited) is None:
        return
    if not document.missing:
        raise CanevasError("The weights of {title} are still being opened: try again in a moment.", title=awaited.title)
    raise CanevasError(
        "The weights of {title} are not there: choose others, or forget them, under Network, Weights to begin with.",
        title=awaited.title,
    )


def begins(begun: Mapping[str, Any]) -> str:
    """With which weights a run begins, and which layers begin anew."""
    paths = [one["path"] for one in begun["new"]]
    if not paths:
        return tr("Begins with {title}", title=begun["title"])
    names = ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
    return tr("Begins with {title}; {names} anew", title=begun["title"], names=names)


def begin(plan: Plan, rows: Sequence[Summary] = ()) -> Run:
    """Make the run and have a worker train it.

    Raises:
        FileError: the directory cannot be made, or no process started.
    """
    name = run_name(plan.recipe, {r.name for r in rows})
    given: dict[str, Any] = {"name": name, "preprocessing": plan.preprocessing, "begun": plan.begun}
    run = create(plan.root, plan.network, plan.weights, plan.recipe, plan.data, **given)
    client.launch(run)
    return run


def run_name(recipe: Recipe, taken: set[str]) -> str:
    """What a run is called at first: its optimizer and learning rate, with a number if that name is *taken*.

    >>> run_name(Recipe(optimizer="SGD", learning_rate=0.02), {"SGD 0.02"})
    'SGD 0.02 (2)'
    """
    name = f"{recipe.optimizer} {recipe.learning_rate:g}"
    number = next(i for i in range(1, len(taken) + 2) if (f"{name} ({i})" if i > 1 else name) not in taken)
    return f"{name} ({number})" if number > 1 else name


def first(rows: Sequence[Summary]) -> Run | None:
    """The run to look at when a window opens: one that trains, else the newest."""
    live = next((r.run for r in rows if r.state in LIVE), None)
    return live or next((r.run for r in rows), None)


def gone(course: Course) -> str:
    """Why the run of *course* is not trained any more; empty while it is, or if it ended as it should."""
    if course.state not in ("failed", "crashed"):
        return ""
    if course.state == "failed" and course.error is not None:
        return str(course.error.get("text", ""))
    if death := client.death(course.run):
        return str(death)
    return tr("Its process is no more; Resume goes on from the last checkpoint.")
