"""What a network is: kinds of layers, networks, shapes, weights, costs, receptive fields, problems, files.

No torch, no Qt.  Its names are found when they are first asked for, since making a hundred kinds takes longer than
showing an empty window.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph import layers
    from graph.analysis import Fact, Report, analyze
    from graph.errors import CanevasError, FileError, InvalidValue, NetworkError, ShapeError
    from graph.files import dumps, load, loads, save
    from graph.layer import CATEGORIES, Explanation, Layer, Port, Weight, kind, kinds
    from graph.network import Block, Edge, Network, Node, Note
    from graph.problems import Fix, Problem, mend
    from graph.tensors import Boxes, Detections, Labels, Loss, Tensor

__all__ = [
    "CATEGORIES",
    "Block",
    "Boxes",
    "CanevasError",
    "Detections",
    "Edge",
    "Explanation",
    "Fact",
    "FileError",
    "Fix",
    "InvalidValue",
    "Labels",
    "Layer",
    "Loss",
    "Network",
    "NetworkError",
    "Node",
    "Note",
    "Port",
    "Problem",
    "Report",
    "ShapeError",
    "Tensor",
    "Weight",
    "analyze",
    "dumps",
    "kind",
    "kinds",
    "layers",
    "load",
    "loads",
    "mend",
    "save",
]

_MODULES = {
    "Block": "graph.network",
    "CATEGORIES": "graph.layer",
    "CanevasError": "graph.errors",
    "Edge": "graph.network",
    "Explanation": "graph.layer",
    "Fact": "graph.analysis",
    "FileError": "graph.errors",
    "Fix": "graph.problems",
    "InvalidValue": "graph.errors",
    "Boxes": "graph.tensors",
    "Detections": "graph.tensors",
    "Labels": "graph.tensors",
    "Layer": "graph.layer",
    "Loss": "graph.tensors",
    "Network": "graph.network",
    "NetworkError": "graph.errors",
    "Node": "graph.network",
    "Note": "graph.network",
    "Port": "graph.layer",
    "Problem": "graph.problems",
    "Report": "graph.analysis",
    "ShapeError": "graph.errors",
    "Tensor": "graph.tensors",
    "Weight": "graph.layer",
    "analyze": "graph.analysis",
    "dumps": "graph.files",
    "kind": "graph.layer",
    "kinds": "graph.layer",
    "load": "graph.files",
    "loads": "graph.files",
    "mend": "graph.problems",
    "save": "graph.files",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    if name == "layers":
        return import_module("graph.layers")
    if name not in _MODULES:
        raise AttributeError(f"module 'graph' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return found
