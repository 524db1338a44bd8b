"""Rules about a network and what surrounds it: the data it is to learn from, the machine it is to run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING

from graph import edit
from graph.checks import task
from graph.circumstances import Circumstances
from graph.errors import CanevasError
from graph.layers.source import TASKS, Target
from graph.network import Network
from graph.problems import Fix, Problem, Severity
from graph.receptive import sizes
from graph.rules.registry import data_rule
from graph.tensors import Tensor
from graph.text import Message, number, say

if TYPE_CHECKING:
    from graph.report import Report

Change = Callable[[Network], Network]

LEARNS: dict[str, Message] = {
    "classification": say("one class per image"),
    "segmentation": say("one class per pixel"),
    "detection": say("objects with their boxes"),
    "regression": say("numbers for each image"),
}
"""What is learned in each task, in words."""

LARGER = 4
"""From so many times the pixels on it is worth saying that images are enlarged."""

MANY = 5_000
"""Parameters per image from which on a network can learn its images by heart without being told."""


@data_rule
def no_images(report: Report, around: Circumstances) -> Iterator[Problem]:
    """Data of images, and a network that takes something else; or of signals."""
    taken = list(report.inputs.items())
    if not around.shape or _takes(report, around):
        return
    if len(around.shape) == 2 or (len(taken) == 1 and len(getattr(taken[0][1], "shape", ())) == 2):
        given = say("signals") if len(around.shape) == 2 else say("images")
        message = say(
            "The network takes {taken}, but {data} has {given} of {shape}.",
            taken=", ".join(str(flow) for _, flow in taken),
            data=around.data,
            given=given,
            shape=" × ".join(map(str, around.shape)),
        )
        yield Problem("no_images", "error", taken[0][0] if taken else "", message)
        return
    message = say("The network takes {n} inputs, not one image: {data} has images.", n=len(taken), data=around.data)
    yield Problem("no_images", "error", taken[0][0] if taken else "", message)


@data_rule
def image_size(report: Report, around: Circumstances) -> Iterator[Problem]:
    """Images of another size, or grey instead of color: they are enlarged, shrunk and turned to grey on the way in."""
    if not around.shape or not _takes(report, around):
        return
    ((name, flow),) = report.inputs.items()
    if flow.shape == around.shape:  # type: ignore[union-attr]
        return
    wanted, own = (" × ".join(map(str, shape)) for shape in (around.shape, flow.shape))  # type: ignore[union-attr]
    words: dict[str, object] = {"data": around.data, "wanted": wanted, "own": own}
    times = prod(flow.shape[1:]) / prod(around.shape[1:])  # type: ignore[union-attr]
    message = (
        say("The signals of {data} are {wanted}; they are brought to {own}, which the network takes.", **words)
        if len(around.shape) == 2
        else say("The images of {data} are {wanted}; they are brought to {own}, which the network takes.", **words)
        if times < LARGER
        else say(
            "The images of {data} are {wanted}; they are enlarged to {own}, which the network takes: {times} times as "
            "much to compute, and nothing more to see.",
            times=number(round(times)),
            **words,
        )
    )
    text = say("Set the input to {shape}", shape=wanted)
    fix = Fix("set_input", text, lambda n: edit.set_values(n, name, shape=around.shape), safe=True)
    severity: Severity = "warning" if times >= LARGER and len(around.shape) == 3 else "hint"
    yield Problem("image_size", severity, name, message, (fix,) if works(report, fix.apply) else ())


def _takes(report: Report, around: Circumstances) -> bool:
    """Whether the network takes one thing with as many axes as the data have."""
    flows = list(report.inputs.values())
    return len(flows) == 1 and isinstance(flows[0], Tensor) and len(flows[0].shape) == len(around.shape)


def _takes_image(report: Report) -> bool:
    flows = list(report.inputs.values())
    return len(flows) == 1 and isinstance(flows[0], Tensor) and len(flows[0].shape) == 3


@data_rule
def wrong_task(report: Report, around: Circumstances) -> Iterator[Problem]:
    """A loss for one task, and data for another."""
    learns = task(report.network)
    if not learns or not around.task or learns == around.task or (around.numbers and len(report.losses) == 1):
        return  # of numbers another rule speaks
    targets = [n.name for n in report.network.nodes.values() if isinstance(n.layer, Target)]
    message = say(
        "The network learns {wanted}, but {data} tells {given}.",
        wanted=LEARNS.get(learns, learns),
        data=around.data,
        given=LEARNS.get(around.task, around.task),
    )
    gives = next((word for word, name in TASKS.items() if name == around.task), "")
    fixes = tuple(_gives(report, name, gives) for name in targets[:1] if gives)
    working = tuple(fix for fix in fixes if works(report, fix.apply))
    yield Problem("wrong_task", "error", (*targets, *report.losses)[0], message, working)


def _gives(report: Report, name: str, gives: str) -> Fix:
    text = say("Let {name} give {what}", name=name, what=LEARNS[TASKS[gives]])
    return Fix("set_target", text, lambda n: edit.set_values(n, name, gives=gives))


@data_rule
def class_count(report: Report, around: Circumstances) -> Iterator[Problem]:
    """As many scores as there are classes, no more and no fewer."""
    if not around.classes:
        return
    for name in report.losses:
        if (layer := report.facts[name].layer) and getattr(layer, "task", "") == "regression":
            continue
        scores = _scored(report, name)
        if scores in (0, around.classes):
            continue
        message = say(
            "The network scores {scores} classes, but {data} has {classes}.",
            scores=scores,
            data=around.data,
            classes=around.classes,
        )
        yield Problem("class_count", "error", name, message, tuple(_more_classes(report, name, around.classes)))


def _scored(report: Report, loss: str) -> int:
    """How many classes a loss tells apart: as many as it says, else as it is given scores; 0 where it tells none."""
    fact = report.facts[loss]
    if "classes" in fact.layer.values:
        return int(fact.layer.values["classes"])
    arriving = [x for x in fact.inputs if isinstance(x, Tensor)]
    if not arriving or len(arriving[0].dims) not in (2, 4):
        return 0
    return arriving[0].channels if isinstance(arriving[0].channels, int) else 0


def _more_classes(report: Report, loss: str, n: int) -> Iterator[Fix]:
    if "classes" in report.network.variables:
        text = say("Set classes to {n}", n=n)
        fix = Fix("set_classes", text, lambda network: edit.set_variable(network, "classes", n), safe=True)
        if works(report, fix.apply, loss, n):
            yield fix
            return
    from graph.head import head, with_head  # which rests on analysis, which asks these rules

    found = head(report.network, loss)
    if found is not None and "classes" not in report.facts[loss].layer.values:
        text = say("Give {name} {n} outputs", name=found.path, n=n)
        fix = Fix("set_outputs", text, lambda network: with_head(network, n, loss), safe=True)
        if works(report, fix.apply, loss, n):
            yield fix


@data_rule
def few_images(report: Report, around: Circumstances) -> Iterator[Problem]:
    """So many weights for so few images that all can be learned by heart."""
    if not around.samples or report.trainable < MANY * around.samples:
        return
    message = say(
        "{parameters} parameters learn from {n} images, {times} for each: the network can learn them by heart. Take "
        "fewer maps, more images, augmentation, or weights that have learned already and are frozen.",
        parameters=number(report.trainable),
        n=number(around.samples),
        times=number(report.trainable // around.samples),
    )
    yield Problem("few_images", "hint", "", message)


@data_rule
def objects_large(report: Report, around: Circumstances) -> Iterator[Problem]:
    """Objects of which a value of the answer sees only a part."""
    if not around.objects or not _takes_image(report) or len(around.shape) != 3:
        return
    ((_, image),) = report.inputs.items()
    scale = image.spatial[0] / around.shape[1]  # type: ignore[union-attr]
    size = round(around.usual_object * scale)
    for name in (*report.ends, *report.losses):
        fields = report.facts[name].fields or _seen(report, name)
        if not fields or fields[0].whole or not (field := sizes(fields)):
            continue
        if max(field) < size:
            message = say(
                "A value that {name} receives sees {field} pixels of the image, but objects of {data} are {size} "
                "large: it sees only parts of them. Add layers, or strides before them.",
                name=name,
                field=max(field),
                data=around.data,
                size=size,
            )
            yield Problem("objects_large", "warning", name, message)
            return


def _seen(report: Report, name: str) -> tuple:  # type: ignore[type-arg]
    edges = report.network.incoming.get(name, ())
    return report.facts[edges[0].source].fields if edges else ()


@data_rule
def memory_short(report: Report, around: Circumstances) -> Iterator[Problem]:
    """Training would need more memory than the machine has."""
    if message := _short(report, around, around.memory, say("this machine has {n} GiB", n=_gib(around.memory))):
        yield Problem("memory_short", "warning", "", message)


@data_rule
def gpu_memory_short(report: Report, around: Circumstances) -> Iterator[Problem]:
    """Training would need more memory than the graphics card has."""
    if message := _short(report, around, around.gpu, say("its graphics card has {n} GiB", n=_gib(around.gpu))):
        yield Problem("gpu_memory_short", "warning", "", message)


def _short(report: Report, around: Circumstances, have: int, there: Message) -> Message | None:
    """The sentence, with the batch that would fit; None where memory suffices or is not known."""
    if not have:
        return None
    fixed, each = _split(report, report.bytes(1))
    need = fixed + each * around.batch
    if need <= have:
        return None
    numbers = {"need": _gib(need), "batch": around.batch, "there": there}
    if each and (most := (have - fixed) // each) > 0:
        return say(
            "Training needs {need} GiB with a batch of {batch}, but {there}: a batch of {most} would fit.",
            most=number(most),
            **numbers,
        )
    return say(
        "Training needs {need} GiB even with a batch of 1, but {there}.", **numbers | {"need": _gib(fixed + each)}
    )


def _gib(n: int) -> float:
    return round(n / (1 << 30), 1)


def _split(report: Report, held: dict[str, int]) -> tuple[int, int]:
    """Bytes that training needs whatever the batch, and those that it needs for each image."""
    fixed = held["weights"] + 12 * report.trainable
    return fixed, held["training"] - fixed


def works(report: Report, change: Change, loss: str = "", n: int = 0) -> bool:
    """Whether a change brings no new error, and as many scores (or numbers) to the loss as asked."""
    from graph.analysis import analyze  # which asks these rules

    try:
        made = analyze(change(report.network), report)
    except CanevasError:
        return False
    if _errors(made) > _errors(report):
        return False
    return not loss or _scored(made, loss) == n


def _errors(report: Report) -> int:
    return sum(problem.severity == "error" for problem in report.problems)
