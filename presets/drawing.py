"""A network while it is put together, layer after layer in the order of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph import Block, Edge, Layer, Network, Node, Note
from graph.layers.activation import Softmax
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.dense import Linear
from graph.layers.dropout import Dropout
from graph.layers.loss import CrossEntropyLoss
from graph.layers.source import Input, Output, Target
from graph.layers.tensor_ops import Flatten
from graph.layout import arrange
from graph.text import tr
from graph.values import Spec

CLASSES = Spec("classes", "int", 1000, low=2, high=100_000, label="Classes", help="How many classes it tells apart.")
"""The variable that most classifiers have; ImageNet's number."""


class Drawing:
    """Collects nodes and edges; each layer follows the one before it unless sources are named.

    Example::

        drawing = Drawing("Small", classes=10)
        drawing.put("input", Input((1, 28, 28)))
        drawing.put("flatten", Flatten())
        drawing.put("dense", Linear(10), bind={"out_features": "classes"})
        drawing.classify()
        network = drawing.network()
    """

    def __init__(self, name: str, **variables: int) -> None:
        self.name, self.variables = name, variables
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.blocks: dict[str, Network] = {}
        self.last = ""

    def put(self, name: str, layer: Layer | Block, *sources: str, bind: Mapping[str, str] | None = None) -> str:
        """Add a node behind *sources* (the last node if none is named); returns its name.

        A source is a node, whose first output is meant, or ``node.port``.
        """
        takes = layer.inputs[0].name if isinstance(layer, Layer) and layer.inputs else "x"
        self.nodes[name] = Node(name, layer, bind=dict(bind or {}))
        if not isinstance(layer, Layer) or layer.inputs:
            for source in sources or ((self.last,) if self.last else ()):
                self.edges.append(Edge(*self.port(source), name, takes))
        self.last = name
        return name

    def block(self, name: str, block: str, *sources: str, **values: int) -> str:
        """Add a node that is the defined *block* with these values of its variables; returns its name."""
        return self.put(name, Block(block, values), *sources)

    def link(self, source: str, target: str, into: str) -> None:
        """One more edge, from a node or ``node.port`` into the port *into*."""
        self.edges.append(Edge(*self.port(source), target, into))

    def port(self, source: str) -> tuple[str, str]:
        """The node and the output port that *source* means."""
        name, _, port = source.partition(".")
        layer = self.nodes[name].layer
        first = layer.outputs[0].name if isinstance(layer, Layer) else "out"
        return name, port or first

    def define(self, name: str, inside: Drawing) -> None:
        """Make *inside* the block called *name*; the blocks defined in it become known here."""
        self.blocks |= inside.blocks
        self.blocks[name] = inside.network().change(name=name, blocks={})

    def classify(self, scores: str = "") -> None:
        """End in probabilities, and in a loss that compares the scores with the target."""
        scores = scores or self.last
        self.put("softmax", Softmax(), scores)
        self.put("output", Output())
        self.put("target", Target())
        self.nodes["loss"] = Node("loss", CrossEntropyLoss())
        self.link(scores, "loss", "input")
        self.link("target", "loss", "target")

    def classify_mean(self, width: int, classes: int, dropout: float) -> None:
        """Score the classes from the mean of each of *width* maps, in a block ``classifier`` with torchvision's names;
        end as :meth:`classify` does."""
        self.put("avgpool", AdaptiveAvgPool2d(1))
        self.put("flatten", Flatten())
        head = inside((width,), classes=classes)
        head.put("0", Dropout(dropout))
        head.put("1", Linear(classes), bind={"out_features": "classes"})
        self.define("head", close(head))
        self.put("classifier", Block("head"), bind={"classes": "classes"})
        self.classify()

    def segment(self, scores: str = "", loss: Layer | None = None) -> None:
        """End in a class for each pixel, and in a *loss* that compares the scores of each with a mask."""
        self.classify(scores)
        self.nodes["target"] = Node("target", Target("mask"))
        self.nodes["loss"] = Node("loss", loss or CrossEntropyLoss())

    def network(self, *notes: Note) -> Network:
        """The network, laid out."""
        made = Network(self.name, self.nodes, tuple(self.edges), self.variables, self.blocks, notes)
        places = arrange(made)
        nodes = {name: replace(node, at=places[name]) for name, node in made.nodes.items()}
        return made.change(nodes=nodes)


def inside(shape: tuple[int, ...] = (64, 32, 32), **variables: int) -> Drawing:
    """A drawing of a block's inside, begun with its input port ``x``; end it with :func:`close`."""
    drawing = Drawing(tr("inside"), **variables)
    drawing.put("x", Input(shape))
    return drawing


def close(drawing: Drawing, *sources: str) -> Drawing:
    """End a block's inside with its output port ``out``."""
    drawing.put("out", Output(), *sources)
    return drawing
