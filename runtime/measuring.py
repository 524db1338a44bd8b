"""How good a network is on a part of the data: all processes together, as many images at a time as memory allows."""

from __future__ import annotations

from typing import Any

from runtime.data.batches import Batches, in_order
from runtime.data.dataset import Part
from runtime.machine import out_of_memory
from runtime.tasks.task import Task
from runtime.together import Together


def measured(task: Task, part: Part, batches: Batches, together: Together, *, exact: bool = False) -> dict[str, Any]:
    """Loss, measures and confusion on *part*; *exact*: in 32 bits."""
    size = 0
    while True:
        device, rank, world = together.fabric.device, together.rank, together.world
        share = in_order(part, batches.normalized, device, rank, world, size, batches.ready)
        try:
            sums = task.measured(share, None if exact else together.fabric.autocast())
            break
        except Exception as error:
            # of several processes the others would wait forever for the one that begins again
            if not out_of_memory(error) or size == 1 or world > 1:
                raise
        size = max(1, (size or 2 * batches.recipe.batch) // 2)
    sums.totals, sums.confusion = together.summed(sums.totals), together.summed(sums.confusion)
    if hasattr(sums, "found"):
        sums.found = [pair for some in together.gathered(sums.found) for pair in some]
    return task.shown(sums)
