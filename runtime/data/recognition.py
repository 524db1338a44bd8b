"""Which formats a folder or file may be in, told by its content.  Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from graph.errors import FileError
from graph.text import Message, say
from runtime.data import array_files, coco, columns, labelme, signals, voc, yolo_text
from runtime.data.description import NO_CLASSES, folders, idx_files, images, part_of
from runtime.data.pairs import has_masks

FORMATS_LOOKED_FOR = (
    "Pascal VOC",
    "COCO",
    "YOLO",
    "LabelMe",
    "CSV",
    "NPZ",
    "HDF5",
    "signals",
    "IDX",
    "per class",
    "masks",
)
"""What the sentence speaks of that says that nothing was recognized."""

WORDS: Mapping[str, Message] = {
    "digits": say("digits"),
    "digit-scenes": say("digit scenes"),
    "torchvision": say("a set of torchvision"),
    "idx": say("IDX, as MNIST"),
    "voc": say("Pascal VOC (XML)"),
    "coco": say("COCO (JSON)"),
    "yolo": say("YOLO (text files)"),
    "masks": say("images with masks"),
    "labelme": say("LabelMe (JSON)"),
    "csv": say("a table (CSV)"),
    "imagefolder": say("one folder per class"),
    "npz": say("NumPy's arrays (NPZ)"),
    "hdf5": say("arrays in HDF5"),
    "signals": say("signals (arrays or a table)"),
}
"""The formats in words."""

SERVES: Mapping[str, tuple[str, ...]] = {
    "voc": ("detection",),
    "coco": ("detection", "segmentation"),
    "yolo": ("detection", "segmentation"),
    "masks": ("segmentation",),
    "labelme": ("detection", "segmentation"),
    "csv": ("classification", "detection", "regression"),
    "npz": ("classification", "segmentation", "regression"),
    "hdf5": ("classification", "segmentation", "regression"),
    "signals": ("classification", "regression"),
    "idx": ("classification",),
    "imagefolder": ("classification",),
}
"""The tasks that data of a format can be for, the likeliest first."""


def formats(path: Path) -> list[str]:
    """The formats that the content of *path* can be read in, likeliest first; empty where none is recognized.

    Raises:
        OSError: it may not be read.
    """
    return [name for name, is_there in _LOOKS.items() if is_there(path)]


def format_of(path: Path, task: str = "") -> str:
    """The likeliest format; of several the one that is most for *task*.

    Raises:
        FileError: none is recognized.
        OSError: it may not be read.
    """
    found = formats(path)
    if found:
        fitting = [name for name in found if task in SERVES[name]]
        return min(fitting, key=lambda name: SERVES[name].index(task)) if fitting else found[0]
    if path.is_file():
        raise FileError(
            path,
            "this file is no set of images or signals: looked for CSV with columns of files and classes or numbers, "
            "CSV of signals, JSON of COCO, NPZ, HDF5 or IDX. A folder of images is given as the folder.",
        )
    raise FileError(
        path,
        "no format is recognized. Looked for: a folder with images per class (perhaps with train, val and test above); "
        "images and masks; XML of Pascal VOC in Annotations; JSON of COCO in annotations; data.yaml or labels of YOLO; "
        "JSON of LabelMe beside images; CSV with columns of files and classes or numbers; CSV, NPZ or HDF5 with images "
        "or signals; IDX named like MNIST's.",
    )


def _is_folder_of_classes(path: Path) -> bool:
    if not path.is_dir():
        return False
    inside = folders(path)
    if any(part_of(f.name) == "train" for f in inside):
        inside = [c for f in inside if part_of(f.name) for c in folders(f)]
    inside = [f for f in inside if f.name.casefold() not in NO_CLASSES]
    return any(True for f in islice(inside, 1000) for _ in islice(images(f), 1))


def _is_folder_alone(path: Path) -> bool:
    """A folder per class, where no folder belongs to another format."""
    named = {f.name.casefold() for f in folders(path)} if path.is_dir() else set()
    return not named & NO_CLASSES and _is_folder_of_classes(path)


def _is_yolo(path: Path) -> bool:
    if path.is_file():
        return path.suffix.casefold() in (".yaml", ".yml")
    return yolo_text.is_yolo(path)


def _is_table(path: Path) -> bool:
    return bool(columns.tables(path, peek=True))


_LOOKS: Mapping[str, Callable[[Path], bool]] = {
    "idx": lambda path: bool(idx_files(path)),
    "voc": lambda path: bool(voc.places(path)),
    "coco": lambda path: bool(coco.files(path)),
    "yolo": _is_yolo,
    "masks": has_masks,
    "labelme": lambda path: bool(labelme.files(path)),
    "csv": _is_table,
    "imagefolder": _is_folder_alone,
    "signals": signals.is_signals,
    "npz": lambda path: bool(array_files.files(path, "npz")),
    "hdf5": lambda path: bool(array_files.files(path, "hdf5")),
}
