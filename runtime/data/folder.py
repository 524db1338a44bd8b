"""ImageFolder: one folder per class, with or without folders for the parts above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from graph.errors import FileError
from graph.text import say
from runtime.data.decoded import gathered
from runtime.data.description import DataError, Problem, folders, images, part_of
from runtime.data.images import look, read
from runtime.data.preprocessing import Preprocessing

LARGEST = 224
"""Images of different sizes are brought to a square; its side is theirs, down to a multiple of 32, but at most this."""

Progress = Callable[[float], None]


@dataclass
class Listing:
    """What lies in a folder before any image is decoded: files of each part with their classes."""

    root: Path
    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    gray: bool = True
    problems: list[Problem] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width that suit these images when no network says otherwise."""
        channels = 1 if self.gray else 3
        if len(self.sizes) == 1:
            return (channels, *next(iter(self.sizes)))
        sides = sorted(min(size) for size, n in self.sizes.items() for _ in range(n))
        side = max(min(sides[len(sides) // 2], LARGEST) // 32 * 32, 8)
        return (channels, side, side)


def listing(root: Path, progress: Progress) -> Listing:
    """Files by part and class; classes are those of all parts together, sorted by name; files that fail are problems.

    The part is called ``all`` where the folder knows no parts.

    Raises:
        DataError: no classes, only one, or no readable image.
    """
    parts = {part_of(f.name): f for f in folders(root) if part_of(f.name)}
    if "train" not in parts:
        parts = {"all": root}
    inside = {name: [c for c in folders(folder) if any(True for _ in images(c))] for name, folder in parts.items()}
    classes = tuple(sorted({c.name for found in inside.values() for c in found}))
    if len(classes) < 2:
        raise DataError(
            "Folders with images in {folder}: {n}; a class is a folder, and it takes two to tell apart.",
            folder=str(root),
            n=len(classes),
        )
    files = {
        name: [(file, classes.index(c.name)) for c in found for file in images(c)] for name, found in inside.items()
    }
    return listed(root, classes, files, [], progress)


def listed(
    root: Path,
    classes: tuple[str, ...],
    files: dict[str, list[tuple[Path, int]]],
    problems: list[Problem],
    progress: Progress,
) -> Listing:
    """The *files* with the sizes of their images; those that fail join the *problems*.

    Raises:
        DataError: none can be read.
    """
    result = Listing(root, classes, {name: [] for name in files}, problems=problems)
    every = [(name, *pair) for name, some in files.items() for pair in some]
    for done, (name, file, label, seen) in enumerate(_looked(every, result.problems, root)):
        result.files[name].append((file, label))
        result.sizes[seen[0]] += 1
        result.gray = result.gray and seen[1]
        if done % 64 == 0:
            progress(0.2 * done / len(every))
    if not result.sizes:
        raise DataError("None of the {n} images in {folder} can be read.", n=len(every), folder=str(root))
    return result


def load(
    files: list[tuple[Path, int]], as_told: Preprocessing, problems: list[Problem], root: Path, progress: Progress
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images ``(N, C, H, W)``, labels ``(N,)`` and names of the *files* that can be decoded; others are problems."""
    (pixels,), kept = gathered(
        files,
        lambda pair: (read(pair[0], as_told),),
        (as_told.shape,),
        lambda pair: pair[:1],
        as_told,
        lambda e: problems.append(_problem(e.file, root, e)),
        progress,
    )
    labels = np.asarray([files[i][1] for i in kept], np.int64)
    return pixels, labels, tuple(_short(files[i][0], root) for i in kept)


def _looked(
    every: list[tuple[str, Path, int]], problems: list[Problem], root: Path
) -> Iterator[tuple[str, Path, int, tuple[tuple[int, int], bool]]]:
    for name, file, label in every:
        try:
            yield name, file, label, look(file)
        except FileError as e:
            problems.append(_problem(file, root, e))


def _problem(file: Path, root: Path, error: FileError) -> Problem:
    return Problem(_short(file, root), say("{reason} It is left out.", reason=error.reason))


def _short(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
