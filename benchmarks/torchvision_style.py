"""The same training as torchvision's reference scripts write it: a PIL image per sample, transforms, a DataLoader.

Only what is compared differs from Canevas: the model, its initial weights, the optimizer, the learning rates, the batch
and the range of the augmentation are the same.
"""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2


class Digits(Dataset):
    """Gray images kept as PIL images, as ``torchvision.datasets.MNIST`` hands them out."""

    def __init__(self, images: Tensor, labels: Tensor, transform: v2.Transform) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[i, 0].numpy())
        return self.transform(image), int(self.labels[i])


def loader(
    images: Tensor,
    labels: Tensor,
    *,
    batch: int,
    mean: float,
    std: float,
    moves: tuple[float, float, float] | None = None,
) -> DataLoader:
    """Batches of a part: shuffled and augmented one by one if *moves* says by how much (degrees, shift, zoom)."""
    steps: list[v2.Transform] = []
    if moves is not None:
        degrees, shift, zoom = moves
        between = v2.InterpolationMode.BILINEAR
        steps.append(v2.RandomAffine(degrees, (shift, shift), (1 - zoom, 1 + zoom), interpolation=between))
    steps += [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((mean,), (std,))]
    return DataLoader(Digits(images, labels, v2.Compose(steps)), batch, shuffle=moves is not None)


def train(
    model: nn.Module,
    batches: DataLoader,
    validation: DataLoader,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    epochs: int,
) -> None:
    """The loops of ``references/classification/train.py``: loss and accuracy are read after every step."""
    criterion = nn.CrossEntropyLoss()
    for _ in range(epochs):
        model.train()
        for images, labels in batches:
            scores = model(images)
            loss = criterion(scores, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss.item(), accuracy(scores, labels)
        model.eval()
        with torch.inference_mode():
            for images, labels in validation:
                scores = model(images)
                criterion(scores, labels).item(), accuracy(scores, labels)


def accuracy(scores: Tensor, labels: Tensor) -> tuple[float, float]:
    """Share of right answers, and of those among the first five."""
    near = scores.topk(5).indices == labels[:, None]
    return near[:, 0].float().mean().item(), near.any(1).float().mean().item()
