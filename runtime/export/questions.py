"""What the running model and a fresh process are both asked: random numbers, and what the loading example asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from graph.analysis import Report
from graph.layer import TRAINING
from graph.tensors import Tensor as Flow
from runtime.export import proof
from runtime.export.free import Free, hoped
from runtime.export.referee import Question
from runtime.schedule import schedule
from runtime.tasks.detection import gates


@dataclass(frozen=True, eq=False)
class Model:
    """The running model, and the parts that a graph is made of.

    Args:
        whole: the model, and *report* its analysis.
        dense: what leaves as a graph: the whole, or what stands before the detections.
        rest: what makes detections of *between*, which says by the name of what it takes the output of the dense part.
    """

    whole: nn.Module
    report: Report
    dense: nn.Module
    dense_report: Report
    rest: nn.Module | None = None
    rest_report: Report | None = None
    between: Mapping[str, str] = field(default_factory=dict)

    def after(self, inputs: Sequence[Any], dense: Any) -> tuple[Tensor, ...]:
        """What the rest is called with, from the inputs and the answer of the dense part."""
        names = list(self.report.inputs)
        given = dense if isinstance(dense, dict) else dict.fromkeys(self.between.values(), dense)
        return tuple(given[out] if out else inputs[names.index(name)] for name, out in self.between.items())


def of_cases(given: Sequence[proof.Case]) -> dict[str, Question]:
    """A question for each of *given*, by ``run.NUMBER``."""
    return {f"run.{n}": Question(case, _flat(f"run.{n}")) for n, case in enumerate(given)}


def of_example(model: Model, found: Mapping[str, Tensor]) -> dict[str, Question]:
    """What the loading example asks of its own model, as *found*: a picture that it has prepared."""
    given = tuple(found[name] for name in found if name == "x" or name.startswith("x."))
    if model.rest is None:
        return {"example": Question(given, _flat("example"))}

    def crossing(inputs: proof.Case, answer: Any) -> dict[str, Tensor]:
        values = model.after(inputs, answer)
        return {f"between.{name}": value for name, value in zip(model.between, values, strict=True)}

    return {"between": Question(given, crossing)}


def _flat(key: str) -> Callable[[proof.Case, Any], dict[str, Tensor]]:
    return lambda inputs, answer: proof.flat(answer, key)


def cases(report: Report, free: Free | None) -> list[proof.Case]:
    """What the models are called with: random numbers, the same every time; targets if there is nothing but losses.

    Two images, then one, where the number is free (three were followed to make the graph).  The one is of another size,
    and another of the smallest, where a graph promises sizes: then they are *free*; None is for what is no graph.
    """
    chance = torch.Generator().manual_seed(0)
    shapes = [flow.shape for flow in report.inputs.values() if isinstance(flow, Flow)]
    plan, promised = schedule(report), free or hoped(report)[0]
    found = [_case(2 if promised.batch else 1, shapes, plan, chance)]
    if not promised.batch or plan.modes == (TRAINING,):
        return found
    if free is None or not free.sides:
        return [*found, _case(1, shapes, plan, chance)]
    channels, *sizes = shapes[0]
    other = (channels, *(n + free.step * i for i, n in enumerate(sizes, 1)))
    smallest = (channels, *[free.low] * len(free.sides))
    return [*found, *(_case(1, [shape], plan, chance) for shape in (other, smallest))]


def _case(n: int, shapes: Sequence[tuple[int, ...]], plan: Any, chance: torch.Generator) -> proof.Case:
    found: list[Any] = [torch.randn(n, *shape, generator=chance) for shape in shapes]
    if plan.modes == (TRAINING,):
        labels = {name: torch.zeros(n, dtype=torch.int64) for name in plan.targets}
        found.append(labels if len(labels) > 1 else next(iter(labels.values()), None))
    return tuple(found)


def certain(model: Model) -> dict[str, dict[str, float]]:
    """Thresholds by which the post-processing keeps what is unsure, too, by paths of its modules."""
    if model.rest is None:
        return {}
    chosen = gates(model.rest)
    found = {path: module for path, module in model.rest.named_modules() if any(module is one for one in chosen)}
    return {path: {"threshold": min(gate.threshold, 0.0)} for path, gate in found.items()}


@contextmanager
def lenient(rest: nn.Module, thresholds: Mapping[str, Mapping[str, float]]) -> Iterator[None]:
    """Other thresholds for the modules of *rest*, afterwards as before."""
    kept = {path: dict(vars(rest.get_submodule(path))) for path in thresholds}
    for path, values in thresholds.items():
        vars(rest.get_submodule(path)).update(values)
    try:
        yield
    finally:
        for path, values in thresholds.items():
            vars(rest.get_submodule(path)).update({name: kept[path][name] for name in values})
