"""The ``.py`` of a network: its source, to be read, changed and imported."""

from __future__ import annotations

from pathlib import Path

from graph.network import Network
from runtime.source import source


def write(network: Network, file: Path) -> None:
    """Write the source.

    Raises:
        CanevasError: the network has an error.
    """
    file.write_text(source(network), encoding="utf-8", newline="\n")
