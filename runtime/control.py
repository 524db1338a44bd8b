"""What is asked of a worker, and its answers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from graph.text import Message, say
from runtime.records import Place, append_line
from runtime.run import COMMANDS, Run


@dataclass
class Wish:
    """Everything that was asked since the last look, together; *rate* 0 goes back to the recipe's schedule."""

    pause: bool = False
    go: bool = False
    stop: bool = False
    checkpoint: bool = False
    preview: bool = False
    rate: float | None = None


class Control:
    """Reads commands, answers each, and adds them up."""

    interrupted = False
    """Set by a signal: stop at the next look."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.place = Place()
        self.answered = {e.get("id") for e in run.events().records if e.get("event") == "answer"}

    def wish(self) -> Wish:
        """What is asked now; only the first of several processes asks."""
        wish = Wish(stop=Control.interrupted)
        lines = self.run.control(self.place)
        self.place = lines.place
        for command in lines.records:
            if command.get("id") in self.answered:
                continue
            refused = _noted(command, wish)
            self.answer(command, refused)
        return wish

    def answer(self, command: dict[str, Any], refused: Message | None) -> None:
        """Say that a command was understood, or why not."""
        text = {"text": str(refused)} if refused else {}
        append_line(
            self.run.folder / "events.jsonl",
            {
                "event": "answer",
                "time": round(time.time(), 3),
                "id": command.get("id"),
                "do": command.get("do"),
                "ok": refused is None,
                **text,
            },
        )


def _noted(command: dict[str, Any], wish: Wish) -> Message | None:
    match command.get("do"):
        case "pause":
            wish.pause, wish.go = True, False
        case "resume" | "start":
            wish.go, wish.pause = True, False
        case "stop":
            wish.stop = True
        case "checkpoint":
            wish.checkpoint = True
        case "preview":
            wish.preview = True
        case "set":
            rate = command.get("learning_rate")
            if type(rate) not in (int, float) or not math.isfinite(rate) or not 0.0 <= rate <= 100.0:
                return say("A learning rate is a number from 0 to 100; 0 goes back to the schedule.")
            wish.rate = float(rate)
        case _:
            return say("A run knows no such command; it knows {known}.", known=", ".join(COMMANDS))
    return None
