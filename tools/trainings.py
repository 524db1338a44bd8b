"""What the runs in the pictures are: networks of presets, each trained for two minutes at most on what a machine has.

Where no data of a kind are built in, or none that are learned as fast, they are drawn here: ellipses to measure, cells
to outline, waves to tell apart.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Training(NamedTuple):
    """A network (or what writes it to a folder), the data (likewise), other words of ``canevas train``, and the recipe,
    where it is not the one that is offered."""

    network: str | Callable[[Path], Path]
    data: str | Callable[[Path], Path]
    words: tuple[str, ...] = ()
    recipe: str = ""


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


def measuring(folder: Path) -> Path:
    """The lecture's network with two numbers in the end."""
    from graph import files
    from graph.circumstances import Circumstances
    from presets import build
    from runtime.fit import fitted

    file = folder / "measuring.canevas"
    files.save(fitted(build("lecture"), Circumstances("ellipses", "regression", (1, 28, 28), numbers=2))[0], file)
    return file


def kinds(folder: Path) -> Path:
    """The same, in a folder for each kind of ellipse."""
    made = ellipses(folder.with_name("ellipses_of_kinds"), n=120, side=48)
    with (made / "sizes.csv").open(encoding="utf-8") as f:
        for row in csv.DictReader(f):
            ratio = float(row["width"]) / float(row["height"])
            kind = folder / ("wide" if ratio > 1.4 else "high" if ratio < 1 / 1.4 else "round")
            kind.mkdir(parents=True, exist_ok=True)
            (made / row["file"]).rename(kind / Path(row["file"]).name)
    return folder


CELLS = ("ground", "cell", "nucleus")


def cells(folder: Path, n: int = 160, side: int = 96) -> Path:
    """Images ``(side, side)`` of cells with their nuclei on noise, and a mask for each."""
    import numpy as np
    from PIL import Image

    draws = np.random.default_rng(9)
    y, x = np.mgrid[:side, :side] + 0.5
    for part, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
        for kind in ("images", "masks"):
            (folder / part / kind).mkdir(parents=True)
        for i in range(round(share * n)):
            image, mask = np.full((side, side), 50.0), np.zeros((side, side), np.uint8)
            for _ in range(draws.integers(3, 7)):
                across, down, turn = *draws.uniform(8, side - 8, 2), draws.uniform(0, np.pi)
                long, short = draws.uniform(11, 18), draws.uniform(8, 12)
                u = ((x - across) * np.cos(turn) + (y - down) * np.sin(turn)) / long
                v = ((y - down) * np.cos(turn) - (x - across) * np.sin(turn)) / short
                far = np.hypot(u, v) * (1 + 0.1 * np.cos(3 * np.arctan2(v, u) + turn))
                for number, limit, bright in ((1, 1.0, 130), (2, 0.45, 85)):
                    image[far < limit], mask[far < limit] = bright + draws.normal(0, 12), number
            image = image + draws.normal(0, 28, (side, side))
            Image.fromarray(image.round().clip(0, 255).astype(np.uint8)).save(folder / part / "images" / f"{i:03}.png")
            Image.fromarray(mask).save(folder / part / "masks" / f"{i:03}.png")
    (folder / "classes.txt").write_text("\n".join(CELLS), encoding="utf-8")
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


STILL = json.dumps({"shift": 0.0, "rotation": 0.0, "zoom": 0.0})
"""The recipe that leaves sizes as they are: whoever measures them may not enlarge the images."""

TRAININGS = {
    "lecture": Training("preset:lecture", "digits"),
    "yolo_small": Training("preset:yolo_small", "digit-scenes"),
    "faster_rcnn_small": Training("preset:faster_rcnn_small", "digit-scenes", ("--epochs", "6")),
    "unet_padded": Training("preset:unet_padded", cells, ("--set", "width=8", "--epochs", "12", "--batch", "8")),
    "kinds": Training("preset:lecture", kinds, ("--epochs", "1")),
    "numbers": Training(measuring, ellipses, ("--epochs", "20"), STILL),
    "signals": Training("preset:conv1d_signal", waves, ("--epochs", "12")),
}
"""The runs by their names."""


def trained(home: Path, name: str) -> Path:
    """The folder of a run, trained in *home* unless it was before."""
    folder, training = home / "runs" / name, TRAININGS[name]
    if (folder / "result.json").exists():
        return folder
    home.mkdir(parents=True, exist_ok=True)
    network = training.network if isinstance(training.network, str) else str(training.network(home))
    data = training.data if isinstance(training.data, str) else str(training.data(home / training.data.__name__))
    environment = {**os.environ, "CANEVAS_HOME": str(home), "OMP_NUM_THREADS": "1"}
    words = ["train", network, "--run", str(folder), "--threads", "1", "--data", data, *training.words]
    if training.recipe:
        (home / "recipe.json").write_text(training.recipe, encoding="utf-8")
        words += ["--recipe", str(home / "recipe.json")]
    subprocess.run(
        [sys.executable, "main.py", *words], cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL
    )
    return folder
