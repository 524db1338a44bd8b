"""Tables of text beside images: a class or numbers for each image, or a line for each object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import FileError
from graph.text import say
from runtime.data.annotated import Annotated, Finder, Marked, Picture, finished, fixed_names, listed, short
from runtime.data.annotations import numeric, text
from runtime.data.columns import Table, number, tables
from runtime.data.description import IMAGE_ENDINGS, DataError, Problem, part_of
from runtime.data.images import stored


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
                found.rows.append(tuple(number(row[table.numbers[column]]) for column in found.names))
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
        for line, row in table.rows:
            name = table.cell(row, "file")
            part = part_of(table.cell(row, "part")) or table.part
            image = find(name, table.file.parent, part)
            if image is None:
                missing.setdefault(name, line)
                continue
            if image not in pictures:
                pictures[image] = (part, Picture(image, [], None, table.file))
            if not any(table.cell(row, side) for side in ("left", "top", "right", "bottom")):
                continue  # an image without objects
            try:
                pictures[image][1].objects.append(_marked(table, row, image, shares))
            except (ValueError, FileError):
                wrong.append(line)
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
        for line, row in table.rows:
            name, label, index = (table.cell(row, column) for column in ("file", "label", "number"))
            part = part_of(table.cell(row, "part")) or table.part
            image = find(name, table.file.parent, part) or _without_ending(find, name, table.file.parent)
            if image is None:
                missing.setdefault(name, line)
            elif not label and not index:
                wrong.append(line)
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
    for name, line in list(missing.items())[:20]:
        message = say("line {line}: the image {name} is missing: it is left out.", line=line, name=name[:200])
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
