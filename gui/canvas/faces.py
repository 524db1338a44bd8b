"""What stands on a node: its lines of text and its marks, as a value; a picture is painted once per face."""

from __future__ import annotations

from typing import NamedTuple

from graph.analysis import Fact
from graph.errors import CanevasError
from graph.layer import TRAINING, Layer
from graph.network import Block, Edge, Network, Node
from graph.repeats import numbered
from graph.tensors import Flow, Tensor
from graph.text import number, say, tr
from gui.canvas.geometry import Box
from gui.canvas.quantities import QUANTITIES

_WORDS = {
    "labels": say("labels"),
    "masks": say("masks"),
    "boxes": say("boxes"),
    "sizes": say("sizes"),
    "anchors": say("anchors"),
    "regions": say("regions"),
    "matches": say("matches"),
    "detections": say("detections"),
    "loss": say("loss"),
}
BARS = 14
"""Most layers that a miniature of a block shows."""


class Face(NamedTuple):
    """Everything that decides how a node looks, its place and its being selected aside."""

    name: str
    line: str
    shape: str
    weights: str
    category: str
    known: bool = True
    error: bool = False
    frozen: bool = False
    bypass: bool = False
    training: bool = False
    width: float = 180.0
    height: float = 64.0
    ins: tuple[tuple[float, bool], ...] = ()
    outs: tuple[tuple[float, bool], ...] = ()
    inside: tuple[str, ...] | None = None
    """Families of the layers of a block, for its miniature; None for a layer."""
    times: str = ""
    """How often a block stands here, ``× 3``; empty for once."""
    shares: str = ""
    """The node whose weights it uses."""
    told: str = ""
    """How bad its worst problem is: ``"error"``, ``"warning"``; empty for none."""
    warmth: int = -1
    """How much it has of what the heat map shows, from 0; below 0 there is none."""
    mark: str = ""
    """What became of it, where two networks are compared: ``"added"``, ``"removed"``, ``"changed"``."""


def face(
    network: Network, node: Node, fact: Fact | None, box: Box, quantity: str = "parameters", warmth: int = -1
) -> Face:
    """The face of a node of *network*, with what analysis found about it.

    *quantity* stands on it, one of :data:`gui.canvas.quantities.QUANTITIES`, or none.
    """
    rect = box.rect
    layer = fact.layer if fact is not None else node.layer
    inside = families(network, node.layer.name) if isinstance(node.layer, Block) else None
    unlinked = any(not s.taken for s in box.ins) and fact is not None and not fact.outputs
    known = fact is not None and fact.error is None and shown_flow(network, node, fact) is not None
    return Face(
        name=node.name,
        line=line(layer, fact.output if fact is not None else None),
        shape=_shape(network, node, fact, unlinked),
        weights=_amount(node, fact, quantity),
        category=category(network, node),
        known=known or fact is None,
        error=fact is not None and fact.error is not None,
        frozen=node.frozen,
        bypass=node.bypass,
        training=isinstance(layer, Layer) and layer.when == TRAINING,
        width=rect.right - rect.left,
        height=rect.bottom - rect.top,
        ins=tuple((s.at[0] - rect.left, s.taken) for s in box.ins),
        outs=tuple((s.at[0] - rect.left, s.taken) for s in box.outs),
        inside=inside,
        times=_times(node, fact),
        shares=node.shares,
        warmth=warmth,
    )


def _times(node: Node, fact: Fact | None) -> str:
    """``× 3``; where nobody knows the number, the expression that it follows."""
    if not numbered(node):
        return ""
    if fact is not None and fact.inside is not None:
        return f"× {number(sum(name.isdigit() for name in fact.inside.network.nodes))}"
    return f"× {node.bind.get('repeat', node.repeat)}"


def line(layer: Layer | Block, flow: Flow | None = None) -> str:
    """Kind and main values: ``Conv2d – 64, 3×3, /2``; of an input, what it is."""
    if isinstance(layer, Block):
        return layer.name
    if layer.kind == "Input":
        shape = flow.shape if isinstance(flow, Tensor) else layer.values.get("shape", ())  # in a block, what arrives
        return tr("Input – {what}", what=_picture(shape))
    caption = layer.caption
    return f"{layer.kind} – {caption}" if caption else layer.kind


