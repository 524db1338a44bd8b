"""Ways out of the errors that layers raise: a fix where one is safe or likely meant."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from graph import edit
from graph.checks import check_flows
from graph.errors import CanevasError
from graph.layers.activation import LogSoftmax, Softmax
from graph.layers.convolution import Convolution
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss, Judgment
from graph.layers.pooling import Pooling
from graph.layers.source import OneHot, Target
from graph.layers.tensor_ops import Flatten
from graph.layers.transposed import TransposedConvolution
from graph.problems import Fix
from graph.rules.edits import put_between
from graph.rules.registry import arriving, fixes_for
from graph.tensors import Labels, Tensor
from graph.text import Message, say

if TYPE_CHECKING:
    from graph.report import Report


def _set(name: str, **values: Any) -> Any:
    return lambda network: edit.set_values(network, name, **values)


@fixes_for("linear_on_maps")
def insert_flatten(report: Report, name: str) -> tuple[Fix, ...]:
    """A Flatten turns the maps into a vector."""
    edges = arriving(report, name)
    if len(edges) != 1:  # more arrive than it takes: which is meant is not ours to say
        return ()
    return (Fix("insert_flatten", say("Insert Flatten"), lambda n: put_between(n, edges[0], Flatten()), safe=True),)


@fixes_for("loss_on_maps")
def scores_or_masks(report: Report, name: str) -> tuple[Fix, ...]:
    """Scores are a vector with one number per class; or each pixel has a class, and the target is a mask."""
    edge = arriving(report, name, "input")[0]
    scores = Fix(
        "insert_scores",
        say("Insert Flatten and Linear"),
        lambda network: put_between(network, edge, Flatten(), Linear(10)),
    )
    return (scores, *_target_gives(report, name, "mask", say("Let the Target give a mask")))


@fixes_for("loss_on_vector")
def class_of_the_whole(report: Report, name: str) -> tuple[Fix, ...]:
    """One class for the whole image is what a vector of scores can be compared with."""
    return _target_gives(report, name, "class", say("Let the Target give one class per image"))


def _target_gives(report: Report, name: str, what: str, text: Message) -> tuple[Fix, ...]:
    found = [e.source for e in arriving(report, name, "target")]
    if len(found) != 1 or not isinstance(report.network.nodes[found[0]].layer, Target):
        return ()
    if what == "mask" and len(report.facts[name].inputs[0].spatial) != 2:
        return ()
    return (Fix(f"target_{what}", text, _set(found[0], gives=what)),)


@fixes_for("window_too_large")
def shrink_or_pad(report: Report, name: str) -> tuple[Fix, ...]:
    """A convolution with padding "same" always fits; one with a stride, or a pooling, can shrink its window."""
    layer = report.facts[name].layer
    if isinstance(layer, Convolution) and all(s == 1 for s in layer.stride):
        return (Fix("pad_same", say("Pad with zeros"), _set(name, padding="same")),)
    x: Tensor = report.facts[name].inputs[0]
    if isinstance(layer, (Pooling, Convolution)) and len(layer.kernel_size) == len(x.spatial):
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


@fixes_for("output_padding")
def pad_output_less(report: Report, name: str) -> tuple[Fix, ...]:
    """Less than the stride or the dilation is the most that can be added at the far side."""
    layer = report.facts[name].layer
    assert isinstance(layer, TransposedConvolution)
    most = zip(layer.output_padding, layer.stride, layer.dilation, strict=True)
    pads = tuple(min(p, max(s, d) - 1) for p, s, d in most)
    text = say("Set the padding to {padding}", padding="×".join(map(str, pads)))
    return (Fix("pad_output_less", text, _set(name, output_padding=pads), safe=True),)


@fixes_for("class_weights")
def no_class_weights(report: Report, name: str) -> tuple[Fix, ...]:
    """Without weights all classes count alike."""
    return (Fix("no_class_weights", say("Let all classes count alike"), _set(name, weight=None)),)


@fixes_for("no_such_axis")
def along_classes(report: Report, name: str) -> tuple[Fix, ...]:
    """The classes lie along the first axis after the batch."""
    if not isinstance(report.facts[name].layer, (Softmax, LogSoftmax)):
        return ()
    return (Fix("along_classes", say("Take it along the classes (axis 1)"), _set(name, dim=1)),)


@fixes_for("rank")
def do_not_flatten(report: Report, name: str) -> tuple[Fix, ...]:
    """Maps were flattened before a layer that wants maps."""
    edges = report.network.incoming.get(name, ())
    source = report.network.nodes[edges[0].source] if len(edges) == 1 else None
    if source is None or not isinstance(source.layer, Flatten):
        return ()
    layer, maps = report.facts[name].layer, report.facts[source.name].inputs[0]
    try:
        check_flows(layer, (maps,))  # type: ignore[arg-type]
        layer.output(maps)  # type: ignore[union-attr]
    except CanevasError:
        return ()
    text = say("Take {name} away", name=source.name)
    return (Fix("do_not_flatten", text, lambda n: edit.bridge(n, [source.name])),)


@fixes_for("wrong_flow")
def numbers_or_classes(report: Report, name: str) -> tuple[Fix, ...]:
    """A loss of numbers and a target of classes: the classes become numbers, or the loss becomes one of classes."""
    fact = report.facts[name]
    targets = arriving(report, name, "target")
    if not isinstance(fact.layer, Judgment) or fact.layer.task != "regression" or len(targets) != 1:
        return ()
    scores, given = fact.inputs
    if not isinstance(scores, Tensor) or len(scores.dims) != 2 or not isinstance(given, Labels) or given.per_pixel:
        return ()
    numbers = say("Turn the classes into numbers with OneHot")
    classes = say("Take CrossEntropyLoss instead")
    return (
        Fix("cross_entropy", classes, lambda n: edit.put_layer(n, name, CrossEntropyLoss())),
        Fix("one_hot", numbers, lambda n: put_between(n, targets[0], OneHot(scores.channels))),
    )


@fixes_for("loss_shapes_differ")
def target_of_that_shape(report: Report, name: str) -> tuple[Fix, ...]:
    """A target of numbers gives as many as the network answers."""
    found = [e.source for e in arriving(report, name, "target")]
    scores = report.facts[name].inputs[0]
    if len(found) != 1 or not isinstance(report.network.nodes[found[0]].layer, Target):
        return ()
    shape = tuple(scores.dims[1:])
    text = say("Let {name} give {shape} numbers", name=found[0], shape=" × ".join(map(str, shape)))
    return (Fix("target_shape", text, _set(found[0], shape=shape)),)


@fixes_for("loss_target")
def class_of_each_image(report: Report, name: str) -> tuple[Fix, ...]:
    """OneHot takes one class per image."""
    found = [e.source for e in arriving(report, name)]
    if len(found) != 1 or not isinstance(report.network.nodes[found[0]].layer, Target):
        return ()
    return (Fix("target_class", say("Let the Target give one class per image"), _set(found[0], gives="class")),)
