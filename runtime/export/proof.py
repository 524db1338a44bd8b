"""The proof of an export: a fresh process without Canevas opens the file and computes the same.

The process stands in a folder with nothing but the exported files, does not find these packages, and is given random
images: as many as the running model got, then another number, and of another size where that is free.  It also runs the
loading example of the card, word by word, on a picture.  What it answers is compared with the running model.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from graph.errors import FileError
from runtime.export.running import RUN
from runtime.processes import ROOT, end

TIME_LIMIT = 900.0
"""Seconds that the fresh process may take."""

LOOK = 0.05
"""Seconds between two looks at it."""

PICTURE = "image.png"
"""What the loading example opens."""

ORIENTATION = 0x0112
"""Where a picture says how the camera was held (EXIF)."""

Case = tuple[Any, ...]
"""What a model is called with: tensors, and targets if it gives nothing but losses."""


class Unrunnable(FileError):
    """A fresh process cannot run the file."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a fresh process is to do.

    Args:
        files: the exported files, the first of which is opened.
        opening: Python text that defines ``run(*arrays)`` from ``file``.
        cases: what the model is called with.
        after: what the post-processing beside it is called with, if there is one.
        gates: thresholds to give to the modules of the post-processing, by path.
        example: the loading example.
        weights: to be found as ``weights.pt``, for a file that has none.
        between: what the post-processing takes, by name.
    """

    files: tuple[Path, ...]
    opening: str
    cases: Sequence[Case]
    after: Sequence[Case] = ()
    gates: Mapping[str, Mapping[str, float]] | None = None
    example: str = ""
    weights: Mapping[str, Tensor] | None = None
    between: tuple[str, ...] = ()


def answers(asked: Asked, picture: tuple[int, int], progress: Callable[[], None] = lambda: None) -> dict[str, Tensor]:
    """What a fresh process answers, by ``run.CASE``, ``after.CASE``, ``example``, ``x`` (the example's input),
    ``between.NAME`` (what the example gave to the post-processing), and ``weights.PATH`` (a digest of each, if it has
    them by name).

    Args:
        asked: what it is to do.
        picture: height and width of the picture that the example opens.
        progress: called while it works; gives it up by raising.

    Raises:
        FileError: the process cannot run the file.
    """
    with tempfile.TemporaryDirectory(prefix="canevas-proof-") as folder:
        given, told, here = (Path(folder, name) for name in ("given.npz", "told.npz", "here"))
        here.mkdir()
        for file in asked.files:
            _stand(file.resolve(), here / file.name)
        draw(here / PICTURE, picture)
        if asked.weights is not None:
            torch.save(dict(asked.weights), here / "weights.pt")
        packed: dict[str, Any] = {}
        for name, cases in (("run", asked.cases), ("after", asked.after)):
            for n, case in enumerate(cases):
                packed |= {f"{name}.{n}.{key}": value for key, value in _packed(case).items()}
        np.savez(given, **packed)
        program = asked.opening + RUN.format(
            example=asked.example, gates=dict(asked.gates or {}), between=asked.between
        )
        _run(program, [asked.files[0].name, str(given), str(told), str(torch.get_num_threads())], here, asked, progress)
        with np.load(told) as found:
            return {key: torch.from_numpy(found[key]) for key in found.files}


def draw(file: Path, size: tuple[int, int]) -> None:
    """A picture of *size* (height, width) by chance, the same every time; it lies on its side, as of a camera."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(file, exif=exif)


def _stand(file: Path, place: Path) -> None:
    try:
        os.symlink(file, place)
    except OSError:  # a system, or a user, without links
        shutil.copyfile(file, place)


def _packed(case: Case) -> dict[str, np.ndarray]:
    """A case as arrays: of a dictionary each value, of None an array of nothing."""
    found: dict[str, np.ndarray] = {}
    for i, value in enumerate(case):
        if isinstance(value, dict):
            found |= {f"{i}.{name}": inner.numpy() for name, inner in value.items()}
        else:
            found[str(i)] = np.empty(0, bool) if value is None else value.numpy()
    return found


def flat(value: Any, key: str = "") -> dict[str, Tensor]:
    """An answer as tensors by key: of dictionaries and lists each value, under its name or number.

    >>> sorted(flat([{"a": torch.zeros(1)}], "run"))
    ['run.0.a']
    """
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, (list, tuple)):
        pairs = list(enumerate(value))
    else:
        return {key: value.detach().cpu()}
    return {k: v for name, inner in pairs for k, v in flat(inner, f"{key}.{name}").items()}


def largest(ours: Any, theirs: Any) -> float:
    """The largest difference between two answers: tensors, or dictionaries of them; infinite if they cannot match."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return float("inf")
        return max((largest(ours[name], theirs[name]) for name in ours), default=0.0)
    if not isinstance(ours, Tensor) or not isinstance(theirs, Tensor) or ours.shape != theirs.shape:
        return float("inf")
    if torch.equal(ours, theirs) or ours.numel() == 0:
        return 0.0
    apart = (ours.double() - theirs.double()).abs()
    apart[(ours == theirs) | (ours.isnan() & theirs.isnan())] = 0.0
    return float(apart.nan_to_num(nan=float("inf")).max())


def digest(weight: Tensor) -> bytes:
    """What tells one tensor from any other: SHA-256 of its bytes."""
    return hashlib.sha256(weight.detach().cpu().contiguous().numpy()).digest()


def scale(ours: Mapping[str, Tensor]) -> float:
    """The largest finite number in an answer, which a difference is small or large against."""
    values = (one.double().abs().nan_to_num(0.0, 0.0, 0.0).max() for one in ours.values() if one.numel())
    return max(map(float, values), default=0.0)


def _run(program: str, given: list[str], here: Path, asked: Asked, progress: Callable[[], None]) -> None:
    """Run *program* in a process of its own to its end.

    Raises:
        FileError: it fails, or takes too long.
    """
    file = asked.files[0].name
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", program, *given],
            cwd=here,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            _wait(process, progress)
        except subprocess.TimeoutExpired:
            raise FileError(file, "a fresh process did not answer in time, so nothing was written.") from None
        finally:
            end(process)
        if process.returncode:
            said.seek(0)
            why = _why(said.read().decode(errors="replace")) or str(process.returncode)
            raise Unrunnable(file, "nothing was written, for a fresh process cannot run it: {why}", why=why[:300])


def _why(said: str) -> str:
    """The error in a traceback: the line after the last ones that name places in files."""
    lines = ["", *said.strip().splitlines()]
    after = [line for before, line in pairwise(lines) if before.startswith("  ") and not line.startswith(" ")]
    return (after or lines)[-1].strip()


def _wait(process: subprocess.Popen[bytes], progress: Callable[[], None]) -> None:
    begun = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
            return
        progress()
        if time.monotonic() - begun > TIME_LIMIT:
            raise subprocess.TimeoutExpired(process.args, TIME_LIMIT)


def _environment() -> dict[str, str]:
    """The environment without the path to these packages."""
    paths = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and Path(p).resolve() != ROOT]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})
