"""Tables of text beside images: a class or numbers for each image, or a line for each object."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import FileError
from graph.text import say
from runtime.data.annotated import Annotated, Finder, Marked, Picture, finished, fixed_names, listed, part_in, short
from runtime.data.annotations import MOST_BYTES, numeric, text
from runtime.data.description import IMAGE_ENDINGS, DataError, Problem, folders, part_of
from runtime.data.images import stored

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


@dataclass
class Labeled:
    """Images with a class each, by part; the classes in their order."""

    root: Path
    files: dict[str, list[tuple[Path, int]]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Numbered:
    """Images with numbers each, by part; what these are called."""

    root: Path
    files: dict[str, list[tuple[Path, int]]] = field(default_factory=dict)
    """Each with the row of its numbers."""
    rows: list[tuple[float, ...]] = field(default_factory=list)
    names: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)


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


def has_boxes(root: Path) -> bool:
    """Whether the tables of *root* tell objects."""
    return any(table.has_boxes for table in tables(root, peek=True))


def has_numbers(root: Path) -> bool:
    """Whether the tables of *root* tell numbers of each image, and no class."""
    return any(table.has_numbers for table in tables(root, peek=True))


def has_classes(root: Path) -> bool:
    """Whether the tables of *root* have a column of classes, whatever stands in it."""
    return any({"label", "number"} & set(table.columns) for table in tables(root, peek=True))


def numbered(root: Path) -> Numbered:
    """Images with numbers each: those of all columns of numbers.

    Raises:
        DataError: no such column, or no image.
    """
    above = root if root.is_dir() else root.parent
    found, find = Numbered(above), Finder(above)
    for table in tables(root):
        found.names = found.names or tuple(table.numbers)
        missing, wrong = {}, []
        for line, row in table.rows:
            name = table.cell(row, "file")
            part = part_of(table.cell(row, "part")) or table.part
            image = find(name, table.file.parent, part) or _without_ending(find, name, table.file.parent)
            if image is None:
                missing.setdefault(name, line)
                continue
            try:
                found.rows.append(tuple(_number(row[table.numbers[column]]) for column in found.names))
            except (ValueError, LookupError):
                wrong.append(line)
                continue
            found.files.setdefault(part or "all", []).append((image, len(found.rows) - 1))
        _tell(found.problems, table, above, missing, wrong)
    if not found.names or not found.files:
        raise DataError(
            "{folder}: no image with numbers; a table needs a column of files and columns of numbers.", folder=str(root)
        )
    return found


def objects(root: Path) -> Annotated:
    """Images with their objects."""
    above = root if root.is_dir() else root.parent
    found, find = Annotated(above), Finder(above)
    pictures: dict[Path, tuple[str, Picture]] = {}
    for table in tables(root):
        if not table.has_boxes:
            continue
        shares, missing, wrong = _in_shares(table), {}, []
        for number, row in table.rows:
            name = table.cell(row, "file")
            part = part_of(table.cell(row, "part")) or table.part
            image = find(name, table.file.parent, part)
            if image is None:
                missing.setdefault(name, number)
                continue
            if image not in pictures:
                pictures[image] = (part, Picture(image, [], None, table.file))
            if not any(table.cell(row, side) for side in ("left", "top", "right", "bottom")):
                continue  # an image without objects
            try:
                pictures[image][1].objects.append(_marked(table, row, image, shares))
            except (ValueError, FileError):
                wrong.append(number)
        _tell(found.problems, table, above, missing, wrong)
    names = _beside(found, pictures)
    for part, picture in pictures.values():
        found.add(part, picture)
    return finished(found, names)


def _beside(found: Annotated, pictures: dict[Path, tuple[str, Picture]]) -> tuple[str, ...]:
    """The classes in their order; parts that no table tells are those of Pascal VOC's lists beside the images."""
    above = {image.parent.parent.resolve() for image in pictures if image.parent.name == "JPEGImages"}
    names = fixed_names(found.root, *sorted(above))
    lists = {name: part for folder in above for name, part in listed(folder).items()}
    if lists and not any(part for part, _ in pictures.values()):
        for image, (_, picture) in pictures.items():
            pictures[image] = (lists.get(image.stem, ""), picture)
    occurring = {one.label for _, picture in pictures.values() for one in picture.objects}
    return names if occurring <= set(names) else ()


