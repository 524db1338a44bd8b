"""A network in the making: a flat list of layers, each with the path it will stand at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph.layer import Layer
from graph.tensors import Flow


class Ref(NamedTuple):
    """What leaves a step, by the place of the step in the list."""

    step: int


@dataclass
class Step:
    """A layer on its way: where it stands, and per input port what it takes (a tuple for a port that takes many).

    *weights* is the module whose weights it works with: the first step of a level has them, others there share them.
    """

    path: tuple[str, ...]
    layer: Layer
    takes: tuple[Any, ...] = ()
    flow: Flow | None = None
    weights: str = ""

    @property
    def refs(self) -> list[Ref]:
        """Everything it takes, one by one."""
        return [r for taken in self.takes for r in (taken if _many(taken) else (taken,)) if r is not None]


def _many(taken: Any) -> bool:
    return isinstance(taken, tuple) and not isinstance(taken, Ref)


@dataclass
class Plan:
    """The steps of a network, and what leaves it by name.

    Args:
        steps: in the order of execution, inputs first.
        outputs: what the network answers.
        classes: the class of the module at each path that holds others.
        opaque: paths of what could not become a layer, with the reason.
        renamed: paths that could not be kept, with what they became.
    """

    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, Ref] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    opaque: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def free_path(path: tuple[str, ...], taken: set[tuple[str, ...]], plan: Plan) -> tuple[str, ...]:
    """*path*, its last name numbered where it is taken by a step or by a module."""
    number, found = 1, path
    while found in taken or ".".join(found) in plan.classes:
        number += 1
        found = (*path[:-1], f"{path[-1]}{number}")
    return found
