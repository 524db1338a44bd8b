"""What a network is: kinds of layers, networks, shapes, weights, costs, receptive fields, problems, files.

No torch, no Qt: importing this package takes milliseconds.
"""

from graph import layers
from graph.analysis import Fact, Report, analyze
from graph.errors import CanevasError, FileError, InvalidValue, NetworkError, ShapeError
from graph.files import dumps, load, loads, save
from graph.layer import CATEGORIES, Explanation, Layer, Port, Weight, kind, kinds
from graph.network import Block, Edge, Network, Node, Note
from graph.problems import Fix, Problem, mend
from graph.tensors import Labels, Loss, Tensor

__all__ = [
    "CATEGORIES",
    "Block",
    "CanevasError",
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
