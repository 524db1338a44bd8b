"""What the Train room says: times, sizes, states, and which buttons a state calls for.  Pure functions and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

from graph.text import Message, number, say, tr, tr_count
from gui.runs import Progress


def clock(seconds: float | None) -> str:
    """A duration: ``0:29``, ``12:05``, ``3:07:00``, ``2 d 4 h``; a dash where nobody knows.

    >>> clock(29.4), clock(725), clock(11220), clock(187200), clock(None)
    ('0:29', '12:05', '3:07:00', '2 d 4 h', '–')
    """
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours >= 24:
        return tr("{days} d {hours} h", days=hours // 24, hours=hours % 24)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


STATES: dict[str, Message] = {
    "created": say("not started"),
    "starting": say("starting"),
    "running": say("training"),
    "paused": say("paused"),
    "stopped": say("stopped"),
    "done": say("finished"),
    "failed": say("failed"),
    "crashed": say("crashed"),
}

STATE_COLORS = {"running": "acc", "starting": "acc", "paused": "warn", "failed": "err", "crashed": "err"}
"""Tokens of states that are to be seen; the others are calm."""


def state_word(state: str) -> str:
    """A state in a word."""
    return str(STATES.get(state, say("unknown")))


@dataclass(frozen=True)
class Action:
    """A button of the strip: what it does (``start pause resume stop continue``), its word, its icon, its weight."""

    do: str
    text: Message
    icon: str
    main: bool = False
    tip: Message = say("")  # noqa: RUF009 (a frozen value)


START = Action("start", say("Start"), "play", True, say("Train the network of this document by the recipe at the left"))
AGAIN = Action("start", say("New run"), "play", False, say("Train again from the beginning, by the recipe at the left"))
PAUSE = Action("pause", say("Pause"), "pause", False, say("Wait after the current step; nothing is lost"))
GO_ON = Action("resume", say("Resume"), "play", True, say("Go on after the last step"))
STOP = Action("stop", say("Stop"), "square", False, say("End this training and keep what it has learned"))
CONTINUE = Action("continue", say("Resume"), "play", True, say("Go on from the last checkpoint"))

ACTIONS: dict[str, tuple[Action, ...]] = {
    "": (START,),
    "created": (CONTINUE, AGAIN),
    "starting": (STOP,),
    "running": (PAUSE, STOP),
    "paused": (GO_ON, STOP),
    "stopped": (CONTINUE, AGAIN),
    "failed": (CONTINUE, AGAIN),
    "crashed": (CONTINUE, AGAIN),
    "done": (START,),
}
"""What can be done with the run that is looked at (``""``: none is)."""


def actions(state: str) -> tuple[Action, ...]:
    """The buttons of the strip for a state of the run that is looked at."""
    return ACTIONS.get(state, (START,))


@dataclass(frozen=True)
class Strip:
    """The progress strip in words: what is semi-bold at the left, what follows, what stands at the right, the bar."""

    head: str
    detail: str = ""
    elapsed: str = ""
    left: str = ""
    share: float = 0.0


def strip(state: str, progress: Progress, epochs: int) -> Strip:
    """What the strip says about a run in *state* (empty: there is none); *epochs* while it has not said how many."""
    step, steps = progress.step, progress.steps
    epochs = progress.epochs or epochs
    share = min(1.0, step / steps) if steps else 0.0
    where = tr("Epoch {epoch} of {epochs}", epoch=min(int(progress.epoch) + (state != "done"), epochs), epochs=epochs)
    detail = tr("step {step} of {steps}", step=step, steps=steps) if steps else ""
    elapsed = tr("{time} elapsed", time=clock(progress.elapsed)) if step else ""
    if state == "":
        return Strip(tr("Ready to train"))
    if state == "starting" or (state == "running" and not step):
        return Strip(tr("Getting ready"), tr("the worker opens the data and builds the network"))
    if state == "running":
        left = tr("{time} left", time=clock(progress.left)) if progress.left is not None else ""
        return Strip(where, detail, elapsed, left, share)
    if state == "paused":
        return Strip(where, detail, elapsed, tr("paused"), share)
    if state == "done" and step < steps:
        why = tr("nothing had got better for a while")
        return Strip(tr("Finished early"), f"{where}, {why}", elapsed, "", 1.0)
    if state == "done":
        return Strip(tr("Finished"), tr_count("{n} epoch", "{n} epochs", epochs), elapsed, "", 1.0)
    if state == "created":
        return Strip(tr("Not started"), tr("no worker has taken it up yet"))
    ended = {"stopped": tr("Stopped"), "failed": tr("Failed"), "crashed": tr("Crashed")}
    return Strip(ended.get(state, state), f"{where}, {detail}" if step else "", elapsed, "", share)


def smoothing(position: int) -> float:
    """The weight of the past for a *position* of the slider from 0 to 100; fine at the upper end, where it matters.

    >>> smoothing(0), smoothing(50), smoothing(100)
    (0.0, 0.9, 0.99)
    """
    return 0.0 if position <= 0 else round(1 - 10 ** (-min(position, 100) / 50), 3)


def epoch_place(epochs: float) -> str:
    """Where the crosshair stands, in epochs."""
    return tr("Epoch {n}", n=f"{epochs:.2f}".rstrip("0").rstrip("."))


def step_place(steps: float) -> str:
    """Where the crosshair stands, in steps."""
    return tr("Step {n}", n=number(round(steps)))


def answer(label: str, guess: str, right: bool) -> str:
    """What stands under a sample: the class, and for a mistake both.

    >>> answer("9", "4", False), answer("2", "2", True)
    ('4 not 9', '2')
    """
    return guess if right else tr("{guess} not {label}", guess=guess, label=label)
