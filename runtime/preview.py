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
    """The fixed images (``previews/images.npy``, ``samples.json``) and the answers (``epoch-00001.json``, ...)."""

    def __init__(self, run: Run, data: DataSet, normalized: Normalization, device: torch.device) -> None:
        self.folder = run.folder / "previews"
        name = "validation" if "validation" in data.parts else "train"
        part = data.parts[name]
        chosen = np.linspace(0, len(part) - 1, min(SHOWN, len(part))).round().astype(np.int64)
        part = part.at(np.unique(chosen))
        self.images, self.labels = normalized(part.images.to(device)), part.labels.to(device)
        self.folder.mkdir(exist_ok=True)
        with replacing(self.folder / "images.npy") as temporary, temporary.open("wb") as f:
            np.save(f, part.images.numpy())
        samples = {
            "part": name,
            "indices": np.unique(chosen).tolist(),
            "labels": part.labels.tolist(),
            "files": list(part.files),
            "classes": list(data.classes),
        }
        write_json(self.folder / "samples.json", samples)

    def write(self, task: Classification, epoch: int, step: int) -> Path:
        """Ask the network; returns the file with its answers: ``{epoch, step, answers: [[[class, score], ...]]}``."""
        scores = task.answers(self.images, self.labels).cpu()
        top = scores.topk(min(ANSWERS, scores.shape[1]))
        answers = [
            [[index, rounded(score)] for index, score in zip(indices, values, strict=True)]
            for indices, values in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]
        file = self.folder / f"epoch-{epoch:05d}.json"
        write_json(file, {"epoch": epoch, "step": step, "answers": answers})
        return file
