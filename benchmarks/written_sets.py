"""Small data sets of every task, written as files of the usual layouts: what comes with the packages that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from runtime.data.scenes import MASK_CLASSES, SIDE, scenes

COUNTS = {"train": 256, "val": 32}
"""Images of each part."""
PHOTO = 224
"""Height and width of a photo, in pixels."""


def photos(folder: Path) -> Path:
    """JPEG of 224 pixels in a folder per class: clippings of the two photos that scikit-learn brings along."""
    rng = np.random.default_rng(0)
    for part, count in COUNTS.items():
        for name, whole in zip(("temple", "flower"), load_sample_images().images, strict=True):
            place = folder / part / name
            place.mkdir(parents=True)
            for i in range(count // 2):
                side = int(rng.integers(160, 400))
                left, top = (int(rng.integers(0, n - side)) for n in (whole.shape[1], whole.shape[0]))
                clipped = Image.fromarray(whole).crop((left, top, left + side, top + side))
                clipped.resize((PHOTO, PHOTO)).save(place / f"{i:03}.jpg", quality=90)
    return folder


def masked(folder: Path) -> Path:
    """Scenes of digits with a mask each."""
    for place, part, i, image, _, mask in _scenes(folder):
        for kind, pixels in (("images", image), ("masks", mask)):
            (place / part / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place / part / kind / f"{i:03}.png")
    (folder / "classes.txt").write_text("\n".join(MASK_CLASSES) + "\n")
    return folder


def boxed(folder: Path) -> Path:
    """Scenes of digits with their boxes, as YOLO has them."""
    for place, part, i, image, objects, _ in _scenes(folder):
        for kind in ("images", "labels"):
            (place / kind / part).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / "images" / part / f"{i:03}.png")
        rows = []
        for left, top, right, bottom, label in objects[objects[:, 4] >= 0]:
            numbers = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
            rows.append(" ".join([str(int(label)), *(f"{n / SIDE:.6f}" for n in numbers)]))
        (place / "labels" / part / f"{i:03}.txt").write_text("\n".join(rows) + "\n")
    names = "\n".join(f"  {i}: '{i}'" for i in range(10))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}\n")
    return folder


def _scenes(folder: Path) -> Iterator[tuple[Path, str, int, np.ndarray, np.ndarray, np.ndarray]]:
    for part, count in COUNTS.items():
        images, objects, masks = scenes("train" if part == "train" else "validation")
        for i in range(count):
            yield folder, part, i, images[i, 0], objects[i], masks[i]


WRITTEN: dict[str, Callable[[Path], Path]] = {"classification": photos, "segmentation": masked, "detection": boxed}
"""What writes a set, by task."""
