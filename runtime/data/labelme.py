"""LabelMe: a file of JSON beside each image, or with the image inside of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from graph.errors import FileError
from graph.text import say
from runtime.data.annotated import Annotated, Finder, Marked, Picture, finished, fixed_names
from runtime.data.annotations import MOST_BYTES, from_json, numeric
from runtime.data.description import folders, part_of

_FIRST = 4096


def files(root: Path) -> list[Path]:
    """The annotation files in a folder, in its folders of parts, or in its folder of annotations."""
    if not root.is_dir():
        return []
    places = [
        root,
        *(f for f in folders(root) if part_of(f.name) or f.name.casefold() in ("annotations", "labels", "json")),
    ]
    return [file for place in places for file in sorted(place.glob("*.json")) if _known(file)]


def _known(file: Path) -> bool:
    try:
        with file.open("rb") as f:
            head = f.read(_FIRST)
    except OSError:
        return False
    return b'"shapes"' in head or (b'"version"' in head and b'"flags"' in head)


def read(root: Path) -> Annotated:
    """Every image that has a file."""
    found, find = Annotated(root), Finder(root)
    for file in files(root):
        try:
            picture = _picture(file, find, found)
        except FileError as e:
            found.refused(e)
            continue
        found.add(part_of(file.parent.name), picture)
    return finished(found, fixed_names(root))


def _picture(file: Path, find: Finder, found: Annotated) -> Picture:
    raw = from_json(file, MOST_BYTES)
    if not isinstance(raw, dict) or not isinstance(raw.get("shapes"), list):
        raise FileError(file, "it lacks the list of shapes that LabelMe's files have.")
    name = raw.get("imagePath") if isinstance(raw.get("imagePath"), str) else ""
    image = find(name, file.parent, part_of(file.parent.name)) if name else None
    if image is None:
        same = [f for f in file.parent.glob(f"{_plain(file.stem)}.*") if f.suffix.casefold() != ".json"]
        image = same[0] if same else None
    if image is None and isinstance(raw.get("imageData"), str):
        image = file  # the image lies in the file itself
    if image is None:
        raise FileError(file, "its image is missing (looked for {name}).", name=name or file.stem)
    objects, wrong = [], 0
    for shape in raw["shapes"]:
        try:
            objects.append(_marked(shape))
        except (KeyError, TypeError, ValueError):
            wrong += 1
    if wrong:
        message = say(
            "shapes left out, as they have no class, or no extent as a rectangle or polygon has: {n}.", n=wrong
        )
        found.wrong(file, message)
    height, width = raw.get("imageHeight"), raw.get("imageWidth")
    known = type(height) is int and type(width) is int and height > 0 and width > 0
    return Picture(image, objects, (height, width) if known else None, file)


def _plain(stem: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


def _marked(shape: Any) -> Marked:
    label = shape["label"]
    if not isinstance(label, str) or not label.strip():
        raise ValueError
    points = [(numeric(x), numeric(y)) for x, y in shape["points"]]
    kind = shape.get("shape_type") or "polygon"
    outline: tuple[tuple[float, ...], ...] = ()
    if kind == "circle":
        (x, y), edge = points
        r = math.dist((x, y), edge)
        around = [2 * math.pi * i / 64 for i in range(64)]
        outline = (tuple(v for a in around for v in (x + r * math.cos(a), y + r * math.sin(a))),)
        points = [(x - r, y - r), (x + r, y + r)]
    elif kind == "polygon" and len(points) >= 3:
        outline = (tuple(value for point in points for value in point),)
    elif kind not in ("rectangle", "mask") or len(points) not in (2, 4):
        raise ValueError
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    if kind == "rectangle":
        outline = ((left, top, right, top, right, bottom, left, bottom),)
    return Marked(label.strip(), (left, top, right, bottom), outline)
