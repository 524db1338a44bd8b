"""How good a network is: the measures by the names that files and answers use, and in words.  Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.text import Message, say, tr

MEASURES: dict[str, Message] = {
    "map50": say("mAP@.5 {value}"),
    "map": say("mAP {value}"),
    "miou": say("mean IoU {value}"),
    "dice": say("Dice {value}"),
    "accuracy": say("accuracy {value}"),
    "top5": say("among the first five {value}"),
    "loss": say("loss {value}"),
}
"""What is measured, what a task is judged by before what only describes it."""


def among(found: Mapping[str, Any]) -> dict[str, float]:
    """The measures in *found* that have a value."""
    return {name: found[name] for name in MEASURES if found.get(name) is not None}


def told(found: Mapping[str, Any]) -> str:
    """The measures in *found* in a line: ``accuracy 98.1 %, loss 0.0612``."""
    parts = [str(say(MEASURES[name].template, value=shown(name, value))) for name, value in among(found).items()]
    return ", ".join(parts) if parts else tr("nothing measured yet")


def shown(name: str, value: float) -> str:
    """A measure as people write it: shares in percent, losses with four digits."""
    return f"{value:.4f}" if name == "loss" else f"{100 * value:.1f}\u202f%"


def judge(found: Mapping[str, Any]) -> float | None:
    """The measure that a network is judged by, among those that were *found*; None where there is none."""
    return next((value for name, value in among(found).items() if name != "loss"), None)
