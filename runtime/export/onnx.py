"""The ``.onnx`` of a network: a graph of standard operations that many programs run, with its weights.

Written by torch's exporter on top of ``torch.export``; the axes that are free bear names.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from graph.analysis import Report
from graph.errors import CanevasError
from runtime.export.capture import Captured, Unfit, symbols

MOST = 1_900_000_000
"""Bytes of weights that one file may hold; of more, protobuf wants them in a file beside it."""
DATA = ".data"
"""What the name of that file ends in."""


def write(captured: Captured, report: Report, file: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the graph with *texts* as metadata; the files beside it that hold its weights, if it is large.

    Raises:
        Unfit: sizes are free that would be wrong in the file.
        CanevasError: a layer has no counterpart in ONNX.
    """
    _refuse_pools(captured)
    apart = report.bytes()["weights"] > MOST
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    try:
        quiet.setLevel(logging.ERROR)
        with warnings.catch_warnings(action="ignore"):
            program = torch.onnx.export(
                captured.program,
                dynamo=True,
                verbose=False,
                input_names=list(report.inputs),
                output_names=list(report.outputs),
            )
            assert program is not None
            _named(program.model, captured)
            program.model.metadata_props.update(texts)
            program.save(str(file), external_data=apart)
    except torch.onnx.OnnxExporterError as error:
        why = next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
        raise CanevasError("This network has no counterpart in ONNX ({why}): take .pt2.", why=why[:300]) from None
    finally:
        quiet.setLevel(level)
    return [file.with_name(file.name + DATA)] if apart else []


def _refuse_pools(captured: Captured) -> None:
    """Torch writes an adaptive pooling as if its map always had the size that it has in the example."""
    if not captured.free.sides:
        return
    for node in captured.program.graph.nodes:
        if "adaptive" in str(node.target) and any(n != 1 for n in node.args[1]):
            raise Unfit("an adaptive pooling of maps of any size has no counterpart in ONNX")


def _named(model: Any, captured: Captured) -> None:
    """Give the free axes names: ``batch``, ``height``, ``width``; what follows from them says how."""
    names = _names(captured)
    for value in _values(model):
        if value.shape is not None and any(not isinstance(dim, int) for dim in value.shape):
            for axis, dim in enumerate(value.shape):
                if not isinstance(dim, int) and dim.value is not None:
                    value.shape[axis] = _renamed(dim.value, names)


def _names(captured: Captured) -> dict[str, str]:
    """The names of symbols, and of the expressions that stand for an axis."""
    shapes, found = symbols(captured.program), dict[str, str]()
    if captured.free.batch and shapes:
        found[str(shapes[0][0])] = "batch"
    for side, size in zip(captured.free.sides, shapes[0][2:] if shapes else (), strict=False):
        symbol = str(next(iter(size.free_symbols)))
        found[str(size)] = side
        found.setdefault(symbol, f"({side}//{captured.free.step})" if captured.free.step > 1 else side)
    return found


def _renamed(text: str, names: Mapping[str, str]) -> str:
    if text in names:
        return names[text]
    return re.sub(r"\b[su]\d+\b", lambda found: names.get(found[0], found[0]), text)


def _values(model: Any) -> list[Any]:
    found = [*model.graph.inputs]
    for node in model.graph:
        found += node.outputs
    return found
