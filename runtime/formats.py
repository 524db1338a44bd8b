"""Which formats networks leave in, and which of them Canevas opens again.  Free of torch."""

from __future__ import annotations

from pathlib import Path

from graph.errors import FileError

FORMATS = {".pt": "pt", ".pt2": "pt2", ".onnx": "onnx", ".safetensors": "safetensors", ".py": "python"}
"""Names of formats by the endings of files; each is a module of :mod:`runtime.export`."""

GRAPHS = ("pt2", "onnx")
"""Formats that hold a graph of operations instead of the source; making one takes seconds to minutes."""

ENDINGS = (".pt", ".safetensors")
"""What Canevas opens again, with network and weights."""


def refuse_one_way(file: str | Path) -> None:
    """Networks leave in more formats than they come back in: say so, rather than that the file is no text.

    Raises:
        FileError: the file has the ending of such a format.
    """
    ending = Path(file).suffix.lower()
    if ending in FORMATS and ending not in ENDINGS:
        known = " or ".join(ENDINGS)
        raise FileError(
            file,
            "a network leaves as {ending} and cannot come back: open the {known} of it.",
            ending=ending,
            known=known,
        )
