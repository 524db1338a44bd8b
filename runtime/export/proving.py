"""Whether a fresh process agrees with the running model, on random images and on the picture of the loading example."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from graph.analysis import Report
from graph.layer import TRAINING
from graph.tensors import Tensor as Flow
from graph.text import tr
from runtime.data import images as image_files
from runtime.data.batches import Normalization
from runtime.data.preprocessing import Preprocessing
from runtime.export import Progress, proof
from runtime.export.free import Free, hoped
from runtime.schedule import schedule
from runtime.tasks.detection import gates

TOLERANCE = {"pt": 1e-6, "python": 1e-6, "safetensors": 1e-6, "pt2": 1e-6, "onnx": 1e-5}
"""By format the largest difference that is accepted, as a share of the largest number answered (at least of 1e-3).

The same sums in the same order differ by nothing; another program adds in another order."""

PREPARED = 1e-5
"""By how much the example's picture may differ from what Canevas makes of it: the same formula, otherwise rounded."""


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


@dataclass(frozen=True)
class Checked:
    """What came of it: whether all agreed, the largest difference, and both in a sentence."""

    verified: bool
    difference: float
    sentence: str


def check(
    model: Model,
    files: tuple[Path, ...],
    opening: str,
    example: str,
    told: Preprocessing | None,
    free: Free | None,
    format: str,
    progress: Progress,
) -> Checked:
    """Run *files* in a fresh process, and compare what it says with what *model* answers.

    Raises:
        FileError: the process cannot run them.
    """
    given = cases(model.report, free)
    expected: dict[str, Tensor] = {}
    after: list[proof.Case] = []
    sure = {path: {"threshold": min(gate.threshold, 0.0)} for path, gate in _gates(model.rest).items()}
    with torch.no_grad():
        for n, case in enumerate(given):
            answer = model.dense(*case)
            expected |= proof.flat(answer, f"run.{n}")
            if model.rest is not None:
                after.append(tuple(one.contiguous() for one in model.after(case, answer)))
                with _lenient(model.rest, sure):
                    expected |= proof.flat(model.rest(*after[-1]), f"after.{n}")
    weights = model.whole.state_dict() if format == "python" else None
    asked = proof.Asked(files, opening, given, after, sure, _run_of(example, model), weights, tuple(model.between))
    size = (40, 52) if told is None else (told.size[0] + 11, 2 * told.size[1] + 5)
    found = proof.answers(asked, size, lambda: progress(0.7, tr("Running it in a fresh process")))
    if asked.example:
        expected |= _of_example(model, found)
    difference, within = _compared(expected, found, TOLERANCE[format])
    if told is not None and asked.example and "x" in found:
        within = within and _prepared_alike(told, found["x"], size)
    return Checked(within, difference, sentence(difference, len(given), bool(asked.example)))


def sentence(difference: float, cases: int, example: bool) -> str:
    """The result of the proof in words."""
    said = tr(
        "Opened in a fresh process without Canevas, run on {n} batches of random numbers: largest difference {d}.",
        n=cases,
        d="0" if difference == 0 else f"{difference:.1e}",
    )
    return f"{said} {tr('The example above was run, too.')}" if example else said


def cases(report: Report, free: Free | None) -> list[proof.Case]:
    """What the models are called with: random numbers, the same every time; targets if there is nothing but losses.

    Three images, and one, where the number is free; one of another size, where that is.
    """
    chance = torch.Generator().manual_seed(0)
    shapes = [flow.shape for flow in report.inputs.values() if isinstance(flow, Flow)]
    free = free or hoped(report)[0]
    plan = schedule(report)
    found = [_case(3 if free.batch else 1, shapes, plan, chance)]
    if free.batch and plan.modes != (TRAINING,):
        found.append(_case(1, shapes, plan, chance))
        if free.sides:
            steps = [free.step * (i + 1) for i in range(len(free.sides))]
            other = (shapes[0][0], *(n + more for n, more in zip(shapes[0][1:], steps, strict=True)))
            found.append(_case(1, [other], plan, chance))
    return found


def _case(n: int, shapes: Sequence[tuple[int, ...]], plan: Any, chance: torch.Generator) -> proof.Case:
    found: list[Any] = [torch.randn(n, *shape, generator=chance) for shape in shapes]
    if plan.modes == (TRAINING,):
        labels = {name: torch.zeros(n, dtype=torch.int64) for name in plan.targets}
        found.append(labels if len(labels) > 1 else next(iter(labels.values()), None))
    return tuple(found)


def _run_of(example: str, model: Model) -> str:
    """The example, if there is anything that it could run: a network of losses alone answers nothing."""
    return example if model.report.outputs else ""


def _of_example(model: Model, found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the running model answers to what the example gave to its own.

    The post-processing is given what the dense part answered there: of numbers that differ by a rounding error, the
    surest thousand may be others.
    """
    names = [key for key in found if key == "x" or key.startswith("x.")]
    given = [found[name] for name in names]
    expected = {name: found[name] for name in names}
    with torch.no_grad():
        answer = model.dense(*given)
        if model.rest is not None:
            expected |= {f"between.{n}": v for n, v in zip(model.between, model.after(given, answer), strict=True)}
            theirs = [found.get(f"between.{name}") for name in model.between]
            answer = model.rest(*theirs) if all(value is not None for value in theirs) else ()
    return expected | proof.flat(answer, "example")


def _compared(expected: dict[str, Tensor], found: dict[str, Tensor], tolerance: float) -> tuple[float, bool]:
    """The largest difference, and whether each is within the tolerance of its case."""
    if set(expected) != set(found):
        return float("inf"), False
    groups: dict[str, list[str]] = {}
    for key in expected:
        groups.setdefault(".".join(key.split(".")[:2]), []).append(key)
    most, within = 0.0, True
    for keys in groups.values():
        ours, theirs = ({key: one[key] for key in keys} for one in (expected, found))
        apart = proof.largest(ours, theirs)
        most, within = max(most, apart), within and apart <= tolerance * max(proof.scale(ours), 1e-3)
    return most, within


def _prepared_alike(told: Preprocessing, x: Tensor, size: tuple[int, int]) -> bool:
    """Whether the example makes of its picture what Canevas makes of it."""
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    if told.channels not in (1, 3):
        return True
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, proof.PICTURE)
        Image.fromarray(pixels).save(file)
        ours = torch.from_numpy(image_files.read(file, told)[None].copy())
    prepared = Normalization(told, torch.device("cpu"))(ours)
    return proof.largest(prepared, x) <= PREPARED * max(1.0, float(prepared.abs().max()))


def _gates(rest: nn.Module | None) -> dict[str, Any]:
    """The modules of the rest that leave out what is unsure, by path."""
    if rest is None:
        return {}
    chosen = gates(rest)
    return {path: module for path, module in rest.named_modules() if any(module is one for one in chosen)}


class _lenient:
    """``with _lenient(rest, sure):`` other thresholds for its gates, afterwards as before."""

    def __init__(self, rest: nn.Module, sure: Mapping[str, Mapping[str, float]]) -> None:
        self.modules = {rest.get_submodule(path): gate for path, gate in sure.items()}

    def __enter__(self) -> None:
        self.before = [{name: getattr(m, name) for name in gate} for m, gate in self.modules.items()]
        for module, gate in self.modules.items():
            vars(module).update(gate)

    def __exit__(self, *_: object) -> None:
        for module, before in zip(self.modules, self.before, strict=True):
            vars(module).update(before)
