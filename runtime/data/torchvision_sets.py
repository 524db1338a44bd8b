"""Sets of torchvision by name, from a folder of this machine; fetched only where allowed, and never for ever."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from graph.errors import InvalidValue
from runtime.data.description import DataError, Description, idx_files
from runtime.data.images import prepared
from runtime.data.preprocessing import Preprocessing
from runtime.folders import data_home
from runtime.processes import command, environment

PATIENCE = 600.0
"""Seconds that fetching a set may take altogether."""
SILENCE = 20.0
"""Seconds without a byte after which a server counts as gone."""

_BY_TRAIN = {"train": {"train": True}, "test": {"train": False}}
_BY_SPLIT = {"train": {"split": "train"}, "test": {"split": "test"}}
_THREE = {"train": {"split": "train"}, "validation": {"split": "val"}, "test": {"split": "test"}}
ARGUMENTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "MNIST": _BY_TRAIN,
    "FashionMNIST": _BY_TRAIN,
    "KMNIST": _BY_TRAIN,
    "QMNIST": _BY_TRAIN,
    "USPS": _BY_TRAIN,
    "CIFAR10": _BY_TRAIN,
    "CIFAR100": _BY_TRAIN,
    "SVHN": _BY_SPLIT,
    "STL10": _BY_SPLIT,
    "GTSRB": _BY_SPLIT,
    "Food101": _BY_SPLIT,
    "FGVCAircraft": _THREE,
    "Flowers102": _THREE,
    "DTD": _THREE,
    "OxfordIIITPet": {"train": {"split": "trainval"}, "test": {"split": "test"}},
    "Imagenette": {"train": {"split": "train", "size": "160px"}, "test": {"split": "val", "size": "160px"}},
    "EuroSAT": {"all": {}},
}
"""What tells the constructor of each set which part is meant."""

FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
FASHION += ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
IDX_CLASSES = {"MNIST": tuple("0123456789"), "FashionMNIST": FASHION}


def root_of(description: Description) -> Path:
    """The folder that the set lies in, or shall lie in."""
    _, root = description.torchvision
    return Path(root).expanduser() if root else data_home() / "torchvision"


def idx_of(description: Description) -> Path | None:
    """The folder with the IDX files of a set of MNIST's kind, which need no torchvision and no right checksum."""
    name, root = description.torchvision[0], root_of(description)
    for folder in (root / name / "raw", root / "raw", root) if name in (*IDX_CLASSES, "KMNIST") else ():
        if folder.is_dir() and {("train", "images"), ("train", "labels")} <= set(idx_files(folder)):
            return folder
    return None


def sets(description: Description, progress: Callable[[float], None]) -> dict[str, Any]:
    """torchvision's objects for each part; items are an image (PIL) and the index of its class.

    Raises:
        DataError: the set is not there and may not, or cannot, be fetched; or its files are damaged.
    """
    name, root = description.torchvision[0], root_of(description)
    try:
        return _made(name, root, download=False)
    except (RuntimeError, OSError, ValueError, LookupError):
        if not description.download:
            raise DataError(
                "{name} is not complete in {root}: put its files there, or allow it to be downloaded.",
                name=name,
                root=str(root),
            ) from None
    fetch(name, root, progress)
    try:
        return _made(name, root, download=False)
    except (RuntimeError, OSError, ValueError, LookupError) as e:
        raise DataError(
            "{name} was downloaded to {root} but cannot be read: {why}.", name=name, root=str(root), why=_line(e)
        ) from None


def load(part: Any, as_told: Preprocessing, progress: Callable[[float], None]) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(N, C, H, W)`` as bytes and labels of one of torchvision's objects."""
    pixels = np.empty((len(part), *as_told.shape), np.uint8)
    labels = np.empty(len(part), np.int64)
    for i in range(len(part)):
        image, label = part[i]
        pixels[i], labels[i] = prepared(image, as_told), int(label)
        if i % 256 == 0:
            progress(i / len(part))
    return pixels, labels


def fetch(name: str, root: Path, progress: Callable[[float], None]) -> None:
    """Download a set in a process of its own, so that no server can hold us; *progress* may raise to give it up.

    Raises:
        DataError: it did not arrive; says why.
    """
    asked = command("runtime.data.torchvision_sets", name, str(root))
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(asked, env=environment(), text=True, **streams) as process:
        try:
            said = _waited(process, progress)
        except BaseException:
            process.kill()
            raise
    if said is None:
        raise DataError(
            "{name} did not arrive within {n} seconds: try again, or put its files in {root}.",
            name=name,
            n=int(PATIENCE),
            root=str(root),
        )
    if process.returncode:
        lines = said.strip().splitlines() or ["no reason was given"]
        raise DataError(
            "{name} cannot be downloaded ({why}): is there a network? Its files may also be put in {root} by hand.",
            name=name,
            why=lines[-1][:200],
            root=str(root),
        )


def _waited(process: subprocess.Popen[str], progress: Callable[[float], None]) -> str | None:
    """What the process said on stderr once it has ended; None, and it is killed, if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        progress(0.0)
        try:
            return process.communicate(timeout=0.2)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    return None


def _made(name: str, root: Path, *, download: bool) -> dict[str, Any]:
    from torchvision import datasets

    if name not in ARGUMENTS:
        raise InvalidValue("There is no set {name}.", name=name)
    return {
        part: getattr(datasets, name)(root=str(root), download=download, **arguments)
        for part, arguments in ARGUMENTS[name].items()
    }


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def main(name: str, root: str) -> int:
    """Fetch one set; the last line of stderr says why it failed."""
    socket.setdefaulttimeout(SILENCE)
    os.makedirs(root, exist_ok=True)
    try:
        _made(name, Path(root), download=True)
    except Exception as e:  # whatever it is, the one who asked gets one line
        sys.stderr.write(f"\n{type(e).__name__}: {_line(e)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
