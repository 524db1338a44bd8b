"""How to train, as one frozen value: what the form shows, the run keeps and the engine follows.

Made with :func:`graph.values.value` like a kind of layer, so that range, label and help stand once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from graph.errors import FileError, InvalidValue
from graph.text import say
from graph.values import Spec, shown, specs_of, value
from runtime.rates import factors, milestones

OPTIMIZERS = ("AdamW", "Adam", "SGD")
SCHEDULES = ("one-cycle", "cosine", "step", "plateau", "constant")
JUDGES = ("measure", "loss")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32")


@dataclass(frozen=True)
class Recipe:
    """How to train: optimizer, learning rate, schedule, length, batch, augmentation, seed, device."""

    specs: ClassVar[tuple[Spec, ...]] = ()

    epochs: int = value(
        10, low=1, high=100_000, label="Epochs", help="How often the network sees every image of the training part."
    )
    batch: int = value(
        32,
        low=1,
        high=65_536,
        label="Batch",
        help="How many images are seen before each correction of the weights: more is steadier, fewer is quicker.",
    )
    optimizer: str = value(
        "AdamW",
        choices=OPTIMIZERS,
        label="Optimizer",
        help="The rule that turns gradients into corrections: AdamW rarely needs care, SGD is the textbook's.",
    )
    learning_rate: float = value(
        0.004,
        low=1e-8,
        high=100.0,
        label="Learning rate",
        help="How far each correction goes: too small and nothing is learned, too large and the loss jumps about.",
    )
    schedule: str = value(
        "one-cycle",
        choices=SCHEDULES,
        label="Schedule",
        help="How the learning rate changes: one-cycle rises and falls to zero, cosine falls, step falls at certain "
        "epochs, plateau whenever nothing gets better, constant stays.",
    )
    seed: int = value(
        0,
        low=0,
        high=2**31 - 1,
        label="Seed",
        help="Where chance begins: the same seed gives the same training, another one shows how much was luck.",
    )

    steps: int = value(
        0,
        low=0,
        high=1_000_000_000,
        label="Steps",
        help="Stop after this many corrections of the weights instead of counting epochs; 0 counts epochs.",
        fold="Schedule",
    )
    warm_up: float = value(
        0.25,
        low=0.0,
        high=0.95,
        label="Warm-up",
        help="The share of the training in which the learning rate rises from almost nothing to its full height.",
        fold="Schedule",
    )
    step_every: int = value(
        10,
        low=1,
        high=100_000,
        label="Epochs per fall",
        help="The rate falls each time so many epochs have passed, unless milestones say when.",
        fold="Schedule",
    )
    milestones: str = value(
        "",
        reads=milestones,
        label="Milestones",
        help="The epochs after which the rate falls, such as 30, 60; empty: at regular distances.",
        fold="Schedule",
    )
    patience: int = value(
        3,
        low=0,
        high=100_000,
        label="Patience (epochs)",
        help="So many epochs may pass without anything getting better; with the next one the rate falls.",
        fold="Schedule",
    )
    factor: float = value(
        0.1,
        low=1e-6,
        high=1.0,
        label="Factor",
        help="What the rate is multiplied by each time it falls: 0.1 makes a tenth of it.",
        fold="Schedule",
    )

    judge: str = value(
        "measure",
        choices=JUDGES,
        label="Judged by",
        help="What says on the validation part which weights are the best and whether anything gets better: the "
        "measure of the task (accuracy, mean IoU, mAP), or the loss.",
        fold="Best weights",
    )
    stop_after: int = value(
        0,
        low=0,
        high=100_000,
        label="Stop after (epochs)",
        help="End the training once so many epochs have brought nothing better than the best one. 0: never.",
        fold="Best weights",
    )
    average: float = value(
        0.0,
        low=0.0,
        high=0.99999,
        label="Average of weights",
        help="Test and keep a moving average of the weights instead of the last ones: each step, this share of the "
        "average stays (0.99 is usual). It is calmer and often a little better. 0: off.",
        fold="Best weights",
    )

    accumulation: int = value(
        1,
        low=1,
        high=10_000,
        label="Batches per step",
        help="Add the gradients of so many batches before each correction: as one batch that much larger, in the "
        "memory of a small one.",
        fold="Steps",
    )
    clip: float = value(
        0.0,
        low=0.0,
        high=1e6,
        label="Longest gradient",
        help="Shorten the gradient of all weights together to this length before a correction, so that one odd batch "
        "cannot throw the network off. 0: never; 1 is usual.",
        fold="Steps",
    )
    rates: str = value(
        "",
        reads=factors,
        label="Rates of blocks",
        help="What the learning rate is multiplied by in blocks or layers of these names, such as backbone=0.1, "
        "head=1: what is learned already changes slowly, what is new quickly.",
        fold="Steps",
    )

    shift: float = value(
        0.07,
        low=0.0,
        high=0.5,
        label="Shift",
        help="Moves each image by up to this share of its size, so that the network does not learn places by heart.",
        fold="Augmentation",
    )
    rotation: float = value(
        8.0,
        low=0.0,
        high=180.0,
        label="Rotation",
        help="Turns each image by up to this many degrees; a 6 turned too far is a 9.",
        fold="Augmentation",
    )
    zoom: float = value(
        0.1,
        low=0.0,
        high=0.9,
        label="Zoom",
        help="Enlarges or shrinks each image by up to this share.",
        fold="Augmentation",
    )
    flip: bool = value(
        False,
        label="Mirror",
        help="Shows every second image mirrored left to right: right for animals, wrong for digits and letters.",
        fold="Augmentation",
    )
    brightness: float = value(
        0.0,
        low=0.0,
        high=1.0,
        label="Brightness",
        help="Makes each image lighter or darker by up to this share, as another time of day would.",
        fold="Augmentation",
    )
    contrast: float = value(
        0.0,
        low=0.0,
        high=1.0,
        label="Contrast",
        help="Pulls light and dark apart or together by up to this share.",
        fold="Augmentation",
    )

    noise: float = value(
        0.0,
        low=0.0,
        high=10.0,
        label="Noise",
        help="Adds chance to each value, so much times the usual difference of values from their mean.",
        fold="Augmentation",
    )

    weight_decay: float = value(
        0.01,
        low=0.0,
        high=10.0,
        label="Weight decay",
        help="Pulls weights toward zero at every step, which keeps the network simple; biases and normalization are "
        "left alone.",
        fold="Regularization",
    )
    momentum: float = value(
        0.9,
        low=0.0,
        high=0.999,
        label="Momentum",
        help="How much of the last correction is kept in the next one: smooths the way down. For Adam, its beta 1.",
        fold="Regularization",
    )

    checkpoint_seconds: int = value(
        60,
        low=0,
        high=86_400,
        label="Checkpoint every (s)",
        help="Besides the end of each epoch, keep a checkpoint every so many seconds: what a crash can cost. 0: never.",
        fold="Checkpoints",
    )
    preview_every: int = value(
        1,
        low=0,
        high=100_000,
        label="Samples every (epochs)",
        help="Every so many epochs the network answers for the same few images, which you see; in short epochs "
        "seldomer, so that it takes little time. 0: never.",
        fold="Checkpoints",
    )

    device: str = value(
        "auto",
        choices=DEVICES,
        label="Device",
        help="Where to compute: auto takes the fastest that the machine has.",
        fold="Precision and device",
    )
    threads: int = value(
        0,
        low=0,
        high=1_024,
        label="Threads",
        help="How many processor cores to use; 0 uses all of them, 1 leaves the machine free for other work.",
        fold="Precision and device",
    )
    precision: str = value(
        "auto",
        choices=PRECISIONS,
        label="Precision",
        help="Auto computes in 16 bits where the device is faster for it, else in 32; float32 always in 32.",
        fold="Precision and device",
    )

    def __post_init__(self) -> None:
        for spec in self.specs:
            object.__setattr__(self, spec.name, spec.check(getattr(self, spec.name)))

    @property
    def augments(self) -> bool:
        """Whether images are changed at all before the network sees them in training."""
        return self.flip or any((self.shift, self.rotation, self.zoom, self.brightness, self.contrast, self.noise))

    @property
    def idle(self) -> frozenset[str]:
        """Names of values that change nothing, as the others stand."""
        found = (
            {"milestones", "step_every"} if self.schedule != "step" else {"step_every"} if self.milestones else set()
        )
        if self.schedule != "plateau":
            found.add("patience")
        if self.schedule not in ("step", "plateau"):
            found.add("factor")
        return frozenset(found)

    def to_dict(self) -> dict[str, Any]:
        """All values by name, ready for JSON."""
        return {spec.name: getattr(self, spec.name) for spec in self.specs}

    @classmethod
    def from_dict(cls, raw: object) -> Recipe:
        """A recipe from what a file said; what is not named keeps its default.

        Raises:
            InvalidValue: no such value, or out of its range.
        """
        if not isinstance(raw, Mapping):
            raise InvalidValue("A recipe is a list of names and values, not {given}.", given=shown(raw))
        known = {f.name for f in fields(cls)}
        for name in raw:
            if name not in known:
                raise InvalidValue(
                    "A recipe has no value {name}; it has {known}.", name=shown(name), known=", ".join(sorted(known))
                )
        return cls(**raw)

    def save(self, file: str | Path) -> None:
        """Write the recipe as JSON.

        Raises:
            FileError: it cannot be written.
        """
        try:
            Path(file).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")
        except OSError as e:
            raise FileError(file, "it cannot be written: {why}.", why=e.strerror or str(e)) from None

    @classmethod
    def load(cls, file: str | Path) -> Recipe:
        """The recipe that a JSON file holds.

        Raises:
            FileError: it cannot be read, is no JSON, or says what no recipe allows.
        """
        try:
            return cls.from_dict(json.loads(Path(file).read_text(encoding="utf-8")))
        except OSError as e:
            raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
        except InvalidValue as e:
            raise FileError(file, e.message) from None
        except (ValueError, RecursionError):
            raise FileError(file, say("it is no JSON text, as a recipe must be.")) from None


Recipe.specs = specs_of(Recipe)
