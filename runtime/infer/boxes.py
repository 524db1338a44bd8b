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
from runtime.infer import precision
from runtime.infer.trained import Progress, Trained, part_of, read, silent
from runtime.metrics import rounded
from runtime.tasks.detection import Found, gates, lenient, measures, met, plain, right_of
from runtime.tasks.task import cells

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


def unsure(model: Trained, images: Tensor, most: int = 300) -> list[Found]:
    """Boxes before any is left out for being unsure or for saying it twice, the surest *most* of each image."""
    with lenient(model.model, overlap=1.0):
        answers = found(model, images)
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

    Returns ``{part, classes, metrics: {map50, map, voc, voc07, images}, ap50, mistakes: [{index, score, file}],
    scores}``: *ap50* by class; *scores* of each image the share of its objects that were found (IoU .5, at the
    network's own threshold) among these and what was found in vain; as mistakes the images with the lowest.  With
    *every* also ``curves``: the :class:`~runtime.infer.precision.Curve` of each class; ``confusion``,
    ``(n + 1, n + 1)``, whose last row counts what was found where nothing is and whose last column what was missed; and
    ``cells``, an array ``(P, 4)``: an image, a class, what it was taken for, and how often.

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
    figures = measures(list(zip(unsure, right, strict=True)), n)
    sure = found(model, samples.images)
    scores = [met(one, wanted) for one, wanted in zip(sure, right, strict=True)]
    worst = sorted(range(len(scores)), key=lambda i: scores[i])[:mistakes]
    return {
        "part": part,
        "classes": [model.label(i) for i in range(n)],
        "metrics": {name: figures[name] for name in ("map50", "map", "voc", "voc07")} | {"images": len(samples)},
        "ap50": figures["ap50"],
        "mistakes": [
            {"index": i, "score": scores[i], "file": samples.files[i] if samples.files else ""} for i in worst
        ],
        "scores": scores,
        **(_every(unsure, sure, right, n) if every else {}),
    }


def _every(unsure: list[Found], sure: list[Found], right: list[Found], n: int) -> dict[str, Any]:
    """The curve of each class, and what was taken for what."""
    tables = [confused(one, wanted, n) for one, wanted in zip(sure, right, strict=True)]
    return {
        "curves": precision.of_boxes(zip(unsure, right, strict=True), n),
        "confusion": sum(tables, torch.zeros(n + 1, n + 1, dtype=torch.long)).tolist(),
        "cells": cells(tables),
    }


def confused(one: Found, right: Found, n: int, overlap: float = 0.5) -> Tensor:
    """Objects of an image (rows) by what they were taken for, ``(n + 1, n + 1)``; the last of either is nothing.

    The surest box comes first, and is taken for the object that it overlaps most, whatever its class, if it does so by
    *overlap* at least and no surer one was.
    """
    from torchvision.ops import box_iou

    table = torch.zeros(n + 1, n + 1, dtype=torch.long)
    both = box_iou(one["boxes"].float(), right["boxes"].float())
    missed, vain = set(range(len(right["labels"]))), set(range(len(one["labels"])))
    for j in one["scores"].argsort(descending=True, stable=True).tolist():
        met_by = [(float(both[j, i]), i) for i in missed if both[j, i] >= overlap]
        if met_by:
            i = max(met_by)[1]
            missed.remove(i)
            vain.remove(j)
            table[int(right["labels"][i]), int(one["labels"][j])] += 1
    for i in missed:
        table[int(right["labels"][i]), n] += 1
    for j in vain:
        table[n, int(one["labels"][j])] += 1
    return table


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
