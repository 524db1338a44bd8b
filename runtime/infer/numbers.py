"""Which numbers a trained network foretells of images, and how far off it is on a part of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graph.errors import CanevasError
from runtime.data.dataset import DataSet
from runtime.infer.trained import Progress, Trained, part_of, read, silent
from runtime.metrics import rounded
from runtime.tasks.regression import measures, summed


def numbers(model: Trained, images: Tensor, progress: Progress = silent) -> Tensor:
    """For images ``(N, C, ...)`` as they lie in memory the numbers of each ``(N, K)``."""
    return torch.cat([_answer(output).float().cpu() for output in model.outputs(images, progress)])


def predict(model: Trained, files: Iterable[str | Path]) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The numbers of each image, and the images as the network saw them.

    An image that cannot be read gets ``{image, error}`` instead of ``{image, numbers: [{name, value}]}``.
    """
    names, pixels, errors = read(model, files)
    good = [i for i in range(len(names)) if i not in errors]
    found = numbers(model, torch.from_numpy(pixels[good])) if good else torch.empty(0, 1)
    told = dict(zip(good, listed(model, found), strict=True))
    return [
        {"image": name, "error": errors[i]} if i in errors else {"image": name, "numbers": told[i]}
        for i, name in enumerate(names)
    ], pixels


def listed(model: Trained, found: Tensor) -> list[list[dict[str, Any]]]:
    """For each row of numbers: ``{name, value}``."""
    names = called(model.numbers, found.shape[1])
    return [[{"name": n, "value": rounded(v)} for n, v in zip(names, row, strict=True)] for row in found.tolist()]


def called(names: Sequence[str], n: int) -> tuple[str, ...]:
    """What *n* numbers are called, whose names may not be known."""
    return tuple(names) if len(names) == n else tuple(f"y{i}" for i in range(n)) if n > 1 else ("y",)


def measure(
    model: Trained,
    data: DataSet,
    part: str = "",
    mistakes: int = 0,
    progress: Progress = silent,
    *,
    every: bool = False,
) -> dict[str, Any]:
    """How far off the network is on a part (the one that judges if empty).

    Returns ``{part, classes, numbers, metrics: {r2, mae, rmse, images}, each, mistakes: [{index, right, answer, score,
    file}], scores}``: *numbers* their names, *each* the measures of every one, *scores* by how much each image is
    missed (the mean over its numbers of the error by their standard deviation), and as mistakes the images missed most.
    With *every* also ``{right, answers}`` of each sample.

    Raises:
        CanevasError: there is no such part, or the data are not what the network was made for.
    """
    part, samples = part_of(data, part)
    if data.task != "regression":
        raise CanevasError(
            "The network foretells numbers; {name} has none ({task}).", name=data.description.name, task=data.task
        )
    found, right = numbers(model, samples.images, progress), samples.targets
    if found.shape != right.shape:
        raise CanevasError(
            "The network foretells {n} numbers of each image; {name} tells {given}.",
            n=found.shape[1],
            name=data.description.name,
            given=right.shape[1],
        )
    figures = measures(summed(found, right))
    missed = ((found - right).abs() / right.std(0, correction=0).clamp(min=1e-12)).mean(1)
    worst = missed.argsort(descending=True, stable=True)[:mistakes].tolist()
    told = {
        "part": part,
        "classes": [],
        "numbers": list(called(data.numbers, found.shape[1])),
        "metrics": {name: figures[name] for name in ("r2", "mae", "rmse")} | {"images": len(samples)},
        "each": figures["each"],
        "mistakes": [
            {
                "index": i,
                "right": _row(right[i]),
                "answer": _row(found[i]),
                "score": rounded(float(missed[i])),
                "file": samples.files[i] if samples.files else "",
            }
            for i in worst
        ],
        "scores": _row(missed),
    }
    return told | ({"right": [*map(_row, right)], "answers": [*map(_row, found)]} if every else {})


def _row(values: Tensor) -> list[float | None]:
    return [rounded(value) for value in values.tolist()]


def _answer(output: Any) -> Tensor:
    """The numbers among what a network answers: the only output, or the first that is one row per image."""
    for value in output.values() if isinstance(output, dict) else (output,):
        if isinstance(value, Tensor) and value.ndim == 2:
            return value
    raise CanevasError("The network does not answer with a row of numbers for each image, so it cannot foretell any.")
