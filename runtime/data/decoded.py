"""Images decoded once: in memory where they fit, else in a file of the cache, where the next reading finds them again.
Where neither has room they are decoded whenever they are asked for (:mod:`runtime.data.afresh`).

The environment variable CANEVAS_MEMORY_MIB says how much of one set may lie in memory (else half of what is free), and
CANEVAS_CACHE_MIB how much the cache may take on the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import psutil

from graph.errors import FileError
from runtime.data.description import DataError
from runtime.data.preprocessing import Preprocessing
from runtime.folders import cache_home
from runtime.processes import began

if TYPE_CHECKING:
    from runtime.data.afresh import Afresh

T = TypeVar("T")
Shapes = Sequence[tuple[int, ...]]
Arrays = tuple[np.ndarray, ...]

CACHE_MIB = 20 * 1024
"""What the cache takes on the disk at most, unless told otherwise."""
SPARE = 1024**3
"""Bytes of the disk that stay free."""
AT_ONCE = 64
"""Images that are decoded at the same time: results wait in memory."""
_VERSION = 2


class Gathered(NamedTuple):
    """Arrays with a row for each job that could be done, and which jobs these are; the first may be decoded afresh."""

    arrays: tuple[np.ndarray | Afresh, ...]
    kept: np.ndarray


def gathered(
    jobs: Sequence[T],
    one: Callable[[T], Arrays],
    shapes: Shapes,
    files: Callable[[T], Iterable[Path]],
    told: Preprocessing,
    failed: Callable[[FileError], None],
    progress: Callable[[float], None],
    meaning: object = (),
) -> Gathered:
    """What *one* makes of each of the *jobs*: arrays of bytes of the *shapes*, first of all the image.

    Args:
        jobs: what to decode.
        one: decodes one; raises FileError if that cannot be done.
        shapes: of the arrays that *one* gives.
        files: the files that a job depends on, first the image; when they change it is done again.
        told: how the images are brought to their size.
        failed: told of each job that cannot be done.
        progress: told the share that is done; may raise.
        meaning: whatever else the arrays depend on; its text tells it apart from others.

    Raises:
        DataError: neither memory nor disk has room for what is not an image.
    """

    def in_full(one: Callable[[T], Arrays], shapes: Shapes) -> Gathered:
        if _size(shapes, len(jobs)) <= memory_limit():
            arrays = tuple(np.empty((len(jobs), *shape), np.uint8) for shape in shapes)
            return _filled(jobs, one, arrays, failed, progress)
        store = Store(_key(jobs, files, told, (tuple(shapes), meaning)))
        return _found(store, jobs, one, shapes, failed) or _stored(store, jobs, one, shapes, failed, progress)

    size = _size(shapes, len(jobs))
    if size <= memory_limit() or _has_room(_folder(), size):
        return in_full(one, shapes)
    from runtime.data.afresh import Afresh  # torch

    others = in_full(lambda job: one(job)[1:], shapes[1:])  # which tells what cannot be decoded, too
    images = Afresh(tuple(next(iter(files(jobs[i]))) for i in others.kept), told)
    return Gathered((images, *others.arrays), others.kept)


def _size(shapes: Shapes, n: int) -> int:
    """Bytes of *n* rows."""
    return sum(map(prod, shapes)) * n


def chosen(rows: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """The *rows* with these *indices*; in a file without a name where memory has no room for them."""
    size = len(indices) * rows[:1].nbytes
    if size <= memory_limit():
        return rows[indices]
    folder = _folder()
    _see_to_disk(folder, size)
    handle, name = tempfile.mkstemp(prefix=_unfinished(), dir=folder)
    os.close(handle)
    made = np.memmap(name, np.uint8, "w+", shape=(len(indices), *rows.shape[1:]))
    step = max(1, 2**24 // max(rows[:1].nbytes, 1))
    for start in range(0, len(indices), step):
        made[start : start + step] = rows[indices[start : start + step]]
    if os.name == "posix":
        os.unlink(name)  # the system frees it with its last reader; elsewhere it goes when room is made
    return np.asarray(made)


def memory_limit() -> int:
    """Bytes of one set that may lie in memory."""
    given = _mebibytes("CANEVAS_MEMORY_MIB")
    return given if given is not None else psutil.virtual_memory().available // 2


def cache_limit() -> int:
    """Bytes that the cache may take on the disk."""
    given = _mebibytes("CANEVAS_CACHE_MIB")
    return given if given is not None else CACHE_MIB * 1024**2


def _mebibytes(name: str) -> int | None:
    try:
        return max(0, int(float(os.environ[name]) * 1024**2))
    except (KeyError, ValueError, OverflowError):
        return None


class Store:
    """One entry of the cache: files with the arrays, and one that says which jobs they hold, written last."""

    def __init__(self, key: str) -> None:
        self.folder = _folder()
        self.index = self.folder / f"{key}.json"
        self.key = key

    def file(self, i: int) -> Path:
        """The file of the array number *i*."""
        return self.folder / f"{self.key}.{i}.bytes"


def _found(
    store: Store, jobs: Sequence[T], one: Callable[[T], Arrays], shapes: Shapes, failed: Callable[[FileError], None]
) -> Gathered | None:
    """The arrays that lie in the cache; jobs that failed are tried again, so that their problems are told again."""
    try:
        kept = np.asarray(json.loads(store.index.read_text(encoding="utf-8"))["kept"], np.int64)
        sizes = [store.file(i).stat().st_size for i in range(len(shapes))]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    right = kept.ndim == 1 and len(kept) and kept.min() >= 0 and kept.max() < len(jobs)
    if not right or sizes != [len(kept) * prod(shape) for shape in shapes]:
        return None
    errors = []
    for i in np.setdiff1d(np.arange(len(jobs)), kept):
        try:
            one(jobs[i])
            return None  # it can be read now
        except FileError as e:
            errors.append(e)
    for error in errors:
        failed(error)
    os.utime(store.index)  # what was used last is kept longest
    return Gathered(_mapped(store, shapes, len(kept)), kept)


def _stored(
    store: Store,
    jobs: Sequence[T],
    one: Callable[[T], Arrays],
    shapes: Shapes,
    failed: Callable[[FileError], None],
    progress: Callable[[float], None],
) -> Gathered:
    _make_room(store.folder, _size(shapes, len(jobs)))
    names = [tempfile.mkstemp(prefix=_unfinished(), dir=store.folder) for _ in shapes]
    for handle, _ in names:
        os.close(handle)
    try:
        arrays = tuple(
            np.memmap(name, np.uint8, "w+", shape=(len(jobs), *shape))
            for (_, name), shape in zip(names, shapes, strict=True)
        )
        made = _filled(jobs, one, arrays, failed, progress)
        for array in arrays:
            array.flush()
        kept = made.kept
        del made, arrays, array  # closed: they are cut and renamed
        if not len(kept):
            return Gathered(tuple(np.empty((0, *shape), np.uint8) for shape in shapes), kept)
        for i, ((_, name), shape) in enumerate(zip(names, shapes, strict=True)):
            os.truncate(name, len(kept) * prod(shape))
            os.replace(name, store.file(i))
        written = Path(names[0][1] + ".index")
        written.write_text(json.dumps({"kept": kept.tolist()}), encoding="utf-8")
        os.replace(written, store.index)
    finally:
        for _, name in names:
            Path(name).unlink(missing_ok=True)
    return Gathered(_mapped(store, shapes, len(kept)), kept)


def _mapped(store: Store, shapes: Shapes, n: int) -> Arrays:
    # "c": torch wants arrays that it may write into; what it wrote would stay in memory and never reach the file
    return tuple(
        np.asarray(np.memmap(store.file(i), np.uint8, "c", shape=(n, *shape))) for i, shape in enumerate(shapes)
    )


def _filled(
    jobs: Sequence[T],
    one: Callable[[T], Arrays],
    arrays: Arrays,
    failed: Callable[[FileError], None],
    progress: Callable[[float], None],
) -> Gathered:
    kept: list[int] = []
    for i, made in enumerate(_spread(jobs, one)):
        if isinstance(made, FileError):
            failed(made)
        else:
            for array, values in zip(arrays, made, strict=True):
                array[len(kept)] = values
            kept.append(i)
        if i % AT_ONCE == 0:
            progress(i / len(jobs))
    return Gathered(tuple(array[: len(kept)] for array in arrays), np.asarray(kept, np.int64))


def _spread(jobs: Sequence[T], one: Callable[[T], Arrays]) -> Iterator[Arrays | FileError]:
    def tried(job: T) -> Arrays | FileError:
        try:
            return one(job)
        except FileError as e:
            return e

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:  # Pillow decodes without holding the interpreter
        for start in range(0, len(jobs), AT_ONCE):
            yield from pool.map(tried, jobs[start : start + AT_ONCE])


def _key(jobs: Sequence[T], files: Callable[[T], Iterable[Path]], told: Preprocessing, more: object) -> str:
    """Another key whenever a file, its size, its time, or the way to decode it is another."""
    way = (_VERSION, told.size, told.channels, told.interpolation, told.fit, told.short, more)
    hashed = hashlib.sha256(repr(way).encode("utf-8", "surrogatepass"))
    for job in jobs:
        for file in files(job):
            try:
                seen = file.stat()
                known = (str(file), seen.st_size, seen.st_mtime_ns)
            except OSError:
                known = (str(file), -1, -1)
            hashed.update(repr(known).encode("utf-8", "surrogatepass"))
        hashed.update(b";")
    return hashed.hexdigest()[:40]


def _folder() -> Path:
    folder = cache_home() / "images"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise FileError(folder, "it cannot be written: {why}.", why=e.strerror or str(e)) from None
    return folder


def _unfinished() -> str:
    return f"unfinished-{os.getpid()}-"


def _has_room(folder: Path, size: int) -> bool:
    """Whether *size* bytes fit on the disk and into what the cache may take, once older entries have gone."""
    held = sum(file.stat().st_size for file in folder.glob("*.bytes"))
    return size <= cache_limit() and shutil.disk_usage(folder).free + held >= size + SPARE


def _make_room(folder: Path, size: int) -> None:
    """See to it that *size* bytes fit on the disk, and into what the cache may take; the oldest entries go.

    Raises:
        DataError: they do not.
    """
    for file in folder.glob("unfinished-*"):
        pid = file.name.split("-")[1]
        if pid.isdigit() and began(int(pid)) is None:
            _remove(file)
    entries = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    total = sum(file.stat().st_size for file in folder.glob("*.bytes"))
    for index in entries:
        if total + size <= cache_limit() and shutil.disk_usage(folder).free >= size + SPARE:
            return
        mine = list(folder.glob(f"{index.stem}.*.bytes"))
        total -= sum(file.stat().st_size for file in mine)
        for file in (index, *mine):
            _remove(file)
    _see_to_disk(folder, size)


def _see_to_disk(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise DataError(
            "The images need {need} MiB: more than may lie in memory ({memory}), and the disk of {folder} has {free} "
            "free: make the network's input smaller, or point CANEVAS_CACHE to a larger disk.",
            need=size >> 20,
            memory=memory_limit() >> 20,
            folder=str(folder),
            free=free >> 20,
        )


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # in use, on systems that do not let go of open files
