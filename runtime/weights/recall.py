"""Weights that the file of a drawing names: said so that others find them too, and named again when it is opened.

Free of torch; :func:`runtime.weights.find.found` opens what is named here, and executes nothing in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from graph.errors import FileError
from graph.reference import Reference
from runtime.folders import runs_home
from runtime.import_.builders import BUILDERS
from runtime.weights.origin import Origin

FILE, RUN, TORCHVISION, PACKAGE = "file:", "run:", "torchvision:", "package:"


def reference(weights: Mapping[str, tuple[str, str]], origin: Origin | None, folder: Path) -> Reference | None:
    """What a drawing in *folder* says of its *weights*; None where it has none, or nobody knows whence."""
    if origin is None or not weights or not origin.sha256:
        return None
    tensors = {key: theirs for key, (_, theirs) in weights.items()}
    return Reference(portable(origin.text, folder), origin.sha256, tensors)


def portable(text: str, folder: Path) -> str:
    """What weights called *text* are called in a drawing in *folder*.

    A file or a run in the drawing's folder, or beside it, is named from there, so that they can move together; a run
    where runs are kept, by its name; anything else by its whole path.
    """
    if text.startswith((TORCHVISION, PACKAGE)):
        return text
    path = Path(os.path.abspath(text))
    if path.parent == Path(os.path.abspath(runs_home())):
        return f"{RUN}{path.name}"
    try:
        near = Path(os.path.relpath(path, os.path.abspath(folder))).as_posix()
    except ValueError:  # on another drive
        near = "../../"
    return f"{FILE}{path.as_posix() if near.startswith('../../') else near}"


def text_of(source: str, folder: Path) -> str:
    """What the weights that a drawing in *folder* calls *source* are called on the command line."""
    if source.startswith(RUN):
        return str(runs_home() / source.removeprefix(RUN))
    if source.startswith(FILE):
        return os.path.abspath(folder / source.removeprefix(FILE))
    return source


def awaited(wanted: Reference, folder: Path) -> Origin:
    """What is known of the weights of a drawing in *folder* before they are opened: no file and no shapes yet."""
    text = text_of(wanted.source, folder)
    return Origin(text, title_of(text), "", {}, sha256=wanted.sha256)


def places(wanted: Reference) -> dict[str, tuple[str, str]]:
    """For each tensor the file, not known yet, and its key there."""
    return {key: ("", theirs) for key, theirs in wanted.tensors.items()}


def title_of(text: str) -> str:
    """What people read for weights called *text*."""
    if text.startswith(TORCHVISION):
        _, name, chosen = (*text.split(":", 2), "")[:3]
        return f"{BUILDERS[name].title if name in BUILDERS else name} {chosen}".strip()
    return text.removeprefix(PACKAGE) if text.startswith(PACKAGE) else Path(text).name


def check(origin: Origin, sha256: str) -> None:
    """Refuse weights that are others than those that were meant.

    Raises:
        FileError: their checksum is another.
    """
    if sha256 and origin.sha256 != sha256:
        raise FileError(origin.file, "it holds other weights than when the drawing was saved.")
