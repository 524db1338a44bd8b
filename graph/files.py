"""Networks as files: strict JSON, written whole or not at all, read without trust.

``load(save(network))`` is the network.  In stored order, defaults left out: two versions of a file differ in the lines
that differ.  An edge has a line; a node has one for what it is and one for its values, so that edits at neighboring
nodes do not touch each other where two versions are merged line by line.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from graph.errors import FileError
from graph.migrations import VERSION, migrated
from graph.network import Network
from graph.record import from_record, to_record
from graph.reference import Reference
from graph.text import Message, say
from graph.untrusted import Unreadable
from graph.values import shown

FORMAT = "canevas"
"""What every file says it is."""

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest file that is read."""

_REASONS: dict[int, Message] = {
    errno.ENOENT: say("it does not exist"),
    errno.ENOTDIR: say("it does not exist"),
    errno.EACCES: say("you may not open or write it"),
    errno.EPERM: say("you may not open or write it"),
    errno.EROFS: say("it stands on a disk that cannot be written to"),
    errno.EISDIR: say("it is a folder"),
    errno.ENOSPC: say("the disk is full"),
    errno.EDQUOT: say("the disk is full"),
    errno.ENAMETOOLONG: say("its name is too long"),
}


class Opened(NamedTuple):
    """What a file holds: the network, and where its weights lie if it has any."""

    network: Network
    weights: Reference | None = None


def load(file: str | Path) -> Network:
    """The network in *file*.

    Raises:
        FileError: as :func:`opened`.
    """
    return opened(file).network


def opened(file: str | Path) -> Opened:
    """The network in *file*, and where its weights lie.

    Raises:
        FileError: it cannot be read, or is no network; says where in it and why.
    """
    try:
        status = os.stat(file)
        if stat.S_ISDIR(status.st_mode) or not stat.S_ISREG(status.st_mode):
            raise FileError(file, say("it is a folder") if stat.S_ISDIR(status.st_mode) else say("it is no plain file"))
        if status.st_size > SIZE_LIMIT:
            raise FileError(file, say("it is larger than {n} MB: no network is", n=SIZE_LIMIT // 2**20))
        text = Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(file, say("it is no text, and so no network")) from None
    except (OSError, ValueError) as error:
        raise _failure(file, error) from None
    return _read(text, file)


def save(network: Network, file: str | Path, weights: Reference | None = None) -> None:
    """Write *network* to *file*, and where its weights lie: whole, or not at all, so that what stood there is not lost.

    Raises:
        FileError: it cannot be written.
    """
    write(file, dumps(network, weights).encode("utf-8", "replace"))


def write(file: str | Path, data: bytes) -> None:
    """Write *data* beside *file*, and when all of it is on the disk, put it in its place.

    Raises:
        FileError: it cannot be written; the file is as it was.
    """
    temporary = ""
    try:
        target = Path(os.path.realpath(file))
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        with open(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
        _settle(target.parent)
    except (OSError, ValueError) as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise _failure(file, error) from None


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced; of a new one, what the system gives new files."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _settle(folder: Path) -> None:
    """Make sure that a new name in *folder* survives a loss of power, where the system can promise it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failure(file: str | Path, error: Exception) -> FileError:
    number = getattr(error, "errno", None)
    if number in _REASONS:
        return FileError(file, _REASONS[number])
    if isinstance(error, OSError) and error.strerror:
        return FileError(file, say("{reason}", reason=error.strerror))
    return FileError(file, say("no file can bear this name"))


def dumps(network: Network, weights: Reference | None = None) -> str:
    """*network* as the text of a file, with a word on where its weights lie."""
    record = {"format": FORMAT, "version": VERSION, **to_record(network)}
    return _written({**record, "weights": weights.to_record()} if weights else record, "") + "\n"


def _written(data: Mapping[str, Any], indent: str) -> str:
    """An object with a line per field; lists with a line per item."""
    inner = indent + "  "
    lines = []
    for name, value in data.items():
        if name == "nodes":
            text = _listed([_node_lines(node, f"{inner}   ") for node in value], inner)
        elif name in ("edges", "notes", "tensors"):
            text = _listed([_json(item) for item in value], inner)
        elif name == "weights":
            text = _written(value, inner)
        elif name == "blocks":
            levels = [f"{inner}  {_json(n)}: {_written(level, inner + '  ')}" for n, level in value.items()]
            text = "{\n" + ",\n".join(levels) + f"\n{inner}}}"
        else:
            text = _json(value)
        lines.append(f"{inner}{_json(name)}: {text}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _listed(items: Iterable[str], indent: str) -> str:
    found = [f"{indent}  {item}" for item in items]
    return "[\n" + ",\n".join(found) + f"\n{indent}]" if found else "[]"


def _node_lines(node: Mapping[str, Any], indent: str) -> str:
    """What a node is, and on a line of its own all that may be edited there."""
    first = {name: value for name, value in node.items() if name in ("name", "kind", "block")}
    rest = {name: value for name, value in node.items() if name not in first}
    return f"{_json(first)[:-1]},\n{indent}{_json(rest)[1:]}" if rest else _json(first)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def loads(text: str, file: str | Path = "") -> Network:
    """The network that *text* describes; *file* is named where it is refused.

    Raises:
        FileError: it describes none; says where in it and why.
    """
    return _read(text, file).network


def _read(text: str, file: str | Path) -> Opened:
    try:
        data = migrated(_parsed(text))
        weights = Reference.from_record(data.pop("weights")) if "weights" in data else None
        return Opened(from_record(data), weights)
    except Unreadable as error:
        raise FileError(file or "<text>", error.reason, place=error.place) from None


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > SIZE_LIMIT:
        raise Unreadable("", say("it is larger than {n} MB: no network is", n=SIZE_LIMIT // 2**20))
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        raise Unreadable(place, say("it is no JSON: {reason}", reason=error.msg)) from None
    except RecursionError:
        raise Unreadable("", say("it is nested too deeply")) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Unreadable("", say('it is no Canevas network: it lacks "format": "canevas"'))
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(shown(twice), say("the field is there twice"))
    return found


def _whole(text: str) -> int:
    if len(text) > 20:
        raise Unreadable(text[:20] + "…", say("the number is too large"))
    return int(text)


def _decimal(text: str) -> float:
    found = float(text)
    if len(text) > 400 or found in (float("inf"), float("-inf")):
        raise Unreadable(text[:20] + "…", say("the number is too large"))
    return found


def _constant(text: str) -> float:
    raise Unreadable(text, say("the number is not finite"))
