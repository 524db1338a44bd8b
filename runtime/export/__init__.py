"""A network taken away: a file that works without Canevas, and the proof that it does.

The format follows from the file's ending.  After writing, a fresh process that knows nothing of Canevas opens the file
and runs it; the difference between its answers and those of the running model is the proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.errors import FileError
from graph.network import Network
from runtime.formats import FORMATS

if TYPE_CHECKING:
    from torch import Tensor

    from runtime.data.preprocessing import Preprocessing

Progress = Callable[[float, str], None]
"""Hears how far it is (0 to 1) and what is done; gives it up by raising."""


def silent(share: float, text: str = "") -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Proof:
    """What became of an export.

    Args:
        file: where it is.
        format: its format.
        verified: whether the fresh process agreed.
        max_difference: by how much its answers differed at most.
        card: the card, a Markdown file beside it.
        beside: files that belong to it: post-processing, weights that one file cannot hold.
        free: which dimensions may have other sizes, of a graph.
        example: the loading example of the card, which the fresh process ran.
        notes: what is worth knowing, in sentences.
        wrong: what the fresh process did otherwise, in sentences; nothing if it agreed.
    """

    file: str
    format: str
    verified: bool
    max_difference: float
    card: str = ""
    beside: tuple[str, ...] = ()
    free: Mapping[str, Any] | None = None
    example: str = ""
    notes: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        finite = self.max_difference if math.isfinite(self.max_difference) else None
        return {**asdict(self), "beside": list(self.beside), "notes": list(self.notes), "wrong": list(self.wrong)} | {
            "max_difference": finite
        }


@dataclass(frozen=True)
class About:
    """What travels with the weights: what the classes are called, what is done to images, how good it is.

    *numbers* are the names of what is foretold where there are no classes.  *scale* is how many pixels the network saw
    for each pixel of the images it learned from, which is what larger ones are cut into pieces by; 0 where unknown.
    """

    task: str = ""
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    metrics: Mapping[str, float] | None = None
    numbers: tuple[str, ...] = ()
    scale: float = 0.0


def format_of(file: str | Path) -> str:
    """The format that *file*'s ending asks for.

    Raises:
        FileError: it asks for none that is known.
    """
    ending = Path(file).suffix.lower()
    if ending not in FORMATS:
        raise FileError(
            file,
            "its ending says no format; choose {known}.",
            known=", ".join(list(FORMATS)[:-1]) + " or " + list(FORMATS)[-1],
        )
    return FORMATS[ending]


def export(
    network: Network,
    weights: Mapping[str, Tensor] | None,
    file: str | Path,
    about: About = About(),
    progress: Progress = silent,
) -> Proof:
    """Write *network* with its *weights* (as torch draws them if None) to *file* with its card, and prove it.

    The files are there once the proof is over; until then, and if it is given up or fails, all is as it was.

    Raises:
        CanevasError: the network has an error, has no place in the format, or the weights are not its own.
        FileError: the file cannot be written, or a fresh process cannot run it.
    """
    format = format_of(file)
    from runtime.export.making import make

    return make(network, weights, Path(file), format, about, progress)
