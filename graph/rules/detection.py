"""Rules about detectors of two stages: what must agree although it stands in different nodes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from graph import edit
from graph.layer import Layer
from graph.layers.convolution import Conv2d
from graph.layers.dense import Linear
from graph.layers.detection import ImageTransform, OnAnchors
from graph.layers.detection_learning import DetectionPostprocess, OnRegions, RoISampler
from graph.layers.roi import MultiScaleRoIAlign, RegionPooling
from graph.network import Edge
from graph.problems import Fix, Problem
from graph.receptive import Fields, strides
from graph.rules.registry import arriving, fixes_for, level_rule
from graph.tensors import Anchors, Tensor
from graph.text import number, say

if TYPE_CHECKING:
    from graph.report import Report


@fixes_for("anchors_differ")
def maps_for_anchors(report: Report, name: str) -> tuple[Fix, ...]:
    """As many maps as there are anchors at a position, or four times as many."""
    fact = report.facts[name]
    anchors = next((x for x in fact.inputs if isinstance(x, Anchors)), None)
    if anchors is None:
        return ()
    wanted = {"objectness": anchors.each, "boxes": 4 * anchors.each}
    return _outputs(report, name, wanted, Conv2d, "out_channels")


@fixes_for("classes_differ")
def numbers_for_classes(report: Report, name: str) -> tuple[Fix, ...]:
    """A number for each class and the ground, or four."""
    layer = report.facts[name].layer
    assert isinstance(layer, OnRegions)
    wanted = {"scores": layer.classes + 1, "boxes": 4 * (layer.classes + 1)}
    return _outputs(report, name, wanted, Linear, "out_features")


def _outputs(report: Report, name: str, wanted: dict[str, int], kind: type[Layer], value: str) -> tuple[Fix, ...]:
    """The first layer before one of the ports that gives another number than *wanted*, made to give it.

    Safe where nothing else takes what it gives but layers that want the same.
    """
    network = report.network
    for port, n in wanted.items():
        for edge in arriving(report, name, port):
            given, layer = report.facts[edge.source].output, network.nodes[edge.source].layer
            if not isinstance(layer, kind) or not isinstance(given, Tensor) or given.channels == n:
                continue
            takers = [network.nodes[e.target].layer for e in network.outgoing[edge.source]]
            source = edge.source
            return (
                Fix(
                    "set_outputs",
                    say("Give {name} {n} outputs", name=source, n=number(n)),
                    lambda network, source=source, n=n: edit.set_values(network, source, **{value: n}),  # type: ignore[misc]
                    safe=all(isinstance(taker, (OnAnchors, OnRegions)) for taker in takers),
                ),
            )
    return ()


@level_rule
def roi_scale(report: Report) -> Iterator[Problem]:
    """Regions are given in pixels of the image: the scale must be one divided by the stride of the map."""
    for name, node in report.network.nodes.items():
        layer = report.facts[name].layer
        if not isinstance(layer, RegionPooling) or not report.facts[name].outputs or node.bypass:
            continue
        several = isinstance(layer, MultiScaleRoIAlign)
        found = [_stride(report, edge) for edge in arriving(report, name, "features")]
        wanted = [float(stride) for stride in found if stride is not None]
        own = list(layer.values["strides"]) if several else [1 / layer.values["spatial_scale"]]
        if len(wanted) < len(found) or all(abs(a / b - 1) < 1e-3 for a, b in zip(own, wanted, strict=True)):
            continue
        message = say(
            "{name} takes a position of the map for {own} pixels of the image, but the map has a stride of {stride}: "
            "it cuts out other places than those of the regions.",
            name=name,
            own=", ".join(f"{n:g}" for n in own),
            stride=", ".join(f"{n:g}" for n in wanted),
        )
        values = {"strides": tuple(wanted)} if several else {"spatial_scale": 1 / wanted[0]}
        text = say("Set the scale to the stride {stride}", stride=", ".join(f"{n:g}" for n in wanted))
        fix = Fix("set_scale", text, lambda n, name=name, values=values: edit.set_values(n, name, **values), safe=True)  # type: ignore[misc]
        yield Problem("roi_scale", "warning", name, message, (fix,))


def _stride(report: Report, edge: Edge) -> Fraction | None:
    """Pixels of the transformed image between two positions of the map that an edge carries; None if not one number."""
    before = [n for n, node in report.network.nodes.items() if isinstance(node.layer, ImageTransform)]
    base = strides(report.facts[before[0]].fields) if before else ()
    fact = report.facts[edge.source]
    fields: Fields = fact.inside.facts[edge.out].fields if fact.inside is not None else fact.fields
    own = strides(fields)
    if not own or (before and len(base) != len(own)):
        return None
    found = {a / b for a, b in zip(own, base or (Fraction(1),) * len(own), strict=True)}
    return found.pop() if len(found) == 1 else None


@level_rule
def box_weights(report: Report) -> Iterator[Problem]:
    """What the sampler multiplies the distances by, the detections divide by."""
    layers = {name: report.facts[name].layer for name in report.network.nodes}
    samplers = [layer for layer in layers.values() if isinstance(layer, RoISampler)]
    if not samplers:
        return
    wanted = {value: samplers[0].values[value] for value in ("center_weight", "size_weight")}
    for name, layer in layers.items():
        if not isinstance(layer, DetectionPostprocess) or all(layer.values[v] == n for v, n in wanted.items()):
            continue
        message = say(
            "The network learns distances times {center} and {size}, but {name} divides by {c} and {s}: its boxes are "
            "moved by the wrong amount.",
            name=name,
            center=f"{wanted['center_weight']:g}",
            size=f"{wanted['size_weight']:g}",
            c=f"{layer.center_weight:g}",
            s=f"{layer.size_weight:g}",
        )
        text = say("Divide by the same")
        fix = Fix("set_weights", text, lambda n, name=name: edit.set_values(n, name, **wanted), safe=True)  # type: ignore[misc]
        yield Problem("box_weights", "warning", name, message, (fix,))
