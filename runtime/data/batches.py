"""Batches from a part in memory: chosen, augmented and normalized together, the same after any interruption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from runtime.data import augmentation
from runtime.data.afresh import Afresh
from runtime.data.dataset import Part
from runtime.data.draws import order
from runtime.data.preprocessing import Preprocessing
from runtime.data.targets import as_they_are
from runtime.recipe import Recipe

RESIDENT = 2 * 1024**3
"""Bytes up to which a part lies on the device itself, so that no image is carried there twice."""

GROUP, GROUP_BYTES = 256, 8 * 1024**2
"""Images that are made ready together at most, and their bytes: small batches cost mostly the way there."""

MEASURED, MEASURED_PIXELS = 256, 256 * 128 * 128
"""Images that are measured together at most, and their pixels."""


class Batch(NamedTuple):
    """Images ``(B, C, H, W)``, targets ``(B, ...)``, and a weight: how much the mean over this process's share of the
    batch counts in the mean over the whole (1 unless the shares are uneven; 0 for one that only keeps step)."""

    images: Tensor
    targets: Tensor
    weight: float


class Normalization:
    """Bytes to the numbers that a network receives, as its preprocessing says; made once per device."""

    def __init__(self, preprocessing: Preprocessing, device: torch.device) -> None:
        axes = (1, -1, *(1 for _ in preprocessing.size))
        self.mean = torch.tensor(preprocessing.mean, device=device).view(axes)
        self.std = torch.tensor(preprocessing.std, device=device).view(axes)
        self.factor = 1.0 / ((255.0 if len(preprocessing.size) == 2 else 1.0) * self.std)
        self.offset = -self.mean / self.std

    def __call__(self, images: Tensor) -> Tensor:
        """``(x / 255 − mean) / std``, channel by channel, channels last in memory; of signals ``(x − mean) / std``."""
        if images.ndim == 3:
            return torch.addcmul(self.offset, images.float(), self.factor)
        return _straight(self.offset, images.float(), self.factor)

    def lit(self, images: Tensor, factor: np.ndarray, offset: np.ndarray) -> Tensor:
        """The same for floating images whose light is changed on the way: ``(a · x / 255 + b − mean) / std``."""
        a, b = (torch.from_numpy(n).to(images).view(-1, 1, 1, 1) for n in (factor, offset))
        return _straight((b - self.mean) / self.std, images, a * self.factor)


def _straight(offset: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """``offset + images · factor``; put channels last on the way, which costs half of doing that first."""
    out = torch.empty_like(images, memory_format=torch.channels_last)
    return torch.addcmul(offset, images, factor, out=out)


class Batches:
    """What one process sees of a part: its share of each batch, in an order and with changes that the seed fixes.

    The samples of a batch go round the processes (*rank* of *world*), so that together they see what one process alone
    would see.
    """

    def __init__(
        self,
        part: Part,
        preprocessing: Preprocessing,
        recipe: Recipe,
        device: torch.device,
        rank: int = 0,
        world: int = 1,
        ready: Callable[[Tensor], Tensor] = as_they_are,
    ) -> None:
        resident = device.type != "cpu" and part.images.numel() <= RESIDENT
        self.images = part.images.to(device) if resident else part.images
        self.targets = part.targets.to(device) if resident else part.targets
        self.recipe, self.device, self.rank, self.world, self.ready = recipe, device, rank, world, ready
        self.normalized = Normalization(preprocessing, device)
        bytes_ = 4 * recipe.batch * prod(preprocessing.shape)
        self.group = max(1, min(GROUP // recipe.batch, GROUP_BYTES // bytes_))

    def __len__(self) -> int:
        """Batches in an epoch; the last may be smaller."""
        return -(-len(self.targets) // self.recipe.batch)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from number *start* on."""
        places, size = order(self.recipe.seed, epoch, len(self.targets)), self.recipe.batch
        wholes = [places[i : i + size] for i in range(0, len(places), size)]
        # groups begin at the same batches wherever one starts: the last bit of a number may depend on its neighbors
        firsts = range(start - start % self.group, len(wholes), self.group)
        groups = [self._shared(wholes[first : first + self.group]) for first in firsts]
        raws = self._raw(samples for samples, _ in groups)
        for first, (samples, parts), raw in zip(firsts, groups, raws, strict=True):
            images, targets = self._made(samples, raw, epoch)[:2]
            sizes, weights = zip(*parts, strict=True)
            made = map(Batch, images.split(sizes), targets.split(sizes), weights)
            yield from islice(made, max(start - first, 0), None)

    def _shared(self, wholes: list[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, float]]]:
        """The samples of this process in some batches together; of each batch how many these are, and their weight."""
        shares = [whole[self.rank :: self.world] for whole in wholes]
        weights = [len(share) * self.world / len(whole) for share, whole in zip(shares, wholes, strict=True)]
        shares = [share if len(share) else whole[:1] for share, whole in zip(shares, wholes, strict=True)]
        return np.concatenate(shares), [(len(share), weight) for share, weight in zip(shares, weights, strict=True)]

    def _raw(self, chosen: Iterable[np.ndarray]) -> Iterator[Tensor]:
        """The images with each of these indices in turn, as they lie in memory; decoded ahead if they lie in files."""
        if isinstance(self.images, Afresh):
            return self.images.each(chosen)
        there = self.images.device
        return (self.images.index_select(0, torch.from_numpy(samples).to(there)) for samples in chosen)

    def batch(self, samples: np.ndarray, epoch: int) -> Batch:
        """The samples with these indices, as *epoch* changes them."""
        return self._made(samples, next(self._raw([samples])), epoch)

    def _made(self, samples: np.ndarray, raw: Tensor, epoch: int) -> Batch:
        raw = raw.to(self.device, non_blocking=True)
        index = torch.from_numpy(samples).to(self.targets.device)
        targets = self.targets.index_select(0, index).to(self.device, non_blocking=True)
        if raw.ndim == 4 and augmentation.moves(self.recipe):
            targets = augmentation.followed(targets, raw.shape[-2:], self.recipe, epoch, samples)
        return Batch(self.augmented(raw, epoch, samples), self.ready(targets), 1.0)

    def augmented(self, raw: Tensor, epoch: int, samples: np.ndarray) -> Tensor:
        """Bytes of the *samples* as the network receives them in training."""
        recipe = self.recipe
        if not recipe.augments:
            return self.normalized(raw)
        if raw.ndim == 3:
            values = self.normalized(augmentation.delayed(raw, recipe, epoch, samples))
            return augmentation.noisy(values, recipe, epoch, samples)
        return augmentation.noisy(self._changed(raw, epoch, samples), recipe, epoch, samples)

    def _changed(self, raw: Tensor, epoch: int, samples: np.ndarray) -> Tensor:
        """Images placed and lit otherwise."""
        recipe, values = self.recipe, raw.float()
        if augmentation.moves(recipe):
            values = augmentation.placed(values, recipe, epoch, samples)
        if not (recipe.brightness or recipe.contrast):
            return self.normalized(values)
        return self.normalized.lit(values, *augmentation.light(recipe, epoch, samples))


def in_order(
    part: Part,
    normalized: Normalization,
    device: torch.device,
    rank: int = 0,
    world: int = 1,
    size: int = 0,
    ready: Callable[[Tensor], Tensor] = as_they_are,
) -> Iterator[Batch]:
    """This process's share of the samples of a part, unchanged and in their order, for measuring."""
    images, targets = part.images[rank::world], part.targets[rank::world]
    size = size or max(1, min(MEASURED, MEASURED_PIXELS // (part.images.shape[-1] * part.images.shape[-2])))
    for some, right in zip(images.split(size), targets.split(size), strict=True):
        if len(right):
            yield Batch(normalized(some.to(device)), ready(right.to(device)), 1.0)