def _picture(shape: tuple[int, ...]) -> str:
    if len(shape) == 3:
        return {1: tr("grey image"), 3: tr("color image")}.get(shape[0]) or tr("{n} maps", n=shape[0])
    return {1: tr("vector"), 2: tr("signal")}.get(len(shape)) or tr("volume")


def shown_flow(network: Network, node: Node, fact: Fact) -> Flow | None:
    """What leaves a node; of an output, what arrives."""
    if fact.outputs:
        return fact.outputs[0]
    if not network.outputs(node) and fact.inputs and hasattr(fact.inputs[0], "dims"):
        arrives: Flow = fact.inputs[0]
        return arrives
    return None


def words(flow: Flow) -> str:
    """A value on an edge as it stands on the drawing: ``8 × 28 × 28``, ``labels``, ``loss``."""
    return str(flow) if isinstance(flow, Tensor) else str(_WORDS.get(str(flow), flow))


def _shape(network: Network, node: Node, fact: Fact | None, unlinked: bool) -> str:
    if fact is None:
        return ""
    if fact.error is not None:
        return tr("not computed")
    flow = shown_flow(network, node, fact)
    if flow is not None:
        return words(flow)
    return tr("not linked") if unlinked else tr("not computed")


def _amount(node: Node, fact: Fact | None, quantity: str) -> str:
    if fact is None or not quantity:
        return ""
    if fact.error is not None:
        return "–"
    if node.shares and quantity == "parameters":
        return tr("as {name}", name=node.shares)
    return QUANTITIES[quantity].text(fact)


def category(network: Network, node: Node) -> str:
    """The family whose color a node bears; a block bears that of its first layer."""
    if isinstance(node.layer, Layer):
        return node.layer.category
    found = families(network, node.layer.name)
    return found[0] if found else "tens"


def families(network: Network, block: str) -> tuple[str, ...]:
    """Families of the layers inside a block, in the order of the flow, at most :data:`BARS` of them."""
    inside = network.blocks.get(block)
    return families_of(inside) if inside is not None else ()


def families_of(inside: Network) -> tuple[str, ...]:
    """Families of the layers of a definition, as :func:`families`."""
    cache: dict[str, tuple[str, ...]] = inside.__dict__.setdefault("_families", {})
    if "" not in cache:
        try:
            order = inside.order
        except CanevasError:
            order = tuple(inside.nodes)
        nodes = [inside.nodes[name] for name in order]
        kept = [n for n in nodes if isinstance(n.layer, Block) or n.layer.category != "io"]
        step = max(1, -(-len(kept) // BARS))
        cache[""] = tuple("conv" if isinstance(n.layer, Block) else n.layer.category for n in kept[::step])
    return cache[""]


def changes_shape(network: Network, edge: Edge, facts: dict[str, Fact]) -> str:
    """The text on a link: what flows there, if its source made another shape of what it received; else empty."""
    fact = facts.get(edge.source)
    if fact is None or not fact.outputs:
        return ""
    flow = fact.outputs[0]
    if len(fact.outputs) > 1:
        ports = network.outputs(network.nodes[edge.source])
        flow = fact.outputs[next((i for i, p in enumerate(ports) if p.name == edge.out), 0)]
    received = fact.inputs[0] if fact.inputs else None
    if isinstance(received, tuple) and not hasattr(received, "dims"):
        received = received[0] if received else None
    return "" if received == flow else words(flow)


def looks(network: Network) -> dict[Edge, str]:
    """Edges that are no plain wire: ``"skip"`` past layers into a merge, ``"training"`` into what losses need."""
    found: dict[Edge, str] = {}
    place: dict[str, int] = {}
    for name, edges in network.incoming.items():
        layer = network.nodes[name].layer
        if isinstance(layer, Block):
            continue
        if layer.when == TRAINING:
            found |= dict.fromkeys(edges, "training")
        elif layer.category == "merge" and len(edges) > 1:
            place = place or {name: i for i, name in enumerate(network.order)}
            last = max(place[e.source] for e in edges)
            found |= {e: "skip" for e in edges if place[e.source] < last}
    return found
