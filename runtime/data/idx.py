"""IDX: the format of MNIST, read directly and believed only after its length has been checked."""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np

from graph.errors import FileError

MOST_BYTES = 8 * 1024**3
_DEFLATE = 1032
"""No deflated byte becomes more than this many."""


def read_idx(file: Path, axes: int) -> np.ndarray:
    """The bytes of an IDX file as an array with *axes* axes: 3 for images (n, H, W), 1 for labels (n,).

    Raises:
        FileError: it cannot be read, holds something else, or less or more than its header says.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as f:
            head = f.read(4)
            if len(head) < 4 or head[:2] != b"\0\0":
                raise FileError(file, "it is no IDX file: it does not begin with two zero bytes.")
            if head[2] != 0x08 or head[3] != axes:
                raise FileError(
                    file,
                    "its header announces type {type} with {given} axes; bytes (type 8) with {axes} are needed.",
                    type=head[2],
                    given=head[3],
                    axes=axes,
                )
            sizes = f.read(4 * axes)
            if len(sizes) < 4 * axes:
                raise FileError(file, "it ends within its header.")
            shape = struct.unpack(f">{axes}I", sizes)
            _believe(file, shape, 4 + 4 * axes)
            content = f.read(prod(shape) + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileError(file, "it is damaged: the compressed data break off or are wrong.") from None
    except OSError as e:
        raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
    if len(content) != prod(shape):
        raise FileError(
            file,
            "its header announces {announced} bytes, but {more} follow.",
            announced=prod(shape),
            more="more" if len(content) > prod(shape) else f"{len(content)}",
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _believe(file: Path, shape: tuple[int, ...], header: int) -> None:
    """Refuse sizes that the file cannot hold before memory is taken for them."""
    announced = prod(shape)
    there = file.stat().st_size
    most = there * _DEFLATE if file.suffix == ".gz" else there - header
    if 0 in shape:
        raise FileError(file, "it holds nothing: its header announces {shape}.", shape=" × ".join(map(str, shape)))
    if announced > min(most, MOST_BYTES):
        raise FileError(
            file,
            "its header announces {shape} = {announced} bytes, but the file has only {there}.",
            shape=" × ".join(map(str, shape)),
            announced=announced,
            there=there,
        )
