"""Read the answers that the worker wrote for the fixed validation images."""

from __future__ import annotations

import numpy as np

from gui.pictures import image
from gui.training.samples import Sample
from runtime.records import read_json
from runtime.run import Run


def samples_of(run: Run) -> tuple[list[Sample], int] | None:
    """The newest answers with their images, and the epoch they were given after; None while there are none."""
    files = run.previews()
    if not files:
        return None
    said, fixed = read_json(files[-1]), read_json(run.folder / "previews" / "samples.json")
    try:
        pixels = np.load(run.folder / "previews" / "images.npy", allow_pickle=False)
        classes = [str(c) for c in fixed["classes"]]
        found = [
            Sample(image(picture), classes[label], classes[answer[0][0]], float(answer[0][1]))
            for picture, label, answer in zip(pixels, fixed["labels"], said["answers"], strict=True)
        ]
        return found, int(said["epoch"])
    except (KeyError, TypeError, ValueError, OSError, IndexError):
        return None  # not whole yet, or of another version: the next one will do
