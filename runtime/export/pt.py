"""The ``.pt`` of a network: a plain dictionary that torch opens with ``weights_only=True`` and without Canevas.

format, version    what the file is
state_dict         the weights, by path
source             the Python text whose ``Net()`` takes them
network            the description that Canevas reads: the text of a ``.canevas`` file
meta               task, classes, preprocessing, metrics, versions, and the card as Markdown; names of numbers, scale of
                   what was learned from
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graph import files
from graph.network import Network
from runtime.export import About
from runtime.source import source

FORMAT, VERSION = "canevas-model", 1


def content(network: Network, weights: Mapping[str, Tensor], about: About, card: str = "") -> dict[str, Any]:
    """The dictionary."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "state_dict": {key: tensor.detach().cpu().contiguous().clone() for key, tensor in weights.items()},
        "source": source(network),
        "network": files.dumps(network),
        "meta": meta(about, card),
    }


def meta(about: About, card: str) -> dict[str, Any]:
    """What is known about a network beside what it is, ready for JSON."""
    return {
        "task": about.task,
        "classes": list(about.classes),
        "preprocessing": about.preprocessing.to_dict() if about.preprocessing else None,
        "metrics": {name: float(number) for name, number in (about.metrics or {}).items()},
        "numbers": list(about.numbers),
        "scale": float(about.scale),
        "versions": versions(),
        "card": card,
    }


def texts(network: Network, about: About, card: str) -> dict[str, str]:
    """The same as texts, for formats that keep texts beside the weights."""
    return {
        "model_format": FORMAT,
        "version": str(VERSION),
        "source": source(network),
        "network": files.dumps(network),
        "meta": json.dumps(meta(about, card), ensure_ascii=False),
        "card": card,
    }


def write(network: Network, weights: Mapping[str, Tensor], file: Path, about: About, card: str = "") -> None:
    """Write the dictionary."""
    torch.save(content(network, weights, about, card), file)


def versions() -> dict[str, str]:
    """Which programs made the file."""
    try:
        own = version("canevas")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "unknown"
    return {"canevas": own, "torch": str(torch.__version__), "python": platform.python_version()}
