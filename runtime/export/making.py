"""An export from beginning to end: model, graph, files, card, proof; then all of it is put where it was wanted."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from graph.analysis import Report, analyze
from graph.checks import task
from graph.errors import CanevasError, FileError
from graph.network import Network
from graph.tensors import Tensor as Flow
from graph.text import Message, say, tr
from runtime.compile import compile
from runtime.data.preprocessing import Preprocessing
from runtime.export import About, Progress, Proof, pt, python, running
from runtime.export.capture import Captured, Unfit, capture
from runtime.export.card import Card, place
from runtime.export.example import AFTER, example
from runtime.export.free import Free, hoped
from runtime.export.proof import Unrunnable
from runtime.export.proving import check
from runtime.export.questions import Model
from runtime.export.split import leaves, split
from runtime.formats import GRAPHS
from runtime.processes import began
from runtime.records import flush_to_disk

STAGE = ".canevas-export-"
"""What the name of the folder begins with in which an export is made ready; the number of the process follows."""

OPENING = {
    "pt": running.PT,
    "python": running.PYTHON,
    "safetensors": running.SAFETENSORS,
    "pt2": running.PT2,
    "onnx": running.ONNX,
}
"""What a fresh process opens each format with."""


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be exported: the network with its model, what is known of it, and who hears how far it is."""

    model: Model
    about: About
    told: Preprocessing | None
    format: str
    progress: Progress


def make(
    network: Network,
    weights: Mapping[str, Tensor] | None,
    file: Path,
    format: str,
    about: About,
    progress: Progress,
) -> Proof:
    """Write *network* to *file* and prove it; see :func:`runtime.export.export`.

    Raises:
        CanevasError: as :func:`runtime.export.export`.
    """
    if file.is_dir():
        raise FileError(file, "it cannot be written: this is a folder.")
    progress(0.02, tr("Making the model"))
    model = _model(network, weights, format in GRAPHS)
    told = _told(model.report, about.preprocessing)
    about = replace(about, task=about.task or task(network))
    order = Order(model, about, told, format, progress)
    with _staged(file) as folder:
        tries = hoped(model.dense_report) if format in GRAPHS else [None]
        for free in tries:
            try:
                made = _made(order, folder / file.name, free)
            except Unfit as error:
                if free is tries[-1]:
                    why = str(error)
                    raise CanevasError("torch cannot follow this network ({why}): take .pt.", why=why) from None
                continue
            except Unrunnable:  # torch may write a graph that takes no other size, and say so only when it is run
                if free is tries[-1]:
                    raise
                continue
            if made.verified or free is tries[-1]:
                break
        return _put(made, folder, file)


def _model(network: Network, weights: Mapping[str, Tensor] | None, graph: bool) -> Model:
    whole = compile(network, weights).eval()
    report = analyze(network)
    if not graph:
        return Model(whole, report, whole, report)
    parts = split(network)
    if parts.rest is None:
        return Model(whole, report, whole, report)
    dense_report, rest_report = analyze(parts.dense.network), analyze(parts.rest.network)
    state = whole.state_dict()
    dense = compile(parts.dense.network, parts.dense.weights(state, list(leaves(dense_report)))).eval()
    rest = compile(parts.rest.network, parts.rest.weights(state, list(leaves(rest_report)))).eval()
    return Model(whole, report, dense, dense_report, rest, rest_report, parts.between)


def _told(report: Report, said: Preprocessing | None) -> Preprocessing | None:
    """What is done to images, as was said or for a network of which nothing is known; None where it takes no image."""
    flows = list(report.inputs.values())
    if len(flows) != 1 or not isinstance(flows[0], Flow) or len(flows[0].dims) != 4:
        return None
    channels, height, width = flows[0].shape
    if said is not None and said.shape == (channels, height, width):
        return said
    return Preprocessing((height, width), channels, (0.0,) * channels, (1.0,) * channels)


