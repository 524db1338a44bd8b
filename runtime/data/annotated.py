"""Images with the objects in them, as the files of any format say: one value that all readers make.  Free of torch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from graph.errors import FileError
from graph.text import Message, say
from runtime.data.annotations import text
from runtime.data.description import PART_NAMES, DataError, Problem, images, part_of

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""

NAMES = ("labels.txt", "classes.txt", "class_names.txt", "obj.names", "predefined_classes.txt")
"""Files that fix the classes and their order, one a line."""


class Marked(NamedTuple):
    """One object: its class, its box, and where the file tells it its outline.

    An outline is a tuple of polygons ``(x, y, x, y, ...)``, or a run-length mask as COCO writes it.  A crowd is a
    region in which objects are not told apart; what is difficult is hardly to be made out: nothing is learned from it,
    and whether it is found counts neither for nor against.
    """

    label: str
    box: Box
    outline: tuple[tuple[float, ...], ...] | dict = ()
    crowd: bool = False
    difficult: bool = False


@dataclass
class Picture:
    """An image, its objects, the size (height, width) that its annotation tells, and the file that tells all this."""

    file: Path
    objects: list[Marked]
    size: tuple[int, int] | None
    told_by: Path


@dataclass
class Annotated:
    """What a data set says before any image is opened: pictures by part (``all`` where no part is known)."""

    root: Path
    pictures: dict[str, list[Picture]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def add(self, part: str, picture: Picture) -> None:
        """One more picture."""
        self.pictures.setdefault(part or "all", []).append(picture)

    def wrong(self, file: Path, message: Message) -> None:
        """Note what was wrong with a file."""
        self.problems.append(Problem(short(file, self.root), message))

    def refused(self, error: FileError) -> None:
        """Note that a file is left out, and why."""
        self.wrong(error.file, say("{reason} It is left out.", reason=error.reason))


def finished(found: Annotated, fixed: Iterable[str] = ()) -> Annotated:
    """The same with its classes (those that are *fixed*, else those that occur, by name) and in the order of names.

    The order of pictures and objects is that of their names and places, so that the same images in whatever format are
    the same data.

    Raises:
        DataError: no picture, or no object in any.
    """
    pictures = [picture for some in found.pictures.values() for picture in some]
    occurring = {marked.label for picture in pictures for marked in picture.objects}
    if not occurring:
        raise DataError(
            "{folder} holds {n} annotated images, and no object in any of them.",
            folder=str(found.root),
            n=len(pictures),
        )
    found.classes = tuple(dict.fromkeys(fixed)) or tuple(sorted(occurring))
    for picture in pictures:
        strange = {marked.label for marked in picture.objects} - set(found.classes)
        if strange:
            kept = [marked for marked in picture.objects if marked.label not in strange]
            found.wrong(
                picture.told_by,
                say(
                    "objects left out, as their classes are not named by the set ({names}): {n}.",
                    n=len(picture.objects) - len(kept),
                    names=", ".join(sorted(strange)[:5]),
                ),
            )
            picture.objects = kept
    order = {name: i for i, name in enumerate(found.classes)}
    for some in found.pictures.values():
        some.sort(key=lambda picture: (picture.file.name, str(picture.file)))
        for picture in some:
            picture.objects.sort(key=lambda marked: (marked.box, order[marked.label]))
    return found


def fixed_names(*folders: Path) -> tuple[str, ...]:
    """The classes that a file in one of the *folders* fixes; none where there is no such file."""
    for file in (folder / name for folder in folders for name in NAMES):
        if file.is_file():
            lines = (line.strip() for line in text(file).splitlines())
            found = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("__")))
            if found:
                return found
    return ()


def listed(root: Path, folder: str = "Main") -> dict[str, str]:
    """The part of each image by its name, as Pascal VOC's lists say; empty without such lists."""
    found: dict[str, str] = {}
    lists = {file.stem.casefold(): file for file in sorted((root / "ImageSets" / folder).glob("*.txt"))}
    if "train" not in lists and "trainval" in lists:
        lists["train"] = lists["trainval"]
    for name, file in lists.items():
        if part := PART_NAMES.get(name):
            found |= dict.fromkeys((line.split()[0] for line in text(file).splitlines() if line.strip()), part)
    return found


def part_in(name: str) -> str:
    """The part that a file's name speaks of: ``validation`` for ``instances_val2017``; empty for none."""
    words = re.split(r"[^a-z]+", name.casefold())
    return next((part for word in words if (part := part_of(word))), "")


def short(file: Path, root: Path) -> str:
    """How a file of the set is called in sentences."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


class Finder:
    """Finds the image that an annotation names: where it says, beside it, or anywhere below the root by its name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._below: dict[str, list[Path]] | None = None

    def __call__(self, name: str, beside: Path, part: str = "") -> Path | None:
        name = str(name).strip().replace("\\", "/")
        if not name or "\0" in name or len(name) > 4096:
            return None
        for folder in dict.fromkeys((beside, self.root, self.root / "images", self.root / "JPEGImages")):
            if _is_file(folder / name):
                return folder / name
        found = self.below().get(name.rsplit("/", 1)[-1], [])
        if len(found) > 1:
            mine = [file for file in found if part and part in {part_in(p) for p in file.parent.parts[-2:]}]
            ends = [file for file in found if file.as_posix().endswith("/" + name)]
            found = mine if len(mine) == 1 else ends if len(ends) == 1 else []
        return found[0] if found else None

    def below(self) -> dict[str, list[Path]]:
        """The images below the root, by name."""
        if self._below is None:
            self._below = {}
            for file in images(self.root):
                self._below.setdefault(file.name, []).append(file)
        return self._below


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # a name that no system takes
        return False
