"""Ways out of the errors that layers raise: a fix where one is safe or likely meant."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from graph import edit
from graph.layer import Layer
from graph.layers.convolution import Conv2d, Convolution
from graph.layers.dense import Linear
from graph.layers.merge import Concat, Pointwise
from graph.layers.pooling import Pooling
from graph.layers.resample import Interpolate
from graph.layers.tensor_ops import Flatten
from graph.network import Edge, Network
from graph.problems import Fix
from graph.rules.registry import arriving, fixes_for
from graph.tensors import Tensor
from graph.text import say

if TYPE_CHECKING:
    from graph.analysis import Report


def put_between(network: Network, edge: Edge, layer: Layer) -> Network:
    """A new node with *layer* in the middle of *edge*."""
    source, target = network.nodes[edge.source], network.nodes[edge.target]
    at = ((source.at[0] + target.at[0]) / 2, (source.at[1] + target.at[1]) / 2)
    grown, name = edit.add(network, layer, at=at)
    return edit.insert(grown, name, edge)


def _set(name: str, **values: Any) -> Any:
    return lambda network: edit.set_values(network, name, **values)


@fixes_for("linear_on_maps")
def insert_flatten(report: Report, name: str) -> tuple[Fix, ...]:
    """A Flatten turns the maps into a vector."""
    (edge,) = arriving(report, name)
    return (Fix("insert_flatten", say("Insert Flatten"), lambda n: put_between(n, edge, Flatten()), safe=True),)


@fixes_for("loss_on_maps")
def insert_flatten_and_linear(report: Report, name: str) -> tuple[Fix, ...]:
    """Scores are a vector with one number per class."""
    edge = arriving(report, name, "input")[0]

    def mend(network: Network) -> Network:
        with_linear = put_between(network, edge, Linear(10))
        linear = next(n for n in with_linear.nodes if n not in network.nodes)
        return put_between(with_linear, Edge(edge.source, edge.out, linear, "x"), Flatten())

    return (Fix("insert_scores", say("Insert Flatten and Linear"), mend),)


@fixes_for("window_too_large")
def shrink_or_pad(report: Report, name: str) -> tuple[Fix, ...]:
    """A convolution with padding "same" always fits; a pooling can shrink its window."""
    layer = report.facts[name].layer
    if isinstance(layer, Convolution) and all(s == 1 for s in layer.stride):
        return (Fix("pad_same", say("Pad with zeros"), _set(name, padding="same")),)
    x: Tensor = report.facts[name].inputs[0]
    if isinstance(layer, Pooling) and len(layer.kernel_size) == len(x.spatial):
        window = tuple(min(k, n) for k, n in zip(layer.kernel_size, x.spatial, strict=True))
        text = say("Shrink the window to {window}", window="×".join(map(str, window)))
        return (Fix("shrink_window", text, _set(name, kernel_size=window)),)
    return ()


@fixes_for("same_with_stride")
def pad_by_number(report: Report, name: str) -> tuple[Fix, ...]:
    """Half the window on each side: the size is divided by the stride."""
    layer = report.facts[name].layer
    assert isinstance(layer, Convolution)
    pads = tuple(d * (k - 1) // 2 for k, d in zip(layer.kernel_size, layer.dilation, strict=True))
    text = say("Set the padding to {padding}", padding="×".join(map(str, pads)))
    return (Fix("pad_by_number", text, _set(name, padding=pads), safe=True),)


@fixes_for("groups")
def groups_that_divide(report: Report, name: str) -> tuple[Fix, ...]:
    """The largest number of groups that divides, not above the one wanted."""
    layer, x = report.facts[name].layer, report.facts[name].inputs[0]
    key = next((k for k in ("groups", "num_groups") if hasattr(layer, k)), "")
    if not key:
        return ()
    whole = gcd(x.channels, getattr(layer, "out_channels", x.channels))
    groups = next(g for g in range(min(getattr(layer, key), whole), 0, -1) if whole % g == 0)
    return (Fix("groups", say("Set the groups to {groups}", groups=groups), _set(name, **{key: groups})),)


@fixes_for("padding_too_large")
def pad_less(report: Report, name: str) -> tuple[Fix, ...]:
    """Half the window is the most a pooling takes."""
    layer = report.facts[name].layer
    if not isinstance(layer, Pooling):
        return ()
    pads = tuple(min(p, k // 2) for p, k in zip(layer.padding, layer.kernel_size, strict=True))
    text = say("Set the padding to {padding}", padding="×".join(map(str, pads)))
    return (Fix("pad_less", text, _set(name, padding=pads), safe=True),)


@fixes_for("align_nearest")
def do_not_align(report: Report, name: str) -> tuple[Fix, ...]:
    """Nearest has no corners to align."""
    return (Fix("do_not_align", say("Do not align the corners"), _set(name, align_corners=False), safe=True),)


@fixes_for("merge_differs")
def bring_together(report: Report, name: str) -> tuple[Fix, ...]:
    """Resize what differs in size, project what differs in channels; the choice is the user's."""
    fact = report.facts[name]
    if not isinstance(fact.layer, (Concat, Pointwise)):
        return ()
    edges = arriving(report, name)
    shapes: tuple[Tensor, ...] = fact.inputs[0]
    odd = next((i for i, s in enumerate(shapes) if s.dims != shapes[0].dims), None)
    if odd is None or any(len(s.spatial) != 2 for s in shapes):
        return ()
    first, other, edge = shapes[0], shapes[odd], edges[odd]
    fixes = []
    if first.spatial != other.spatial:
        size = "×".join(map(str, first.spatial))
        resized = Interpolate(size=first.spatial, mode="bilinear")
        text = say("Resize {name} to {size}", name=edge.source, size=size)
        fixes.append(Fix("resize", text, lambda n: put_between(n, edge, resized)))
        stride = tuple(-(-a // b) for a, b in zip(other.spatial, first.spatial, strict=True))
        conv = Conv2d(first.channels, 1, stride=stride, bias=False)
        if max(stride) > 1 and conv.output(other).dims == first.dims and not isinstance(fact.layer, Concat):
            text = say("Project {name} by a 1×1 convolution with stride {stride}", name=edge.source, stride=stride[0])
            fixes.append(Fix("project_stride", text, lambda n: put_between(n, edge, conv)))
    elif not isinstance(fact.layer, Concat):
        projection = Conv2d(first.channels, 1, bias=False)
        text = say("Project {name} to {c} maps by a 1×1 convolution", name=edge.source, c=first.channels)
        fixes.append(Fix("project", text, lambda n: put_between(n, edge, projection)))
    return tuple(fixes)
