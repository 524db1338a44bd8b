"""Read the answers that the worker wrote for the fixed validation images."""

from __future__ import annotations

from typing import Any

import numpy as np

from gui.boxes import boxed, rows
from gui.data.values import in_short
from gui.pictures import image, overlaid
from gui.pictures import picture as picture_of
from gui.training.samples import Sample
from runtime.records import read_json
from runtime.run import Run

SIDE = 123
"""How wide a picture stands in the panel, where what is right is beside it."""


def samples_of(run: Run) -> tuple[list[Sample], int, tuple[str, ...]] | None:
    """The newest answers with their images, the epoch they were given after, and the classes of masks if these are
    shown; None while there are none."""
    files = run.previews()
    if not files:
        return None
    said = read_json(files[-1])
    try:
        folder = files[-1].parent
        pixels = np.load(folder / str(said["images"]), allow_pickle=False)
        if said["answers"] and "boxes" in said["answers"][0]:
            pairs = zip(pixels, said["answers"], strict=True)
            return [_found(picture, told, said["classes"]) for picture, told in pairs], int(said["epoch"]), ()
        if "numbers" in said:
            pairs = zip(pixels, said["answers"], strict=True)
            return [_foretold(picture, told, said["spread"]) for picture, told in pairs], int(said["epoch"]), ()
        if "masks" in said:
            right, answered = (np.load(folder / str(said[name]), allow_pickle=False) for name in ("right", "masks"))
            rows = zip(_middles(pixels, right), right, answered, said["answers"], strict=True)
            return (
                [
                    Sample(overlaid(picture, answer), score=float(told["score"] or 0.0), truth=overlaid(picture, truth))
                    for picture, truth, answer, told in rows
                ],
                int(said["epoch"]),
                tuple(map(str, said["classes"])),
            )
        found = [
            Sample(picture_of(one), str(told["label"]), str(told["answer"]), float(told["score"]))
            for one, told in zip(pixels, said["answers"], strict=True)
        ]
        return found, int(said["epoch"]), ()
    except (KeyError, TypeError, ValueError, OSError, IndexError):
        return None  # not whole yet, or of another version: the next one will do


def _found(pixels: np.ndarray, told: dict[str, Any], classes: list[str]) -> Sample:
    """An image with what was found in it, and with what is right."""
    picture = image(pixels)
    answer = boxed(picture, rows(told["boxes"], classes), side=SIDE)
    truth = boxed(picture, rows(told["right"], classes), side=SIDE)
    return Sample(answer, score=float(told["score"]), truth=truth, enough=1.0)  # nothing missed, nothing in vain


def _foretold(pixels: np.ndarray, told: dict[str, Any], spread: list[float]) -> Sample:
    """An image with its numbers."""
    off = [abs(a - r) / max(s, 1e-12) for a, r, s in zip(told["answer"], told["right"], spread, strict=True)]
    missed = sum(off) / len(off)
    return Sample(picture_of(pixels), in_short(told["right"]), in_short(told["answer"]), -missed, missed=missed)


def _middles(pixels: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The part of the images that the masks speak of: their middle."""
    (height, width), (h, w) = pixels.shape[-2:], masks.shape[-2:]
    top, left = (height - h) // 2, (width - w) // 2
    return pixels[..., top : top + h, left : left + w]
