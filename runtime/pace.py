"""How fast training goes: when to look up, and what to say about the time that is left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.together import Together

LOOK = 0.1
"""Seconds between two looks at what is asked, and between two readings of what was measured."""
TOLD = 0.5
"""Seconds between two words about progress."""


class Pace:
    """A clock that knows steps.  Many processes look up at the same step, for their clocks differ."""

    def __init__(self, together: Together, step: int, elapsed: float) -> None:
        self.together = together
        self.elapsed = elapsed
        """Seconds of training in all, earlier workers included, pauses not."""
        self._looked = self._told = time.monotonic()
        self._looked_step = self._told_step = step
        self._next_look = step + 1
        self._aside = 0.0

    def due(self, step: int) -> bool:
        """Whether it is time to look up."""
        if self.together.world > 1:
            return step >= self._next_look
        return time.monotonic() - self._looked >= LOOK

    def looked(self, step: int) -> None:
        """Note that one has looked up; the processes agree when to do so again."""
        now = time.monotonic()
        pace = (step - self._looked_step) / max(now - self._looked, 1e-6)
        self._looked, self._looked_step = now, step
        if self.together.world > 1:
            self._next_look = step + self.together.agreed(max(1, min(round(pace * LOOK), 1000)))

    def talkative(self) -> bool:
        """Whether it is time to say how far one is."""
        return time.monotonic() - self._told >= TOLD

    def told(self, step: int, total: int, batch: int) -> dict[str, Any]:
        """Seconds of training so far; images a second since this was last asked, and the seconds that are left.

        What is done beside the steps takes time that is left, but makes no image slower.
        """
        now, made = time.monotonic(), step - self._told_step
        took = now - self._told
        learned = took - self._aside
        self.elapsed += took if made else 0.0
        self._told, self._told_step, self._aside = now, step, 0.0
        speed = {}
        if made and learned > 0:
            speed = {
                "images_per_second": round(made * batch / learned, 1),
                "left": round((total - step) * took / made, 1),
            }
        return {"elapsed": round(self.elapsed, 1), **speed}

    @contextmanager
    def beside(self) -> Iterator[None]:
        """What is done in here is no step: measuring, answering, writing checkpoints."""
        since = time.monotonic()
        yield
        self._aside += time.monotonic() - since

    def rested(self, seconds: float) -> None:
        """A pause counts for nothing."""
        self._looked += seconds
        self._told += seconds
