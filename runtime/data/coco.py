"""COCO: one file of JSON for many images, with boxes, polygons, and regions where many are not told apart (crowds)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph.errors import FileError
from graph.text import say
from runtime.data.annotated import Annotated, Finder, Marked, Picture, finished, part_in
from runtime.data.annotations import from_json, numeric
from runtime.data.description import folders, part_of

_FIRST = 65_536
"""So much of a file is enough to know it again."""


def files(root: Path) -> list[Path]:
    """The files of a set, those of instances where there are others, too."""
    if root.is_file():
        return [root] if root.suffix.casefold() == ".json" and _known(root) else []
    places = (root, *(f for f in folders(root) if f.name.casefold() in ("annotations", "labels") or part_of(f.name)))
    found = [file for place in places for file in sorted(place.glob("*.json")) if _known(file)]
    return [file for file in found if "instances" in file.name.casefold()] or found


def _known(file: Path) -> bool:
    try:
        with file.open("rb") as f:
            head = f.read(_FIRST)
    except OSError:
        return False
    keys = (b'"images"', b'"annotations"', b'"categories"')
    whole = len(head) < _FIRST
    return sum(key in head for key in keys) >= (2 if whole else 1) and b'"shapes"' not in head


def read(root: Path) -> Annotated:
    """Every image of every file.

    Raises:
        FileError: a file is damaged, or two of them disagree about the classes.
    """
    found = Annotated(root if root.is_dir() else root.parent)
    find = Finder(found.root)
    classes: dict[int, str] = {}
    for file in files(root):
        part = part_in(file.stem) or part_of(file.parent.name)
        _read(file, part, find, classes, found)
    return finished(found, [classes[number] for number in sorted(classes)])


def _read(file: Path, part: str, find: Finder, classes: dict[int, str], found: Annotated) -> None:
    raw = from_json(file)
    raw = raw if isinstance(raw, dict) else {}
    entries = {name: raw.get(name) for name in ("images", "annotations", "categories")}
    lacking = [name for name, value in entries.items() if not isinstance(value, list)]
    if lacking:
        raise FileError(file, "it lacks the list {name} that COCO's files have.", name=lacking[0])
    for category in entries["categories"]:
        number, name = (category.get("id"), category.get("name")) if isinstance(category, dict) else (None, None)
        if type(number) is not int or not isinstance(name, str):
            raise FileError(file, "one of its categories has no number (id) or no name.")
        if classes.setdefault(number, name) != name:
            raise FileError(
                file,
                "it calls category {number} {name}, another file {other}.",
                number=number,
                name=name,
                other=classes[number],
            )
    of_image: dict[Any, list[dict]] = {}
    for one in entries["annotations"]:
        if isinstance(one, dict) and isinstance(one.get("image_id"), int | str):
            of_image.setdefault(one["image_id"], []).append(one)
    missing: list[str] = []
    for image in entries["images"]:
        if not isinstance(image, dict) or not isinstance(image.get("file_name"), str):
            found.wrong(file, say("one of its images has no file_name: it is left out."))
            continue
        name, number = image["file_name"], image.get("id")
        mine = of_image.pop(number, []) if isinstance(number, int | str) else []
        place = find(name, file.parent, part)
        if place is None:
            missing.append(name)
            continue
        found.add(part, Picture(place, _objects(mine, classes, file, name, found), _size(image), file))
    for name in missing[:20]:
        found.wrong(file, say("the image {name} is missing: it is left out.", name=name))
    if len(missing) > 20:
        found.wrong(file, say("more of its images that are missing: {n}.", n=len(missing) - 20))
    if of_image:
        n = sum(map(len, of_image.values()))
        found.wrong(file, say("objects left out, as it does not list their images: {n}.", n=n))


def _objects(mine: list[dict], classes: dict[int, str], file: Path, name: str, found: Annotated) -> list[Marked]:
    objects, wrong, crowds = [], 0, 0
    for one in mine:
        try:
            x, y, w, h = (numeric(value) for value in one["bbox"])
            outline = _outline(one.get("segmentation"))
            crowd = bool(one.get("iscrowd"))
            objects.append(Marked(classes[one["category_id"]], (x, y, x + w, y + h), outline, crowd))
            crowds += crowd
        except (KeyError, TypeError, ValueError):
            wrong += 1
    if wrong:
        message = say("{name}: objects left out, as they have no box or no known category: {n}.", name=name, n=wrong)
        found.wrong(file, message)
    if crowds:
        message = say(
            "{name}: crowds, which are no objects to find, and do not count in masks: {n}.", name=name, n=crowds
        )
        found.wrong(file, message)
    return objects


def _outline(raw: Any) -> tuple[tuple[float, ...], ...] | dict:
    if isinstance(raw, dict):
        return raw
    if not isinstance(raw, list):
        return ()
    polygons = (tuple(numeric(value) for value in polygon) for polygon in raw if isinstance(polygon, list))
    return tuple(polygon for polygon in polygons if len(polygon) >= 6 and len(polygon) % 2 == 0)


def _size(image: dict) -> tuple[int, int] | None:
    height, width = image.get("height"), image.get("width")
    known = type(height) is int and type(width) is int and height > 0 and width > 0
    return (height, width) if known else None
