"""What stands after ``--data``: a built-in set, a set of torchvision by name, or a folder whose format is recognized.

Free of torch: the window and the command line know with it what a set is before anything is loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from graph.errors import CanevasError, FileError, InvalidValue
from graph.text import Message, say
from graph.values import shown

FORMATS = (
    *("digits", "digit-scenes", "torchvision"),
    *("imagefolder", "idx", "masks", "voc", "coco", "yolo", "labelme", "csv", "npz", "hdf5", "signals"),
)
"""Formats that data can have; ``--format`` takes one of these."""

# fmt: off
IMAGE_ENDINGS = frozenset((
    ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".ico", ".tga", ".avif",
))
# fmt: on
PARTS = ("train", "validation", "test")
PART_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Names of folders that mean a part, in small letters."""

NO_CLASSES = frozenset(("images", "masks", "labels", "annotations", "jpegimages", "imagesets", "segmentationclass"))
"""Names of folders (small letters) that belong to sets with boxes or masks, where a folder is no class."""

IDX_NAME = re.compile(r"(.*?)-?(images|labels)[-.]idx([13])-ubyte(\.gz)?$")
TORCHVISION = (
    "MNIST",
    "FashionMNIST",
    "KMNIST",
    "QMNIST",
    "USPS",
    "CIFAR10",
    "CIFAR100",
    "SVHN",
    "STL10",
    "GTSRB",
    "FGVCAircraft",
    "Flowers102",
    "Food101",
    "OxfordIIITPet",
    "DTD",
    "EuroSAT",
    "Imagenette",
)
"""Sets of torchvision that hold one class per image."""


class DataError(CanevasError):
    """Data that cannot be used: nothing there, nothing recognized, nothing readable."""


@dataclass(frozen=True)
class Problem:
    """One file of a data set that could not be taken as it is, and why; *file* is empty when it concerns the whole."""

    file: str
    message: Message

    def __str__(self) -> str:
        return f"{self.file}: {self.message}" if self.file else str(self.message)


