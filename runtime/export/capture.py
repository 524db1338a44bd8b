"""A model as a graph of torch's own operations, with the dimensions free that the network allows (``torch.export``)."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from graph.analysis import Report
from runtime.export.free import Free

BATCH = 3
"""Images in the example that is followed; 0 and 1 would be taken for constants."""


class Captured(NamedTuple):
    """The graph, and what is free in it."""

    program: ExportedProgram
    free: Free


class Unfit(Exception):
    """Torch cannot follow the model so freely; says why."""


def capture(model: nn.Module, report: Report, free: Free) -> Captured:
    """The graph of *model* in evaluation, with the dimensions *free*.

    Raises:
        Unfit: torch cannot follow it, or only with fewer free dimensions.
    """
    images = tuple(torch.zeros(BATCH if free.batch else 1, *flow.shape) for flow in report.inputs.values())  # type: ignore[union-attr]
    try:
        with warnings.catch_warnings(action="ignore"):
            program = torch.export.export(model.eval(), images, dynamic_shapes=_dims(images, free))
    except Exception as error:  # torch raises many kinds; each means that this much is not free
        raise Unfit((str(error).strip().splitlines() or [type(error).__name__])[0][:300]) from error
    _forget_places(program)
    return Captured(program, _taken(program, images, _found(program, free)))


def _forget_places(program: ExportedProgram) -> None:
    """Take out the lines of files that each operation came from: they name folders of this machine."""
    for module in program.graph_module.modules():
        for node in getattr(module, "graph", program.graph).nodes:
            node.meta.pop("stack_trace", None)


def _dims(images: tuple[Tensor, ...], free: Free) -> tuple[dict[int, Any], ...]:
    if not free.batch:
        return tuple({} for _ in images)
    batch = Dim("batch", min=1)
    found: list[dict[int, Any]] = [{0: batch} for _ in images]
    for axis, side in enumerate(free.sides, 2):
        rest = images[0].shape[axis] % free.step
        steps = Dim(side, min=max(1, (free.low - rest) // free.step))
        size = steps if free.step == 1 else free.step * steps
        found[0][axis] = size + rest if rest else size
    return tuple(found)


def symbols(program: ExportedProgram) -> list[list[Any]]:
    """For each input the sizes of its dimensions, as numbers or as expressions of free symbols."""
    given = {spec.arg.name for spec in program.graph_signature.input_specs if spec.kind.name == "USER_INPUT"}
    nodes = [node for node in program.graph.nodes if node.op == "placeholder" and node.name in given]
    shapes = [node.meta["val"].shape for node in nodes if isinstance(node.meta.get("val"), Tensor)]
    return [[n.node.expr if isinstance(n, torch.SymInt) else n for n in shape] for shape in shapes]


def _found(program: ExportedProgram, free: Free) -> Free:
    """*free* with the lower end that torch found."""
    if not free.sides:
        return free
    lows = [free.low]
    for size in symbols(program)[0][2:]:
        symbol = next(iter(size.free_symbols))
        lows.append(int(size.subs(symbol, int(program.range_constraints[symbol].lower))))
    return replace(free, low=max(lows))


def _taken(program: ExportedProgram, images: tuple[Tensor, ...], free: Free) -> Free:
    """*free* from the smallest size that the graph does take.

    Torch may have noted that a map is larger than one pixel, which makes a guard of its own and no range.
    """
    if not free.sides:
        return free
    graph, channels, largest = program.module(), images[0].shape[1], min(images[0].shape[2:])
    sizes = range(free.low, largest, free.step)
    fits = (n for n in sizes if _takes(graph, torch.zeros(1, channels, *[n] * len(free.sides))))
    return replace(free, low=next(fits, largest))


def _takes(graph: nn.Module, image: Tensor) -> bool:
    try:
        with torch.inference_mode():
            graph(image)
    except (AssertionError, RuntimeError):  # what its guards raise
        return False
    return True
