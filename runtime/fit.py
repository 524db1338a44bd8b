"""Whether a network and a data set go together, as problems with their fixes.  Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graph import edit
from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.layer import Layer
from graph.network import Network
from graph.problems import Fix, Problem
from graph.tensors import Tensor
from graph.text import say

Change = Callable[[Network], Network]


@dataclass(frozen=True)
class Data:
    """What a network must know of its data: their name, the images' channels, height and width, and the classes."""

    name: str
    shape: tuple[int, int, int]
    classes: int


def problems(network: Network, data: Data) -> tuple[Problem, ...]:
    """Everything in which *network* and *data* differ.

    Other classes are an error; another size is a hint, for images can be enlarged, shrunk and turned to grey.
    """
    report = analyze(network)
    return (*_scores(report, data), *_images(report, data))


def fitted(network: Network, data: Data, keep: tuple[str, ...] = ()) -> tuple[Network, list[Problem]]:
    """*network* with all that can be done for *data*, and the problems that this solved; *keep* names those left."""
    solved = []
    for problem in problems(network, data):
        if problem.fixes and problem.code not in keep:
            network = problem.fixes[0].apply(network)
            solved.append(problem)
    return network, solved


def _images(report: Report, data: Data) -> Iterator[Problem]:
    taken = list(report.inputs.items())
    if len(taken) != 1 or not isinstance(taken[0][1], Tensor) or len(taken[0][1].shape) != 3:
        yield Problem(
            "no_images",
            "error",
            taken[0][0] if taken else "",
            say("The network takes {n} inputs, not one image: {data} has images.", n=len(taken), data=data.name),
        )
        return
    name, flow = taken[0]
    if flow.shape == data.shape:
        return
    wanted, own = (" × ".join(map(str, shape)) for shape in (data.shape, flow.shape))
    message = say(
        "The images of {data} are {wanted}; they are brought to {own}, which the network takes.",
        data=data.name,
        wanted=wanted,
        own=own,
    )
    fix = Fix("set_input", say("Set the input to {shape}", shape=wanted), _with_input(name, data.shape), safe=True)
    yield Problem("image_size", "hint", name, message, (fix,) if _works(report, fix.apply) else ())


def _scores(report: Report, data: Data) -> Iterator[Problem]:
    for name in report.losses:
        scores = _scored(report, name)
        if scores in (0, data.classes):
            continue
        message = say(
            "The network scores {scores} classes, but {data} has {classes}.",
            scores=scores,
            data=data.name,
            classes=data.classes,
        )
        yield Problem("class_count", "error", name, message, tuple(_more_classes(report, name, data.classes)))


def _scored(report: Report, loss: str) -> int:
    """How many classes a loss tells apart: what it says itself, else as many as it is given scores; 0: unknown."""
    fact = report.facts[loss]
    if (named := getattr(fact.layer, "classes", None)) is not None:
        return int(named)
    arriving = [x for x in fact.inputs if isinstance(x, Tensor)]
    return arriving[0].channels if arriving and len(arriving[0].dims) in (2, 4) else 0


def _more_classes(report: Report, loss: str, n: int) -> Iterator[Fix]:
    if "classes" in report.network.variables:
        fix = Fix("set_classes", say("Set classes to {n}", n=n), _with_classes(n), safe=True)
        if _works(report, fix.apply, loss, n):
            yield fix
            return
    name, value = _last_scores(report, loss)
    if name:
        text = say("Give {name} {n} outputs", name=name, n=n)
        fix = Fix("set_outputs", text, _with_outputs(name, value, n), safe=True)
        if _works(report, fix.apply, loss, n):
            yield fix


def _last_scores(report: Report, loss: str) -> tuple[str, str]:
    """The layer that makes the scores which arrive at a loss, and the value that says how many; empty if none does.

    It is found backwards along single edges.
    """
    name = loss
    while edges := [e for e in report.network.incoming.get(name, ()) if e.into != "target"]:
        name = edges[0].source
        layer = report.network.nodes[name].layer
        if isinstance(layer, Layer):
            for value in ("out_features", "out_channels"):
                if any(spec.name == value for spec in layer.specs):
                    return name, value
        if len(edges) > 1:
            break
    return "", ""


def _with_classes(n: int) -> Change:
    return lambda network: edit.set_variable(network, "classes", n)


def _with_input(name: str, shape: tuple[int, ...]) -> Change:
    return lambda network: edit.set_values(network, name, shape=shape)


def _with_outputs(name: str, value: str, n: int) -> Change:
    def apply(network: Network) -> Network:
        if value in network.nodes[name].bind:
            network = edit.bind(network, name, value, "")
        return edit.set_values(network, name, **{value: n})

    return apply


def _works(report: Report, change: Change, loss: str = "", n: int = 0) -> bool:
    """Whether a change brings no new error, and as many scores to the loss as asked."""
    try:
        made = analyze(change(report.network))
    except CanevasError:
        return False
    if _errors(made) > _errors(report):
        return False
    return not loss or _scored(made, loss) == n


def _errors(report: Report) -> int:
    return sum(problem.severity == "error" for problem in report.problems)
