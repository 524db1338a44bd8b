"""What can be begun with, and what fine-tuning makes of it.  Pure: networks and facts in, networks out; no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graph.analysis import Report, analyze
from graph.errors import NetworkError
from graph.freezing import freeze_but_last, learning, set_learning, weighted
from graph.head import head, with_head
from graph.network import Network
from runtime.import_.builders import BUILDERS, listed
from runtime.recipe import Recipe
from runtime.weights.match import Match, layers, match
from runtime.weights.origin import Origin
from runtime.weights.published import PACKAGED, published

FIRST = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "resnet50", "convnext_tiny")
"""Networks of torchvision to be offered first: small ones, and good ones."""

FULL_RATE, PART_RATE, HEAD_RATE = 0.0005, 0.001, 0.004
"""Learning rates: weights that are good already are changed with care, a new head alone may go fast."""

EPOCHS = 10
BATCHES = 3
"""Batches that an epoch has at least, so that few images too give some corrections."""


@dataclass(frozen=True)
class Offer:
    """A network with published weights.

    Args:
        title: what people read.
        source: the network, as on the command line.
        origin: the weights, as after ``--weights``.
        parameters: how many it has with 1,000 classes.
        score: accuracy on ImageNet's validation images, in percent.
        mebibytes: what is to be fetched; 0 if it is on this machine.
        side: height and width of its images.
    """

    title: str
    source: str
    origin: str
    parameters: int
    score: float
    mebibytes: float
    side: int


def offers() -> list[Offer]:
    """Classifiers with published weights, those first that one would try first."""
    return [*_packaged(), *_of_torchvision()]


def _packaged() -> Iterator[Offer]:
    from presets import presets

    for name, one in PACKAGED.items():
        preset = presets().get(name)
        if preset is not None and one.file is not None:
            side = one.preprocessing.size[0]
            yield Offer(str(preset.title), f"preset:{name}", one.origin, preset.parameters, one.score, 0.0, side)


def _of_torchvision() -> Iterator[Offer]:
    names = [b.name for b in listed() if b.task == "classification" and published(b.name)]
    for name in sorted(names, key=lambda n: FIRST.index(n) if n in FIRST else len(FIRST)):
        known, one = BUILDERS[name], published(name)[0]
        source = f"torchvision:{name}"
        yield Offer(known.title, source, one.origin, known.parameters, one.score, one.mebibytes, known.size)


def origins_for(title: str) -> list[Offer]:
    """Weights that have been published for the network of this *title*, all of torchvision's too."""
    found = [one for one in _packaged() if one.title == title]
    known = next((b for b in BUILDERS.values() if b.title == title), None)
    for one in published(known.name) if known else ():
        name = f"{title} {one.name}"
        source = f"torchvision:{one.builder}"
        found.append(Offer(name, source, one.origin, known.parameters, one.score, one.mebibytes, known.size))
    return found


@dataclass(frozen=True)
class Tuned:
    """What is to be trained: the network with its new head, and the weights it begins with."""

    network: Network
    weights: Mapping[str, tuple[str, str]]
    match: Match
    head: str


def tuned(network: Network, origin: Origin, classes: int, last: int | None) -> Tuned:
    """*network* for *classes*, with the weights of *origin* save those of its head, all but the *last* layers frozen.

    *last* is None where everything learns.

    Raises:
        NetworkError: no head can be told, or the weights fit nothing.
    """
    made = with_head(network, classes)
    found = head(made)
    path = found.path if found is not None else ""
    made = set_learning(made, layers(analyze(made))) if last is None else freeze_but_last(made, last)
    fitting = match(analyze(made), origin)
    if not fitting.taken:
        raise NetworkError("The weights of {title} fit no layer of this network.", title=origin.title)
    weights = without(fitting.weights, path) if path else dict(fitting.weights)
    return Tuned(made, weights, fitting, path)


def without(weights: Mapping[str, tuple[str, str]], path: str) -> dict[str, tuple[str, str]]:
    """*weights* without those of the layer at *path*, which is to begin anew."""
    return {key: place for key, place in weights.items() if key != path and not key.startswith(f"{path}.")}


def counted(report: Report, last: int | None) -> tuple[int, int]:
    """How many layers and how many weights learn when the *last* layers do; all if None."""
    paths = set(layers(report)) if last is None else learning(report, last)
    facts = dict(report.leaves())
    some = [path for path in weighted(report) if path in paths]
    return len(some), sum(facts[path].parameters for path in paths)


def recipe_for(recipe: Recipe, images: int, last: int | None) -> Recipe:
    """*recipe* for few images and weights that are good already."""
    batch = max(1, min(32, images // BATCHES))
    rate = FULL_RATE if last is None else HEAD_RATE if last == 1 else PART_RATE
    return replace(recipe, epochs=EPOCHS, steps=0, batch=batch, learning_rate=rate, optimizer="AdamW", flip=False)
