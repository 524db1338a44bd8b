"""Which formats networks leave in, and which of them Canevas opens again.  Free of torch."""

from __future__ import annotations

FORMATS = {".pt": "pt", ".pt2": "pt2", ".onnx": "onnx", ".safetensors": "safetensors", ".py": "python"}
"""Names of formats by the endings of files; each is a module of :mod:`runtime.export`."""

GRAPHS = ("pt2", "onnx")
"""Formats that hold a graph of operations instead of the source; making one takes seconds to minutes."""

ENDINGS = (".pt", ".safetensors")
"""What Canevas opens again, with network and weights."""
