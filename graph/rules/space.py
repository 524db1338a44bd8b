"""Rules about windows: what they look at, what they step over, and what is left of the maps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

from graph import edit
from graph.errors import ShapeError
from graph.layers.convolution import Convolution
from graph.layers.pooling import Pooling
from graph.layers.transposed import TransposedConvolution
from graph.problems import Fix, Problem
from graph.receptive import Fields, sizes
from graph.rules.registry import SEVERAL, before, level_rule, network_rule, node_rule
from graph.tensors import Tensor
from graph.text import number, say
from graph.windows import UNSEEN

if TYPE_CHECKING:
    from graph.report import Fact, Report


def _widened(name: str, kernel: tuple[int, ...]) -> Fix:
    text = say("Widen the window to {kernel}", kernel="×".join(map(str, kernel)))
    return Fix("widen", text, lambda n: edit.set_values(n, name, kernel_size=kernel))


@node_rule(after=SEVERAL)
def strides_disagree(report: Report, name: str) -> Iterator[Problem]:
    """Two paths meet whose pixels do not lie on one another: their strides differ, or one is shifted."""
    facts, edges = report.facts, report.network.incoming[name]
    if not facts[name].outputs or getattr(facts[name].layer, "category", "") == "det":  # a pyramid has many strides
        return
    if len(seen := facts[name].seen) > 1:  # where only a size is taken from, nothing has to lie on anything
        ports = dict(zip([p.name for p in report.network.inputs(report.network.nodes[name])], seen, strict=False))
        edges = tuple(e for e in edges if ports.get(e.into) is not UNSEEN)
    for edge in edges[1:]:
        by = _apart(facts[edges[0].source].fields, facts[edge.source].fields)
        if by == 0:
            continue
        if by is None:
            message = say(
                "The paths through {a} and {b} have different strides: their maps have one size, but a value of one "
                "does not stand for the same place as that of the other.",
                a=edges[0].source,
                b=edge.source,
            )
            yield Problem("strides_disagree", "warning", name, message)
        else:
            message = say(
                "The paths through {a} and {b} are shifted by {n} pixels of the image: a value of one does not stand "
                "for the same place as that of the other. Cut or pad both sides alike.",
                a=edges[0].source,
                b=edge.source,
                n=number(abs(by)),
            )
            yield Problem("paths_shifted", "warning", name, message)
        return


def _apart(a: Fields, b: Fields) -> int | None:
    """By how many pixels the middles of two paths lie apart; None where they have different strides.

    Less than a step of the map is what an even window or a pooling makes, and counts as nothing.
    """
    for field in b:
        for other in a:
            if other.input != field.input or len(other.axes) != len(field.axes):
                continue
            for (step, lo, hi), (other_step, other_lo, other_hi) in zip(field.axes, other.axes, strict=True):
                if step * len(other_lo) != other_step * len(lo):
                    return None
                if len(lo) == 1 and abs(by := lo[0] + hi[0] - other_lo[0] - other_hi[0]) >= 2 * step:
                    return by // 2
    return 0


@node_rule(Convolution, Pooling)
def pixels_skipped(report: Report, name: str) -> Iterator[Problem]:
    """A stride larger than the window: some pixels are never looked at."""
    layer = report.facts[name].layer
    assert isinstance(layer, (Convolution, Pooling))
    stride = layer.stride if isinstance(layer, Convolution) else layer.step
    if max(stride) == 1 or not report.facts[name].outputs:
        return
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


@node_rule(Pooling)
def rest_dropped(report: Report, name: str) -> Iterator[Problem]:
    """A pooling whose windows do not cover the last rows."""
    fact = report.facts[name]
    layer = fact.layer
    assert isinstance(layer, Pooling)
    if not fact.outputs or layer.ceil_mode or report.network.nodes[name].bypass:  # through which anything passes
        return
    x: Tensor = fact.inputs[0]
    for n, k, s, p, d in zip(x.spatial, layer.kernel_size, layer.step, layer.padding, layer.dilations, strict=True):
        rest = (n + 2 * p - d * (k - 1) - 1) % s
        if rest > p:
            message = say("{name} leaves out the last {rest} of {n} rows or columns.", name=name, rest=rest - p, n=n)
            text = say("Let the last window reach over the border")
            fix = Fix("ceil", text, lambda net: edit.set_values(net, name, ceil_mode=True))
            yield Problem("rest_dropped", "hint", name, message, (fix,))
            return


@node_rule(Convolution)
def even_same(report: Report, name: str) -> Iterator[Problem]:
    """An even window has no middle: "same" shifts the maps by half a pixel."""
    layer = report.facts[name].layer
    assert isinstance(layer, Convolution)
    if layer.padding != "same":
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


@level_rule
def dilation_gaps(report: Report) -> Iterator[Problem]:
    """Dilations with a common factor, one after the other: the same pixels are skipped again and again."""
    for name, fact in report.in_order:
        layer = fact.layer
        if isinstance(layer, Convolution) and layer.dilation[-1] > 1 and max(layer.kernel_size) > 1:
            yield from _gaps(report, name, layer)


def _gaps(report: Report, name: str, b: Convolution) -> Iterator[Problem]:
    feeding = _windowed_before(report, name)
    a = report.facts[feeding].layer if feeding is not None else None
    if not isinstance(a, Convolution):
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
    while len(edges := report.network.incoming.get(name, ())) == 1:
        name = edges[0].source
        if report.facts[name].seen != (None,):
            return name
    return None


@node_rule(TransposedConvolution)
def checkerboard(report: Report, name: str) -> Iterator[Problem]:
    """A transposed convolution whose window its stride does not divide writes some pixels more often than others."""
    layer = report.facts[name].layer
    assert isinstance(layer, TransposedConvolution)
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


@node_rule(Convolution)
def padding_only(report: Report, name: str) -> Iterator[Problem]:
    """A window on a single pixel looks at padding for the rest."""
    fact = report.facts[name]
    assert isinstance(fact.layer, Convolution)
    if not fact.outputs or max(fact.layer.kernel_size) == 1:
        return
    x: Tensor = fact.inputs[0]
    if set(x.spatial) == {1}:
        message = say(
            "Only one pixel is left before {name}, the maps have shrunk too early: of its window of {kernel}, all but "
            "the middle sees zeros.",
            name=name,
            kernel="×".join(map(str, fact.layer.kernel_size)),
        )
        kernel = (1,) * len(fact.layer.kernel_size)
        text = say("Shrink the window to {window}", window="×".join(map(str, kernel)))
        fix = Fix("one", text, lambda n: edit.set_values(n, name, kernel_size=kernel, padding=(0,) * len(kernel)))
        yield Problem("padding_only", "warning", name, message, (fix,))


AVERAGING = frozenset(("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "MeanOver"))
"""Kinds that average whole maps."""


@network_rule
def field_small(report: Report) -> Iterator[Problem]:
    """What global pooling averages has seen only a part of the image each."""
    image = next(iter(report.inputs.values()), None)
    if not isinstance(image, Tensor) or not image.spatial:
        return
    for name, fact in report.in_order:
        if fact.layer.__class__.__name__ not in AVERAGING or not fact.outputs:
            continue
        field = sizes(report.facts[before(report, name).name].fields)
        if field and 2 * field[0] < image.spatial[0]:
            message = say(
                "What {name} averages has seen only {field} of {image} pixels each: larger patterns cannot be told.",
                name=name,
                field=field[0],
                image=image.spatial[0],
            )
            yield Problem("field_small", "hint", name, message)


@network_rule
def odd_input(report: Report) -> Iterator[Problem]:
    """An image whose size does not survive halving and doubling: what comes back up does not meet what went down."""
    wrong = [(name, fact) for name, fact in report.in_order if fact.error is not None]
    meeting = next((name for name, fact in wrong if _meets(fact)), "")
    images = [n for n, f in report.inputs.items() if isinstance(f, Tensor) and f.spatial]
    if not meeting or len(images) != 1:
        return
    size = report.inputs[images[0]].shape  # type: ignore[union-attr]
    a, b = next((a, b) for a, b in pairwise(report.facts[meeting].inputs[0]) if a.spatial != b.spatial)
    fixes = tuple(_with_input(images[0], found) for found in _even_sizes(report, meeting, images[0]))
    if fixes:
        message = say(
            "Images of {size} do not come back to their size: at {name}, {a} meets {b}. Take a size that can be "
            "halved as often as the network halves it.",
            size="×".join(map(str, size[1:])),
            name=meeting,
            a="×".join(map(str, a.spatial)),
            b="×".join(map(str, b.spatial)),
        )
        yield Problem("odd_input", "warning", images[0], message, fixes)


def _meets(fact: Fact) -> bool:
    """Whether maps of nearly the same size meet in vain."""
    if not isinstance(fact.error, ShapeError) or fact.error.code != "merge_differs":
        return False
    if isinstance(fact.inputs[0], Tensor):  # two ports, not one that takes many
        return False
    found = [x.spatial for x in fact.inputs[0]]
    axes = list(zip(*found, strict=False))
    alike = len(set(map(len, found))) == 1 and all(max(axis) - min(axis) < min(axis) for axis in axes)
    return alike and len(set(found)) > 1


NEAR = 32
"""How many pixels above and below a size are looked at for a better one."""


def _even_sizes(report: Report, meeting: str, image: str) -> Iterator[tuple[int, ...]]:
    """The next smaller and the next larger image with which the merge *meeting* and all before it work."""
    from graph.analysis import analyze  # which asks these rules

    channels, *space = report.inputs[image].shape  # type: ignore[union-attr]
    for sign in (-1, 1):
        for by in range(1, NEAR + 1):
            shape = (channels, *(n + sign * by for n in space))
            if min(shape) < 1:
                break
            tried = analyze(edit.set_values(report.network, image, shape=shape), report)
            if tried.facts[meeting].outputs:
                yield shape
                break


def _with_input(image: str, shape: tuple[int, ...]) -> Fix:
    text = say("Set the input to {shape}", shape=" × ".join(map(str, shape)))
    return Fix(f"input_{shape[1]}", text, lambda n: edit.set_values(n, image, shape=shape))
