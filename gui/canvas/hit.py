"""What is under the pointer, and what would happen if one let go there: decisions as pure functions of the drawing."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import NamedTuple

from graph.checks import fits, refusal
from graph.edit import disconnect, insert
from graph.errors import CanevasError
from graph.layer import Layer, Port
from graph.network import Block, Edge, Network
from graph.text import Message, say
from gui.canvas.drawing import TITLE, Drawing
from gui.canvas.geometry import Box, Point, Rect, Slot
from gui.canvas.routes import crosses, distance

PORT_REACH, LINK_REACH = 9.0, 6.0
"""How near the pointer must be, in pixels of the screen."""


class End(NamedTuple):
    """A port of a node: the end of a link, or where one could be."""

    node: str
    port: str
    out: bool
    at: Point
    edge: Edge | None = None
    """The edge that arrives here (inputs only)."""


class Hit(NamedTuple):
    """What is under the pointer: an end, a node, a link, a comment, or nothing of these (the empty canvas)."""

    end: End | None = None
    node: str = ""
    edge: Edge | None = None
    note: int = -1
    """The place of a comment among the network's."""
    corner: str = ""
    """Which corner of the comment: ``"left top"``, ``"right bottom"`` ...; empty for its inside."""


def find(drawing: Drawing, point: Point, scale: float) -> Hit:
    """What is at *point* of the scene, shown at *scale*: ports before nodes before links before comments."""
    if (found := _end(drawing, point, PORT_REACH / scale)) is not None:
        return Hit(end=found, node=found.node)
    if name := node_at(drawing, point):
        return Hit(node=name)
    if (edge := link_at(drawing, point, LINK_REACH / scale)) is not None:
        return Hit(edge=edge)
    return _note(drawing, point, scale)


def _note(drawing: Drawing, point: Point, scale: float) -> Hit:
    """The uppermost comment at *point*; of a frame only its title and its border count, for its inside is canvas."""
    reach = PORT_REACH / scale
    for i in reversed(range(len(drawing.network.notes))):
        rect = drawing.note_rect(i)
        if rect is None or not rect.grown(reach).holds(point):
            continue
        across = [s for s in ("left", "right") if abs(getattr(rect, s) - point[0]) <= reach]
        upright = [s for s in ("top", "bottom") if abs(getattr(rect, s) - point[1]) <= reach]
        if across and upright:
            return Hit(note=i, corner=f"{across[0]} {upright[0]}")
        if not rect.grown(LINK_REACH / scale).holds(point):
            continue
        inside = drawing.network.notes[i].frames and rect.grown(-LINK_REACH / scale).holds(point)
        if not inside or point[1] < rect.top + TITLE + 12:
            return Hit(note=i)
    return Hit()


def node_at(drawing: Drawing, point: Point) -> str:
    """The uppermost node at *point*; empty for none."""
    names = drawing.nodes.near(Rect(*point, *point))
    return _last(drawing, names)


def _last(drawing: Drawing, names: Iterable[object]) -> str:
    """The one among *names* that is painted last."""
    found = set(names)
    if len(found) < 2:
        return str(next(iter(found), ""))
    return [name for name in drawing.network.nodes if name in found][-1]


def _end(drawing: Drawing, point: Point, reach: float) -> End | None:
    best, nearest = None, reach
    for name in drawing.nodes.near(Rect(*point, *point).grown(reach)):
        box = drawing.boxes[str(name)]
        for out, slots in ((False, box.ins), (True, box.outs)):
            for slot in slots:
                away = hypot(slot.at[0] - point[0], slot.at[1] - point[1])
                if away <= nearest:
                    best, nearest = end_of(box, slot, out=out), away
    return best


def end_of(box: Box, slot: Slot, *, out: bool) -> End:
    """A slot of a box as an end."""
    return End(box.name, slot.port, out, slot.at, slot.edge)


def link_at(drawing: Drawing, point: Point, reach: float) -> Edge | None:
    """The link nearest to *point*, if it is within *reach*."""
    best, nearest = None, reach
    for edge in drawing.links.near(Rect(*point, *point).grown(reach)):
        away = distance(drawing.routes[edge], point)  # type: ignore[index]
        if away <= nearest:
            best, nearest = edge, away
    return best  # type: ignore[return-value]


def inside(drawing: Drawing, rect: Rect) -> list[str]:
    """Nodes that a rubber band touches."""
    return [str(name) for name in drawing.nodes.near(rect)]


def notes_inside(drawing: Drawing, rect: Rect) -> list[int]:
    """Comments that a rubber band takes: notes that it touches, frames that lie in it as a whole."""
    found = []
    for i, note in enumerate(drawing.network.notes):
        there = drawing.note_rect(i)
        if there is None or not there.meets(rect):
            continue
        if not note.frames or (rect.holds((there.left, there.top)) and rect.holds((there.right, there.bottom))):
            found.append(i)
    return found


