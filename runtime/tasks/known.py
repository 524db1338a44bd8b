"""The tasks there are, which one a network is for, and whether it can learn from some data."""

from __future__ import annotations

from dataclasses import replace

from graph.analysis import Report
from graph.checks import task as task_name
from graph.errors import CanevasError
from graph.network import Network
from graph.tensors import Tensor
from graph.text import Message, say
from runtime.data.dataset import DataSet
from runtime.tasks.classification import Classification
from runtime.tasks.detection import Detection
from runtime.tasks.regression import Regression
from runtime.tasks.segmentation import Segmentation
from runtime.tasks.task import Task

TASKS: dict[str, type[Task]] = {one.name: one for one in (Classification, Segmentation, Detection, Regression)}
GIVES: dict[str, Message] = {
    "classification": say("one class per image"),
    "segmentation": say("one class per pixel"),
    "detection": say("the objects in each image"),
    "regression": say("numbers for each image"),
}
"""What the data of each task say, in words."""


def task_of(network: Network) -> type[Task]:
    """What *network* learns to do.

    Raises:
        CanevasError: nothing, or something that cannot be trained here.
    """
    name = task_name(network)
    if not name:
        raise CanevasError("The network has no loss to make small: add a Target and a CrossEntropyLoss.")
    return TASKS[name]


def check(report: Report, data: DataSet) -> None:
    """See to it that a network can learn from *data*.

    Raises:
        CanevasError: it has an error or no loss, takes other images, is for another task, or scores another number of
            classes.
    """
    for problem in report.problems:
        if problem.severity == "error":
            raise CanevasError("The network cannot be trained: {why}", why=problem.message)
    task = task_of(report.network)
    if not report.losses:
        raise CanevasError("The network has no loss to make small: add a Target and a CrossEntropyLoss.")
    image_shape(report)
    if task.name != data.task:
        raise CanevasError(
            "The network learns {wanted}, but {name} tells {given}: choose other data, or set what the Target gives.",
            wanted=GIVES[task.name],
            name=data.description.name,
            given=GIVES[data.task],
        )
    if task is Regression:
        check_numbers(report, data)
        return
    scores = scored(report)
    if scores != len(data.classes):
        raise CanevasError(
            "The network scores {scores} classes, but {name} has {classes}: set the last layer's size to {classes}.",
            scores=scores,
            name=data.description.name,
            classes=len(data.classes),
        )


def suited(network: Network, data: DataSet) -> DataSet:
    """*data* as *network* takes them: where a node of it normalizes images, they come with values from 0 to 1."""
    if not any(getattr(node.layer, "normalizes", False) for node in network.nodes.values()):
        return data
    n = data.preprocessing.channels
    return replace(data, preprocessing=replace(data.preprocessing, mean=(0.0,) * n, std=(1.0,) * n))


def check_numbers(report: Report, data: DataSet) -> None:
    """See to it that a network gives as many numbers as *data* tell.

    Raises:
        CanevasError: it gives others, or maps of them.
    """
    given = judged(report)
    if given.shape != (len(data.numbers),):
        raise CanevasError(
            "The network gives {given} numbers for each image, but {name} tells {n} ({names}): set the last layer's "
            "size, and the Shape of the Target, to {n}.",
            given=str(given),
            name=data.description.name,
            n=len(data.numbers),
            names=", ".join(data.numbers[:5]),
        )


def scored(report: Report) -> int:
    """How many classes a network tells apart: what its last loss says, else as many as it is given scores."""
    layer = report.facts[report.losses[-1]].layer
    named = getattr(layer, "classes", None)
    return int(named) if named is not None else int(str(judged(report).dims[1]))


def judged(report: Report) -> Tensor:
    """The scores that the last loss compares with what is right."""
    scores = report.facts[report.losses[-1]].inputs[0]
    assert isinstance(scores, Tensor)
    return scores


def image_shape(report: Report) -> tuple[int, ...]:
    """Channels, height and width of the images that a network takes; channels and length of signals.

    Raises:
        CanevasError: it takes something else, or more than one input.
    """
    flows = list(report.inputs.values())
    if len(flows) != 1 or not isinstance(flows[0], Tensor) or len(flows[0].dims) not in (3, 4):
        raise CanevasError(
            "A network that learns here takes one image or one signal; this one takes {inputs}.",
            inputs=", ".join(map(str, flows)) or "nothing",
        )
    return flows[0].shape
