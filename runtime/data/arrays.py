"""Arrays of images with their classes or masks: their shapes and numbers understood.  Free of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path

import numpy as np

from graph.errors import FileError
from graph.text import Message, say
from runtime.data.array_files import files, held, meaning
from runtime.data.description import PARTS, DataError, Problem, part_of

MOST_CLASSES = 65_536

Laid = Callable[[np.ndarray, Path], np.ndarray]
"""Makes ``(N, C, ...)`` of an array, or refuses it by a FileError."""


@dataclass
class Arrays:
    """Images ``(N, C, H, W)`` as bytes and what is right of each part (or ``all``): classes ``(N,)``, masks
    ``(N, H, W)`` or numbers ``(N, K)``, which are called *numbers*."""

    parts: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)


def read(path: Path, format: str, task: str = "", laid: Laid | None = None) -> Arrays:
    """What the files hold; whole numbers are classes unless the *task* is regression.

    Where *laid* is given it makes other things than images of the arrays: signals.

    Raises:
        FileError: one is damaged, too large, or holds nothing that is known.
        DataError: there are images without what is right, or the other way round.
    """
    found = Arrays()
    raw: dict[tuple[str, str], tuple[np.ndarray, Path]] = {}
    given = files(path, format)
    for file in given:
        arrays = held(file, format)
        above = part_of(file.stem) if len(given) > 1 else ""
        for name, values in arrays.items():
            part, role = meaning(name)
            if role == "names":
                found.names = tuple(map(_word, values.ravel()[:MOST_CLASSES].tolist()))
            elif role:
                raw.setdefault((part or above, role), (values, file))
    parts = [part for part in ("", *PARTS) if {(part, "images"), (part, "targets")} <= set(raw)]
    for part, role in raw:
        if part not in parts:
            values, file = raw[part, role]
            missing = say("its array of {role} has no partner: it is left out.", role=role)
            found.problems.append(Problem(file.name, missing))
    if not parts:
        raise DataError(
            "{name} holds no images with what is right: looked for arrays named like {images} and like {targets}, "
            "perhaps with train or test before or above.",
            name=path.name,
            images="x_train, images, data",
            targets="y_train, labels, target",
        )
    if "" in parts and "train" in parts:
        parts.remove("")
    tables = {part: raw[part, "targets"] for part in parts}
    given = {part: raw[part, "images"] for part in parts}
    pictures = {part: laid(*one) for part, one in given.items()} if laid else _bytes(given, found)
    for part in parts:
        found.parts[part or "all"] = (pictures[part], tables[part][0])
    settle(found, path, task)
    return found


def settle(found: Arrays, file: Path, task: str) -> None:
    """See to what is right of each part, and give it the numbers of its classes, or names to its numbers.

    Raises:
        FileError: it does not go together with the images.
        DataError: the parts differ.
    """
    foretold = task == "regression" or any(numbers(targets) for _, targets in found.parts.values())
    for part, (images, raw) in found.parts.items():
        targets = _rows(raw, file) if foretold else _targets(raw, file)
        if len(targets) != len(images) or not len(images):
            raise FileError(
                file, "it has {labels} answers for {images} images.", labels=len(targets), images=len(images)
            )
        if targets.ndim == 3 and targets.shape[1:] != images.shape[2:]:
            raise FileError(
                file,
                "the mask has {mask} pixels and its image {image}.",
                mask=" × ".join(map(str, targets.shape[1:])),
                image=" × ".join(map(str, images.shape[2:])),
            )
        found.parts[part] = (images, targets)
    if foretold:
        _named(found)
    else:
        _numbered(found)


def _bytes(raw: dict[str, tuple[np.ndarray, Path]], found: Arrays) -> dict[str, np.ndarray]:
    """Images as ``(N, C, H, W)`` bytes; what their numbers mean is judged by all parts together."""
    laid = {part: (_laid(values, file), file) for part, (values, file) in raw.items()}
    low = min(float(np.min(values, initial=0.0)) for values, _ in laid.values())
    high = max(float(np.max(values, initial=0.0)) for values, _ in laid.values())
    kinds = {values.dtype for values, _ in laid.values()}
    if kinds == {np.dtype(np.uint8)}:
        return {part: values for part, (values, _) in laid.items()}
    if not np.isfinite([low, high]).all():
        raise FileError(next(iter(laid.values()))[1], "its images hold numbers that are infinite or none.")
    spans: tuple[tuple[float, float], ...] = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (0.0, 65535.0))
    whole = all(np.issubdtype(kind, np.integer) for kind in kinds)
    fitting = spans[2:] if whole and high > 1 else spans
    a, b = next(((a, b) for a, b in fitting if a <= low and high <= b), (low, high))
    if not whole or (a, b) != (0.0, 255.0):
        message: Message = say(
            "the numbers of its images, {low} to {high}, are taken as {a} for black and {b} for white.",
            low=f"{low:g}",
            high=f"{high:g}",
            a=f"{a:g}",
            b=f"{b:g}",
        )
        found.problems.append(Problem(next(iter(laid.values()))[1].name, message))
    factor = 255.0 / (b - a or 1.0)
    return {
        part: np.concatenate([_scaled(some, a, factor) for some in _pieces(values)])
        for part, (values, _) in laid.items()
    }


def _scaled(values: np.ndarray, low: float, factor: float) -> np.ndarray:
    return np.clip(np.rint((values.astype(np.float32) - low) * factor), 0, 255).astype(np.uint8)


def _pieces(values: np.ndarray) -> list[np.ndarray]:
    return [values[i : i + 1024] for i in range(0, max(len(values), 1), 1024)]


def _laid(values: np.ndarray, file: Path) -> np.ndarray:
    """``(N, C, H, W)`` from ``(N, H, W)``, ``(N, H, W, C)``, ``(N, C, H, W)`` or squares written as rows."""
    if values.dtype.kind not in "buif" or not values.size:
        raise FileError(file, "its images are {what}, not numbers.", what=str(values.dtype))
    if values.dtype.kind == "b":
        values = values.astype(np.uint8) * 255
    shape = values.shape
    if len(shape) == 2 and (channels := is_square(shape[1])):
        side = isqrt(shape[1] // channels)
        return values.reshape(-1, channels, side, side)
    if len(shape) == 3:
        return values[:, None]
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        return values
    if len(shape) == 4 and shape[3] in (1, 3, 4):
        return np.ascontiguousarray(values[..., : 3 if shape[3] == 4 else None].transpose(0, 3, 1, 2))
    if len(shape) == 4 and shape[1] in (1, 3):
        return values
    raise FileError(
        file,
        "its images have the shape {shape}; count, height and width are needed, perhaps with 1 or 3 channels.",
        shape=" × ".join(map(str, shape)),
    )


def is_square(n: int) -> int:
    """The channels, 1 or 3, with which *n* numbers are those of a square image; 0 where they are not."""
    return next((c for c in (1, 3) if isqrt(n // c) ** 2 * c == n and n > c), 0)


def _targets(values: np.ndarray, file: Path) -> np.ndarray:
    """Whole numbers ``(N,)`` or masks ``(N, H, W)``, or texts ``(N,)``."""
    if values.ndim == 4 and 1 in (values.shape[1], values.shape[3]):
        values = values[:, 0] if values.shape[1] == 1 else values[..., 0]
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif" and np.array_equal(values.sum(1), np.ones(len(values))):
        values = values.argmax(1)  # one-hot
    if values.ndim == 1 and values.dtype.kind in "OSU":
        return np.asarray([_word(value) for value in values.tolist()])
    if values.ndim not in (1, 3) or values.dtype.kind not in "buif" or not _whole(values):
        raise FileError(
            file,
            "what is right has the shape {shape} of {kind}; each image needs a class, or a mask of whole numbers.",
            shape=" × ".join(map(str, values.shape)),
            kind=str(values.dtype),
        )
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    return values.astype(np.int64)


def numbers(values: np.ndarray) -> bool:
    """Whether targets are numbers to be foretold: a fraction is among them, or each image has several."""
    return values.dtype.kind == "f" and values.ndim <= 2 and not _whole(values)


def _rows(values: np.ndarray, file: Path) -> np.ndarray:
    """Numbers ``(N, K)`` in single precision.

    Raises:
        FileError: they are no numbers, not finite, or have another shape.
    """
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.dtype.kind not in "buif" or not values.shape[1]:
        raise FileError(
            file,
            "what is right has the shape {shape} of {kind}; each image needs a number, or a row of them.",
            shape=" × ".join(map(str, values.shape)),
            kind=str(values.dtype),
        )
    made = values.astype(np.float32)
    if not np.isfinite(made).all():
        raise FileError(file, "what is right holds numbers that are infinite or none.")
    return made


def _named(found: Arrays) -> None:
    """What the numbers are called: as the file says, else by their place.

    Raises:
        DataError: the parts have different numbers of them.
    """
    counts = {targets.shape[1] for _, targets in found.parts.values()}
    if len(counts) > 1:
        raise DataError("Some parts have {a} numbers for each image, others {b}.", a=min(counts), b=max(counts))
    n = counts.pop()
    found.numbers = found.names if len(found.names) == n else tuple(f"y{i}" for i in range(n)) if n > 1 else ("y",)
    found.names = ()


def _whole(values: np.ndarray) -> bool:
    if values.dtype.kind != "f":
        return True
    return bool(np.isfinite(values).all() and (values == np.rint(values)).all() and abs(values).max(initial=0) < 2**53)


def _numbered(found: Arrays) -> None:
    """Classes as numbers from 0 on, with their names.

    Raises:
        DataError: some parts have classes and others masks, or there are too many classes.
    """
    flat = [targets for _, targets in found.parts.values()]
    if len({targets.ndim for targets in flat}) > 1:
        raise DataError("Some parts have a class for each image, others a mask: all need the same.")
    if flat[0].ndim == 3:
        return
    texts = any(targets.dtype.kind in "OSU" for targets in flat)
    values = np.unique(np.concatenate([targets.astype(str) if texts else targets for targets in flat]))
    if len(values) > MOST_CLASSES:
        raise DataError("{n} different answers are no classes ({most} at most).", n=len(values), most=MOST_CLASSES)
    n = 0 if texts else int(values.max()) + 1
    if not texts and values.min() >= 0 and n <= max(2 * len(values), len(found.names), 10):
        names = found.names if len(found.names) >= n else tuple(map(str, range(n)))
        found.names = names
        return
    found.names = tuple(map(str, values.tolist()))
    found.parts = {
        part: (images, np.searchsorted(values, targets.astype(str) if texts else targets))
        for part, (images, targets) in found.parts.items()
    }


def _word(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
