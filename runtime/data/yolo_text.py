"""YOLO's layout: a text file beside each image, one object a line: class, center and size as shares of the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph.errors import FileError
from graph.text import say
from runtime.data import images as image_files
from runtime.data.annotated import Annotated, Marked, Picture, finished, fixed_names
from runtime.data.annotations import from_yaml, numeric, text
from runtime.data.description import DataError, folders, images, part_of

DIGITS = 2
"""Boxes are rounded to hundredths of a pixel: the six digits that such files have say no more."""


def described(root: Path) -> Path | None:
    """The file that describes the set: ``data.yaml``, or another one that names classes."""
    for file in (root / "data.yaml", root / "data.yml", root / "dataset.yaml", *sorted(root.glob("*.y*ml"))):
        if file.is_file():
            try:
                raw = from_yaml(file)
            except FileError:
                if file.name == "data.yaml":
                    return file
                continue
            if isinstance(raw, dict) and "names" in raw:
                return file
    return None


def label_of(image: Path) -> Path:
    """The text file of an image: in the folder ``labels`` instead of ``images``, or beside it."""
    parts = list(image.parts)
    for i in range(len(parts) - 2, -1, -1):
        if parts[i].casefold() == "images":
            return Path(*parts[:i], "labels", *parts[i + 1 :]).with_suffix(".txt")
    return image.with_suffix(".txt")


def is_yolo(root: Path) -> bool:
    """Whether a folder holds images with such text files."""
    if not root.is_dir():
        return False
    if described(root):
        return True
    for inside in (root, *folders(root)):
        if (inside / "images").is_dir() and (inside / "labels").is_dir():
            return any(True for _ in (inside / "labels").rglob("*.txt"))
    return False


def read(root: Path) -> Annotated:
    """Every image of the parts that ``data.yaml`` names, or of ``images`` folders.

    Raises:
        FileError: ``data.yaml`` is damaged.
        DataError: the parts hold no image.
    """
    found = Annotated(root)
    file = described(root)
    raw = from_yaml(file) if file else {}
    if not isinstance(raw, dict):
        raise FileError(file or root, "it should give names and values, as {example} does.", example="train: images")
    names = _names(file, raw.get("names")) if file else fixed_names(root, root / "labels")
    seen = 0
    for part, image in _images(root, raw):
        seen += 1
        picture = _picture(image, names, found)
        if picture is not None:
            found.add(part, picture)
    if not seen:
        raise DataError(
            "{folder} holds no images where YOLO's layout has them: in images, in train/images, or where the train and "
            "val of its data.yaml say.",
            folder=str(root),
        )
    return finished(found, names)


def _names(file: Path, raw: Any) -> tuple[str, ...]:
    if isinstance(raw, dict):
        try:
            numbered = {int(number): str(name) for number, name in raw.items()}
        except (ValueError, TypeError):
            numbered = {}
        if numbered and sorted(numbered) == list(range(len(numbered))):
            raw = [numbered[i] for i in range(len(numbered))]
    if not isinstance(raw, list) or not raw or len({str(name) for name in raw}) != len(raw):
        raise FileError(file, "its names should be a list of different classes, or give each number from 0 on one.")
    return tuple(map(str, raw))


def _images(root: Path, raw: dict) -> Iterator[tuple[str, Path]]:
    seen: set[Path] = set()
    named = [
        (part, raw[key]) for key, part in (("train", "train"), ("val", "validation"), ("test", "test")) if raw.get(key)
    ]
    for part, entries in named:
        for entry in entries if isinstance(entries, list) else [entries]:
            for image in _entry(root, raw.get("path"), str(entry)):
                if image not in seen:
                    seen.add(image)
                    yield part, image
    if seen:
        return
    above = [root / "images"] if (root / "images").is_dir() else [f for f in folders(root) if part_of(f.name)]
    for folder in above or [root]:
        for image in images(folder):
            inside = image.relative_to(root).parts[:-1]
            yield next((part for name in inside if (part := part_of(name))), ""), image


def _entry(root: Path, above: object, entry: str) -> Iterator[Path]:
    """The images of a folder, or of a list of files, wherever the set has been moved to."""
    bases = [root / str(above)] if above else []
    for base in (*bases, root):
        place = base / entry
        for target in (place, root / entry.lstrip("./"), root.joinpath(*Path(entry).parts[-2:])):
            if target.is_dir():
                yield from images(target)
                return
            if target.suffix == ".txt" and target.is_file():
                lines = (line.strip() for line in text(target).splitlines())
                yield from (image for line in lines if line and (image := _listed(root, target.parent, line)))
                return


def _listed(root: Path, beside: Path, line: str) -> Path | None:
    places = (beside / line, root / line, root / line.lstrip("./"))
    return next((place for place in places if "\0" not in line and len(line) < 4096 and place.is_file()), None)


def _picture(image: Path, names: tuple[str, ...], found: Annotated) -> Picture | None:
    file = label_of(image)
    if not file.is_file():
        found.wrong(image, say("it has no text file of labels: it is taken as an image without objects."))
        return Picture(image, [], None, image)
    try:
        size = image_files.stored(image).size
        lines = text(file).splitlines() if file.stat().st_size else []
    except FileError as e:
        found.refused(e)
        return None
    objects, wrong = [], []
    for i, line in enumerate(lines, 1):
        if line.strip():
            try:
                objects.append(_marked(line.split(), names, size))
            except (ValueError, IndexError):
                wrong.append(i)
    if wrong:
        found.wrong(
            file,
            say(
                "line {line} is no class from 0 to {last} with four shares from 0 to 1 ({n} such lines): left out.",
                line=wrong[0],
                last=len(names) - 1 if names else "…",
                n=len(wrong),
            ),
        )
    return Picture(image, objects, size, file)


def _marked(words: list[str], names: tuple[str, ...], size: tuple[int, int]) -> Marked:
    number = int(words[0])
    if number < 0 or (names and number >= len(names)) or number > 1_000_000:
        raise ValueError
    label = names[number] if names else str(number)
    shares = [numeric(word) for word in words[1:]]
    if max(map(abs, shares), default=9.0) > 2.0:  # pixels, not shares
        raise ValueError
    height, width = size
    outline: tuple[tuple[float, ...], ...] = ()
    if len(shares) in (4, 5):  # the fifth is how sure a detector was
        x, y, w, h = shares[:4]
        box = (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
    elif len(shares) >= 6 and len(shares) % 2 == 0:
        xs, ys = [x * width for x in shares[::2]], [y * height for y in shares[1::2]]
        box = min(xs), min(ys), max(xs), max(ys)
        outline = (tuple(value for point in zip(xs, ys, strict=True) for value in point),)
    else:
        raise ValueError
    left, top, right, bottom = (round(value, DIGITS) for value in box)
    return Marked(label, (left, top, right, bottom), outline)
