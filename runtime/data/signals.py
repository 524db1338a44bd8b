"""Signals: rows of numbers along time, from arrays, from tables without images, and from files of one signal.

Free of torch.  A signal is ``(C, L)`` in single precision, its numbers as they are.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from tokenize import TokenError

import numpy as np

from graph.errors import FileError
from runtime.data import array_files, arrays
from runtime.data.annotated import part_in
from runtime.data.annotations import MOST_BYTES, text
from runtime.data.arrays import Arrays
from runtime.data.columns import LABEL, PART
from runtime.data.description import PARTS, DataError, part_of
from runtime.data.preprocessing import Preprocessing

SHORTEST = 16
"""A table whose lines hold fewer numbers tells no signals."""
MOST_CHANNELS = 16
"""More rows than these are no channels of a signal, where nothing else says so."""
ENDINGS = (".csv", ".tsv", ".txt", ".npy")
"""Files that hold one signal."""
_DAMAGED = (OSError, ValueError, LookupError, EOFError, RuntimeError, TypeError, OverflowError, AttributeError)
_DAMAGED += (zipfile.BadZipFile, NotImplementedError, SyntaxError, zlib.error, TokenError)
"""What readers raise on damaged files; whoever reads them as a whole says what is wrong."""
NAMES = ("signal", "signals", "series", "waveform", "waveforms", "ecg", "eeg", "audio", "sensor", "sensors")
"""Names of arrays that hold signals whatever their shape."""


def is_signals(path: Path) -> bool:
    """Whether the arrays or tables that *path* is or holds tell signals, as their names and shapes say."""
    for format in ("npz", "hdf5"):
        for file in array_files.files(path, format):
            if any(_looks(name, shape) for name, shape in _shapes(file, format)):
                return True
    return any(_table_of_signals(file) for file in tables(path))


def _looks(name: str, shape: tuple[int, ...]) -> bool:
    if array_files.meaning(name)[1] != "images":
        return False
    if len(shape) in (2, 3) and any(word in name.casefold() for word in NAMES):
        return True
    if len(shape) == 3:
        few, many = sorted(shape[1:])
        return few <= MOST_CHANNELS and many >= 2 * SHORTEST and many >= 4 * few
    return len(shape) == 2 and shape[1] >= SHORTEST and not arrays.is_square(shape[1])


def _shapes(file: Path, format: str) -> Iterable[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the arrays in a file, which is not read as a whole; nothing of a damaged one."""
    try:
        if format == "hdf5":
            return array_files.shapes_in_hdf5(file)
        found = []
        with zipfile.ZipFile(file) as held:
            for name in held.namelist()[:100]:
                with held.open(name) as f:
                    version = np.lib.format.read_magic(f)
                    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
                    shape = read(f)[0] if read else np.lib.format.read_array_header_2_0(f)[0]
                    found.append((name.removesuffix(".npy"), shape))
        return found
    except _DAMAGED:
        return ()


def tables(path: Path) -> list[Path]:
    """The tables that *path* is or holds."""
    found = [path] if path.is_file() else sorted(path.iterdir())
    return [f for f in found if f.suffix.casefold() in (".csv", ".tsv") and f.is_file()]


