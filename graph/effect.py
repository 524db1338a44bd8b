"""What a layer makes of what arrives, wherever it stands: one question, answered once.

Networks repeat themselves, and an edit leaves most layers as they were: that a layer is a frozen value makes it the
key under which its answer is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from graph.checks import check_flows
from graph.layer import Layer, Weight
from graph.tensors import Flow
from graph.windows import Seen


class Effect(NamedTuple):
    """What leaves a layer, its tensors with the number of parameters among them, its cost, and what it sees."""

    outputs: tuple[Flow, ...]
    weights: Mapping[str, Weight]
    parameters: int
    macs: int
    seen: tuple[Seen, ...]


@lru_cache(maxsize=16_384)
def effect(layer: Layer, inputs: tuple[Any, ...]) -> Effect:
    """What *layer* makes of *inputs*, one per port.

    Raises:
        ShapeError: it cannot take them.
    """
    check_flows(layer, inputs)
    out = layer.output(*inputs)
    outputs: tuple[Flow, ...] = (out,) if len(layer.outputs) == 1 else tuple(out)
    weights = layer.weights(*inputs)
    parameters = sum([w.size for w in weights.values() if w.parameter])
    return Effect(outputs, weights, parameters, layer.macs(*inputs), layer.window(*inputs))