def resized(rect: Rect, corner: str, to: Point, least: Point) -> Rect:
    """*rect* whose *corner* is pulled to a point, and which stays at least so wide and high."""
    x, y = to
    across, _, upright = corner.partition(" ")
    if across == "left":
        rect = rect._replace(left=min(x, rect.right - least[0]))
    else:
        rect = rect._replace(right=max(x, rect.left + least[0]))
    if upright == "top":
        return rect._replace(top=min(y, rect.bottom - least[1]))
    return rect._replace(bottom=max(y, rect.top + least[1]))


def cuts(drawing: Drawing, a: Point, b: Point) -> list[Edge]:
    """Links that a stroke from *a* to *b* cuts."""
    area = Rect(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    return [e for e in drawing.links.near(area.grown(1)) if crosses(drawing.routes[e], a, b)]  # type: ignore[index,misc]


# links


def edge_between(one: End, other: End) -> Edge | None:
    """The edge that two ends make, whichever was taken first; None if both are inputs, or both outputs."""
    if one.out == other.out:
        return None
    source, target = (one, other) if one.out else (other, one)
    return Edge(source.node, source.port, target.node, target.port)


def why_not(network: Network, one: End, other: End, instead: Edge | None = None) -> Message | None:
    """Why no link may be drawn between two ends (in the place of the link *instead*); None where it may."""
    edge = edge_between(one, other)
    if edge is None:
        return (
            say("A link leads from an output to an input.")
            if one.node != other.node or one.port != other.port
            else None
        )
    if instead is not None:
        if edge == instead:
            return None
        network = without(network, instead)
    return refusal(network, edge)


def without(network: Network, edge: Edge) -> Network:
    """*network* without *edge*, made once however often one asks."""
    kept: dict[Edge, Network] = network.__dict__.setdefault("_without", {})
    if edge not in kept:
        kept.clear()
        kept[edge] = disconnect(network, [edge]) if edge in network.edges else network
    return kept[edge]


def landing(drawing: Drawing, one: End, point: Point, scale: float, instead: Edge | None = None) -> End | None:
    """The end at which a link from *one* would arrive if let go at *point*.

    A port under the pointer, fitting or not; on the body of a node the first port that fits, free ones first.
    """
    hit = find(drawing, point, scale)
    if hit.end is not None and hit.end.out != one.out:
        return hit.end
    if not hit.node or hit.node == one.node:
        return hit.end if hit.end is not None and hit.end.node != one.node else None
    box = drawing.boxes[hit.node]
    slots = box.ins if one.out else box.outs
    ends = [end_of(box, s, out=not one.out) for s in sorted(slots, key=lambda s: s.taken and one.out)]
    good = [e for e in ends if why_not(drawing.network, one, e, instead) is None]
    return (good or ends or [None])[0]


def unfit(drawing: Drawing, one: End, names: Iterable[str], instead: Edge | None = None) -> list[str]:
    """Those of *names* at which a link from *one* can arrive nowhere."""
    found = []
    for name in names:
        if name == one.node:
            continue
        box = drawing.boxes[name]
        ends = (end_of(box, s, out=not one.out) for s in (box.ins if one.out else box.outs))
        if not any(why_not(drawing.network, one, e, instead) is None for e in ends):
            found.append(name)
    return found


# nodes


def receiver(drawing: Drawing, rect: Rect, but: Iterable[str] = ()) -> Edge | None:
    """The link over which a node dropped at *rect* stands; links of the nodes *but* do not count."""
    names = set(but)
    center = rect.center
    best, nearest = None, (rect.bottom - rect.top) / 2
    for edge in drawing.links.near(rect):
        if edge.source in names or edge.target in names:  # type: ignore[attr-defined]
            continue
        away = distance(drawing.routes[edge], center)  # type: ignore[index]
        if away < nearest:
            best, nearest = edge, away
    return best  # type: ignore[return-value]


def unlinked(network: Network, name: str) -> bool:
    """Whether a node stands for itself, so that dropping it on a link may mean to insert it."""
    return not network.incoming.get(name) and not network.outgoing.get(name)


def takes(network: Network, layer: Layer | Block | Network, end: End) -> bool:
    """Whether a new node with *layer* could be linked to *end*: what is offered when a link is dropped on nothing."""
    port = network.port(end.node, end.port, out=end.out)
    if not isinstance(layer, Layer):
        kinds = "Input" if end.out else "Output"
        inside = network.blocks[layer.name] if isinstance(layer, Block) else layer
        return any(n.kind == kinds for n in inside.nodes.values())
    others: tuple[Port, ...] = layer.inputs if end.out else layer.outputs
    return any(fits(port, o) if end.out else fits(o, port) for o in others)


def linked_to(network: Network, name: str, end: End) -> Edge | None:
    """The edge that links the node *name* to *end*, at its first port that fits; None where none does."""
    node = network.nodes[name]
    for port in network.inputs(node) if end.out else network.outputs(node):
        other = End(name, port.name, not end.out, (0.0, 0.0))
        if why_not(network, end, other) is None:
            return edge_between(end, other)
    return None


def insertion(network: Network, name: str, edge: Edge) -> Message | None:
    """Why the node *name* may not be put into *edge*; None where it may."""
    try:
        insert(network, name, edge)
    except CanevasError as error:
        return error.message
    return None
