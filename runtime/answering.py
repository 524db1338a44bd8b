"""What a trained network says of some images, and of a part of a data set: plain values, and the arrays beside them.

Each task answers in its own way: a class, a mask, boxes, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from runtime.data.dataset import DataSet, Part
from runtime.infer import boxes, classes, masks, numbers, precision, tiles
from runtime.infer.trained import Progress, Trained, read
from runtime.tasks.counting import counting
from runtime.tasks.detection import Found, lenient


class Looked(NamedTuple):
    """Images as the network sees them ``(n, C, H, W)``, their names, what is right (None where nobody knows), and by
    place why one cannot be read."""

    names: Sequence[str]
    pixels: np.ndarray
    right: np.ndarray | None = None
    errors: dict[int, str] = {}  # noqa: RUF012 - never changed


class Said(NamedTuple):
    """An answer for each image, what holds for all of them, and arrays by name."""

    answers: list[dict[str, Any]]
    more: dict[str, Any]
    arrays: dict[str, np.ndarray]


def files(model: Trained, names: Sequence[str]) -> Looked:
    """Image files."""
    found, pixels, errors = read(model, names)
    return Looked(found, pixels, None, errors)


def samples(part: Part, indices: np.ndarray) -> Looked:
    """Samples of a part."""
    some = part.at(indices)
    return Looked(some.files or [str(i) for i in indices], some.images.numpy(), some.targets.numpy())


def said(model: Trained, looked: Looked, top: int = 5) -> Said:
    """What the network says."""
    return _SAID[model.task](model, looked, top)


def _classes(model: Trained, looked: Looked, top: int) -> Said:
    found: list[list[dict[str, Any]]] = [[] for _ in looked.names]
    good = [i for i in range(len(looked.names)) if i not in looked.errors]
    if good:
        scores = classes.probabilities(model, torch.from_numpy(looked.pixels[good]))
        for i, best in zip(good, classes.best_classes(model, scores, top), strict=True):
            found[i] = best
    return Said(_told(looked, "classes", found), {}, {})


def _masks(model: Trained, looked: Looked, top: int) -> Said:
    found = masks.masks(model, torch.from_numpy(looked.pixels))
    arrays = {"masks": found.numpy(), **_right(looked)}
    shares = [masks.shares(model, mask) for mask in found]
    for i, name in enumerate(looked.names if looked.right is None else ()):
        if i not in looked.errors and (pieces := tiles.whole(model, Path(name))):
            shares[i] = masks.shares(model, torch.from_numpy(pieces[1]))
            arrays |= {f"whole_{i}": pieces[0], f"whole_mask_{i}": pieces[1]}
    return Said(_told(looked, "classes", shares), {"classes": list(model.classes)}, arrays)


def _boxes(model: Trained, looked: Looked, top: int) -> Said:
    """Every box, unsure ones too: whoever looks decides by a slider which count."""
    found = boxes.unsure(model, torch.from_numpy(looked.pixels)) if len(looked.pixels) else []
    more = {"classes": list(model.classes), **boxes.usual(model)}
    return Said(_told(looked, "boxes", [listed(one) for one in found]), more, _right(looked))


def _numbers(model: Trained, looked: Looked, top: int) -> Said:
    found: list[list[dict[str, Any]]] = [[] for _ in looked.names]
    good = [i for i in range(len(looked.names)) if i not in looked.errors]
    if good:
        told = numbers.listed(model, numbers.numbers(model, torch.from_numpy(looked.pixels[good])))
        for i, row in zip(good, told, strict=True):
            found[i] = row
    return Said(_told(looked, "numbers", found), {}, _right(looked))


_SAID: dict[str, Callable[[Trained, Looked, int], Said]] = {
    "classification": _classes,
    "segmentation": _masks,
    "detection": _boxes,
    "regression": _numbers,
}


def _right(looked: Looked) -> dict[str, np.ndarray]:
    return {} if looked.right is None else {"right": looked.right}


def _told(looked: Looked, key: str, found: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"image": name, "error": looked.errors[i]} if i in looked.errors else {"image": name, key: found[i]}
        for i, name in enumerate(looked.names)
    ]


def listed(one: Found) -> list[list[float]]:
    """Boxes as rows: left, top, right, bottom, class, score."""
    rows: list[list[float]] = torch.cat(
        (one["boxes"], one["labels"][:, None].float(), one["scores"][:, None]), 1
    ).tolist()
    return rows


def tested(
    model: Trained, data: DataSet, part: str, mistakes: int, progress: Progress
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How good the network is on a part, and the images that it answers worst with what is right."""
    if model.task == "segmentation":
        told = masks.measure(model, data, part, mistakes, progress, every=True)
    elif model.task == "detection":
        told = boxes.measure(model, data, part, mistakes, progress, every=True)
    elif model.task == "regression":
        told = numbers.measure(model, data, part, mistakes, progress, every=True)
    else:
        told = classes.measure(model, data, part, mistakes, progress, every=True)
    worst = data.parts[part].at(np.array([m["index"] for m in told["mistakes"]], np.int64))
    arrays = {"images": worst.images.numpy()}
    if "cells" in told:
        arrays["cells"] = told.pop("cells")
    if "curves" in told:
        curves = told.pop("curves")
        told["curves"], arrays["points"] = precision.told(curves, told["classes"], boxes=model.task == "detection")
    if model.task == "segmentation" and len(worst):
        arrays |= {"right": worst.targets.numpy(), "masks": masks.masks(model, worst.images).numpy()}
    if model.task == "detection":
        arrays["right"] = worst.targets.numpy()
        with lenient(model.model):
            found = boxes.found(model, worst.images) if len(worst) else []
        told["boxes"] = [listed(counting(one, told["threshold"])) for one in found]
    return {**told, "task": model.task}, arrays