def labeled(root: Path) -> Labeled:
    """Images with a class each.

    Raises:
        DataError: fewer than two classes, or no image.
    """
    above = root if root.is_dir() else root.parent
    found, find = Labeled(above), Finder(above)
    rows: list[tuple[str, Path, str, str]] = []
    for table in tables(root):
        missing, wrong = {}, []
        for number, row in table.rows:
            name, label, index = (table.cell(row, column) for column in ("file", "label", "number"))
            part = part_of(table.cell(row, "part")) or table.part
            image = find(name, table.file.parent, part) or _without_ending(find, name, table.file.parent)
            if image is None:
                missing.setdefault(name, number)
            elif not label and not index:
                wrong.append(number)
            else:
                rows.append((part or "all", image, label or index, index))
        _tell(found.problems, table, above, missing, wrong)
    found.classes, order = _classes(above, rows)
    if len(found.classes) < 2:
        raise DataError(
            "{folder}: the table names {n} classes with images that are there; it takes two to tell apart.",
            folder=str(root),
            n=len(found.classes),
        )
    for part, image, label, _ in rows:
        found.files.setdefault(part, []).append((image, order[label]))
    return found


def _classes(root: Path, rows: Iterable[tuple[str, Path, str, str]]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The classes, and the number of each label: as the table numbers them, by number if labels are, else by name."""
    numbers = {label: index or label for _, _, label, index in rows}
    if all(number.isdecimal() and len(number) < 7 for number in numbers.values()):
        wanted = {label: int(number) for label, number in numbers.items()}
        for names in _name_files(root):
            named = all(label in (str(n), names[n]) for label, n in wanted.items() if n < len(names))
            if wanted and max(wanted.values()) < len(names) and named:
                return names, wanted
        ordered = sorted(wanted, key=lambda label: (wanted[label], label))
    else:
        ordered = sorted(numbers)
        names = fixed_names(root)
        if set(ordered) <= set(names):
            ordered = list(names)
    return tuple(ordered), {label: i for i, label in enumerate(ordered)}


def _name_files(root: Path) -> list[tuple[str, ...]]:
    files = sorted({*root.glob("*classes*.txt"), *root.glob("labels.txt"), *root.glob("*names*.txt")})
    return [tuple(line.strip() for line in text(file).splitlines() if line.strip()) for file in files]


def _without_ending(find: Finder, name: str, beside: Path) -> Path | None:
    """An image that the table calls by its name without an ending."""
    if not name or Path(name).suffix.casefold() in IMAGE_ENDINGS:
        return None
    endings = (".jpg", ".jpeg", ".png", ".tif", ".bmp")
    return next((image for ending in endings if (image := find(name + ending, beside))), None)


def _tell(problems: list[Problem], table: Table, root: Path, missing: Mapping[str, int], wrong: list[int]) -> None:
    file = short(table.file, root)
    for name, number in list(missing.items())[:20]:
        message = say("line {line}: the image {name} is missing: it is left out.", line=number, name=name[:200])
        problems.append(Problem(file, message))
    if len(missing) > 20:
        problems.append(Problem(file, say("more of its images that are missing: {n}.", n=len(missing) - 20)))
    if wrong:
        message = say(
            "line {line} lacks a class or a number ({n} such lines): left out.",
            line=wrong[0],
            n=len(wrong),
        )
        problems.append(Problem(file, message))


def _marked(table: Table, row: list[str], image: Path, shares: bool) -> Marked:
    label = table.cell(row, "label") or table.cell(row, "number")
    if not label:
        raise ValueError
    left, top, right, bottom = (numeric(table.cell(row, side)) for side in ("left", "top", "right", "bottom"))
    if "extent" in table.columns:
        right, bottom = left + right, top + bottom
    if shares:
        height, width = stored(image).size
        left, top, right, bottom = left * width, top * height, right * width, bottom * height
    return Marked(label, (left, top, right, bottom))


def _in_shares(table: Table) -> bool:
    """Whether boxes are shares of the image, as Open Images has them: none goes beyond 1."""
    largest = 0.0
    for _, row in table.rows:
        for side in ("right", "bottom"):
            try:
                largest = max(largest, numeric(table.cell(row, side)))
            except ValueError:
                continue
    return 0.0 < largest <= 1.0


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
            _number(cell)
        except ValueError:
            continue
        if at not in others:
            found[name or str(at)] = at
    return found


def _number(cell: str) -> float:
    number = float(cell)
    if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise ValueError
    return number


def _is_fraction(cell: str) -> bool:
    try:
        return not _number(cell).is_integer() or "." in cell
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
