"""The ``.py`` of a network: its source, to be read, changed and imported."""

from __future__ import annotations

from pathlib import Path

from graph import files
from graph.network import Network
from runtime.source import source


def write(network: Network, file: Path) -> None:
    """Write the source; the file is the old one or the new one.

    Raises:
        CanevasError: the network has an error.
        FileError: the file cannot be written.
    """
    files.write(file, source(network).encode())
