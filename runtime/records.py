"""Files that two processes share without a lock: JSON replaced in one step, and lines that are only ever appended."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class Place(NamedTuple):
    """How far a file of lines has been read: which file it was, and the byte after the last complete line."""

    file: int = 0
    byte: int = 0


class Lines(NamedTuple):
    """Records read from a file of lines; *again* when the file is another one now and was read from its beginning."""

    records: list[dict[str, Any]]
    place: Place
    again: bool


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; empty if there is none to be read."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def write_json(file: Path, content: Any, *, lasting: bool = True) -> None:
    """Replace *file* in one step, so that a reader sees the old or the new one; *lasting* against a loss of power."""
    with replacing(file, lasting=lasting) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def replacing(file: Path, *, lasting: bool = True) -> Iterator[Path]:
    """``with replacing(file) as temporary: write(temporary)``: the file is there as a whole, or as it was before."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        if lasting:
            flush_to_disk(temporary)
        os.replace(temporary, file)
        if lasting:
            flush_to_disk(file.parent)
    finally:
        temporary.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Have the system write a file, or the entries of a folder, before anything else is said about them."""
    if path.is_dir() and os.name == "nt":  # Windows keeps no handle of a folder
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append_line(file: Path, record: Mapping[str, Any]) -> None:
    """Add one record to a file of lines with one write, so that lines of two writers do not mix."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
    with file.open("ab", buffering=0) as f:
        f.write(line.encode())


def read_lines(file: Path, since: Place) -> Lines:
    """Complete lines after *since*; from the beginning if the file has been replaced in the meantime."""
    try:
        with file.open("rb") as f:
            status = os.fstat(f.fileno())
            again = since != Place() and (since.file != status.st_ino or since.byte > status.st_size)
            start = 0 if again or since == Place() else since.byte
            f.seek(start)
            text = f.read()
    except OSError:
        return Lines([], Place(), since != Place())
    end = text.rfind(b"\n") + 1
    records = [record for line in text[:end].splitlines() if (record := _record(line)) is not None]
    return Lines(records, Place(status.st_ino, start + end), again)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # a line that a dying process left half written, with another one behind it
        return None
    return record if isinstance(record, dict) else None
