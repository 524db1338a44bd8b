"""What is done to an image before a network sees it: one description, used in training, test, prediction and export."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph.errors import InvalidValue
from graph.text import say, tr
from graph.values import shown

INTERPOLATIONS = {"bilinear": say("bilinear"), "bicubic": say("bicubic"), "nearest": say("nearest pixel")}
"""Ways to find the values between pixels, and what people read."""
FITS = ("crop", "stretch")


class Seen(NamedTuple):
    """The part of an image that a network sees: where it begins, and how many pixels of the image one of its pixels
    is high and wide."""

    top: float
    left: float
    high: float
    wide: float


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the numbers that a network receives.

    The image is brought to *size* (height, width) with *interpolation*: its middle is cut out (``"crop"``) or its sides
    are stretched; it gets *channels* (1 grey, 3 red, green and blue); its values go from 0 to 1, lose the *mean* of
    their channel and are divided by its *std*.

    What is cut out is as much of the middle as can be seen.  Where *short* is not 0, the shorter side of the image is
    first brought to so many pixels, so that a border of each image is left out: how networks are measured on ImageNet
    (256, then 224), and how torchvision's ``Resize`` and ``CenterCrop`` do it, to the pixel.

    A *size* of one number is the length of signals: their values stay as they are until the mean is taken away.
    """

    size: tuple[int, ...] = (28, 28)
    channels: int = 1
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    interpolation: str = "bilinear"
    fit: str = "crop"
    short: int = 0

    def __post_init__(self) -> None:
        for name in ("size", "mean", "std"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.problem():
            raise InvalidValue("Preprocessing cannot have {what}.", what=self.problem())

    def problem(self) -> str:
        """What makes this description impossible to follow, as name and value; empty when nothing does."""
        if len(self.size) not in (1, 2) or not all(type(n) is int and 1 <= n <= 100_000 for n in self.size):
            return f"size={shown(self.size)}"
        if type(self.channels) is not int or not 1 <= self.channels <= 4_096:
            return f"channels={shown(self.channels)}"
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            right = all(type(n) in (int, float) and math.isfinite(n) for n in numbers)
            if not right or len(numbers) != self.channels or (name == "std" and min(numbers) <= 0):
                return f"{name}={shown(numbers)}"
        if self.interpolation not in tuple(INTERPOLATIONS):  # what is no word may stand in a file
            return f"interpolation={shown(self.interpolation)}"
        if self.fit not in FITS:
            return f"fit={shown(self.fit)}"
        if type(self.short) is not int or (self.short and not max(self.size) <= self.short <= 100_000):
            return f"short={shown(self.short)}"
        return ""

    def seen(self, size: tuple[int, int]) -> Seen:
        """Which part of an upright image of *size* (height, width) is brought to the wanted size."""
        (height, width), (h, w) = size, self.size
        if self.fit == "stretch":
            return Seen(0.0, 0.0, height / h, width / w)
        if not self.short:
            scale = min(height / h, width / w)
            return Seen((height - h * scale) / 2, (width - w * scale) / 2, scale, scale)
        rows, columns = self.shrunk(size)
        top, left = middle((rows, columns), self.size)
        return Seen(top * height / rows, left * width / columns, height / rows, width / columns)

    def shrunk(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of an image of *size* once its shorter side has *short* pixels; the longer one is cut off
        to a whole number, as torchvision does it."""
        height, width = size
        if height <= width:
            return self.short, int(self.short * width / height)
        return int(self.short * height / width), self.short

    def adapted(self, shape: tuple[int, ...]) -> Preprocessing:
        """The same for a network that takes images of *shape* (C, H, W): the border that is left out keeps its share,
        and where channels are more or fewer, each gets the mean of all."""
        channels, *rest = shape
        size: Any = tuple(map(int, rest))
        short = max(round(self.short * max(size) / max(self.size)), *size) if self.short else 0
        mean, std = (n if channels == self.channels else (sum(n) / len(n),) * channels for n in (self.mean, self.std))
        return Preprocessing(size, channels, mean, std, self.interpolation, self.fit, short)

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height, width; of signals channels and length."""
        return (self.channels, *self.size)

    def in_words(self) -> str:
        """What is done to an image, or to a signal, in a sentence."""
        if len(self.size) == 1:
            return tr(
                "Brought to {n} values; then less {mean}, divided by {std}.",
                n=self.size[0],
                mean=_three(self.mean),
                std=_three(self.std),
            )
        how = tr("its middle cut out") if self.fit == "crop" else tr("its sides stretched")
        if self.short:
            how = tr("its shorter side made {short}, its middle cut out", short=self.short)
        return tr(
            "Brought to {size} pixels ({how}, {interpolation}), {channels}; then less {mean}, divided by {std}.",
            size=" × ".join(map(str, self.size)),
            how=how,
            interpolation=str(INTERPOLATIONS[self.interpolation]),
            channels=tr("in grey") if self.channels == 1 else tr("in color"),
            mean=_three(self.mean),
            std=_three(self.std),
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "size": list(self.size),
            "channels": self.channels,
            "mean": list(self.mean),
            "std": list(self.std),
            "interpolation": self.interpolation,
            "fit": self.fit,
            "short": self.short,
        }

    @classmethod
    def from_dict(cls, raw: object) -> Preprocessing:
        """A description from what a file said.

        Raises:
            InvalidValue: a name or a value that no preprocessing has.
        """
        if not isinstance(raw, Mapping):
            raise InvalidValue("Preprocessing is a list of names and values, not {given}.", given=shown(raw))
        unknown = set(raw) - set(cls.__dataclass_fields__)
        if unknown:
            raise InvalidValue("Preprocessing has no value {name}.", name=shown(min(unknown, key=str)))
        try:
            return cls(**raw)
        except TypeError:
            raise InvalidValue("Preprocessing cannot have {what}.", what=shown(dict(raw))) from None


def middle(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """The row and the column at which the middle of a picture begins, as torchvision's ``CenterCrop`` rounds them.

    >>> middle((256, 341), (224, 224))
    (16, 58)
    """
    return round((size[0] - wanted[0]) / 2.0), round((size[1] - wanted[1]) / 2.0)


def _three(numbers: tuple[float, ...]) -> str:
    return " / ".join(f"{n:.3f}" for n in numbers[:3])
