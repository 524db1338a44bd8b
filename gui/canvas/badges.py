"""Badges on the nodes that have problems, and on the blocks that have some inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from graph.network import Network
from graph.problems import ORDER, Problem
from graph.repeats import standing

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView


class Badges(QObject):
    """Keeps the badges of one canvas: those of the problems that it was told, where one looks."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._problems: tuple[Problem, ...] = ()
        canvas.document.entered.connect(self.again)

    def show(self, problems: tuple[Problem, ...]) -> None:
        """Show the badges of *problems* from now on."""
        self._problems = problems
        self.again()

    def again(self, *_: object) -> None:
        """Show the badges of the problems that were told last, where one looks now."""
        document = self._canvas.document
        self.put(worst(document.network, document.trail, self._problems))

    def put(self, told: dict[str, Problem]) -> None:
        """Show these badges, by the names of the nodes."""
        scene = self._canvas.scene
        before, scene.told = scene.told, told
        other = [n for n in {*before, *told} if before.get(n) != told.get(n) and n in scene.nodes]
        for name in other:
            scene.nodes[name].forget()
        if other:
            scene.marked()


def worst(network: Network, trail: tuple[str, ...], problems: Iterable[Problem]) -> dict[str, Problem]:
    """The worst error or warning of each node after entering *trail*, those inside a block counted to the block."""
    found: dict[str, Problem] = {}
    for problem in sorted(problems, key=lambda p: ORDER[p.severity]):
        if problem.severity == "hint" or not problem.path:
            continue
        around, name = standing(network, problem.path)
        if around[: len(trail)] == trail:
            found.setdefault((*around, name)[len(trail)], problem)
    return found
