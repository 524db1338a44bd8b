"""What a data set is once it has been read: its parts in memory, its classes, and what was wrong with its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from runtime.data.afresh import TOGETHER, Afresh
from runtime.data.decoded import chosen, memory_limit
from runtime.data.description import Description, Problem
from runtime.data.preprocessing import Preprocessing

Shape = tuple[int, ...]
"""Channels, height and width of images; channels and length of signals."""
Wanted = Shape | Preprocessing
"""What a network asks of images: their shape, or all that is done to them."""
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a data set: images ``(N, C, H, W)`` as bytes, targets, and names to show beside them.

    Instead of images there may be signals ``(N, C, L)``, in floating point.  Images for which there is no room are
    :class:`Afresh`, decoded when they are asked for.

    Targets are class numbers ``(N,)``; masks ``(N, H, W)`` of bytes, in which 255 marks what does not count; objects
    ``(N, K, 5)``: left, top, right and bottom in pixels, and the class, -1 in rows that hold none; or numbers that are
    to be foretold ``(N, K)``, in floating point.
    """

    images: Tensor | Afresh
    targets: Tensor
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def at(self, indices: np.ndarray) -> Part:
        """Some of its samples, in the order of *indices*."""
        images, targets = (_rows(values, indices) for values in (self.images, self.targets))
        return Part(images, targets, tuple(self.files[i] for i in indices) if self.files else ())


@dataclass(frozen=True, eq=False)
class DataSet:
    """All that training and testing need to know of their data."""

    description: Description
    format: str
    classes: tuple[str, ...]
    parts: dict[str, Part]
    preprocessing: Preprocessing
    problems: tuple[Problem, ...] = ()
    sizes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    task: str = "classification"
    numbers: tuple[str, ...] = ()
    """What the numbers are called that are to be foretold of each image; there are no classes then."""

    @property
    def shape(self) -> Shape:
        """Channels, height, width; of signals channels and length."""
        return self.preprocessing.shape

    @property
    def scale(self) -> float:
        """Pixels of an image as it was read for each pixel of the most usual file; 0 for what is no file of images."""
        if len(self.preprocessing.size) != 2 or not self.sizes:
            return 0.0
        (size, _), *_ = self.sizes.most_common(1)
        return max(new / old for new, old in zip(self.preprocessing.size, size, strict=True))

    @property
    def counts(self) -> dict[str, list[int]]:
        """Images of each class in each part; of masks, images with any of the class; of boxes, objects of the class."""
        n = len(self.classes)
        return {name: _counts(part.targets, n) for name, part in self.parts.items()}

    @property
    def images(self) -> dict[str, int]:
        """How many images each part holds."""
        return {name: len(part) for name, part in self.parts.items()}

    @property
    def testing(self) -> str:
        """The part that judges in the end: test, or the validation part where there is none."""
        return next(name for name in ("test", "validation", "train") if name in self.parts)


def _counts(targets: Tensor, n: int) -> list[int]:
    if targets.ndim == 1:
        return torch.bincount(targets, minlength=n).tolist()
    if targets.ndim == 2:
        return []
    if targets.is_floating_point():
        labels = targets[..., 4]
        return torch.bincount(labels[labels >= 0].long(), minlength=n).tolist()
    there = [torch.bincount(mask.flatten().long(), minlength=256)[:n] > 0 for mask in targets]
    return torch.stack(there).sum(0).tolist()


def held(values: np.ndarray | Afresh) -> Tensor | Afresh:
    """What a reader has gathered, as a part has it."""
    return torch.from_numpy(values) if isinstance(values, np.ndarray) else values


def _rows(values: Tensor | Afresh, indices: np.ndarray) -> Tensor | Afresh:
    if isinstance(values, Afresh):
        some = values.at(indices)
        return some.whole() if len(some) <= TOGETHER or some.nbytes <= memory_limit() else some
    if values.dtype == torch.uint8:
        return torch.from_numpy(chosen(values.numpy(), np.ascontiguousarray(indices)))
    return values[torch.from_numpy(np.ascontiguousarray(indices))]


def plain(wanted: Wanted) -> Preprocessing:
    """Images brought to a shape, their values from 0 to 1; more where more is *wanted*."""
    if isinstance(wanted, Preprocessing):
        return wanted
    shape = wanted
    return Preprocessing(size=shape[1:], channels=shape[0], mean=(0.0,) * shape[0], std=(1.0,) * shape[0])
