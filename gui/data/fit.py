"""Whether a network and a data set go together, and how to make them.  Pure: no Qt, no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph import edit
from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.layers.dense import Linear
from graph.layers.loss import CrossEntropyLoss
from graph.layers.source import Input
from graph.network import Network
from graph.problems import Fix
from graph.tensors import Tensor
from graph.text import Message, say

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class FileProblem:
    """A file that could not be taken as it is, and what is done about it."""

    file: str
    message: str


@dataclass(frozen=True)
class Facts:
    """What the service found in a data set.

    *shape*: channels, height and width of its images as they are; *counts*: images per class, by part; *sizes*: how
    many images have each height and width; *format* and *task* as the runtime names them.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    counts: Mapping[str, tuple[int, ...]]
    sizes: tuple[tuple[tuple[int, int], int], ...] = ()
    problems: tuple[FileProblem, ...] = ()
    format: str = ""
    task: str = "classification"

    @property
    def total(self) -> int:
        """All images."""
        return sum(sum(c) for c in self.counts.values())

    def images(self, part: str) -> int:
        """Images in a part."""
        return sum(self.counts.get(part, ()))


def facts_of(answer: Mapping[str, Any], name: str) -> Facts:
    """The facts in the service's answer."""
    shape = tuple(int(n) for n in answer["shape"])
    return Facts(
        name,
        str(answer.get("source", name)),
        tuple(map(str, answer["classes"])),
        (shape[0], shape[1], shape[2]),
        {part: tuple(_numbers(answer["counts"][part])) for part in PARTS if part in answer["counts"]},
        tuple(_sizes(answer.get("sizes"))),
        tuple(FileProblem(str(p.get("file", "")), str(p.get("message", ""))) for p in answer.get("problems", ())),
        str(answer.get("format", "")),
        str(answer.get("task", "classification")),
    )


def _numbers(raw: Any) -> Iterator[int]:
    yield from (int(n) for n in (raw.values() if isinstance(raw, Mapping) else raw))


def _sizes(raw: Any) -> Iterator[tuple[tuple[int, int], int]]:
    """Sizes as the service tells them: a list of ``{size: [h, w], count}`` or of ``[h, w, count]``."""
    for item in raw or ():
        if isinstance(item, Mapping):
            (height, width), n = item["size"], item.get("count", item.get("images", 0))
        else:
            height, width, n = item
        yield (int(height), int(width)), int(n)


@dataclass(frozen=True)
class Misfit:
    """Where network and data do not meet; a *blocker* keeps training from beginning, the rest is said only."""

    message: Message
    fixes: tuple[Fix, ...] = ()
    blocker: bool = True


def misfits(report: Report, facts: Facts) -> tuple[Misfit, ...]:
    """Everything in which the network and the data differ, blockers first."""
    found = [*_input(report, facts), *_scores(report, facts)]
    return tuple(sorted(found, key=lambda m: not m.blocker))


def _input(report: Report, facts: Facts) -> Iterator[Misfit]:
    inputs = [n.name for n in report.network.nodes.values() if isinstance(n.layer, Input)]
    if len(inputs) != 1:
        yield Misfit(say("The data give one image at a time, but the network has {n} inputs.", n=len(inputs)))
        return
    taken = report.inputs.get(inputs[0])
    if not isinstance(taken, Tensor) or taken.shape == facts.shape:
        return
    fixes = _reshape(report.network, inputs[0], facts.shape)
    if len(taken.shape) != 3 or taken.shape[0] not in (1, 3):
        text = "The network takes {shape}, but images have 1 or 3 channels, a height and a width."
        yield Misfit(say(text, shape=str(taken)), fixes)
    elif taken.shape[0] != facts.shape[0]:
        grey = taken.shape[0] == 1
        text = (
            "The images are in color, but the network takes 1 channel: they are turned to grey."
            if grey
            else "The images are grey, but the network takes 3 channels: each of them gets the same grey."
        )
        yield Misfit(say(text), fixes, blocker=False)
    else:
        text = "The images are {own}; they are brought to {shape}, which the network takes."
        yield Misfit(say(text, own=_size(facts.shape[1:]), shape=_size(taken.shape[1:])), fixes, blocker=False)


def _size(size: tuple[int, ...]) -> str:
    return " × ".join(map(str, size))


def _reshape(network: Network, name: str, shape: tuple[int, ...]) -> tuple[Fix, ...]:
    """Give the Input the shape of the data, where everything behind it can take that."""

    def apply(network: Network) -> Network:
        return edit.set_values(network, name, shape=shape)

    text = say("Set the Input to {shape}", shape=_size(shape))
    return (Fix("set_input", text, apply, safe=True),) if _works(network, apply, lambda r: True) else ()


def _scores(report: Report, facts: Facts) -> Iterator[Misfit]:
    """A score for each class, no fewer and no more."""
    n = len(facts.classes)
    for name, node in report.network.nodes.items():
        if not isinstance(node.layer, CrossEntropyLoss):
            continue
        given = scores_of(report, name)
        if given in (0, n):
            continue
        text = "The network gives {given} scores, but {data} has {n} classes."
        message = say(text, given=given, data=facts.name, n=n)
        yield Misfit(message, _more_scores(report, name, n))


def scores_of(report: Report, loss: str) -> int:
    """How many scores arrive at a loss; 0 where that is not known."""
    fact = report.facts.get(loss)
    arrived = fact.inputs[0] if fact and fact.inputs else None
    return arrived.channels if isinstance(arrived, Tensor) else 0


def _more_scores(report: Report, loss: str, n: int) -> tuple[Fix, ...]:
    def good(made: Report) -> bool:
        return scores_of(made, loss) == n

    if "classes" in report.network.variables and _works(report.network, _with_classes(n), good):
        return (Fix("set_classes", say("Set classes to {n}", n=n), _with_classes(n), safe=True),)
    name = _last_linear(report, loss)
    if name and _works(report.network, _with_outputs(name, n), good):
        text = say("Give {name} {n} outputs", name=name, n=n)
        return (Fix("set_outputs", text, _with_outputs(name, n), safe=True),)
    return ()


def _with_classes(n: int) -> Callable[[Network], Network]:
    return lambda network: edit.set_variable(network, "classes", n)


def _with_outputs(name: str, n: int) -> Callable[[Network], Network]:
    def apply(network: Network) -> Network:
        if "out_features" in network.nodes[name].bind:
            network = edit.bind(network, name, "out_features", "")
        return edit.set_values(network, name, out_features=n)

    return apply


def _last_linear(report: Report, loss: str) -> str:
    """The Linear whose outputs arrive at *loss*, found backwards along single edges; empty if there is none."""
    network = report.network
    edges = [e for e in network.incoming.get(loss, ()) if e.into == "input"]
    while edges:
        name = edges[0].source
        if isinstance(network.nodes[name].layer, Linear):
            return name
        edges = list(network.incoming.get(name, ()))
        if len(edges) != 1:
            break
    return ""


def _works(network: Network, apply: Callable[[Network], Network], good: Callable[[Report], bool]) -> bool:
    """Whether *apply* gives a network without new errors that is *good*."""
    try:
        made = analyze(apply(network))
    except CanevasError:
        return False
    before = sum(p.severity == "error" for p in analyze(network).problems)
    return sum(p.severity == "error" for p in made.problems) <= before and good(made)
