"""Images that are decoded each time they are asked for: those of a set for which neither memory nor disk has room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from runtime.data.decoding import ahead
from runtime.data.preprocessing import Preprocessing

TOGETHER = 64
"""Images that are decoded at a time where all are wanted."""


@dataclass(frozen=True, eq=False)
class Afresh:
    """As far as it is needed a tensor of bytes ``(N, C, H, W)``, whose rows are files."""

    files: tuple[Path, ...]
    told: Preprocessing

    dtype = torch.uint8
    device = torch.device("cpu")
    ndim = 4

    @property
    def shape(self) -> torch.Size:
        """``(N, C, H, W)``."""
        return torch.Size((len(self.files), *self.told.shape))

    @property
    def nbytes(self) -> int:
        """What the images would take in memory."""
        return prod(self.shape)

    def numel(self) -> int:
        """Bytes of all images."""
        return prod(self.shape)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: slice) -> Afresh:
        """Some of the images, which are not decoded yet."""
        return Afresh(self.files[rows], self.told)

    def at(self, indices: np.ndarray) -> Afresh:
        """The images with these indices, which are not decoded yet."""
        return Afresh(tuple(self.files[i] for i in indices), self.told)

    def each(self, indices: Iterable[np.ndarray]) -> Iterator[Tensor]:
        """The images with the first of the *indices*, then those with the next, decoded ahead.

        Raises:
            FileError: an image can no longer be read.
        """
        return map(torch.from_numpy, ahead(([self.files[i] for i in some] for some in indices), self.told))

    def split(self, size: int) -> Iterator[Tensor]:
        """All images in their order, *size* at a time, decoded ahead."""
        return self.each(np.arange(len(self))[i : i + size] for i in range(0, len(self), size))

    def index_select(self, axis: int, index: Tensor) -> Tensor:
        """Images by their indices."""
        assert axis == 0
        return next(self.each([index.numpy()]))

    def whole(self) -> Tensor:
        """All of them in memory."""
        return torch.cat(list(self.split(TOGETHER))) if len(self) else torch.empty(self.shape, dtype=torch.uint8)

    def numpy(self) -> np.ndarray:
        """All of them in memory."""
        return self.whole().numpy()

    def to(self, device: torch.device) -> Tensor:
        """All of them on a device, which may have the room that is wanting here."""
        made = torch.empty(self.shape, dtype=torch.uint8, device=device)
        at = 0
        for some in self.split(TOGETHER):
            made[at : at + len(some)] = some
            at += len(some)
        return made
