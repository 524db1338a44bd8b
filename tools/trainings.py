"""What the runs in the pictures are: networks of presets, each trained for a minute at most on what every machine has.

Where no data of a kind are built in, they are drawn here: ellipses to measure, waves to tell apart.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Training(NamedTuple):
    """A preset, the data (a name, or what writes them to a folder), and other words of ``canevas train``."""

    preset: str
    data: str | Callable[[Path], Path]
    words: tuple[str, ...] = ()


def ellipses(folder: Path, n: int = 600, side: int = 28) -> Path:
    """Images ``(side, side)`` of a bright ellipse on noise, and a table of how wide and high each is, in pixels."""
    import numpy as np
    from PIL import Image

    draws = np.random.default_rng(5)
    y, x = np.mgrid[:side, :side] + 0.5
    (folder / "images").mkdir(parents=True)
    with (folder / "sizes.csv").open("w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f)
        rows.writerow(("file", "width", "height", "split"))
        for i in range(n):
            wide, high = draws.uniform(6, 24, 2)
            across, down = draws.uniform(wide / 2, side - wide / 2), draws.uniform(high / 2, side - high / 2)
            far = np.hypot((x - across) / (wide / 2), (y - down) / (high / 2))
            edge = ((1 - far) * min(wide, high) / 2).clip(0, 1)  # one pixel of it is grey
            image = 40 * draws.random((side, side)) + 200 * edge
            Image.fromarray(image.round().clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{i:03}.png")
            part = "train" if i < 0.7 * n else "val" if i < 0.85 * n else "test"
            rows.writerow((f"images/{i:03}.png", f"{wide:.1f}", f"{high:.1f}", part))
    return folder


WAVES = ("sine", "square", "sawtooth", "chirp")


def waves(folder: Path, n: int = 800, length: int = 128) -> Path:
    """Signals ``(1, length)`` of four shapes, of any pitch and phase, in noise."""
    import numpy as np

    draws = np.random.default_rng(7)
    labels = np.arange(n) % len(WAVES)
    turns = draws.uniform(2, 6, (n, 1)) * np.linspace(0, 1, length) + draws.random((n, 1))
    rising = draws.uniform(1, 2, (n, 1)) * np.linspace(0, 1, length) ** 2 * 6 + draws.random((n, 1))
    sine = np.sin(2 * np.pi * turns)
    shapes = np.stack((sine, np.sign(sine), 2 * (turns % 1) - 1, np.sin(2 * np.pi * rising)))
    values = shapes[labels, np.arange(n)] * draws.uniform(0.5, 1.5, (n, 1)) + draws.normal(0, 0.25, (n, length))
    folder.mkdir(parents=True)
    given = {"signals": values.astype(np.float32)[:, None], "labels": labels, "class_names": np.array(WAVES)}
    np.savez_compressed(folder / "waves.npz", **given)
    return folder / "waves.npz"


TRAININGS = {
    "lecture": Training("lecture", "digits"),
    "yolo_small": Training("yolo_small", "digit-scenes", ("--epochs", "10")),
    "faster_rcnn_small": Training("faster_rcnn_small", "digit-scenes", ("--epochs", "2")),
    "unet_padded": Training("unet_padded", "digit-scenes", ("--set", "width=8", "--epochs", "4")),
    "numbers": Training("lecture", ellipses, ("--epochs", "20")),
    "signals": Training("conv1d_signal", waves, ("--epochs", "12")),
}
"""The runs by their names."""


def trained(home: Path, name: str) -> Path:
    """The folder of a run, trained in *home* unless it was before."""
    folder, data = home / "runs" / name, TRAININGS[name].data
    if (folder / "result.json").exists():
        return folder
    source = data if isinstance(data, str) else str(data(home / data.__name__))
    environment = {**os.environ, "CANEVAS_HOME": str(home), "OMP_NUM_THREADS": "1"}
    words = ["train", f"preset:{TRAININGS[name].preset}", "--run", str(folder), "--threads", "1"]
    words += ["--data", source, *TRAININGS[name].words]
    subprocess.run(
        [sys.executable, "main.py", *words], cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL
    )
    return folder
