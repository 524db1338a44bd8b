"""How presets announce themselves, are found, and are built with other numbers."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from graph import InvalidValue, Network
from graph.plugins import load_plugins
from graph.text import Message, say
from graph.values import Spec


@dataclass(frozen=True)
class Trial:
    """A training on data that ship with Canevas, which was done, and what came of it.

    Args:
        data: the name of the data.
        epochs: how long it was trained.
        seconds: how long that took on one core that computes in 16 bits; others take longer.
        result: what it reached on images that it had never seen.
        variables: numbers of the preset that were not the defaults; what the data ask for (size, classes) left out.
        recipe: values of the recipe that were not the defaults, by name.
    """

    data: str
    epochs: int
    seconds: int
    result: Message
    variables: Mapping[str, int] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """Values of the recipe, its length among them."""
        return {**self.recipe, "epochs": self.epochs}


@dataclass(frozen=True)
class Preset:
    """A network worth starting from.

    Args:
        name: what it is called in ``presets.build`` and on the command line.
        title: what people read.
        task: what it is trained for, such as ``"classification"``.
        variables: the numbers it can be built with, with their defaults and ranges.
        parameters: how many it has with the defaults; tests hold it against the analysis.
        reference: where it was published.
        notes: what is worth knowing about it.
        trial: a training that can be repeated here, if there is one that is short.
        takes: what it looks at, ``"images"`` or ``"signals"``.
        make: builds it; called with every variable.
    """

    name: str
    title: Message
    task: str
    variables: tuple[Spec, ...]
    parameters: int
    reference: str
    make: Callable[..., Network] = field(repr=False)
    notes: Message = field(default_factory=lambda: say(""))
    trial: Trial | None = None
    takes: str = "images"

    @property
    def year(self) -> str:
        """When it was published: the last year that its reference names; empty if it names none."""
        return next(reversed(re.findall(r"\b(?:19|20)\d\d\b", self.reference)), "")

    @property
    def defaults(self) -> dict[str, int]:
        """The variables' numbers when nothing is said."""
        return {spec.name: spec.default for spec in self.variables}

    def tried_on(self, data: str) -> dict[str, Any]:
        """Values of the recipe that it was trained with on *data*; none where it was not."""
        return self.trial.values if self.trial is not None and self.trial.data == data else {}

    def build(self, **variables: int) -> Network:
        """The network with these numbers, the others at their defaults.

        Raises:
            InvalidValue: there is no such variable, or a number is out of its range.
        """
        return self.make(**numbers(self.name, self.variables, variables))


def numbers(name: str, variables: Iterable[Spec], given: Mapping[str, int]) -> dict[str, int]:
    """A number for each of the *variables*: the one that is *given*, else its default.

    Raises:
        InvalidValue: *name* has no such variable, or a number is out of its range.
    """
    known = {spec.name: spec for spec in variables}
    if unknown := next((one for one in given if one not in known), None):
        raise InvalidValue(
            "{preset} has no variable {name}; it has {known}.", preset=name, name=unknown, known=", ".join(known) or "-"
        )
    return {one: spec.check(given.get(one, spec.default)) for one, spec in known.items()}


def preset(
    *,
    title: Message,
    task: str,
    parameters: int,
    reference: str,
    variables: Iterable[Spec] = (),
    notes: Message | None = None,
    trial: Trial | None = None,
    takes: str = "images",
) -> Callable[[Callable[..., Network]], Callable[..., Network]]:
    """Register the decorated function as a preset under its name (``_`` at its end left out)."""

    def register(make: Callable[..., Network]) -> Callable[..., Network]:
        name = make.__name__.rstrip("_")
        if name in _Registry.presets:
            raise TypeError(f"the preset {name} exists already")
        _Registry.presets[name] = Preset(
            name, title, task, tuple(variables), parameters, reference, make, notes or say(""), trial, takes
        )
        return make

    return register


def presets() -> Mapping[str, Preset]:
    """Every preset by name, those of plug-ins included."""
    _load()
    return dict(_Registry.presets)


def build(name: str, /, **variables: Any) -> Network:
    """The preset *name* with these numbers for its variables.

    Raises:
        InvalidValue: there is no such preset or variable, or a number is out of its range; names what comes close.
    """
    _load()
    if name not in _Registry.presets:
        known = sorted(_Registry.presets)
        near = difflib.get_close_matches(name.lower(), known, 3) or known
        raise InvalidValue("There is no preset called {name}; there is {near}.", name=name, near=", ".join(near))
    return _Registry.presets[name].build(**variables)


def refused_plugins() -> list[Message]:
    """What went wrong with plug-ins while loading them, a sentence each."""
    _load()
    return list(_Registry.refused)


class _Registry:
    loaded = False
    presets: ClassVar[dict[str, Preset]] = {}
    refused: ClassVar[list[Message]] = []


def _load() -> None:
    if _Registry.loaded:
        return
    _Registry.loaded = True
    package = importlib.import_module("presets")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"presets.{module.name}")
    _Registry.refused = load_plugins("canevas.presets", _Registry.presets)


def right(percent: float) -> Message:
    """The result of a classifier."""
    return say("{share} % of the test images are recognized", share=f"{percent:g}")


def found(percent: float) -> Message:
    """The result of a detector: its mean average precision at an overlap of one half."""
    return say("a mean average precision of {share} % (mAP@.5)", share=f"{percent:g}")


def overlap(percent: float) -> Message:
    """The result of a segmenter."""
    return say("a mean overlap (IoU) of {share} %", share=f"{percent:g}")