def _table_of_signals(file: Path) -> bool:
    """Whether the first two lines of a table hold many numbers, and no name of a file."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as f:
            lines = [f.readline(1 << 20) for _ in range(2)]
    except OSError:
        return False
    rows = _rows(lines[1] or lines[0])
    if not rows or len(rows[0]) <= SHORTEST:
        return False
    return sum(_is_number(cell) for cell in rows[0]) >= len(rows[0]) - 2


def read(path: Path, task: str = "") -> Arrays:
    """Signals ``(N, C, L)`` of each part with what is right, a class or numbers for each.

    Raises:
        FileError: a file is damaged, or holds no signals.
        DataError: nothing is told of the signals, or signals of different sizes stand in the parts.
    """
    format = next((format for format in ("npz", "hdf5") if array_files.files(path, format)), "")
    found = arrays.read(path, format, task, laid=laid) if format else _from_tables(path, task)
    shapes = {values.shape[1:] for values, _ in found.parts.values()}
    if len(shapes) > 1:
        raise DataError(
            "Some parts hold signals of {a}, others of {b}: all need the same channels and length.",
            **dict(zip("ab", (" × ".join(map(str, shape)) for shape in sorted(shapes)), strict=False)),
        )
    return found


def laid(values: np.ndarray, file: Path) -> np.ndarray:
    """``(N, C, L)`` in single precision from ``(N, L)``, ``(N, C, L)`` or ``(N, L, C)``.

    Raises:
        FileError: they have another shape, or are not finite.
    """
    if values.ndim == 2:
        values = values[:, None]
    if values.ndim == 3 and values.shape[2] <= MOST_CHANNELS < values.shape[1]:
        values = values.transpose(0, 2, 1)
    if values.ndim != 3 or values.dtype.kind not in "buif" or not values.size:
        raise FileError(
            file,
            "its signals have the shape {shape} of {kind}; count and length are needed, perhaps with channels between.",
            shape=" × ".join(map(str, values.shape)),
            kind=str(values.dtype),
        )
    made = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(made).all():
        raise FileError(file, "its signals hold numbers that are infinite or none.")
    return made


def _from_tables(path: Path, task: str) -> Arrays:
    """Signals from tables: a line for each, with its class in a column that is named so, or the first or last one."""
    rows: dict[str, list[tuple[list[float], str]]] = {}
    for file in (f for f in tables(path) if _table_of_signals(f)):
        for part, values, label in _lines(file):
            rows.setdefault(part, []).append((values, label))
    if len({len(values) for some in rows.values() for values, _ in some}) > 1:
        raise DataError("{name}: its lines hold signals of different lengths; all need the same.", name=path.name)
    if not rows:
        raise DataError("{name} holds no table of signals: a line for each, with its class.", name=path.name)
    found = Arrays()
    if "all" in rows and "train" in rows:
        rows.pop("all")
    told = _told([label for some in rows.values() for _, label in some], found, task)
    for part in ("all", *PARTS):
        if part in rows:
            made = np.asarray([values for values, _ in rows[part]], np.float32)
            found.parts[part] = (made[:, None], np.asarray([told[label] for _, label in rows[part]]))
    arrays.settle(found, path, task)
    return found


def _told(labels: list[str], found: Arrays, task: str) -> dict[str, object]:
    """What each label means: a number to be foretold, or the number of a class, whose names *found* then has."""
    known = set(labels)
    numbers = all(map(_is_number, known))
    if numbers and (task == "regression" or not all(float(label).is_integer() for label in known)):
        return {label: float(label) for label in known}
    ordered = sorted(known, key=lambda label: (float(label) if numbers else 0.0, label))
    found.names = tuple(ordered)
    return {label: i for i, label in enumerate(ordered)}


def _lines(file: Path) -> list[tuple[str, list[float], str]]:
    """Part, signal and label of each line.

    Raises:
        FileError: it is no table, or a line holds something else than numbers where its signal is.
    """
    rows = _rows(text(file, MOST_BYTES))
    if not rows:
        raise FileError(file, "it is no table of numbers, or it is damaged.")
    head = [] if sum(map(_is_number, rows[0])) >= len(rows[0]) - 2 else [c.strip().casefold() for c in rows.pop(0)]
    label = next((head.index(name) for name in LABEL if name in head), -1) if head else _label_column(rows)
    part = next((head.index(name) for name in PART if name in head), -1)
    if label < 0:
        raise FileError(file, "no column says what each signal is: name one label, class or target.")
    above = part_in(file.stem)
    found = []
    for number, row in enumerate(rows, 2 if head else 1):
        try:
            values = [float(cell) for i, cell in enumerate(row) if i not in (label, part)]
            told = part_of(row[part].strip()) if part >= 0 else ""
            found.append((told or above or "all", values, row[label].strip()))
        except (ValueError, IndexError):
            raise FileError(file, "line {line} holds something that is no number.", line=number) from None
    if not np.isfinite([value for _, values, _ in found for value in values]).all():
        raise FileError(file, "its signals hold numbers that are infinite or none.")
    return found


def _label_column(rows: list[list[str]]) -> int:
    """The column of classes where none has a name: the first or the last one, whichever holds few whole numbers or
    words."""
    for at in (0, len(rows[0]) - 1):
        cells = [row[at].strip() for row in rows if len(row) > at]
        few = len(set(cells)) <= max(2, len(cells) // 2)
        if few and all(not _is_number(cell) or float(cell).is_integer() for cell in cells):
            return at
    return -1


def _rows(raw: str) -> list[list[str]]:
    first = raw.split("\n", 1)[0]
    delimiter = max(",;\t ", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(raw), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error:
        return []


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def one(file: Path, told: Preprocessing) -> np.ndarray:
    """The signal ``(C, L)`` in a file of its own, of the channels and length that *told* says.

    Raises:
        FileError: it holds something else.
    """
    if file.suffix.casefold() == ".npy":
        try:
            values = np.load(file, allow_pickle=False)
        except FileNotFoundError:
            raise FileError(file, "there is no such file.") from None
        except (OSError, ValueError, EOFError):
            raise FileError(file, "it is no array of NumPy, or a damaged one.") from None
    else:
        try:
            rows = [[float(cell) for cell in row if cell.strip()] for row in _rows(text(file, MOST_BYTES))]
            values = np.asarray(rows)
        except ValueError:
            raise FileError(file, "it is no signal: numbers are needed, a line for each channel.") from None
        values = values.T if values.ndim == 2 and values.shape[1] <= MOST_CHANNELS < values.shape[0] else values
    values = values[None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != told.channels:
        raise FileError(
            file,
            "it holds {shape}; the network takes {channels} channels of a signal.",
            shape=" × ".join(map(str, values.shape)),
            channels=told.channels,
        )
    return fitted(laid(values[None], file), told.size[0])[0]


def fitted(values: np.ndarray, length: int) -> np.ndarray:
    """Signals ``(N, C, L)`` brought to *length* values by drawing straight lines between those that are there."""
    own = values.shape[-1]
    if own == length:
        return values
    at = (np.arange(length) + 0.5) * own / length - 0.5
    low = np.clip(np.floor(at).astype(np.int64), 0, own - 1)
    high, share = np.minimum(low + 1, own - 1), np.clip(at - low, 0.0, 1.0).astype(np.float32)
    return values[..., low] * (1 - share) + values[..., high] * share
