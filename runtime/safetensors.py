"""Files of weights in the format safetensors, read: tensors and texts, nothing that could run.

Our own carry the network, its source and its card as metadata; those of others are weights alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from graph.errors import FileError

FORMAT = "model_format"
"""The key of the metadata under which our own files say what they are."""
DAMAGED = (SafetensorError, ValueError, RuntimeError, KeyError, TypeError, OverflowError, MemoryError, UnicodeError)
"""What the readers raise about files that are none, or were cut or changed."""


def content(file: Path) -> dict[str, Any]:
    """The dictionary that a ``.pt`` of the same network would hold; of weights alone, ``{"state_dict": ...}``.

    Raises:
        FileError: it is missing or damaged.
    """
    try:
        with safe_open(file, "pt") as opened:
            texts = dict(opened.metadata() or {})
            state: dict[str, Tensor] = {key: opened.get_tensor(key).clone() for key in opened.keys()}  # noqa: SIM118
    except OSError as error:
        raise FileError(file, "it cannot be read: {why}.", why=error.strerror or str(error)) from None
    except DAMAGED:
        raise FileError(file, "it is damaged, or no file of safetensors.") from None
    if FORMAT not in texts:
        return {"state_dict": state}
    return {
        "format": texts[FORMAT],
        "version": _number(texts.get("version", "")),
        "state_dict": state,
        "source": texts.get("source"),
        "network": texts.get("network"),
        "meta": _object(texts.get("meta", "")),
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
