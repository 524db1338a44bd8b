"""What can be begun with, and what fine-tuning makes of it.  Pure: networks and facts in, networks out; no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from graph.analysis import Report, analyze
from graph.checks import task
from graph.circumstances import Circumstances
from graph.errors import NetworkError
from graph.freezing import learning, set_learning, weighted
from graph.head import Renewed, head, renewed
from graph.network import Network
from graph.problems import misfits
from graph.rules.data import LEARNS
from graph.tensors import Tensor
from runtime.import_.builders import BUILDERS, listed
from runtime.recipe import Recipe
from runtime.weights.match import Match, layers, match
from runtime.weights.origin import Origin
from runtime.weights.published import PACKAGED, published

FIRST = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "resnet50", "convnext_tiny")
"""Networks of torchvision to be offered first: small ones, and good ones."""

FULL_RATE, PART_RATE, HEAD_RATE = 0.0005, 0.001, 0.004
"""Learning rates: weights that are good already are changed with care, a new head alone may go fast."""

PLACES_RATE = 0.002
"""Where things are is learned by all layers: with this rate for all of them the small YOLO that knows digits finds
twice as many blood cells as with 0.0005 (mAP@.5 of 44 against 23 % after 300 steps); its head alone finds few (9 %)."""

EPOCHS = 10
STEPS = {"detection": 600, "segmentation": 200}
"""Corrections at least, so that few images are seen more often; an epoch of ten images is next to nothing."""

PIXELS = 32 * 224 * 224
"""Of all images of a batch together at most: 32 of ImageNet's size, six of 512 × 512."""

BATCHES = 3
"""Batches that an epoch has at least, so that few images too give some corrections."""


@dataclass(frozen=True)
class Offer:
    """A network with published weights.

    Args:
        title: what people read.
        source: the network, as on the command line.
        origin: the weights, as after ``--weights``.
        parameters: how many it has as it opens.
        score: accuracy on ImageNet's validation images, or mean IoU on those of Pascal VOC, in percent.
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
    task: str = "classification"


@dataclass(frozen=True)
class Own:
    """A network with its weights that was trained here, or that somebody gave away as a file.

    *text* is the folder of the run, or the file.
    """

    title: str
    words: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether it is a run."""
        return Path(self.text).is_dir()


def offers() -> list[Offer]:
    """Networks with published weights, those first that one would try first."""
    return [*_packaged(), *_of_torchvision()]


def _packaged() -> Iterator[Offer]:
    from presets import presets

    for name, one in PACKAGED.items():
        preset = presets().get(name)
        if preset is not None and one.file is not None:
            side = one.preprocessing.size[0]
            yield Offer(str(preset.title), f"preset:{name}", one.origin, preset.parameters, one.score, 0.0, side)


def _of_torchvision() -> Iterator[Offer]:
    known = [b for b in listed() if published(b.name)]
    for one in sorted(known, key=lambda b: (b.task, FIRST.index(b.name) if b.name in FIRST else len(FIRST), b.name)):
        best = published(one.name)[0]
        source = f"torchvision:{one.name}"
        yield Offer(one.title, source, best.origin, one.parameters, best.score, best.mebibytes, one.size, one.task)


def origins_for(title: str) -> list[Offer]:
    """Weights that have been published for the network of this *title*, all of torchvision's too."""
    found = [one for one in _packaged() if one.title == title]
    known = next((b for b in BUILDERS.values() if b.title == title), None)
    for one in published(known.name) if known else ():
        name = f"{title} {one.name}"
        source = f"torchvision:{one.builder}"
        found.append(
            Offer(name, source, one.origin, known.parameters, one.score, one.mebibytes, known.size, known.task)
        )
    return found


@dataclass(frozen=True)
class Tuned:
    """What is to be trained: the network with its new heads, and the weights it begins with."""

    network: Network
    weights: Mapping[str, tuple[str, str]]
    match: Match
    heads: tuple[str, ...]


def tuned(network: Network, origin: Origin, around: Circumstances, last: int | None) -> Tuned:
    """*network* for the data of *around*, with the weights of *origin* save those of its heads.

    The heads learn, and so do the *last* layers: everything if that is None.

    Raises:
        NetworkError: it has learned another task, no head can be told, or the weights fit nothing.
    """
    made, heads = made_for(network, around)
    report = analyze(made)
    made = set_learning(made, learns(report, heads, last))
    fitting = match(report, origin)
    if not fitting.taken:
        raise NetworkError("The weights of {title} fit no layer of this network.", title=origin.title)
    return Tuned(made, without(fitting.weights, *heads), fitting, heads)


