"""Rules about windows: what they look at, what they step over, and what is left of the maps."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING

from graph import edit
from graph.layers.convolution import Convolution
from graph.layers.pooling import Pooling
from graph.layers.transposed import TransposedConvolution
from graph.problems import Fix, Problem
from graph.receptive import disagree, sizes
from graph.rules.registry import arriving, before, network_rule, node_rule
from graph.tensors import Tensor
from graph.text import say
from graph.windows import UNSEEN

if TYPE_CHECKING:
    from graph.analysis import Report


def _widened(name: str, kernel: tuple[int, ...]) -> Fix:
    text = say("Widen the window to {kernel}", kernel="×".join(map(str, kernel)))
    return Fix("widen", text, lambda n: edit.set_values(n, name, kernel_size=kernel))


@node_rule
def strides_disagree(report: Report, name: str) -> Iterator[Problem]:
    """Two paths meet whose pixels do not lie on one another."""
    edges = arriving(report, name)
    if len(edges) < 2 or not report.facts[name].outputs:
        return
    ports = (port.name for port in report.network.inputs(report.network.nodes[name]))
    seen = dict(zip(ports, report.facts[name].seen, strict=False))
    parts = [(e.source, report.facts[e.source].fields) for e in edges if seen.get(e.into) is not UNSEEN]
    for source, fields in parts[1:]:
        if disagree(parts[0][1], fields):
            message = say(
                "The paths through {a} and {b} have different strides: their maps have one size, but a value of one "
                "does not stand for the same place as that of the other.",
                a=parts[0][0],
                b=source,
            )
            yield Problem("strides_disagree", "warning", name, message)
            return


@node_rule
def pixels_skipped(report: Report, name: str) -> Iterator[Problem]:
    """A stride larger than the window: some pixels are never looked at."""
    layer = report.facts[name].layer
    if not isinstance(layer, (Convolution, Pooling)) or not report.facts[name].outputs:
        return
    stride = layer.stride if isinstance(layer, Convolution) else layer.step
    for k, s in zip(layer.kernel_size, stride, strict=True):
        if s > k:
            message = say(
                "{name} moves by {stride} but looks at {kernel}: {share} % of the pixels are never seen.",
                name=name,
                stride=s,
                kernel=k,
                share=round(100 * (s - k) / s),
            )
            fix = _widened(name, tuple(max(k, s) for k, s in zip(layer.kernel_size, stride, strict=True)))
            yield Problem("pixels_skipped", "hint" if max(layer.kernel_size) == 1 else "warning", name, message, (fix,))
            return


@node_rule
def rest_dropped(report: Report, name: str) -> Iterator[Problem]:
    """A pooling whose windows do not cover the last rows."""
    fact = report.facts[name]
    if not isinstance(fact.layer, Pooling) or not fact.outputs or fact.layer.ceil_mode:
        return
    x: Tensor = fact.inputs[0]
    layer = fact.layer
    for n, k, s, p, d in zip(x.spatial, layer.kernel_size, layer.step, layer.padding, layer.dilations, strict=True):
        rest = (n + 2 * p - d * (k - 1) - 1) % s
        if rest > p:
            message = say("{name} leaves out the last {rest} of {n} rows or columns.", name=name, rest=rest - p, n=n)
            text = say("Let the last window reach over the border")
            fix = Fix("ceil", text, lambda net: edit.set_values(net, name, ceil_mode=True))
            yield Problem("rest_dropped", "hint", name, message, (fix,))
            return


@node_rule
def even_same(report: Report, name: str) -> Iterator[Problem]:
    """An even window has no middle: "same" shifts the maps by half a pixel."""
    layer = report.facts[name].layer
    if not isinstance(layer, Convolution) or layer.padding != "same":
        return
    even = next((k for k, d in zip(layer.kernel_size, layer.dilation, strict=True) if d * (k - 1) % 2), None)
    if even is not None:
        message = say(
            'A window of {k} has no middle: with "same", {name} pads more behind than before, and the maps shift.',
            k=even,
            name=name,
        )
        fix = _widened(name, tuple(k + 1 - k % 2 for k in layer.kernel_size))
        yield Problem("even_same", "hint", name, message, (fix,))


@node_rule
def dilation_gaps(report: Report, name: str) -> Iterator[Problem]:
    """Dilations with a common factor, one after the other: the same pixels are skipped again and again."""
    node, feeding = report.network.nodes[name], _windowed_before(report, name)
    if not isinstance(node.layer, Convolution) or feeding is None:
        return
    a, b = report.facts[feeding].layer, report.facts[name].layer
    if not isinstance(a, Convolution) or not isinstance(b, Convolution) or max(b.kernel_size) == 1:
        return
    common = gcd(a.dilation[-1], b.dilation[-1])
    if common > 1 and all(s == 1 for s in a.stride):
        message = say(
            "{name} and {before} are both dilated by multiples of {common}: a value sees only every {common}th pixel, "
            "like through a grid.",
            name=name,
            before=feeding,
            common=common,
        )
        yield Problem("dilation_gaps", "hint", name, message)


def _windowed_before(report: Report, name: str) -> str | None:
    """The next node before *name*, along single edges, that has a window."""
    feeding = before(report, name)
    while feeding is not None and report.facts[feeding.name].seen == (None,):
        feeding = before(report, feeding.name)
    return feeding.name if feeding is not None else None


@node_rule
def checkerboard(report: Report, name: str) -> Iterator[Problem]:
    """A transposed convolution whose window its stride does not divide writes some pixels more often than others."""
    layer = report.facts[name].layer
    if not isinstance(layer, TransposedConvolution):
        return
    for k, s in zip(layer.kernel_size, layer.stride, strict=True):
        if k % s:
            message = say(
                "The stride of {stride} does not divide the window of {kernel}: {name} writes some pixels more often "
                "than others, and a checkerboard appears.",
                stride=s,
                kernel=k,
                name=name,
            )
            fix = _widened(name, tuple(-(-k // s) * s for k, s in zip(layer.kernel_size, layer.stride, strict=True)))
            yield Problem("checkerboard", "hint", name, message, (fix,))
            return


@node_rule
def padding_only(report: Report, name: str) -> Iterator[Problem]:
    """A window on a single pixel looks at padding for the rest."""
    fact = report.facts[name]
    if not isinstance(fact.layer, Convolution) or not fact.outputs:
        return
    x: Tensor = fact.inputs[0]
    if set(x.spatial) == {1} and max(fact.layer.kernel_size) > 1:
        message = say(
            "Only one pixel is left before {name}: of its window of {kernel}, all but the middle sees zeros.",
            name=name,
            kernel="×".join(map(str, fact.layer.kernel_size)),
        )
        kernel = (1,) * len(fact.layer.kernel_size)
        text = say("Shrink the window to {window}", window="×".join(map(str, kernel)))
        fix = Fix("one", text, lambda n: edit.set_values(n, name, kernel_size=kernel, padding=(0,) * len(kernel)))
        yield Problem("padding_only", "warning", name, message, (fix,))


@network_rule
def field_small(report: Report) -> Iterator[Problem]:
    """What global pooling averages has seen only a part of the image each."""
    for name in report.network.order:
        fact = report.facts[name]
        feeding = before(report, name)
        pooled = (
            fact.layer.__class__.__name__.startswith("AdaptiveAvgPool") or fact.layer.__class__.__name__ == "MeanOver"
        )
        if not pooled or feeding is None or not fact.outputs or not report.inputs:
            continue
        field = sizes(report.facts[feeding.name].fields)
        image = next(iter(report.inputs.values()))
        if field and isinstance(image, Tensor) and image.spatial and 2 * field[0] < image.spatial[0]:
            message = say(
                "What {name} averages has seen only {field} of {image} pixels each: larger patterns cannot be told.",
                name=name,
                field=field[0],
                image=image.spatial[0],
            )
            yield Problem("field_small", "hint", name, message)
