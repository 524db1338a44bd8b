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
    images: Tensor, labels: Tensor, *, batch: int, rotation: float, shift: float, zoom: float, mean: float, std: float
) -> DataLoader:
    """Shuffled batches of the training part, augmented one by one."""
    transform = v2.Compose(
        [
            v2.RandomAffine(
                rotation, (shift, shift), (1 - zoom, 1 + zoom), interpolation=v2.InterpolationMode.BILINEAR
            ),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((mean,), (std,)),
        ]
    )
    return DataLoader(Digits(images, labels, transform), batch, shuffle=True)


def train(
    model: nn.Module, batches: DataLoader, optimizer: torch.optim.Optimizer, schedule, epochs: int
) -> list[float]:
    """The loop of ``references/classification/train.py``: loss and accuracy are read after every step."""
    criterion = nn.CrossEntropyLoss()
    losses = []
    model.train()
    for _ in range(epochs):
        for images, labels in batches:
            logits = model(images)
            loss = criterion(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            (logits.argmax(1) == labels).float().mean().item()
    return losses
