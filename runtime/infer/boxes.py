"""What a trained network finds in images, and how well it finds what is in a part of a data set."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

from graph.errors import CanevasError
from runtime.data.dataset import DataSet
from runtime.data.preprocessing import Preprocessing
from runtime.infer import judging, precision
from runtime.infer.trained import Progress, Trained, part_of, read, silent
from runtime.metrics import rounded
from runtime.tasks.counting import balance, counting
from runtime.tasks.detection import Found, gates, lenient, measures, plain, right_of

COLORS = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#A05ADC")
"""Colors of boxes by class, repeated (Okabe and Ito, 2008)."""


def found(model: Trained, images: Tensor, progress: Progress = silent) -> list[Found]:
    """For bytes ``(N, C, H, W)`` the boxes found in each, in pixels of these images."""
    answers: list[Found] = []
    for output in model.outputs(images, progress):
        answers += [plain(one) for one in detections(output)]
    return answers


def predict(model: Trained, files: Iterable[str | Path]) -> tuple[list[dict[str, Any]], np.ndarray, list[Found]]:
    """The objects in each image file, in pixels of that file; the images as the network saw them, and what it found.

    An image that cannot be read gets ``{image, error}`` instead of ``{image, boxes: [{label, score, box: [left, top,
    right, bottom]}]}``; the surest come first.
    """
    names, pixels, errors = read(model, files)
    seen = found(model, torch.from_numpy(pixels)) if names else []
    answers: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        if i in errors:
            answers.append({"image": name, "error": errors[i]})
        else:
            answers.append({"image": name, "boxes": told(model, on_file(seen[i], Path(name), model.preprocessing))})
    return answers, pixels, seen


def unsure(model: Trained, images: Tensor, most: int = 300, progress: Progress = silent) -> list[Found]:
    """Boxes before any is left out for being unsure or for saying it twice, the surest *most* of each image."""
    with lenient(model.model, overlap=1.0):
        answers = found(model, images, progress)
    return [{name: one[name][one["scores"].argsort(descending=True)[:most]] for name in one} for one in answers]


def usual(model: Trained) -> dict[str, float]:
    """``threshold`` and ``overlap`` that the network itself uses."""
    gate = next(iter(gates(model.model)), None)
    return {"threshold": float(gate.threshold), "overlap": float(gate.overlap)} if gate else {}


def told(model: Trained, one: Found) -> list[dict[str, Any]]:
    """Boxes as a list, the surest first."""
    order = one["scores"].argsort(descending=True, stable=True).tolist()
    return [
        {
            "label": model.label(int(one["labels"][i])),
            "score": rounded(float(one["scores"][i])),
            "box": [round(value, 2) for value in one["boxes"][i].tolist()],
        }
        for i in order
    ]


def on_file(one: Found, file: Path, as_told: Preprocessing) -> Found:
    """The same boxes in pixels of the image file."""
    with Image.open(file) as image:
        width, height = ImageOps.exif_transpose(image).size
    seen, boxes = as_told.seen((height, width)), one["boxes"].clone()
    boxes[:, [0, 2]] = (boxes[:, [0, 2]] * seen.wide + seen.left).clamp(0, width)
    boxes[:, [1, 3]] = (boxes[:, [1, 3]] * seen.high + seen.top).clamp(0, height)
    return {**one, "boxes": boxes}


def measure(
    model: Trained,
    data: DataSet,
    part: str = "",
    mistakes: int = 0,
    progress: Progress = silent,
    *,
    every: bool = False,
) -> dict[str, Any]:
    """How well the network finds what is in a part (the one that judges if empty).

    Returns ``{part, classes, metrics: {map50, map, voc, voc07, images}, ap50, threshold, overlap, scores, errors,
    mistakes: [{index, score, errors, file}]}``: *ap50* by class; the other measures depend on which boxes count, those
    surer than the *threshold* where precision and recall are balanced best (see :mod:`runtime.tasks.counting`).  With
    *every* also ``confusion``, ``cells``, and ``curves``: the :class:`~runtime.infer.precision.Curve` of each class.

    Raises:
        CanevasError: there is no such part, or the data have other classes.
    """
    part, samples = part_of(data, part)
    n = len(model.classes) or len(data.classes)
    if data.task != "detection" or len(data.classes) != n:
        raise CanevasError(
            "The network finds objects of {n} classes; {name} has {given} ({task}).",
            n=n,
            name=data.description.name,
            given=len(data.classes),
            task=data.task,
        )
    right = list(right_of(samples.targets))
    with lenient(model.model):
        unsure = found(model, samples.images, progress)
    pairs = list(zip(unsure, right, strict=True))
    figures = measures(pairs, n)
    gate = usual(model)
    threshold = balance(pairs) or gate.get("threshold", 0.0)
    sure = [counting(one, threshold) for one in unsure]
    told = judging.judged(sure, right, n, samples.files, mistakes)
    if not every:
        told = {name: told[name] for name in ("scores", "errors", "mistakes")}
    return {
        "part": part,
        "classes": [model.label(i) for i in range(n)],
        "metrics": {name: figures[name] for name in ("map50", "map", "voc", "voc07")} | {"images": len(samples)},
        "ap50": figures["ap50"],
        **gate,
        "threshold": threshold,
        **told,
        **({"curves": precision.of_boxes(pairs, n)} if every else {}),
    }


def drawn(file: Path, boxes: list[dict[str, Any]], classes: tuple[str, ...]) -> Image.Image:
    """The image of a file with the boxes that were found in it."""
    with Image.open(file) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for one in reversed(boxes):
        known = classes.index(one["label"]) if one["label"] in classes else 0
        color = COLORS[known % len(COLORS)]
        pen.rectangle(one["box"], outline=color, width=max(1, round(max(picture.size) / 300)))
        pen.text((one["box"][0] + 2, one["box"][1] + 1), f"{one['label']} {one['score']:.2f}", fill=color)
    return picture


def detections(output: Any) -> list[Found]:
    """The boxes among what a network answers: the only output, or the first that is a list of them."""
    for value in output.values() if isinstance(output, dict) else (output,):
        if isinstance(value, list):
            return value
    raise CanevasError("The network does not answer with boxes, so it cannot find objects.")
