"""The numbers that stand on a node, as something that can be pointed at: where they are, and what they are about."""

from __future__ import annotations

from typing import NamedTuple

from graph.network import Block
from gui.canvas.geometry import Point, Rect
from gui.canvas.letters import font, metrics
from gui.canvas.paint import FULL, LEFT, RIGHT
from gui.canvas.scene import Scene

QUANTITY = {"parameters": "weights", "macs": "macs", "memory": "memory", "field": "receptive_field"}
"""What can be shown on nodes, by the name under which it is explained."""
HIGH, BELOW = 12.0, 4.0
"""Pixels above and below the line on which a number stands that still belong to it."""


class Figure(NamedTuple):
    """A number on a node: the node, the name under which the number is explained, and where it stands."""

    node: str
    quantity: str
    rect: Rect


def figure_at(scene: Scene, name: str, point: Point, scale: float) -> Figure | None:
    """The number of the node *name* at *point* of the scene; None where there is none, or it cannot be read."""
    item = scene.nodes.get(name)
    if item is None or scale < FULL:
        return None
    found = (f for f in figures(scene, name) if f.rect.holds(point))
    return next(found, None)


def figures(scene: Scene, name: str) -> list[Figure]:
    """The numbers of a node: its shape at the left, what is chosen to stand on nodes at the right."""
    face, node, box = scene.nodes[name].face, scene.drawing.network.nodes[name], scene.drawing.boxes[name].rect
    if face.error or not face.known:
        return []
    block = isinstance(node.layer, Block)
    found = []
    wide = metrics(font(11.5)).horizontalAdvance
    if face.shape and scene.facts[name].outputs:
        baseline = 91.0 if block else 54.0
        found.append(Figure(name, "output", _rect(box, LEFT, baseline, wide(face.shape))))
    if face.weights and not face.shares:
        baseline = 75.0 if block else 54.0
        left = LEFT if block else face.width - RIGHT - wide(face.weights)
        found.append(Figure(name, QUANTITY[scene.quantity], _rect(box, left, baseline, wide(face.weights))))
    return found


def _rect(box: Rect, left: float, baseline: float, wide: float) -> Rect:
    x, y = box.left + left, box.top + baseline
    return Rect(x - 2, y - HIGH, x + wide + 2, y + BELOW)
