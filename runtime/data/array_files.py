"""Files that hold arrays, NumPy's NPZ and HDF5: which arrays are meant by their names, and how they are read.

Free of torch.  Nothing in such a file is executed: objects that Python would have to unpickle are refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import psutil

from graph.errors import FileError
from runtime.data.description import part_of

ENDINGS = {"npz": (".npz",), "hdf5": (".h5", ".hdf5", ".hdf", ".he5")}
IMAGES = (
    "x",
    "signals",
    "signal",
    "series",
    "waveforms",
    "waveform",
    "ecg",
    "eeg",
    "audio",
    "samples",
    "images",
    "image",
    "imgs",
    "img",
    "data",
    "features",
    "inputs",
    "input",
    "pixels",
)
TARGETS = ("y", "labels", "label", "targets", "target", "classes", "class", "masks", "mask", "output", "outputs")
NAMES = ("class_names", "classnames", "label_names", "target_names", "names", "categories")
"""Names of arrays (small letters) that hold images, what is right, and the names of the classes."""
_DEPTH = 4


def files(path: Path, format: str) -> list[Path]:
    """The files of the format that *path* is or holds."""
    if path.is_file():
        return [path] if path.suffix.casefold() in ENDINGS[format] else []
    return sorted(f for f in path.iterdir() if f.is_file() and f.suffix.casefold() in ENDINGS[format])


def meaning(name: str) -> tuple[str, str]:
    """Part and role of an array by its name; ``x_train``, ``train/data`` and ``TestImages`` are understood."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    words = [word for word in re.split(r"[^a-z]+", spaced.casefold()) if word]
    part = next((part for word in words if (part := part_of(word))), "")
    whole = "_".join(word for word in words if not part_of(word))
    if whole in NAMES:
        return part, "names"
    last = words[-1] if words and not part_of(words[-1]) else whole
    for role, known in (("targets", TARGETS), ("images", IMAGES)):
        if whole in known or last in known:
            return part, role
    return part, ""


def shapes_in_hdf5(file: Path) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the arrays in an HDF5 file, down to two groups deep."""
    import h5py

    with h5py.File(file, "r") as held:
        found = [(name, one) for name, one in held.items() if isinstance(one, h5py.Dataset)]
        groups = [(name, one) for name, one in held.items() if isinstance(one, h5py.Group)]
        found += [(f"{a}/{n}", one) for a, g in groups for n, one in g.items() if isinstance(one, h5py.Dataset)]
        return [(name, one.shape) for name, one in found if isinstance(name, str) and one.shape]


def held(file: Path, format: str) -> dict[str, np.ndarray]:
    """The arrays of a file whose names mean something.

    Raises:
        FileError: it is damaged, too large, or holds what Python would have to unpickle.
    """
    return _npz(file) if format == "npz" else _hdf5(file)


def _npz(file: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(file) as held:
            _believe(file, sum(entry.file_size for entry in held.infolist()))
        with np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in held.files if meaning(name)[1]}
    except OSError as e:
        raise FileError(file, "it cannot be read: {why}.", why=e.strerror or "it is damaged") from None
    except MemoryError:
        raise FileError(file, "there is not enough memory to read it.") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError) as e:
        if "pickle" in str(e):
            raise FileError(file, "it holds Python objects, which could do anything: save plain arrays.") from None
        raise FileError(file, "it is no NPZ file, or a damaged one.") from None
    except (TypeError, OverflowError, RuntimeError, AttributeError, IndexError, RecursionError, TokenError):
        # what NumPy's reader and zipfile raise on headers and entries that make no sense
        raise FileError(file, "it is no NPZ file, or a damaged one.") from None


def _hdf5(file: Path) -> dict[str, np.ndarray]:
    import h5py

    found: dict[str, np.ndarray] = {}
    wanted: list[Any] = []

    def walk(group: Any, above: str, depth: int) -> None:
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                continue  # it leads to another file, or in a circle
            inside = group[name]
            if isinstance(inside, h5py.Dataset) and meaning(above + name)[1]:
                wanted.append((above + name, inside))
            elif isinstance(inside, h5py.Group) and depth:
                walk(inside, f"{above}{name}/", depth - 1)

    try:
        with h5py.File(file, "r") as held:
            walk(held, "", _DEPTH)
            _believe(file, sum(prod(one.shape) * one.dtype.itemsize for _, one in wanted if one.shape))
            for name, one in wanted:
                if one.shape and one.external is None and not one.is_virtual:
                    found[name] = np.asarray(one[()])
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, OverflowError, AttributeError, LookupError):
        raise FileError(file, "it is no HDF5 file, or a damaged one.") from None
    except MemoryError:
        raise FileError(file, "there is not enough memory to read it.") from None
    return found


def _believe(file: Path, announced: int) -> None:
    free = psutil.virtual_memory().available
    if announced > 0.4 * free:  # as they are, and once more as bytes
        raise FileError(
            file,
            "its arrays take {need} MiB and {free} are free: save the images as bytes, or as files in folders.",
            need=announced >> 20,
            free=free >> 20,
        )
