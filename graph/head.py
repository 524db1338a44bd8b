"""The head of a network: the layer that gives the scores, which is made anew for other classes."""

from __future__ import annotations

from typing import NamedTuple

from graph import edit
from graph.analysis import analyze
from graph.errors import NetworkError
from graph.freezing import set_learning
from graph.layer import Layer
from graph.layers.fcn import BilinearConvTranspose2d
from graph.network import Block, Network
from graph.report import Report
from graph.tensors import Tensor

WIDTHS = ("out_features", "out_channels")
"""The values that say how many scores a layer gives."""


class Head(NamedTuple):
    """Where the scores of a loss come from: the blocks to enter, the node, and the value that says how many."""

    trail: tuple[str, ...]
    name: str
    value: str

    @property
    def path(self) -> str:
        """The path of the node; heads are not repeated."""
        return ".".join((*self.trail, self.name))


def head(network: Network, loss: str = "") -> Head | None:
    """The layer that makes the scores which arrive at *loss* (the last one if empty); None if that cannot be told.

    It is found backwards along single edges, into blocks where they begin, past what only enlarges the scores.
    """
    losses = [n.name for n in network.nodes.values() if isinstance(n.layer, Layer) and n.layer.category == "loss"]
    loss = loss or (losses[-1] if losses else "")
    return _before(network, loss, ()) if loss in network.nodes else None


def _before(network: Network, name: str, trail: tuple[str, ...]) -> Head | None:
    while edges := [e for e in network.incoming.get(name, ()) if e.into != "target"]:
        name = edges[0].source
        layer = network.nodes[name].layer
        if isinstance(layer, Block):
            inside = network.inside(layer.name)
            return _before(inside, edges[0].out, (*trail, name)) if edges[0].out in inside.nodes else None
        for value in WIDTHS:
            if any(spec.name == value for spec in layer.specs) and not isinstance(layer, BilinearConvTranspose2d):
                return Head(trail, name, value)
        if len(edges) > 1:
            break
    return None


class Renewed(NamedTuple):
    """A network that tells other classes, and the paths of the layers that are to begin anew for them."""

    network: Network
    heads: tuple[str, ...]


def renewed(network: Network, classes: int, loss: str = "") -> Renewed:
    """*network* for *classes*: layers whose weights depend on how many there are learn, all others stay as they are.

    Where a variable ``classes`` is followed by such layers, it says which they are: one of a classifier, two of a
    Faster R-CNN, one for each skip of an FCN.  Else it is the layer whose scores arrive at *loss*.

    Raises:
        NetworkError: no layer can be told that gives the scores, or it cannot give so many.
    """
    made, heads = _by_variable(network, classes)
    if not heads:
        made, heads = _by_width(network, classes, loss)
    learns = {path for path, fact in analyze(made).leaves() if fact.trainable}
    return Renewed(made if learns.issuperset(heads) else set_learning(made, learns.union(heads)), heads)


def with_head(network: Network, classes: int, loss: str = "") -> Network:
    """The network that :func:`renewed` makes.

    Raises:
        NetworkError: as there.
    """
    return renewed(network, classes, loss).network


def _by_variable(network: Network, classes: int) -> tuple[Network, tuple[str, ...]]:
    """The network with its variable ``classes`` set, and the layers that it makes wider; none where it makes none.

    Interpolations between maps of scores grow with them, but have nothing to learn.
    """
    if "classes" not in network.variables:
        return network, ()
    made = edit.set_variable(network, "classes", classes)
    report, other = analyze(made), analyze(edit.set_variable(network, "classes", classes + 1))
    wider = {path: fact.weights for path, fact in other.leaves()}
    heads = tuple(
        path
        for path, fact in report.leaves()
        if fact.weights != wider.get(path) and not isinstance(fact.layer, BilinearConvTranspose2d)
    )
    return made, heads


def _by_width(network: Network, classes: int, loss: str) -> tuple[Network, tuple[str, ...]]:
    """The network with as many outputs of the layer that gives the scores."""
    found = head(network, loss)
    if found is None:
        raise NetworkError("No layer can be told that gives the scores of the classes: set its outputs by hand.")
    made = with_width(network, found, classes)
    if scored(analyze(made), found) != classes:
        raise NetworkError("{name} cannot give {n} scores: set its outputs by hand.", name=found.path, n=classes)
    return made, (found.path,)


def with_width(network: Network, found: Head, n: int) -> Network:
    """*network* with *n* as the value of its head that says how much it gives."""
    inside = edit.set_values(network.within(found.trail), found.name, **{found.value: n})
    return edit.put_inside(network, found.trail, inside) if found.trail else inside


def scored(report: Report, found: Head) -> int:
    """How many scores the head gives; 0 if that is not known."""
    flow = report[found.path].output
    return flow.channels if isinstance(flow, Tensor) and len(flow.dims) in (2, 4) else 0
