"""What was imported and no kind expresses: shown and analysed as it was recorded, never run."""

from __future__ import annotations

import re
from typing import Any

from graph.errors import CanevasError
from graph.layer import Layer, Port, Weight, kind
from graph.tensors import Tensor
from graph.values import INT_LIMIT, Shape, value
from graph.windows import WHOLE, Seen

_HELD = re.compile(r"([A-Za-z_][\w.-]{0,200})(?: (\d{1,9}(?:×\d{1,9}){0,7}))?( buffer)?")
"""A weight: ``gain 4×1×1``, ``limit buffer``."""


@kind
class Opaque(Layer):
    """A part of an imported network that no kind of layer expresses: its shape is known, what it computes is not."""

    category = "tens"
    module = ""
    words = "unknown inconnu import"
    offered = False
    inputs = (Port("x", many=True, optional=True),)

    of: str = value("", label="Was", help="What it was where it came from.")
    shape: Shape = value((1,), low=1, high=INT_LIMIT, label="Gives", help="The shape that it gave, without the batch.")
    held: str = value("", label="Weights", help="The weights that it held, by name and shape.", fold="Weights")

    @property
    def caption(self) -> str:
        """What it was."""
        return self.of[:24]

    def output(self, x: tuple[Tensor, ...]) -> Tensor:
        """As recorded."""
        return Tensor((x[0].dims[0] if x else "N", *self.shape))

    def weights(self, *x: Any) -> dict[str, Weight]:
        """As recorded."""
        found = (_HELD.fullmatch(part) for part in self.held.split("; "))
        return {m[1]: Weight(tuple(map(int, m[2].split("×"))) if m[2] else (), not m[3]) for m in found if m}

    def window(self, *x: Any) -> tuple[Seen, ...]:
        """Everything: who knows."""
        return (WHOLE,)

    def call(self, own: str, *names: Any) -> str:
        """Nothing can be written for it.

        Raises:
            CanevasError: always; says what to do.
        """
        raise CanevasError(
            "{of} was imported, and no kind of layer expresses it: put layers in its place, or bypass it.",
            of=self.of or "Opaque",
        )
