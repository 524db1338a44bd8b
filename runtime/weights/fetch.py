"""Weights that torchvision has published: from torch's cache, or downloaded into it; their checksum is looked at."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.parse import urlparse

import torch
from torchvision import models

from graph.errors import CanevasError
from graph.text import Message, memory, say
from runtime.data.preprocessing import Preprocessing
from runtime.import_.builders import builder
from runtime.weights.published import PACKAGED, PUBLISHED, published

Progress = Callable[[float], None]

PATIENCE = 20.0
"""Seconds without a byte after which a download is given up."""

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
"""What a disk says that takes no more."""

NORMALIZES = ("googlenet", "inception_v3")
"""These turn ImageNet's normalization into another one before their first layer; here images come so at once."""


class NotFetched(CanevasError):
    """Weights that are not here and cannot be fetched."""


def entry(name: str, weights: str = "") -> Any:
    """Torchvision's entry of the *weights* for the builder *name*, those that it recommends if empty.

    Raises:
        InvalidValue: there is no such builder.
        CanevasError: it has no such weights.
    """
    title, known = builder(name).title, [one.name for one in published(name)]
    if not known:
        raise CanevasError("torchvision has published no weights for {name}.", name=title)
    if weights and weights not in known:
        raise CanevasError(
            "torchvision has no weights {weights} for {name}; it has {known}.",
            weights=weights,
            name=title,
            known=", ".join(known),
        )
    return models.get_model_weights(name)[weights or known[0]]


def preprocessing(name: str, weights: Any) -> Preprocessing:
    """What the *weights* of the builder *name* want done to images, as torchvision measured them."""
    told = weights.transforms()
    (short,) = told.resize_size
    side = getattr(told, "crop_size", told.resize_size)[0]
    mean, std = (((0.5,) * 3,) * 2) if name in NORMALIZES else (tuple(told.mean), tuple(told.std))
    return Preprocessing((side, side), 3, mean, std, told.interpolation.value, short=short)


def fetched(weights: Any, title: str, progress: Progress = lambda share: None) -> Path:
    """The file of torchvision's *weights*: in torch's cache, else downloaded into it by torch itself.

    Raises:
        NotFetched: it is not here, and cannot be had; the sentence says why and what to do.
    """
    file, checksum = _cached(weights)
    if _whole(file, checksum):
        return file
    bar = Bar(progress)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with bar.heard(), _patient():
            torch.hub.download_url_to_file(weights.url, str(file), checksum or None)
    except (RuntimeError, OSError, HTTPException) as e:
        raise NotFetched(_why_not(e, bar, title, file)) from None
    return file


def _why_not(error: Exception, bar: Bar, title: str, file: Path) -> Message:
    """Why a download came to nothing, and what to do."""
    named = {"name": title, "file": file.name, "folder": str(file.parent)}
    if bar.broken:
        return say(
            "The connection broke off: {done} of {total} of {file} came. Try again, or put the file into {folder} by "
            "hand.",
            done=memory(bar.done),
            total=memory(bar.total or 0),
            **named,
        )
    if isinstance(error, RuntimeError):
        return say(
            "What came instead of {file} is something else: its checksum is wrong. Try again, or put the file into "
            "{folder} by hand.",
            **named,
        )
    if isinstance(error, HTTPError):
        error.close()
        return say(
            "The server refused the weights of {name}: {code} {why}. Try again later, or put {file} into {folder}.",
            code=error.code,
            why=error.reason,
            **named,
        )
    if isinstance(error, OSError) and error.errno in _DISK:
        return say(
            "{file} cannot be stored in {folder} ({why}). Make room there, or let TORCH_HOME name another folder.",
            why=_why(error),
            **named,
        )
    return say(
        "The weights of {name} are not on this machine, and cannot be fetched ({why}). Connect it to the internet, "
        "or put {file} into {folder}.",
        why=_why(error),
        **named,
    )


def here(weights: Any, title: str) -> Path:
    """The file of torchvision's *weights* in torch's cache.

    Raises:
        NotFetched: it is not there, or damaged.
    """
    file, checksum = _cached(weights)
    if not _whole(file, checksum):
        raise NotFetched("The weights of {name} are not on this machine: they are to be fetched first.", name=title)
    return file


def _cached(weights: Any) -> tuple[Path, str]:
    """Where torch keeps the file of the *weights*, and how its checksum begins."""
    name = Path(urlparse(weights.url).path).name
    return Path(torch.hub.get_dir()) / "checkpoints" / name, _checksum(name)


def _whole(file: Path, checksum: str) -> bool:
    return file.is_file() and (not checksum or sha256(file).startswith(checksum))


def known(file: Path) -> tuple[str, Preprocessing, tuple[str, ...]] | None:
    """Title, preprocessing and classes of the published weights that *file* holds, whatever it is called.

    It is recognized by its checksum; None if it holds others.
    """
    digest = sha256(file)
    for packaged in PACKAGED.values():
        if digest.startswith(packaged.checksum):
            return packaged.package, packaged.preprocessing, ()
    for one in PUBLISHED:
        weights = models.get_model_weights(one.builder)[one.name]
        checksum = _checksum(Path(urlparse(weights.url).path).name)
        if checksum and digest.startswith(checksum):
            title = f"{builder(one.builder).title} {one.name}"
            return title, preprocessing(one.builder, weights), tuple(weights.meta["categories"])
    return None


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def _checksum(name: str) -> str:
    """The beginning of the file's SHA-256, which torch's authors put at the end of its name."""
    found = re.search(r"-([0-9a-f]{8,})\.[a-z0-9]+$", name)
    return found[1] if found else ""


def sha256(file: Path) -> str:
    """The checksum of *file*, in 64 digits."""
    with file.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


class Bar:
    """Stands for the bar of torch's downloads while one is heard: hears how far it is, and tells *progress*."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.total: int | None = None
        self.done = 0

    @property
    def broken(self) -> bool:
        """Whether less came than was promised."""
        return self.total is not None and self.done < self.total

    def heard(self) -> Any:
        """While this lasts, torch's downloads tell this bar."""
        return patch.object(torch.hub, "tqdm", self._begin)

    def _begin(self, total: int | None = None, **_: Any) -> Bar:
        self.total, self.done = total, 0
        return self

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def update(self, n: int) -> None:
        """So many bytes more have come."""
        self.done += n
        self._progress(min(self.done / self.total, 1.0) if self.total else 0.0)


@contextlib.contextmanager
def _patient() -> Iterator[None]:
    """Torch waits for a server without end; we do not."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