@dataclass(frozen=True)
class Description:
    """Which data: *source* as it was typed, and *format* where it shall not be guessed.

    *download* allows fetching a set of torchvision that is not on this machine.
    """

    source: str = "digits"
    format: str = ""
    download: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.source, str) or not self.source.strip() or "\0" in self.source:
            raise InvalidValue("Data must be named: a built-in set, torchvision:NAME, or a folder.")
        if self.format not in ("", *FORMATS):
            raise InvalidValue(
                "format must be one of {choices}, not {given}.", choices=", ".join(FORMATS), given=shown(self.format)
            )
        if type(self.download) is not bool:
            raise InvalidValue("download must be true or false, not {given}.", given=shown(self.download))

    @property
    def name(self) -> str:
        """A short name to show: the built-in name, the set's name, or the folder's."""
        if self.source in builtin():
            return self.source
        if self.source.startswith("torchvision:"):
            return self.torchvision[0]
        return Path(self.source).resolve().name or self.source

    @property
    def torchvision(self) -> tuple[str, str]:
        """Name and root folder of ``torchvision:NAME[:ROOT]``; the root is empty where none was given."""
        _, name, root = (*self.source.split(":", 2), "", "")[:3]
        return name, root

    @property
    def path(self) -> Path:
        """The folder or file that *source* names, as an absolute path."""
        return Path(os.path.abspath(Path(self.source).expanduser()))

    def recognized(self, task: str = "") -> str:
        """The format: the one that was given, else what the name or the content says, if possible one for *task*.

        Raises:
            DataError: there is nothing of that name, or nothing in it that is recognized.
        """
        if self.source in builtin() and self.format in ("", self.source):
            return self.source
        if self.source.startswith("torchvision:") and self.format in ("", "torchvision"):
            return self._known_to_torchvision()
        if self.format == "torchvision":
            raise DataError("{name} is no torchvision:NAME, as the format torchvision needs.", name=shown(self.source))
        path = self.path
        try:
            if not path.exists():
                raise DataError(
                    "There is no data called {name}: neither a built-in set ({known}) nor a folder of that name.",
                    name=shown(self.source),
                    known=", ".join(builtin()),
                )
            if self.format:
                return self.format
            from runtime.data.recognition import format_of  # it builds on this module

            return format_of(path, task)
        except OSError as e:
            raise FileError(path, "it cannot be read: {why}.", why=e.strerror or str(e)) from None

    def _known_to_torchvision(self) -> str:
        name, _ = self.torchvision
        if name not in TORCHVISION:
            raise DataError(
                "torchvision has no set {name} with one class per image that can be used here; there are: {known}.",
                name=shown(name),
                known=", ".join(TORCHVISION),
            )
        return "torchvision"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; a path is made absolute, so that it means the same wherever the reader stands."""
        source = self.source
        if source.startswith("torchvision:"):
            name, root = self.torchvision
            source = f"torchvision:{name}:{os.path.abspath(os.path.expanduser(root))}" if root else source
        elif source not in builtin():
            source = str(self.path)
        return {"source": source, "format": self.format, "download": self.download}

    @classmethod
    def from_dict(cls, raw: object) -> Description:
        """The data that a file names.

        Raises:
            InvalidValue: it names none, or says what no description has.
        """
        if not isinstance(raw, Mapping) or set(raw) - {"source", "format", "download"}:
            raise InvalidValue("Data are described by source, format and download, not {given}.", given=shown(raw))
        return cls(**raw)


class Included(NamedTuple):
    """A set that comes with the program: what it is called, a sentence about it, its images (channels, height, width),
    and how many classes it tells apart by task."""

    title: Message
    about: Message
    shape: tuple[int, int, int]
    classes: Mapping[str, int]


def builtin() -> dict[str, Included]:
    """Sets that come with the program, by name."""
    return {
        "digits": Included(
            say("Handwritten digits"),
            say(
                "1,797 handwritten digits from 43 people, 8 × 8 pixels enlarged to 28 × 28 (Alpaydin and Kaynak, 1998)."
            ),
            (1, 28, 28),
            {"classification": 10},
        ),
        "digit-scenes": Included(
            say("Scenes of digits"),
            say(
                "2,000 scenes of 96 × 96 pixels: one to four of these digits on noise, with their boxes and their "
                "masks."
            ),
            (1, 96, 96),
            {"detection": 10, "segmentation": 11},
        ),
    }


def part_of(folder: str) -> str:
    """The part that a folder of this name holds; empty if the name means none."""
    return PART_NAMES.get(folder.casefold(), "")


def folders(path: Path) -> list[Path]:
    """The folders in *path*, sorted by name, hidden ones left out."""
    return sorted(
        (p for p in path.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))), key=lambda p: p.name
    )


def images(path: Path) -> Iterator[Path]:
    """Files below *path* whose ending says image, hidden ones left out, in the order of their names."""
    for where, inside, files in os.walk(path):
        inside[:] = sorted(d for d in inside if not d.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in IMAGE_ENDINGS:
                yield Path(where, name)


def idx_files(path: Path) -> dict[tuple[str, str], Path]:
    """IDX files by (part, ``"images"`` or ``"labels"``), found in *path*, beside it, or in its ``raw`` folders.

    The names are MNIST's: ``train-images-idx3-ubyte``, ``t10k-labels-idx1-ubyte``, also with a dot before ``idx``
    and compressed (``.gz``).
    """
    places = [path] if path.is_dir() else [path.parent]
    places += [p for pattern in ("raw", "*/raw") for p in sorted(places[0].glob(pattern)) if p.is_dir()]
    for place in places:
        found: dict[tuple[str, str], Path] = {}
        for file in sorted(place.iterdir()):
            match = IDX_NAME.fullmatch(file.name)
            if match and file.is_file():
                found.setdefault((_idx_part(match[1]), match[2]), file)
        if found:
            return found
    return {}


def _idx_part(prefix: str) -> str:
    return "test" if prefix in ("t10k", "test") else part_of(prefix) or "train"
