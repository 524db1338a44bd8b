"""The ``.pt`` of a network: a plain dictionary that torch opens with ``weights_only=True`` and without Canevas.

format, version    what the file is
state_dict         the weights, by path
source             the Python text whose ``Net()`` takes them
network            the description that Canevas reads: the text of a ``.canevas`` file
meta               task, classes, preprocessing, metrics, versions
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graph import files
from graph.errors import FileError
from graph.network import Network
from runtime.export import About
from runtime.records import replacing
from runtime.source import source

FORMAT, VERSION = "canevas-model", 1


def content(network: Network, weights: Mapping[str, Tensor], about: About) -> dict[str, Any]:
    """The dictionary."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "state_dict": {key: tensor.detach().cpu().contiguous().clone() for key, tensor in weights.items()},
        "source": source(network),
        "network": files.dumps(network),
        "meta": {
            "task": about.task,
            "classes": list(about.classes),
            "preprocessing": about.preprocessing.to_dict() if about.preprocessing else None,
            "metrics": {name: float(number) for name, number in (about.metrics or {}).items()},
            "versions": versions(),
        },
    }


def write(network: Network, weights: Mapping[str, Tensor], file: Path, about: About) -> None:
    """Write the dictionary; the file is the old one or the new one.

    Raises:
        FileError: it cannot be written.
    """
    made = content(network, weights, about)
    try:
        with replacing(file) as temporary:
            torch.save(made, temporary)
    except OSError as error:
        raise FileError(file, "it cannot be written: {why}.", why=error.strerror or str(error)) from None
    except RuntimeError as error:  # torch's writer says so when the folder is missing or the disk is full
        raise FileError(file, "it cannot be written: {why}.", why=_plainly(error, file)) from None


def versions() -> dict[str, str]:
    """Which programs made the file."""
    try:
        own = version("canevas")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "unknown"
    return {"canevas": own, "torch": str(torch.__version__), "python": platform.python_version()}


def _plainly(error: RuntimeError, file: Path) -> str:
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}"
    return str(error).splitlines()[0]
