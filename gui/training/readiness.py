"""What stands between a drawing and its training, each with the fix that is safe.  Pure: networks and facts in."""

from __future__ import annotations

from dataclasses import dataclass

from graph.analysis import Report
from graph.checks import task
from graph.errors import InvalidValue
from graph.problems import Fix
from graph.tensors import Tensor
from graph.text import Message, say
from gui.data.facts import Facts, misfits
from runtime import rates
from runtime.data.description import builtin
from runtime.recipe import Recipe


@dataclass(frozen=True)
class Obstacle:
    """Why training cannot begin (or, if it is no *blocker*, what would go badly), and the ways out.

    *room* names the room where a person can mend it, when no fix can; *data* the included data that would do.
    """

    message: Message
    fixes: tuple[Fix, ...] = ()
    room: str = ""
    blocker: bool = True
    data: str = ""


def obstacles(
    report: Report | None, facts: Facts | None, chosen: bool, refused: str = "", recipe: Recipe | None = None
) -> tuple[Obstacle, ...]:
    """What to say before training, the worst first.

    Args:
        report: of the network that is drawn; None when no document is open.
        facts: of the data, if they are known by now.
        chosen: whether data are chosen at all.
        refused: why the data cannot be read; empty if nothing is wrong with them.
        recipe: how it shall be trained, if that is to be looked at too.
    """
    found: list[Obstacle] = []
    if report is None:
        return (Obstacle(say("No network is open: draw one, or take a preset."), room="design"),)
    if not report.network.nodes:
        return (Obstacle(say("The network is empty: draw one, or take a preset."), room="design"),)
    if not chosen:
        message = say("No data are chosen: the network has nothing to learn from.")
        found.append(Obstacle(message, room="data", data=included(report)))
    elif refused:
        found.append(Obstacle(Message(refused), room="data"))
    found += _errors(report)
    if report.losses and not report.trainable:
        found.append(
            Obstacle(say("No weight of this network can learn: all of them are frozen, or it has none."), room="design")
        )
    if recipe is not None and recipe.rates:
        try:
            rates.check(rates.factors(recipe.rates), rates.learning(report))
        except InvalidValue as error:
            found.append(Obstacle(error.message))
    if facts is not None and not found:
        other = included(report) if facts.task != task(report.network) else ""
        judged = [p for p in misfits(report, facts) if p.severity in ("error", "warning")]
        judged.sort(key=lambda p: p.severity)  # errors first
        found += [
            Obstacle(p.message, p.fixes, "design", p.severity == "error", other if p.severity == "error" else "")
            for p in judged
        ]
    return tuple(found)


def included(report: Report) -> str:
    """The name of the first included data that are for what a network does; empty if it takes no image."""
    takes_images = any(isinstance(fact, Tensor) and len(fact.spatial) == 2 for fact in report.inputs.values())
    names = (name for name, one in builtin().items() if task(report.network) in one.classes)
    return next(names, "") if takes_images else ""


def _errors(report: Report) -> list[Obstacle]:
    """Errors of the drawing, and the loss that is missing."""
    found = [
        Obstacle(p.message, tuple(f for f in p.fixes if f.safe), "design")
        for p in report.problems
        if p.severity == "error"
    ]
    if not report.losses and not found:
        missing = next((p for p in report.problems if p.code == "loss_missing"), None)
        message = missing.message if missing else say("The network has no loss: nothing tells it what is right.")
        found.append(Obstacle(message, missing.fixes if missing else (), "design"))
    return found
