"""The network's answers for the same few images, epoch after epoch: learning that one can look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from runtime.data.batches import Batches
from runtime.data.dataset import DataSet
from runtime.metrics import rounded
from runtime.records import replacing, write_json
from runtime.run import Run
from runtime.tasks.classification import Classification
from runtime.tasks.detection import Detection, met, right_of
from runtime.tasks.regression import Regression
from runtime.tasks.segmentation import Segmentation, measures
from runtime.tasks.task import Task, table

SHARE = 1 / 10
"""Of all the images that a network is given while it learns, those shown are at most this share: a thirtieth of the
time, as learning from an image takes three times as long as an answer."""
ANSWERS = 5
"""Classes told for each image, likeliest first."""


def due(before: int, seen: int, shown: int) -> bool:
    """Whether it is time for answers to *shown* images, after an epoch that trained from *before* images in all to
    *seen*; the first epoch always is.

    Counted in images and not in seconds, so that a resumed run shows the same epochs.

    >>> [due(epoch * 100, (epoch + 1) * 100, 20) for epoch in range(6)]
    [True, True, False, True, False, True]
    """
    rest = round(shown / SHARE)
    return not before or before // rest < seen // rest


class Preview:
    """The fixed images (``previews/images.npy``, bytes) and the answers to them (``epoch-00001.json``, ...)."""

    SHOWN = 21
    """Images that are shown."""

    def __init__(self, run: Run, data: DataSet, batches: Batches, device: torch.device) -> None:
        self.folder = run.folder / "previews"
        self.part = "validation" if "validation" in data.parts else "train"
        part = data.parts[self.part]
        chosen = np.unique(np.linspace(0, len(part) - 1, min(self.SHOWN, len(part))).round().astype(np.int64))
        part = part.at(chosen)
        self.images = batches.normalized(part.images.to(device))
        self.targets = batches.ready(part.targets.to(device))
        self.classes, self.indices = data.classes, chosen.tolist()
        self.folder.mkdir(exist_ok=True)
        self.keep("images.npy", part.images.numpy())

    def keep(self, name: str, values: np.ndarray) -> str:
        """Write an array beside the answers; returns its name."""
        with replacing(self.folder / name) as temporary, temporary.open("wb") as f:
            np.save(f, values)
        return name

    def write(self, task: Any, epoch: int, step: int) -> Path:
        """Ask the network; returns the file: ``{epoch, step, part, images, answers: [{index, ...}]}``.

        *index* is the sample's place in its part.
        """
        file = self.folder / f"epoch-{epoch:05d}.json"
        told = {"epoch": epoch, "step": step, "part": self.part, "images": "images.npy"}
        write_json(file, {**told, **self.answered(task, epoch)}, lasting=False)
        return file

    def answered(self, task: Any, epoch: int) -> dict[str, Any]:
        """The answers, and whatever lies beside them."""
        raise NotImplementedError


class Classes(Preview):
    """``answers: [{index, label, answer, score, top}]``; *top*: the likeliest classes with their scores."""

    def answered(self, task: Classification, epoch: int) -> dict[str, Any]:
        """The likeliest classes of each image."""
        scores = task.answers(self.images, self.targets).cpu()
        top = scores.topk(min(ANSWERS, scores.shape[1]))
        rows = zip(self.indices, self.targets.tolist(), top.indices.tolist(), top.values.tolist(), strict=True)
        answers = [
            {
                "index": index,
                "label": self.classes[label],
                "answer": self.classes[first[0]],
                "score": rounded(scored[0]),
                "top": [[self.classes[c], rounded(s)] for c, s in zip(first, scored, strict=True)],
            }
            for index, label, first, scored in rows
        ]
        return {"answers": answers}


class MaskPreview(Preview):
    """``answers: [{index, score}]`` (the mean intersection over union of each image), ``classes``, and two arrays.

    ``masks.npy`` says what is right and ``epoch-00001.npy`` what the network answered, ``(n, H, W)`` bytes each; where
    a pixel does not count, the former holds 255.
    """

    SHOWN = 6

    def __init__(self, run: Run, data: DataSet, batches: Batches, device: torch.device) -> None:
        super().__init__(run, data, batches, device)
        right = self.targets.cpu()
        self.right = right.masked_fill((right < 0) | (right >= len(data.classes)), 255)
        self.keep("masks.npy", self.right.to(torch.uint8).numpy())

    def answered(self, task: Segmentation, epoch: int) -> dict[str, Any]:
        """The likeliest class of each pixel."""
        masks = torch.cat([task.answers(x[None], y[None]) for x, y in zip(self.images, self.targets, strict=True)])
        masks = masks.cpu()
        n = len(self.classes)
        answers = []
        for index, mask, right in zip(self.indices, masks, self.right, strict=True):
            counts = right < n
            found = measures(table(right[counts], mask[counts].long(), n))
            answers.append({"index": index, "score": found["miou"]})
        name = self.keep(f"epoch-{epoch:05d}.npy", masks.numpy())
        return {"answers": answers, "classes": list(self.classes), "right": "masks.npy", "masks": name}


class BoxPreview(Preview):
    """``answers: [{index, score, boxes: [[left, top, right, bottom, class, score]], right: [[..., class]]}]``,
    ``classes``; the *score* of an image is the share of its objects that were found, beside what was found in vain.

    Pixels are those of the images as they lie beside.
    """

    SHOWN = 8

    def answered(self, task: Detection, epoch: int) -> dict[str, Any]:
        """What is found in each image."""
        answers = []
        for i, found in enumerate(task.answers(self.images, self.targets)):
            rows = torch.cat((found["boxes"], found["labels"][:, None].float(), found["scores"][:, None]), 1)
            right = self.targets[i][self.targets[i, :, 4] >= 0]
            score = met(found, next(iter(right_of(self.targets[i][None]))))
            answers.append({"index": self.indices[i], "score": score, "boxes": _listed(rows), "right": _listed(right)})
        return {"answers": answers, "classes": list(self.classes)}


def _listed(rows: torch.Tensor) -> list[list[float]]:
    return [[round(value, 3) for value in row] for row in rows.tolist()]


class NumberPreview(Preview):
    """``answers: [{index, right: [number], answer: [number]}]``, the names of these ``numbers``, and by how much each
    usually differs from its mean, ``spread``."""

    def __init__(self, run: Run, data: DataSet, batches: Batches, device: torch.device) -> None:
        super().__init__(run, data, batches, device)
        self.numbers = data.numbers
        self.spread = data.parts[self.part].targets.std(0, correction=0).tolist()

    def answered(self, task: Regression, epoch: int) -> dict[str, Any]:
        """The numbers of each image."""
        found = task.answers(self.images, self.targets).cpu().tolist()
        answers = [
            {"index": index, "right": [*map(rounded, right)], "answer": [*map(rounded, said)]}
            for index, right, said in zip(self.indices, self.targets.tolist(), found, strict=True)
        ]
        return {"answers": answers, "numbers": list(self.numbers), "spread": [*map(rounded, self.spread)]}


PREVIEWS: dict[str, type[Preview]] = {
    "segmentation": MaskPreview,
    "detection": BoxPreview,
    "regression": NumberPreview,
}


def preview(task: Task) -> type[Preview]:
    """What is shown of a task while it is learned."""
    return PREVIEWS.get(task.name, Classes)
