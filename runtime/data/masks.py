"""Images with a mask each, as bytes in memory: what a mask's numbers mean is found by reading all of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from graph.errors import FileError
from graph.text import say
from runtime.data.decoded import gathered, memory_limit
from runtime.data.description import DataError, Problem
from runtime.data.folder import Listing
from runtime.data.images import numbers, read, resized
from runtime.data.pairs import Pairs
from runtime.data.preprocessing import Preprocessing
from runtime.data.targets import UNCOUNTED

HELD = 4
"""Masks that were looked at wait in this part of what images may take in memory, so that they are read once."""
MOST_CLASSES = 254
"""A mask is kept in bytes, and one of these means that a pixel does not count."""

Progress = Callable[[float], None]


class Held(NamedTuple):
    """A mask in memory: the numbers that are in it, and for each pixel which of them."""

    values: np.ndarray
    places: np.ndarray

    @property
    def numbers(self) -> np.ndarray:
        """The numbers ``(H, W)`` as the file has them."""
        return self.values[self.places]


@dataclass
class Masks:
    """Masks as they lie in their files: the numbers in them, sizes and channels of the images."""

    root: Path
    files: dict[str, list[tuple[Path, Path]]]
    values: tuple[int, ...]
    names: dict[int, str]
    listing: Listing
    problems: list[Problem] = field(default_factory=list)
    held: dict[Path, Held] = field(default_factory=dict)
    """Masks that were read already, as far as memory has room for them."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes: those that a file gives, else the numbers themselves."""
        return tuple(self.names.get(value, str(value)) for value in self.values)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width that suit these images when no network says otherwise."""
        return self.listing.shape


def look(root: Path, found: Pairs, progress: Progress) -> Masks:
    """Read every mask, and hold what fits; one that cannot be read, or is of another size than its image, is a problem.

    With a file that names them the classes are those of the file, in the order of their numbers.

    Raises:
        DataError: nothing is left, there is only one class, or there are too many.
    """
    problems, sizes, gray = list(found.problems), Counter[tuple[int, int]](), True
    held, room = dict[Path, Held](), memory_limit() // HELD
    good: dict[str, list[tuple[Path, Path]]] = {}
    values: set[int] = set()
    every = [(part, *pair) for part, some in found.files.items() for pair in some]
    for done, (part, image, mask, seen) in enumerate(_looked(every, problems, root)):
        size, is_gray, inside = seen
        room -= inside.places.nbytes
        if room > 0:
            held[mask] = inside
        good.setdefault(part, []).append((image, mask))
        sizes[size] += 1
        gray, values = gray and is_gray, values | set(inside.values.tolist())
        if done % 16 == 0:
            progress(0.3 * done / len(every))
    if not good:
        raise DataError("{folder} holds no image with a mask that can be read.", folder=str(root))
    listing = Listing(root, (), {}, sizes, gray)
    return Masks(root, good, counted(values, found.names), found.names, listing, problems, held)


def counted(values: set[int], names: dict[int, str]) -> tuple[int, ...]:
    """The numbers that are classes, in order: 255 beside others means that a pixel does not count.

    Raises:
        DataError: there is only one, or there are too many.
    """
    if names:
        values = values | set(names)
    if len(values) > 2 or names:
        values = values - {UNCOUNTED}
    if not 2 <= len(values) <= MOST_CLASSES:
        raise DataError(
            "The masks hold {n} different numbers; it takes 2 classes to tell pixels apart, and {most} are the most: "
            "are these masks, each pixel with the number of its class?",
            n=len(values),
            most=MOST_CLASSES,
        )
    return tuple(sorted(values))


def _looked(every: list[tuple[str, Path, Path]], problems: list[Problem], root: Path) -> Iterable[tuple]:
    def one(pair: tuple[str, Path, Path]) -> tuple | FileError:
        try:
            image = read_size(pair[1])
            mask = numbers(pair[2])
        except FileError as e:
            return e
        if mask.shape != image[0]:
            return FileError(
                pair[2],
                "the mask has {mask} pixels and its image {image}.",
                mask=" × ".join(map(str, mask.shape)),
                image=" × ".join(map(str, image[0])),
            )
        values, places = np.unique(mask, return_inverse=True)
        small = np.uint8 if len(values) <= 256 else np.int64
        return (*image, Held(values, places.reshape(mask.shape).astype(small)))

    for (part, image, mask), seen in zip(every, _spread(one, every), strict=True):
        if isinstance(seen, FileError):
            problems.append(Problem(_short(seen, root), say("{reason} It is left out.", reason=seen.reason)))
        else:
            yield part, image, mask, seen


def read_size(file: Path) -> tuple[tuple[int, int], bool]:
    """Height and width, and whether the image is grey."""
    from runtime.data.images import look as look_at

    return look_at(file)


def load(
    files: list[tuple[Path, Path]], masks: Masks, as_told: Preprocessing, progress: Progress
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images ``(N, C, H, W)``, masks ``(N, H, W)`` of class numbers (255: does not count), names of the files."""
    nearest = replace(as_told, interpolation="nearest")

    def one(pair: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
        known = masks.held.pop(pair[1], None)
        mask = classed(numbers(pair[1]) if known is None else known.numbers, masks.values)
        return read(pair[0], as_told), np.asarray(resized(Image.fromarray(mask), nearest))

    (pixels, targets), kept = gathered(
        files,
        one,
        (as_told.shape, as_told.size),
        lambda pair: pair,
        as_told,
        lambda e: masks.problems.append(
            Problem(_short(e, masks.root), say("{reason} It is left out.", reason=e.reason))
        ),
        lambda share: progress(0.3 + 0.7 * share),
        masks.values,
    )
    return pixels, targets, tuple(files[i][0].relative_to(masks.root).as_posix() for i in kept)


def classed(mask: np.ndarray, values: tuple[int, ...]) -> np.ndarray:
    """The numbers of a file as class numbers; what is no class does not count."""
    order = np.asarray(values)
    place = np.searchsorted(order, mask).clip(max=len(order) - 1)
    return np.where(order[place] == mask, place, UNCOUNTED).astype(np.uint8)


def _spread(one: Callable, every: list) -> Iterable:
    """*one* of each, on several threads, not all at once: results wait in memory."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(every), 64):
            yield from pool.map(one, every[start : start + 64])


def _short(error: FileError, root: Path) -> str:
    file = Path(error.file)
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
