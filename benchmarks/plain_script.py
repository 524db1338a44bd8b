"""Training as torchvision's reference scripts write it: a PIL image per sample, transforms, a DataLoader, ``.item()``.

Only what is compared differs from Canevas: the model and its first weights, the optimizer, the batch and the range of
the augmentation are the same.  Targets follow their images by torchvision's own ``tv_tensors``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from runtime.data.dataset import DataSet, Part
from runtime.recipe import Recipe

Target = Any


class Samples(Dataset):
    """Images read from their files each time, with their targets."""

    def __init__(self, files: list[Path], part: Part, data: DataSet, transform: v2.Transform) -> None:
        self.files, self.targets, self.transform = files, part.targets, transform
        self.mode = "RGB" if data.shape[0] == 3 else "L"
        self.size = data.shape[1:]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        image = Image.open(self.files[i]).convert(self.mode)
        target = self.targets[i]
        if target.ndim == 0:
            return self.transform(image), target
        if target.is_floating_point():
            return self._boxed(image, target)
        image, mask = self.transform(image, tv_tensors.Mask(target))
        return image, mask

    def _boxed(self, image: Image.Image, target: Tensor) -> tuple[Tensor, Tensor]:
        there = target[:, 4] >= 0
        boxes = tv_tensors.BoundingBoxes(target[there, :4], format="XYXY", canvas_size=self.size)
        image, told = self.transform(image, {"boxes": boxes, "labels": target[there, 4]})
        rows = torch.full_like(target, -1.0)
        rows[: len(told["boxes"])] = torch.cat([told["boxes"], told["labels"][:, None]], 1)
        return image, rows


def loader(files: list[Path], part: Part, data: DataSet, recipe: Recipe, *, train: bool) -> DataLoader:
    """Batches of a part: shuffled and augmented one by one for training."""
    steps: list[v2.Transform] = []
    if train:
        moves = {"translate": (recipe.shift, recipe.shift), "scale": (1 - recipe.zoom, 1 + recipe.zoom)}
        steps.append(v2.RandomAffine(recipe.rotation, **moves, interpolation=v2.InterpolationMode.BILINEAR))
        if data.task == "detection":
            steps += [v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes()]
    told = data.preprocessing
    steps += [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(told.mean, told.std)]
    return DataLoader(Samples(files, part, data, v2.Compose(steps)), recipe.batch, shuffle=train)


def epoch(
    model: nn.Module,
    batches: DataLoader,
    validation: DataLoader,
    optimizer: torch.optim.Optimizer,
    ready: Callable[[Tensor], Tensor],
) -> None:
    """One epoch, and the losses on the validation part; the loss is read after every step."""
    model.train()
    for images, targets in batches:
        loss = sum(model(images, ready(targets)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    model.eval()
    with torch.inference_mode():
        for images, targets in validation:
            sum(model(images, ready(targets)).values()).item()
