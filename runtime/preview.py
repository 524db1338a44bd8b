"""The network's answers for the same few images, epoch after epoch: learning that one can look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from runtime.data.batches import Normalization
from runtime.data.dataset import DataSet
from runtime.metrics import rounded
from runtime.records import replacing, write_json
from runtime.run import Run
from runtime.tasks.classification import Classification

SHOWN = 21
"""Images that are shown."""
ANSWERS = 5
"""Classes told for each, likeliest first."""


class Preview:
    """The fixed images (``previews/images.npy``, bytes) and the answers to them (``epoch-00001.json``, ...)."""

    def __init__(self, run: Run, data: DataSet, normalized: Normalization, device: torch.device) -> None:
        self.folder = run.folder / "previews"
        name = "validation" if "validation" in data.parts else "train"
        part = data.parts[name]
        chosen = np.linspace(0, len(part) - 1, min(SHOWN, len(part))).round().astype(np.int64)
        part = part.at(np.unique(chosen))
        self.images, self.labels = normalized(part.images.to(device)), part.targets.to(device)
        self.classes, self.part, self.indices = data.classes, name, np.unique(chosen).tolist()
        self.folder.mkdir(exist_ok=True)
        with replacing(self.folder / "images.npy") as temporary, temporary.open("wb") as f:
            np.save(f, part.images.numpy())

    def write(self, task: Classification, epoch: int, step: int) -> Path:
        """Ask the network; returns the file: ``{epoch, step, part, images, answers: [{index, label, answer, score}]}``.

        *index* is the sample's place in its part, *top* the likeliest classes with their scores.
        """
        scores = task.answers(self.images, self.labels).cpu()
        top = scores.topk(min(ANSWERS, scores.shape[1]))
        rows = zip(self.indices, self.labels.tolist(), top.indices.tolist(), top.values.tolist(), strict=True)
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
        file = self.folder / f"epoch-{epoch:05d}.json"
        told = {"epoch": epoch, "step": step, "part": self.part, "images": "images.npy", "answers": answers}
        write_json(file, told, lasting=False)
        return file
