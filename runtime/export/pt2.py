"""The ``.pt2`` of a network: a graph of torch's own operations with its weights, which needs no source."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch

from runtime.export.capture import Captured


def write(captured: Captured, file: Path, texts: Mapping[str, str]) -> None:
    """Write the graph, with *texts* as extra files in the archive."""
    with warnings.catch_warnings(action="ignore"):
        torch.export.save(captured.program, file, extra_files=dict(texts))
