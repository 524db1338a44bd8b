"""The command data: what a data set is."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from graph.circumstances import Circumstances
from graph.errors import CanevasError
from graph.text import number, tr
from runtime import machine
from runtime.command_line.output import answer, table, tell
from runtime.data.description import Description

if TYPE_CHECKING:
    from runtime.data.dataset import DataSet


def description(args: Namespace) -> Description:
    """The data that ``args.data`` names; what is not on this machine may be fetched if that was said."""
    return Description(args.data, args.format or "", args.download)


def look(args: Namespace, task: str = "") -> tuple[DataSet, Circumstances]:
    """The data set that ``args.data`` names, read for *task*, and what it and this machine ask of a network.

    Raises:
        CanevasError: there is none, or it is no data set of images.
    """
    import runtime.data
    from runtime import graphics
    from runtime.data.objects import objects

    described = description(args)
    found = runtime.data.open(described, task=task)
    around = Circumstances(
        described.name,
        found.task,
        found.shape,
        len(found.classes),
        found.images.get("train", 0),
        objects(found),
        numbers=len(found.numbers),
        memory=machine.memory(),
        gpu=graphics.memory(),
    )
    return found, around


def data(args: Namespace) -> int:
    """Say what a data set is."""
    found, _ = look(args)
    told = {
        "name": found.description.name,
        "source": found.description.to_dict()["source"],
        "format": found.format,
        "task": found.task,
        "classes": list(found.classes),
        "numbers": list(found.numbers),
        "shape": list(found.shape),
        "counts": found.counts,
        "images": found.images,
        "sizes": [{"size": list(size), "count": n} for size, n in found.sizes.most_common()],
        "preprocessing": found.preprocessing.to_dict(),
        "problems": [{"file": p.file, "message": str(p.message)} for p in found.problems],
    }
    answer(told, args.json, _text(told))
    for problem in found.problems:
        tell(problem)
    return 0


def _text(told: dict[str, Any]) -> str:
    parts = list(told["counts"])
    words = {"train": tr("train"), "validation": tr("validation"), "test": tr("test")}
    rows = [(tr("class"), *(words[part] for part in parts))]
    for i, name in enumerate(told["classes"]):
        rows.append((name, *(number(told["counts"][part][i]) for part in parts)))
    rows.append((tr("all"), *(number(told["images"][part]) for part in parts)))
    about = {"name": told["name"], "task": told["task"], "format": told["format"]}
    about["shape"] = " × ".join(map(str, told["shape"]))
    if told["numbers"]:
        rows[0] = ("", *rows[0][1:])
        about["numbers"] = ", ".join(told["numbers"])
        head = tr("{name}: {task} of {numbers}, {shape} each (format {format})", **about)
    elif len(told["shape"]) == 2:
        about["classes"] = len(told["classes"])
        head = tr("{name}: {task}, {classes} classes, signals of {shape} (format {format})", **about)
    else:
        about["classes"] = len(told["classes"])
        head = tr("{name}: {task}, {classes} classes, images of {shape} (format {format})", **about)
    return f"{head}\n\n{table(rows)}"


def one_data(args: Namespace, trained_on: Description | None) -> Description:
    """The data that a command names, or those that the run was trained on.

    Raises:
        CanevasError: neither is known.
    """
    if args.data:
        return description(args)
    if trained_on is None:
        raise CanevasError("An exported model does not carry its data: name them with --data.")
    return trained_on
