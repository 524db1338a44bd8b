"""What a table of text says in which column: known by their names, or by their places where there are none."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import FileError
from runtime.data.annotated import part_in
from runtime.data.annotations import MOST_BYTES, text
from runtime.data.description import IMAGE_ENDINGS, folders, part_of

FILE = ("path", "filename", "file_name", "file", "filepath", "file_path", "image", "image_path", "img", "img_path")
FILE += ("image_name", "image_id", "name")
LABEL = (
    "class_name",
    "label",
    "class",
    "category",
    "category_name",
    "label_name",
    "labelname",
    "target",
    "species",
    "y",
)
NUMBER = ("class_index", "class_id", "label_id", "category_id", "index")
PART = ("split", "subset", "set", "part", "partition", "usage")
CORNERS = (
    ("xmin", "x_min", "x1", "left", "bbox_xmin"),
    ("ymin", "y_min", "y1", "top", "bbox_ymin"),
    ("xmax", "x_max", "x2", "right", "bbox_xmax"),
    ("ymax", "y_max", "y2", "bottom", "bbox_ymax"),
)
EXTENT = (
    ("x", "bbox_x", "left", "xmin", "x1"),
    ("y", "bbox_y", "top", "ymin", "y1"),
    ("w", "bbox_w", "bbox_width", "box_width", "width"),
    ("h", "bbox_h", "bbox_height", "box_height", "height"),
)
"""Names of columns (small letters), likeliest first; an extent is a corner with width and height."""
PREFERRED = ("labels.csv", "annotations.csv", "_annotations.csv", "train.csv", "train_labels.csv")
ENDINGS = (".csv", ".tsv")
LARGEST_NUMBER = 1e30
"""Larger numbers are no answers that could be learned: their squares would be infinite."""


@dataclass
class Table:
    """A table whose columns are understood."""

    file: Path
    columns: Mapping[str, int]
    rows: list[tuple[int, list[str]]]
    part: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Columns that hold numbers in the first line, by name: what may be foretold of each image."""

    @property
    def has_boxes(self) -> bool:
        """Whether a line is an object, not an image."""
        return "left" in self.columns

    @property
    def has_numbers(self) -> bool:
        """Whether a line tells numbers and no class: there is no column of classes, or there are fractions in it."""
        label = self.columns.get("label", -1)
        fraction = bool(self.rows) and _is_fraction(self.cell(self.rows[0][1], "label"))
        return bool(self.numbers) and not self.has_boxes and "number" not in self.columns and (label < 0 or fraction)

    def cell(self, row: list[str], name: str) -> str:
        """What a row says in one of the columns; empty if it ends before."""
        at = self.columns.get(name, len(row))
        return row[at].strip() if at < len(row) else ""


def tables(root: Path, *, peek: bool = False) -> list[Table]:
    """The tables of a set: the one file that *root* is, the likeliest by its name, or one for each part."""
    places = (root,) if root.is_file() else (root, *(f for f in folders(root) if part_of(f.name)))
    files = [f for place in places for f in ([place] if place.is_file() else sorted(place.iterdir()))]
    found = [table for f in files if f.suffix.casefold() in ENDINGS and (table := _table(f, peek=peek))]
    if len(found) < 2:
        return found
    by_part = {table.part: table for table in found if table.part}
    preferred = [table for name in PREFERRED for table in found if table.file.name.casefold() == name]
    if "train" in by_part:
        return list(by_part.values())
    return preferred[:1] or found[:1]


def number(cell: str) -> float:
    """What a cell says, if it is a number that could be learned; else a ValueError."""
    value = float(cell)
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise ValueError
    return value


def _table(file: Path, *, peek: bool = False) -> Table | None:
    """A table if its columns are understood; where it is only known again, without its rows.

    Raises:
        FileError: it cannot be read.
    """
    try:
        raw = _start(file) if peek else text(file, MOST_BYTES)
    except FileError:
        if peek:
            return None
        raise
    first = raw.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(raw), delimiter=delimiter)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as e:
        if not rows and not peek:
            raise FileError(file, "it is no table of text ({why}).", why=str(e)) from None
        return None
    if not rows:
        return None
    names = [cell.strip() for cell in rows[0][1]]
    columns, numbers = _columns([name.casefold().replace(" ", "_") for name in names]), dict[str, int]()
    if columns is None:
        columns = _headless(rows[0][1])
    else:
        del rows[0]
        numbers = _numbers(names, columns, rows[0][1] if rows else [])
    if columns is None or not (numbers or {"label", "number"} & set(columns)):
        return None
    return Table(file, columns, rows, part_in(file.stem) or part_of(file.parent.name), numbers)


def _numbers(names: list[str], columns: Mapping[str, int], first: list[str]) -> dict[str, int]:
    """The columns that hold numbers, by name, as the first line has them."""
    others = {at for name, at in columns.items() if name not in ("label", "extent")}
    found: dict[str, int] = {}
    for at, (name, cell) in enumerate(zip(names, first, strict=False)):
        try:
            number(cell)
        except ValueError:
            continue
        if at not in others:
            found[name or str(at)] = at
    return found


def _is_fraction(cell: str) -> bool:
    try:
        return not number(cell).is_integer() or "." in cell
    except ValueError:
        return False


def _start(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as f:
            return f.readline(65_536) + f.readline(65_536)
    except (OSError, ValueError) as e:
        raise FileError(file, "it cannot be read: {why}.", why=str(e)) from None


def _columns(names: list[str]) -> dict[str, int] | None:
    def place(known: Iterable[str]) -> int:
        return next((names.index(name) for name in known if name in names), -1)

    columns = {"file": place(FILE), "label": place(LABEL), "number": place(NUMBER), "part": place(PART)}
    for extent, sides in ((False, CORNERS), (True, EXTENT)):
        found = [place(side) for side in sides]
        if min(found) >= 0:
            columns |= dict(zip(("left", "top", "right", "bottom"), found, strict=True))
            columns |= {"extent": 0} if extent else {}
            break
    columns = {name: at for name, at in columns.items() if at >= 0}
    return columns if "file" in columns else None


def _headless(first: list[str]) -> dict[str, int] | None:
    """Columns of a table without names: image, left, top, right, bottom, class; or image, class."""
    if Path(first[0].strip()).suffix.casefold() not in IMAGE_ENDINGS:
        return None
    if len(first) == 6:
        return {"file": 0, "left": 1, "top": 2, "right": 3, "bottom": 4, "label": 5}
    return {"file": 0, "label": 1} if len(first) == 2 else None
