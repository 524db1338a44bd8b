"""A trained network, ready to be used: wherever it is loaded from, it sees images as it did in training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from graph import files as network_files
from graph.analysis import analyze
from graph.checks import task
from graph.errors import CanevasError, FileError
from graph.network import Network
from runtime import checkpoint
from runtime.compile import compile
from runtime.compile import load as with_weights
from runtime.data import images as image_files
from runtime.data import signals
from runtime.data.batches import Normalization
from runtime.data.dataset import DataSet, Part
from runtime.data.preprocessing import Preprocessing
from runtime.export import About
from runtime.export.pt import FORMAT as PT_FORMAT
from runtime.import_ import pt
from runtime.run import Run
from runtime.tasks.known import image_shape

SOME_PIXELS, SOME = 128 * 64 * 64, 128
"""Pixels, and images, that go through the network together at most."""

Progress = Callable[[float], None]


def silent(share: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with its weights, and what it needs to be used: classes and preprocessing."""

    network: Network
    model: nn.Module
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    device: torch.device
    numbers: tuple[str, ...] = ()
    """What the numbers are called that it foretells, where it does and that is known."""
    scale: float = 0.0
    """Pixels that it saw for each pixel of the images it learned from; 0 where that is not known."""

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights as plain tensors."""
        return {key: value.detach().cpu().contiguous() for key, value in self.model.state_dict().items()}

    def label(self, index: int) -> str:
        """The name of a class; its number where it has none."""
        return self.classes[index] if index < len(self.classes) else str(index)

    def about(self, metrics: Mapping[str, float] | None = None) -> About:
        """What is said of it where it leaves, and *metrics*."""
        return About(self.task, self.classes, self.preprocessing, metrics, self.numbers, self.scale)

    @property
    def task(self) -> str:
        """What it was made for; what says nothing of it tells classes."""
        return task(self.network) or "classification"

    def outputs(self, images: Tensor, progress: Progress = silent) -> Iterator[Any]:
        """What the model answers for bytes ``(N, C, H, W)``, some at a time."""
        normalized = Normalization(self.preprocessing, self.device)
        some = max(1, min(SOME, SOME_PIXELS // (images.shape[-1] * images.shape[-2])))
        done = 0
        with torch.inference_mode():
            for batch in images.split(some):
                yield self.model(normalized(batch.to(self.device)))
                done += len(batch)
                progress(done / len(images))


def trained(source: str | Path, which: str = "best", device: torch.device | None = None) -> Trained:
    """The network of a run (its *which* checkpoint, ``"best"`` or ``"last"``), of a checkpoint, or of an exported
    ``.pt``.

    Raises:
        FileError: it is none of these, or damaged.
        CanevasError: weights and network do not belong together.
    """
    file = Path(source)
    if file.is_dir():
        run = Run(file)
        _ = run.spec
        found = run.checkpoint(which)
        if found is None:
            raise FileError(file, "the run has no checkpoint yet: train it first.")
        file = found
    content = checkpoint.load_plain(file)
    where = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if content.get("format") == PT_FORMAT:
        read = pt.read(file)
        told = read.about.preprocessing or plain(read.network)
        found = made(read.network, read.weights, read.about.classes, told, where)
        return replace(found, numbers=read.about.numbers, scale=read.about.scale)
    content = checkpoint.load(file)
    network = network_files.loads(content["network"], str(file))
    told = Preprocessing.from_dict(content["preprocessing"])
    found = made(network, checkpoint.state_of(content, file), tuple(content["classes"]), told, where)
    return replace(found, numbers=tuple(content.get("numbers", ())), scale=float(content.get("scale", 0.0)))


def plain(network: Network) -> Preprocessing:
    """What is done to images for a network of which nothing else is known: its size, values from 0 to 1."""
    channels, *size = image_shape(analyze(network))
    return Preprocessing(tuple(size), channels, (0.0,) * channels, (1.0,) * channels)


def maps(model: Trained, path: str, image: Tensor) -> Tensor:
    """What leaves the node at *path* for one image of bytes ``(C, H, W)``: its maps ``(C, H, W)`` or features ``(F)``.

    Raises:
        CanevasError: there is no such node, or it is no module of its own.
    """
    seen: list[Any] = []

    def keep(module: nn.Module, given: Any, result: Any) -> None:  # what follows may write over it
        first = result[0] if isinstance(result, tuple) and result else result
        seen.append(first.clone() if isinstance(first, Tensor) else first)

    hook = module_at(model, path).register_forward_hook(keep)
    try:
        list(model.outputs(image[None]))
    finally:
        hook.remove()
    if not seen or not isinstance(seen[0], Tensor):
        raise CanevasError("{path} is not computed when the network is used.", path=path)
    return seen[0][0].float().cpu()


def module_at(model: Trained, path: str) -> nn.Module:
    """The module of the node at *path*.

    Raises:
        CanevasError: there is no such node, or it is no module of its own.
    """
    try:
        module = model.model.get_submodule(path) if path else None
    except AttributeError:
        module = None
    if module is None:
        raise CanevasError("{path} has no maps of its own to show.", path=path)
    return module


def read(model: Trained, files: Iterable[str | Path]) -> tuple[list[str], np.ndarray, dict[int, str]]:
    """Images as the network sees them ``(n, C, H, W)``; by place, why one cannot be read (its picture is black)."""
    names = [str(f) for f in files]
    told = model.preprocessing
    one, kind = (image_files.read, np.uint8) if len(told.size) == 2 else (signals.one, np.float32)
    pixels = np.zeros((len(names), *told.shape), kind)
    errors: dict[int, str] = {}
    for i, name in enumerate(names):
        try:
            pixels[i] = one(Path(name), told)
        except FileError as e:
            errors[i] = str(e)
    return names, pixels, errors


def part_of(data: DataSet, part: str) -> tuple[str, Part]:
    """A part by its name, the one that judges if empty.

    Raises:
        CanevasError: there is no such part.
    """
    part = part or data.testing
    if part not in data.parts:
        raise CanevasError(
            "{name} has no part {part}; it has {known}.",
            name=data.description.name,
            part=part,
            known=", ".join(data.parts),
        )
    return part, data.parts[part]


def made(
    network: Network, weights: Any, classes: tuple[str, ...], told: Preprocessing, device: torch.device
) -> Trained:
    """A network with these weights, compiled and on its device."""
    model = with_weights(compile(network), weights).eval().to(device)
    return Trained(network, model, classes, told, device)