def made_for(network: Network, around: Circumstances) -> Renewed:
    """*network* for the classes of the data, or for their numbers: a network of classes can learn those too.

    Raises:
        NetworkError: it has learned another task than the data tell, or no head can be told.
    """
    network = _with_loss(network)
    refuse_task(task(network), network.name, around.task, around.data)
    made = _for_numbers(network, around) if around.numbers else renewed(network, around.classes)
    wrong = [p for p in misfits(analyze(made.network), around) if p.severity == "error"]
    if wrong:
        raise NetworkError(wrong[0].message)
    return made


def _with_loss(network: Network) -> Network:
    """*network* with the loss that fits what it answers, if it had none to learn by."""
    if task(network):
        return network
    missing = [p for p in analyze(network).problems if p.code == "loss_missing" and p.fixes]
    return missing[0].fixes[0].apply(network) if missing else network


def refuse_task(learned: str, name: str, given: str, data: str) -> None:
    """Refuse data that tell something else than a network has learned.

    Raises:
        NetworkError: they do.
    """
    if learned in ("", given) or (given == "regression" and learned == "classification"):
        return
    raise NetworkError(
        "{data} tells {given}, but {name} has learned {wanted}: choose a network that has learned the same.",
        data=data,
        given=LEARNS.get(given, given),
        name=name,
        wanted=LEARNS.get(learned, learned),
    )


NUMBERS = ("class_not_number", "number_count")
"""Problems whose fixes bring a network and numbers together."""


def _for_numbers(network: Network, around: Circumstances) -> Renewed:
    for problem in misfits(analyze(network), around):
        if problem.code in NUMBERS and problem.fixes:
            network = problem.fixes[0].apply(network)
    found = head(network)
    if found is None:
        raise NetworkError("No layer can be told that gives the numbers: set its outputs by hand.")
    learning = {path for path, fact in analyze(network).leaves() if fact.trainable}
    return Renewed(set_learning(network, {*learning, found.path}), (found.path,))


def learns(report: Report, heads: tuple[str, ...], last: int | None) -> frozenset[str]:
    """Paths of the layers that learn: the *heads* and the *last* layers; all if that is None."""
    return frozenset(layers(report)) if last is None else learning(report, last).union(heads)


def without(weights: Mapping[str, tuple[str, str]], *paths: str) -> dict[str, tuple[str, str]]:
    """*weights* without those of the layers at *paths*, which are to begin anew."""
    anew = tuple(f"{path}." for path in paths)
    return {key: place for key, place in weights.items() if not f"{key}.".startswith(anew)}


def counted(report: Report, paths: frozenset[str]) -> tuple[tuple[str, ...], int]:
    """Which layers that count are among *paths*, and how many weights learn when these do."""
    facts = dict(report.leaves())
    some = tuple(path for path in weighted(report) if path in paths)
    return some, sum(facts[path].parameters for path in paths)


def recipe_for(recipe: Recipe, images: int, last: int | None, task: str = "classification", pixels: int = 0) -> Recipe:
    """*recipe* for few images of so many *pixels*, and weights that are good already.

    *last* is 0 where only the head learns, None where everything does.
    """
    batch = max(1, min(32, images // BATCHES, PIXELS // max(1, pixels)))
    full = PLACES_RATE if task in STEPS else FULL_RATE
    rate = full if last is None else PART_RATE if last > 1 else HEAD_RATE
    epochs = max(EPOCHS, STEPS.get(task, 0) // max(1, images // batch))
    return replace(recipe, epochs=epochs, steps=0, batch=batch, learning_rate=rate, optimizer="AdamW", flip=False)


def pixels(network: Network) -> int:
    """Height times width of the image that *network* takes; 0 if it takes something else."""
    shapes = [flow.spatial for flow in analyze(network).inputs.values() if isinstance(flow, Tensor)]
    return prod(shapes[0]) if len(shapes) == 1 and all(type(n) is int for n in shapes[0]) else 0
