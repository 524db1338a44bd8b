"""How fast training goes: when to look up, and what to say about the time that is left."""

from __future__ import annotations

import time
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
        """Seconds of training so far; images a second since this was last asked, and the seconds that are left."""
        now, made = time.monotonic(), step - self._told_step
        took = now - self._told
        self.elapsed += took if made else 0.0
        self._told, self._told_step = now, step
        speed = {}
        if made and took > 0:
            speed = {
                "images_per_second": round(made * batch / took, 1),
                "left": round((total - step) * took / made, 1),
            }
        return {"elapsed": round(self.elapsed, 1), **speed}

    def rested(self, seconds: float) -> None:
        """A pause counts for nothing."""
        self._looked += seconds
        self._told += seconds
