"""How good a network is: the measures by the names that files and answers use, and in words.  Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.text import Message, say, tr

MEASURES: dict[str, Message] = {
    "map50": say("mAP@.5 {value}"),
    "map": say("mAP {value}"),
    "voc": say("VOC {value}"),
    "voc07": say("VOC 2007 {value}"),
    "miou": say("mean IoU {value}"),
    "dice": say("Dice {value}"),
    "accuracy": say("accuracy {value}"),
    "r2": say("R² {value}"),
    "mae": say("mean absolute error {value}"),
    "rmse": say("root of the mean square {value}"),
    "top5": say("among the first five {value}"),
    "cross_entropy": say("cross entropy {value}"),
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


NUMBERS = ("loss", "cross_entropy", "r2", "mae", "rmse")
"""Measures that are no shares."""


def shown(name: str, value: float | None) -> str:
    """A measure as people write it: shares in percent, R² with three digits behind the point, errors with four."""
    if value is None:
        return "–"
    if name in ("mae", "rmse"):
        return f"{value:.4g}"
    if name in NUMBERS:
        return f"{value:.3f}" if name == "r2" else f"{value:.4f}"
    return f"{100 * value:.1f}\u202f%"


def judge(found: Mapping[str, Any]) -> str:
    """The measure that a network is judged by, among those that were *found*, as people write it; empty without one."""
    return next(
        (shown(name, value) for name, value in among(found).items() if name not in ("loss", "cross_entropy")), ""
    )
