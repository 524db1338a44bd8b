"""The tensors in a file of weights, whatever wrote it: torch, Canevas, or safetensors.  Nothing in it is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open
from torch import Tensor

from graph.errors import CanevasError, FileError
from runtime import checkpoint
from runtime.data.preprocessing import Preprocessing
from runtime.export.pt import FORMAT as MODEL

SAFETENSORS = ".safetensors"
"""The ending by which such a file is known; what bears it is never opened in another way."""


class Held(NamedTuple):
    """The tensors by their keys, and what the file says of images and classes, if it says anything."""

    state: dict[str, Tensor]
    preprocessing: Preprocessing | None = None
    classes: tuple[str, ...] = ()


def held(file: Path) -> Held:
    """What a file of weights holds: a ``.safetensors``, an exported model, a checkpoint, a plain state_dict.

    Raises:
        FileError: it cannot be read, holds no tensors, or more than plain values.
    """
    if file.suffix.lower() == SAFETENSORS:
        return _safetensors(file)
    content = checkpoint.load_plain(file)
    about = content.get("meta") if content.get("format") == MODEL else content
    return Held(checkpoint.state_of(content, file), *_told(about))


def state(file: Path) -> dict[str, Tensor]:
    """Only the tensors.

    Raises:
        FileError: as :func:`held`.
    """
    return held(file).state


def _safetensors(file: Path) -> Held:
    try:
        with safe_open(file, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 (no mapping)
            about = opened.metadata() or {}
    except OSError as e:
        raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
    except (SafetensorError, ValueError, RuntimeError, TypeError, KeyError, MemoryError, AttributeError):
        raise FileError(file, "it is damaged, or no file of safetensors.") from None
    if not tensors:
        raise FileError(file, "it holds no weights.")
    return Held(tensors, *_told({name: _read(text) for name, text in about.items()}))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _told(about: Any) -> tuple[Preprocessing | None, tuple[str, ...]]:
    """Preprocessing and classes in what a file says about itself; what makes no sense is passed over."""
    if not isinstance(about, Mapping):
        return None, ()
    classes = about.get("classes")
    named = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    try:
        told = Preprocessing.from_dict(about["preprocessing"]) if about.get("preprocessing") else None
    except CanevasError:
        told = None
    return told, tuple(classes) if named else ()
