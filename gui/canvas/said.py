"""What a comparison writes on a node instead of what stands there: values, shapes and weights before and after."""

from __future__ import annotations

from typing import NamedTuple

from graph.analysis import Fact
from graph.diff import plain
from graph.union import Mark
from gui.canvas.faces import Face
from gui.canvas.quantities import compact


class Said(NamedTuple):
    """Texts of a node; what is empty stays as it is."""

    line: str = ""
    shape: str = ""
    weights: str = ""

    def on(self, face: Face) -> Face:
        """*face* with these texts; where a change of shape leaves no room, the weights are not said."""
        crowded = bool(self.shape) and face.inside is None
        return face._replace(
            line=self.line or face.line,
            shape=self.shape or face.shape,
            weights="" if crowded else self.weights or face.weights,
        )


def said(mark: Mark, old: Fact | None = None, new: Fact | None = None) -> Said:
    """What is said about a node that became *mark*, of which *old* was known and *new* is."""
    if old is None or new is None:
        return Said(changes(mark))
    shape = weights = ""
    if old.outputs and new.outputs and old.outputs != new.outputs:
        shape = f"{_tight(old)} → {_tight(new)}"
    if old.parameters != new.parameters:
        weights = f"{compact(old.parameters)} → {compact(new.parameters)}"
    return Said(changes(mark), shape, weights)


def changes(mark: Mark) -> str:
    """The values that changed, as they stand on a node: ``out_channels 8 → 16``."""
    return ", ".join(f"{name} {plain(a)} → {plain(b)}" for name, (a, b) in mark.values.items())


def _tight(fact: Fact) -> str:
    return str(fact.outputs[0]).replace(" ", "")