@contextlib.contextmanager
def _staged(file: Path) -> Iterator[Path]:
    """A folder beside *file* in which all is made ready; it is gone afterwards.

    Raises:
        FileError: nothing can be written there.
    """
    parent = file.absolute().parent
    if not parent.is_dir():
        raise FileError(file, "it cannot be written: there is no folder {folder}.", folder=str(parent))
    try:
        sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{STAGE}{os.getpid()}-", dir=parent))
    except OSError as error:
        raise FileError(file, "it cannot be written: {why}.", why=error.strerror or str(error)) from None
    try:
        yield folder
    except OSError as error:
        raise FileError(file, "it cannot be written: {why}.", why=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove the folders of exports that were ended before they could do so."""
    for folder in parent.glob(STAGE + "*"):
        pid = folder.name.removeprefix(STAGE).split("-")[0]
        if pid.isdigit() and began(int(pid)) is None:
            shutil.rmtree(folder, ignore_errors=True)


def _made(order: Order, file: Path, free: Free | None) -> Proof:
    """Write the files beside each other, and prove them."""
    model, captured = order.model, None
    if free is not None:
        order.progress(0.1, tr("Following the network"))
        captured = capture(model.dense, model.dense_report, free)
        free = captured.free
    learned = model.rest_report is not None and model.rest_report.bytes()["weights"] > 0
    text = example(file, model.report, order.told, order.about.task, model.between, learned)
    notes = _notes(model, file)
    card = Card(file.name, model.report, order.about, order.told, text, free, notes)
    order.progress(0.3, tr("Writing the file"))
    beside = _written(order, file, captured, card.markdown())
    order.progress(0.6, tr("Running it in a fresh process"))
    found = check(model, (file, *beside), OPENING[order.format], text, order.told, free, order.format, order.progress)
    page = place(file)
    said = (found.sentence, *found.wrong, *([found.caution] if found.caution else []))
    page.write_text(card.markdown(" ".join(map(str, said))), encoding="utf-8", newline="\n")
    return Proof(
        str(file),
        order.format,
        not found.wrong,
        found.difference,
        str(page),
        tuple(map(str, beside)),
        free.to_dict() if free else None,
        text,
        tuple(map(str, (*([free.message] if free else []), *notes, *([found.caution] if found.caution else [])))),
        tuple(map(str, found.wrong)),
    )


def _written(order: Order, file: Path, captured: Captured | None, card: str) -> tuple[Path, ...]:
    """Write the file; those that belong to it.

    Raises:
        FileError: torch's writer cannot.
    """
    network, model, about = order.model.report.network, order.model, order.about
    try:
        if order.format == "pt":
            pt.write(network, model.whole.state_dict(), file, about, card)
        elif order.format == "python":
            python.write(network, file)
        elif order.format == "safetensors":
            from runtime.export import safetensors

            safetensors.write(network, model.whole.state_dict(), file, about, card)
        else:
            assert captured is not None
            return (*_graph(order, file, captured, pt.texts(network, about, card)), *_after(model, file))
    except RuntimeError as error:  # torch's writer says so when the disk is full
        raise FileError(file.name, "it cannot be written: {why}.", why=str(error).splitlines()[0]) from None
    return ()


def _graph(order: Order, file: Path, captured: Captured, texts: Mapping[str, str]) -> list[Path]:
    if order.format == "pt2":
        from runtime.export import pt2

        pt2.write(captured, file, texts)
        return []
    from runtime.export import onnx

    return onnx.write(captured, order.model.dense_report, file, texts)


def _after(model: Model, file: Path) -> list[Path]:
    """The post-processing as Python, and its weights where it has any."""
    if model.rest is None or model.rest_report is None:
        return []
    program = file.with_name(f"{file.stem}{AFTER}.py")
    python.write(model.rest_report.network, program)
    state = model.rest.state_dict()
    if not state:
        return [program]
    torch.save({key: tensor.contiguous().clone() for key, tensor in state.items()}, program.with_suffix(".pt"))
    return [program, program.with_suffix(".pt")]


def _notes(model: Model, file: Path) -> tuple[Message, ...]:
    if model.rest is None:
        return ()
    return (
        say(
            "How many objects there are depends on the image, and a graph like {ending} cannot say so: it holds the "
            "network as far as plain numbers go, and {after} makes boxes of these.",
            ending=file.suffix,
            after=f"{file.stem}{AFTER}.py",
        ),
    )


def _put(made: Proof, folder: Path, file: Path) -> Proof:
    """Move what was made ready where it is wanted, the card too."""
    card = place(file)
    places = {folder / file.name: file, Path(made.card): card}
    places |= {Path(name): file.with_name(Path(name).name) for name in made.beside}
    for source, target in places.items():
        flush_to_disk(source)
        os.replace(source, target)
    flush_to_disk(file.absolute().parent)
    beside = tuple(str(places[Path(name)]) for name in made.beside)
    return replace(made, file=str(file), card=str(card), beside=beside)
