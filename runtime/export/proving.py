"""Whether a fresh process agrees with the running model, on random numbers and on the picture of the example."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from graph.text import Message, say, tr
from runtime.data import images as image_files
from runtime.data.batches import Normalization
from runtime.data.preprocessing import Preprocessing
from runtime.export import Progress, proof
from runtime.export.compare import TOLERANCE, WRONG, Compared, compared, little
from runtime.export.free import Free
from runtime.export.questions import Model, cases, certain, lenient, of_cases, of_example
from runtime.export.referee import Question, Referee
from runtime.export.running import WEIGHTS
from runtime.formats import GRAPHS

PREPARED = 1e-5
"""By how much the example's picture may differ from what Canevas makes of it: the same formula, otherwise rounded."""


@dataclass(frozen=True)
class Checked:
    """What came of it: the largest difference of an answer, what is wrong, the proof in a sentence, and a caution."""

    difference: float
    wrong: tuple[Message, ...]
    sentence: str
    caution: Message | None = None


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
    given, thresholds = cases(model.report, free), certain(model)
    ours, after = _answers(model, given, thresholds)
    weights = model.whole.state_dict() if format == "python" else None
    text = example if model.report.outputs else ""  # a network of losses alone answers nothing
    asked = proof.Asked(files, opening, given, after, thresholds, text, weights, tuple(model.between))
    size = (40, 52) if told is None else (told.size[0] + 11, 2 * told.size[1] + 5)
    found = proof.answers(asked, size, lambda: progress(0.7, tr("Running it in a fresh process")))
    questions = of_cases(given)
    if text:
        questions |= of_example(model, found)
        ours |= _of_example(model, found, questions)
    results = _compared(model, ours, found, questions, TOLERANCE[format])
    caution = little(ours["run.0"], len(given[0][0]), results["run.0"].allowed) if format in GRAPHS else None
    every = [_weights(model, found), *results.values()]
    if text and told is not None:
        every.append(_prepared(told, found["x"], size))
    worst = max(results.values(), key=lambda one: one.difference)
    return Checked(worst.difference, _wrong(every), sentence(worst, len(given), bool(text)), caution)


def _answers(
    model: Model, given: Sequence[proof.Case], thresholds: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, dict[str, Tensor]], list[proof.Case]]:
    """What the running model answers to each case, by ``run.CASE`` and ``after.CASE``; what its rest was given."""
    ours, after = dict[str, dict[str, Tensor]](), list[proof.Case]()
    with torch.no_grad():
        for n, case in enumerate(given):
            answer = model.dense(*case)
            ours[f"run.{n}"] = proof.flat(answer, f"run.{n}")
            if model.rest is not None:
                after.append(tuple(one.contiguous() for one in model.after(case, answer)))
                with lenient(model.rest, thresholds):
                    ours[f"after.{n}"] = proof.flat(model.rest(*after[-1]), f"after.{n}")
    return ours, after


def _wrong(every: Sequence[Compared]) -> tuple[Message, ...]:
    """What is wrong, each kind of mistake once, where it is largest."""
    by_size = sorted((one for one in every if one.wrong is not None), key=lambda one: one.difference)
    return tuple({one.wrong.template: one.wrong for one in by_size if one.wrong is not None}.values())


def sentence(worst: Compared, batches: int, example: bool) -> str:
    """The result of the proof in words, by where the answers differ most."""
    said = tr(
        "Opened in a fresh process without Canevas, run on {n} batches of random numbers: largest difference {d}.",
        n=batches,
        d="0" if worst.difference == 0 else f"{worst.difference:.1e}",
    )
    if worst.difference > 0:
        said += " " + tr("Rounding explains up to {allowed}.", allowed=f"{worst.accepted:.1e}")
    return f"{said} {tr('The example above was run, too.')}" if example else said


def _of_example(
    model: Model, found: Mapping[str, Tensor], questions: Mapping[str, Question]
) -> dict[str, dict[str, Tensor]]:
    """What the running model answers to what the example gave to its own.

    The post-processing is given what the dense part answered there: of numbers that differ by a rounding error, the
    surest thousand may be others.
    """
    if model.rest is None:
        return {"example": questions["example"].put(model.dense)}
    theirs = [found.get(f"between.{name}") for name in model.between]
    with torch.no_grad():
        answer = model.rest(*theirs) if all(value is not None for value in theirs) else ()
    return {"between": questions["between"].put(model.dense), "example": proof.flat(answer, "example")}


def _compared(
    model: Model,
    ours: Mapping[str, dict[str, Tensor]],
    found: Mapping[str, Tensor],
    questions: Mapping[str, Question],
    tolerance: float,
) -> dict[str, Compared]:
    """What came of each question."""
    referee, results = Referee(model.dense), dict[str, Compared]()
    for name, one in ours.items():
        theirs = {key: value for key, value in found.items() if key == name or key.startswith(f"{name}.")}
        kind = "example" if name == "between" else name.split(".")[0]
        results[name] = compared(kind, one, theirs, tolerance, questions.get(name), referee)
    return results


def _weights(model: Model, found: Mapping[str, Tensor]) -> Compared:
    """Whether the weights that the file gave back are those of the model, bit by bit, where it tells."""
    dense = model.dense.state_dict()
    for key, told in found.items():
        name = key.removeprefix(WEIGHTS)
        if name != key and (name not in dense or told.numpy().tobytes() != proof.digest(dense[name])):
            return Compared(0.0, wrong=say(WRONG["weights"].template, name=name))
    return Compared(0.0)


def _prepared(told: Preprocessing, x: Tensor, size: tuple[int, int]) -> Compared:
    """Whether the example makes of its picture what Canevas makes of it."""
    if told.channels not in (1, 3):
        return Compared(0.0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, proof.PICTURE)
        proof.draw(file, size)
        ours = torch.from_numpy(image_files.read(file, told)[None].copy())
    prepared = Normalization(told, torch.device("cpu"))(ours)
    return compared("picture", {"x": prepared}, {"x": x}, PREPARED)
