"""How a run goes, in the terminal: a progress bar, and a line per epoch, read from the run's files."""

from __future__ import annotations

import sys
from typing import Any

from graph.text import tr
from runtime import measures
from runtime.command_line.output import tell
from runtime.run import LIVE, Run


class Watch:
    """Shows what is new in a run at each look."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.metrics = run.metrics().place
        self.events = run.events().place
        self.bar: Any = None

    def look(self) -> bool:
        """Show what is new; whether anybody still trains the run."""
        alive = self.run.state in LIVE
        events = self.run.events(self.events)
        self.events = events.place
        for event in events.records:
            self._event(event)
        metrics = self.run.metrics(self.metrics)
        self.metrics = metrics.place
        for record in metrics.records:
            if record["part"] == "validation":
                self.say(_epoch(record))
        if metrics.records:
            self._draw(metrics.records[-1])
        return alive

    def say(self, text: str) -> None:
        """A sentence above the bar."""
        if self.bar is not None:
            self.bar.clear()
        tell(text)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()

    def _event(self, event: dict[str, Any]) -> None:
        if event["event"] == "progress" and self.bar is None and sys.stderr.isatty():
            self._begin(event["step"], event["steps"])
        elif event["event"] == "hello":
            self.say(tr("{device}, {threads} threads", device=event["name"], threads=event["threads"]))
        elif event["event"] == "log":
            self.say(event["text"])

    def _begin(self, step: int, steps: int) -> None:
        from tqdm import tqdm

        form = "{percentage:3.0f} % |{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        self.bar = tqdm(total=steps, initial=step, bar_format=form, leave=False, dynamic_ncols=True)

    def _draw(self, record: dict[str, Any]) -> None:
        """The bar where training is now."""
        if self.bar is None:
            return
        if record["loss"] is not None:
            self.bar.set_postfix_str(tr("loss {loss}", loss=f"{record['loss']:.3f}"), refresh=False)
        self.bar.n = record["step"]
        self.bar.refresh()


def _epoch(record: dict[str, Any]) -> str:
    return tr("epoch {epoch}: validation {measures}", epoch=f"{record['epoch']:g}", measures=measures.told(record))
