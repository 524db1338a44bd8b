"""What a trained network says each pixel is, and how well it meets the areas of a part of a data set."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from graph.errors import CanevasError
from runtime.data.dataset import DataSet
from runtime.data.preprocessing import Preprocessing
from runtime.data.targets import UNCOUNTED, cropped
from runtime.infer import tiles
from runtime.infer.trained import Progress, Trained, part_of, read, silent
from runtime.metrics import rounded
from runtime.tasks.segmentation import measures
from runtime.tasks.task import cells, likeliest, table


def masks(model: Trained, images: Tensor, progress: Progress = silent) -> Tensor:
    """For bytes ``(N, C, H, W)`` the class of each pixel ``(N, H, W)``, bytes.

    A network whose convolutions are not padded answers for the middle of an image; around it stands 255.
    """
    size = (int(images.shape[-2]), int(images.shape[-1]))
    return torch.cat(
        [cropped(likeliest(scores_of(o)).to(torch.uint8).cpu(), size) for o in model.outputs(images, progress)]
    )


def predict(model: Trained, files: Iterable[str | Path]) -> tuple[list[dict[str, Any]], np.ndarray, list[np.ndarray]]:
    """The share of each class in each image, the images as the network saw them, and masks as large as the files.

    An image that is larger than those that the network learned from is answered in pieces.  One that cannot be read
    gets ``{image, error}`` instead of ``{image, classes: [{index, label, score}]}`` and an empty mask; *score* is the
    share of the pixels that were answered.
    """
    names, pixels, errors = read(model, files)
    found = masks(model, torch.from_numpy(pixels)) if names else torch.empty(0)
    answers: list[dict[str, Any]] = []
    whole: list[np.ndarray] = []
    for i, name in enumerate(names):
        if i in errors:
            answers.append({"image": name, "error": errors[i]})
            whole.append(np.empty((0, 0), np.uint8))
        elif pieces := tiles.whole(model, Path(name)):
            answers.append({"image": name, "classes": shares(model, torch.from_numpy(pieces[1]))})
            whole.append(as_large(pieces[1], Path(name)))
        else:
            answers.append({"image": name, "classes": shares(model, found[i])})
            whole.append(on_image(found[i].numpy(), Path(name), model.preprocessing))
    return answers, pixels, whole


def shares(model: Trained, mask: Tensor) -> list[dict[str, Any]]:
    """The classes in a mask, largest first, each with its share of the pixels that were answered."""
    counts = torch.bincount(mask.flatten().long(), minlength=256)[:UNCOUNTED]
    total = max(int(counts.sum()), 1)
    order = [int(i) for i in counts.argsort(descending=True) if counts[i] > 0]
    return [{"index": i, "label": model.label(i), "score": rounded(int(counts[i]) / total)} for i in order]


def as_large(mask: np.ndarray, file: Path) -> np.ndarray:
    """A mask of the whole image at the size of its file."""
    with Image.open(file) as image:
        size = ImageOps.exif_transpose(image).size
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def on_image(mask: np.ndarray, file: Path, as_told: Preprocessing) -> np.ndarray:
    """A mask at the size of its image file: what the network did not see of it is 255."""
    with Image.open(file) as image:
        width, height = ImageOps.exif_transpose(image).size
    (h, w), seen = as_told.size, as_told.seen((height, width))
    size = (max(1, round(seen.wide * w)), max(1, round(seen.high * h)))
    made = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
    whole = Image.new("L", (width, height), UNCOUNTED)
    whole.paste(made, ((width - made.width) // 2, (height - made.height) // 2))
    return np.asarray(whole)


def measure(
    model: Trained,
    data: DataSet,
    part: str = "",
    mistakes: int = 0,
    progress: Progress = silent,
    *,
    every: bool = False,
) -> dict[str, Any]:
    """How well the network meets the masks of a part (the one that judges if empty).

    Returns ``{part, classes, metrics: {miou, dice, accuracy, images}, iou, confusion, mistakes: [{index, score, file}],
    scores}``: *iou* by class, *confusion* in pixels (rows: truth), *scores* the mean index of each image, and as
    mistakes the images that it meets worst.  With *every* also ``cells``, an array ``(P, 4)``: an image, a class, what
    it was taken for, and in how many pixels.

    Raises:
        CanevasError: there is no such part, or the data have other classes.
    """
    part, samples = part_of(data, part)
    n = len(model.classes) or len(data.classes)
    if data.task != "segmentation" or len(data.classes) != n:
        raise CanevasError(
            "The network tells {n} classes of pixels apart; {name} has {given} ({task}).",
            n=n,
            name=data.description.name,
            given=len(data.classes),
            task=data.task,
        )
    confusion = torch.zeros(n, n, dtype=torch.float64)
    scores, tables = [], []
    for mask, right in zip(masks(model, samples.images, progress), samples.targets, strict=True):
        counts = (right < n) & (mask < n)
        one = table(right[counts].long(), mask[counts].long(), n)
        confusion += one
        tables += [one] if every else []
        scores.append(measures(one)["miou"])
    found = measures(confusion)
    worst = sorted(range(len(scores)), key=lambda i: scores[i])[:mistakes]
    return {
        "part": part,
        "classes": [model.label(i) for i in range(n)],
        "metrics": {name: found[name] for name in ("miou", "dice", "accuracy")} | {"images": len(samples)},
        "iou": found["iou"],
        "confusion": confusion.long().tolist(),
        "mistakes": [
            {"index": i, "score": scores[i], "file": samples.files[i] if samples.files else ""} for i in worst
        ],
        "scores": scores,
        **({"cells": cells(tables)} if every else {}),
    }


def colored(mask: np.ndarray) -> Image.Image:
    """A mask as a palette image: each class its color, those of Pascal VOC; what does not count is white."""
    image = Image.frombytes("P", (mask.shape[1], mask.shape[0]), np.ascontiguousarray(mask).tobytes())
    image.putpalette([value for i in range(256) for value in voc_color(i)])
    return image


def voc_color(i: int) -> tuple[int, int, int]:
    """The color of a class number as Pascal VOC spreads its bits; 255 is nearly white."""
    color = [0, 0, 0]
    for bit in range(8):
        for channel in range(3):
            color[channel] |= ((i >> channel) & 1) << (7 - bit)
        i >>= 3
    return color[0], color[1], color[2]


def scores_of(output: Any) -> Tensor:
    """The maps of scores among what a network answers: the only output, or the first with a map per class."""
    for value in output.values() if isinstance(output, dict) else (output,):
        if isinstance(value, Tensor) and value.ndim == 4:
            return value
    raise CanevasError("The network does not answer with one map per class, so it cannot tell the class of a pixel.")
