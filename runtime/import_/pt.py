"""Our own ``.pt`` read back: the network from its description, the weights as tensors, the source as text to show.

Nothing in the file is executed: torch opens it with ``weights_only=True``, and the model is made from the description,
never from the source that lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from torch import Tensor

from graph import files
from graph.errors import FileError, InvalidValue
from graph.network import Network
from runtime.checkpoint import load_plain
from runtime.data.preprocessing import Preprocessing
from runtime.export import About
from runtime.export.pt import FORMAT, VERSION


@dataclass(frozen=True)
class Imported:
    """What a file held: the network, its weights, the source (only to be shown), and what is known about it."""

    network: Network
    weights: Mapping[str, Tensor]
    source: str
    about: About


def read(file: str | Path) -> Imported:
    """The network and the weights in an exported model.

    Raises:
        FileError: it cannot be read, is no exported model, or holds more than plain values.
    """
    content = load_plain(Path(file))
    if content.get("format") != FORMAT:
        raise FileError(
            file, "it holds no network: weights alone are given with --weights, together with their network."
        )
    if content.get("version") != VERSION:
        raise FileError(file, "it was exported by a later version: take a newer program.")
    text, state, source = (content.get(name) for name in ("network", "state_dict", "source"))
    if not isinstance(text, str) or not isinstance(source, str) or not isinstance(state, dict):
        raise FileError(file, "it is damaged: its network, its weights or its source are missing.")
    foreign = next((key for key, value in state.items() if not _is_weight(key, value)), None)
    if foreign is not None:
        raise FileError(file, "it is damaged: {key} is no tensor.", key=repr(foreign)[:40])
    return Imported(files.loads(text, file), state, source, _about(content.get("meta"), file))


def _is_weight(key: object, value: object) -> bool:
    return isinstance(key, str) and isinstance(value, Tensor)


def _about(meta: Any, file: str | Path) -> About:
    if not isinstance(meta, dict):
        raise FileError(file, "it is damaged: it does not say what it was trained for.")
    task, classes, told, metrics = (meta.get(name) for name in ("task", "classes", "preprocessing", "metrics"))
    if not isinstance(task, str) or not _all(classes, list, str) or not _all(metrics, dict, str):
        raise FileError(file, "it is damaged: what it says about its classes cannot be read.")
    names, scale = meta.get("numbers", []), meta.get("scale", 0.0)
    if not _all(names, list, str) or not isinstance(scale, (int, float)) or not 0 <= scale < inf:
        raise FileError(file, "it is damaged: what it says about its numbers cannot be read.")
    measured = {name: float(number) for name, number in metrics.items() if isinstance(number, (int, float))}
    try:
        preprocessing = Preprocessing.from_dict(told) if told is not None else None
    except InvalidValue as error:
        raise FileError(file, error.message) from None
    return About(task, tuple(classes), preprocessing, measured, tuple(names), float(scale))


def _all(values: Any, container: type, of: type) -> bool:
    return isinstance(values, container) and all(isinstance(value, of) for value in values)
