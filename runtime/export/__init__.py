"""A network taken away: a file that works without Canevas, and the proof that it does.

The format follows from the file's ending.  After writing, a fresh process that knows nothing of Canevas opens the file
and runs it; the difference between its answers and those of the running model is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.errors import FileError
from graph.network import Network

if TYPE_CHECKING:
    from torch import Tensor

    from runtime.data.preprocessing import Preprocessing

FORMATS = {".pt": "pt", ".py": "python"}
"""The modules of this package by the endings of files."""


@dataclass(frozen=True)
class Proof:
    """What became of an export: the file, its format, whether the fresh process agreed, and how much it differed."""

    file: str
    format: str
    verified: bool
    max_difference: float

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class About:
    """What travels with the weights: what the classes are called, what is done to images, how good it is."""

    task: str = ""
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    metrics: Mapping[str, float] | None = None


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
            known=" or ".join(FORMATS),
        )
    return FORMATS[ending]


def export(network: Network, weights: Mapping[str, Tensor] | None, file: str | Path, about: About = About()) -> Proof:
    """Write *network* with its *weights* (as torch draws them if None) to *file*, and prove it.

    Raises:
        CanevasError: the network has an error, or the weights are not its own.
        FileError: the file cannot be written, or a fresh process cannot run it.
    """
    from runtime.compile import compile
    from runtime.export import proof, pt, python

    format = format_of(file)
    model = compile(network, weights).eval()
    if format == "pt":
        pt.write(network, model.state_dict(), Path(file), about)
        program = proof.OPEN_PT
    else:
        python.write(network, Path(file))
        program = proof.OPEN_PYTHON
    difference = proof.difference(network, model, Path(file), program)
    return Proof(str(file), format, difference <= proof.TOLERANCE, difference)
