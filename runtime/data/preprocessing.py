"""What is done to an image before a network sees it: one description, used in training, test, prediction and export."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.errors import InvalidValue
from graph.values import shown

INTERPOLATIONS = ("bilinear", "bicubic", "nearest")
FITS = ("crop", "stretch")


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the numbers that a network receives.

    The image is brought to *size* (height, width) with *interpolation*: its middle is cut out (``"crop"``) or its sides
    are stretched; it gets *channels* (1 grey, 3 red, green and blue); its values go from 0 to 1, lose the *mean* of
    their channel and are divided by its *std*.

    A *size* of one number is the length of signals: their values stay as they are until the mean is taken away.
    """

    size: tuple[int, ...] = (28, 28)
    channels: int = 1
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    interpolation: str = "bilinear"
    fit: str = "crop"

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
        if self.interpolation not in INTERPOLATIONS:
            return f"interpolation={shown(self.interpolation)}"
        return "" if self.fit in FITS else f"fit={shown(self.fit)}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height, width; of signals channels and length."""
        return (self.channels, *self.size)

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "size": list(self.size),
            "channels": self.channels,
            "mean": list(self.mean),
            "std": list(self.std),
            "interpolation": self.interpolation,
            "fit": self.fit,
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
