"""Checkpoints: everything that is needed to go on from a step, in a file that holds plain values only."""

from __future__ import annotations

import os
import pickle
import shutil
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graph.errors import FileError
from runtime.records import replacing
from runtime.run import Run

FORMAT, VERSION = "canevas-checkpoint", 1


def save(content: Mapping[str, Any], file: Path) -> None:
    """Write a checkpoint so that the file is the old one or the new one, also if the power fails meanwhile.

    Raises:
        FileError: it cannot be written; the old one is still there.
    """
    try:
        with replacing(file) as temporary:
            torch.save({"format": FORMAT, "version": VERSION, **content}, temporary)
    except OSError as e:
        raise FileError(file, "the checkpoint cannot be written: {why}.", why=e.strerror or str(e)) from None
    except RuntimeError as e:  # what torch's writer raises when the disk is full
        raise FileError(file, "the checkpoint cannot be written: {why}.", why=str(e).splitlines()[0]) from None


def same(source: Path, file: Path) -> None:
    """Make *file* the same as the checkpoint *source*, in one step; files of checkpoints are replaced, never changed.

    Raises:
        FileError: it cannot be written.
    """
    try:
        with replacing(file) as temporary:
            try:
                os.link(source, temporary)
            except OSError:  # a file system without links
                shutil.copyfile(source, temporary)
    except OSError as e:
        raise FileError(file, "the checkpoint cannot be written: {why}.", why=e.strerror or str(e)) from None


def keep(content: Mapping[str, Any], folder: Path, *, best: bool) -> None:
    """Write ``last.pt``, and before it ``best.pt`` if it is the best: the last one says that the best one is there.

    Raises:
        FileError: one cannot be written.
    """
    if not best:
        save(content, folder / "last.pt")
        return
    save(content, folder / "best.pt")
    same(folder / "best.pt", folder / "last.pt")


def load(file: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing in it is executed.

    Raises:
        FileError: it is missing, damaged, or something else.
    """
    content = load_plain(file)
    if content.get("format") != FORMAT:
        raise FileError(file, "it is no checkpoint of a run.")
    if content.get("version") != VERSION:
        raise FileError(file, "it is a checkpoint of a later version: take a newer program.")
    return content


DAMAGED = (RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, MemoryError, ArithmeticError)
DAMAGED += (AssertionError, ImportError, struct.error)
"""What torch raises about files that are none of its own, or were cut or changed."""


def load_plain(file: Path) -> dict[str, Any]:
    """The dictionary in a file of torch's, if it holds nothing but tensors and plain values.

    Raises:
        FileError: it is missing, damaged, or holds code.
    """
    _refuse_packed(file)
    try:
        with warnings.catch_warnings(action="ignore"):  # of torch's own, about files that are refused below
            content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as e:
        raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
    except pickle.UnpicklingError:
        raise FileError(file, "it holds more than weights, or is damaged; it was not opened.") from None
    except DAMAGED:
        raise FileError(file, "it is damaged, or no file of torch's.") from None
    if not isinstance(content, dict):
        raise FileError(file, "it holds no dictionary.")
    return content


def _refuse_packed(file: Path) -> None:
    """Torch stores what it writes as it is; an archive that has been packed may unpack to more than memory holds."""
    try:
        with zipfile.ZipFile(file) as archive:
            packed = [member for member in archive.infolist() if member.compress_type != zipfile.ZIP_STORED]
            size = sum(member.file_size for member in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, LookupError, EOFError):
        return  # no archive, or a damaged one: torch says so
    if packed or size > file.stat().st_size:
        raise FileError(file, "it has been packed since torch wrote it; it was not opened.")


def state_of(content: Mapping[str, Any], file: Path) -> dict[str, Tensor]:
    """The tensors by key: of a checkpoint, of an exported model, or of a plain state_dict.

    Raises:
        FileError: there are none.
    """
    inner = next((content[name] for name in ("model", "state_dict") if isinstance(content.get(name), dict)), content)
    tensors = {key: value for key, value in inner.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        raise FileError(file, "it holds no weights.")
    return tensors


def weights(run: Run, which: str = "best") -> dict[str, Tensor]:
    """The weights of a run's best (or last) checkpoint, as plain tensors.

    Raises:
        FileError: there is no checkpoint yet, or it is damaged.
    """
    file = run.checkpoint(which)
    if file is None:
        raise FileError(run.folder, "the run has no checkpoint yet.")
    return {key: value.contiguous() for key, value in state_of(load(file), file).items()}


def gathered(sources: Mapping[str, tuple[str, str] | list[str]]) -> dict[str, Tensor]:
    """Weights by path, each from the file and the key that *sources* names; a path may stand for all keys below it.

    Raises:
        FileError: a file cannot be read or lacks a key.
    """
    opened: dict[str, dict[str, Tensor]] = {}
    found: dict[str, Tensor] = {}
    for path, (file, key) in sources.items():
        if file not in opened:
            opened[file] = state_of(load_plain(Path(file)), Path(file))
        state = opened[file]
        if key in state:
            found[path] = state[key]
            continue
        below = {path + name[len(key) :]: value for name, value in state.items() if name.startswith(key + ".")}
        if not below:
            raise FileError(file, "it holds no weights called {key}.", key=key)
        found |= below
    return found
